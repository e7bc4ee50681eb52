/* SPDX-License-Identifier: Apache-2.0 */
/* What the broker says on the control socket. Everything here was written by another process. */
#include "connection.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "error.h"
#include "listing.h"

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
    if (ask == NULL || ask->session != session || ask->lists) {
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
    if (ask->then != NULL) {
        ask->then(connection, ask);
    }
}

static void listed(struct berth_conn *connection, struct session *session, uint64_t token,
                   const struct control_reader *reader) {
    struct ask *ask = ask_by_token(connection, token);
    if (ask == NULL || ask->session != session || !ask->lists) {
        return; /* nobody waits for it any more */
    }
    enum listing_result read = listing_read(reader, &ask->page);
    if (read == LISTING_MALFORMED) {
        session_fail(connection, session, true,
                     BERTH_RESULT(BERTH_STATUS_INTERNAL, BERTH_REASON_MALFORMED_FRAME),
                     "LISTED is too short");
        return;
    }
    ask->answered = true;
    ask->result = BERTH_OK;
    if (read == LISTING_NO_MEMORY) {
        ask->result = BERTH_RESULT(BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_NONE);
        snprintf(ask->text, sizeof ask->text, "no memory");
    }
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
        /* The broker mostly begins with the name itself. */
        bool named = strncmp(text, resource->name, strlen(resource->name)) == 0;
        text_format(resource->refusal_text, sizeof resource->refusal_text, "%s%s%s",
                    named ? "" : resource->name, named ? "" : ": ", text);
    } else if (ask != NULL && ask->session == session) {
        ask->answered = true;
        ask->result = result;
        snprintf(ask->text, sizeof ask->text, "%s", text);
        if (ask->then != NULL) {
            ask->then(connection, ask);
        }
    } else {
        arena_wipe_refused(connection, session, token);
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
        session_welcome(connection, session, &reader, descriptors, count);
        break;
    case BERTH_KIND_OPENED:
        opened(connection, session, header.token, &reader);
        break;
    case BERTH_KIND_SEGMENT_ADDED:
        segment_added(connection, session, header.token, &reader, descriptors, count);
        break;
    case BERTH_KIND_SEGMENT_WIPED:
        arena_wiped(connection, session, header.token);
        break;
    case BERTH_KIND_LISTED:
        listed(connection, session, header.token, &reader);
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
    uint8_t *bytes = connection->control_bytes;
    int descriptors[BERTH_CONTROL_MAX_DESCRIPTORS];
    size_t count, size;
    for (int i = 0; i < CONTROL_MESSAGES_A_LOOK && !session->failed; i++) {
        switch (control_receive(session->socket, bytes, BERTH_CONTROL_MAX_BYTES, &size, descriptors,
                                &count)) {
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
