/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One descriptor for event loops: an epoll set of the doorbells and sockets (they change with each
 * session), a timer for deadlines and reconnects, and an eventfd for what other threads of this
 * process received.
 */
#include "connection.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"

/* What an event of the set tells; loop_disarm acts by it. */
enum watched { WATCHED_BELL, WATCHED_SOCKET, WATCHED_EVENT, WATCHED_TIMER };

static void watch(const struct berth_conn *connection, int descriptor, uint32_t events,
                  enum watched what) {
    struct epoll_event event = {.events = events, .data.u32 = what};
    if (descriptor >= 0) {
        /* EEXIST: watched already. A closed descriptor leaves the set by itself. */
        (void)epoll_ctl(connection->loop, EPOLL_CTL_ADD, descriptor, &event);
    }
}

void loop_watch(struct berth_conn *connection, struct session *session) {
    if (connection->loop >= 0) {
        watch(connection, session->socket, EPOLLIN, WATCHED_SOCKET);
        /* Once for each ring: while a thread receives, the bell is its to drain, and the loop must
         * not spin on it. What an edge would miss is seen by the look that follows arming. */
        watch(connection, session->bell_in, EPOLLIN | EPOLLET, WATCHED_BELL);
    }
}

void loop_notify(struct berth_conn *connection) {
    if (connection->loop_armed) {
        uint64_t one = 1;
        ssize_t written = write(connection->loop_event, &one, sizeof one);
        (void)written; /* full = already readable */
    }
}

static bool arm_sessions(struct berth_conn *connection) {
    struct session *sessions[] = {connection->current, connection->leaving};
    for (int i = 0; i < 2; i++) {
        struct session *session = sessions[i];
        if (session == NULL || session->failed || session->phase == SESSION_GREETING) {
            continue;
        }
        /* A sleep of its own and an empty bell: a byte that is left from an earlier sleep would
         * make no edge, and the broker rings only once for each sleep. One that has come since the
         * set was last asked has its edge still to make. */
        session_disarm(session);
        if (!session_empty_bell(connection, session)) {
            return false;
        }
        session_arm(session);
    }
    /* As in receive.c: arm, fence, look once more. */
    atomic_thread_fence(memory_order_seq_cst);
    for (int i = 0; i < 2; i++) {
        if (sessions[i] != NULL &&
            (sessions[i]->failed ||
             (sessions[i]->phase != SESSION_GREETING && ring_has_news(&sessions[i]->responses)))) {
            return false;
        }
    }
    return true;
}

void loop_rearm(struct berth_conn *connection) {
    if (!arm_sessions(connection) || !list_empty(&connection->done)) {
        loop_notify(connection);
    }
}

static void empty(int own) {
    uint64_t taken;
    if (read(own, &taken, sizeof taken) < 0) {
        /* EAGAIN: emptied meanwhile */
    }
}

static void hear_bells(struct berth_conn *connection) {
    if (connection->current != NULL) {
        connection->current->bell_rung = true;
    }
    if (connection->leaving != NULL) {
        connection->leaving->bell_rung = true;
    }
}

void loop_disarm(struct berth_conn *connection) {
    if (!connection->loop_armed) {
        return;
    }
    connection->loop_armed = false;
    /* Takes the bells' edges out of the set, and tells what else has happened. */
    struct epoll_event events[8];
    int count = epoll_wait(connection->loop, events, 8, 0);
    for (int i = 0; i < count; i++) {
        switch ((enum watched)events[i].data.u32) {
        case WATCHED_BELL:
            hear_bells(connection);
            break;
        case WATCHED_SOCKET:
            connection->last_control_look_nanos = 0; /* the next look is due */
            break;
        case WATCHED_TIMER:
            connection->loop_timer_nanos = 0;
            empty(connection->loop_timer);
            break;
        case WATCHED_EVENT:
            empty(connection->loop_event);
            break;
        }
    }
    if (connection->receiving) {
        return; /* the words are the receiver's: it may be asleep on them */
    }
    if (connection->current != NULL) {
        session_disarm(connection->current);
    }
    if (connection->leaving != NULL) {
        session_disarm(connection->leaving);
    }
}

static void set_timer(struct berth_conn *connection) {
    int64_t now = clock_nanos();
    int64_t until = clock_after_millis(now, sleep_limit_millis);
    if (connection->next_deadline_nanos < until) {
        until = connection->next_deadline_nanos;
    }
    if (connection->current == NULL && !connection->no_reconnect &&
        connection->next_attempt_nanos < until) {
        until = connection->next_attempt_nanos;
    }
    if (!list_empty(&connection->queue) && connection->current != NULL) {
        until = clock_after_millis(now, FIRST_PAUSE_MILLIS); /* room comes without a bell */
    }
    /* A timer that fires too early costs one look for nothing; setting it for each request, whose
     * deadline is a little later than the last one's, would cost more. */
    if (connection->loop_timer_nanos > now && connection->loop_timer_nanos <= until) {
        return;
    }
    connection->loop_timer_nanos = until > 0 ? until : 1;
    struct itimerspec timer = {.it_value = clock_timespec(connection->loop_timer_nanos)};
    (void)timerfd_settime(connection->loop_timer, TFD_TIMER_ABSTIME, &timer, NULL);
}

static void close_if_open(int *descriptor) {
    if (*descriptor >= 0) {
        close(*descriptor);
        *descriptor = -1;
    }
}

berth_result berth_descriptor(berth_conn *connection, int *descriptor) {
    *descriptor = -1;
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    pthread_mutex_lock(&connection->lock);
    berth_result result = BERTH_OK;
    if (connection->loop < 0) {
        connection->loop = epoll_create1(EPOLL_CLOEXEC);
        connection->loop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        connection->loop_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        if (connection->loop < 0 || connection->loop_event < 0 || connection->loop_timer < 0) {
            result = error_say(BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_NONE,
                               "descriptors for an event loop: %s", strerror(errno));
            close_if_open(&connection->loop);
            close_if_open(&connection->loop_event);
            close_if_open(&connection->loop_timer);
        } else {
            watch(connection, connection->loop_event, EPOLLIN, WATCHED_EVENT);
            watch(connection, connection->loop_timer, EPOLLIN, WATCHED_TIMER);
            if (connection->current != NULL) {
                loop_watch(connection, connection->current);
            }
            if (connection->leaving != NULL) {
                loop_watch(connection, connection->leaving);
            }
        }
    }
    *descriptor = connection->loop;
    pthread_mutex_unlock(&connection->lock);
    return result;
}

berth_result berth_arm(berth_conn *connection, bool *armed) {
    *armed = false;
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    pthread_mutex_lock(&connection->lock);
    berth_result result = BERTH_OK;
    if (connection->loop < 0) {
        result = error_say(BERTH_STATUS_FAILED_PRECONDITION, BERTH_REASON_NONE,
                           "berth_arm before berth_descriptor");
    } else {
        connection->loop_armed = true;
        /* A receiving thread keeps the words and re-arms when it leaves. */
        bool quiet = connection->receiving || arm_sessions(connection);
        if (quiet && list_empty(&connection->done)) {
            set_timer(connection);
            *armed = true;
        } else {
            loop_disarm(connection);
        }
    }
    pthread_mutex_unlock(&connection->lock);
    return result;
}
