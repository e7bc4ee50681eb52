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

#define LONGEST_YIELD_MICROS 1000

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

/* ---- Messages ----------------------------------------------------------------------------------
 */

static bool welcome_adopt(struct berth_conn *connection, struct session *session,
                          struct control_reader *reader, const int *descriptors, size_t count,
                          int64_t now, const char **why) {
    uint16_t major = control_take_u16(reader);
    (void)control_take_u16(reader); /* minor: this client needs nothing of a later one */
    session->number = control_take_u64(reader);
    session->broker_epoch = control_take_u64(reader);
    session->clock_offset_nanos = (int64_t)(control_take_u64(reader) - (uint64_t)now);
    uint32_t request_ring_bytes = control_take_u32(reader);
    uint32_t response_ring_bytes = control_take_u32(reader);
    uint32_t max_inline_bytes = control_take_u32(reader);
    uint32_t max_in_flight = control_take_u32(reader);
    uint32_t yield_micros = control_take_u32(reader);
    if (reader->short_body || major != BERTH_PROTOCOL_MAJOR) {
        *why = "WELCOME is short or of another major version";
        return false;
    }
    if (count != BERTH_WELCOME_DESCRIPTORS) {
        *why = "WELCOME came without its four descriptors";
        return false;
    }
    if (!region_map(&session->mine, descriptors[BERTH_WELCOME_CLIENT_REGION], BERTH_REGION_CLIENT,
                    session->number, session->broker_epoch, why) ||
        !region_map(&session->theirs, descriptors[BERTH_WELCOME_BROKER_REGION], BERTH_REGION_BROKER,
                    session->number, session->broker_epoch, why)) {
        return false;
    }
    if (session->mine.ring_bytes != request_ring_bytes ||
        session->theirs.ring_bytes != response_ring_bytes || max_in_flight == 0 ||
        max_in_flight > UINT16_MAX + 1) {
        *why = "WELCOME's ring sizes or limits make no sense";
        return false;
    }
    if (!doorbell_adopt(descriptors[BERTH_WELCOME_BELL_TO_BROKER], true) ||
        !doorbell_adopt(descriptors[BERTH_WELCOME_BELL_FROM_BROKER], false)) {
        *why = "WELCOME's doorbells are no pipe ends of the right direction";
        return false;
    }
    /* A record of more than half a ring could wait for ever for room before the ring's end. */
    uint32_t record_limit =
        request_ring_bytes / 2 - sizeof(struct berth_frame) - BERTH_BLOCKS_MAX_BYTES;
    session->max_inline_bytes = max_inline_bytes < record_limit ? max_inline_bytes : record_limit;
    uint64_t longest_answer = berth_align8(sizeof(struct berth_frame) + BERTH_BLOCKS_MAX_BYTES +
                                           (uint64_t)max_inline_bytes);
    if (longest_answer >= response_ring_bytes) {
        *why = "WELCOME's response ring holds no answer of maxInlineBytes";
        return false;
    }
    session->reply_bytes_budget = response_ring_bytes - longest_answer;
    session->max_in_flight = max_in_flight;
    /* What a broker may make us burn is bounded here. */
    session->yield_micros =
        yield_micros < LONGEST_YIELD_MICROS ? yield_micros : LONGEST_YIELD_MICROS;
    session->requests = (struct ring_producer){
        .buffer = session->mine.ring,
        .bytes = session->mine.ring_bytes,
        .tail_word = region_word(&session->mine, BERTH_REGION_TAIL),
        .head_word = region_word(&session->theirs, BERTH_REGION_HEAD),
    };
    session->responses = (struct ring_consumer){
        .buffer = session->theirs.ring,
        .bytes = session->theirs.ring_bytes,
        .tail_word = region_word(&session->theirs, BERTH_REGION_TAIL),
        .head_word = region_word(&session->mine, BERTH_REGION_HEAD),
    };
    session->bell_out = descriptors[BERTH_WELCOME_BELL_TO_BROKER];
    session->bell_in = descriptors[BERTH_WELCOME_BELL_FROM_BROKER];
    if (connection->slots == NULL) {
        if (connection->max_in_flight > max_in_flight) {
            connection->max_in_flight = max_in_flight;
        }
        if (!requests_allocate(connection)) {
            *why = "no memory for the request slots";
            return false;
        }
    }
    return true;
}

static void welcome(struct berth_conn *connection, struct session *session,
                    struct control_reader *reader, int *descriptors, size_t count, int64_t now) {
    const char *why = "WELCOME came twice";
    bool adopted = session->phase == SESSION_GREETING &&
                   welcome_adopt(connection, session, reader, descriptors, count, now, &why);
    for (size_t i = 0; i < count; i++) {
        /* The mappings stay without their descriptors; the bells are kept. */
        if (descriptors[i] != session->bell_in && descriptors[i] != session->bell_out) {
            close(descriptors[i]);
        }
    }
    if (!adopted) {
        session_fail(connection, session, true,
                     BERTH_RESULT(BERTH_STATUS_INTERNAL, BERTH_REASON_BAD_POSITION),
                     "the broker at %s is not to be believed: %s", connection->address.sun_path,
                     why);
        return;
    }
    session->phase = SESSION_OPEN;
    connection->failed_attempts = 0;
    loop_watch(connection, session);
    resources_forget_session(connection);
    resources_ask(connection);
}

static struct berth_resource *resource_by_token(struct berth_conn *connection, uint64_t token) {
    for (struct list_node *node = connection->resources.next; node != &connection->resources;
         node = node->next) {
        struct berth_resource *resource = LIST_ENTRY(node, struct berth_resource, node);
        if (resource->state == RESOURCE_ASKED && resource->token == token) {
            return resource;
        }
    }
    return NULL;
}

static struct ask *ask_by_token(struct berth_conn *connection, uint64_t token) {
    for (struct list_node *node = connection->asks.next; node != &connection->asks;
         node = node->next) {
        struct ask *ask = LIST_ENTRY(node, struct ask, node);
        if (!ask->answered && ask->token == token) {
            return ask;
        }
    }
    return NULL;
}

static void opened(struct berth_conn *connection, struct session *session, uint64_t token,
                   struct control_reader *reader) {
    uint32_t handle = control_take_u32(reader);
    uint32_t permissions = control_take_u32(reader);
    uint32_t priority_ceiling = control_take_u32(reader);
    uint64_t max_deadline_nanos = control_take_u64(reader);
    char driver[64];
    control_take_str(reader, driver, sizeof driver);
    if (reader->short_body) {
        session_fail(connection, session, true,
                     BERTH_RESULT(BERTH_STATUS_INTERNAL, BERTH_REASON_MALFORMED_FRAME),
                     "OPENED is too short");
        return;
    }
    struct berth_resource *resource = resource_by_token(connection, token);
    if (resource == NULL || session != connection->current) {
        /* Nobody waits for it any more: do not keep what we do not use. */
        uint8_t bytes[64];
        struct control_writer writer;
        control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_CLOSE, ++connection->last_token);
        control_u32(&writer, handle);
        (void)session_tell(connection, session, &writer);
        return;
    }
    resource->state = RESOURCE_OPEN;
    resource->handle = handle;
    resource->permissions = permissions;
    resource->priority_ceiling = priority_ceiling;
    resource->max_deadline_nanos = max_deadline_nanos;
    memcpy(resource->driver, driver, sizeof driver);
}

static void segment_added(struct berth_conn *connection, struct session *session, uint64_t token,
                          struct control_reader *reader, int *descriptors, size_t count) {
    uint32_t segment = control_take_u32(reader);
    uint32_t generation = control_take_u32(reader);
    uint64_t bytes = control_take_u64(reader);
    struct ask *ask = ask_by_token(connection, token);
    if (reader->short_body || count != 1) {
        for (size_t i = 0; i < count; i++) {
            close(descriptors[i]);
        }
        session_fail(connection, session, true,
                     BERTH_RESULT(BERTH_STATUS_INTERNAL, BERTH_REASON_MALFORMED_FRAME),
                     "SEGMENT_ADDED is too short or has not one descriptor");
        return;
    }
    if (ask == NULL || ask->session != session) {
        close(descriptors[0]);
        uint8_t message[64];
        struct control_writer writer;
        control_begin(&writer, message, sizeof message, BERTH_KIND_SEGMENT_DROP,
                      ++connection->last_token);
        control_u32(&writer, segment);
        control_u32(&writer, generation);
        (void)session_tell(connection, session, &writer);
        return;
    }
    ask->answered = true;
    ask->result = BERTH_OK;
    ask->segment = segment;
    ask->generation = generation;
    ask->bytes = bytes;
    ask->descriptor = descriptors[0];
}

static void refused(struct berth_conn *connection, struct session *session, uint64_t token,
                    struct control_reader *reader) {
    uint32_t status = control_take_u32(reader);
    uint32_t reason = control_take_u32(reader);
    char text[256];
    control_take_str(reader, text, sizeof text);
    if (status == BERTH_STATUS_OK || status >= BERTH_STATUS_COUNT) {
        status = BERTH_STATUS_UNKNOWN;
    }
    berth_result result = BERTH_RESULT(status, reason & 0xffff);
    if (session->phase == SESSION_GREETING) {
        session_fail(connection, session, false, result, "%s", text);
        return;
    }
    struct berth_resource *resource = resource_by_token(connection, token);
    struct ask *ask = ask_by_token(connection, token);
    if (resource != NULL && session == connection->current) {
        resource->state = RESOURCE_REFUSED;
        resource->refusal = result;
        snprintf(resource->refusal_text, sizeof resource->refusal_text, "%s", text);
    } else if (ask != NULL && ask->session == session) {
        ask->answered = true;
        ask->result = result;
        snprintf(ask->text, sizeof ask->text, "%s", text);
    }
}

static void go_away(struct berth_conn *connection, struct session *session, int64_t now) {
    if (session->phase != SESSION_OPEN || session != connection->current) {
        return;
    }
    if (connection->leaving != NULL) {
        session_end(connection, connection->leaving, now);
    }
    session->phase = SESSION_LEAVING;
    connection->leaving = session;
    connection->current = NULL;
    connection->next_attempt_nanos = now;
    connection->pause_millis = 0;
    resources_forget_session(connection);
}

static void dispatch(struct berth_conn *connection, struct session *session, const uint8_t *bytes,
                     size_t size, int *descriptors, size_t count, int64_t now) {
    struct berth_control_header header;
    struct control_reader reader;
    if (!control_open(&reader, bytes, size, &header)) {
        header.kind = 0;
    }
    bool takes_descriptors =
        header.kind == BERTH_KIND_WELCOME || header.kind == BERTH_KIND_SEGMENT_ADDED;
    for (size_t i = 0; i < count && !takes_descriptors; i++) {
        close(descriptors[i]);
    }
    switch (header.kind) {
    case BERTH_KIND_WELCOME:
        welcome(connection, session, &reader, descriptors, count, now);
        break;
    case BERTH_KIND_OPENED:
        opened(connection, session, header.token, &reader);
        break;
    case BERTH_KIND_SEGMENT_ADDED:
        segment_added(connection, session, header.token, &reader, descriptors, count);
        break;
    case BERTH_KIND_REFUSED:
        refused(connection, session, header.token, &reader);
        break;
    case BERTH_KIND_CLOSED:
        break;
    case BERTH_KIND_GOAWAY:
        go_away(connection, session, now);
        break;
    case BERTH_KIND_EXPELLED: {
        uint32_t reason = control_take_u32(&reader);
        char text[256];
        control_take_str(&reader, text, sizeof text);
        session_fail(connection, session, false,
                     BERTH_RESULT(BERTH_STATUS_UNAVAILABLE, reason & 0xffff),
                     "expelled by the broker: %s", text);
        break;
    }
    default:
        session_fail(connection, session, true,
                     BERTH_RESULT(BERTH_STATUS_INTERNAL, BERTH_REASON_MALFORMED_FRAME),
                     "what answers at %s does not speak Berth's protocol",
                     connection->address.sun_path);
    }
}

void session_read_control(struct berth_conn *connection, struct session *session, int64_t now) {
    uint8_t bytes[CONTROL_BUFFER_BYTES];
    int descriptors[BERTH_CONTROL_MAX_DESCRIPTORS];
    size_t count, size;
    for (int i = 0; i < 64 && !session->failed; i++) {
        switch (control_receive(session->socket, bytes, sizeof bytes, &size, descriptors, &count)) {
        case CONTROL_LATER:
            return;
        case CONTROL_CLOSED:
            session_fail(connection, session, false,
                         BERTH_RESULT(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST),
                         "the broker at %s ended the connection", connection->address.sun_path);
            return;
        case CONTROL_OK:
            dispatch(connection, session, bytes, size, descriptors, count, now);
        }
    }
    /* Room in the socket may have made the next OPEN possible. */
    resources_ask(connection);
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
            ask->result = BERTH_RESULT(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST);
            snprintf(ask->text, sizeof ask->text, "%s", session->failure_text);
        }
    }
    requests_lose_session(connection, session);
    arena_lose_session(connection, session);
    session_close_descriptors(session);
    region_unmap(&session->mine);
    region_unmap(&session->theirs);
    free(session);
}
