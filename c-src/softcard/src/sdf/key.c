/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.3: session keys, made by the card or brought in encrypted. No key enters or leaves in
 * the clear. */
#include "sdf/call.h"

#include "crypto/algorithms.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

bool key_length_fits(size_t bytes) {
    return bytes == 16 || bytes == 32;
}

int make_key(uint32_t bits, uint8_t key[KEY_BYTES_MOST]) {
    if (bits % 8 != 0 || !key_length_fits(bits / 8))
        return SDR_INARGERR;
    return RAND_priv_bytes(key, (int)(bits / 8)) == 1 ? SDR_OK : SDR_RANDERR;
}

static int generate_for_public_key(struct call *call, EVP_PKEY *public_key, uint32_t bits,
                                   ECCCipher *wrapped, void **handle) {
    uint8_t key[KEY_BYTES_MOST];
    int status = make_key(bits, key);
    if (status == SDR_OK)
        status = encrypt_into(call, public_key, key, bits / 8, wrapped);
    if (status == SDR_OK)
        status = session_add_key(call->session, key, bits / 8, handle);
    OPENSSL_cleanse(key, sizeof key);
    return status;
}

int SDF_GenerateKeyWithIPK_ECC(void *hSessionHandle, unsigned int uiIPKIndex,
                               unsigned int uiKeyBits, ECCCipher *pucKey, void **phKeyHandle) {
    struct call call;
    const struct key_pair *pair;
    if (pucKey == NULL || phKeyHandle == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_KEY);
    if (status != SDR_OK)
        return status;
    status = card_pair(call.card, uiIPKIndex, &pair);
    if (status == SDR_OK)
        status = generate_for_public_key(&call, pair->encryption, uiKeyBits, pucKey, phKeyHandle);
    return call_end(&call, status, pucKey->C, uiKeyBits / 8);
}

static int generate_for_external(struct call *call, uint32_t bits, uint32_t algorithm,
                                 const ECCrefPublicKey *key, ECCCipher *wrapped, void **handle) {
    struct sm2_point point;
    if (algorithm != SGD_SM2_3)
        return SDR_ALGNOTSUPPORT;
    if (!point_of(key, &point))
        return SDR_INARGERR;
    EVP_PKEY *parsed = session_external_key(call->session, &point);
    return parsed == NULL ? SDR_KEYERR
                          : generate_for_public_key(call, parsed, bits, wrapped, handle);
}

int SDF_GenerateKeyWithEPK_ECC(void *hSessionHandle, unsigned int uiKeyBits, unsigned int uiAlgID,
                               ECCrefPublicKey *pucPublicKey, ECCCipher *pucKey,
                               void **phKeyHandle) {
    struct call call;
    if (pucPublicKey == NULL || pucKey == NULL || phKeyHandle == NULL)
        return pucPublicKey == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_KEY);
    if (status != SDR_OK)
        return status;
    status = generate_for_external(&call, uiKeyBits, uiAlgID, pucPublicKey, pucKey, phKeyHandle);
    return call_end(&call, status, pucKey->C, uiKeyBits / 8);
}

static int import_with_pair(struct call *call, uint32_t index, const ECCCipher *wrapped,
                            void **handle) {
    const struct key_pair *pair;
    uint8_t key[KEY_BYTES_MOST];
    unsigned int untrusted_length = wrapped->L;
    int status = card_pair(call->card, index, &pair);
    if (status != SDR_OK)
        return status;
    if (!session_has_right(call->session, &pair->access))
        return SDR_PARDENY;
    if (!key_length_fits(untrusted_length))
        return SDR_INARGERR;
    status = decrypt_from(call, pair->encryption, wrapped, key, untrusted_length);
    if (status == SDR_OK)
        status = session_add_key(call->session, key, untrusted_length, handle);
    OPENSSL_cleanse(key, sizeof key);
    return status;
}

int SDF_ImportKeyWithISK_ECC(void *hSessionHandle, unsigned int uiISKIndex, ECCCipher *pucKey,
                             void **phKeyHandle) {
    struct call call;
    if (pucKey == NULL || phKeyHandle == NULL)
        return pucKey == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_KEY);
    if (status != SDR_OK)
        return status;
    return call_end(&call, import_with_pair(&call, uiISKIndex, pucKey, phKeyHandle), NULL, 0);
}

/* Whole blocks under a KEK, in ECB or in CBC from a zero IV. */
static int wrap(struct call *call, bool wrapping, uint32_t algorithm, uint32_t kek_index,
                const uint8_t *in, size_t bytes, uint8_t *out) {
    static const uint8_t zero_iv[16];
    const uint8_t *kek;
    const EVP_CIPHER *cipher = algorithm == SGD_SM4_ECB   ? algorithms()->sm4_ecb
                               : algorithm == SGD_SM4_CBC ? algorithms()->sm4_cbc
                                                          : NULL;
    int made;
    if (cipher == NULL)
        return SDR_ALGNOTSUPPORT;
    int status = card_kek(call->card, kek_index, &kek);
    if (status != SDR_OK)
        return status;
    EVP_CIPHER_CTX *context = call->session->cipher;
    bool good = EVP_CipherInit_ex2(context, cipher, kek, zero_iv, wrapping, NULL) &&
                EVP_CIPHER_CTX_set_padding(context, 0) &&
                EVP_CipherUpdate(context, out, &made, in, (int)bytes) && (size_t)made == bytes;
    ERR_clear_error();
    return good ? SDR_OK : SDR_SYMOPERR;
}

static int generate_under_kek(struct call *call, uint32_t bits, uint32_t algorithm,
                              uint32_t kek_index, uint8_t *wrapped, unsigned int *wrapped_bytes,
                              void **handle) {
    uint8_t key[KEY_BYTES_MOST];
    int status = make_key(bits, key);
    if (status == SDR_OK)
        status = wrap(call, true, algorithm, kek_index, key, bits / 8, wrapped);
    if (status == SDR_OK)
        status = session_add_key(call->session, key, bits / 8, handle);
    if (status == SDR_OK)
        *wrapped_bytes = bits / 8;
    OPENSSL_cleanse(key, sizeof key);
    return status;
}

int SDF_GenerateKeyWithKEK(void *hSessionHandle, unsigned int uiKeyBits, unsigned int uiAlgID,
                           unsigned int uiKEKIndex, unsigned char *pucKey,
                           unsigned int *puiKeyLength, void **phKeyHandle) {
    struct call call;
    if (pucKey == NULL || puiKeyLength == NULL || phKeyHandle == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_KEY);
    if (status != SDR_OK)
        return status;
    status = generate_under_kek(&call, uiKeyBits, uiAlgID, uiKEKIndex, pucKey, puiKeyLength,
                                phKeyHandle);
    return call_end(&call, status, pucKey, uiKeyBits / 8);
}

static int import_under_kek(struct call *call, uint32_t algorithm, uint32_t kek_index,
                            const uint8_t *wrapped, size_t bytes, void **handle) {
    uint8_t key[KEY_BYTES_MOST];
    if (!key_length_fits(bytes))
        return SDR_INARGERR;
    int status = wrap(call, false, algorithm, kek_index, wrapped, bytes, key);
    if (status == SDR_OK)
        status = session_add_key(call->session, key, bytes, handle);
    OPENSSL_cleanse(key, sizeof key);
    return status;
}

int SDF_ImportKeyWithKEK(void *hSessionHandle, unsigned int uiAlgID, unsigned int uiKEKIndex,
                         unsigned char *pucKey, unsigned int uiKeyLength, void **phKeyHandle) {
    struct call call;
    if (pucKey == NULL || phKeyHandle == NULL)
        return pucKey == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_KEY);
    if (status != SDR_OK)
        return status;
    status = import_under_kek(&call, uiAlgID, uiKEKIndex, pucKey, uiKeyLength, phKeyHandle);
    return call_end(&call, status, NULL, 0);
}

int SDF_DestroyKey(void *hSessionHandle, void *hKeyHandle) {
    struct call call;
    int status = call_begin(&call, hSessionHandle, OPERATION_KEY);
    if (status != SDR_OK)
        return status;
    status = session_destroy_key(call.session, hKeyHandle) ||
                     session_destroy_agreement(call.session, hKeyHandle)
                 ? SDR_OK
                 : SDR_KEYNOTEXIST;
    return call_end(&call, status, NULL, 0);
}
