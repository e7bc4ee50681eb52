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

static void watch(const struct berth_conn *connection, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN};
    if (descriptor >= 0) {
        /* EEXIST: watched already. A closed descriptor leaves the set by itself. */
        (void)epoll_ctl(connection->loop, EPOLL_CTL_ADD, descriptor, &event);
    }
}

void loop_watch(struct berth_conn *connection, struct session *session) {
    if (connection->loop >= 0) {
        watch(connection, session->socket);
        watch(connection, session->bell_in);
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
        if (sessions[i] != NULL) {
            session_arm(sessions[i]);
        }
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

void loop_disarm(struct berth_conn *connection) {
    if (!connection->loop_armed) {
        return;
    }
    connection->loop_armed = false;
    uint64_t taken;
    ssize_t got = read(connection->loop_event, &taken, sizeof taken);
    got = read(connection->loop_timer, &taken, sizeof taken);
    (void)got; /* EAGAIN: it was not that which woke the loop */
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
    int64_t until = clock_after_millis(now, BERTH_SLEEP_LIMIT_MILLIS);
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
    struct itimerspec timer = {.it_value = clock_timespec(until > 0 ? until : 1)};
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
            watch(connection, connection->loop_event);
            watch(connection, connection->loop_timer);
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
