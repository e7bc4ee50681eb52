/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/tool.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdio.h>

/* From the file if one is given, else fresh. */
static enum store_status make_primes(const struct options *options, const char *file,
                                     struct rsa_primes *primes, struct reason *why) {
    if (file != NULL)
        return read_rsa_key(file, primes, why);
    if (rsa_generate((uint32_t)options->rsa_bits, primes))
        return STORE_OK;
    reason_set(why, "no random key can be made");
    return STORE_FAILED;
}

int add_rsa_pair(const struct options *options) {
    struct reason why;
    struct store store;
    struct stored_rsa_pair pair = {0};
    if (options->rsa_bits > RSA_BITS_MOST || !rsa_bits_fit((uint32_t)options->rsa_bits))
        return tool_usage("--rsa: expected 1024 or 2048");
    enum store_status status = tool_open_store(options, &store, &why);
    if (status != STORE_OK)
        return tool_failed(status, &why);
    status = make_primes(options, options->sign_key_file, &pair.signing, &why);
    if (status == STORE_OK)
        status = make_primes(options, options->encrypt_key_file, &pair.encryption, &why);
    if (status == STORE_OK)
        status = make_verifier(options, &pair.access, &why);
    if (status == STORE_OK)
        status = store_add_rsa_pair(&store, (uint32_t)options->index, &pair, &why);
    OPENSSL_cleanse(&pair, sizeof pair);
    store_close(&store);
    if (status != STORE_OK)
        return tool_failed(status, &why);
    printf("%s: index %ld holds an RSA signing and an RSA encryption pair%s\n", options->directory,
           options->index, options->access_password_file == NULL ? "" : ", used with a password");
    return EXIT_DONE;
}

static bool print_key(const struct rsa_primes *primes, bool pem) {
    struct rsa_numbers numbers;
    if (!rsa_numbers_of(primes, &numbers))
        return false;
    EVP_PKEY *key = rsa_public_key(numbers.bits, numbers.n, numbers.e);
    size_t bytes = numbers.bits / 8;
    bool printed = key != NULL;
    if (printed && pem)
        printed = PEM_write_PUBKEY(stdout, key) == 1;
    for (size_t i = RSA_BYTES_MOST - bytes; printed && !pem && i < RSA_BYTES_MOST; i++)
        printed = printf("%02x", numbers.n[i]) > 0;
    if (printed && !pem)
        printed = printf("\n") > 0;
    OPENSSL_cleanse(&numbers, sizeof numbers);
    EVP_PKEY_free(key);
    return printed && fflush(stdout) == 0;
}

int print_rsa_public_key(const struct options *options, bool signing) {
    struct reason why;
    struct store store;
    struct stored_rsa_pair pair;
    enum store_status status = tool_open_store(options, &store, &why);
    if (status != STORE_OK)
        return tool_failed(status, &why);
    status = store_read_rsa_pair(&store, (uint32_t)options->index, &pair, &why);
    store_close(&store);
    if (status != STORE_OK)
        return tool_failed(status, &why);
    bool printed = print_key(signing ? &pair.signing : &pair.encryption, options->pem);
    OPENSSL_cleanse(&pair, sizeof pair);
    if (printed)
        return EXIT_DONE;
    reason_set(&why, "the RSA public key of index %ld cannot be written", options->index);
    return tool_failed(STORE_FAILED, &why);
}
