/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments are asked of the broker in powers of two. One dies with its session or its resource; the
 * memory of its leased blocks stays mapped until they move to the next session, their addresses
 * until they are freed, so that pointers the application holds stay good.
 */
#include "arena_segment.h"
#include "connection.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "error.h"

static bool ask_answered(void *what) {
    return ((const struct ask *)what)->answered;
}

bool arena_segment_ask(struct berth_resource *resource, enum berth_direction direction,
                       uint64_t bytes, struct ask *ask) {
    struct berth_conn *connection = resource->connection;
    uint8_t message[64];
    struct control_writer writer;
    *ask = (struct ask){
        .session = connection->current, .token = ++connection->last_token, .descriptor = -1};
    control_begin(&writer, message, sizeof message, BERTH_KIND_SEGMENT_ADD, ask->token);
    control_u32(&writer, resource->handle);
    control_u32(&writer, direction);
    control_u64(&writer, bytes);
    if (resource->state != RESOURCE_OPEN ||
        session_tell(connection, connection->current, &writer) != ASK_SENT) {
        return false;
    }
    list_append(&connection->asks, &ask->node);
    return true;
}

static berth_result ask_and_wait(struct berth_resource *resource, enum berth_direction direction,
                                 uint64_t bytes, struct ask *ask) {
    struct berth_conn *connection = resource->connection;
    if (!arena_segment_ask(resource, direction, bytes, ask)) {
        return error_say(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST,
                         "%s: the broker takes no SEGMENT_ADD now", resource->name);
    }
    int64_t now = clock_nanos();
    bool answered = wait_until(connection, ask_answered, ask, now,
                               clock_after_millis(now, DEFAULT_CONTROL_TIMEOUT_MILLIS), 0);
    list_remove(&ask->node);
    if (!answered) {
        return error_say(BERTH_STATUS_DEADLINE_EXCEEDED, BERTH_REASON_CALLER_TIMED_OUT,
                         "%s: the broker did not answer SEGMENT_ADD within %d ms", resource->name,
                         DEFAULT_CONTROL_TIMEOUT_MILLIS);
    }
    if (ask->result != BERTH_OK) {
        return error_say(berth_status_of(ask->result), berth_reason_of(ask->result),
                         "%s: a segment of %llu bytes: %s", resource->name,
                         (unsigned long long)bytes, ask->text);
    }
    return BERTH_OK;
}

bool arena_segment_adopt(struct berth_resource *resource, enum berth_direction direction,
                         uint64_t bytes, struct ask *ask, const char **why) {
    struct berth_conn *connection = resource->connection;
    *why = "no memory";
    uint8_t *base = NULL;
    size_t mapped_bytes = 0;
    struct segment *segment = calloc(1, sizeof *segment);
    bool mapped = segment != NULL && ask->bytes >= bytes &&
                  sealed_map(ask->descriptor, direction == BERTH_INPUT, ask->bytes, &base,
                             &mapped_bytes, why);
    close(ask->descriptor);
    if (!mapped || ask->session == NULL || ask->session != connection->current) {
        if (mapped) {
            munmap(base, mapped_bytes);
            *why = "the session ended meanwhile";
        }
        free(segment);
        return false;
    }
    segment->session = ask->session;
    segment->resource = resource;
    segment->direction = direction;
    segment->number = ask->segment;
    segment->generation = ask->generation;
    segment->base = base;
    segment->mapped_bytes = mapped_bytes;
    segment->bytes = bytes;
    segment->next = connection->arena.segments;
    connection->arena.segments = segment;
    return true;
}

berth_result arena_segment_add(struct berth_resource *resource, enum berth_direction direction,
                               uint64_t bytes) {
    struct ask ask;
    const char *why;
    berth_result result = ask_and_wait(resource, direction, bytes, &ask);
    if (result == BERTH_OK && !arena_segment_adopt(resource, direction, bytes, &ask, &why)) {
        result = error_say(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST,
                           "%s: the new segment cannot be used: %s", resource->name, why);
    }
    return result;
}

static void segment_unlink(struct arena *arena, struct segment *segment) {
    for (struct segment **at = &arena->segments; *at != NULL; at = &(*at)->next) {
        if (*at == segment) {
            *at = segment->next;
            return;
        }
    }
}

void arena_segment_free_if_over(struct arena *arena, struct segment *segment) {
    if (segment->session == NULL && segment->users == 0) {
        segment_unlink(arena, segment);
        munmap(segment->base, segment->mapped_bytes);
        free(segment);
    }
}

void arena_segment_forget(struct segment *segment, uint64_t offset, uint64_t bytes) {
    /* If this fails, the memory stays until the segment is unmapped: nothing else depends on it. */
    (void)mmap(segment->base + offset, bytes, PROT_NONE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

static void segment_kill(struct arena *arena, struct segment *segment) {
    segment->session = NULL;
    arena_wipe_lose(arena, segment);
    for (uint32_t shift = 0; shift < SHIFTS; shift++) {
        while (segment->free_blocks[shift] != 0) {
            uint32_t index = segment->free_blocks[shift] - 1;
            struct block *block = &arena->blocks[index];
            segment->free_blocks[shift] = block->next_free;
            arena_segment_forget(segment, block->offset, block->bytes);
            block_record_unuse(arena, index);
        }
    }
    if (segment->cut_bytes < segment->mapped_bytes) {
        arena_segment_forget(segment, segment->cut_bytes,
                             segment->mapped_bytes - segment->cut_bytes);
        segment->cut_bytes = segment->mapped_bytes;
    }
    arena_segment_free_if_over(arena, segment);
}

void arena_lose_session(struct berth_conn *connection, struct session *session) {
    for (struct segment *segment = connection->arena.segments, *next; segment != NULL;
         segment = next) {
        next = segment->next;
        if (segment->session == session) {
            segment_kill(&connection->arena, segment);
        }
    }
}

void arena_release_resource(struct berth_resource *resource) {
    struct berth_conn *connection = resource->connection;
    arena_forget_wishes(resource);
    for (struct segment *segment = connection->arena.segments, *next; segment != NULL;
         segment = next) {
        next = segment->next;
        if (segment->resource != resource) {
            continue;
        }
        segment->resource = NULL;
        if (segment->session != NULL && !segment->session->failed) {
            uint8_t bytes[64];
            struct control_writer writer;
            control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_SEGMENT_DROP,
                          ++connection->last_token);
            control_u32(&writer, segment->number);
            control_u32(&writer, segment->generation);
            (void)session_tell(connection, segment->session, &writer);
        }
        segment_kill(&connection->arena, segment);
    }
}

void arena_free(struct arena *arena, bool unmap) {
    while (arena->segments != NULL) {
        struct segment *segment = arena->segments;
        arena->segments = segment->next;
        if (unmap) {
            munmap(segment->base, segment->mapped_bytes);
        }
        free(segment);
    }
    free(arena->blocks);
    *arena = (struct arena){0};
}
