/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018-2023 6.8: keys in the clear, for tests. */
#include "sdf/pieces.h"
#include "sdf/rsa_call.h"

#include <openssl/crypto.h>
#include <string.h>

enum { KEY_BYTES = 16, IV_BYTES = 16, E_BYTES = 32 };

_Static_assert(sizeof(struct rsa_numbers) == sizeof(RSArefPrivateKey) &&
                   sizeof(RSArefPrivateKey) == 1412,
               "the same fields in the same order");

int SDF_GenerateKeyPair_RSA(void *hSessionHandle, unsigned int uiKeyBits,
                            RSArefPublicKey *pucPublicKey, RSArefPrivateKey *pucPrivateKey) {
    struct call call;
    struct rsa_primes primes;
    struct rsa_numbers numbers;
    if (pucPublicKey == NULL || pucPrivateKey == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_KEY);
    if (status != SDR_OK)
        return status;
    if (!rsa_bits_fit(uiKeyBits))
        status = SDR_INARGERR;
    else if (!rsa_generate(uiKeyBits, &primes) || !rsa_numbers_of(&primes, &numbers))
        status = SDR_RANDERR;
    if (status == SDR_OK) {
        pucPublicKey->bits = numbers.bits;
        memcpy(pucPublicKey->m, numbers.n, sizeof pucPublicKey->m);
        memcpy(pucPublicKey->e, numbers.e, sizeof pucPublicKey->e);
        memcpy(pucPrivateKey, &numbers, sizeof numbers);
    }
    OPENSSL_cleanse(&primes, sizeof primes);
    OPENSSL_cleanse(&numbers, sizeof numbers);
    return call_end(&call, status, pucPublicKey, sizeof *pucPublicKey);
}

static bool is_sm2(uint32_t algorithm) {
    return algorithm == SGD_SM2 || algorithm == SGD_SM2_1 || algorithm == SGD_SM2_2 ||
           algorithm == SGD_SM2_3;
}

int SDF_GenerateKeyPair_ECC(void *hSessionHandle, unsigned int uiAlgID, unsigned int uiKeyBits,
                            ECCrefPublicKey *pucPublicKey, ECCrefPrivateKey *pucPrivateKey) {
    struct call call;
    struct sm2_point point;
    uint8_t number[SM2_NUMBER_BYTES];
    if (pucPublicKey == NULL || pucPrivateKey == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_KEY);
    if (status != SDR_OK)
        return status;
    if (!is_sm2(uiAlgID))
        status = SDR_ALGNOTSUPPORT;
    else if (uiKeyBits != 8 * SM2_NUMBER_BYTES)
        status = SDR_INARGERR;
    EVP_PKEY *key =
        status == SDR_OK && sm2_generate(number) ? sm2_private_key(number, &point) : NULL;
    if (key != NULL) {
        pucPublicKey->bits = pucPrivateKey->bits = 8 * SM2_NUMBER_BYTES;
        put_number(pucPublicKey->x, point.x);
        put_number(pucPublicKey->y, point.y);
        put_number(pucPrivateKey->K, number);
    } else if (status == SDR_OK) {
        status = SDR_RANDERR;
    }
    EVP_PKEY_free(key);
    OPENSSL_cleanse(number, sizeof number);
    return call_end(&call, status, pucPublicKey, sizeof *pucPublicKey);
}

int SDF_ExternalPrivateKeyOperation_RSA(void *hSessionHandle, RSArefPrivateKey *pucPrivateKey,
                                        unsigned char *pucDataInput, unsigned int uiInputLength,
                                        unsigned char *pucDataOutput,
                                        unsigned int *puiOutputLength) {
    struct call call;
    struct rsa_numbers numbers;
    if (pucPrivateKey == NULL || pucDataInput == NULL)
        return SDR_INARGERR;
    if (pucDataOutput == NULL || puiOutputLength == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_RSA);
    if (status != SDR_OK)
        return status;
    memcpy(&numbers, pucPrivateKey, sizeof numbers);
    EVP_PKEY *key = rsa_private_key(&numbers);
    OPENSSL_cleanse(&numbers, sizeof numbers);
    status = key == NULL ? SDR_KEYERR
                         : rsa_operate(key, true, pucDataInput, uiInputLength, pucDataOutput,
                                       puiOutputLength);
    EVP_PKEY_free(key);
    return call_end(&call, status, pucDataOutput, uiInputLength);
}

/* NULL: not 256 bits, not right-aligned, or not a private key of SM2. */
static EVP_PKEY *private_key_of(const ECCrefPrivateKey *from) {
    struct sm2_point point;
    uint8_t number[SM2_NUMBER_BYTES];
    EVP_PKEY *key = from->bits == 8 * SM2_NUMBER_BYTES && get_number(from->K, number)
                        ? sm2_private_key(number, &point)
                        : NULL;
    OPENSSL_cleanse(number, sizeof number);
    return key;
}

static int sign(uint32_t algorithm, const ECCrefPrivateKey *from, const uint8_t *e, size_t bytes,
                ECCSignature *signature) {
    struct sm2_signature made;
    if (algorithm != SGD_SM2_1)
        return SDR_ALGNOTSUPPORT;
    if (bytes != E_BYTES)
        return SDR_INARGERR;
    EVP_PKEY *key = private_key_of(from);
    if (key == NULL)
        return SDR_KEYERR;
    bool good = sm2_sign(key, e, &made);
    EVP_PKEY_free(key);
    if (!good)
        return SDR_SIGNERR;
    put_number(signature->r, made.r);
    put_number(signature->s, made.s);
    return SDR_OK;
}

int SDF_ExternalSign_ECC(void *hSessionHandle, unsigned int uiAlgID,
                         ECCrefPrivateKey *pucPrivateKey, unsigned char *pucData,
                         unsigned int uiDataLength, ECCSignature *pucSignature) {
    struct call call;
    if (pucPrivateKey == NULL || pucData == NULL || pucSignature == NULL)
        return pucSignature == NULL ? SDR_OUTARGERR : SDR_INARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_SIGN);
    if (status != SDR_OK)
        return status;
    status = sign(uiAlgID, pucPrivateKey, pucData, uiDataLength, pucSignature);
    return call_end(&call, status, pucSignature, sizeof *pucSignature);
}

static int decrypt(struct call *call, uint32_t algorithm, const ECCrefPrivateKey *from,
                   const ECCCipher *ciphertext, uint8_t *plain, unsigned int *bytes) {
    unsigned int untrusted_length = ciphertext->L;
    if (algorithm != SGD_SM2_3)
        return SDR_ALGNOTSUPPORT;
    EVP_PKEY *key = private_key_of(from);
    if (key == NULL)
        return SDR_KEYERR;
    int status = decrypt_from(call, key, ciphertext, plain, untrusted_length);
    EVP_PKEY_free(key);
    if (status == SDR_OK)
        *bytes = untrusted_length;
    return status;
}

int SDF_ExternalDecrypt_ECC(void *hSessionHandle, unsigned int uiAlgID,
                            ECCrefPrivateKey *pucPrivateKey, ECCCipher *pucEncData,
                            unsigned char *pucData, unsigned int *puiDataLength) {
    struct call call;
    if (pucPrivateKey == NULL || pucEncData == NULL)
        return SDR_INARGERR;
    if (pucData == NULL || puiDataLength == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_SM2);
    if (status != SDR_OK)
        return status;
    status = decrypt(&call, uiAlgID, pucPrivateKey, pucEncData, pucData, puiDataLength);
    return call_end(&call, status, pucData, status == SDR_OK ? *puiDataLength : 0);
}

static int cipher_call(bool encrypting, void *session, uint32_t algorithm, const uint8_t *key,
                       unsigned int key_bytes, uint8_t *iv, unsigned int iv_bytes,
                       const uint8_t *in, unsigned int bytes, uint8_t *out,
                       unsigned int *out_bytes) {
    struct call call;
    struct sm4_mode mode;
    if (key == NULL || in == NULL)
        return SDR_INARGERR;
    if (out == NULL || out_bytes == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, session, OPERATION_CIPHER);
    if (status != SDR_OK)
        return status;
    status = sm4_mode_of(algorithm, &mode);
    if (status == SDR_OK && (key_bytes != KEY_BYTES || (mode.takes_iv && iv_bytes != IV_BYTES)))
        status = SDR_INARGERR;
    if (status == SDR_OK)
        status = sm4_run(&call, encrypting, &mode, key, iv, in, bytes, out);
    if (status == SDR_OK)
        *out_bytes = bytes;
    return call_end(&call, status, out, bytes);
}

int SDF_ExternalKeyEncrypt(void *hSessionHandle, unsigned int uiAlgID, unsigned char *pucKey,
                           unsigned int uiKeyLength, unsigned char *pucIV, unsigned int uiIVLength,
                           unsigned char *pucData, unsigned int uiDataLength,
                           unsigned char *pucEncData, unsigned int *puiEncDataLength) {
    return cipher_call(true, hSessionHandle, uiAlgID, pucKey, uiKeyLength, pucIV, uiIVLength,
                       pucData, uiDataLength, pucEncData, puiEncDataLength);
}

int SDF_ExternalKeyDecrypt(void *hSessionHandle, unsigned int uiAlgID, unsigned char *pucKey,
                           unsigned int uiKeyLength, unsigned char *pucIV, unsigned int uiIVLength,
                           unsigned char *pucEncData, unsigned int uiEncDataLength,
                           unsigned char *pucData, unsigned int *puiDataLength) {
    return cipher_call(false, hSessionHandle, uiAlgID, pucKey, uiKeyLength, pucIV, uiIVLength,
                       pucEncData, uiEncDataLength, pucData, puiDataLength);
}

static int init_call(bool encrypting, void *session, uint32_t algorithm, const uint8_t *key,
                     unsigned int key_bytes, const uint8_t *iv, unsigned int iv_bytes) {
    struct call call;
    if (key == NULL)
        return SDR_INARGERR;
    int status = call_begin(&call, session, OPERATION_CIPHER);
    if (status != SDR_OK)
        return status;
    call.session->running_cipher.step = RUNNING_NOT;
    status = key_bytes == KEY_BYTES
                 ? pieces_init_cipher(&call, encrypting, algorithm, key, iv, iv_bytes)
                 : SDR_INARGERR;
    return call_end(&call, status, NULL, 0);
}

int SDF_ExternalKeyEncryptInit(void *hSessionHandle, unsigned int uiAlgID, unsigned char *pucKey,
                               unsigned int uiKeyLength, unsigned char *pucIV,
                               unsigned int uiIVLength) {
    return init_call(true, hSessionHandle, uiAlgID, pucKey, uiKeyLength, pucIV, uiIVLength);
}

int SDF_ExternalKeyDecryptInit(void *hSessionHandle, unsigned int uiAlgID, unsigned char *pucKey,
                               unsigned int uiKeyLength, unsigned char *pucIV,
                               unsigned int uiIVLength) {
    return init_call(false, hSessionHandle, uiAlgID, pucKey, uiKeyLength, pucIV, uiIVLength);
}

int SDF_ExternalKeyHMACInit(void *hSessionHandle, unsigned int uiAlgID, unsigned char *pucKey,
                            unsigned int uiKeyLength) {
    struct call call;
    if (pucKey == NULL)
        return SDR_INARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_MAC);
    if (status != SDR_OK)
        return status;
    return call_end(&call, pieces_init_hmac(&call, uiAlgID, pucKey, uiKeyLength), NULL, 0);
}
