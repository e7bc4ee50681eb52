/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the played broker's card does beyond hsm_peer: RSA, keys that it holds for a session,
 * agreements, sealed messages, further hashes and the operations for tests. Its cryptography is
 * play: RSA inverts every bit, agreements give HSM_PEER_KEY, a tag is an SM3 hash. Numbers of what
 * it holds are the process's own, so that another peer does not know them.
 */
#ifndef BERTH_DROPIN_SDF_TESTS_PLAYED_CARD_H
#define BERTH_DROPIN_SDF_TESTS_PLAYED_CARD_H

#include <stddef.h>
#include <stdint.h>

enum { PLAYED_RSA_BYTES = 256 };
/* What it says of itself: RSA and all of SM2, GCM beside the plain modes, SHA-256 beside SM3. */
enum {
    PLAYED_ASYMMETRIC = 0x00030E00,
    PLAYED_BITS = 2304,
    PLAYED_SYMMETRIC = 0x0200043F,
    PLAYED_HASHES = 5
};

/* For peer_options.execute. */
uint32_t played_card_execute(uint32_t operation, const uint8_t *request, size_t bytes,
                             uint8_t *reply, size_t limit, size_t *reply_bytes);

#endif
