/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks follow their holder to the next broker. Memory ends with its session; a block that the
 * application holds is given memory of the current one when a request that names it is sent: an
 * input's content is copied, then the new memory is mapped where the old was, so that neither the
 * block's name nor its address changes. The block is the request's meanwhile: nobody writes to it.
 *
 * Whoever sends must not wait: the broker is asked, and the request stays queued until it answered.
 */
#include "arena_segment.h"
#include "connection.h"

#include <string.h>
#include <sys/mman.h>

#include "error.h"

#define TEXT_BYTES (BERTH_ERROR_TEXT_BYTES + 8)

static void wish_forget(struct segment_wish *wish) {
    if (wish->state == WISH_ASKED) {
        list_remove(&wish->ask.node);
    }
    wish->state = WISH_NONE;
}

void arena_forget_wishes(struct berth_resource *resource) {
    wish_forget(&resource->wishes[0]);
    wish_forget(&resource->wishes[1]);
}

static void wish_answered(struct berth_conn *connection, struct ask *ask) {
    struct segment_wish *wish = LIST_ENTRY(ask, struct segment_wish, ask);
    const char *why = NULL;
    wish_forget(wish);
    if (ask->result == BERTH_OK &&
        !arena_segment_adopt(wish->resource, wish->direction, wish->bytes, ask, &why)) {
        ask->result = BERTH_RESULT(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST);
        text_format(ask->text, sizeof ask->text, "the new memory cannot be used: %s", why);
    }
    if (ask->result != BERTH_OK) {
        wish->state = WISH_REFUSED;
        wish->refused_at = connection->last_sequence;
    }
}

static enum arena_brought refuse(const struct block *block, berth_result why, const char *text,
                                 berth_result *result, char *result_text) {
    const struct berth_resource *owner = block->segment->resource;
    *result = why;
    text_format(result_text, TEXT_BYTES,
                "%.60s: an %s block of %llu bytes cannot follow to the new session: %.80s",
                owner == NULL ? "?" : owner->name,
                block->segment->direction == BERTH_INPUT ? "INPUT" : "OUTPUT",
                (unsigned long long)block->bytes, text);
    return ARENA_REFUSED;
}

/* Exchanges the memory of a leased block for that of one which nobody uses. */
static bool block_move(struct arena *arena, uint32_t index, uint32_t fresh_index) {
    struct block *block = &arena->blocks[index];
    const struct block *fresh = &arena->blocks[fresh_index];
    struct segment *old = block->segment;
    uint8_t *memory = block_address(fresh);
    uint8_t *address = block_address(block);
    if (old->direction == BERTH_INPUT) {
        memcpy(memory, address, block->bytes);
    }
    /* Of a shared mapping, an old size of 0 makes a second one of the same pages, with the advice
     * given for the first. It takes the place of what is mapped there in one step for every other
     * thread. */
    if (mremap(memory, 0, block->bytes, MREMAP_MAYMOVE | MREMAP_FIXED, address) == MAP_FAILED) {
        block_cache(arena, fresh_index);
        return false;
    }
    block->segment = fresh->segment;
    block->offset = fresh->offset;
    block->segment->users++;
    old->users--;
    block_record_unuse(arena, fresh_index);
    arena_segment_free_if_over(arena, old);
    return true;
}

/* Asks for memory unless that is under way; first for more than is needed, then for just that. */
static enum arena_brought wish_for(struct berth_resource *owner, const struct block *block,
                                   uint32_t segments, uint64_t sequence, berth_result *result,
                                   char *text) {
    struct berth_conn *connection = owner->connection;
    enum berth_direction direction = block->segment->direction;
    struct segment_wish *wish = &owner->wishes[direction == BERTH_INPUT ? 0 : 1];
    if (wish->opening != owner->token) {
        wish_forget(wish);
    }
    if (wish->state == WISH_ASKED) {
        return ARENA_ON_THE_WAY;
    }
    uint64_t bytes = arena_segment_bytes(block->bytes, segments);
    if (wish->state == WISH_REFUSED && sequence <= wish->refused_at) {
        bool final = wish->bytes <= block->bytes ||
                     berth_status_of(wish->ask.result) != BERTH_STATUS_RESOURCE_EXHAUSTED;
        bytes = block->bytes;
        if (final) {
            wish_forget(wish);
            return refuse(block, wish->ask.result, wish->ask.text, result, text);
        }
    }
    wish_forget(wish);
    wish->resource = owner;
    wish->opening = owner->token;
    wish->direction = direction;
    wish->bytes = bytes;
    if (arena_segment_ask(owner, direction, bytes, &wish->ask)) {
        wish->ask.then = wish_answered;
        wish->state = WISH_ASKED;
    } else {
        receiver_wake(connection); /* its wait was reckoned without another try */
    }
    return ARENA_ON_THE_WAY;
}

static enum arena_brought block_bring(struct berth_conn *connection, uint32_t pinned,
                                      uint64_t sequence, berth_result *result, char *text) {
    struct arena *arena = &connection->arena;
    const struct block *block = &arena->blocks[pinned - 1];
    struct berth_resource *owner = block->segment->resource;
    if (owner == NULL) {
        return refuse(block, BERTH_RESULT(BERTH_STATUS_NOT_FOUND, BERTH_REASON_STALE_REFERENCE),
                      "its resource was given back", result, text);
    }
    if (block->segment->session == connection->current) {
        return ARENA_BROUGHT;
    }
    if (owner->state == RESOURCE_REFUSED) {
        return refuse(block, owner->refusal, owner->refusal_text, result, text);
    }
    if (owner->state != RESOURCE_OPEN) {
        return ARENA_ON_THE_WAY;
    }
    uint32_t fresh, segments;
    if (!arena_cut(owner, block->segment->direction, block->bytes, &fresh, &segments)) {
        return wish_for(owner, block, segments, sequence, result, text);
    }
    if (!block_move(arena, pinned - 1, fresh)) {
        return refuse(&arena->blocks[pinned - 1],
                      BERTH_RESULT(BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_NONE),
                      "this process has no room for another mapping", result, text);
    }
    return ARENA_BROUGHT;
}

enum arena_brought arena_bring(struct berth_conn *connection, const struct slot *slot,
                               berth_result *result, char *text) {
    const uint32_t blocks[] = {slot->input_block, slot->output_block};
    enum arena_brought both = ARENA_BROUGHT;
    for (int i = 0; i < 2; i++) {
        if (blocks[i] == 0) {
            continue;
        }
        switch (block_bring(connection, blocks[i], slot->sequence, result, text)) {
        case ARENA_BROUGHT:
            break;
        case ARENA_ON_THE_WAY:
            both = ARENA_ON_THE_WAY; /* the other one is brought meanwhile */
            break;
        case ARENA_REFUSED:
            return ARENA_REFUSED;
        }
    }
    return both;
}

static void refer(const struct arena *arena, uint32_t pinned,
                  const struct berth_block_reference *use, struct berth_block_reference *on_wire) {
    if (pinned != 0) {
        const struct block *block = &arena->blocks[pinned - 1];
        *on_wire = (struct berth_block_reference){.segment = block->segment->number,
                                                  .generation = block->segment->generation,
                                                  .offset = block->offset + use->offset,
                                                  .length = use->length};
    }
}

void arena_refer(const struct arena *arena, const struct slot *slot, struct frame_blocks *blocks) {
    refer(arena, slot->input_block, &slot->input, &blocks->input);
    refer(arena, slot->output_block, &slot->output, &blocks->output);
}
