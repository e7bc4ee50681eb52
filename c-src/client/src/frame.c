/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include <stdatomic.h>
#include <string.h>

uint8_t *frame_write(uint8_t *record, const struct berth_frame *frame,
                     const struct frame_blocks *blocks) {
    memcpy(record, frame, sizeof *frame);
    return frame_write_blocks(record + sizeof *frame, frame->flags, blocks);
}

uint8_t *frame_write_blocks(uint8_t *at, uint32_t flags, const struct frame_blocks *blocks) {
    if ((flags & BERTH_FLAG_TRACE) != 0) {
        memcpy(at, blocks->trace_nanos, BERTH_TRACE_BYTES);
        at += BERTH_TRACE_BYTES;
    }
    if ((flags & BERTH_FLAG_INPUT) != 0) {
        memcpy(at, &blocks->input, BERTH_REFERENCE_BYTES);
        at += BERTH_REFERENCE_BYTES;
    }
    if ((flags & BERTH_FLAG_OUTPUT) != 0) {
        memcpy(at, &blocks->output, BERTH_REFERENCE_BYTES);
        at += BERTH_REFERENCE_BYTES;
    }
    if ((flags & BERTH_FLAG_SESSION) != 0) {
        memcpy(at, &blocks->session, BERTH_SESSION_BLOCK_BYTES);
        at += BERTH_SESSION_BLOCK_BYTES;
    }
    return at;
}

/* Through atomic loads, so that the compiler cannot read shared memory a second time instead of the
 * copy. */
static inline uint64_t word_once(const uint8_t *from, size_t offset) {
    return atomic_load_explicit((const _Atomic uint64_t *)(from + offset), memory_order_relaxed);
}

static inline void halves_once(const uint8_t *from, size_t offset, uint32_t *low, uint32_t *high) {
    uint64_t word = word_once(from, offset);
    *low = (uint32_t)word;
    *high = (uint32_t)(word >> 32);
}

static void copy_words_once(uint64_t *to, const uint8_t *from, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes / 8; i++) {
        to[i] = word_once(from, 8 * (size_t)i);
    }
}

bool frame_read(const uint8_t *record, uint32_t record_length, int32_t type,
                uint32_t max_payload_bytes, struct berth_frame *frame, struct frame_blocks *blocks,
                const uint8_t **payload) {
    if (record_length < sizeof *frame) {
        return false;
    }
    /* Word by word into place: a copy as a whole would have to wait for its own small stores. The
     * first word was checked in the ring's copy; a second look must not replace it. */
    frame->length = (int32_t)record_length;
    frame->type = type;
    frame->correlation = word_once(record, 8);
    frame->deadline_nanos = (int64_t)word_once(record, 16);
    halves_once(record, 24, &frame->handle, &frame->operation);
    halves_once(record, 32, &frame->flags, &frame->priority);
    halves_once(record, 40, &frame->status, &frame->payload_bytes);
    halves_once(record, 48, &frame->reply_limit, &frame->credit);
    halves_once(record, 56, &frame->part, &frame->epoch);
    uint32_t blocks_bytes = frame_blocks_bytes(frame->flags);
    if (frame->payload_bytes > max_payload_bytes ||
        record_length != sizeof *frame + (uint64_t)blocks_bytes + frame->payload_bytes) {
        return false;
    }
    if (blocks_bytes != 0) {
        uint64_t private_blocks[BERTH_BLOCKS_MAX_BYTES / 8];
        copy_words_once(private_blocks, record + sizeof *frame, blocks_bytes);
        const uint8_t *at = (const uint8_t *)private_blocks;
        if ((frame->flags & BERTH_FLAG_TRACE) != 0) {
            memcpy(blocks->trace_nanos, at, BERTH_TRACE_BYTES);
            at += BERTH_TRACE_BYTES;
        }
        if ((frame->flags & BERTH_FLAG_INPUT) != 0) {
            memcpy(&blocks->input, at, BERTH_REFERENCE_BYTES);
            at += BERTH_REFERENCE_BYTES;
        }
        if ((frame->flags & BERTH_FLAG_OUTPUT) != 0) {
            memcpy(&blocks->output, at, BERTH_REFERENCE_BYTES);
            at += BERTH_REFERENCE_BYTES;
        }
        if ((frame->flags & BERTH_FLAG_SESSION) != 0) {
            memcpy(&blocks->session, at, BERTH_SESSION_BLOCK_BYTES);
        }
    }
    *payload = record + sizeof *frame + blocks_bytes;
    return true;
}
