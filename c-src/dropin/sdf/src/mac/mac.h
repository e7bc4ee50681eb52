/* SPDX-License-Identifier: Apache-2.0 */
/* MACs under a session key: SM4 CBC-MAC and HMAC-SM3, in one request. */
#ifndef BERTH_DROPIN_SDF_MAC_H
#define BERTH_DROPIN_SDF_MAC_H

#include "keys/session_key.h"
#include "session/call.h"

/* As the 2023 edition numbers HMAC-SM3; older programs ask for SGD_SM3. */
#ifndef SGD_SM3_HMAC
#define SGD_SM3_HMAC 0x00100001
#endif
static inline bool means_hmac(uint32_t algorithm) {
    return algorithm == SGD_SM3 || algorithm == SGD_SM3_HMAC;
}

/* Whole blocks; iv is replaced by the MAC, with which a following part continues. */
int cbc_mac(const struct call *call, struct session_key *key, uint8_t iv[BERTH_SM4_BLOCK_BYTES],
            const uint8_t *data, size_t bytes, const char *what);
int hmac(const struct call *call, struct session_key *key, const uint8_t *data, size_t bytes,
         uint8_t mac[BERTH_SM3_BYTES], const char *what);

#endif
