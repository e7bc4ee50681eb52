/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.3: public keys of the card's pairs. */
#include "layout.h"
#include "session/call.h"

static int export_key(void *session, uint32_t index, enum berth_key_usage usage,
                      ECCrefPublicKey *to, const char *what) {
    struct call call;
    berth_resource *key;
    berth_sm2_public_key found;
    if (to == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, session);
    if (status != SDR_OK) {
        return status;
    }
    status = call_key(&call, KEY_SM2, index, MAY(EXPORT), &key);
    if (status == SDR_OK) {
        status = code_of(berth_export_public_key(key, usage, &found, call.timeout_ms), what);
    }
    if (status == SDR_OK) {
        put_public_key(to, &found);
    }
    return call_end(&call, status);
}

BERTH_SDF_API int SDF_ExportSignPublicKey_ECC(void *hSessionHandle, unsigned int uiKeyIndex,
                                              ECCrefPublicKey *pucPublicKey) {
    return export_key(hSessionHandle, uiKeyIndex, BERTH_KEY_SIGN, pucPublicKey,
                      "SDF_ExportSignPublicKey_ECC");
}

BERTH_SDF_API int SDF_ExportEncPublicKey_ECC(void *hSessionHandle, unsigned int uiKeyIndex,
                                             ECCrefPublicKey *pucPublicKey) {
    return export_key(hSessionHandle, uiKeyIndex, BERTH_KEY_ENCRYPT, pucPublicKey,
                      "SDF_ExportEncPublicKey_ECC");
}
