/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/rsa.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

enum { EXPONENT = 65537 };

bool rsa_bits_fit(uint32_t bits) {
    return bits == 1024 || bits == 2048;
}

bool rsa_generate(uint32_t bits, struct rsa_primes *primes) {
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
    bool made = key != NULL && rsa_primes_of(key, primes);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return made;
}

static bool get_number(EVP_PKEY *key, const char *name, uint8_t *field, size_t bytes) {
    BIGNUM *number = NULL;
    bool got = EVP_PKEY_get_bn_param(key, name, &number) == 1 &&
               BN_bn2binpad(number, field, (int)bytes) == (int)bytes;
    BN_clear_free(number);
    return got;
}

bool rsa_primes_of(EVP_PKEY *key, struct rsa_primes *primes) {
    uint8_t exponent[8];
    memset(primes, 0, sizeof *primes);
    bool got = EVP_PKEY_is_a(key, "RSA") && rsa_bits_fit((uint32_t)EVP_PKEY_get_bits(key)) &&
               get_number(key, OSSL_PKEY_PARAM_RSA_E, exponent, sizeof exponent) &&
               get_number(key, OSSL_PKEY_PARAM_RSA_FACTOR1, primes->p, sizeof primes->p) &&
               get_number(key, OSSL_PKEY_PARAM_RSA_FACTOR2, primes->q, sizeof primes->q);
    for (int i = 0; got && i < 4; i++)
        got = exponent[i] == 0;
    primes->bits = got ? (uint32_t)EVP_PKEY_get_bits(key) : 0;
    for (int i = 4; i < 8; i++)
        primes->exponent = primes->exponent << 8 | exponent[i];
    ERR_clear_error();
    return got;
}

/* What is computed from the primes; all on libcrypto's locked heap. */
struct derived {
    BN_CTX *context;
    BIGNUM *p, *q, *e, *n, *d, *p1, *q1, *order, *dp, *dq, *inverse;
};

static bool take(struct derived *derived) {
    derived->context = BN_CTX_secure_new();
    if (derived->context == NULL)
        return false;
    BN_CTX_start(derived->context);
    BIGNUM **all[] = {&derived->p,  &derived->q,  &derived->e,      &derived->n,
                      &derived->d,  &derived->p1, &derived->q1,     &derived->order,
                      &derived->dp, &derived->dq, &derived->inverse};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        *all[i] = BN_CTX_get(derived->context);
    return derived->inverse != NULL;
}

static bool derive(struct derived *to, const struct rsa_primes *primes) {
    bool good = BN_bin2bn(primes->p, sizeof primes->p, to->p) != NULL &&
                BN_bin2bn(primes->q, sizeof primes->q, to->q) != NULL &&
                BN_set_word(to->e, primes->exponent);
    /* So that the inversions below take paths whose time does not tell of the primes. */
    BN_set_flags(to->p, BN_FLG_CONSTTIME);
    BN_set_flags(to->q, BN_FLG_CONSTTIME);
    BN_set_flags(to->order, BN_FLG_CONSTTIME);
    BN_set_flags(to->d, BN_FLG_CONSTTIME);
    good =
        good && BN_mul(to->n, to->p, to->q, to->context) && BN_sub(to->p1, to->p, BN_value_one()) &&
        BN_sub(to->q1, to->q, BN_value_one()) && BN_mul(to->order, to->p1, to->q1, to->context) &&
        BN_mod_inverse(to->d, to->e, to->order, to->context) != NULL &&
        BN_mod(to->dp, to->d, to->p1, to->context) && BN_mod(to->dq, to->d, to->q1, to->context) &&
        BN_mod_inverse(to->inverse, to->q, to->p, to->context) != NULL;
    return good && (uint32_t)BN_num_bits(to->n) == primes->bits;
}

static bool put(const BIGNUM *number, uint8_t *field, size_t bytes) {
    return BN_bn2binpad(number, field, (int)bytes) == (int)bytes;
}

bool rsa_numbers_of(const struct rsa_primes *primes, struct rsa_numbers *numbers) {
    struct derived derived;
    bool made = take(&derived) && derive(&derived, primes);
    if (made) {
        enum { HALF = RSA_PRIME_BYTES_MOST };
        numbers->bits = primes->bits;
        made = put(derived.n, numbers->n, RSA_BYTES_MOST) &&
               put(derived.e, numbers->e, RSA_BYTES_MOST) &&
               put(derived.d, numbers->d, RSA_BYTES_MOST) &&
               put(derived.p, numbers->prime[0], HALF) && put(derived.q, numbers->prime[1], HALF) &&
               put(derived.dp, numbers->exponent[0], HALF) &&
               put(derived.dq, numbers->exponent[1], HALF) &&
               put(derived.inverse, numbers->coefficient, HALF);
    }
    if (derived.context != NULL)
        BN_CTX_end(derived.context);
    BN_CTX_free(derived.context);
    ERR_clear_error();
    return made;
}

struct part {
    const char *name;
    const uint8_t *field;
    size_t bytes;
};

static EVP_PKEY *key_from(const struct part *parts, size_t count, int selection) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = NULL;
    BIGNUM *numbers[8] = {NULL};
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    bool good = context != NULL && builder != NULL;
    for (size_t i = 0; good && i < count; i++) {
        numbers[i] = selection == EVP_PKEY_KEYPAIR ? BN_secure_new() : BN_new();
        good = numbers[i] != NULL &&
               BN_bin2bn(parts[i].field, (int)parts[i].bytes, numbers[i]) != NULL &&
               OSSL_PARAM_BLD_push_BN(builder, parts[i].name, numbers[i]);
    }
    if (good && (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL &&
        EVP_PKEY_fromdata_init(context) > 0 &&
        EVP_PKEY_fromdata(context, &key, selection, parameters) <= 0)
        key = NULL;
    ERR_clear_error();
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        BN_clear_free(numbers[i]);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    return key;
}

static bool odd_above_one(const uint8_t *field, size_t bytes) {
    uint8_t others = field[bytes - 1] & 0xFE;
    for (size_t i = 0; i < bytes - 1; i++)
        others |= field[i];
    return (field[bytes - 1] & 1) != 0 && others != 0;
}

static EVP_PKEY *of_length(EVP_PKEY *key, uint32_t bits) {
    if (key != NULL && (uint32_t)EVP_PKEY_get_bits(key) == bits)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

/* libcrypto's own check holds all numbers against each other, so that no operation with half of
 * them wrong gives the other half away; it costs as much as finding the primes prime. */
static bool consistent(EVP_PKEY *key) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool good = context != NULL && EVP_PKEY_check(context) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return good;
}

EVP_PKEY *rsa_private_key(const struct rsa_numbers *numbers) {
    enum { HALF = RSA_PRIME_BYTES_MOST };
    const struct part parts[] = {{OSSL_PKEY_PARAM_RSA_N, numbers->n, RSA_BYTES_MOST},
                                 {OSSL_PKEY_PARAM_RSA_E, numbers->e, RSA_BYTES_MOST},
                                 {OSSL_PKEY_PARAM_RSA_D, numbers->d, RSA_BYTES_MOST},
                                 {OSSL_PKEY_PARAM_RSA_FACTOR1, numbers->prime[0], HALF},
                                 {OSSL_PKEY_PARAM_RSA_FACTOR2, numbers->prime[1], HALF},
                                 {OSSL_PKEY_PARAM_RSA_EXPONENT1, numbers->exponent[0], HALF},
                                 {OSSL_PKEY_PARAM_RSA_EXPONENT2, numbers->exponent[1], HALF},
                                 {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, numbers->coefficient, HALF}};
    if (!rsa_bits_fit(numbers->bits) || !odd_above_one(numbers->n, RSA_BYTES_MOST) ||
        !odd_above_one(numbers->e, RSA_BYTES_MOST))
        return NULL;
    EVP_PKEY *key =
        of_length(key_from(parts, sizeof parts / sizeof parts[0], EVP_PKEY_KEYPAIR), numbers->bits);
    if (key == NULL || consistent(key))
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

EVP_PKEY *rsa_public_key(uint32_t bits, const uint8_t n[RSA_BYTES_MOST],
                         const uint8_t e[RSA_BYTES_MOST]) {
    const struct part parts[] = {{OSSL_PKEY_PARAM_RSA_N, n, RSA_BYTES_MOST},
                                 {OSSL_PKEY_PARAM_RSA_E, e, RSA_BYTES_MOST}};
    if (!rsa_bits_fit(bits) || !odd_above_one(n, RSA_BYTES_MOST) ||
        !odd_above_one(e, RSA_BYTES_MOST))
        return NULL;
    return of_length(key_from(parts, sizeof parts / sizeof parts[0], EVP_PKEY_PUBLIC_KEY), bits);
}

typedef int start_function(EVP_PKEY_CTX *context);
typedef int run_function(EVP_PKEY_CTX *context, unsigned char *out, size_t *out_bytes,
                         const unsigned char *in, size_t in_bytes);

static bool run(EVP_PKEY *key, start_function *start, run_function *operation, int padding,
                const uint8_t *in, size_t in_bytes, uint8_t *out, size_t *out_bytes) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool good = context != NULL && start(context) > 0 &&
                EVP_PKEY_CTX_set_rsa_padding(context, padding) > 0 &&
                operation(context, out, out_bytes, in, in_bytes) > 0;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return good;
}

bool rsa_public_operation(EVP_PKEY *key, const uint8_t *in, uint8_t *out) {
    size_t bytes = (size_t)EVP_PKEY_get_size(key), made = bytes;
    return run(key, EVP_PKEY_encrypt_init, EVP_PKEY_encrypt, RSA_NO_PADDING, in, bytes, out,
               &made) &&
           made == bytes;
}

bool rsa_private_operation(EVP_PKEY *key, const uint8_t *in, uint8_t *out) {
    size_t bytes = (size_t)EVP_PKEY_get_size(key), made = bytes;
    return run(key, EVP_PKEY_decrypt_init, EVP_PKEY_decrypt, RSA_NO_PADDING, in, bytes, out,
               &made) &&
           made == bytes;
}

bool rsa_encrypt(EVP_PKEY *key, const uint8_t *plain, size_t bytes, uint8_t *out) {
    size_t made = (size_t)EVP_PKEY_get_size(key);
    return run(key, EVP_PKEY_encrypt_init, EVP_PKEY_encrypt, RSA_PKCS1_PADDING, plain, bytes, out,
               &made);
}

bool rsa_decrypt(EVP_PKEY *key, const uint8_t *in, uint8_t *plain, size_t *bytes) {
    *bytes = RSA_BYTES_MOST;
    return run(key, EVP_PKEY_decrypt_init, EVP_PKEY_decrypt, RSA_PKCS1_PADDING, in,
               (size_t)EVP_PKEY_get_size(key), plain, bytes);
}
