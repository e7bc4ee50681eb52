/* SPDX-License-Identifier: Apache-2.0 */
/* The SM2 key exchange protocol, GM/T 0003.3, without its optional confirmation. */
#ifndef BERTH_SOFTCARD_SM2_EXCHANGE_H
#define BERTH_SOFTCARD_SM2_EXCHANGE_H

#include "crypto/sm2.h"

struct exchange_party {
    struct sm2_point public_point;
    struct sm2_point temporary_point;
    const uint8_t *id;
    size_t id_bytes; /* below 8192 */
};

/*
 * One side's computation. `own_number` and `own_temporary_number` are the private numbers of `own`;
 * `sponsor` says whether `own` is the side that began. False: a point of the peer's is not on the
 * curve, the shared point is at infinity, or there is no memory.
 */
bool sm2_exchange(bool sponsor, const uint8_t own_number[SM2_NUMBER_BYTES],
                  const uint8_t own_temporary_number[SM2_NUMBER_BYTES],
                  const struct exchange_party *own, const struct exchange_party *peer, uint8_t *key,
                  size_t key_bytes);

#endif
