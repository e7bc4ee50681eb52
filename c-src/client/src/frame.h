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

/* Bytes of the blocks that these flags announce. */
uint32_t frame_blocks_bytes(uint32_t flags);
/* Writes header and blocks (those that frame->flags announces; blocks may be NULL if none) to
 * record; returns where the payload goes. frame->length must be right. */
uint8_t *frame_write(uint8_t *record, const struct berth_frame *frame,
                     const struct frame_blocks *blocks);
/*
 * Copies a record's header and blocks once and checks them: length = 64 + blocks + payload, payload
 * at most max_payload_bytes. record_length and type are those that the ring has checked. False =
 * violation.
 */
bool frame_read(const uint8_t *record, uint32_t record_length, int32_t type,
                uint32_t max_payload_bytes, struct berth_frame *frame, struct frame_blocks *blocks,
                const uint8_t **payload);

#endif
