/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed calls for resources of driver "hsm/sdf": SM2, SM3, SM4 and MAC with keys that stay in the
 * card.
 *
 * Numbers are big-endian byte strings of fixed length: 32 bytes per coordinate, as in GM/T 0018
 * without its padding. `key` is the resource that names the card's key; for SM4 and MAC it is the
 * key-encryption key's resource, and the working key is given in its wrapped form
 * (berth_generate_key).
 *
 * All calls block at most timeout_ms (0 = 1 000), may be called by any thread, and return a
 * berth_result with a sentence in berth_last_error(). All are marked idempotent: a second execution
 * by a successor of a lost worker or broker does no harm (docs/PROTOCOL.md, 6: classes PURE and
 * RANDOMISED). Data too large for a ring travels in arena blocks by itself where the operation
 * allows it. Copies made on the way are wiped.
 */
#ifndef BERTH_BERTH_HSM_H
#define BERTH_BERTH_HSM_H

#include <berth/berth.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BERTH_SM2_COORDINATE_BYTES 32
#define BERTH_SM2_SIGNATURE_BYTES 64 /* r || s */
#define BERTH_SM3_BYTES 32
#define BERTH_SM4_BLOCK_BYTES 16
#define BERTH_SM2_CIPHERTEXT_OVERHEAD_BYTES 96 /* x || y || hash, before the data */
#define BERTH_WRAPPED_KEY_MAX_BYTES 1024

enum berth_key_usage { BERTH_KEY_SIGN = 0, BERTH_KEY_ENCRYPT = 1 };

enum berth_sm4_mode {
    BERTH_SM4_ECB = 1,
    BERTH_SM4_CBC = 2,
    BERTH_SM4_CFB = 3,
    BERTH_SM4_OFB = 4,
    BERTH_SM4_CTR = 5
};

typedef struct berth_sm2_public_key {
    uint8_t x[BERTH_SM2_COORDINATE_BYTES];
    uint8_t y[BERTH_SM2_COORDINATE_BYTES];
} berth_sm2_public_key;

typedef struct berth_wrapped_key {
    uint32_t bytes;
    uint8_t
        blob[BERTH_WRAPPED_KEY_MAX_BYTES]; /* as the card wrapped it; no secret without the card */
} berth_wrapped_key;

/* Signs e = SM3(Z || M). */
BERTH_API berth_result berth_sm2_sign(berth_resource *key, const uint8_t digest[BERTH_SM3_BYTES],
                                      uint8_t signature[BERTH_SM2_SIGNATURE_BYTES],
                                      uint32_t timeout_ms);
/* Signs M; the worker computes e with the signer's id (NULL = "1234567812345678", GM/T 0009). M
 * must fit inline (about 4 000 bytes); digest longer ones with berth_sm3 and sign the digest. */
BERTH_API berth_result berth_sm2_sign_message(berth_resource *key, const void *message,
                                              size_t message_bytes, const char *id,
                                              uint8_t signature[BERTH_SM2_SIGNATURE_BYTES],
                                              uint32_t timeout_ms);
/* public_key NULL = the resource's own. *valid is false unless the card said yes. */
BERTH_API berth_result berth_sm2_verify(berth_resource *key, const uint8_t digest[BERTH_SM3_BYTES],
                                        const uint8_t signature[BERTH_SM2_SIGNATURE_BYTES],
                                        const berth_sm2_public_key *public_key, bool *valid,
                                        uint32_t timeout_ms);
/* ciphertext = x || y || hash || data (GM/T 0009 order); *ciphertext_bytes: room on entry, written
 * on return. */
BERTH_API berth_result berth_sm2_encrypt(berth_resource *key, const void *plaintext,
                                         size_t plaintext_bytes,
                                         const berth_sm2_public_key *public_key, void *ciphertext,
                                         size_t *ciphertext_bytes, uint32_t timeout_ms);
BERTH_API berth_result berth_sm2_decrypt(berth_resource *key, const void *ciphertext,
                                         size_t ciphertext_bytes, void *plaintext,
                                         size_t *plaintext_bytes, uint32_t timeout_ms);

/* result has room for data_bytes and may be data itself. iv: 16 bytes, replaced by the value with
 * which a following part continues (it stays where none can: behind a last block that is not
 * full); NULL for ECB. ECB and CBC take multiples of 16 bytes; no padding is added or removed. */
BERTH_API berth_result berth_sm4_encrypt(berth_resource *kek, const berth_wrapped_key *key,
                                         enum berth_sm4_mode mode,
                                         uint8_t iv[BERTH_SM4_BLOCK_BYTES], const void *data,
                                         size_t data_bytes, void *result, uint32_t timeout_ms);
BERTH_API berth_result berth_sm4_decrypt(berth_resource *kek, const berth_wrapped_key *key,
                                         enum berth_sm4_mode mode,
                                         uint8_t iv[BERTH_SM4_BLOCK_BYTES], const void *data,
                                         size_t data_bytes, void *result, uint32_t timeout_ms);

/* With public_key: SM3(Z || data) for that signer and id (NULL = the default id); without: plain
 * SM3. */
BERTH_API berth_result berth_sm3(berth_resource *resource, const void *data, size_t data_bytes,
                                 const berth_sm2_public_key *public_key, const char *id,
                                 uint8_t digest[BERTH_SM3_BYTES], uint32_t timeout_ms);

enum berth_mac_algorithm { BERTH_MAC_SM4_CBC, BERTH_MAC_HMAC_SM3 };
/* iv: SM4 CBC-MAC only, NULL = zeros. *mac_bytes: room on entry (32 is enough), written on return.
 */
BERTH_API berth_result berth_mac(berth_resource *kek, const berth_wrapped_key *key,
                                 enum berth_mac_algorithm algorithm, const uint8_t *iv,
                                 const void *data, size_t data_bytes, void *mac, size_t *mac_bytes,
                                 uint32_t timeout_ms);

/* Fills the whole of buffer from the card's generator, in as many requests as needed. */
BERTH_API berth_result berth_random(berth_resource *resource, void *buffer, size_t bytes,
                                    uint32_t timeout_ms);
BERTH_API berth_result berth_export_public_key(berth_resource *key, enum berth_key_usage usage,
                                               berth_sm2_public_key *public_key,
                                               uint32_t timeout_ms);
/* A fresh symmetric key, wrapped under the resource's key. bits: 128, or 256 for HMAC-SM3 alone,
 * where the card makes such. */
BERTH_API berth_result berth_generate_key(berth_resource *kek, uint32_t bits,
                                          berth_wrapped_key *key, uint32_t timeout_ms);

#ifdef __cplusplus
}
#endif

#endif
