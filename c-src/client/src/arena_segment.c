/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments are asked of the broker in powers of two. One dies with its session or its resource; its
 * memory stays mapped until the last of its leased blocks was freed, so that a pointer the
 * application still holds stays readable.
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

static berth_result ask_for_segment(struct berth_resource *resource, struct session *session,
                                    enum berth_direction direction, uint64_t bytes,
                                    struct ask *ask) {
    struct berth_conn *connection = resource->connection;
    uint8_t message[64];
    struct control_writer writer;
    *ask = (struct ask){.session = session, .token = ++connection->last_token, .descriptor = -1};
    control_begin(&writer, message, sizeof message, BERTH_KIND_SEGMENT_ADD, ask->token);
    control_u32(&writer, resource->handle);
    control_u32(&writer, direction);
    control_u64(&writer, bytes);
    if (session_tell(connection, session, &writer) != ASK_SENT) {
        return error_say(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST,
                         "%s: the broker takes no SEGMENT_ADD now", resource->name);
    }
    list_append(&connection->asks, &ask->node);
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

berth_result arena_segment_add(struct berth_resource *resource, enum berth_direction direction,
                               uint64_t bytes) {
    struct berth_conn *connection = resource->connection;
    struct session *session = connection->current;
    struct ask ask;
    berth_result result = ask_for_segment(resource, session, direction, bytes, &ask);
    if (result != BERTH_OK) {
        return result;
    }
    const char *why = "no memory";
    uint8_t *base = NULL;
    size_t mapped_bytes = 0;
    struct segment *segment = calloc(1, sizeof *segment);
    bool mapped =
        segment != NULL && ask.bytes >= bytes &&
        sealed_map(ask.descriptor, direction == BERTH_INPUT, ask.bytes, &base, &mapped_bytes, &why);
    close(ask.descriptor);
    if (!mapped || session != connection->current) {
        if (mapped) {
            munmap(base, mapped_bytes);
        }
        free(segment);
        return error_say(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST,
                         "%s: the new segment cannot be used: %s", resource->name,
                         mapped ? "the session ended meanwhile" : why);
    }
    segment->session = session;
    segment->resource = resource;
    segment->direction = direction;
    segment->number = ask.segment;
    segment->generation = ask.generation;
    segment->base = base;
    segment->mapped_bytes = mapped_bytes;
    segment->bytes = bytes;
    segment->next = connection->arena.segments;
    connection->arena.segments = segment;
    return BERTH_OK;
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
    if (segment->session == NULL && segment->leased == 0) {
        segment_unlink(arena, segment);
        munmap(segment->base, segment->mapped_bytes);
        free(segment);
    }
}

static void segment_kill(struct arena *arena, struct segment *segment) {
    segment->session = NULL;
    segment->resource = NULL;
    for (uint32_t shift = 0; shift < SHIFTS; shift++) {
        while (segment->free_blocks[shift] != 0) {
            uint32_t index = segment->free_blocks[shift] - 1;
            segment->free_blocks[shift] = arena->blocks[index].next_free;
            block_record_unuse(arena, index);
        }
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
    for (struct segment *segment = connection->arena.segments, *next; segment != NULL;
         segment = next) {
        next = segment->next;
        if (segment->resource != resource) {
            continue;
        }
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
