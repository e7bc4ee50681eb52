/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.5: SM4 in one call. */
#include "cipher/mode.h"

static int run(const struct call *call, bool encrypting, void *key_handle, uint32_t algorithm,
               uint8_t *iv, const uint8_t *in, size_t bytes, uint8_t *out, unsigned *out_bytes) {
    enum berth_sm4_mode mode;
    struct session_key *key;
    int status = mode_of(algorithm, &mode);
    if (status == SDR_OK) {
        status = session_key_take(call, key_handle, SM4_KEY_BYTES, &key);
    }
    if (status != SDR_OK) {
        return status;
    }
    if (bytes == 0 || bytes > link_config(call->link)->buffer_bytes ||
        (mode_whole_blocks(mode) && bytes % BERTH_SM4_BLOCK_BYTES != 0) ||
        (mode != BERTH_SM4_ECB && iv == NULL)) {
        status = SDR_INARGERR;
    } else {
        status = mode_run(call, key, encrypting, mode, iv, in, bytes, out,
                          encrypting ? "SDF_Encrypt" : "SDF_Decrypt");
    }
    if (status == SDR_OK) {
        *out_bytes = (unsigned)bytes;
    }
    handle_release(&key->object);
    return status;
}

static int cipher(bool encrypting, void *session, void *key, uint32_t algorithm, uint8_t *iv,
                  const uint8_t *in, unsigned bytes, uint8_t *out, unsigned *out_bytes) {
    struct call call;
    if (in == NULL || out == NULL || out_bytes == NULL) {
        return in == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    }
    int status = call_begin(&call, session);
    if (status != SDR_OK) {
        return status;
    }
    return call_end(&call, run(&call, encrypting, key, algorithm, iv, in, bytes, out, out_bytes));
}

BERTH_SDF_API int SDF_Encrypt(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                              unsigned char *pucIV, unsigned char *pucData,
                              unsigned int uiDataLength, unsigned char *pucEncData,
                              unsigned int *puiEncDataLength) {
    return cipher(true, hSessionHandle, hKeyHandle, uiAlgID, pucIV, pucData, uiDataLength,
                  pucEncData, puiEncDataLength);
}

BERTH_SDF_API int SDF_Decrypt(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                              unsigned char *pucIV, unsigned char *pucEncData,
                              unsigned int uiEncDataLength, unsigned char *pucData,
                              unsigned int *puiDataLength) {
    return cipher(false, hSessionHandle, hKeyHandle, uiAlgID, pucIV, pucEncData, uiEncDataLength,
                  pucData, puiDataLength);
}
