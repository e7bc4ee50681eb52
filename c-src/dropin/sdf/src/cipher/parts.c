/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GM/T 0018-2023: SM4 in parts. Every part is a request of its own with the chaining value of the
 * one before, so nothing is lost when the worker is replaced between two parts. Nothing is padded.
 * ECB and CBC give whole blocks, up to 15 bytes more than the part had; the others give as many
 * bytes as the part had.
 */
#include <string.h>

#include "cipher/feed.h"

enum { BLOCK = BERTH_SM4_BLOCK_BYTES };

static int begin(const struct call *call, enum cipher_direction direction, void *key_handle,
                 uint32_t algorithm, const uint8_t *iv, unsigned iv_bytes) {
    struct cipher_state *state = &call->session->cipher;
    enum berth_sm4_mode mode;
    struct session_key *key;
    cipher_end(state);
    int status = session_key_take(call, key_handle, SM4_KEY_BYTES, &key);
    if (status != SDR_OK) {
        return status;
    }
    handle_release(&key->object);
    status = mode_of(algorithm, &mode);
    if (status != SDR_OK) {
        return status;
    }
    if (mode != BERTH_SM4_ECB && (iv == NULL || iv_bytes != BLOCK)) {
        return SDR_INARGERR;
    }
    *state = (struct cipher_state){.direction = direction, .mode = mode, .chain.key = key_handle};
    if (mode != BERTH_SM4_ECB) {
        memcpy(state->chain.iv, iv, BLOCK);
    }
    return SDR_OK;
}

static size_t room(const struct call *call) {
    return link_config(call->link)->buffer_bytes;
}

static int feed(const struct call *call, const uint8_t *in, size_t bytes, uint8_t *out,
                unsigned *out_bytes) {
    return mode_whole_blocks(call->session->cipher.mode)
               ? feed_blocks(call, in, bytes, out, out_bytes)
               : feed_stream(call, in, bytes, out, out_bytes);
}

/* Nothing comes out at the end, so there need be no room for it. */
static int finish(enum cipher_direction direction, void *session, unsigned *out_bytes) {
    struct call call;
    if (out_bytes == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, session);
    if (status != SDR_OK) {
        return status;
    }
    struct cipher_state *state = &call.session->cipher;
    if (state->direction != direction) {
        return call_end(&call, SDR_STEPERR);
    }
    if (mode_whole_blocks(state->mode) && state->chain.begun != 0) {
        status = SDR_INARGERR;
    } else {
        *out_bytes = 0;
    }
    cipher_end(state);
    return call_end(&call, status);
}

static int initialise(enum cipher_direction direction, void *session, void *key, uint32_t algorithm,
                      const uint8_t *iv, unsigned iv_bytes) {
    struct call call;
    int status = call_begin(&call, session);
    if (status != SDR_OK) {
        return status;
    }
    return call_end(&call, begin(&call, direction, key, algorithm, iv, iv_bytes));
}

BERTH_SDF_API int SDF_EncryptInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                                  unsigned char *pucIV, unsigned int uiIVLength) {
    return initialise(CIPHER_ENCRYPTING, hSessionHandle, hKeyHandle, uiAlgID, pucIV, uiIVLength);
}

BERTH_SDF_API int SDF_EncryptUpdate(void *hSessionHandle, unsigned char *pucData,
                                    unsigned int uiDataLength, unsigned char *pucEncData,
                                    unsigned int *puiEncDataLength) {
    return feed_update(CIPHER_ENCRYPTING, hSessionHandle, pucData, uiDataLength, pucEncData,
                       puiEncDataLength, room, feed);
}

BERTH_SDF_API int SDF_EncryptFinal(void *hSessionHandle, unsigned char *pucLastEncData,
                                   unsigned int *puiLastEncDataLength) {
    (void)pucLastEncData;
    return finish(CIPHER_ENCRYPTING, hSessionHandle, puiLastEncDataLength);
}

BERTH_SDF_API int SDF_DecryptInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                                  unsigned char *pucIV, unsigned int uiIVLength) {
    return initialise(CIPHER_DECRYPTING, hSessionHandle, hKeyHandle, uiAlgID, pucIV, uiIVLength);
}

BERTH_SDF_API int SDF_DecryptUpdate(void *hSessionHandle, unsigned char *pucEncData,
                                    unsigned int uiEncDataLength, unsigned char *pucData,
                                    unsigned int *puiDataLength) {
    return feed_update(CIPHER_DECRYPTING, hSessionHandle, pucEncData, uiEncDataLength, pucData,
                       puiDataLength, room, feed);
}

BERTH_SDF_API int SDF_DecryptFinal(void *hSessionHandle, unsigned char *pucLastData,
                                   unsigned int *puiLastDataLength) {
    (void)pucLastData;
    return finish(CIPHER_DECRYPTING, hSessionHandle, puiLastDataLength);
}
