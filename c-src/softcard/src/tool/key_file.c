/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/tool.h"

#include "crypto/sm2.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES_MOST = 8192 };

static enum store_status read_text(const char *path, char text[TEXT_BYTES_MOST + 1],
                                   struct reason *why) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        reason_set(why, "%s: %s", path, strerror(errno));
        return errno == ENOENT ? STORE_ABSENT : STORE_FAILED;
    }
    setvbuf(file, NULL, _IONBF, 0); /* no copy of a key in a buffer that nobody wipes */
    size_t bytes = fread(text, 1, TEXT_BYTES_MOST, file);
    text[bytes] = '\0';
    fclose(file);
    return STORE_OK;
}

static int digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool parse_hex(const char *text, uint8_t *out, size_t bytes) {
    while (isspace((unsigned char)*text))
        text++;
    for (size_t i = 0; i < bytes; i++, text += 2) {
        int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);
        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    while (isspace((unsigned char)*text))
        text++;
    return *text == '\0';
}

enum store_status read_hex_file(const char *path, uint8_t *out, size_t bytes, struct reason *why) {
    char text[TEXT_BYTES_MOST + 1];
    enum store_status status = read_text(path, text, why);
    if (status == STORE_OK && !parse_hex(text, out, bytes)) {
        reason_set(why, "%s: expected %zu hexadecimal digits and nothing else", path, 2 * bytes);
        status = STORE_REFUSED;
    }
    OPENSSL_cleanse(text, sizeof text);
    return status;
}

static int no_passphrase(char *buffer, int size, int writing, void *context) {
    (void)buffer, (void)size, (void)writing, (void)context;
    return -1;
}

static EVP_PKEY *read_pem(const char *text) {
    BIO *bio = BIO_new_mem_buf(text, -1);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    return key;
}

static bool parse_pem(const char *text, uint8_t d[32]) {
    BIGNUM *number = NULL;
    char group[32] = "";
    EVP_PKEY *key = read_pem(text);
    bool parsed = key != NULL && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
                  strcmp(group, "SM2") == 0 &&
                  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
                  BN_bn2binpad(number, d, 32) == 32;
    BN_clear_free(number);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return parsed;
}

enum store_status read_rsa_key(const char *path, struct rsa_primes *primes, struct reason *why) {
    char text[TEXT_BYTES_MOST + 1];
    enum store_status status = read_text(path, text, why);
    if (status != STORE_OK)
        return status;
    EVP_PKEY *key = read_pem(text);
    OPENSSL_cleanse(text, sizeof text);
    bool parsed = key != NULL && rsa_primes_of(key, primes);
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (parsed)
        return STORE_OK;
    reason_set(why,
               "%s: expected an RSA private key of 1024 or 2048 bits and two primes, in PEM "
               "without a password",
               path);
    return STORE_REFUSED;
}

enum store_status read_private_number(const char *path, uint8_t d[32], struct reason *why) {
    char text[TEXT_BYTES_MOST + 1];
    struct sm2_point point;
    enum store_status status = read_text(path, text, why);
    if (status != STORE_OK)
        return status;
    bool pem = strstr(text, "-----BEGIN") != NULL;
    bool parsed = pem ? parse_pem(text, d) : parse_hex(text, d, 32);
    OPENSSL_cleanse(text, sizeof text);
    if (!parsed) {
        reason_set(why,
                   pem ? "%s: expected an SM2 private key in PEM without a password"
                       : "%s: expected 64 hexadecimal digits, or PEM",
                   path);
        return STORE_REFUSED;
    }
    EVP_PKEY *key = sm2_private_key(d, &point);
    EVP_PKEY_free(key);
    if (key != NULL)
        return STORE_OK;
    reason_set(why, "%s: the number is not in the range of SM2 private keys", path);
    return STORE_REFUSED;
}
