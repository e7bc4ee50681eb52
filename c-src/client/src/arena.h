/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks in memory shared with a worker (docs/PROTOCOL.md, 5). All with the connection's mutex. */
#ifndef BERTH_CLIENT_ARENA_H
#define BERTH_CLIENT_ARENA_H

#include <stdbool.h>
#include <stdint.h>

#include <berth/berth.h>

struct session;
struct segment;

/*
 * FREE (in its segment's cache) --lease--> LEASED --berth_block_free--> FREE, or while requests pin
 * it: QUARANTINED --last END--> FREE
 */
enum block_state { BLOCK_UNUSED, BLOCK_FREE, BLOCK_LEASED, BLOCK_QUARANTINED };

struct block {
    enum block_state state;
    uint32_t generation;
    uint32_t pins;
    uint32_t output_pins;
    uint32_t next_free; /* index + 1 */
    struct segment *segment;
    uint64_t offset;
    uint64_t bytes;
};

struct arena {
    struct segment *segments;
    struct block *blocks;
    uint32_t block_count;
    uint32_t block_capacity;
    uint32_t unused; /* block records without memory: index + 1 */
};

/* Turns a request's use into a reference and pins the block; *pinned gets index + 1. */
berth_result arena_pin(struct berth_resource *resource, const berth_block_use *use,
                       enum berth_direction direction, struct berth_block_reference *reference,
                       uint32_t *pinned);
void arena_unpin(struct berth_conn *connection, uint32_t pinned, enum berth_direction direction);
void arena_lose_session(struct berth_conn *connection, struct session *session);
void arena_release_resource(struct berth_resource *resource);
void arena_free(struct arena *arena, bool unmap);

#endif
