/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OUTPUT blocks that carried secrets. This process may only read them, so the broker is asked to
 * overwrite them; until it has, they are in no cache. Whoever gave them back does not wait.
 */
#include "arena_segment.h"
#include "connection.h"

#include <unistd.h>

#include "control.h"

/* Fewer than a broker lets wait (docs/PROTOCOL.md, 5): it refuses none for their number. */
#define WIPES_ASKED_MAX 32
/* The broker would not: the block stays out of use until its segment goes. */
#define REFUSED_TOKEN UINT64_MAX

static bool is_asked(const struct block *block) {
    return block->wipe_token != 0 && block->wipe_token != REFUSED_TOKEN;
}

static bool ask(struct berth_conn *connection, struct block *block) {
    struct session *session = block->segment->session;
    uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    uint8_t message[64];
    struct control_writer writer;
    if (session->failed) {
        return false;
    }
    uint64_t token = ++connection->last_token;
    control_begin(&writer, message, sizeof message, BERTH_KIND_SEGMENT_WIPE, token);
    control_u32(&writer, block->segment->number);
    control_u32(&writer, block->segment->generation);
    control_u64(&writer, block->offset);
    control_u64(&writer, (block->wipe_bytes + page_bytes - 1) & ~(page_bytes - 1));
    if (session_tell(connection, session, &writer) != ASK_SENT) {
        return false;
    }
    block->wipe_token = token;
    connection->arena.wipes_asked++;
    return true;
}

/* What finds no room in the socket now is asked for with the next one, or with an answer. */
static void ask_for_more(struct berth_conn *connection) {
    struct arena *arena = &connection->arena;
    for (uint32_t at = arena->wiping; at != 0 && arena->wipes_asked < WIPES_ASKED_MAX;
         at = arena->blocks[at - 1].next_free) {
        struct block *block = &arena->blocks[at - 1];
        if (block->wipe_token == 0 && !ask(connection, block)) {
            return;
        }
    }
}

void arena_wipe(struct berth_conn *connection, uint32_t index) {
    struct arena *arena = &connection->arena;
    struct block *block = &arena->blocks[index];
    block->state = BLOCK_WIPING;
    block->home = block->segment; /* where it was seen is somebody else's from now on */
    block->home_offset = block->offset;
    block->wipe_token = 0;
    block->next_free = arena->wiping;
    arena->wiping = index + 1;
    ask_for_more(connection);
}

/* Takes a block out of those that wait. */
static uint32_t take_out(struct arena *arena, uint32_t *link) {
    uint32_t index = *link - 1;
    struct block *block = &arena->blocks[index];
    *link = block->next_free;
    arena->wipes_asked -= is_asked(block);
    arena->wipes_over++;
    return index;
}

/* Where the block that was asked about in this session is linked; NULL: nobody waits for it. */
static uint32_t *find(struct arena *arena, const struct session *session, uint64_t token) {
    for (uint32_t *link = &arena->wiping; *link != 0; link = &arena->blocks[*link - 1].next_free) {
        const struct block *block = &arena->blocks[*link - 1];
        if (is_asked(block) && block->wipe_token == token && block->segment->session == session) {
            return link;
        }
    }
    return NULL;
}

void arena_wiped(struct berth_conn *connection, const struct session *session, uint64_t token) {
    uint32_t *link = find(&connection->arena, session, token);
    if (link != NULL) {
        block_cache(&connection->arena, take_out(&connection->arena, link));
        ask_for_more(connection);
    }
}

void arena_wipe_refused(struct berth_conn *connection, const struct session *session,
                        uint64_t token) {
    struct arena *arena = &connection->arena;
    const uint32_t *link = find(arena, session, token);
    if (link != NULL) {
        arena->blocks[*link - 1].wipe_token = REFUSED_TOKEN;
        arena->wipes_asked--;
        ask_for_more(connection);
    }
}

void arena_wipe_lose(struct arena *arena, struct segment *segment) {
    for (uint32_t *link = &arena->wiping; *link != 0;) {
        struct block *block = &arena->blocks[*link - 1];
        if (block->segment != segment) {
            link = &block->next_free;
            continue;
        }
        uint32_t index = take_out(arena, link);
        arena_segment_forget(segment, block->offset, block->bytes);
        block_record_unuse(arena, index);
    }
}
