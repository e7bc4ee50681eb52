/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks in memory shared with a worker (docs/PROTOCOL.md, 5). All with the connection's mutex. */
#ifndef BERTH_CLIENT_ARENA_H
#define BERTH_CLIENT_ARENA_H

#include <stdbool.h>
#include <stdint.h>

#include <berth/berth.h>

struct session;
struct segment;
struct slot;
struct frame_blocks;

/*
 * FREE (in its segment's cache) --lease--> LEASED --berth_block_free--> FREE, or while requests pin
 * it: QUARANTINED --last END--> FREE; an OUTPUT that is to be wiped: WIPING --the broker did it-->
 * FREE
 */
enum block_state { BLOCK_UNUSED, BLOCK_FREE, BLOCK_LEASED, BLOCK_QUARANTINED, BLOCK_WIPING };

/*
 * Where the memory lies changes with the session (arena_move.c), the address in this process does
 * not: the application may keep pointers.
 */
struct block {
    enum block_state state;
    uint32_t generation;
    uint32_t pins; /* requests that are not over, on the wire or not */
    uint32_t output_pins;
    uint32_t next_free;      /* index + 1 */
    struct segment *segment; /* its memory: what a request tells the broker */
    uint64_t offset;
    struct segment *home; /* whose mapping its address lies in; another one once it has moved */
    uint64_t home_offset;
    uint64_t bytes;
    uint64_t wipe_bytes; /* to be wiped when it is given back */
    uint64_t wipe_token; /* WIPING: of the message to the broker; 0 = none is sent yet */
};

struct arena {
    struct segment *segments;
    struct block *blocks;
    uint32_t block_count;
    uint32_t block_capacity;
    uint32_t unused; /* block records without memory: index + 1 */
    uint32_t wiping; /* blocks that wait for it, newest first: index + 1 */
    uint32_t wipes_asked;
    uint64_t wipes_over;
};

/* Checks a request's use and pins the block; *pinned gets index + 1. The reference has its offset
 * within the block, and its segment only when it is sent (arena_refer). */
berth_result arena_pin(struct berth_resource *resource, const berth_block_use *use,
                       enum berth_direction direction, struct berth_block_reference *reference,
                       uint32_t *pinned);
/* Whether an unfinished request has it as its output. */
bool arena_is_written(struct berth_conn *connection, berth_block name);
void arena_unpin(struct berth_conn *connection, uint32_t pinned, enum berth_direction direction);
void arena_lose_session(struct berth_conn *connection, struct session *session);
void arena_release_resource(struct berth_resource *resource);
void arena_free(struct arena *arena, bool unmap);

/* arena_wipe.c: the broker has wiped what it was asked to, or will not. */
void arena_wiped(struct berth_conn *connection, const struct session *session, uint64_t token);
void arena_wipe_refused(struct berth_conn *connection, const struct session *session,
                        uint64_t token);

/* arena_move.c: blocks follow to the current session when a request that names them is sent. */
enum arena_brought {
    ARENA_BROUGHT,
    ARENA_ON_THE_WAY, /* the broker has been asked for memory: try again after its next message */
    ARENA_REFUSED     /* *result and text (BERTH_ERROR_TEXT_BYTES + 8) tell why; nothing moved */
};
enum arena_brought arena_bring(struct berth_conn *connection, const struct slot *slot,
                               berth_result *result, char *text);
/* The references that go on the wire, after both blocks were brought. */
void arena_refer(const struct arena *arena, const struct slot *slot, struct frame_blocks *blocks);
/* What was asked for a resource that is given back is not awaited any more. */
void arena_forget_wishes(struct berth_resource *resource);

#endif
