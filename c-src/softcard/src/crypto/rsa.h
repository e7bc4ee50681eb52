/* SPDX-License-Identifier: Apache-2.0 */
/* RSA over libcrypto with numbers as right-aligned big-endian fields. Keys are immutable and may be
 * used by several threads at once. */
#ifndef BERTH_SOFTCARD_RSA_H
#define BERTH_SOFTCARD_RSA_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RSA_BITS_MOST = 2048,
    RSA_BYTES_MOST = RSA_BITS_MOST / 8,
    RSA_PRIME_BYTES_MOST = RSA_BYTES_MOST / 2
};

/* Two primes make a key: the rest is computed. */
struct rsa_primes {
    uint32_t bits;
    uint32_t exponent;
    uint8_t p[RSA_PRIME_BYTES_MOST];
    uint8_t q[RSA_PRIME_BYTES_MOST];
};

struct rsa_numbers {
    uint32_t bits;
    uint8_t n[RSA_BYTES_MOST];
    uint8_t e[RSA_BYTES_MOST];
    uint8_t d[RSA_BYTES_MOST];
    uint8_t prime[2][RSA_PRIME_BYTES_MOST];
    uint8_t exponent[2][RSA_PRIME_BYTES_MOST]; /* d mod (prime - 1) */
    uint8_t coefficient[RSA_PRIME_BYTES_MOST]; /* prime[1]^-1 mod prime[0] */
};

/* Lengths that the card makes and takes. */
bool rsa_bits_fit(uint32_t bits);

/* Fresh primes, exponent 65537. */
bool rsa_generate(uint32_t bits, struct rsa_primes *primes);
bool rsa_primes_of(EVP_PKEY *key, struct rsa_primes *primes);
bool rsa_numbers_of(const struct rsa_primes *primes, struct rsa_numbers *numbers);

/* The caller frees what these return; NULL: the numbers do not make a key. */
EVP_PKEY *rsa_private_key(const struct rsa_numbers *numbers);
EVP_PKEY *rsa_public_key(uint32_t bits, const uint8_t n[RSA_BYTES_MOST],
                         const uint8_t e[RSA_BYTES_MOST]);

/* The bare operations; `in` and `out` have as many bytes as the modulus. False: `in` is not below
 * it. */
bool rsa_public_operation(EVP_PKEY *key, const uint8_t *in, uint8_t *out);
bool rsa_private_operation(EVP_PKEY *key, const uint8_t *in, uint8_t *out);

/* PKCS #1 v1.5. `out` has as many bytes as the modulus. */
bool rsa_encrypt(EVP_PKEY *key, const uint8_t *plain, size_t bytes, uint8_t *out);
/* `plain` has RSA_BYTES_MOST. False for anything that is not a message of that form. */
bool rsa_decrypt(EVP_PKEY *key, const uint8_t *in, uint8_t *plain, size_t *bytes);

#endif
