/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "hsm_exchange.h"
#include "layout.h"
#include "rsa/rsa.h"
#include "test_only/test_only.h"

enum {
    PLAINTEXT_BYTES_MOST = 3800,
    OVERHEAD = BERTH_SM2_CIPHERTEXT_OVERHEAD_BYTES,
    SM2_DIGEST = 2, /* which input */
    SM2_CIPHERTEXT = 3,
    RSA_INPUT = 4
};

/* out_bytes: how long the result must be; it is written only if it is. */
static int use(const struct call *call, const uint8_t *key, size_t key_bytes, uint32_t input,
               const uint8_t *in, size_t bytes, uint8_t *out, size_t out_bytes, const char *what) {
    struct exchange exchange;
    berth_resource *resource;
    int status = test_device(call, &resource);
    if (status != SDR_OK) {
        return status;
    }
    exchange_begin(&exchange, MESSAGE_BYTES);
    protobuf_put_bytes(&exchange.writer, 1, key, key_bytes);
    protobuf_put_bytes(&exchange.writer, input, in, bytes);
    status = code_of(
        exchange_call(&exchange, resource, BERTH_OP_TEST_PRIVATE_KEY, call->timeout_ms), what);
    if (status == SDR_OK && !exchange_field(&exchange, 1, out, out_bytes)) {
        status = SDR_UNKNOWERR;
    }
    exchange_end(&exchange);
    return status;
}

/* False: not 256 bits, or not right-aligned. */
static bool get_private_key(const ECCrefPrivateKey *from,
                            uint8_t number[BERTH_SM2_COORDINATE_BYTES]) {
    return from->bits == 8 * BERTH_SM2_COORDINATE_BYTES && get_number(from->K, number);
}

static int sign(const struct call *call, uint32_t algorithm, const ECCrefPrivateKey *from,
                const uint8_t *e, size_t bytes, ECCSignature *to) {
    uint8_t key[BERTH_SM2_COORDINATE_BYTES], signature[BERTH_SM2_SIGNATURE_BYTES];
    if (algorithm != SGD_SM2_1) {
        return SDR_ALGNOTSUPPORT;
    }
    if (bytes != BERTH_SM3_BYTES) {
        return SDR_INARGERR;
    }
    int status = get_private_key(from, key)
                     ? use(call, key, sizeof key, SM2_DIGEST, e, bytes, signature, sizeof signature,
                           "SDF_ExternalSign_ECC")
                     : SDR_KEYERR;
    explicit_bzero(key, sizeof key);
    if (status == SDR_OK) {
        put_signature(to, signature);
    }
    return status;
}

BERTH_SDF_API int SDF_ExternalSign_ECC(void *hSessionHandle, unsigned int uiAlgID,
                                       ECCrefPrivateKey *pucPrivateKey, unsigned char *pucData,
                                       unsigned int uiDataLength, ECCSignature *pucSignature) {
    struct call call;
    if (pucPrivateKey == NULL || pucData == NULL || pucSignature == NULL) {
        return pucSignature == NULL ? SDR_OUTARGERR : SDR_INARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    return call_end(&call,
                    sign(&call, uiAlgID, pucPrivateKey, pucData, uiDataLength, pucSignature));
}

static int decrypt(const struct call *call, uint32_t algorithm, const ECCrefPrivateKey *from,
                   const ECCCipher *cipher, uint8_t *plain, unsigned *plain_bytes) {
    uint8_t key[BERTH_SM2_COORDINATE_BYTES], ciphertext[OVERHEAD + PLAINTEXT_BYTES_MOST];
    unsigned untrusted_length = cipher->L;
    if (algorithm != SGD_SM2_3) {
        return SDR_ALGNOTSUPPORT;
    }
    int status = get_private_key(from, key) ? SDR_OK : SDR_KEYERR;
    if (status == SDR_OK && (untrusted_length == 0 || untrusted_length > PLAINTEXT_BYTES_MOST)) {
        status = SDR_INARGERR;
    }
    if (status == SDR_OK && !get_ciphertext(cipher, untrusted_length, ciphertext)) {
        status = SDR_ENCDATAERR;
    }
    if (status == SDR_OK) {
        status = use(call, key, sizeof key, SM2_CIPHERTEXT, ciphertext, OVERHEAD + untrusted_length,
                     plain, untrusted_length, "SDF_ExternalDecrypt_ECC");
    }
    explicit_bzero(key, sizeof key);
    if (status == SDR_OK) {
        *plain_bytes = untrusted_length;
    }
    return status;
}

BERTH_SDF_API int SDF_ExternalDecrypt_ECC(void *hSessionHandle, unsigned int uiAlgID,
                                          ECCrefPrivateKey *pucPrivateKey, ECCCipher *pucEncData,
                                          unsigned char *pucData, unsigned int *puiDataLength) {
    struct call call;
    if (pucPrivateKey == NULL || pucEncData == NULL) {
        return SDR_INARGERR;
    }
    if (pucData == NULL || puiDataLength == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    return call_end(&call,
                    decrypt(&call, uiAlgID, pucPrivateKey, pucEncData, pucData, puiDataLength));
}

static uint8_t *widen(uint8_t *to, size_t to_bytes, const uint8_t *from, size_t from_bytes) {
    memset(to, 0, to_bytes - from_bytes);
    memcpy(to + to_bytes - from_bytes, from, from_bytes);
    return to + to_bytes;
}

static void put_private_key(uint8_t to[TEST_RSA_KEY_BYTES], const RSArefPrivateKey *from) {
    to = widen(to, TEST_RSA_NUMBER_BYTES, from->m, RSAref_MAX_LEN);
    to = widen(to, TEST_RSA_NUMBER_BYTES, from->e, RSAref_MAX_LEN);
    to = widen(to, TEST_RSA_NUMBER_BYTES, from->d, RSAref_MAX_LEN);
    for (int i = 0; i < 2; i++) {
        to = widen(to, TEST_RSA_PRIME_BYTES, from->prime[i], RSAref_MAX_PLEN);
    }
    for (int i = 0; i < 2; i++) {
        to = widen(to, TEST_RSA_PRIME_BYTES, from->pexp[i], RSAref_MAX_PLEN);
    }
    (void)widen(to, TEST_RSA_PRIME_BYTES, from->coef, RSAref_MAX_PLEN);
}

static int raise(const struct call *call, const RSArefPrivateKey *from, const uint8_t *in,
                 size_t bytes, uint8_t *out) {
    RSArefPublicKey half = {.bits = from->bits};
    struct rsa_public_key public_key;
    uint8_t key[TEST_RSA_KEY_BYTES];
    memcpy(half.m, from->m, sizeof half.m);
    memcpy(half.e, from->e, sizeof half.e);
    if (!rsa_get_public_key(&half, &public_key)) {
        return SDR_KEYERR;
    }
    if (bytes != public_key.modulus_bytes) {
        return SDR_INARGERR;
    }
    put_private_key(key, from);
    int status = use(call, key, sizeof key, RSA_INPUT, in, bytes, out, bytes,
                     "SDF_ExternalPrivateKeyOperation_RSA");
    explicit_bzero(key, sizeof key);
    return status;
}

BERTH_SDF_API int
SDF_ExternalPrivateKeyOperation_RSA(void *hSessionHandle, RSArefPrivateKey *pucPrivateKey,
                                    unsigned char *pucDataInput, unsigned int uiInputLength,
                                    unsigned char *pucDataOutput, unsigned int *puiOutputLength) {
    struct call call;
    if (pucPrivateKey == NULL || pucDataInput == NULL) {
        return SDR_INARGERR;
    }
    if (pucDataOutput == NULL || puiOutputLength == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    status = raise(&call, pucPrivateKey, pucDataInput, uiInputLength, pucDataOutput);
    if (status == SDR_OK) {
        *puiOutputLength = uiInputLength;
    }
    return call_end(&call, status);
}
