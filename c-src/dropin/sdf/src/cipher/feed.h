/* SPDX-License-Identifier: Apache-2.0 */
/* A part of what the session's cipher runs over: sent as far as it is complete, the rest kept. */
#ifndef BERTH_DROPIN_SDF_FEED_H
#define BERTH_DROPIN_SDF_FEED_H

#include "cipher/mode.h"

static inline bool cipher_encrypts(enum cipher_direction direction) {
    return direction == CIPHER_ENCRYPTING || direction == CIPHER_SEALING;
}

/* ECB, CBC: whole blocks come out, up to 15 bytes more than went in. */
int feed_blocks(const struct call *call, const uint8_t *in, size_t bytes, uint8_t *out,
                unsigned *out_bytes);
/* CFB, OFB, CTR: as many bytes as went in. */
int feed_stream(const struct call *call, const uint8_t *in, size_t bytes, uint8_t *out,
                unsigned *out_bytes);

/* What an Update does with its part of at least one byte. */
typedef int feeder(const struct call *call, const uint8_t *in, size_t bytes, uint8_t *out,
                   unsigned *out_bytes);
/* An Update of what goes in that direction. `room` tells how many bytes a part may have: more are
 * SDR_INARGERR, and change nothing. */
int feed_update(enum cipher_direction direction, void *session, const uint8_t *in, unsigned bytes,
                uint8_t *out, unsigned *out_bytes, size_t (*room)(const struct call *call),
                feeder *feed);

#endif
