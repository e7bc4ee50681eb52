/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.4: SM2 signatures. The data is e = SM3(Z | M), 32 bytes. */
#include "layout.h"
#include "session/call.h"

BERTH_SDF_API int SDF_InternalSign_ECC(void *hSessionHandle, unsigned int uiISKIndex,
                                       unsigned char *pucData, unsigned int uiDataLength,
                                       ECCSignature *pucSignature) {
    struct call call;
    berth_resource *key;
    uint8_t signature[BERTH_SM2_SIGNATURE_BYTES];
    if (pucData == NULL || pucSignature == NULL) {
        return pucData == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    status = uiDataLength != BERTH_SM3_BYTES
                 ? SDR_INARGERR
                 : call_key(&call, KEY_SM2, uiISKIndex, MAY(SIGN), &key);
    if (status == SDR_OK) {
        status = code_of(berth_sm2_sign(key, pucData, signature, call.timeout_ms),
                         "SDF_InternalSign_ECC");
    }
    if (status == SDR_OK) {
        put_signature(pucSignature, signature);
    }
    return call_end(&call, status);
}

/* signer NULL: the resource's own key. */
static int verify(const struct call *call, berth_resource *resource,
                  const berth_sm2_public_key *signer, const unsigned char *e,
                  const ECCSignature *from, const char *what) {
    uint8_t signature[BERTH_SM2_SIGNATURE_BYTES];
    bool valid = false;
    if (!get_signature(from, signature)) {
        return SDR_VERIFYERR;
    }
    int status =
        code_of(berth_sm2_verify(resource, e, signature, signer, &valid, call->timeout_ms), what);
    return status == SDR_OK && !valid ? SDR_VERIFYERR : status;
}

BERTH_SDF_API int SDF_InternalVerify_ECC(void *hSessionHandle, unsigned int uiIPKIndex,
                                         unsigned char *pucData, unsigned int uiDataLength,
                                         ECCSignature *pucSignature) {
    struct call call;
    berth_resource *key;
    if (pucData == NULL || pucSignature == NULL) {
        return SDR_INARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    status = call_key(&call, KEY_SM2, uiIPKIndex, MAY(VERIFY), &key);
    if (status == SDR_OK) {
        status = uiDataLength != BERTH_SM3_BYTES
                     ? SDR_INARGERR
                     : verify(&call, key, NULL, pucData, pucSignature, "SDF_InternalVerify_ECC");
    }
    return call_end(&call, status);
}

static int verify_external(const struct call *call, uint32_t algorithm, const ECCrefPublicKey *key,
                           const unsigned char *e, size_t bytes, const ECCSignature *signature) {
    berth_sm2_public_key signer;
    berth_resource *resource;
    if (algorithm != SGD_SM2_1) {
        return SDR_ALGNOTSUPPORT;
    }
    if (bytes != BERTH_SM3_BYTES || !get_public_key(key, &signer)) {
        return SDR_INARGERR;
    }
    int status = call_any(call, MAY(VERIFY), &resource);
    return status == SDR_OK
               ? verify(call, resource, &signer, e, signature, "SDF_ExternalVerify_ECC")
               : status;
}

BERTH_SDF_API int SDF_ExternalVerify_ECC(void *hSessionHandle, unsigned int uiAlgID,
                                         ECCrefPublicKey *pucPublicKey, unsigned char *pucData,
                                         unsigned int uiDataLength, ECCSignature *pucSignature) {
    struct call call;
    if (pucPublicKey == NULL || pucData == NULL || pucSignature == NULL) {
        return SDR_INARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    return call_end(
        &call, verify_external(&call, uiAlgID, pucPublicKey, pucData, uiDataLength, pucSignature));
}
