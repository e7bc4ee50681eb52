/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single-producer single-consumer rings between two processes (docs/PROTOCOL.md, 3). Each side
 * keeps its own position privately and believes nothing of what the other wrote.
 */
#ifndef BERTH_CLIENT_RING_H
#define BERTH_CLIENT_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

_Static_assert(sizeof(_Atomic uint64_t) == 8 && ATOMIC_LLONG_LOCK_FREE == 2,
               "shared words must be plain 64-bit words");

typedef _Atomic uint64_t shared_word;

enum ring_status { RING_OK, RING_EMPTY, RING_FULL, RING_VIOLATION };

struct ring_producer {
    uint8_t *buffer;
    uint32_t bytes;
    uint64_t tail; /* private */
    uint64_t published;
    uint64_t head_seen; /* the consumer's position when last looked at */
    shared_word *tail_word;
    const shared_word *head_word;
};

struct ring_consumer {
    const uint8_t *buffer;
    uint32_t bytes;
    uint64_t position;
    const shared_word *tail_word;
    shared_word *head_word;
};

/* Finds room for a record of length bytes; *position is its place on the ring's clock. Nothing is
 * visible before ring_publish. */
enum ring_status ring_claim(struct ring_producer *ring, uint32_t length, uint8_t **record,
                            uint64_t *position);
void ring_publish(struct ring_producer *ring);
/* The consumer's position, checked; false if it is nonsense. */
bool ring_consumer_position(struct ring_producer *ring, uint64_t *head);

/* The producer's position, checked. */
enum ring_status ring_look(const struct ring_consumer *ring, uint64_t *tail);
static inline bool ring_has_news(const struct ring_consumer *ring) {
    return atomic_load_explicit(ring->tail_word, memory_order_acquire) != ring->position;
}
/* The next record before tail, with length and type read once; padding is passed over. RING_EMPTY
 * at tail. */
enum ring_status ring_next(struct ring_consumer *ring, uint64_t tail, const uint8_t **record,
                           uint32_t *length, int32_t *type);
/* Passes over the record that ring_next gave. */
void ring_advance(struct ring_consumer *ring, uint32_t length);
/* Gives everything up to the position back to the producer. */
void ring_release(struct ring_consumer *ring);

#endif
