/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.4: SM2 encryption. What travels in one message is the limit. */
#include <string.h>

#include "layout.h"
#include "session/call.h"

enum {
    PLAINTEXT_BYTES_MOST = 3900,
    CIPHERTEXT_BYTES_MOST = PLAINTEXT_BYTES_MOST + BERTH_SM2_CIPHERTEXT_OVERHEAD_BYTES
};

/* recipient NULL: the resource's own encryption key. */
static int encrypt(const struct call *call, berth_resource *resource,
                   const berth_sm2_public_key *recipient, const unsigned char *plain, size_t bytes,
                   ECCCipher *to, const char *what) {
    uint8_t ciphertext[CIPHERTEXT_BYTES_MOST];
    size_t ciphertext_bytes = sizeof ciphertext;
    int status = code_of(berth_sm2_encrypt(resource, plain, bytes, recipient, ciphertext,
                                           &ciphertext_bytes, call->timeout_ms),
                         what);
    if (status != SDR_OK) {
        return status;
    }
    /* The caller has room for this length and no other. */
    if (ciphertext_bytes != bytes + BERTH_SM2_CIPHERTEXT_OVERHEAD_BYTES) {
        return SDR_UNKNOWERR;
    }
    put_ciphertext(to, ciphertext, ciphertext_bytes);
    return SDR_OK;
}

static int encrypt_external(const struct call *call, uint32_t algorithm, const ECCrefPublicKey *key,
                            const unsigned char *plain, size_t bytes, ECCCipher *to) {
    berth_sm2_public_key recipient;
    berth_resource *resource;
    if (algorithm != SGD_SM2_3) {
        return SDR_ALGNOTSUPPORT;
    }
    if (!get_public_key(key, &recipient) || bytes == 0 || bytes > PLAINTEXT_BYTES_MOST) {
        return SDR_INARGERR;
    }
    int status = call_any(call, MAY(ENCRYPT), &resource);
    return status == SDR_OK
               ? encrypt(call, resource, &recipient, plain, bytes, to, "SDF_ExternalEncrypt_ECC")
               : status;
}

BERTH_SDF_API int SDF_ExternalEncrypt_ECC(void *hSessionHandle, unsigned int uiAlgID,
                                          ECCrefPublicKey *pucPublicKey, unsigned char *pucData,
                                          unsigned int uiDataLength, ECCCipher *pucEncData) {
    struct call call;
    if (pucPublicKey == NULL || pucData == NULL || pucEncData == NULL) {
        return pucEncData == NULL ? SDR_OUTARGERR : SDR_INARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    return call_end(
        &call, encrypt_external(&call, uiAlgID, pucPublicKey, pucData, uiDataLength, pucEncData));
}

BERTH_SDF_API int SDF_InternalEncrypt_ECC(void *hSessionHandle, unsigned int uiIPKIndex,
                                          unsigned int uiAlgID, unsigned char *pucData,
                                          unsigned int uiDataLength, ECCCipher *pucEncData) {
    struct call call;
    berth_resource *key;
    if (pucData == NULL || pucEncData == NULL) {
        return pucEncData == NULL ? SDR_OUTARGERR : SDR_INARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    status = uiAlgID == SGD_SM2_3 ? call_key(&call, KEY_SM2, uiIPKIndex, MAY(ENCRYPT), &key)
                                  : SDR_ALGNOTSUPPORT;
    if (status == SDR_OK) {
        status = uiDataLength == 0 || uiDataLength > PLAINTEXT_BYTES_MOST
                     ? SDR_INARGERR
                     : encrypt(&call, key, NULL, pucData, uiDataLength, pucEncData,
                               "SDF_InternalEncrypt_ECC");
    }
    return call_end(&call, status);
}

static int decrypt(const struct call *call, uint32_t index, uint32_t algorithm,
                   const ECCCipher *from, unsigned char *plain, unsigned int *plain_bytes) {
    uint8_t ciphertext[CIPHERTEXT_BYTES_MOST];
    berth_resource *key;
    /* Read once: the structure may lie in memory that others write. */
    unsigned int untrusted_length = from->L;
    if (algorithm != SGD_SM2_3) {
        return SDR_ALGNOTSUPPORT;
    }
    int status = call_key(call, KEY_SM2, index, MAY(DECRYPT), &key);
    if (status != SDR_OK) {
        return status;
    }
    if (untrusted_length == 0 || untrusted_length > PLAINTEXT_BYTES_MOST) {
        return SDR_INARGERR;
    }
    if (!get_ciphertext(from, untrusted_length, ciphertext)) {
        return SDR_ENCDATAERR;
    }
    size_t made = untrusted_length;
    status = code_of(berth_sm2_decrypt(key, ciphertext,
                                       untrusted_length + BERTH_SM2_CIPHERTEXT_OVERHEAD_BYTES,
                                       plain, &made, call->timeout_ms),
                     "SDF_InternalDecrypt_ECC");
    if (status == SDR_OK) {
        *plain_bytes = (unsigned int)made;
    }
    return status;
}

/* pucData needs room for pucEncData->L bytes; *puiDataLength is only written. */
BERTH_SDF_API int SDF_InternalDecrypt_ECC(void *hSessionHandle, unsigned int uiISKIndex,
                                          unsigned int uiAlgID, ECCCipher *pucEncData,
                                          unsigned char *pucData, unsigned int *puiDataLength) {
    struct call call;
    if (pucEncData == NULL || pucData == NULL || puiDataLength == NULL) {
        return pucEncData == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    return call_end(&call, decrypt(&call, uiISKIndex, uiAlgID, pucEncData, pucData, puiDataLength));
}
