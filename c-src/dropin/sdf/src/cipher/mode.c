/* SPDX-License-Identifier: Apache-2.0 */
#include "cipher/mode.h"

#include <string.h>

enum { REQUEST_BYTES_MOST = 1024 * 1024, BLOCK = BERTH_SM4_BLOCK_BYTES };

int mode_of(uint32_t algorithm, enum berth_sm4_mode *mode) {
    switch (algorithm) {
    case SGD_SM4_ECB:
        *mode = BERTH_SM4_ECB;
        return SDR_OK;
    case SGD_SM4_CBC:
        *mode = BERTH_SM4_CBC;
        return SDR_OK;
    case SGD_SM4_CFB:
        *mode = BERTH_SM4_CFB;
        return SDR_OK;
    case SGD_SM4_OFB:
        *mode = BERTH_SM4_OFB;
        return SDR_OK;
    case SGD_SM4_CTR:
        *mode = BERTH_SM4_CTR;
        return SDR_OK;
    default:
        return (algorithm & ~0xFFu) == SGD_SM4 ? SDR_ALGMODNOTSUPPORT : SDR_ALGNOTSUPPORT;
    }
}

int mode_run(const struct call *call, struct session_key *key, bool encrypting,
             enum berth_sm4_mode mode, uint8_t iv[BLOCK], const uint8_t *in, size_t bytes,
             uint8_t *out, const char *what) {
    berth_resource *under;
    uint8_t chain[BLOCK];
    struct exchange_key named = session_key_named(key);
    uint8_t *used = mode == BERTH_SM4_ECB ? NULL : chain;
    if (used != NULL) {
        memcpy(used, iv, BLOCK);
    }
    int status = session_key_resource(call, key, &under);
    for (size_t at = 0; status == SDR_OK && at < bytes; at += REQUEST_BYTES_MOST) {
        size_t now = bytes - at < REQUEST_BYTES_MOST ? bytes - at : REQUEST_BYTES_MOST;
        status = session_key_code(
            key,
            exchange_sm4(encrypting ? BERTH_OP_SM4_ENCRYPT : BERTH_OP_SM4_DECRYPT, under, &named,
                         mode, used, in + at, now, out + at, call->timeout_ms),
            what);
    }
    if (status == SDR_OK && used != NULL) {
        memcpy(iv, used, BLOCK);
    }
    explicit_bzero(chain, sizeof chain);
    return status;
}
