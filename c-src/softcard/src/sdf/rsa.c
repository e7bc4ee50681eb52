/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.3 and 6.4: RSA keys of the card, and RSA on bare numbers. */
#include "sdf/rsa_call.h"

#include <openssl/crypto.h>
#include <string.h>

static int export_key(void *session, uint32_t index, bool signing, RSArefPublicKey *key) {
    struct call call;
    const struct rsa_pair *pair;
    if (key == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, session, OPERATION_EXPORT);
    if (status != SDR_OK)
        return status;
    status = card_rsa_pair(call.card, index, &pair);
    if (status == SDR_OK) {
        const struct rsa_key *found = signing ? &pair->signing : &pair->encryption;
        key->bits = found->bits;
        memcpy(key->m, found->n, sizeof key->m);
        memcpy(key->e, found->e, sizeof key->e);
    }
    return call_end(&call, status, key, sizeof *key);
}

int SDF_ExportSignPublicKey_RSA(void *hSessionHandle, unsigned int uiKeyIndex,
                                RSArefPublicKey *pucPublicKey) {
    return export_key(hSessionHandle, uiKeyIndex, true, pucPublicKey);
}

int SDF_ExportEncPublicKey_RSA(void *hSessionHandle, unsigned int uiKeyIndex,
                               RSArefPublicKey *pucPublicKey) {
    return export_key(hSessionHandle, uiKeyIndex, false, pucPublicKey);
}

int rsa_operate(EVP_PKEY *key, bool private_key, const uint8_t *in, size_t bytes, uint8_t *out,
                unsigned int *out_bytes) {
    if (bytes != (size_t)EVP_PKEY_get_size(key))
        return SDR_INARGERR;
    if (!(private_key ? rsa_private_operation(key, in, out) : rsa_public_operation(key, in, out)))
        return private_key ? SDR_SKOPERR : SDR_PKOPERR;
    *out_bytes = (unsigned int)bytes;
    return SDR_OK;
}

static int operate_internal(struct call *call, uint32_t index, bool private_key, const uint8_t *in,
                            size_t bytes, uint8_t *out, unsigned int *out_bytes) {
    const struct rsa_pair *pair;
    int status = card_rsa_pair(call->card, index, &pair);
    if (status != SDR_OK)
        return status;
    if (private_key && !session_has_right(call->session, &pair->access))
        return SDR_PARDENY;
    return rsa_operate(pair->signing.key, private_key, in, bytes, out, out_bytes);
}

static int internal_call(void *session, uint32_t index, bool private_key, const uint8_t *in,
                         unsigned int bytes, uint8_t *out, unsigned int *out_bytes) {
    struct call call;
    if (in == NULL || out == NULL || out_bytes == NULL)
        return in == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    int status = call_begin(&call, session, OPERATION_RSA);
    if (status != SDR_OK)
        return status;
    status = operate_internal(&call, index, private_key, in, bytes, out, out_bytes);
    return call_end(&call, status, out, bytes);
}

int SDF_InternalPublicKeyOperation_RSA(void *hSessionHandle, unsigned int uiKeyIndex,
                                       unsigned char *pucDataInput, unsigned int uiInputLength,
                                       unsigned char *pucDataOutput,
                                       unsigned int *puiOutputLength) {
    return internal_call(hSessionHandle, uiKeyIndex, false, pucDataInput, uiInputLength,
                         pucDataOutput, puiOutputLength);
}

int SDF_InternalPrivateKeyOperation_RSA(void *hSessionHandle, unsigned int uiKeyIndex,
                                        unsigned char *pucDataInput, unsigned int uiInputLength,
                                        unsigned char *pucDataOutput,
                                        unsigned int *puiOutputLength) {
    return internal_call(hSessionHandle, uiKeyIndex, true, pucDataInput, uiInputLength,
                         pucDataOutput, puiOutputLength);
}

int SDF_ExternalPublicKeyOperation_RSA(void *hSessionHandle, RSArefPublicKey *pucPublicKey,
                                       unsigned char *pucDataInput, unsigned int uiInputLength,
                                       unsigned char *pucDataOutput,
                                       unsigned int *puiOutputLength) {
    struct call call;
    if (pucPublicKey == NULL || pucDataInput == NULL)
        return SDR_INARGERR;
    if (pucDataOutput == NULL || puiOutputLength == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_RSA);
    if (status != SDR_OK)
        return status;
    EVP_PKEY *key = rsa_public_key(pucPublicKey->bits, pucPublicKey->m, pucPublicKey->e);
    status = key == NULL ? SDR_KEYERR
                         : rsa_operate(key, false, pucDataInput, uiInputLength, pucDataOutput,
                                       puiOutputLength);
    EVP_PKEY_free(key);
    return call_end(&call, status, pucDataOutput, uiInputLength);
}
