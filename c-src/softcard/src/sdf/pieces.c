/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018-2023: encryption, decryption and authentication codes in pieces. */
#include "sdf/pieces.h"

#include "crypto/algorithms.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

enum { BLOCK_BYTES = 16, SM3_BYTES = 32, MAC_PIECE_BYTES = 1024 };

int pieces_init_cipher(struct call *call, bool encrypting, uint32_t algorithm, const uint8_t *key,
                       const uint8_t *iv, size_t iv_bytes) {
    struct running_cipher *running = &call->session->running_cipher;
    struct sm4_mode mode;
    running->step = RUNNING_NOT;
    int status = sm4_mode_of(algorithm, &mode);
    if (status != SDR_OK)
        return status;
    if (mode.takes_iv && (iv == NULL || iv_bytes != BLOCK_BYTES))
        return SDR_INARGERR;
    bool good = EVP_CipherInit_ex2(running->cipher, mode.cipher, key, mode.takes_iv ? iv : NULL,
                                   encrypting, NULL) &&
                EVP_CIPHER_CTX_set_padding(running->cipher, 0);
    ERR_clear_error();
    if (!good)
        return SDR_SYMOPERR;
    running->whole_blocks = mode.whole_blocks;
    running->held_bytes = 0;
    running->step = encrypting ? RUNNING_ENCRYPT : RUNNING_DECRYPT;
    return SDR_OK;
}

static int init_call(bool encrypting, void *session, void *key_handle, uint32_t algorithm,
                     const uint8_t *iv, unsigned int iv_bytes) {
    struct call call;
    const struct session_key *key;
    int status = call_begin(&call, session, OPERATION_CIPHER);
    if (status != SDR_OK)
        return status;
    call.session->running_cipher.step = RUNNING_NOT;
    status = sm4_key(&call, key_handle, &key);
    if (status == SDR_OK)
        status = pieces_init_cipher(&call, encrypting, algorithm, key->key, iv, iv_bytes);
    return call_end(&call, status, NULL, 0);
}

int SDF_EncryptInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                    unsigned char *pucIV, unsigned int uiIVLength) {
    return init_call(true, hSessionHandle, hKeyHandle, uiAlgID, pucIV, uiIVLength);
}

int SDF_DecryptInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                    unsigned char *pucIV, unsigned int uiIVLength) {
    return init_call(false, hSessionHandle, hKeyHandle, uiAlgID, pucIV, uiIVLength);
}

static int update(struct call *call, enum running_step step, const uint8_t *in, size_t bytes,
                  uint8_t *out, unsigned int *out_bytes) {
    struct running_cipher *running = &call->session->running_cipher;
    int made = 0;
    if (running->step != step)
        return SDR_STEPERR;
    if (bytes > call->card->config.behaviour.buffer_bytes)
        return SDR_INARGERR;
    if (bytes > 0 && !EVP_CipherUpdate(running->cipher, out, &made, in, (int)bytes)) {
        ERR_clear_error();
        running->step = RUNNING_NOT;
        return SDR_SYMOPERR;
    }
    running->held_bytes = running->whole_blocks ? (running->held_bytes + bytes) % BLOCK_BYTES : 0;
    *out_bytes = (unsigned int)made;
    return SDR_OK;
}

static int update_call(void *session, enum running_step step, const uint8_t *in, unsigned int bytes,
                       uint8_t *out, unsigned int *out_bytes) {
    struct call call;
    unsigned int made = 0;
    if (in == NULL || out == NULL || out_bytes == NULL)
        return in == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    int status = call_begin(&call, session, OPERATION_CIPHER);
    if (status != SDR_OK)
        return status;
    status = update(&call, step, in, bytes, out, &made);
    if (status == SDR_OK)
        *out_bytes = made;
    return call_end(&call, status, out, made);
}

int SDF_EncryptUpdate(void *hSessionHandle, unsigned char *pucData, unsigned int uiDataLength,
                      unsigned char *pucEncData, unsigned int *puiEncDataLength) {
    return update_call(hSessionHandle, RUNNING_ENCRYPT, pucData, uiDataLength, pucEncData,
                       puiEncDataLength);
}

int SDF_DecryptUpdate(void *hSessionHandle, unsigned char *pucEncData, unsigned int uiEncDataLength,
                      unsigned char *pucData, unsigned int *puiDataLength) {
    return update_call(hSessionHandle, RUNNING_DECRYPT, pucEncData, uiEncDataLength, pucData,
                       puiDataLength);
}

static int final_call(void *session, enum running_step step, unsigned int *out_bytes) {
    struct call call;
    if (out_bytes == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, session, OPERATION_CIPHER);
    if (status != SDR_OK)
        return status;
    struct running_cipher *running = &call.session->running_cipher;
    if (running->step != step) {
        status = SDR_STEPERR;
    } else {
        running->step = RUNNING_NOT;
        EVP_CIPHER_CTX_reset(running->cipher); /* the key's schedule goes */
        if (running->held_bytes != 0)
            status = SDR_INARGERR;
        else
            *out_bytes = 0;
    }
    return call_end(&call, status, NULL, 0);
}

int SDF_EncryptFinal(void *hSessionHandle, unsigned char *pucLastEncData,
                     unsigned int *puiLastEncDataLength) {
    (void)pucLastEncData; /* nothing is padded, so nothing comes out */
    return final_call(hSessionHandle, RUNNING_ENCRYPT, puiLastEncDataLength);
}

int SDF_DecryptFinal(void *hSessionHandle, unsigned char *pucLastData,
                     unsigned int *puiLastDataLength) {
    (void)pucLastData;
    return final_call(hSessionHandle, RUNNING_DECRYPT, puiLastDataLength);
}

/* --- CBC-MAC */

static int init_mac(struct call *call, void *key_handle, uint32_t algorithm, const uint8_t *iv,
                    size_t iv_bytes) {
    struct running_mac *running = &call->session->running_mac;
    const struct session_key *key;
    running->running = false;
    if (algorithm != SGD_SM4_MAC)
        return SDR_ALGNOTSUPPORT;
    int status = sm4_key(call, key_handle, &key);
    if (status != SDR_OK)
        return status;
    if (iv == NULL || iv_bytes != BLOCK_BYTES)
        return SDR_INARGERR;
    if (!EVP_CipherInit_ex2(running->cipher, algorithms()->sm4_cbc, key->key, iv, 1, NULL) ||
        !EVP_CIPHER_CTX_set_padding(running->cipher, 0))
        return SDR_MACERR;
    running->held_bytes = 0;
    running->fed = false;
    running->running = true;
    return SDR_OK;
}

int SDF_CalculateMACInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                         unsigned char *pucIV, unsigned int uiIVLength) {
    struct call call;
    int status = call_begin(&call, hSessionHandle, OPERATION_MAC);
    if (status != SDR_OK)
        return status;
    return call_end(&call, init_mac(&call, hKeyHandle, uiAlgID, pucIV, uiIVLength), NULL, 0);
}

static int feed_mac(struct call *call, const uint8_t *in, size_t bytes) {
    struct running_mac *running = &call->session->running_mac;
    uint8_t room[MAC_PIECE_BYTES + BLOCK_BYTES];
    int made;
    if (!running->running)
        return SDR_STEPERR;
    if (bytes > call->card->config.behaviour.buffer_bytes)
        return SDR_INARGERR;
    for (size_t at = 0; at < bytes && running->running; at += MAC_PIECE_BYTES) {
        size_t now = bytes - at < MAC_PIECE_BYTES ? bytes - at : MAC_PIECE_BYTES;
        running->running = EVP_CipherUpdate(running->cipher, room, &made, in + at, (int)now) != 0;
        if (running->running && made > 0) {
            memcpy(running->mac, room + made - BLOCK_BYTES, BLOCK_BYTES);
            running->fed = true;
        }
    }
    running->held_bytes = (running->held_bytes + bytes) % BLOCK_BYTES;
    OPENSSL_cleanse(room, sizeof room);
    ERR_clear_error();
    return running->running ? SDR_OK : SDR_MACERR;
}

int SDF_CalculateMACUpdate(void *hSessionHandle, unsigned char *pucData,
                           unsigned int uiDataLength) {
    struct call call;
    if (pucData == NULL && uiDataLength != 0)
        return SDR_INARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_MAC);
    if (status != SDR_OK)
        return status;
    return call_end(&call, feed_mac(&call, pucData, uiDataLength), NULL, 0);
}

int SDF_CalculateMACFinal(void *hSessionHandle, unsigned char *pucMAC, unsigned int *puiMACLength) {
    struct call call;
    if (pucMAC == NULL || puiMACLength == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_MAC);
    if (status != SDR_OK)
        return status;
    struct running_mac *running = &call.session->running_mac;
    if (!running->running) {
        status = SDR_STEPERR;
    } else if (!running->fed || running->held_bytes != 0) {
        status = SDR_INARGERR;
    } else {
        memcpy(pucMAC, running->mac, BLOCK_BYTES);
        *puiMACLength = BLOCK_BYTES;
    }
    running->running = false;
    EVP_CIPHER_CTX_reset(running->cipher);
    OPENSSL_cleanse(running->mac, sizeof running->mac);
    return call_end(&call, status, pucMAC, BLOCK_BYTES);
}

/* --- HMAC */

int pieces_init_hmac(struct call *call, uint32_t algorithm, const uint8_t *key, size_t bytes) {
    struct running_hmac *running = &call->session->running_hmac;
    running->running = false;
    if (algorithm != SGD_SM3_HMAC && algorithm != SGD_SM3)
        return SDR_ALGNOTSUPPORT;
    if (bytes == 0 || bytes > call->card->config.behaviour.buffer_bytes)
        return SDR_INARGERR;
    running->running = EVP_MAC_init(running->hmac, key, bytes, NULL) != 0;
    ERR_clear_error();
    return running->running ? SDR_OK : SDR_MACERR;
}

int SDF_HMACInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID) {
    struct call call;
    int status = call_begin(&call, hSessionHandle, OPERATION_MAC);
    if (status != SDR_OK)
        return status;
    call.session->running_hmac.running = false;
    const struct session_key *key = session_find_key(call.session, hKeyHandle);
    status = key == NULL ? SDR_KEYNOTEXIST : pieces_init_hmac(&call, uiAlgID, key->key, key->bytes);
    return call_end(&call, status, NULL, 0);
}

int SDF_HMACUpdate(void *hSessionHandle, unsigned char *pucData, unsigned int uiDataLength) {
    struct call call;
    if (pucData == NULL && uiDataLength != 0)
        return SDR_INARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_MAC);
    if (status != SDR_OK)
        return status;
    struct running_hmac *running = &call.session->running_hmac;
    if (!running->running)
        status = SDR_STEPERR;
    else if (uiDataLength > call.card->config.behaviour.buffer_bytes)
        status = SDR_INARGERR;
    else if (!EVP_MAC_update(running->hmac, pucData, uiDataLength))
        status = SDR_MACERR;
    return call_end(&call, status, NULL, 0);
}

int SDF_HMACFinal(void *hSessionHandle, unsigned char *pucHMac, unsigned int *puiHMacLength) {
    struct call call;
    size_t made = 0;
    if (pucHMac == NULL || puiHMacLength == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_MAC);
    if (status != SDR_OK)
        return status;
    struct running_hmac *running = &call.session->running_hmac;
    if (!running->running)
        status = SDR_STEPERR;
    else if (!EVP_MAC_final(running->hmac, pucHMac, &made, SM3_BYTES) || made != SM3_BYTES)
        status = SDR_MACERR;
    if (status == SDR_OK)
        *puiHMacLength = SM3_BYTES;
    running->running = false;
    return call_end(&call, status, pucHMac, SM3_BYTES);
}
