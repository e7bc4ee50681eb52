/* SPDX-License-Identifier: Apache-2.0 */
/* Blocking calls, and submit, poll, cancel. */
#include "connection.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "doorbell.h"
#include "error.h"

/* Of the calls that block at once, one in so many yields first, to see whether the resource has
 * become quick. */
#define PROBE_EVERY 32

static bool slot_ended(void *what) {
    return ((const struct slot *)what)->ended;
}

static bool slot_available(void *what) {
    return ((const struct berth_conn *)what)->free_slots != NULL;
}

/* Sends now, or queues behind those who wait for room or for a broker. */
static void dispatch(struct berth_conn *connection, struct slot *slot) {
    if (!list_empty(&connection->queue) || request_send(connection, slot) == SEND_LATER) {
        request_enqueue(connection, slot);
    }
}

/*
 * How long to yield for this call. A resource that takes longer than the budget is waited for
 * asleep at once: burning a processor while a card signs helps nobody. Time measured asleep
 * contains the wake-up, hence the probes.
 */
static int64_t yield_for(struct berth_conn *connection, struct berth_resource *resource) {
    int64_t budget = session_yield_nanos(connection);
    if (resource->service_nanos <= budget) {
        return budget;
    }
    return ++resource->calls_blocked % PROBE_EVERY == 0 ? budget : 0;
}

static void learn_service_time(struct berth_resource *resource, int64_t took_nanos,
                               int64_t yielded_nanos) {
    if (yielded_nanos > 0 && took_nanos <= yielded_nanos) {
        if (resource->service_nanos > yielded_nanos) {
            resource->service_nanos = took_nanos; /* a probe found it quick */
            return;
        }
    }
    resource->service_nanos += (took_nanos - resource->service_nanos) / 8;
}

static berth_result call_over(const struct slot *slot, berth_reply *reply) {
    if (reply != NULL) {
        reply->result = slot->result;
        reply->bytes = slot->bytes;
        reply->output_bytes = slot->output_bytes;
        if ((slot->flags & BERTH_FLAG_TRACE) != 0) {
            memcpy(reply->trace_nanos, slot->trace_nanos, sizeof reply->trace_nanos);
        }
        if (slot->result == BERTH_OK) {
            reply->text[0] = '\0';
        } else {
            memcpy(reply->text, slot->text, sizeof reply->text);
        }
    }
    return slot->result == BERTH_OK ? BERTH_OK : error_keep(slot->result, slot->text);
}

static berth_result refuse(berth_result result, berth_reply *reply) {
    if (reply != NULL) {
        reply->result = result;
        reply->bytes = 0;
        reply->output_bytes = 0;
        snprintf(reply->text, sizeof reply->text, "%.*s", BERTH_ERROR_TEXT_BYTES,
                 berth_last_error());
    }
    return result;
}

berth_result berth_call(berth_resource *resource, const berth_request *request,
                        berth_reply *reply) {
    struct berth_conn *connection = resource->connection;
    if (reply != NULL && reply->struct_size != sizeof *reply) {
        return error_say(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_NONE,
                         "berth_call: reply struct_size %zu, expected %zu", reply->struct_size,
                         sizeof *reply);
    }
    if (fork_happened(&connection->mark)) {
        return refuse(error_forked(), reply);
    }
    int64_t now = clock_nanos();
    pthread_mutex_lock(&connection->lock);
    struct slot *slot;
    berth_result result = request_take(resource, request, USER_CALL, now, &slot);
    while (berth_reason_of(result) == BERTH_REASON_QUEUE_FULL) {
        uint32_t timeout_ms =
            request->timeout_ms == 0 ? DEFAULT_TIMEOUT_MILLIS : request->timeout_ms;
        int64_t deadline =
            timeout_ms == UINT32_MAX ? NANOS_FOREVER : clock_after_millis(now, timeout_ms);
        if (!wait_until(connection, slot_available, connection, deadline, 0)) {
            break;
        }
        result = request_take(resource, request, USER_CALL, now, &slot);
    }
    if (result != BERTH_OK) {
        pthread_mutex_unlock(&connection->lock);
        return refuse(result, reply);
    }
    dispatch(connection, slot);
    if (!slot->ended) {
        int64_t yield_nanos = yield_for(connection, resource);
        if (wait_until(connection, slot_ended, slot, slot->deadline_nanos, yield_nanos)) {
            learn_service_time(resource, clock_nanos() - now, yield_nanos);
        } else {
            request_end_by_clock(connection, slot);
        }
    }
    result = call_over(slot, reply);
    request_abandon(connection, slot);
    pthread_mutex_unlock(&connection->lock);
    return result;
}

/* ---- Asynchronous -------------------------------------------------------------------------------
 */

static uint64_t ticket_id(const struct slot *slot) {
    return (slot->sequence << 16) | slot->index;
}

berth_result berth_submit(berth_resource *resource, const berth_request *request, void *user_data,
                          berth_ticket *ticket) {
    struct berth_conn *connection = resource->connection;
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    int64_t now = clock_nanos();
    pthread_mutex_lock(&connection->lock);
    struct slot *slot;
    berth_result result = request_take(resource, request, USER_ASYNC, now, &slot);
    if (result == BERTH_OK) {
        slot->user_data = user_data;
        if (ticket != NULL) {
            ticket->id = ticket_id(slot);
        }
        if (slot->deadline_nanos < connection->next_deadline_nanos) {
            connection->next_deadline_nanos = slot->deadline_nanos;
        }
        /* Kept until the END, whatever its flags: a leaving broker may decline it unexecuted, a
         * lost one may not have taken it, and the caller may change its buffer as soon as we
         * return. request_take has checked that it fits. */
        (void)request_keep_payload(connection, slot);
        dispatch(connection, slot);
    }
    pthread_mutex_unlock(&connection->lock);
    return result;
}

static bool has_completions(void *what) {
    return !list_empty(&((const struct berth_conn *)what)->done);
}

static size_t take_completions(struct berth_conn *connection, berth_completion *completions,
                               size_t capacity) {
    size_t count = 0;
    while (count < capacity && !list_empty(&connection->done)) {
        struct slot *slot = LIST_ENTRY(connection->done.next, struct slot, node);
        list_remove(&slot->node);
        berth_completion *completion = &completions[count++];
        completion->user_data = slot->user_data;
        completion->ticket.id = ticket_id(slot);
        completion->reply = slot->reply;
        completion->result = slot->result;
        completion->bytes = slot->bytes;
        completion->output_bytes = slot->output_bytes;
        memcpy(completion->trace_nanos, slot->trace_nanos, sizeof completion->trace_nanos);
        if (slot->result == BERTH_OK) {
            completion->text[0] = '\0';
        } else {
            memcpy(completion->text, slot->text, sizeof completion->text);
        }
        request_abandon(connection, slot);
    }
    return count;
}

berth_result berth_poll(berth_conn *connection, berth_completion *completions, size_t capacity,
                        int timeout_ms, size_t *count) {
    *count = 0;
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    pthread_mutex_lock(&connection->lock);
    bool was_armed = connection->loop_armed;
    loop_disarm(connection);
    if (!connection->receiving) {
        /* The receiver: nobody else looks at rings and sockets meanwhile. */
        connection->receiving = true;
        if (was_armed) {
            /* The loop was woken by one of these; only looking tells by which. */
            connection->last_control_look_nanos = 0;
            struct session *sessions[] = {connection->current, connection->leaving};
            for (int i = 0; i < 2; i++) {
                if (sessions[i] != NULL && sessions[i]->bell_in >= 0 &&
                    !doorbell_drain(sessions[i]->bell_in)) {
                    session_read_control(connection, sessions[i], clock_nanos());
                    session_fail(
                        connection, sessions[i], false,
                        BERTH_RESULT(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST),
                        "the broker at %s is gone", connection->address.sun_path);
                    break; /* reading may have moved the sessions */
                }
            }
        }
        (void)connection_tend(connection, clock_nanos());
        connection->receiving = false;
    }
    if (capacity != 0) {
        int64_t deadline = timeout_ms < 0 ? NANOS_FOREVER
                                          : clock_after_millis(clock_nanos(), (uint32_t)timeout_ms);
        (void)wait_until(connection, has_completions, connection, timeout_ms == 0 ? 0 : deadline,
                         timeout_ms == 0 ? 0 : session_yield_nanos(connection));
        *count = take_completions(connection, completions, capacity);
    }
    pthread_mutex_unlock(&connection->lock);
    return BERTH_OK;
}

berth_result berth_cancel(berth_conn *connection, berth_ticket ticket) {
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    pthread_mutex_lock(&connection->lock);
    uint32_t index = (uint32_t)(ticket.id & 0xffff);
    berth_result result = BERTH_OK;
    if (index >= connection->slot_count || connection->slots[index].user != USER_ASYNC ||
        connection->slots[index].ended || ticket_id(&connection->slots[index]) != ticket.id) {
        result =
            error_say(BERTH_STATUS_NOT_FOUND, BERTH_REASON_NONE,
                      "ticket %#llx names no unfinished request", (unsigned long long)ticket.id);
    } else {
        request_cancel(connection, &connection->slots[index]);
        if (!list_empty(&connection->done)) {
            wait_until(connection, has_completions, connection, 0, 0);
        }
    }
    pthread_mutex_unlock(&connection->lock);
    return result;
}
