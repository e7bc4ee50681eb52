/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include <stdatomic.h>
#include <string.h>

uint32_t frame_blocks_bytes(uint32_t flags) {
    return ((flags & BERTH_FLAG_TRACE) != 0 ? BERTH_TRACE_BYTES : 0) +
           ((flags & BERTH_FLAG_INPUT) != 0 ? BERTH_REFERENCE_BYTES : 0) +
           ((flags & BERTH_FLAG_OUTPUT) != 0 ? BERTH_REFERENCE_BYTES : 0) +
           ((flags & BERTH_FLAG_SESSION) != 0 ? BERTH_SESSION_BLOCK_BYTES : 0);
}

uint8_t *frame_write(uint8_t *record, const struct berth_frame *frame,
                     const struct frame_blocks *blocks) {
    memcpy(record, frame, sizeof *frame);
    uint8_t *at = record + sizeof *frame;
    if ((frame->flags & BERTH_FLAG_TRACE) != 0) {
        memcpy(at, blocks->trace_nanos, BERTH_TRACE_BYTES);
        at += BERTH_TRACE_BYTES;
    }
    if ((frame->flags & BERTH_FLAG_INPUT) != 0) {
        memcpy(at, &blocks->input, BERTH_REFERENCE_BYTES);
        at += BERTH_REFERENCE_BYTES;
    }
    if ((frame->flags & BERTH_FLAG_OUTPUT) != 0) {
        memcpy(at, &blocks->output, BERTH_REFERENCE_BYTES);
        at += BERTH_REFERENCE_BYTES;
    }
    if ((frame->flags & BERTH_FLAG_SESSION) != 0) {
        memcpy(at, &blocks->session, BERTH_SESSION_BLOCK_BYTES);
        at += BERTH_SESSION_BLOCK_BYTES;
    }
    return at;
}

/* Through atomic loads, so that the compiler cannot read shared memory a second time instead of the
 * copy. */
static void copy_words_once(uint64_t *to, const uint8_t *from, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes / 8; i++) {
        to[i] = atomic_load_explicit((const _Atomic uint64_t *)(from + 8 * (size_t)i),
                                     memory_order_relaxed);
    }
}

bool frame_read(const uint8_t *record, uint32_t record_length, int32_t type,
                uint32_t max_payload_bytes, struct berth_frame *frame, struct frame_blocks *blocks,
                const uint8_t **payload) {
    if (record_length < sizeof *frame) {
        return false;
    }
    uint64_t words[sizeof *frame / 8];
    copy_words_once(words, record, sizeof words);
    memcpy(frame, words, sizeof *frame);
    /* The ring's copy of these two was checked; a second look must not replace it. */
    frame->length = (int32_t)record_length;
    frame->type = type;
    uint32_t blocks_bytes = frame_blocks_bytes(frame->flags);
    if (frame->payload_bytes > max_payload_bytes ||
        record_length != sizeof *frame + (uint64_t)blocks_bytes + frame->payload_bytes) {
        return false;
    }
    memset(blocks, 0, sizeof *blocks);
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
