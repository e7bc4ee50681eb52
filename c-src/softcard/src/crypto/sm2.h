/* SPDX-License-Identifier: Apache-2.0 */
/* SM2 over libcrypto with numbers as 32 big-endian bytes. Keys are immutable and may be used by
 * several threads at once. */
#ifndef BERTH_SOFTCARD_SM2_H
#define BERTH_SOFTCARD_SM2_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SM2_NUMBER_BYTES = 32 };

struct sm2_point {
    uint8_t x[SM2_NUMBER_BYTES];
    uint8_t y[SM2_NUMBER_BYTES];
};

struct sm2_signature {
    uint8_t r[SM2_NUMBER_BYTES];
    uint8_t s[SM2_NUMBER_BYTES];
};

/* The parts of a ciphertext other than C2, which is as long as the plaintext. */
struct sm2_ciphertext_head {
    struct sm2_point c1;
    uint8_t c3[32];
};

/* The caller frees what these return (EVP_PKEY_free); NULL: the number is not in [1, n-2], or the
 * point is not on the curve. */
EVP_PKEY *sm2_private_key(const uint8_t d[SM2_NUMBER_BYTES], struct sm2_point *public_point);
EVP_PKEY *sm2_public_key(const struct sm2_point *point);

/* A fresh private number. */
bool sm2_generate(uint8_t d[SM2_NUMBER_BYTES]);
/* That of a key made by sm2_private_key(). */
bool sm2_number_of(EVP_PKEY *key, uint8_t d[SM2_NUMBER_BYTES]);

bool sm2_sign(EVP_PKEY *key, const uint8_t e[32], struct sm2_signature *signature);
bool sm2_verify(EVP_PKEY *key, const uint8_t e[32], const struct sm2_signature *signature);

bool sm2_encrypt(EVP_PKEY *key, const uint8_t *plain, size_t bytes,
                 struct sm2_ciphertext_head *head, uint8_t *c2);
/* False also when C3 does not fit: the ciphertext was altered or is for another key. */
bool sm2_decrypt(EVP_PKEY *key, const struct sm2_ciphertext_head *head, const uint8_t *c2,
                 size_t bytes, uint8_t *plain);

/* Feeds Z = SM3(ENTL | id | a | b | G | P) into a running SM3; id_bytes is below 8192. */
bool sm2_hash_z(EVP_MD_CTX *hash, const struct sm2_point *public_point, const uint8_t *id,
                size_t id_bytes);

#endif
