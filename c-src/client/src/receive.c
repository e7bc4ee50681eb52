/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting. One thread at a time receives for all: it looks at the rings, yields for a while, then
 * sleeps on doorbell and socket. The others follow it (follow.c).
 */
#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"

/* How long a busy receiver may go without looking at the control sockets. */
#define CONTROL_LOOK_NANOS (5 * NANOS_PER_MILLI)
/* So many waits in a row may begin without the look that is due. */
#define LOOKS_PUT_OFF 8

/* Tests set it beyond their own time limit, so that a lost wake-up does not go unnoticed. */
uint32_t sleep_limit_millis = BERTH_SLEEP_LIMIT_MILLIS;

void receiver_wake(struct berth_conn *connection) {
    if (connection->receiver_asleep) {
        uint64_t one = 1;
        ssize_t written = write(connection->wake, &one, sizeof one);
        (void)written; /* full = already woken */
    }
    loop_notify(connection);
}

static bool tend_session(struct berth_conn *connection, struct session *session,
                         bool look_at_control, int64_t now) {
    bool happened = false;
    if (session->phase != SESSION_GREETING && !session->failed) {
        happened = session_drain(connection, session);
    }
    if ((look_at_control || session->declined) && !session->failed) {
        session->declined = false;
        session_read_control(connection, session, now);
    }
    return happened;
}

static bool is_control_look_due(const struct berth_conn *connection, int64_t now) {
    return now - connection->last_control_look_nanos > CONTROL_LOOK_NANOS;
}

static bool tend(struct berth_conn *connection, bool look_at_control, int64_t now) {
    bool happened = false;
    if (look_at_control) {
        connection->last_control_look_nanos = now;
    }
    if (connection->leaving != NULL) {
        happened |= tend_session(connection, connection->leaving, look_at_control, now);
    }
    if (connection->current != NULL) {
        happened |= tend_session(connection, connection->current, look_at_control, now);
    }
    struct session *leaving = connection->leaving;
    if (leaving != NULL && (leaving->failed || leaving->open_requests == 0)) {
        uint8_t bytes[64];
        struct control_writer writer;
        control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_GOODBYE, ++connection->last_token);
        if (!leaving->failed) {
            (void)session_tell(connection, leaving, &writer);
        }
        session_end(connection, leaving, now);
        happened = true;
    }
    struct session *current = connection->current;
    if (current != NULL && current->phase == SESSION_GREETING && !current->failed &&
        now >= current->phase_deadline_nanos) {
        session_fail(connection, current, false,
                     BERTH_RESULT(BERTH_STATUS_DEADLINE_EXCEEDED, BERTH_REASON_CALLER_TIMED_OUT),
                     "the broker at %s did not answer HELLO within %u ms",
                     connection->address.sun_path, connection->connect_timeout_ms);
    }
    if (current != NULL && current->failed) {
        session_end(connection, current, now);
        happened = true;
    }
    if (connection->current == NULL && !connection->no_reconnect &&
        now >= connection->next_attempt_nanos) {
        session_start(connection, now);
    }
    if (!list_empty(&connection->queue) || connection->cancels_wanted) {
        requests_pump(connection);
    }
    if (now >= connection->next_deadline_nanos) {
        requests_expire(connection, now);
        happened = true;
    }
    if (happened || look_at_control) {
        followers_wake_ready(connection);
        if (!list_empty(&connection->done)) {
            loop_notify(connection);
        }
    }
    return happened;
}

bool connection_tend(struct berth_conn *connection, int64_t now) {
    return tend(connection, is_control_look_due(connection, now), now);
}

static bool session_has_news(const struct session *session) {
    return session != NULL && session->phase != SESSION_GREETING &&
           ring_has_news(&session->responses);
}

/* Without the mutex: only the receiver ends sessions and moves their positions, and that is us.
 * Yields before it looks: the answer cannot be there yet, and whoever is to give it may need this
 * processor. *now is brought forward, so that news without end do not stop the caller's clock. */
static bool yield_for_news(const struct session *current, const struct session *leaving,
                           int64_t until, int64_t *now) {
    do {
        *now = clock_nanos();
        sched_yield();
        if (session_has_news(current) || session_has_news(leaving)) {
            return true;
        }
    } while (*now < until);
    return false;
}

static int64_t sleep_until(const struct berth_conn *connection, int64_t now,
                           int64_t deadline_nanos) {
    int64_t until = clock_after_millis(now, sleep_limit_millis);
    int64_t others[] = {
        deadline_nanos,
        connection->next_deadline_nanos,
        connection->current == NULL && !connection->no_reconnect ? connection->next_attempt_nanos
                                                                 : NANOS_FOREVER,
        connection->current != NULL && connection->current->phase == SESSION_GREETING
            ? connection->current->phase_deadline_nanos
            : NANOS_FOREVER,
        /* Room in the request ring comes without a bell. */
        connection->cancels_wanted ||
                (!list_empty(&connection->queue) && connection->current != NULL)
            ? clock_after_millis(now, FIRST_PAUSE_MILLIS)
            : NANOS_FOREVER,
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (others[i] < until) {
            until = others[i];
        }
    }
    return until;
}

static void sleep_for_news(struct berth_conn *connection, int64_t deadline_nanos) {
    struct session *sessions[] = {connection->current, connection->leaving};
    struct pollfd watched[5] = {{.fd = connection->wake, .events = POLLIN}};
    nfds_t count = 1;
    for (int i = 0; i < 2; i++) {
        struct session *session = sessions[i];
        if (session != NULL) {
            if (session->failed || !session_empty_bell(connection, session)) {
                return; /* to be ended first */
            }
            session_arm(session);
            watched[count++] = (struct pollfd){.fd = session->socket, .events = POLLIN};
            watched[count++] = (struct pollfd){.fd = session->bell_in, .events = POLLIN};
        }
    }
    /* The consumer's half: the sleep word is odd, now fence, then look once more. Without the fence
     * the processor may look first, and a broker that reads the word between would neither ring nor
     * be seen. */
    atomic_thread_fence(memory_order_seq_cst);
    if (!session_has_news(sessions[0]) && !session_has_news(sessions[1])) {
        int64_t now = clock_nanos();
        connection->asleep_until_nanos = sleep_until(connection, now, deadline_nanos);
        int timeout = clock_poll_millis(now, connection->asleep_until_nanos);
        connection->receiver_asleep = true;
        pthread_mutex_unlock(&connection->lock);
        int ready = poll(watched, count, timeout);
        pthread_mutex_lock(&connection->lock);
        connection->receiver_asleep = false;
        if (ready > 0) {
            uint64_t rung;
            if (watched[0].revents != 0 && read(connection->wake, &rung, sizeof rung) < 0) {
                /* EAGAIN: nothing to take. */
            }
            nfds_t at = 1;
            now = clock_nanos();
            connection->last_control_look_nanos = now;
            for (int i = 0; i < 2; i++) {
                struct session *session = sessions[i];
                if (session == NULL) {
                    continue;
                }
                if (session != connection->current && session != connection->leaving) {
                    at += 2; /* ended by what the other one's socket said */
                    continue;
                }
                short control_events = watched[at++].revents;
                short bell_events = watched[at++].revents;
                session->bell_rung |= bell_events != 0;
                bool gone = (bell_events & (POLLHUP | POLLERR)) != 0 &&
                            !session_empty_bell(connection, session);
                if (!gone && control_events != 0) {
                    session_read_control(connection, session, now);
                }
            }
            followers_wake_ready(connection);
        }
    }
    for (int i = 0; i < 2; i++) {
        if (sessions[i] != NULL &&
            (sessions[i] == connection->current || sessions[i] == connection->leaving)) {
            session_disarm(sessions[i]);
        }
    }
}

void receiver_leave(struct berth_conn *connection) {
    if (!connection->receiving) {
        if (!list_empty(&connection->followers)) {
            followers_promote(connection);
        } else if (connection->loop_armed) {
            loop_rearm(connection);
        }
    }
}

/*
 * One round of receiving: looks, and if there was nothing, waits for something. Returns the time.
 *
 * The first round gives the processor away before anything that can wait, as the broker that was
 * just rung for may need this very one: it puts the look at the control sockets off, which the next
 * round makes up for, or the sleep, which watches them.
 */
static int64_t receive(struct berth_conn *connection, wait_test ready, void *what, bool first,
                       int64_t now, int64_t deadline_nanos, int64_t yield_nanos) {
    bool due = is_control_look_due(connection, now);
    bool put_off =
        due && first && now < deadline_nanos && ++connection->looks_put_off % LOOKS_PUT_OFF != 0;
    bool happened = tend(connection, due && !put_off, now);
    if (ready(what) || now >= deadline_nanos) {
        return now;
    }
    const struct session *current = connection->current;
    const struct session *leaving = connection->leaving;
    bool once = put_off || (first && yield_nanos == 0);
    if (!happened && (once || yield_nanos > 0) && (current != NULL || leaving != NULL)) {
        int64_t until = once                                 ? now /* one yield */
                        : deadline_nanos - now < yield_nanos ? deadline_nanos
                                                             : now + yield_nanos;
        pthread_mutex_unlock(&connection->lock);
        happened = yield_for_news(current, leaving, until, &now);
        pthread_mutex_lock(&connection->lock);
        if (happened || once) {
            return now;
        }
    }
    if (!happened) {
        sleep_for_news(connection, deadline_nanos);
    }
    return clock_nanos();
}

bool wait_until(struct berth_conn *connection, wait_test ready, void *what, int64_t now,
                int64_t deadline_nanos, int64_t yield_nanos) {
    bool came = ready(what);
    bool first = true;
    while (!came) {
        bool last_look = now >= deadline_nanos;
        if (!connection->receiving) {
            connection->receiving = true;
            now = receive(connection, ready, what, first, now, deadline_nanos, yield_nanos);
            connection->receiving = false;
            first = false;
        } else if (!last_look) {
            follow(connection, ready, what, deadline_nanos);
            now = clock_nanos();
        }
        came = ready(what);
        if (last_look) {
            break;
        }
    }
    receiver_leave(connection);
    return came;
}
