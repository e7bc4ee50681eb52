/* SPDX-License-Identifier: Apache-2.0 */
/* Frames as they stand in a ring (docs/PROTOCOL.md, 4). */
#ifndef BERTH_CLIENT_FRAME_H
#define BERTH_CLIENT_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include <berth/protocol.h>

struct frame_blocks {
    uint64_t trace_nanos[BERTH_TRACE_STAMPS];
    struct berth_block_reference input;
    struct berth_block_reference output;
    uint64_t session;
};

#define FRAME_BLOCK_FLAGS                                                                          \
    (BERTH_FLAG_TRACE | BERTH_FLAG_INPUT | BERTH_FLAG_OUTPUT | BERTH_FLAG_SESSION)

/* Bytes of the blocks that these flags announce. */
static inline uint32_t frame_blocks_bytes(uint32_t flags) {
    if ((flags & FRAME_BLOCK_FLAGS) == 0) {
        return 0;
    }
    return ((flags & BERTH_FLAG_TRACE) != 0 ? BERTH_TRACE_BYTES : 0) +
           ((flags & BERTH_FLAG_INPUT) != 0 ? BERTH_REFERENCE_BYTES : 0) +
           ((flags & BERTH_FLAG_OUTPUT) != 0 ? BERTH_REFERENCE_BYTES : 0) +
           ((flags & BERTH_FLAG_SESSION) != 0 ? BERTH_SESSION_BLOCK_BYTES : 0);
}

/* Writes header and blocks (those that frame->flags announces; blocks may be NULL if none) to
 * record; returns where the payload goes. frame->length must be right. */
uint8_t *frame_write(uint8_t *record, const struct berth_frame *frame,
                     const struct frame_blocks *blocks);
/* Writes the blocks alone; returns where the payload goes. */
uint8_t *frame_write_blocks(uint8_t *at, uint32_t flags, const struct frame_blocks *blocks);
/*
 * Copies a record's header and blocks once and checks them: length = 64 + blocks + payload, payload
 * at most max_payload_bytes. record_length and type are those that the ring has checked. Of blocks
 * only those that frame->flags announces are set. False = violation.
 */
bool frame_read(const uint8_t *record, uint32_t record_length, int32_t type,
                uint32_t max_payload_bytes, struct berth_frame *frame, struct frame_blocks *blocks,
                const uint8_t **payload);

#endif
