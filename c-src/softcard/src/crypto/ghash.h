/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GHASH, the authenticator of GCM (NIST SP 800-38D, 6.4), in time that depends on lengths alone: no
 * branch and no address comes from the key or from data.
 */
#ifndef BERTH_SOFTCARD_GHASH_H
#define BERTH_SOFTCARD_GHASH_H

#include <stddef.h>
#include <stdint.h>

enum { GHASH_BLOCK_BYTES = 16 };

struct ghash {
    uint64_t multiples[128][2]; /* H, H*x, ... H*x^127, high half first; read in order */
    uint64_t sum[2];
    uint8_t partial[GHASH_BLOCK_BYTES];
    size_t partial_bytes;
};

void ghash_init(struct ghash *ghash, const uint8_t h[GHASH_BLOCK_BYTES]);
/* Begins a new message under the same key. */
void ghash_restart(struct ghash *ghash);
void ghash_update(struct ghash *ghash, const uint8_t *data, size_t bytes);
/* Fills a begun block with zeros. */
void ghash_pad(struct ghash *ghash);
/* The sum; the caller has fed the block of lengths and nothing is left over. */
void ghash_sum(const struct ghash *ghash, uint8_t sum[GHASH_BLOCK_BYTES]);

#endif
