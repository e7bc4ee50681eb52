/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streamed replies. Parts go from the ring into the stream's own buffer, which has room for as many
 * as were granted: a slow reader holds up its own stream only.
 */
#include "connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"

struct berth_stream {
    struct berth_conn *connection;
    struct slot *slot; /* NULL when the end was taken */
    bool manual_grant;
    uint32_t window;
    uint32_t part_bytes; /* room for one part */
    uint32_t first;      /* oldest stored part */
    uint32_t stored;
    uint32_t first_number;
    uint32_t to_grant; /* taken, not yet granted anew */
    uint32_t end_bytes;
    uint32_t *lengths; /* window of them */
    uint8_t *parts;    /* window + 1: the last one for what came with the end */
};

uint32_t stream_room(const struct berth_stream *stream) {
    return stream->window - stream->stored;
}

void stream_take_part(struct berth_stream *stream, const uint8_t *payload, uint32_t bytes) {
    /* The credit check has made sure of the room. */
    uint32_t at = (stream->first + stream->stored) % stream->window;
    memcpy(stream->parts + (size_t)at * stream->part_bytes, payload, bytes);
    stream->lengths[at] = bytes;
    stream->stored++;
}

void stream_take_end(struct berth_stream *stream, const uint8_t *payload, uint32_t bytes) {
    stream->end_bytes = bytes;
    if (bytes != 0) {
        memcpy(stream->parts + (size_t)stream->window * stream->part_bytes, payload, bytes);
    }
}

static void grant(struct berth_stream *stream) {
    struct slot *slot = stream->slot;
    if (stream->to_grant != 0 && slot != NULL && slot->on_wire && !slot->ended &&
        request_send_credit(stream->connection, slot, stream->to_grant)) {
        stream->to_grant = 0;
    }
}

berth_result berth_stream_open(berth_resource *resource, const berth_request *request,
                               uint32_t credit, bool manual_grant, berth_stream **stream_out) {
    struct berth_conn *connection = resource->connection;
    *stream_out = NULL;
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    if (credit == 0 || credit > UINT16_MAX || request->reply_limit == 0) {
        return error_say(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_NONE,
                         "%s: a stream needs a credit of 1 to 65535 (%u) and a reply limit (%zu)",
                         resource->name, credit, request->reply_limit);
    }
    int64_t now = clock_nanos();
    pthread_mutex_lock(&connection->lock);
    struct slot *slot;
    berth_result result = request_take(resource, request, USER_STREAM, now, &slot);
    if (result == BERTH_OK) {
        struct berth_stream *stream = calloc(1, sizeof *stream);
        uint32_t *lengths = calloc(credit, sizeof *lengths);
        uint8_t *parts = malloc(((size_t)credit + 1) * slot->reply_limit);
        if (stream == NULL || lengths == NULL || parts == NULL ||
            !request_keep_payload(connection, slot)) {
            free(stream);
            free(lengths);
            free(parts);
            request_abandon(connection, slot);
            pthread_mutex_unlock(&connection->lock);
            return error_say(BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_NONE,
                             "%s: no memory for a stream of %u parts", resource->name, credit);
        }
        *stream = (struct berth_stream){.connection = connection,
                                        .slot = slot,
                                        .manual_grant = manual_grant,
                                        .window = credit,
                                        .part_bytes = slot->reply_limit,
                                        .lengths = lengths,
                                        .parts = parts};
        slot->stream = stream;
        if (slot->deadline_nanos < connection->next_deadline_nanos) {
            connection->next_deadline_nanos = slot->deadline_nanos;
        }
        request_dispatch(connection, slot);
        requests_publish(connection);
        *stream_out = stream;
    }
    pthread_mutex_unlock(&connection->lock);
    return result;
}

static bool part_ready(void *what) {
    const struct berth_stream *stream = what;
    return stream->stored != 0 || stream->slot->ended;
}

static berth_result take_end(struct berth_stream *stream, void *buffer, size_t limit,
                             berth_part *part) {
    struct slot *slot = stream->slot;
    if (stream->end_bytes > limit) {
        return error_say(BERTH_STATUS_OUT_OF_RANGE, BERTH_REASON_REPLY_TOO_LARGE,
                         "a part of %u bytes > %zu", stream->end_bytes, limit);
    }
    if (stream->end_bytes != 0) {
        memcpy(buffer, stream->parts + (size_t)stream->window * stream->part_bytes,
               stream->end_bytes);
    }
    part->number = stream->first_number;
    part->bytes = stream->end_bytes;
    part->end = true;
    part->result = slot->result;
    if (slot->result != BERTH_OK) {
        memcpy(part->text, slot->text, sizeof part->text);
        part->device_code = slot->device_code;
        (void)error_keep_device(slot->result, slot->text, slot->device_code);
    }
    stream->slot = NULL;
    request_abandon(stream->connection, slot);
    return BERTH_OK;
}

static berth_result take_part(struct berth_stream *stream, void *buffer, size_t limit,
                              berth_part *part) {
    uint32_t bytes = stream->lengths[stream->first];
    if (bytes > limit) {
        return error_say(BERTH_STATUS_OUT_OF_RANGE, BERTH_REASON_REPLY_TOO_LARGE,
                         "part %u: %u bytes > %zu", stream->first_number, bytes, limit);
    }
    memcpy(buffer, stream->parts + (size_t)stream->first * stream->part_bytes, bytes);
    part->number = stream->first_number++;
    part->bytes = bytes;
    stream->first = (stream->first + 1) % stream->window;
    stream->stored--;
    if (!stream->manual_grant) {
        stream->to_grant++;
        /* In lumps: one CREDIT for half a window instead of one for each part. */
        if (stream->to_grant * 2 >= stream->window) {
            grant(stream);
        }
    }
    return BERTH_OK;
}

berth_result berth_stream_next(berth_stream *stream, void *buffer, size_t limit, int timeout_ms,
                               berth_part *part) {
    struct berth_conn *connection = stream->connection;
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    if (part->struct_size != sizeof *part) {
        return error_say(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_NONE,
                         "berth_stream_next: part struct_size %zu, expected %zu", part->struct_size,
                         sizeof *part);
    }
    *part = (berth_part)BERTH_PART_INIT;
    if (stream->slot == NULL) {
        return error_say(BERTH_STATUS_OUT_OF_RANGE, BERTH_REASON_NONE,
                         "the stream's end was taken already");
    }
    int64_t now = clock_nanos();
    pthread_mutex_lock(&connection->lock);
    struct slot *slot = stream->slot;
    int64_t deadline = slot->deadline_nanos;
    if (timeout_ms >= 0) {
        int64_t until = clock_after_millis(now, (uint32_t)timeout_ms);
        deadline = until < deadline ? until : deadline;
    }
    if (!wait_until(connection, part_ready, stream, now, deadline,
                    session_yield_nanos(connection)) &&
        clock_nanos() >= slot->deadline_nanos) {
        request_end_by_clock(connection, slot);
    }
    berth_result result;
    if (stream->stored != 0) {
        result = take_part(stream, buffer, limit, part);
    } else if (slot->ended) {
        result = take_end(stream, buffer, limit, part);
    } else {
        result = error_say(BERTH_STATUS_DEADLINE_EXCEEDED, BERTH_REASON_NONE,
                           "no part within %d ms; the stream goes on", timeout_ms);
    }
    pthread_mutex_unlock(&connection->lock);
    return result;
}

berth_result berth_stream_grant(berth_stream *stream, uint32_t parts) {
    struct berth_conn *connection = stream->connection;
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    pthread_mutex_lock(&connection->lock);
    berth_result result = BERTH_OK;
    struct slot *slot = stream->slot;
    if (slot != NULL && !slot->ended && parts != 0) {
        uint64_t ahead = (uint64_t)slot->credit + stream->stored + stream->to_grant + parts;
        if (ahead > stream->window || !slot->on_wire) {
            result = error_say(BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_REPLY_SPACE,
                               "%llu parts ahead > %u that the stream was opened with",
                               (unsigned long long)ahead, stream->window);
        } else {
            stream->to_grant += parts;
            grant(stream);
            if (stream->to_grant != 0) {
                stream->to_grant -= parts;
                result = error_say(BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_REPLY_SPACE,
                                   "no reply space for %u more parts now", parts);
            }
        }
    }
    pthread_mutex_unlock(&connection->lock);
    return result;
}

berth_result berth_stream_close(berth_stream *stream) {
    if (stream == NULL) {
        return BERTH_OK;
    }
    struct berth_conn *connection = stream->connection;
    berth_result result = BERTH_OK;
    if (fork_happened(&connection->mark)) {
        result = error_forked();
    } else {
        pthread_mutex_lock(&connection->lock);
        struct slot *slot = stream->slot;
        if (slot != NULL) {
            if (!slot->ended) {
                if (slot->queued) {
                    list_remove(&slot->node);
                    slot->queued = false;
                }
                slot->ended = true;
                if (slot->on_wire) {
                    request_cancel(connection, slot);
                }
            }
            request_abandon(connection, slot);
        }
        pthread_mutex_unlock(&connection->lock);
    }
    free(stream->lengths);
    free(stream->parts);
    free(stream);
    return result;
}
