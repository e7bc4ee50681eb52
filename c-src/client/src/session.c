/* SPDX-License-Identifier: Apache-2.0 */
/* A session with one broker process: handshake, control messages, waking, end. */
#include "connection.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "doorbell.h"

static void next_attempt_later(struct berth_conn *connection, int64_t now) {
    connection->pause_millis = connection->pause_millis == 0 ? FIRST_PAUSE_MILLIS
                               : connection->pause_millis * 2 > LONGEST_PAUSE_MILLIS
                                   ? LONGEST_PAUSE_MILLIS
                                   : connection->pause_millis * 2;
    connection->next_attempt_nanos = clock_after_millis(now, connection->pause_millis);
}

static void attempt_failed(struct berth_conn *connection, int64_t now, int error,
                           const char *what) {
    connection->down = BERTH_RESULT(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST);
    snprintf(connection->down_text, sizeof connection->down_text,
             "no broker at %s: %s: %s; is berth running, and may this user reach its socket?",
             connection->address.sun_path, what, strerror(error));
    connection->failed_attempts++;
    next_attempt_later(connection, now);
}

void session_start(struct berth_conn *connection, int64_t now) {
    int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) {
        attempt_failed(connection, now, errno, "socket");
        return;
    }
    /* A Unix socket connects at once or not at all (EAGAIN: the queue of waiting connections is
     * full). */
    if (connect(descriptor, (const struct sockaddr *)&connection->address,
                sizeof connection->address) != 0) {
        int error = errno;
        close(descriptor);
        attempt_failed(connection, now, error, "connect");
        return;
    }
    uint8_t bytes[CONTROL_BUFFER_BYTES];
    struct control_writer writer;
    control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_HELLO, ++connection->last_token);
    control_u16(&writer, BERTH_PROTOCOL_MAJOR);
    control_u16(&writer, BERTH_PROTOCOL_MINOR);
    control_u32(&writer, connection->request_ring_bytes);
    control_u32(&writer, connection->response_ring_bytes);
    control_str(&writer, connection->client_name);
    struct session *session = calloc(1, sizeof *session);
    int64_t hello_nanos = clock_nanos();
    if (session == NULL || !control_end(&writer) ||
        control_send(descriptor, &writer) != CONTROL_OK) {
        int error = errno;
        free(session);
        close(descriptor);
        attempt_failed(connection, now, error, "HELLO");
        return;
    }
    session->phase = SESSION_GREETING;
    session->started_nanos = now;
    session->hello_nanos = hello_nanos;
    session->phase_deadline_nanos = clock_after_millis(now, connection->connect_timeout_ms);
    session->socket = descriptor;
    session->bell_in = session->bell_out = -1;
    connection->current = session;
    loop_watch(connection, session);
}

enum control_io_result session_tell(struct berth_conn *connection, struct session *session,
                                    struct control_writer *writer) {
    if (!control_end(writer)) {
        return ASK_FAILED;
    }
    switch (control_send(session->socket, writer)) {
    case CONTROL_OK:
        return ASK_SENT;
    case CONTROL_LATER:
        return ASK_LATER;
    default:
        session_fail(connection, session, false,
                     BERTH_RESULT(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST),
                     "the broker closed the control socket");
        return ASK_FAILED;
    }
}

/* ---- Sleeping and waking -----------------------------------------------------------------------
 */

void session_arm(struct session *session) {
    if (session->phase != SESSION_GREETING && (session->sleep & 1) == 0) {
        session->sleep++;
        atomic_store_explicit(region_word(&session->mine, BERTH_REGION_SLEEP), session->sleep,
                              memory_order_relaxed);
    }
    /* The caller fences once for all sessions before it looks again: either the broker sees the odd
     * word, or we see its new tail. */
}

void session_disarm(struct session *session) {
    if (session->phase != SESSION_GREETING && (session->sleep & 1) != 0) {
        session->sleep++;
        atomic_store_explicit(region_word(&session->mine, BERTH_REGION_SLEEP), session->sleep,
                              memory_order_relaxed);
    }
}

bool session_empty_bell(struct berth_conn *connection, struct session *session) {
    if (!session->bell_rung || session->bell_in < 0) {
        return true;
    }
    session->bell_rung = false;
    /* The broker rings once for each sleep: this one is over. */
    session_disarm(session);
    if (doorbell_drain(session->bell_in)) {
        return true;
    }
    /* What the socket has to say (EXPELLED) comes first. */
    session_read_control(connection, session, clock_nanos());
    session_fail(connection, session, false,
                 BERTH_RESULT(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST),
                 "the broker at %s is gone", connection->address.sun_path);
    return false;
}

/* ---- End ---------------------------------------------------------------------------------------
 */

void session_fail(struct berth_conn *connection, struct session *session, bool violated,
                  berth_result result, const char *format, ...) {
    if (session->failed) {
        return;
    }
    session->failed = true;
    session->violated = violated;
    session->failure = result;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(session->failure_text, sizeof session->failure_text, format, arguments);
    va_end(arguments);
    receiver_wake(connection);
}

void session_close_descriptors(struct session *session) {
    int *const descriptors[] = {&session->socket, &session->bell_in, &session->bell_out};
    for (size_t i = 0; i < sizeof descriptors / sizeof descriptors[0]; i++) {
        if (*descriptors[i] >= 0) {
            close(*descriptors[i]);
            *descriptors[i] = -1;
        }
    }
}

void session_end(struct berth_conn *connection, struct session *session, int64_t now) {
    bool was_greeting = session->phase == SESSION_GREETING;
    if (!was_greeting && !session->violated) {
        /* What the broker answered before it went is still in its ring. */
        (void)session_drain(connection, session);
    }
    if (session == connection->current) {
        connection->current = NULL;
        connection->down = session->failure;
        snprintf(connection->down_text, sizeof connection->down_text, "%s", session->failure_text);
        if (was_greeting) {
            connection->failed_attempts++;
        }
        /* A broker that ends sessions as soon as they are made is not asked in a tight loop. */
        if (was_greeting || now - session->started_nanos < NANOS_PER_SECOND) {
            next_attempt_later(connection, now);
        } else {
            connection->pause_millis = 0;
            connection->next_attempt_nanos = now;
        }
        resources_forget_session(connection);
    } else {
        connection->leaving = NULL;
    }
    for (struct list_node *node = connection->asks.next; node != &connection->asks;
         node = node->next) {
        struct ask *ask = LIST_ENTRY(node, struct ask, node);
        if (ask->session == session && !ask->answered) {
            ask->answered = true;
            /* What made nonsense of a list would do so again. */
            ask->result =
                ask->lists && session->violated
                    ? session->failure
                    : BERTH_RESULT(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST);
            snprintf(ask->text, sizeof ask->text, "%s", session->failure_text);
        }
        if (ask->session == session) {
            ask->session = NULL; /* whoever looks late must not take the next one for it */
        }
    }
    requests_lose_session(connection, session);
    arena_lose_session(connection, session);
    session_close_descriptors(session);
    region_unmap(&session->mine);
    region_unmap(&session->theirs);
    free(session);
}
