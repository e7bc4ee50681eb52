/* SPDX-License-Identifier: Apache-2.0 */
/* The arena's memory, a segment at a time. All with the connection's mutex. */
#ifndef BERTH_CLIENT_ARENA_SEGMENT_H
#define BERTH_CLIENT_ARENA_SEGMENT_H

#include "arena.h"

#define LARGEST_BLOCK_SHIFT 38
#define SHIFTS (LARGEST_BLOCK_SHIFT + 1)

struct segment {
    struct segment *next;
    struct session *session;         /* NULL = dead, or its resource was given back */
    struct berth_resource *resource; /* NULL = released */
    enum berth_direction direction;
    uint32_t number;
    uint32_t generation;
    uint8_t *base;
    size_t mapped_bytes;
    uint64_t bytes;
    uint64_t cut_bytes;
    uint32_t users; /* leased blocks, once for their memory and once for their address */
    uint32_t free_blocks[SHIFTS]; /* by size: index + 1 */
};

/* Asks the broker for a segment and waits for the answer. */
berth_result arena_segment_add(struct berth_resource *resource, enum berth_direction direction,
                               uint64_t bytes);
struct ask;
/* Sends the question to the current session; the answer is to be awaited, or taken by ask->then.
 * False: the broker takes it not now. */
bool arena_segment_ask(struct berth_resource *resource, enum berth_direction direction,
                       uint64_t bytes, struct ask *ask);
/* Maps what the broker gave for the answered ask and closes its descriptor; false: *why. */
bool arena_segment_adopt(struct berth_resource *resource, enum berth_direction direction,
                         uint64_t bytes, struct ask *ask, const char **why);
/* Unmaps a dead segment when no leased block needs it any more. */
void arena_segment_free_if_over(struct arena *arena, struct segment *segment);
/* Gives back pages of a dead segment; their addresses stay reserved until it is unmapped. */
void arena_segment_forget(struct segment *segment, uint64_t offset, uint64_t bytes);

/* arena_wipe.c */
/* Takes an OUTPUT block that nobody uses, of a segment that lives: into the cache when the broker
 * has wiped it. */
void arena_wipe(struct berth_conn *connection, uint32_t index);
/* Blocks of a segment that ends are not waited for: their records go, and their memory here. */
void arena_wipe_lose(struct arena *arena, struct segment *segment);

/* arena.c */
/* The record of a block whose memory is gone. */
void block_record_unuse(struct arena *arena, uint32_t index);
/* Puts a block that nobody uses into its segment's cache. */
void block_cache(struct arena *arena, uint32_t index);
/* Where the application sees it. */
uint8_t *block_address(const struct block *block);
/* A block from the current session's segments, in no list; false if none has room. *segments gets
 * how many there are. */
bool arena_cut(struct berth_resource *resource, enum berth_direction direction, uint64_t bytes,
               uint32_t *index, uint32_t *segments);
/* How large a segment to ask for: each further one is twice the one before, so that a growing need
 * costs few round trips. */
uint64_t arena_segment_bytes(uint64_t block_bytes, uint32_t segments);
/* Blocks are powers of two, and whole pages. */
uint64_t arena_block_bytes(uint64_t bytes);

#endif
