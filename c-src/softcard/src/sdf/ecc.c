/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.4: SM2 signatures and encryption. */
#include "sdf/call.h"

enum { E_BYTES = 32 };

static int sign(struct call *call, uint32_t index, const uint8_t *e, size_t bytes,
                ECCSignature *signature) {
    const struct key_pair *pair;
    struct sm2_signature made;
    if (bytes != E_BYTES)
        return SDR_INARGERR;
    int status = card_pair(call->card, index, &pair);
    if (status != SDR_OK)
        return status;
    if (!session_has_right(call->session, &pair->access))
        return SDR_PARDENY;
    if (faults_poisoned(&call->card->faults, e))
        fault_strike(FAULT_CRASH);
    if (!sm2_sign(pair->signing, e, &made))
        return SDR_SIGNERR;
    put_number(signature->r, made.r);
    put_number(signature->s, made.s);
    return SDR_OK;
}

int SDF_InternalSign_ECC(void *hSessionHandle, unsigned int uiISKIndex, unsigned char *pucData,
                         unsigned int uiDataLength, ECCSignature *pucSignature) {
    struct call call;
    if (pucData == NULL || pucSignature == NULL)
        return pucData == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_SIGN);
    if (status != SDR_OK)
        return status;
    status = sign(&call, uiISKIndex, pucData, uiDataLength, pucSignature);
    return call_end(&call, status, pucSignature, sizeof *pucSignature);
}

/* Exactly one of `key` and `external` is given. */
static int verify(struct call *call, EVP_PKEY *key, const ECCrefPublicKey *external,
                  const uint8_t *e, size_t bytes, const ECCSignature *signature) {
    struct sm2_point point;
    struct sm2_signature numbers;
    if (bytes != E_BYTES)
        return SDR_INARGERR;
    if (external != NULL) {
        if (!point_of(external, &point))
            return SDR_INARGERR;
        key = session_external_key(call->session, &point);
        if (key == NULL)
            return SDR_KEYERR;
    }
    if (!get_number(signature->r, numbers.r) || !get_number(signature->s, numbers.s))
        return SDR_VERIFYERR;
    return sm2_verify(key, e, &numbers) ? SDR_OK : SDR_VERIFYERR;
}

int SDF_InternalVerify_ECC(void *hSessionHandle, unsigned int uiIPKIndex, unsigned char *pucData,
                           unsigned int uiDataLength, ECCSignature *pucSignature) {
    struct call call;
    const struct key_pair *pair;
    if (pucData == NULL || pucSignature == NULL)
        return SDR_INARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_VERIFY);
    if (status != SDR_OK)
        return status;
    status = card_pair(call.card, uiIPKIndex, &pair);
    if (status == SDR_OK)
        status = verify(&call, pair->signing, NULL, pucData, uiDataLength, pucSignature);
    return call_end(&call, status, NULL, 0);
}

int SDF_ExternalVerify_ECC(void *hSessionHandle, unsigned int uiAlgID,
                           ECCrefPublicKey *pucPublicKey, unsigned char *pucData,
                           unsigned int uiDataLength, ECCSignature *pucSignature) {
    struct call call;
    if (pucPublicKey == NULL || pucData == NULL || pucSignature == NULL)
        return SDR_INARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_VERIFY);
    if (status != SDR_OK)
        return status;
    status = uiAlgID == SGD_SM2_1
                 ? verify(&call, NULL, pucPublicKey, pucData, uiDataLength, pucSignature)
                 : SDR_ALGNOTSUPPORT;
    return call_end(&call, status, NULL, 0);
}

static int encrypt_external(struct call *call, uint32_t algorithm, const ECCrefPublicKey *key,
                            const uint8_t *plain, size_t bytes, ECCCipher *ciphertext) {
    struct sm2_point point;
    if (algorithm != SGD_SM2_3)
        return SDR_ALGNOTSUPPORT;
    if (!point_of(key, &point))
        return SDR_INARGERR;
    EVP_PKEY *parsed = session_external_key(call->session, &point);
    return parsed == NULL ? SDR_KEYERR : encrypt_into(call, parsed, plain, bytes, ciphertext);
}

int SDF_ExternalEncrypt_ECC(void *hSessionHandle, unsigned int uiAlgID,
                            ECCrefPublicKey *pucPublicKey, unsigned char *pucData,
                            unsigned int uiDataLength, ECCCipher *pucEncData) {
    struct call call;
    if (pucPublicKey == NULL || pucData == NULL || pucEncData == NULL)
        return pucEncData == NULL ? SDR_OUTARGERR : SDR_INARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_SM2);
    if (status != SDR_OK)
        return status;
    status = encrypt_external(&call, uiAlgID, pucPublicKey, pucData, uiDataLength, pucEncData);
    return call_end(&call, status, pucEncData->C, uiDataLength);
}

int SDF_InternalEncrypt_ECC(void *hSessionHandle, unsigned int uiIPKIndex, unsigned int uiAlgID,
                            unsigned char *pucData, unsigned int uiDataLength,
                            ECCCipher *pucEncData) {
    struct call call;
    const struct key_pair *pair;
    if (pucData == NULL || pucEncData == NULL)
        return pucEncData == NULL ? SDR_OUTARGERR : SDR_INARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_SM2);
    if (status != SDR_OK)
        return status;
    status = uiAlgID == SGD_SM2_3 ? card_pair(call.card, uiIPKIndex, &pair) : SDR_ALGNOTSUPPORT;
    if (status == SDR_OK)
        status = encrypt_into(&call, pair->encryption, pucData, uiDataLength, pucEncData);
    return call_end(&call, status, pucEncData->C, uiDataLength);
}

static int decrypt_internal(struct call *call, uint32_t index, uint32_t algorithm,
                            const ECCCipher *ciphertext, uint8_t *plain, unsigned int *bytes) {
    const struct key_pair *pair;
    /* Read once: the structure may lie in memory that others write. */
    unsigned int untrusted_length = ciphertext->L;
    if (algorithm != SGD_SM2_3)
        return SDR_ALGNOTSUPPORT;
    int status = card_pair(call->card, index, &pair);
    if (status != SDR_OK)
        return status;
    if (!session_has_right(call->session, &pair->access))
        return SDR_PARDENY;
    status = decrypt_from(call, pair->encryption, ciphertext, plain, untrusted_length);
    if (status == SDR_OK)
        *bytes = untrusted_length;
    return status;
}

int SDF_InternalDecrypt_ECC(void *hSessionHandle, unsigned int uiISKIndex, unsigned int uiAlgID,
                            ECCCipher *pucEncData, unsigned char *pucData,
                            unsigned int *puiDataLength) {
    struct call call;
    if (pucEncData == NULL || pucData == NULL || puiDataLength == NULL)
        return pucEncData == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_SM2);
    if (status != SDR_OK)
        return status;
    status = decrypt_internal(&call, uiISKIndex, uiAlgID, pucEncData, pucData, puiDataLength);
    return call_end(&call, status, pucData, status == SDR_OK ? *puiDataLength : 0);
}
