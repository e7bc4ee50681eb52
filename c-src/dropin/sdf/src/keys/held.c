/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/held.h"

#include <unistd.h>

#include "hsm_exchange.h"

/* Short: closing a session must not wait long for a broker that is not there. */
enum { RELEASE_TIMEOUT_MS = 1000 };

struct held held_new(uint64_t number) {
    return (struct held){.number = number, .process = getpid()};
}

bool held_is_gone(const struct held *held) {
    return held->number != 0 && (held->lost || held->process != getpid());
}

int held_code(struct held *held, berth_result result, const char *what) {
    enum berth_reason reason = berth_reason_of(result);
    bool lost = held->number != 0 && (reason == BERTH_REASON_STALE_HANDLE ||
                                      reason == BERTH_REASON_WORKER_LOST_OUTCOME_UNKNOWN ||
                                      reason == BERTH_REASON_CONNECTION_LOST_OUTCOME_UNKNOWN);
    held->lost = held->lost || lost;
    return lost ? code_told(SDR_BERTH_KEY_LOST, result, what) : code_of(result, what);
}

void held_release(struct session *session, const char *under, const struct held *held) {
    berth_resource *resource;
    struct exchange exchange;
    uint8_t bytes[16];
    if (held->number == 0 || held_is_gone(held) || session->unreachable) {
        return;
    }
    berth_result result = link_resource(session->link, under, &resource);
    if (result == BERTH_OK) {
        struct protobuf_writer key = {.bytes = bytes, .capacity = sizeof bytes};
        exchange_begin(&exchange, SHORT_REPLY_BYTES);
        exchange.flags = 0; /* at most once */
        protobuf_put_varint(&key, 1, held->number);
        protobuf_put_bytes(&exchange.writer, 1, bytes, key.used);
        result = exchange_call(&exchange, resource, BERTH_OP_RELEASE_OBJECT, RELEASE_TIMEOUT_MS);
        exchange_end(&exchange);
    }
    /* Then the session's other keys wait for nothing. */
    session->unreachable = berth_status_of(result) == BERTH_STATUS_UNAVAILABLE ||
                           berth_status_of(result) == BERTH_STATUS_DEADLINE_EXCEEDED;
}
