/* SPDX-License-Identifier: Apache-2.0 */
/* From a slot into the request ring, at once or when there is room. */
#include "connection.h"

#include <string.h>

#include "clock.h"
#include "doorbell.h"

/* SEND_AFTER_OTHERS: memory for its blocks is on the way, and whoever needs none may go first. */
enum send_outcome { SEND_DONE, SEND_LATER, SEND_AFTER_OTHERS, SEND_ENDED };

static void publish(struct berth_conn *connection, struct session *session) {
    ring_publish(&session->requests);
    /* The producer's half of the handshake: tail is stored, now fence, then look whether the broker
     * sleeps. */
    atomic_thread_fence(memory_order_seq_cst);
    uint64_t sleep = atomic_load_explicit(region_word(&session->theirs, BERTH_REGION_SLEEP),
                                          memory_order_relaxed);
    if ((sleep & 1) == 0 || sleep == session->last_rung) {
        return;
    }
    if (doorbell_ring(session->bell_out)) {
        session->last_rung = sleep;
    } else {
        session->last_rung = 0;
        session_fail(connection, session, false,
                     BERTH_RESULT(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST),
                     "the broker's doorbell is gone");
    }
}

void requests_publish(struct berth_conn *connection) {
    struct session *session = connection->current;
    if (session != NULL && session->requests.tail != session->requests.published) {
        publish(connection, session);
    }
}

static enum send_outcome end_unsent(struct berth_conn *connection, struct slot *slot,
                                    enum berth_status status, enum berth_reason reason,
                                    const char *text) {
    request_end(connection, slot, BERTH_RESULT(status, reason), text);
    return SEND_ENDED;
}

/* The broker takes 0 for "no deadline". */
static int64_t wire_deadline(const struct session *session, const struct slot *slot) {
    int64_t nanos = clock_shifted(slot->deadline_nanos, session->clock_offset_nanos);
    return nanos == 0 ? 1 : nanos;
}

/* SEND_DONE: they lie in the current session. */
static enum send_outcome bring_blocks(struct berth_conn *connection, struct slot *slot) {
    berth_result result;
    char text[BERTH_ERROR_TEXT_BYTES + 8];
    switch (arena_bring(connection, slot, &result, text)) {
    case ARENA_BROUGHT:
        return SEND_DONE;
    case ARENA_ON_THE_WAY:
        return SEND_AFTER_OTHERS;
    default:
        request_end(connection, slot, result, text);
        return SEND_ENDED;
    }
}

static enum send_outcome request_send(struct berth_conn *connection, struct slot *slot) {
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
    if ((slot->input_block | slot->output_block) != 0) {
        enum send_outcome brought = bring_blocks(connection, slot);
        if (brought != SEND_DONE) {
            return brought;
        }
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
    /* In place: a copy from the stack would have to wait for the stores before it. */
    struct berth_frame *frame = (struct berth_frame *)(void *)record;
    *frame = (struct berth_frame){
        .length = (int32_t)length,
        .type = BERTH_FRAME_REQUEST,
        .correlation = slot->correlation,
        .deadline_nanos = slot->no_wire_deadline ? 0 : wire_deadline(session, slot),
        .handle = slot->wire_handle,
        .operation = slot->operation,
        .flags = slot->flags | (slot->was_taken ? BERTH_FLAG_RESUBMITTED : 0),
        .priority = slot->priority,
        .payload_bytes = slot->payload_bytes,
        .reply_limit = slot->reply_limit,
        .credit = credit,
    };
    uint8_t *payload = record + sizeof *frame;
    if ((slot->flags & FRAME_BLOCK_FLAGS) != 0) {
        struct frame_blocks blocks = {0};
        arena_refer(&connection->arena, slot, &blocks);
        blocks.trace_nanos[BERTH_TRACE_SUBMITTED] =
            (uint64_t)clock_shifted(slot->submitted_nanos, session->clock_offset_nanos);
        payload = frame_write_blocks(payload, slot->flags, &blocks);
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
    return SEND_DONE;
}

void request_enqueue(struct berth_conn *connection, struct slot *slot) {
    slot->queued = true;
    list_append(&connection->queue, &slot->node);
}

static bool must_wait(enum send_outcome outcome) {
    return outcome == SEND_LATER || outcome == SEND_AFTER_OTHERS;
}

void request_dispatch(struct berth_conn *connection, struct slot *slot) {
    if (!list_empty(&connection->queue) || must_wait(request_send(connection, slot))) {
        request_enqueue(connection, slot);
    }
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
    publish(connection, session);
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
        enum send_outcome outcome = request_send(connection, slot);
        if (must_wait(outcome)) {
            slot->queued = true;
            node->previous = previous;
            node->next = previous->next;
            previous->next->previous = node;
            previous->next = node;
        }
        if (outcome == SEND_LATER) {
            break;
        }
    }
    requests_publish(connection);
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
