/* SPDX-License-Identifier: Apache-2.0 */
/* A request's ends other than the broker's answer: by the own clock, by the loss of a session. */
#include "connection.h"

#include <stdio.h>

#include "clock.h"
#include "error.h"

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
        slot->device_code = 0;
    }
    switch (slot->user) {
    case USER_ASYNC:
        list_append(&connection->done, &slot->node);
        connection->done_count++;
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
    bool repeatable = (!taken || (slot->flags & BERTH_FLAG_IDEMPOTENT) != 0) &&
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
