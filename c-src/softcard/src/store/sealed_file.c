/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sealed_file.h"

#include "crypto/algorithms.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char MAGIC[8] = {'B', 'E', 'R', 'T', 'H', 'S', 'C', '1'};

enum {
    AT_KIND = 8,
    AT_INDEX = 12,
    AT_LOG2_N = 16,
    AT_R = 20,
    AT_P = 24,
    AT_PAYLOAD_BYTES = 28,
    AT_SALT = 32,
    AT_NONCE = 48,
    HEADER_BYTES = 64,
    SALT_BYTES = 16,
    NONCE_BYTES = 12,
    TAG_BYTES = 16,
    HASH_BYTES = 32,
    FILE_MOST = HEADER_BYTES + SEALED_PAYLOAD_MOST + TAG_BYTES + HASH_BYTES
};

/* 32 MiB and about 0.1 s for each guess. A file that asks for more than 256 MiB is not one of ours.
 */
enum {
    SCRYPT_LOG2_N = 15,
    SCRYPT_R = 8,
    SCRYPT_P = 1,
    SCRYPT_LOG2_N_MOST = 18,
    SCRYPT_R_MOST = 8,
    SCRYPT_P_MOST = 4
};
#define SCRYPT_MEMORY_MOST ((uint64_t)300 << 20)

static void put32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get32(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static bool sealing_key_bytes(const struct sealing_key *key, const uint8_t *header,
                              uint8_t out[SEALING_KEY_BYTES]) {
    if (key->password == NULL) {
        memcpy(out, key->key, SEALING_KEY_BYTES);
        return true;
    }
    uint32_t log2_n = get32(header + AT_LOG2_N), r = get32(header + AT_R), p = get32(header + AT_P);
    return log2_n >= 1 && log2_n <= SCRYPT_LOG2_N_MOST && r >= 1 && r <= SCRYPT_R_MOST && p >= 1 &&
           p <= SCRYPT_P_MOST &&
           EVP_PBE_scrypt(key->password, strlen(key->password), header + AT_SALT, SALT_BYTES,
                          (uint64_t)1 << log2_n, r, p, SCRYPT_MEMORY_MOST, out,
                          SEALING_KEY_BYTES) == 1;
}

static bool hash(const uint8_t *content, size_t bytes, uint8_t out[HASH_BYTES]) {
    return EVP_Digest(content, bytes, out, NULL, algorithms()->sm3, NULL) == 1;
}

/* Encrypts or decrypts `bytes` at `in`; the tag is written or checked. */
static bool gcm(bool sealing, const uint8_t *key, const uint8_t *header, const uint8_t *in,
                size_t bytes, uint8_t *out, uint8_t *tag) {
    int part;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool good = context != NULL &&
                EVP_CipherInit_ex2(context, algorithms()->aes_256_gcm, key, header + AT_NONCE,
                                   sealing, NULL) &&
                EVP_CipherUpdate(context, NULL, &part, header, HEADER_BYTES) &&
                EVP_CipherUpdate(context, out, &part, in, (int)bytes) &&
                (sealing || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag)) &&
                EVP_CipherFinal_ex(context, out + bytes, &part) &&
                (!sealing || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, tag));
    EVP_CIPHER_CTX_free(context);
    ERR_clear_error();
    return good;
}

enum store_status sealed_file_write(int directory, const char *name, enum sealed_kind kind,
                                    uint32_t index, const struct sealing_key *key,
                                    const uint8_t *payload, size_t bytes, struct reason *why) {
    uint8_t file[FILE_MOST] = {0};
    uint8_t sealing[SEALING_KEY_BYTES];
    memcpy(file, MAGIC, sizeof MAGIC);
    put32(file + AT_KIND, kind);
    put32(file + AT_INDEX, index);
    put32(file + AT_PAYLOAD_BYTES, (uint32_t)bytes);
    if (key->password != NULL) {
        put32(file + AT_LOG2_N, SCRYPT_LOG2_N);
        put32(file + AT_R, SCRYPT_R);
        put32(file + AT_P, SCRYPT_P);
    }
    size_t tag_at = HEADER_BYTES + bytes, hash_at = tag_at + TAG_BYTES;
    bool sealed = bytes <= SEALED_PAYLOAD_MOST && RAND_bytes(file + AT_SALT, SALT_BYTES) == 1 &&
                  RAND_bytes(file + AT_NONCE, NONCE_BYTES) == 1 &&
                  sealing_key_bytes(key, file, sealing) &&
                  gcm(true, sealing, file, payload, bytes, file + HEADER_BYTES, file + tag_at) &&
                  hash(file, hash_at, file + hash_at);
    OPENSSL_cleanse(sealing, sizeof sealing);
    if (!sealed) {
        reason_set(why, "%s: cannot be encrypted by %s", name, OpenSSL_version(OPENSSL_VERSION));
        return STORE_FAILED;
    }
    return file_put(directory, name, file, hash_at + HASH_BYTES, why);
}

static enum store_status read_whole(int directory, const char *name, uint8_t *content, size_t room,
                                    size_t *bytes, struct reason *why) {
    int file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) {
        reason_set(why, "%s: %s", name, strerror(errno));
        return errno == ENOENT ? STORE_ABSENT : STORE_FAILED;
    }
    ssize_t got;
    *bytes = 0;
    while ((got = read(file, content + *bytes, room - *bytes)) > 0)
        *bytes += (size_t)got;
    int error = errno;
    close(file);
    if (got < 0) {
        reason_set(why, "%s: %s", name, strerror(error));
        return STORE_FAILED;
    }
    return STORE_OK;
}

static bool looks_whole(const uint8_t *file, size_t file_bytes, enum sealed_kind kind,
                        uint32_t index, size_t bytes) {
    uint8_t expected[HASH_BYTES];
    return file_bytes == HEADER_BYTES + bytes + TAG_BYTES + HASH_BYTES &&
           memcmp(file, MAGIC, sizeof MAGIC) == 0 && get32(file + AT_KIND) == (uint32_t)kind &&
           get32(file + AT_INDEX) == index && get32(file + AT_PAYLOAD_BYTES) == bytes &&
           hash(file, file_bytes - HASH_BYTES, expected) &&
           memcmp(expected, file + file_bytes - HASH_BYTES, HASH_BYTES) == 0;
}

enum store_status sealed_file_read(int directory, const char *name, enum sealed_kind kind,
                                   uint32_t index, const struct sealing_key *key, uint8_t *payload,
                                   size_t bytes, struct reason *why) {
    uint8_t file[FILE_MOST + 1];
    uint8_t sealing[SEALING_KEY_BYTES];
    size_t file_bytes;
    enum store_status status = read_whole(directory, name, file, sizeof file, &file_bytes, why);
    if (status != STORE_OK)
        return status;
    if (!looks_whole(file, file_bytes, kind, index, bytes)) {
        reason_set(why, "%s: the file is damaged; restore it from a backup of the card's folder",
                   name);
        return STORE_DAMAGED;
    }
    if (!sealing_key_bytes(key, file, sealing)) {
        reason_set(why,
                   "%s: no key can be derived with its parameters (32 MiB of memory are needed)",
                   name);
        return STORE_FAILED;
    }
    bool opened =
        gcm(false, sealing, file, file + HEADER_BYTES, bytes, payload, file + HEADER_BYTES + bytes);
    OPENSSL_cleanse(sealing, sizeof sealing);
    if (opened)
        return STORE_OK;
    OPENSSL_cleanse(payload, bytes);
    if (key->password != NULL) {
        reason_set(why, "%s: the password is wrong", name);
        return STORE_WRONG_PASSWORD;
    }
    reason_set(why, "%s: the file was altered or belongs to another card; restore it from a backup",
               name);
    return STORE_DAMAGED;
}
