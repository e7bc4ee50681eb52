/* SPDX-License-Identifier: Apache-2.0 */
/* SM4 under a key in the clear. A request takes what fits into a message; the chaining value is
 * carried on here, as no answer tells it. */
#include <string.h>

#include "hsm_exchange.h"
#include "test_only/test_only.h"

enum { BLOCK = BERTH_SM4_BLOCK_BYTES };

static void count(uint8_t counter[BLOCK], size_t blocks) {
    for (int i = BLOCK - 1; i >= 0 && blocks != 0; i--) {
        blocks += counter[i];
        counter[i] = (uint8_t)blocks;
        blocks >>= 8;
    }
}

/* After whole blocks. `last_in`, `last_out`: the last block. */
static void continue_iv(enum berth_sm4_mode mode, bool encrypting, const uint8_t *last_in,
                        const uint8_t *last_out, size_t blocks, uint8_t iv[BLOCK]) {
    switch (mode) {
    case BERTH_SM4_ECB:
        break;
    case BERTH_SM4_CBC:
    case BERTH_SM4_CFB:
        memcpy(iv, encrypting ? last_out : last_in, BLOCK);
        break;
    case BERTH_SM4_OFB:
        for (int i = 0; i < BLOCK; i++) {
            iv[i] = last_in[i] ^ last_out[i];
        }
        break;
    case BERTH_SM4_CTR:
        count(iv, blocks);
        break;
    }
}

static int request(const struct call *call, berth_resource *resource,
                   const uint8_t key[SM4_KEY_BYTES], bool encrypting, enum berth_sm4_mode mode,
                   const uint8_t *iv, const uint8_t *in, size_t bytes, uint8_t *out,
                   const char *what) {
    struct exchange exchange;
    exchange_begin(&exchange, MESSAGE_BYTES);
    protobuf_put_bytes(&exchange.writer, 1, key, SM4_KEY_BYTES);
    protobuf_put_varint(&exchange.writer, 2, mode);
    protobuf_put_bytes(&exchange.writer, 3, iv, iv == NULL ? 0 : BLOCK);
    protobuf_put_bytes(&exchange.writer, 4, in, bytes);
    protobuf_put_varint(&exchange.writer, 5, !encrypting);
    int status =
        code_of(exchange_call(&exchange, resource, BERTH_OP_TEST_CIPHER, call->timeout_ms), what);
    if (status == SDR_OK && !exchange_field(&exchange, 1, out, bytes)) {
        status = SDR_UNKNOWERR;
    }
    exchange_end(&exchange);
    return status;
}

int test_cipher(const struct call *call, const uint8_t key[SM4_KEY_BYTES], bool encrypting,
                enum berth_sm4_mode mode, uint8_t iv[BLOCK], const uint8_t *in, size_t bytes,
                uint8_t *out, const char *what) {
    berth_resource *resource;
    uint8_t chain[BLOCK], last_in[BLOCK];
    uint8_t *used = mode == BERTH_SM4_ECB ? NULL : chain;
    if (used != NULL) {
        memcpy(used, iv, BLOCK);
    }
    int status = test_device(call, &resource);
    for (size_t at = 0; status == SDR_OK && at < bytes; at += INLINE_DATA_BYTES) {
        size_t now = bytes - at < INLINE_DATA_BYTES ? bytes - at : INLINE_DATA_BYTES;
        bool whole = now % BLOCK == 0;
        if (whole) { /* the output may be the input */
            memcpy(last_in, in + at + now - BLOCK, BLOCK);
        }
        status = request(call, resource, key, encrypting, mode, used, in + at, now, out + at, what);
        if (status == SDR_OK && whole && used != NULL) {
            continue_iv(mode, encrypting, last_in, out + at + now - BLOCK, now / BLOCK, used);
        }
    }
    if (status == SDR_OK && used != NULL && bytes % BLOCK == 0) {
        memcpy(iv, used, BLOCK);
    }
    explicit_bzero(chain, sizeof chain);
    explicit_bzero(last_in, sizeof last_in);
    return status;
}

static int cipher(bool encrypting, void *session, uint32_t algorithm, const uint8_t *key,
                  unsigned key_bytes, uint8_t *iv, unsigned iv_bytes, const uint8_t *in,
                  unsigned bytes, uint8_t *out, unsigned *out_bytes) {
    struct call call;
    enum berth_sm4_mode mode;
    if (key == NULL || in == NULL) {
        return SDR_INARGERR;
    }
    if (out == NULL || out_bytes == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, session);
    if (status != SDR_OK) {
        return status;
    }
    status = mode_of(algorithm, &mode);
    bool takes_iv = status == SDR_OK && mode != BERTH_SM4_ECB;
    if (status == SDR_OK &&
        (key_bytes != SM4_KEY_BYTES || (takes_iv && (iv == NULL || iv_bytes != BLOCK)) ||
         bytes == 0 || bytes > link_config(call.link)->buffer_bytes ||
         (mode_whole_blocks(mode) && bytes % BLOCK != 0))) {
        status = SDR_INARGERR;
    }
    if (status == SDR_OK) {
        status = test_cipher(&call, key, encrypting, mode, iv, in, bytes, out,
                             encrypting ? "SDF_ExternalKeyEncrypt" : "SDF_ExternalKeyDecrypt");
    }
    if (status == SDR_OK) {
        *out_bytes = bytes;
    }
    return call_end(&call, status);
}

BERTH_SDF_API int SDF_ExternalKeyEncrypt(void *hSessionHandle, unsigned int uiAlgID,
                                         unsigned char *pucKey, unsigned int uiKeyLength,
                                         unsigned char *pucIV, unsigned int uiIVLength,
                                         unsigned char *pucData, unsigned int uiDataLength,
                                         unsigned char *pucEncData,
                                         unsigned int *puiEncDataLength) {
    return cipher(true, hSessionHandle, uiAlgID, pucKey, uiKeyLength, pucIV, uiIVLength, pucData,
                  uiDataLength, pucEncData, puiEncDataLength);
}

BERTH_SDF_API int SDF_ExternalKeyDecrypt(void *hSessionHandle, unsigned int uiAlgID,
                                         unsigned char *pucKey, unsigned int uiKeyLength,
                                         unsigned char *pucIV, unsigned int uiIVLength,
                                         unsigned char *pucEncData, unsigned int uiEncDataLength,
                                         unsigned char *pucData, unsigned int *puiDataLength) {
    return cipher(false, hSessionHandle, uiAlgID, pucKey, uiKeyLength, pucIV, uiIVLength,
                  pucEncData, uiEncDataLength, pucData, puiDataLength);
}

/* The parts go on with SDF_EncryptUpdate and so on. */
static int begin(enum cipher_direction direction, void *session, uint32_t algorithm,
                 const uint8_t *key, unsigned key_bytes, const uint8_t *iv, unsigned iv_bytes) {
    struct call call;
    enum berth_sm4_mode mode;
    if (key == NULL) {
        return SDR_INARGERR;
    }
    int status = call_begin(&call, session);
    if (status != SDR_OK) {
        return status;
    }
    struct cipher_state *state = &call.session->cipher;
    cipher_end(state);
    status = key_bytes == SM4_KEY_BYTES ? mode_of(algorithm, &mode) : SDR_INARGERR;
    if (status == SDR_OK && mode != BERTH_SM4_ECB && (iv == NULL || iv_bytes != BLOCK)) {
        status = SDR_INARGERR;
    }
    if (status == SDR_OK) {
        state->direction = direction;
        state->mode = mode;
        state->key_in_clear = true;
        memcpy(state->clear_key, key, SM4_KEY_BYTES);
        if (mode != BERTH_SM4_ECB) {
            memcpy(state->chain.iv, iv, BLOCK);
        }
    }
    return call_end(&call, status);
}

BERTH_SDF_API int SDF_ExternalKeyEncryptInit(void *hSessionHandle, unsigned int uiAlgID,
                                             unsigned char *pucKey, unsigned int uiKeyLength,
                                             unsigned char *pucIV, unsigned int uiIVLength) {
    return begin(CIPHER_ENCRYPTING, hSessionHandle, uiAlgID, pucKey, uiKeyLength, pucIV,
                 uiIVLength);
}

BERTH_SDF_API int SDF_ExternalKeyDecryptInit(void *hSessionHandle, unsigned int uiAlgID,
                                             unsigned char *pucKey, unsigned int uiKeyLength,
                                             unsigned char *pucIV, unsigned int uiIVLength) {
    return begin(CIPHER_DECRYPTING, hSessionHandle, uiAlgID, pucKey, uiKeyLength, pucIV,
                 uiIVLength);
}
