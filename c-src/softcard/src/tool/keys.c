/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/tool.h"

#include "crypto/sm2.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

static enum store_status no_random(struct reason *why) {
    reason_set(why, "no random key can be made");
    return STORE_FAILED;
}

/* From the file if one is given, else fresh. */
static enum store_status make_number(const char *file, uint8_t d[32], struct reason *why) {
    if (file != NULL)
        return read_private_number(file, d, why);
    return sm2_generate(d) ? STORE_OK : no_random(why);
}

enum store_status make_verifier(const struct options *options, struct password_verifier *verifier,
                                struct reason *why) {
    struct password password;
    if (options->access_password_file == NULL)
        return STORE_OK;
    enum store_status status = password_read(options->access_password_file, &password, why);
    if (status == STORE_OK && !password_verifier_make(verifier, password.text))
        status = no_random(why);
    password_wipe(&password);
    return status;
}

static int add_pair(const struct options *options) {
    struct reason why;
    struct store store;
    struct stored_pair pair = {0};
    if (options->index < 0)
        return tool_usage("expected --index N");
    if (options->rsa_bits != 0)
        return add_rsa_pair(options);
    enum store_status status = tool_open_store(options, &store, &why);
    if (status != STORE_OK)
        return tool_failed(status, &why);
    status = make_number(options->sign_key_file, pair.signing, &why);
    if (status == STORE_OK)
        status = make_number(options->encrypt_key_file, pair.encryption, &why);
    if (status == STORE_OK)
        status = make_verifier(options, &pair.access, &why);
    if (status == STORE_OK)
        status = store_add_pair(&store, (uint32_t)options->index, &pair, &why);
    OPENSSL_cleanse(&pair, sizeof pair);
    store_close(&store);
    if (status != STORE_OK)
        return tool_failed(status, &why);
    printf("%s: index %ld holds a signing and an encryption pair%s\n", options->directory,
           options->index, options->access_password_file == NULL ? "" : ", used with a password");
    return EXIT_DONE;
}

int command_generate_key(const struct options *options) {
    if (options->sign_key_file != NULL || options->encrypt_key_file != NULL)
        return tool_usage("generate-key takes no key; known ones come in by import-key");
    return add_pair(options);
}

int command_import_key(const struct options *options) {
    if (options->sign_key_file == NULL && options->encrypt_key_file == NULL)
        return tool_usage("expected --sign-key F, --encrypt-key F or both");
    return add_pair(options);
}

static int add_kek(const struct options *options) {
    struct reason why;
    struct store store;
    uint8_t kek[KEK_BYTES];
    if (options->index < 1)
        return tool_usage("expected --index N with N from 1");
    enum store_status status = tool_open_store(options, &store, &why);
    if (status != STORE_OK)
        return tool_failed(status, &why);
    if (options->key_file != NULL)
        status = read_hex_file(options->key_file, kek, sizeof kek, &why);
    else if (RAND_priv_bytes(kek, sizeof kek) != 1)
        status = no_random(&why);
    if (status == STORE_OK)
        status = store_add_kek(&store, (uint32_t)options->index, kek, &why);
    OPENSSL_cleanse(kek, sizeof kek);
    store_close(&store);
    if (status != STORE_OK)
        return tool_failed(status, &why);
    printf("%s: key-encryption key %ld\n", options->directory, options->index);
    return EXIT_DONE;
}

int command_generate_kek(const struct options *options) {
    return options->key_file != NULL
               ? tool_usage("generate-kek takes no key; a known one comes in by import-kek")
               : add_kek(options);
}

int command_import_kek(const struct options *options) {
    return options->key_file == NULL ? tool_usage("expected --key F") : add_kek(options);
}

struct listing {
    const struct store *store;
    enum store_status status; /* the first that was not good */
};

/* Opens each key, so that a list that ends well also says that nothing is damaged. */
static void list_one(enum sealed_kind kind, uint32_t index, void *context) {
    struct listing *listing = context;
    struct reason why;
    struct stored_pair pair = {0};
    struct stored_rsa_pair rsa_pair = {0};
    uint8_t kek[KEK_BYTES];
    enum store_status status = kind == SEALED_KEK ? store_read_kek(listing->store, index, kek, &why)
                               : kind == SEALED_RSA_PAIR
                                   ? store_read_rsa_pair(listing->store, index, &rsa_pair, &why)
                                   : store_read_pair(listing->store, index, &pair, &why);
    const char *what = kind == SEALED_KEK        ? "key-encryption key"
                       : kind == SEALED_RSA_PAIR ? "RSA signing, encryption pair"
                       : index == 0              ? "device pair"
                                                 : "signing and encryption pair";
    if (status == STORE_OK)
        printf("%-5u %-28s %s\n", index, what,
               pair.access.set != 0 || rsa_pair.access.set != 0 ? "password"
               : kind == SEALED_KEK                             ? ""
                                                                : "no password");
    else
        printf("%-5u %-28s %s\n", index, what, why.text);
    if (listing->status == STORE_OK)
        listing->status = status;
    OPENSSL_cleanse(&pair, sizeof pair);
    OPENSSL_cleanse(&rsa_pair, sizeof rsa_pair);
    OPENSSL_cleanse(kek, sizeof kek);
}

int command_list(const struct options *options) {
    struct reason why;
    struct store store;
    struct listing listing = {.store = &store};
    enum store_status status = tool_open_store(options, &store, &why);
    if (status != STORE_OK)
        return tool_failed(status, &why);
    status = store_each(&store, list_one, &listing, &why);
    store_close(&store);
    if (status == STORE_OK && listing.status != STORE_OK) {
        status = listing.status;
        reason_set(&why, "%s: not every key can be read, see the list", options->directory);
    }
    return status == STORE_OK ? EXIT_DONE : tool_failed(status, &why);
}

static bool print_key(const struct sm2_point *point, EVP_PKEY *key, bool pem) {
    if (pem)
        return PEM_write_PUBKEY(stdout, key) == 1;
    printf("04");
    for (int i = 0; i < SM2_NUMBER_BYTES; i++)
        printf("%02x", point->x[i]);
    for (int i = 0; i < SM2_NUMBER_BYTES; i++)
        printf("%02x", point->y[i]);
    return printf("\n") > 0;
}

int command_public_key(const struct options *options) {
    struct reason why;
    struct store store;
    struct stored_pair pair;
    struct sm2_point point;
    bool signing = options->usage != NULL && strcmp(options->usage, "sign") == 0;
    if (options->index < 0)
        return tool_usage("expected --index N");
    if (!signing && (options->usage == NULL || strcmp(options->usage, "encrypt") != 0))
        return tool_usage("expected --usage sign or --usage encrypt");
    if (options->rsa_bits != 0)
        return print_rsa_public_key(options, signing);
    enum store_status status = tool_open_store(options, &store, &why);
    if (status != STORE_OK)
        return tool_failed(status, &why);
    status = store_read_pair(&store, (uint32_t)options->index, &pair, &why);
    store_close(&store);
    if (status != STORE_OK)
        return tool_failed(status, &why);
    EVP_PKEY *key = sm2_private_key(signing ? pair.signing : pair.encryption, &point);
    OPENSSL_cleanse(&pair, sizeof pair);
    bool printed = key != NULL && print_key(&point, key, options->pem) && fflush(stdout) == 0;
    EVP_PKEY_free(key);
    if (printed)
        return EXIT_DONE;
    reason_set(&why, "the public key of index %ld cannot be written", options->index);
    return tool_failed(STORE_FAILED, &why);
}
