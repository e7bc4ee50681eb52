/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks are cut from segments (arena_segment.c) in powers of two and go back to their segment's
 * cache.
 */
#include "arena_segment.h"
#include "connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"

#define SMALLEST_BLOCK_SHIFT 8
#define SMALLEST_SEGMENT_SHIFT 18

static uint32_t shift_for(uint64_t bytes, uint32_t smallest) {
    uint32_t shift = smallest;
    while (shift < LARGEST_BLOCK_SHIFT && (UINT64_C(1) << shift) < bytes) {
        shift++;
    }
    return shift;
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
    block->segment = NULL;
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

static void block_give_back(struct arena *arena, uint32_t index) {
    struct block *block = &arena->blocks[index];
    struct segment *segment = block->segment;
    segment->leased--;
    if (segment->session == NULL) {
        block_record_unuse(arena, index);
        arena_segment_free_if_over(arena, segment);
        return;
    }
    uint32_t shift = shift_for(block->bytes, SMALLEST_BLOCK_SHIFT);
    block->state = BLOCK_FREE;
    block->next_free = segment->free_blocks[shift];
    segment->free_blocks[shift] = index + 1;
}

/* ---- Allocation --------------------------------------------------------------------------------
 */

static bool cut_block(struct arena *arena, struct segment *segment, uint32_t shift,
                      uint32_t *index) {
    uint64_t bytes = UINT64_C(1) << shift;
    if (segment->free_blocks[shift] != 0) {
        *index = segment->free_blocks[shift] - 1;
        segment->free_blocks[shift] = arena->blocks[*index].next_free;
        return true;
    }
    /* Every block lies on a multiple of its own size, as the segment's bytes are a power of two. */
    uint64_t offset = (segment->cut_bytes + bytes - 1) & ~(bytes - 1);
    if (offset > segment->bytes || segment->bytes - offset < bytes || !record_take(arena, index)) {
        return false;
    }
    struct block *block = &arena->blocks[*index];
    block->segment = segment;
    block->offset = offset;
    block->bytes = bytes;
    segment->cut_bytes = offset + bytes;
    return true;
}

static bool resource_is_open(void *what) {
    const struct berth_resource *resource = what;
    return resource->state == RESOURCE_OPEN || resource->state == RESOURCE_REFUSED;
}

static berth_result block_alloc(struct berth_resource *resource, enum berth_direction direction,
                                uint64_t bytes, uint32_t *index) {
    struct berth_conn *connection = resource->connection;
    struct arena *arena = &connection->arena;
    uint32_t shift = shift_for(bytes, SMALLEST_BLOCK_SHIFT);
    int64_t now = clock_nanos();
    (void)wait_until(connection, resource_is_open, resource, now,
                     clock_after_millis(now, DEFAULT_CONTROL_TIMEOUT_MILLIS), 0);
    if (resource->state != RESOURCE_OPEN) {
        return error_say(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST, "%s: not open: %s",
                         resource->name,
                         resource->state == RESOURCE_REFUSED ? resource->refusal_text
                                                             : connection->down_text);
    }
    for (;;) {
        uint32_t segments = 0;
        for (struct segment *segment = arena->segments; segment != NULL; segment = segment->next) {
            if (segment->session != connection->current || segment->resource != resource ||
                segment->direction != direction) {
                continue;
            }
            if (cut_block(arena, segment, shift, index)) {
                return BERTH_OK;
            }
            segments++;
        }
        /* Each further segment is twice the one before, so that a growing need costs few round
         * trips. */
        uint32_t grown = SMALLEST_SEGMENT_SHIFT + (segments < 8 ? segments : 8);
        berth_result result =
            arena_segment_add(resource, direction, UINT64_C(1) << (shift > grown ? shift : grown));
        if (berth_status_of(result) == BERTH_STATUS_RESOURCE_EXHAUSTED && shift < grown) {
            /* The budget may still have room for what is really needed. */
            result =
                arena_segment_add(resource, direction, UINT64_C(1) << (shift > 12 ? shift : 12));
        }
        if (result != BERTH_OK) {
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
        block->segment->leased++;
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
    void *data = block == NULL ? NULL : block->segment->base + block->offset;
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

berth_result berth_block_free(berth_conn *connection, berth_block name) {
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
        if (block->pins != 0) {
            block->state = BLOCK_QUARANTINED;
        } else {
            block_give_back(arena, (uint32_t)(block - arena->blocks));
        }
    }
    pthread_mutex_unlock(&connection->lock);
    return result;
}

/* ---- Use by requests
 * ------------------------------------------------------------------------------ */

berth_result arena_pin(struct berth_resource *resource, const berth_block_use *use,
                       enum berth_direction direction, struct berth_block_reference *reference,
                       uint32_t *pinned) {
    struct berth_conn *connection = resource->connection;
    struct block *block = block_find(&connection->arena, use->block);
    const char *side = direction == BERTH_INPUT ? "INPUT" : "OUTPUT";
    if (block == NULL || block->segment->session == NULL ||
        block->segment->session != connection->current) {
        return error_say(
            BERTH_STATUS_NOT_FOUND, BERTH_REASON_STALE_REFERENCE, "%s: %s block %#llx is %s",
            resource->name, side, (unsigned long long)use->block.id,
            block == NULL ? "not leased" : "of an earlier session; allocate a new one");
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
    *reference = (struct berth_block_reference){.segment = block->segment->number,
                                                .generation = block->segment->generation,
                                                .offset = block->offset + use->offset,
                                                .length = bytes};
    *pinned = (uint32_t)(block - connection->arena.blocks) + 1;
    return BERTH_OK;
}

void arena_unpin(struct berth_conn *connection, uint32_t pinned, enum berth_direction direction) {
    if (pinned == 0) {
        return;
    }
    struct block *block = &connection->arena.blocks[pinned - 1];
    block->pins--;
    block->output_pins -= direction == BERTH_OUTPUT;
    if (block->pins == 0 && block->state == BLOCK_QUARANTINED) {
        block_give_back(&connection->arena, pinned - 1);
    }
}
