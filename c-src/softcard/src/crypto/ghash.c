/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ghash.h"

#include <string.h>

static uint64_t load(const uint8_t bytes[8]) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void store(uint8_t bytes[8], uint64_t value) {
    for (int i = 7; i >= 0; i--, value >>= 8)
        bytes[i] = (uint8_t)value;
}

/* GCM writes the coefficient of x^0 as the first bit, so that a shift to the right multiplies by x;
 * what falls out is x^128 = x^7 + x^2 + x + 1. */
void ghash_init(struct ghash *ghash, const uint8_t h[GHASH_BLOCK_BYTES]) {
    uint64_t high = load(h), low = load(h + 8);
    for (int i = 0; i < 128; i++) {
        ghash->multiples[i][0] = high;
        ghash->multiples[i][1] = low;
        uint64_t reduction = (0 - (low & 1)) & UINT64_C(0xE100000000000000);
        low = low >> 1 | high << 63;
        high = high >> 1 ^ reduction;
    }
    ghash_restart(ghash);
}

void ghash_restart(struct ghash *ghash) {
    ghash->sum[0] = ghash->sum[1] = 0;
    memset(ghash->partial, 0, sizeof ghash->partial);
    ghash->partial_bytes = 0;
}

/* Every multiple is read for every block; a mask decides whether it counts. */
static void absorb(struct ghash *ghash, const uint8_t block[GHASH_BLOCK_BYTES]) {
    uint64_t factor[2] = {ghash->sum[0] ^ load(block), ghash->sum[1] ^ load(block + 8)};
    uint64_t high = 0, low = 0;
    for (int half = 0; half < 2; half++) {
        for (int bit = 0; bit < 64; bit++) {
            uint64_t mask = 0 - (factor[half] >> (63 - bit) & 1);
            high ^= ghash->multiples[64 * half + bit][0] & mask;
            low ^= ghash->multiples[64 * half + bit][1] & mask;
        }
    }
    ghash->sum[0] = high;
    ghash->sum[1] = low;
}

void ghash_update(struct ghash *ghash, const uint8_t *data, size_t bytes) {
    while (bytes > 0) {
        if (ghash->partial_bytes == 0 && bytes >= GHASH_BLOCK_BYTES) {
            absorb(ghash, data);
            data += GHASH_BLOCK_BYTES;
            bytes -= GHASH_BLOCK_BYTES;
            continue;
        }
        size_t room = GHASH_BLOCK_BYTES - ghash->partial_bytes;
        size_t now = bytes < room ? bytes : room;
        memcpy(ghash->partial + ghash->partial_bytes, data, now);
        ghash->partial_bytes += now;
        data += now;
        bytes -= now;
        if (ghash->partial_bytes == GHASH_BLOCK_BYTES)
            ghash_pad(ghash);
    }
}

void ghash_pad(struct ghash *ghash) {
    if (ghash->partial_bytes == 0)
        return;
    memset(ghash->partial + ghash->partial_bytes, 0, GHASH_BLOCK_BYTES - ghash->partial_bytes);
    absorb(ghash, ghash->partial);
    ghash->partial_bytes = 0;
}

void ghash_sum(const struct ghash *ghash, uint8_t sum[GHASH_BLOCK_BYTES]) {
    store(sum, ghash->sum[0]);
    store(sum + 8, ghash->sum[1]);
}
