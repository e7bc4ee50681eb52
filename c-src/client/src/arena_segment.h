/* SPDX-License-Identifier: Apache-2.0 */
/* The arena's memory, a segment at a time. All with the connection's mutex. */
#ifndef BERTH_CLIENT_ARENA_SEGMENT_H
#define BERTH_CLIENT_ARENA_SEGMENT_H

#include "arena.h"

#define LARGEST_BLOCK_SHIFT 38
#define SHIFTS (LARGEST_BLOCK_SHIFT + 1)

struct segment {
    struct segment *next;
    struct session *session;         /* NULL = dead */
    struct berth_resource *resource; /* NULL = released */
    enum berth_direction direction;
    uint32_t number;
    uint32_t generation;
    uint8_t *base;
    size_t mapped_bytes;
    uint64_t bytes;
    uint64_t cut_bytes;
    uint32_t leased;              /* blocks whose memory somebody may still touch */
    uint32_t free_blocks[SHIFTS]; /* by size: index + 1 */
};

/* Asks the broker for a segment and waits for the answer. */
berth_result arena_segment_add(struct berth_resource *resource, enum berth_direction direction,
                               uint64_t bytes);
/* Unmaps a dead segment when none of its blocks is leased any more. */
void arena_segment_free_if_over(struct arena *arena, struct segment *segment);

/* arena.c: the record of a block whose memory is gone. */
void block_record_unuse(struct arena *arena, uint32_t index);

#endif
