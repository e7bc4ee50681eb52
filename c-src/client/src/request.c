/* SPDX-License-Identifier: Apache-2.0 */
/* A request's way from the caller into the ring, and its ends other than the broker's answer. */
#include "connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "clock.h"
#include "error.h"

bool requests_allocate(struct berth_conn *connection) {
    uint32_t count = connection->max_in_flight;
    /* Copies of asynchronous payloads: address space now, memory when first used. */
    uint32_t copy_bytes = connection->current->max_inline_bytes;
    size_t bytes = (size_t)count * copy_bytes;
    struct slot *slots = calloc(count, sizeof *slots);
    void *copies = mmap(NULL, bytes == 0 ? 1 : bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (slots == NULL || copies == MAP_FAILED) {
        free(slots);
        if (copies != MAP_FAILED) {
            munmap(copies, bytes == 0 ? 1 : bytes);
        }
        return false;
    }
    (void)madvise(copies, bytes, MADV_DONTDUMP);
    for (uint32_t i = count; i-- > 0;) {
        slots[i].index = (uint16_t)i;
        list_init(&slots[i].node);
        slots[i].next_free = connection->free_slots;
        connection->free_slots = &slots[i];
    }
    connection->slots = slots;
    connection->slot_count = count;
    connection->copies = copies;
    connection->copies_bytes = bytes == 0 ? 1 : bytes;
    connection->copy_bytes = copy_bytes;
    return true;
}

static bool has_blocks(const struct slot *slot) {
    return slot->input_block != 0 || slot->output_block != 0;
}

berth_result request_take(struct berth_resource *resource, const berth_request *request,
                          enum slot_user user, int64_t now, struct slot **slot_out) {
    struct berth_conn *connection = resource->connection;
    if (request->struct_size != sizeof *request ||
        (request->payload == NULL && request->payload_bytes != 0) ||
        (request->reply == NULL && request->reply_limit != 0 && user != USER_STREAM) ||
        request->priority > BERTH_PRIORITY_BACKGROUND ||
        (request->flags & ~(uint32_t)(BERTH_IDEMPOTENT | BERTH_TRACED)) != 0) {
        return error_say(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_NONE,
                         "%s: a request with struct_size %zu (expected %zu), a missing buffer, an "
                         "unknown flag (%#x) or priority (%u)",
                         resource->name, request->struct_size, sizeof *request, request->flags,
                         request->priority);
    }
    uint32_t max_payload =
        connection->current != NULL && connection->current->phase != SESSION_GREETING
            ? connection->current->max_inline_bytes
            : connection->copy_bytes;
    if (request->payload_bytes > max_payload) {
        return error_say(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_PAYLOAD_TOO_LARGE,
                         "%s: a payload of %zu bytes > %u; larger data travels in blocks",
                         resource->name, request->payload_bytes, max_payload);
    }
    struct slot *slot = connection->free_slots;
    if (slot == NULL) {
        return error_say(BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_QUEUE_FULL,
                         "%s: %u requests >= max_in_flight %u have not ended; poll completions "
                         "first",
                         resource->name, connection->slot_count, connection->slot_count);
    }
    slot->input_block = slot->output_block = 0;
    berth_result result = BERTH_OK;
    if (request->input.block.id != 0) {
        result =
            arena_pin(resource, &request->input, BERTH_INPUT, &slot->input, &slot->input_block);
    }
    if (result == BERTH_OK && request->output.block.id != 0) {
        result =
            arena_pin(resource, &request->output, BERTH_OUTPUT, &slot->output, &slot->output_block);
    }
    if (result != BERTH_OK) {
        arena_unpin(connection, slot->input_block, BERTH_INPUT);
        slot->input_block = 0;
        return result;
    }
    connection->free_slots = slot->next_free;
    slot->user = user;
    slot->on_wire = slot->queued = slot->ended = false;
    slot->was_taken = slot->resubmitted = slot->cancel_wanted = slot->owns_copy = false;
    slot->sequence = ++connection->last_sequence;
    slot->session = NULL;
    slot->resource = resource;
    resource->slots++;
    slot->submitted_nanos = now;
    uint32_t timeout_ms = request->timeout_ms == 0 ? DEFAULT_TIMEOUT_MILLIS : request->timeout_ms;
    slot->no_wire_deadline = timeout_ms == UINT32_MAX;
    slot->deadline_nanos =
        timeout_ms == UINT32_MAX ? NANOS_FOREVER : clock_after_millis(now, timeout_ms);
    slot->operation = request->operation;
    slot->flags = (request->flags & BERTH_IDEMPOTENT ? BERTH_FLAG_IDEMPOTENT : 0) |
                  (request->flags & BERTH_TRACED ? BERTH_FLAG_TRACE : 0) |
                  (slot->input_block != 0 ? BERTH_FLAG_INPUT : 0) |
                  (slot->output_block != 0 ? BERTH_FLAG_OUTPUT : 0) |
                  (user == USER_STREAM ? BERTH_FLAG_STREAM : 0);
    slot->priority = request->priority;
    slot->payload = request->payload;
    slot->payload_bytes = (uint32_t)request->payload_bytes;
    slot->reply = request->reply;
    slot->reply_limit =
        request->reply_limit < max_payload ? (uint32_t)request->reply_limit : max_payload;
    slot->reply_bytes_reserved = 0;
    slot->credit = 0;
    slot->next_part = 0;
    slot->stream = NULL;
    slot->user_data = NULL;
    slot->result = BERTH_OK;
    slot->bytes = 0;
    slot->output_bytes = 0;
    slot->text[0] = '\0';
    *slot_out = slot;
    return BERTH_OK;
}

/* The payload as a copy of the slot's own, for when the caller's buffer may not be used any more.
 */
bool request_keep_payload(struct berth_conn *connection, struct slot *slot) {
    if (slot->owns_copy || slot->payload_bytes == 0) {
        return true;
    }
    if (slot->payload_bytes > connection->copy_bytes || slot->payload == NULL) {
        return false;
    }
    uint8_t *copy = connection->copies + (size_t)slot->index * connection->copy_bytes;
    memcpy(copy, slot->payload, slot->payload_bytes);
    slot->payload = copy;
    slot->owns_copy = true;
    return true;
}

static enum send_outcome end_unsent(struct berth_conn *connection, struct slot *slot,
                                    enum berth_status status, enum berth_reason reason,
                                    const char *text) {
    request_end(connection, slot, BERTH_RESULT(status, reason), text);
    return SEND_ENDED;
}

enum send_outcome request_send(struct berth_conn *connection, struct slot *slot) {
    struct session *session = connection->current;
    struct berth_resource *resource = slot->resource;
    if (session == NULL && connection->no_reconnect) {
        return end_unsent(connection, slot, BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST,
                          connection->down_text);
    }
    if (session == NULL || session->phase != SESSION_OPEN || session->failed) {
        return SEND_LATER;
    }
    if (resource->state == RESOURCE_REFUSED) {
        request_end(connection, slot, resource->refusal, resource->refusal_text);
        return SEND_ENDED;
    }
    if (resource->state != RESOURCE_OPEN) {
        return SEND_LATER;
    }
    /* A broker found after a reconnect may be configured smaller than the first. */
    if (slot->index >= session->max_in_flight) {
        return end_unsent(connection, slot, BERTH_STATUS_RESOURCE_EXHAUSTED,
                          BERTH_REASON_SESSION_LIMIT, "the broker now allows fewer requests");
    }
    if (slot->payload_bytes > session->max_inline_bytes) {
        return end_unsent(connection, slot, BERTH_STATUS_INVALID_ARGUMENT,
                          BERTH_REASON_PAYLOAD_TOO_LARGE, "the broker now allows less payload");
    }
    if (slot->reply_limit > session->max_inline_bytes) {
        slot->reply_limit = session->max_inline_bytes;
    }
    uint32_t answer_payload =
        slot->reply_limit > BERTH_ERROR_TEXT_BYTES ? slot->reply_limit : BERTH_ERROR_TEXT_BYTES;
    uint64_t unit = berth_align8(
        sizeof(struct berth_frame) +
        (uint64_t)frame_blocks_bytes(slot->flags & (BERTH_FLAG_TRACE | BERTH_FLAG_OUTPUT)) +
        answer_payload);
    uint32_t credit = slot->stream == NULL ? 0 : stream_room(slot->stream);
    uint64_t reserve = unit * (1 + (uint64_t)credit);
    if (reserve > session->reply_bytes_budget) {
        return end_unsent(connection, slot, BERTH_STATUS_RESOURCE_EXHAUSTED,
                          BERTH_REASON_REPLY_SPACE,
                          "the response ring can never hold this reply limit and credit");
    }
    if (session->reply_bytes_reserved + reserve > session->reply_bytes_budget) {
        return SEND_LATER;
    }
    uint32_t length = (uint32_t)sizeof(struct berth_frame) + frame_blocks_bytes(slot->flags) +
                      slot->payload_bytes;
    uint8_t *record;
    enum ring_status claimed =
        ring_claim(&session->requests, length, &record, &slot->record_position);
    if (claimed != RING_OK) {
        if (claimed == RING_VIOLATION) {
            session_fail(connection, session, true,
                         BERTH_RESULT(BERTH_STATUS_INTERNAL, BERTH_REASON_BAD_POSITION),
                         "the broker's position in the request ring makes no sense");
        }
        return SEND_LATER;
    }
    uint64_t sequence =
        slot->was_taken || slot->resubmitted ? ++connection->last_sequence : slot->sequence;
    slot->correlation = (sequence << 16) | slot->index;
    slot->wire_handle = resource->handle;
    struct berth_frame frame = {
        .length = (int32_t)length,
        .type = BERTH_FRAME_REQUEST,
        .correlation = slot->correlation,
        .deadline_nanos =
            slot->no_wire_deadline ? 0 : slot->deadline_nanos + session->clock_offset_nanos,
        .handle = slot->wire_handle,
        .operation = slot->operation,
        .flags = slot->flags | (slot->was_taken ? BERTH_FLAG_RESUBMITTED : 0),
        .priority = slot->priority,
        .payload_bytes = slot->payload_bytes,
        .reply_limit = slot->reply_limit,
        .credit = credit,
    };
    uint8_t *payload;
    if (frame_blocks_bytes(slot->flags) == 0) {
        payload = frame_write(record, &frame, NULL);
    } else {
        struct frame_blocks blocks = {.input = slot->input, .output = slot->output};
        blocks.trace_nanos[BERTH_TRACE_SUBMITTED] =
            (uint64_t)(slot->submitted_nanos + session->clock_offset_nanos);
        payload = frame_write(record, &frame, &blocks);
    }
    if (slot->payload_bytes != 0) {
        memcpy(payload, slot->payload, slot->payload_bytes);
    }
    slot->session = session;
    slot->on_wire = true;
    slot->credit = credit;
    slot->reply_unit_bytes = unit;
    slot->reply_bytes_reserved = reserve;
    session->reply_bytes_reserved += reserve;
    session->open_requests++;
    ring_publish(&session->requests);
    session_wake_broker(connection, session);
    return SEND_DONE;
}

void request_enqueue(struct berth_conn *connection, struct slot *slot) {
    slot->queued = true;
    list_append(&connection->queue, &slot->node);
}

static bool control_frame_send(struct berth_conn *connection, struct slot *slot,
                               enum berth_frame_type type, uint32_t credit) {
    struct session *session = slot->session;
    uint8_t *record;
    uint64_t position;
    if (session->failed) {
        return false;
    }
    enum ring_status claimed =
        ring_claim(&session->requests, sizeof(struct berth_frame), &record, &position);
    if (claimed == RING_VIOLATION) {
        session_fail(connection, session, true,
                     BERTH_RESULT(BERTH_STATUS_INTERNAL, BERTH_REASON_BAD_POSITION),
                     "the broker's position in the request ring makes no sense");
    }
    if (claimed != RING_OK) {
        return false;
    }
    struct berth_frame frame = {.length = sizeof frame,
                                .type = type,
                                .correlation = slot->correlation,
                                .handle = slot->wire_handle,
                                .credit = credit};
    (void)frame_write(record, &frame, NULL);
    ring_publish(&session->requests);
    session_wake_broker(connection, session);
    return true;
}

bool request_send_credit(struct berth_conn *connection, struct slot *slot, uint32_t parts) {
    struct session *session = slot->session;
    uint64_t reserve = slot->reply_unit_bytes * parts;
    if (session->reply_bytes_reserved + reserve > session->reply_bytes_budget ||
        !control_frame_send(connection, slot, BERTH_FRAME_CREDIT, parts)) {
        return false;
    }
    slot->credit += parts;
    slot->reply_bytes_reserved += reserve;
    session->reply_bytes_reserved += reserve;
    return true;
}

void requests_pump(struct berth_conn *connection) {
    if (connection->cancels_wanted) {
        connection->cancels_wanted = false;
        for (uint32_t i = 0; i < connection->slot_count; i++) {
            struct slot *slot = &connection->slots[i];
            if (slot->cancel_wanted && slot->on_wire) {
                request_cancel(connection, slot);
            }
        }
    }
    for (struct list_node *node = connection->queue.next, *next; node != &connection->queue;
         node = next) {
        next = node->next;
        struct slot *slot = LIST_ENTRY(node, struct slot, node);
        if (slot->resource->state != RESOURCE_OPEN && slot->resource->state != RESOURCE_REFUSED) {
            continue; /* others need not wait for this resource to be opened again */
        }
        /* Unlinked first: the end of a request may link it elsewhere. */
        struct list_node *previous = node->previous;
        list_remove(node);
        slot->queued = false;
        if (request_send(connection, slot) == SEND_LATER) {
            slot->queued = true;
            node->previous = previous;
            node->next = previous->next;
            previous->next->previous = node;
            previous->next = node;
            return;
        }
    }
}

void request_free_if_over(struct berth_conn *connection, struct slot *slot) {
    if (slot->user != USER_NONE || slot->on_wire) {
        return;
    }
    if (slot->owns_copy) {
        /* Payloads may hold secrets; they are not left behind for whoever reads this process later.
         */
        explicit_bzero((void *)(uintptr_t)slot->payload, slot->payload_bytes);
        slot->owns_copy = false;
    }
    arena_unpin(connection, slot->input_block, BERTH_INPUT);
    arena_unpin(connection, slot->output_block, BERTH_OUTPUT);
    slot->input_block = slot->output_block = 0;
    struct berth_resource *resource = slot->resource;
    slot->resource = NULL;
    slot->next_free = connection->free_slots;
    connection->free_slots = slot;
    resource->slots--;
    resource_free_if_over(resource);
}

void request_end(struct berth_conn *connection, struct slot *slot, berth_result result,
                 const char *text) {
    if (slot->queued) {
        list_remove(&slot->node);
        slot->queued = false;
    }
    slot->result = result;
    slot->ended = true;
    if (text != NULL) {
        snprintf(slot->text, sizeof slot->text, "%s", text);
    }
    switch (slot->user) {
    case USER_ASYNC:
        list_append(&connection->done, &slot->node);
        break;
    case USER_STREAM:
        stream_take_end(slot->stream, NULL, 0);
        break;
    case USER_CALL:
        break;
    case USER_NONE:
        request_free_if_over(connection, slot);
        break;
    }
}

void request_end_by_clock(struct berth_conn *connection, struct slot *slot) {
    char text[BERTH_ERROR_TEXT_BYTES + 8];
    int64_t waited_ms = (clock_nanos() - slot->submitted_nanos) / NANOS_PER_MILLI;
    if (slot->on_wire) {
        text_format(text, sizeof text, "%s: no answer within %lld ms; the outcome is unknown",
                    slot->resource->name, (long long)waited_ms);
        slot->reply = NULL;
        request_end(connection, slot,
                    BERTH_RESULT(BERTH_STATUS_DEADLINE_EXCEEDED, BERTH_REASON_CALLER_TIMED_OUT),
                    text);
        request_cancel(connection, slot);
        return;
    }
    bool connected = connection->current != NULL && connection->current->phase == SESSION_OPEN;
    berth_result result =
        slot->was_taken
            ? BERTH_RESULT(BERTH_STATUS_ABORTED, BERTH_REASON_CONNECTION_LOST_OUTCOME_UNKNOWN)
        : connected
            ? BERTH_RESULT(BERTH_STATUS_DEADLINE_EXCEEDED, BERTH_REASON_EXPIRED_BEFORE_DISPATCH)
            : BERTH_RESULT(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST);
    text_format(text, sizeof text, "%.60s: %s for %lld ms%s%.80s", slot->resource->name,
                slot->was_taken ? "sent to a broker that was lost, not sent again"
                : connected     ? "no room to send"
                                : "no broker",
                (long long)waited_ms, connected ? "" : ": ",
                connected ? "" : connection->down_text);
    request_end(connection, slot, result, text);
}

void request_cancel(struct berth_conn *connection, struct slot *slot) {
    slot->cancel_wanted = false;
    if (!slot->on_wire) {
        if (!slot->ended) {
            request_end(connection, slot,
                        BERTH_RESULT(BERTH_STATUS_CANCELLED, BERTH_REASON_CANCELLED),
                        "cancelled before it was sent");
        }
        return;
    }
    if (!control_frame_send(connection, slot, BERTH_FRAME_CANCEL, 0)) {
        slot->cancel_wanted = true;
        connection->cancels_wanted = true;
    }
}

/* The caller is gone; what the broker still says about the request is dropped. */
void request_abandon(struct berth_conn *connection, struct slot *slot) {
    slot->user = USER_NONE;
    slot->reply = NULL;
    slot->stream = NULL;
    if (!slot->owns_copy) {
        slot->payload = NULL;
    }
    request_free_if_over(connection, slot);
}

void requests_expire(struct berth_conn *connection, int64_t now) {
    int64_t next = NANOS_FOREVER;
    for (uint32_t i = 0; i < connection->slot_count; i++) {
        struct slot *slot = &connection->slots[i];
        if ((slot->user != USER_ASYNC && slot->user != USER_STREAM) || slot->ended) {
            continue;
        }
        if (slot->deadline_nanos <= now) {
            request_end_by_clock(connection, slot);
        } else if (slot->deadline_nanos < next) {
            next = slot->deadline_nanos;
        }
    }
    connection->next_deadline_nanos = next;
}

/* ---- A session is lost
 * --------------------------------------------------------------------------- */

static void lose_request(struct berth_conn *connection, struct session *session, struct slot *slot,
                         bool taken) {
    slot->on_wire = false;
    slot->session = NULL;
    slot->reply_bytes_reserved = 0;
    slot->credit = 0;
    slot->cancel_wanted = false;
    if (slot->user == USER_NONE) {
        request_free_if_over(connection, slot);
        return;
    }
    if (slot->ended) {
        return; /* by its own clock; the caller has not looked yet */
    }
    bool repeatable = (!taken || (slot->flags & BERTH_FLAG_IDEMPOTENT) != 0) && !has_blocks(slot) &&
                      slot->next_part == 0 && !connection->no_reconnect;
    slot->was_taken = slot->was_taken || taken;
    if (repeatable) {
        slot->resubmitted = true;
        request_enqueue(connection, slot);
        return;
    }
    char text[BERTH_ERROR_TEXT_BYTES + 8];
    text_format(text, sizeof text, "%.60s: %s: %.100s", slot->resource->name,
                slot->was_taken ? "the broker was lost while it had the request"
                                : "the broker was lost before it took the request",
                session->failure_text);
    request_end(
        connection, slot,
        slot->was_taken
            ? BERTH_RESULT(BERTH_STATUS_ABORTED, BERTH_REASON_CONNECTION_LOST_OUTCOME_UNKNOWN)
            : BERTH_RESULT(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST),
        text);
}

void requests_lose_session(struct berth_conn *connection, struct session *session) {
    if (session->phase == SESSION_GREETING) {
        return;
    }
    uint64_t head;
    bool head_known = !session->violated && ring_consumer_position(&session->requests, &head);
    for (uint32_t i = 0; i < connection->slot_count; i++) {
        struct slot *slot = &connection->slots[i];
        if (slot->on_wire && slot->session == session) {
            /* The broker moves its head before a worker can have a request that must not be
             * doubled; an idempotent one may be under way although it lies beyond
             * (docs/PROTOCOL.md, 3). */
            bool taken = !head_known || slot->record_position < head ||
                         (slot->flags & BERTH_FLAG_IDEMPOTENT) != 0;
            lose_request(connection, session, slot, taken);
        }
    }
    if (connection->no_reconnect) {
        while (!list_empty(&connection->queue)) {
            struct slot *slot = LIST_ENTRY(connection->queue.next, struct slot, node);
            request_end(connection, slot,
                        BERTH_RESULT(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST),
                        session->failure_text);
        }
    }
}
