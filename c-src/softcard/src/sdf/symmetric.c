/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.5: SM4 and message authentication under a session key. */
#include "sdf/call.h"

#include "crypto/algorithms.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

enum { BLOCK_BYTES = 16, SM3_BYTES = 32, MAC_PIECE_BYTES = 1024 };

int sm4_mode_of(uint32_t algorithm, struct sm4_mode *mode) {
    const struct algorithms *known = algorithms();
    switch (algorithm) {
    case SGD_SM4_ECB:
        *mode = (struct sm4_mode){known->sm4_ecb, true, false};
        return SDR_OK;
    case SGD_SM4_CBC:
        *mode = (struct sm4_mode){known->sm4_cbc, true, true};
        return SDR_OK;
    case SGD_SM4_CFB:
        *mode = (struct sm4_mode){known->sm4_cfb, false, true};
        return SDR_OK;
    case SGD_SM4_OFB:
        *mode = (struct sm4_mode){known->sm4_ofb, false, true};
        return SDR_OK;
    case SGD_SM4_CTR:
        *mode = (struct sm4_mode){known->sm4_ctr, false, true};
        return SDR_OK;
    default:
        return (algorithm & ~0xFFu) == SGD_SM4 ? SDR_ALGMODNOTSUPPORT : SDR_ALGNOTSUPPORT;
    }
}

int sm4_key(struct call *call, void *handle, const struct session_key **key) {
    *key = session_find_key(call->session, handle);
    if (*key == NULL)
        return SDR_KEYNOTEXIST;
    return (*key)->bytes == BLOCK_BYTES ? SDR_OK : SDR_KEYTYPEERR;
}

int sm4_run(struct call *call, bool encrypting, const struct sm4_mode *mode, const uint8_t *key,
            uint8_t *iv, const uint8_t *in, size_t bytes, uint8_t *out) {
    EVP_CIPHER_CTX *context = call->session->cipher;
    int made;
    if (bytes == 0 || bytes > call->card->config.behaviour.buffer_bytes ||
        (mode->whole_blocks && bytes % BLOCK_BYTES != 0) || (mode->takes_iv && iv == NULL))
        return SDR_INARGERR;
    bool good = EVP_CipherInit_ex2(context, mode->cipher, key, mode->takes_iv ? iv : NULL,
                                   encrypting, NULL) &&
                EVP_CIPHER_CTX_set_padding(context, 0) &&
                EVP_CipherUpdate(context, out, &made, in, (int)bytes) && (size_t)made == bytes &&
                (!mode->takes_iv || EVP_CIPHER_CTX_get_updated_iv(context, iv, BLOCK_BYTES));
    ERR_clear_error();
    return good ? SDR_OK : SDR_SYMOPERR;
}

static int run_cipher(struct call *call, bool encrypting, void *key_handle, uint32_t algorithm,
                      uint8_t *iv, const uint8_t *in, size_t bytes, uint8_t *out,
                      unsigned int *out_bytes) {
    struct sm4_mode mode;
    const struct session_key *key;
    int status = sm4_mode_of(algorithm, &mode);
    if (status == SDR_OK)
        status = sm4_key(call, key_handle, &key);
    if (status == SDR_OK)
        status = sm4_run(call, encrypting, &mode, key->key, iv, in, bytes, out);
    if (status == SDR_OK)
        *out_bytes = (unsigned int)bytes;
    return status;
}

static int cipher_call(bool encrypting, void *session, void *key, uint32_t algorithm, uint8_t *iv,
                       const uint8_t *in, unsigned int bytes, uint8_t *out,
                       unsigned int *out_bytes) {
    struct call call;
    if (in == NULL || out == NULL || out_bytes == NULL)
        return in == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    int status = call_begin(&call, session, OPERATION_CIPHER);
    if (status != SDR_OK)
        return status;
    status = run_cipher(&call, encrypting, key, algorithm, iv, in, bytes, out, out_bytes);
    return call_end(&call, status, out, bytes);
}

int SDF_Encrypt(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID, unsigned char *pucIV,
                unsigned char *pucData, unsigned int uiDataLength, unsigned char *pucEncData,
                unsigned int *puiEncDataLength) {
    return cipher_call(true, hSessionHandle, hKeyHandle, uiAlgID, pucIV, pucData, uiDataLength,
                       pucEncData, puiEncDataLength);
}

int SDF_Decrypt(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID, unsigned char *pucIV,
                unsigned char *pucEncData, unsigned int uiEncDataLength, unsigned char *pucData,
                unsigned int *puiDataLength) {
    return cipher_call(false, hSessionHandle, hKeyHandle, uiAlgID, pucIV, pucEncData,
                       uiEncDataLength, pucData, puiDataLength);
}

static int cbc_mac(struct call *call, void *key_handle, uint8_t *iv, const uint8_t *in,
                   size_t bytes, uint8_t mac[BLOCK_BYTES]) {
    const struct session_key *key;
    uint8_t piece[MAC_PIECE_BYTES];
    EVP_CIPHER_CTX *context = call->session->cipher;
    int made = 0;
    int status = sm4_key(call, key_handle, &key);
    if (status != SDR_OK)
        return status;
    if (iv == NULL || bytes % BLOCK_BYTES != 0)
        return SDR_INARGERR;
    bool good = EVP_CipherInit_ex2(context, algorithms()->sm4_cbc, key->key, iv, 1, NULL) &&
                EVP_CIPHER_CTX_set_padding(context, 0);
    for (size_t at = 0; good && at < bytes; at += MAC_PIECE_BYTES) {
        size_t now = bytes - at < MAC_PIECE_BYTES ? bytes - at : MAC_PIECE_BYTES;
        good = EVP_CipherUpdate(context, piece, &made, in + at, (int)now) && (size_t)made == now;
    }
    ERR_clear_error();
    if (good) {
        memcpy(mac, piece + made - BLOCK_BYTES, BLOCK_BYTES);
        memcpy(iv, mac, BLOCK_BYTES);
    }
    OPENSSL_cleanse(piece, sizeof piece);
    return good ? SDR_OK : SDR_MACERR;
}

static int hmac_sm3(struct call *call, void *key_handle, const uint8_t *in, size_t bytes,
                    uint8_t mac[SM3_BYTES]) {
    EVP_MAC_CTX *context = call->session->hmac;
    size_t made;
    const struct session_key *key = session_find_key(call->session, key_handle);
    if (key == NULL)
        return SDR_KEYNOTEXIST;
    bool good = EVP_MAC_init(context, key->key, key->bytes, NULL) &&
                EVP_MAC_update(context, in, bytes) &&
                EVP_MAC_final(context, mac, &made, SM3_BYTES) && made == SM3_BYTES;
    ERR_clear_error();
    return good ? SDR_OK : SDR_MACERR;
}

int SDF_CalculateMAC(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                     unsigned char *pucIV, unsigned char *pucData, unsigned int uiDataLength,
                     unsigned char *pucMAC, unsigned int *puiMACLength) {
    struct call call;
    if (pucData == NULL || pucMAC == NULL || puiMACLength == NULL)
        return pucData == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_MAC);
    if (status != SDR_OK)
        return status;
    unsigned int mac_bytes = uiAlgID == SGD_SM3 ? SM3_BYTES : BLOCK_BYTES;
    if (uiDataLength == 0 || uiDataLength > call.card->config.behaviour.buffer_bytes)
        status = SDR_INARGERR;
    else if (uiAlgID == SGD_SM3)
        status = hmac_sm3(&call, hKeyHandle, pucData, uiDataLength, pucMAC);
    else if (uiAlgID == SGD_SM4_MAC)
        status = cbc_mac(&call, hKeyHandle, pucIV, pucData, uiDataLength, pucMAC);
    else
        status = SDR_ALGNOTSUPPORT;
    if (status == SDR_OK)
        *puiMACLength = mac_bytes;
    return call_end(&call, status, pucMAC, mac_bytes);
}
