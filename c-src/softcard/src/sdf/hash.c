/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.6: SM3, plain or beginning with SM2's Z. */
#include "sdf/call.h"

#include "crypto/algorithms.h"

enum { SM3_BYTES = 32, ID_BYTES_MOST = 8191 /* its length in bits has 16 */ };

static int start(struct call *call, uint32_t algorithm, const ECCrefPublicKey *key,
                 const uint8_t *id, size_t id_bytes) {
    struct session *session = call->session;
    struct sm2_point point;
    session->hashing = false;
    if (algorithm != SGD_SM3)
        return SDR_ALGNOTSUPPORT;
    if (key != NULL &&
        (id == NULL || id_bytes == 0 || id_bytes > ID_BYTES_MOST || !point_of(key, &point)))
        return SDR_INARGERR;
    if (!EVP_DigestInit_ex2(session->hash, algorithms()->sm3, NULL) ||
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
    if (pucHash == NULL || puiHashLength == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_HASH);
    if (status != SDR_OK)
        return status;
    if (!call.session->hashing)
        status = SDR_STEPERR;
    else if (!EVP_DigestFinal_ex(call.session->hash, pucHash, NULL))
        status = SDR_UNKNOWERR;
    if (status == SDR_OK)
        *puiHashLength = SM3_BYTES;
    call.session->hashing = false;
    return call_end(&call, status, pucHash, SM3_BYTES);
}
