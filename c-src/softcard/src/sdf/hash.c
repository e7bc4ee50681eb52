/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.6: SM3, plain or beginning with SM2's Z, and the hashes that go with RSA. */
#include "sdf/call.h"

#include "crypto/algorithms.h"

enum { ID_BYTES_MOST = 8191 /* its length in bits has 16 */ };

static const EVP_MD *hash_of(uint32_t algorithm) {
    return algorithm == SGD_SM3      ? algorithms()->sm3
           : algorithm == SGD_SHA1   ? algorithms()->sha1
           : algorithm == SGD_SHA256 ? algorithms()->sha256
                                     : NULL;
}

static int start(struct call *call, uint32_t algorithm, const ECCrefPublicKey *key,
                 const uint8_t *id, size_t id_bytes) {
    struct session *session = call->session;
    struct sm2_point point;
    session->hashing = false;
    const EVP_MD *hash = hash_of(algorithm);
    if (hash == NULL)
        return SDR_ALGNOTSUPPORT;
    if (key != NULL && (algorithm != SGD_SM3 || id == NULL || id_bytes == 0 ||
                        id_bytes > ID_BYTES_MOST || !point_of(key, &point)))
        return SDR_INARGERR;
    if (!EVP_DigestInit_ex2(session->hash, hash, NULL) ||
        (key != NULL && !sm2_hash_z(session->hash, &point, id, id_bytes)))
        return SDR_UNKNOWERR;
    session->hashing = true;
    return SDR_OK;
}

int SDF_HashInit(void *hSessionHandle, unsigned int uiAlgID, ECCrefPublicKey *pucPublicKey,
                 unsigned char *pucID, unsigned int uiIDLength) {
    struct call call;
    int status = call_begin(&call, hSessionHandle, OPERATION_HASH);
    if (status != SDR_OK)
        return status;
    return call_end(&call, start(&call, uiAlgID, pucPublicKey, pucID, uiIDLength), NULL, 0);
}

int SDF_HashUpdate(void *hSessionHandle, unsigned char *pucData, unsigned int uiDataLength) {
    struct call call;
    if (pucData == NULL && uiDataLength != 0)
        return SDR_INARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_HASH);
    if (status != SDR_OK)
        return status;
    if (!call.session->hashing)
        status = SDR_STEPERR;
    else if (uiDataLength > call.card->config.behaviour.buffer_bytes)
        status = SDR_INARGERR;
    else if (!EVP_DigestUpdate(call.session->hash, pucData, uiDataLength))
        status = SDR_UNKNOWERR;
    return call_end(&call, status, NULL, 0);
}

int SDF_HashFinal(void *hSessionHandle, unsigned char *pucHash, unsigned int *puiHashLength) {
    struct call call;
    unsigned int bytes = 0;
    if (pucHash == NULL || puiHashLength == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_HASH);
    if (status != SDR_OK)
        return status;
    if (!call.session->hashing)
        status = SDR_STEPERR;
    else if (!EVP_DigestFinal_ex(call.session->hash, pucHash, &bytes))
        status = SDR_UNKNOWERR;
    if (status == SDR_OK)
        *puiHashLength = bytes;
    call.session->hashing = false;
    return call_end(&call, status, pucHash, bytes);
}
