/* SPDX-License-Identifier: Apache-2.0 */
/* Blocking calls. */
#include "connection.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "error.h"

/* Of the calls that block at once, one in so many yields first, to see whether the resource has
 * become quick. */
#define PROBE_EVERY 32

/* What the broker tells is the base. A call looks a few times as long, where answers usually come
 * within that: being woken costs as much again, and a short stall of a busy exchange must not put
 * all of its processes to sleep one after the other. What the application set is kept to. */
#define YIELD_FACTOR 6

static bool slot_ended(void *what) {
    return ((const struct slot *)what)->ended;
}

static bool slot_available(void *what) {
    return ((const struct berth_conn *)what)->free_slots != NULL;
}

/*
 * How long to yield for this call. A resource that takes longer than the budget is waited for
 * asleep at once: burning a processor while a card signs helps nobody. Time measured asleep
 * contains the wake-up, hence the probes.
 */
static int64_t yield_for(struct berth_conn *connection, struct berth_resource *resource) {
    int64_t budget =
        session_yield_nanos(connection) * (connection->yield_micros == 0 ? YIELD_FACTOR : 1);
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
            reply->device_code = 0;
        } else {
            memcpy(reply->text, slot->text, sizeof reply->text);
            reply->device_code = slot->device_code;
        }
    }
    return slot->result == BERTH_OK
               ? BERTH_OK
               : error_keep_device(slot->result, slot->text, slot->device_code);
}

static berth_result refuse(berth_result result, berth_reply *reply) {
    if (reply != NULL) {
        reply->result = result;
        reply->bytes = 0;
        reply->output_bytes = 0;
        snprintf(reply->text, sizeof reply->text, "%.*s", BERTH_ERROR_TEXT_BYTES,
                 berth_last_error());
        reply->device_code = 0;
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
        if (!wait_until(connection, slot_available, connection, now, deadline, 0)) {
            break;
        }
        result = request_take(resource, request, USER_CALL, now, &slot);
    }
    if (result != BERTH_OK) {
        pthread_mutex_unlock(&connection->lock);
        return refuse(result, reply);
    }
    request_dispatch(connection, slot);
    requests_publish(connection);
    if (!slot->ended) {
        int64_t yield_nanos = yield_for(connection, resource);
        if (wait_until(connection, slot_ended, slot, now, slot->deadline_nanos, yield_nanos)) {
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
