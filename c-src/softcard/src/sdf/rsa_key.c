/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.3: session keys that travel under RSA, padded as PKCS #1 v1.5 says. */
#include "sdf/call.h"

#include <openssl/crypto.h>
#include <string.h>

static int wrap(EVP_PKEY *key, const uint8_t *plain, size_t bytes, uint8_t *wrapped,
                unsigned int *wrapped_bytes) {
    if (!rsa_encrypt(key, plain, bytes, wrapped))
        return SDR_PKOPERR;
    *wrapped_bytes = (unsigned int)EVP_PKEY_get_size(key);
    return SDR_OK;
}

static int generate(struct call *call, EVP_PKEY *public_key, uint32_t bits, uint8_t *wrapped,
                    unsigned int *wrapped_bytes, void **handle) {
    uint8_t key[KEY_BYTES_MOST];
    int status = make_key(bits, key);
    if (status == SDR_OK)
        status = wrap(public_key, key, bits / 8, wrapped, wrapped_bytes);
    if (status == SDR_OK)
        status = session_add_key(call->session, key, bits / 8, handle);
    OPENSSL_cleanse(key, sizeof key);
    return status;
}

int SDF_GenerateKeyWithIPK_RSA(void *hSessionHandle, unsigned int uiIPKIndex,
                               unsigned int uiKeyBits, unsigned char *pucKey,
                               unsigned int *puiKeyLength, void **phKeyHandle) {
    struct call call;
    const struct rsa_pair *pair;
    if (pucKey == NULL || puiKeyLength == NULL || phKeyHandle == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_KEY);
    if (status != SDR_OK)
        return status;
    status = card_rsa_pair(call.card, uiIPKIndex, &pair);
    if (status == SDR_OK)
        status =
            generate(&call, pair->encryption.key, uiKeyBits, pucKey, puiKeyLength, phKeyHandle);
    return call_end(&call, status, pucKey, status == SDR_OK ? *puiKeyLength : 0);
}

int SDF_GenerateKeyWithEPK_RSA(void *hSessionHandle, unsigned int uiKeyBits,
                               RSArefPublicKey *pucPublicKey, unsigned char *pucKey,
                               unsigned int *puiKeyLength, void **phKeyHandle) {
    struct call call;
    if (pucPublicKey == NULL)
        return SDR_INARGERR;
    if (pucKey == NULL || puiKeyLength == NULL || phKeyHandle == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_KEY);
    if (status != SDR_OK)
        return status;
    EVP_PKEY *key = rsa_public_key(pucPublicKey->bits, pucPublicKey->m, pucPublicKey->e);
    status = key == NULL ? SDR_KEYERR
                         : generate(&call, key, uiKeyBits, pucKey, puiKeyLength, phKeyHandle);
    EVP_PKEY_free(key);
    return call_end(&call, status, pucKey, status == SDR_OK ? *puiKeyLength : 0);
}

/*
 * One answer for all that can be wrong inside, and no step that only good padding reaches before
 * it: whoever may ask often would otherwise decrypt what he likes (Bleichenbacher 1998).
 */
static int unwrap(struct call *call, uint32_t index, const uint8_t *wrapped, size_t wrapped_bytes,
                  uint8_t key[KEY_BYTES_MOST], size_t *bytes) {
    const struct rsa_pair *pair;
    uint8_t room[RSA_BYTES_MOST];
    int status = card_rsa_pair(call->card, index, &pair);
    if (status != SDR_OK)
        return status;
    if (!session_has_right(call->session, &pair->access))
        return SDR_PARDENY;
    if (wrapped_bytes != (size_t)EVP_PKEY_get_size(pair->encryption.key))
        return SDR_INARGERR;
    bool good = rsa_decrypt(pair->encryption.key, wrapped, room, bytes) && key_length_fits(*bytes);
    if (good)
        memcpy(key, room, *bytes);
    OPENSSL_cleanse(room, sizeof room);
    return good ? SDR_OK : SDR_ENCDATAERR;
}

int SDF_ImportKeyWithISK_RSA(void *hSessionHandle, unsigned int uiISKIndex, unsigned char *pucKey,
                             unsigned int uiKeyLength, void **phKeyHandle) {
    struct call call;
    uint8_t key[KEY_BYTES_MOST];
    size_t bytes = 0;
    if (pucKey == NULL || phKeyHandle == NULL)
        return pucKey == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_KEY);
    if (status != SDR_OK)
        return status;
    status = unwrap(&call, uiISKIndex, pucKey, uiKeyLength, key, &bytes);
    if (status == SDR_OK)
        status = session_add_key(call.session, key, bytes, phKeyHandle);
    OPENSSL_cleanse(key, sizeof key);
    return call_end(&call, status, NULL, 0);
}

int SDF_ExchangeDigitEnvelopeBaseOnRSA(void *hSessionHandle, unsigned int uiKeyIndex,
                                       RSArefPublicKey *pucPublicKey, unsigned char *pucDEInput,
                                       unsigned int uiDELength, unsigned char *pucDEOutput,
                                       unsigned int *puiDELength) {
    struct call call;
    uint8_t key[KEY_BYTES_MOST];
    size_t bytes = 0;
    if (pucPublicKey == NULL || pucDEInput == NULL)
        return SDR_INARGERR;
    if (pucDEOutput == NULL || puiDELength == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_KEY);
    if (status != SDR_OK)
        return status;
    EVP_PKEY *to = rsa_public_key(pucPublicKey->bits, pucPublicKey->m, pucPublicKey->e);
    status =
        to == NULL ? SDR_KEYERR : unwrap(&call, uiKeyIndex, pucDEInput, uiDELength, key, &bytes);
    if (status == SDR_OK)
        status = wrap(to, key, bytes, pucDEOutput, puiDELength);
    OPENSSL_cleanse(key, sizeof key);
    EVP_PKEY_free(to);
    return call_end(&call, status, pucDEOutput, status == SDR_OK ? *puiDELength : 0);
}
