/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.5: a MAC in one call. */
#include "mac/mac.h"

#include <string.h>

static int calculate(const struct call *call, void *key_handle, uint32_t algorithm, uint8_t *iv,
                     const uint8_t *data, size_t bytes, uint8_t *mac, unsigned *mac_bytes) {
    struct session_key *key;
    bool keyed_hash = means_hmac(algorithm);
    if (bytes == 0 || bytes > link_config(call->link)->buffer_bytes) {
        return SDR_INARGERR;
    }
    if (!keyed_hash && algorithm != SGD_SM4_MAC) {
        return SDR_ALGNOTSUPPORT;
    }
    int status =
        session_key_take(call, key_handle, keyed_hash ? ANY_KEY_BYTES : SM4_KEY_BYTES, &key);
    if (status != SDR_OK) {
        return status;
    }
    if (keyed_hash) {
        status = hmac(call, key, data, bytes, mac, "SDF_CalculateMAC");
        *mac_bytes = status == SDR_OK ? BERTH_SM3_BYTES : *mac_bytes;
    } else if (iv == NULL || bytes % BERTH_SM4_BLOCK_BYTES != 0) {
        status = SDR_INARGERR;
    } else {
        status = cbc_mac(call, key, iv, data, bytes, "SDF_CalculateMAC");
        if (status == SDR_OK) {
            memcpy(mac, iv, BERTH_SM4_BLOCK_BYTES);
            *mac_bytes = BERTH_SM4_BLOCK_BYTES;
        }
    }
    handle_release(&key->object);
    return status;
}

/* *puiMACLength is only written. */
BERTH_SDF_API int SDF_CalculateMAC(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                                   unsigned char *pucIV, unsigned char *pucData,
                                   unsigned int uiDataLength, unsigned char *pucMAC,
                                   unsigned int *puiMACLength) {
    struct call call;
    if (pucData == NULL || pucMAC == NULL || puiMACLength == NULL) {
        return pucData == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    return call_end(&call, calculate(&call, hKeyHandle, uiAlgID, pucIV, pucData, uiDataLength,
                                     pucMAC, puiMACLength));
}
