/* SPDX-License-Identifier: Apache-2.0 */
/* From the response ring to the caller's buffer. Everything here was written by another process. */
#include "connection.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"

static void text_take(struct slot *slot, const uint8_t *payload, uint32_t bytes) {
    uint32_t kept = bytes < BERTH_ERROR_TEXT_BYTES ? bytes : BERTH_ERROR_TEXT_BYTES;
    memcpy(slot->text, payload, kept);
    slot->text[kept] = '\0';
    for (uint32_t i = 0; i < kept; i++) {
        /* It ends up in logs and on terminals. */
        if ((unsigned char)slot->text[i] < 0x20 || slot->text[i] == 0x7f) {
            slot->text[i] = '?';
        }
    }
}

/* A broker that goes away answers so what it has not begun: another one may execute it. */
static bool send_elsewhere(struct berth_conn *connection, struct session *session,
                           struct slot *slot, berth_result result) {
    if (berth_reason_of(result) != BERTH_REASON_GOING_AWAY || slot->user == USER_NONE ||
        slot->ended || connection->no_reconnect || slot->next_part != 0) {
        return false;
    }
    slot->resubmitted = true;
    session->declined = true;
    request_enqueue(connection, slot);
    return true;
}

static bool end_take(struct berth_conn *connection, struct session *session, struct slot *slot,
                     const struct berth_frame *frame, const struct frame_blocks *blocks,
                     const uint8_t *payload) {
    uint32_t longest =
        slot->reply_limit > BERTH_ERROR_TEXT_BYTES ? slot->reply_limit : BERTH_ERROR_TEXT_BYTES;
    if (frame->payload_bytes > longest) {
        return false;
    }
    if ((frame->flags & BERTH_FLAG_OUTPUT) != 0 &&
        (slot->output_block == 0 || blocks->output.length > slot->output.length)) {
        return false;
    }
    session->reply_bytes_reserved -= slot->reply_bytes_reserved;
    slot->reply_bytes_reserved = 0;
    session->open_requests--;
    slot->on_wire = false;
    slot->session = NULL;

    uint32_t status = frame->status & 0xffff;
    if (status >= BERTH_STATUS_COUNT) {
        status = BERTH_STATUS_UNKNOWN;
    }
    berth_result result = BERTH_RESULT(status, frame->status >> 16);
    if (slot->user == USER_NONE || slot->ended) {
        /* Ended here by its own clock; now it is over at the broker, too. */
        request_free_if_over(connection, slot);
        return true;
    }
    if (send_elsewhere(connection, session, slot, result)) {
        return true;
    }
    if ((slot->flags & BERTH_FLAG_TRACE) != 0) {
        if ((frame->flags & BERTH_FLAG_TRACE) != 0) {
            memcpy(slot->trace_nanos, blocks->trace_nanos, sizeof slot->trace_nanos);
        } else {
            memset(slot->trace_nanos, 0, sizeof slot->trace_nanos);
        }
    }
    if (status != BERTH_STATUS_OK) {
        text_take(slot, payload, frame->payload_bytes);
        slot->device_code = frame->reply_limit; /* its place in a RESPONSE */
        request_end(connection, slot, result, NULL);
        return true;
    }
    if (frame->payload_bytes > slot->reply_limit) {
        request_end(connection, slot,
                    BERTH_RESULT(BERTH_STATUS_OUT_OF_RANGE, BERTH_REASON_REPLY_TOO_LARGE),
                    "the answer is longer than the reply limit");
        return true;
    }
    slot->bytes = frame->payload_bytes;
    slot->output_bytes = (frame->flags & BERTH_FLAG_OUTPUT) != 0 ? blocks->output.length : 0;
    slot->result = BERTH_OK;
    if (slot->user == USER_STREAM) {
        slot->ended = true;
        stream_take_end(slot->stream, payload, frame->payload_bytes);
        return true;
    }
    if (frame->payload_bytes != 0) {
        memcpy(slot->reply, payload, frame->payload_bytes);
    }
    request_end(connection, slot, BERTH_OK, NULL);
    return true;
}

static bool part_take(struct session *session, struct slot *slot, const struct berth_frame *frame,
                      const uint8_t *payload) {
    if ((slot->flags & BERTH_FLAG_STREAM) == 0 || slot->credit == 0 ||
        frame->part != slot->next_part || frame->payload_bytes > slot->reply_limit ||
        (frame->status & 0xffff) != BERTH_STATUS_OK) {
        return false;
    }
    slot->credit--;
    slot->next_part++;
    slot->reply_bytes_reserved -= slot->reply_unit_bytes;
    session->reply_bytes_reserved -= slot->reply_unit_bytes;
    if (slot->stream != NULL && !slot->ended) {
        stream_take_part(slot->stream, payload, frame->payload_bytes);
    }
    return true;
}

static bool response_take(struct berth_conn *connection, struct session *session,
                          const uint8_t *record, uint32_t length, int32_t type) {
    struct berth_frame frame;
    struct frame_blocks blocks;
    const uint8_t *payload;
    if (type != BERTH_FRAME_RESPONSE ||
        !frame_read(record, length, type, session->responses.bytes, &frame, &blocks, &payload)) {
        return false;
    }
    uint32_t index = (uint32_t)(frame.correlation & 0xffff);
    if (index >= connection->slot_count) {
        return true; /* nobody's: dropped */
    }
    struct slot *slot = &connection->slots[index];
    if (!slot->on_wire || slot->session != session || slot->correlation != frame.correlation) {
        return true; /* late: dropped */
    }
    if (berth_align8(length) > slot->reply_unit_bytes) {
        return false; /* longer than what was reserved for it */
    }
    return (frame.flags & BERTH_FLAG_MORE) != 0
               ? part_take(session, slot, &frame, payload)
               : end_take(connection, session, slot, &frame, &blocks, payload);
}

bool session_drain(struct berth_conn *connection, struct session *session) {
    uint64_t tail;
    enum ring_status status = ring_look(&session->responses, &tail);
    if (status == RING_EMPTY) {
        return false;
    }
    while (status == RING_OK) {
        const uint8_t *record;
        uint32_t length;
        int32_t type;
        status = ring_next(&session->responses, tail, &record, &length, &type);
        if (status != RING_OK) {
            break;
        }
        if (!response_take(connection, session, record, length, type)) {
            status = RING_VIOLATION;
            break;
        }
        ring_advance(&session->responses, length);
    }
    if (status == RING_VIOLATION) {
        session->violated = true;
        session_fail(connection, session, true,
                     BERTH_RESULT(BERTH_STATUS_INTERNAL, BERTH_REASON_BAD_POSITION),
                     "the broker wrote nonsense into the response ring at position %llu",
                     (unsigned long long)session->responses.position);
        return true;
    }
    ring_release(&session->responses);
    return true;
}
