/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks are cut from segments (arena_segment.c) in powers of two and go back to their segment's
 * cache. Each is whole pages, so that its address can be given other memory (arena_move.c).
 */
#include "arena_segment.h"
#include "connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"

#define SMALLEST_SEGMENT_SHIFT 18

static uint32_t block_shift(uint64_t bytes) {
    uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    uint32_t shift = 0;
    while (shift < LARGEST_BLOCK_SHIFT &&
           ((UINT64_C(1) << shift) < bytes || (UINT64_C(1) << shift) < page_bytes)) {
        shift++;
    }
    return shift;
}

uint64_t arena_block_bytes(uint64_t bytes) {
    return UINT64_C(1) << block_shift(bytes);
}

uint64_t arena_segment_bytes(uint64_t block_bytes, uint32_t segments) {
    uint64_t grown = UINT64_C(1) << (SMALLEST_SEGMENT_SHIFT + (segments < 8 ? segments : 8));
    return block_bytes > grown ? block_bytes : grown;
}

static uint64_t block_id(const struct arena *arena, uint32_t index) {
    return ((uint64_t)arena->blocks[index].generation << 32) | (index + 1);
}

/* The leased block of that name, or NULL: a name is never valid again after the block was freed. */
static struct block *block_find(struct arena *arena, berth_block name) {
    uint32_t number = (uint32_t)name.id;
    if (number == 0 || number > arena->block_count) {
        return NULL;
    }
    struct block *block = &arena->blocks[number - 1];
    return block->state == BLOCK_LEASED && block->generation == (uint32_t)(name.id >> 32) ? block
                                                                                          : NULL;
}

void block_record_unuse(struct arena *arena, uint32_t index) {
    struct block *block = &arena->blocks[index];
    block->state = BLOCK_UNUSED;
    block->segment = block->home = NULL;
    block->next_free = arena->unused;
    arena->unused = index + 1;
}

static bool record_take(struct arena *arena, uint32_t *index) {
    if (arena->unused != 0) {
        *index = arena->unused - 1;
        arena->unused = arena->blocks[*index].next_free;
        return true;
    }
    if (arena->block_count == arena->block_capacity) {
        uint32_t capacity = arena->block_capacity == 0 ? 64 : arena->block_capacity * 2;
        struct block *blocks = realloc(arena->blocks, capacity * sizeof *blocks);
        if (blocks == NULL) {
            return false;
        }
        arena->blocks = blocks;
        arena->block_capacity = capacity;
    }
    *index = arena->block_count++;
    arena->blocks[*index] = (struct block){.generation = 1};
    return true;
}

uint8_t *block_address(const struct block *block) {
    return block->home->base + block->home_offset;
}

void block_cache(struct arena *arena, uint32_t index) {
    struct block *block = &arena->blocks[index];
    struct segment *segment = block->segment;
    uint32_t shift = block_shift(block->bytes);
    block->state = BLOCK_FREE;
    block->home = segment; /* at an address of its own memory again */
    block->home_offset = block->offset;
    block->next_free = segment->free_blocks[shift];
    segment->free_blocks[shift] = index + 1;
}

static void block_give_back(struct berth_conn *connection, uint32_t index) {
    struct arena *arena = &connection->arena;
    struct block *block = &arena->blocks[index];
    struct segment *segment = block->segment;
    struct segment *home = block->home;
    bool wipe = block->wipe_bytes != 0;
    if (wipe && segment->direction == BERTH_INPUT) {
        explicit_bzero(block_address(block), block->wipe_bytes);
        wipe = false;
    }
    segment->users--;
    home->users--;
    if (home->session == NULL) {
        arena_segment_forget(home, block->home_offset, block->bytes);
    }
    if (segment->session == NULL) {
        block_record_unuse(arena, index);
    } else if (wipe && segment->session->minor >= MINOR_WITH_WIPE) {
        arena_wipe(connection, index);
    } else {
        block_cache(arena, index);
    }
    if (home != segment) {
        arena_segment_free_if_over(arena, home);
    }
    arena_segment_free_if_over(arena, segment);
}

/* ---- Allocation --------------------------------------------------------------------------------
 */

static bool cut_next(struct arena *arena, struct segment *segment, uint64_t bytes,
                     uint32_t *index) {
    if (segment->bytes - segment->cut_bytes < bytes || !record_take(arena, index)) {
        return false;
    }
    struct block *block = &arena->blocks[*index];
    block->segment = block->home = segment;
    block->offset = block->home_offset = segment->cut_bytes;
    block->bytes = bytes;
    segment->cut_bytes += bytes;
    return true;
}

static bool cut_block(struct arena *arena, struct segment *segment, uint32_t shift,
                      uint32_t *index) {
    uint64_t bytes = UINT64_C(1) << shift;
    if (segment->free_blocks[shift] != 0) {
        *index = segment->free_blocks[shift] - 1;
        segment->free_blocks[shift] = arena->blocks[*index].next_free;
        return true;
    }
    /* Every block lies on a multiple of its own size, as the segment's bytes are a power of two.
     * What that leaves out serves as smaller blocks. */
    uint64_t offset = (segment->cut_bytes + bytes - 1) & ~(bytes - 1);
    if (offset > segment->bytes || segment->bytes - offset < bytes) {
        return false;
    }
    while (segment->cut_bytes < offset) {
        uint32_t left_out;
        if (!cut_next(arena, segment, segment->cut_bytes & -segment->cut_bytes, &left_out)) {
            return false;
        }
        block_cache(arena, left_out);
    }
    return cut_next(arena, segment, bytes, index);
}

bool arena_cut(struct berth_resource *resource, enum berth_direction direction, uint64_t bytes,
               uint32_t *index, uint32_t *segments) {
    struct berth_conn *connection = resource->connection;
    *segments = 0;
    for (struct segment *segment = connection->arena.segments; segment != NULL;
         segment = segment->next) {
        if (segment->session != connection->current || segment->resource != resource ||
            segment->direction != direction) {
            continue;
        }
        if (cut_block(&connection->arena, segment, block_shift(bytes), index)) {
            return true;
        }
        ++*segments;
    }
    return false;
}

static bool resource_is_settled(void *what) {
    const struct berth_resource *resource = what;
    return resource->state == RESOURCE_OPEN || resource->state == RESOURCE_REFUSED ||
           (resource->connection->no_reconnect && resource->connection->current == NULL);
}

static bool same_opening(const struct berth_resource *resource, uint64_t token) {
    return resource->state == RESOURCE_OPEN && resource->token == token;
}

struct wipe_wait {
    const struct arena *arena;
    uint64_t wipes_over; /* when room was looked for */
};

static bool a_wipe_is_over(void *what) {
    const struct wipe_wait *wait = what;
    return wait->arena->wipes_over != wait->wipes_over;
}

/* What the broker has wiped since its socket was looked at last serves again. */
static bool cut(struct berth_resource *resource, enum berth_direction direction, uint64_t bytes,
                uint32_t *index, uint32_t *segments) {
    struct berth_conn *connection = resource->connection;
    if (arena_cut(resource, direction, bytes, index, segments)) {
        return true;
    }
    if (connection->arena.wipes_asked == 0 || connection->receiving) {
        return false;
    }
    uint64_t wipes_over = connection->arena.wipes_over;
    connection->receiving = true;
    connection->last_control_look_nanos = 0;
    (void)connection_tend(connection, clock_nanos());
    connection->receiving = false;
    return connection->arena.wipes_over != wipes_over && resource->state == RESOURCE_OPEN &&
           arena_cut(resource, direction, bytes, index, segments);
}

static berth_result block_alloc(struct berth_resource *resource, enum berth_direction direction,
                                uint64_t bytes, uint32_t *index) {
    struct berth_conn *connection = resource->connection;
    uint64_t block_bytes = arena_block_bytes(bytes);
    int64_t now = clock_nanos();
    int64_t deadline = clock_after_millis(now, DEFAULT_CONTROL_TIMEOUT_MILLIS);
    for (;;) {
        (void)wait_until(connection, resource_is_settled, resource, clock_nanos(), deadline, 0);
        if (resource->state == RESOURCE_REFUSED) {
            return error_say(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST, "not open: %s",
                             resource->refusal_text);
        }
        if (resource->state != RESOURCE_OPEN) {
            return error_say(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST,
                             "%s: not open: %s", resource->name, connection->down_text);
        }
        uint32_t segments;
        uint64_t opened = resource->token;
        if (cut(resource, direction, bytes, index, &segments)) {
            return BERTH_OK;
        }
        if (!same_opening(resource, opened)) {
            continue; /* the broker went meanwhile */
        }
        uint64_t wipes_over = connection->arena.wipes_over;
        bool wiping = connection->arena.wiping != 0;
        uint64_t opening = resource->token;
        uint64_t segment_bytes = arena_segment_bytes(block_bytes, segments);
        berth_result result = arena_segment_add(resource, direction, segment_bytes);
        if (berth_status_of(result) == BERTH_STATUS_RESOURCE_EXHAUSTED &&
            block_bytes < segment_bytes && same_opening(resource, opening)) {
            /* The budget may still have room for what is really needed. */
            result = arena_segment_add(resource, direction, block_bytes);
        }
        if (berth_status_of(result) == BERTH_STATUS_RESOURCE_EXHAUSTED && wiping) {
            /* There is room as soon as the broker is done with it. */
            struct wipe_wait wait = {&connection->arena, wipes_over};
            if (wait_until(connection, a_wipe_is_over, &wait, clock_nanos(), deadline, 0)) {
                continue;
            }
        }
        /* A broker that went meanwhile: the next one is asked. */
        if (result != BERTH_OK && (same_opening(resource, opening) || clock_nanos() >= deadline)) {
            return result;
        }
    }
}

berth_result berth_block_alloc(berth_resource *resource, enum berth_direction direction,
                               uint64_t bytes, berth_block *block_out) {
    struct berth_conn *connection = resource->connection;
    block_out->id = 0;
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    if ((direction != BERTH_INPUT && direction != BERTH_OUTPUT) || bytes == 0 ||
        bytes > (UINT64_C(1) << LARGEST_BLOCK_SHIFT)) {
        return error_say(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_NONE,
                         "%s: a block of direction %d, %llu bytes (1 to %llu)", resource->name,
                         (int)direction, (unsigned long long)bytes, 1ULL << LARGEST_BLOCK_SHIFT);
    }
    pthread_mutex_lock(&connection->lock);
    uint32_t index = 0;
    berth_result result = block_alloc(resource, direction, bytes, &index);
    if (result == BERTH_OK) {
        struct block *block = &connection->arena.blocks[index];
        block->state = BLOCK_LEASED;
        block->wipe_bytes = 0;
        block->segment->users += 2;
        block_out->id = block_id(&connection->arena, index);
    }
    pthread_mutex_unlock(&connection->lock);
    return result;
}

void *berth_block_data(berth_conn *connection, berth_block name) {
    if (fork_happened(&connection->mark)) {
        return NULL;
    }
    pthread_mutex_lock(&connection->lock);
    const struct block *block = block_find(&connection->arena, name);
    void *data = block == NULL ? NULL : block_address(block);
    pthread_mutex_unlock(&connection->lock);
    return data;
}

uint64_t berth_block_bytes(berth_conn *connection, berth_block name) {
    if (fork_happened(&connection->mark)) {
        return 0;
    }
    pthread_mutex_lock(&connection->lock);
    const struct block *block = block_find(&connection->arena, name);
    uint64_t bytes = block == NULL ? 0 : block->bytes;
    pthread_mutex_unlock(&connection->lock);
    return bytes;
}

static berth_result block_free(berth_conn *connection, berth_block name, bool wipe,
                               uint64_t bytes) {
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    pthread_mutex_lock(&connection->lock);
    struct arena *arena = &connection->arena;
    struct block *block = block_find(arena, name);
    berth_result result = BERTH_OK;
    if (block == NULL) {
        result = error_say(BERTH_STATUS_NOT_FOUND, BERTH_REASON_STALE_REFERENCE,
                           "block %#llx is not leased (freed twice?)", (unsigned long long)name.id);
    } else {
        block->generation++; /* from now on the name is stale */
        if (wipe) {
            block->wipe_bytes = bytes == 0 || bytes > block->bytes ? block->bytes : bytes;
        }
        if (block->pins != 0) {
            block->state = BLOCK_QUARANTINED;
        } else {
            block_give_back(connection, (uint32_t)(block - arena->blocks));
        }
    }
    pthread_mutex_unlock(&connection->lock);
    return result;
}

berth_result berth_block_free(berth_conn *connection, berth_block name) {
    return block_free(connection, name, false, 0);
}

berth_result berth_block_free_wiped(berth_conn *connection, berth_block name, uint64_t bytes) {
    return block_free(connection, name, true, bytes);
}

/* ---- Use by requests
 * ------------------------------------------------------------------------------ */

berth_result arena_pin(struct berth_resource *resource, const berth_block_use *use,
                       enum berth_direction direction, struct berth_block_reference *reference,
                       uint32_t *pinned) {
    struct berth_conn *connection = resource->connection;
    struct block *block = block_find(&connection->arena, use->block);
    const char *side = direction == BERTH_INPUT ? "INPUT" : "OUTPUT";
    if (block == NULL || block->segment->resource == NULL) {
        return error_say(BERTH_STATUS_NOT_FOUND, BERTH_REASON_STALE_REFERENCE,
                         "%s: %s block %#llx is %s", resource->name, side,
                         (unsigned long long)use->block.id,
                         block == NULL ? "not leased" : "of a resource that was given back");
    }
    uint64_t bytes =
        use->bytes == 0 && use->offset < block->bytes ? block->bytes - use->offset : use->bytes;
    if (block->segment->direction != direction || use->offset > block->bytes ||
        bytes > block->bytes - use->offset) {
        return error_say(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_STALE_REFERENCE,
                         "%s: %s block of the other direction, or %llu + %llu > %llu bytes",
                         resource->name, side, (unsigned long long)use->offset,
                         (unsigned long long)bytes, (unsigned long long)block->bytes);
    }
    if (direction == BERTH_OUTPUT && block->output_pins != 0) {
        return error_say(BERTH_STATUS_FAILED_PRECONDITION, BERTH_REASON_BLOCK_PINNED,
                         "%s: a request that has not ended at the broker still writes this block",
                         resource->name);
    }
    block->pins++;
    block->output_pins += direction == BERTH_OUTPUT;
    *reference = (struct berth_block_reference){.offset = use->offset, .length = bytes};
    *pinned = (uint32_t)(block - connection->arena.blocks) + 1;
    return BERTH_OK;
}

bool arena_is_written(struct berth_conn *connection, berth_block name) {
    const struct block *block = block_find(&connection->arena, name);
    return block != NULL && block->output_pins != 0;
}

void arena_unpin(struct berth_conn *connection, uint32_t pinned, enum berth_direction direction) {
    if (pinned == 0) {
        return;
    }
    struct block *block = &connection->arena.blocks[pinned - 1];
    block->pins--;
    block->output_pins -= direction == BERTH_OUTPUT;
    if (block->pins == 0 && block->state == BLOCK_QUARANTINED) {
        block_give_back(connection, pinned - 1);
    }
}
