/* SPDX-License-Identifier: Apache-2.0 */
#include "ring.h"

#include <string.h>

#include <berth/protocol.h>

enum ring_status ring_claim(struct ring_producer *ring, uint32_t length, uint8_t **record,
                            uint64_t *position) {
    uint32_t bytes = (uint32_t)berth_align8(length);
    uint32_t index = (uint32_t)(ring->tail & (ring->bytes - 1));
    uint32_t to_end = ring->bytes - index;
    uint32_t padding = to_end < bytes ? to_end : 0;
    uint64_t needed = (uint64_t)bytes + padding;
    if (ring->tail + needed - ring->head_seen > ring->bytes) {
        uint64_t head;
        if (!ring_consumer_position(ring, &head)) {
            return RING_VIOLATION;
        }
        if (ring->tail + needed - head > ring->bytes) {
            return RING_FULL;
        }
    }
    if (padding != 0) {
        int32_t header[2] = {(int32_t)padding, BERTH_RECORD_PADDING};
        memcpy(ring->buffer + index, header, sizeof header);
        ring->tail += padding;
        index = 0;
    }
    *record = ring->buffer + index;
    *position = ring->tail;
    ring->tail += bytes;
    return RING_OK;
}

void ring_publish(struct ring_producer *ring) {
    /* Release: who sees the new tail sees the records. */
    atomic_store_explicit(ring->tail_word, ring->tail, memory_order_release);
    ring->published = ring->tail;
}

bool ring_consumer_position(struct ring_producer *ring, uint64_t *head) {
    /* Acquire: the consumer's reads of the space that we are about to overwrite are over. */
    uint64_t untrusted = atomic_load_explicit(ring->head_word, memory_order_acquire);
    if (untrusted - ring->head_seen > ring->tail - ring->head_seen || (untrusted & 7) != 0) {
        return false;
    }
    ring->head_seen = untrusted;
    *head = untrusted;
    return true;
}

enum ring_status ring_look(const struct ring_consumer *ring, uint64_t *tail) {
    uint64_t untrusted = atomic_load_explicit(ring->tail_word, memory_order_acquire);
    if (untrusted == ring->position) {
        return RING_EMPTY;
    }
    if (untrusted - ring->position > ring->bytes || (untrusted & 7) != 0) {
        return RING_VIOLATION;
    }
    *tail = untrusted;
    return RING_OK;
}

enum ring_status ring_next(struct ring_consumer *ring, uint64_t tail, const uint8_t **record,
                           uint32_t *length, int32_t *type) {
    while (ring->position != tail) {
        uint32_t index = (uint32_t)(ring->position & (ring->bytes - 1));
        /* One load: the producer may change the words between two. */
        uint64_t untrusted =
            atomic_load_explicit((const shared_word *)(ring->buffer + index), memory_order_relaxed);
        uint32_t untrusted_length = (uint32_t)untrusted;
        int32_t untrusted_type = (int32_t)(untrusted >> 32);
        uint64_t left = tail - ring->position;
        if (untrusted_length < BERTH_RECORD_HEADER_BYTES || untrusted_length > ring->bytes ||
            berth_align8(untrusted_length) > left ||
            berth_align8(untrusted_length) > ring->bytes - index) {
            return RING_VIOLATION;
        }
        if (untrusted_type == BERTH_RECORD_PADDING) {
            /* None is needed at index 0, and a ring of paddings only would keep this loop going. */
            if (index == 0 || untrusted_length != ring->bytes - index) {
                return RING_VIOLATION;
            }
            ring->position += untrusted_length;
            continue;
        }
        if (untrusted_type <= 0) {
            return RING_VIOLATION;
        }
        *record = ring->buffer + index;
        *length = untrusted_length;
        *type = untrusted_type;
        return RING_OK;
    }
    return RING_EMPTY;
}

void ring_advance(struct ring_consumer *ring, uint32_t length) {
    ring->position += berth_align8(length);
}

void ring_release(struct ring_consumer *ring) {
    /* Release: our reads of the records are over before the producer may overwrite them. */
    atomic_store_explicit(ring->head_word, ring->position, memory_order_release);
}
