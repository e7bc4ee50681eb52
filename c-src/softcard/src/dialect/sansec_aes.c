/* SPDX-License-Identifier: Apache-2.0 */
#include "dialect/sansec_aes.h"

#include "sdf/call.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <string.h>

enum { AES_BLOCK_BYTES = 16, AES_KEY_BYTES = 16 };

static const EVP_CIPHER *cipher_of(unsigned mode) {
    switch (mode) {
    case SGD_ECB:
        return EVP_aes_128_ecb();
    case SGD_CBC:
        return EVP_aes_128_cbc();
    case SGD_CFB:
        return EVP_aes_128_cfb128();
    case SGD_OFB:
        return EVP_aes_128_ofb();
    case SGD_CTR:
        return EVP_aes_128_ctr();
    default:
        return NULL;
    }
}

/* iv is replaced by the one that continues the stream; NULL for ECB. */
static int run(struct call *call, const EVP_CIPHER *cipher, bool encrypting, const uint8_t *key,
               uint8_t *iv, const uint8_t *in, size_t bytes, uint8_t *out) {
    EVP_CIPHER_CTX *context = call->session->cipher;
    int made;
    bool good = EVP_CipherInit_ex2(context, cipher, key, iv, encrypting, NULL) &&
                EVP_CIPHER_CTX_set_padding(context, 0) &&
                EVP_CipherUpdate(context, out, &made, in, (int)bytes) && (size_t)made == bytes &&
                (iv == NULL || EVP_CIPHER_CTX_get_updated_iv(context, iv, AES_BLOCK_BYTES));
    ERR_clear_error();
    return good ? SDR_OK : SDR_SYMOPERR;
}

/* SDR_OK: a key of this session that fits AES-128. */
static int find_key(struct call *call, void *handle, const uint8_t **key) {
    const struct session_key *found = session_find_key(call->session, handle);
    if (found == NULL)
        return SDR_KEYNOTEXIST;
    *key = found->key;
    return found->bytes == AES_KEY_BYTES ? SDR_OK : SDR_KEYTYPEERR;
}

static int checked_cipher(struct call *call, bool encrypting, void *handle, unsigned mode,
                          uint8_t *iv, const uint8_t *in, size_t bytes, uint8_t *out) {
    const EVP_CIPHER *cipher = cipher_of(mode);
    const uint8_t *key;
    if (cipher == NULL)
        return SDR_ALGMODNOTSUPPORT;
    int status = find_key(call, handle, &key);
    if (status != SDR_OK)
        return status;
    bool whole_blocks = mode == SGD_ECB || mode == SGD_CBC;
    if (bytes == 0 || bytes > call->card->config.behaviour.buffer_bytes ||
        (whole_blocks && bytes % AES_BLOCK_BYTES != 0) || (mode != SGD_ECB && iv == NULL))
        return SDR_INARGERR;
    return run(call, cipher, encrypting, key, mode == SGD_ECB ? NULL : iv, in, bytes, out);
}

unsigned aes_cipher(void *session, bool encrypting, void *key, unsigned mode, unsigned char *iv,
                    unsigned char *in, unsigned bytes, unsigned char *out, unsigned *out_bytes) {
    struct call call;
    if (in == NULL || out == NULL || out_bytes == NULL)
        return in == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    int status = call_begin(&call, session, OPERATION_CIPHER);
    if (status != SDR_OK)
        return (unsigned)status;
    status = checked_cipher(&call, encrypting, key, mode, iv, in, bytes, out);
    if (status == SDR_OK)
        *out_bytes = bytes;
    return (unsigned)call_end(&call, status, out, bytes);
}

static int cbc_mac(struct call *call, void *handle, uint8_t *iv, const uint8_t *data, size_t bytes,
                   uint8_t mac[AES_BLOCK_BYTES]) {
    const uint8_t *key;
    int status = find_key(call, handle, &key);
    if (status != SDR_OK)
        return status;
    if (iv == NULL || bytes == 0 || bytes % AES_BLOCK_BYTES != 0 ||
        bytes > call->card->config.behaviour.buffer_bytes)
        return SDR_INARGERR;
    for (size_t at = 0; status == SDR_OK && at < bytes; at += AES_BLOCK_BYTES)
        status = run(call, EVP_aes_128_cbc(), true, key, iv, data + at, AES_BLOCK_BYTES, mac);
    return status;
}

unsigned aes_mac(void *session, void *key, unsigned char *iv, unsigned char *data, unsigned bytes,
                 unsigned char *mac, unsigned *mac_bytes) {
    struct call call;
    if (data == NULL || mac == NULL || mac_bytes == NULL)
        return data == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    int status = call_begin(&call, session, OPERATION_MAC);
    if (status != SDR_OK)
        return (unsigned)status;
    status = cbc_mac(&call, key, iv, data, bytes, mac);
    if (status == SDR_OK)
        *mac_bytes = AES_BLOCK_BYTES;
    return (unsigned)call_end(&call, status, mac, AES_BLOCK_BYTES);
}

static int under_kek(struct call *call, bool wrapping, unsigned mode, unsigned index,
                     const uint8_t *in, uint8_t *out) {
    uint8_t zero_iv[AES_BLOCK_BYTES] = {0};
    const uint8_t *kek;
    if (mode != SGD_ECB && mode != SGD_CBC)
        return SDR_ALGNOTSUPPORT;
    int status = card_kek(call->card, index, &kek);
    if (status != SDR_OK)
        return status;
    return run(call, cipher_of(mode), wrapping, kek, mode == SGD_ECB ? NULL : zero_iv, in,
               AES_KEY_BYTES, out);
}

unsigned aes_generate_under_kek(void *session, unsigned bits, unsigned mode, unsigned kek,
                                unsigned char *wrapped, unsigned *wrapped_bytes, void **key) {
    struct call call;
    uint8_t plain[AES_KEY_BYTES];
    if (wrapped == NULL || wrapped_bytes == NULL || key == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, session, OPERATION_KEY);
    if (status != SDR_OK)
        return (unsigned)status;
    if (bits != 8 * AES_KEY_BYTES)
        status = SDR_INARGERR;
    else if (RAND_priv_bytes(plain, sizeof plain) != 1)
        status = SDR_RANDERR;
    if (status == SDR_OK)
        status = under_kek(&call, true, mode, kek, plain, wrapped);
    if (status == SDR_OK)
        status = session_add_key(call.session, plain, sizeof plain, key);
    if (status == SDR_OK)
        *wrapped_bytes = sizeof plain;
    OPENSSL_cleanse(plain, sizeof plain);
    return (unsigned)call_end(&call, status, wrapped, AES_KEY_BYTES);
}

unsigned aes_import_under_kek(void *session, unsigned mode, unsigned kek, unsigned char *wrapped,
                              unsigned bytes, void **key) {
    struct call call;
    uint8_t plain[AES_KEY_BYTES];
    if (wrapped == NULL || key == NULL)
        return wrapped == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    int status = call_begin(&call, session, OPERATION_KEY);
    if (status != SDR_OK)
        return (unsigned)status;
    status =
        bytes == AES_KEY_BYTES ? under_kek(&call, false, mode, kek, wrapped, plain) : SDR_INARGERR;
    if (status == SDR_OK)
        status = session_add_key(call.session, plain, sizeof plain, key);
    OPENSSL_cleanse(plain, sizeof plain);
    return (unsigned)call_end(&call, status, NULL, 0);
}
