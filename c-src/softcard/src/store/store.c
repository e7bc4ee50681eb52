/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include "crypto/algorithms.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char STORE_KEY_FILE[] = "store.key";
static const char KEYS_FOLDER[] = "keys";

/*
 * SM2: signing 32 | encryption 32 | verifier. RSA: signing primes | encryption primes | verifier.
 * Primes: bits 4, exponent 4, p, q. Verifier: set 1, salt 16, hash 32.
 */
enum {
    VERIFIER_BYTES = 1 + 16 + 32,
    PRIMES_BYTES = 4 + 4 + 2 * RSA_PRIME_BYTES_MOST,
    PAIR_PAYLOAD_BYTES = 32 + 32 + VERIFIER_BYTES,
    RSA_PAYLOAD_BYTES = 2 * PRIMES_BYTES + VERIFIER_BYTES
};

static enum store_status failed(const char *what, struct reason *why) {
    int error = errno;
    reason_set(why, "%s: %s", what, strerror(error));
    return error == ENOENT ? STORE_ABSENT : error == EEXIST ? STORE_EXISTS : STORE_FAILED;
}

static int open_folder(int at, const char *path) {
    return openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The reasons below this level name files; people also need the folder. */
static enum store_status in_folder(enum store_status status, const char *directory,
                                   struct reason *why) {
    if (status != STORE_OK) {
        struct reason inner = *why;
        reason_set(why, "%s: %.600s", directory, inner.text);
    }
    return status;
}

enum store_status store_create(const char *directory, const char *password, struct reason *why) {
    if (!algorithms_ready(why))
        return STORE_FAILED;
    int folder = open_folder(AT_FDCWD, directory);
    if (folder < 0)
        return failed(directory, why);
    enum store_status status = STORE_OK;
    if (mkdirat(folder, KEYS_FOLDER, 0700) != 0)
        status = failed(KEYS_FOLDER, why);
    uint8_t *key = OPENSSL_secure_zalloc(SEALING_KEY_BYTES);
    if (status == STORE_OK && (key == NULL || RAND_priv_bytes(key, SEALING_KEY_BYTES) != 1)) {
        reason_set(why, "no random store key can be made");
        status = STORE_FAILED;
    }
    if (status == STORE_OK)
        status = sealed_file_write(folder, STORE_KEY_FILE, SEALED_STORE_KEY, 0,
                                   &(struct sealing_key){.password = password}, key,
                                   SEALING_KEY_BYTES, why);
    OPENSSL_secure_clear_free(key, SEALING_KEY_BYTES);
    close(folder);
    return in_folder(status, directory, why);
}

enum store_status store_open(const char *directory, const char *password, struct store *store,
                             struct reason *why) {
    store->keys = -1;
    store->key = NULL;
    if (!algorithms_ready(why))
        return STORE_FAILED;
    int folder = open_folder(AT_FDCWD, directory);
    if (folder < 0)
        return failed(directory, why);
    enum store_status status = STORE_OK;
    store->keys = open_folder(folder, KEYS_FOLDER);
    store->key = OPENSSL_secure_zalloc(SEALING_KEY_BYTES);
    if (store->keys < 0)
        status = failed(KEYS_FOLDER, why);
    else if (store->key == NULL)
        status = failed("store key", why);
    else
        status = sealed_file_read(folder, STORE_KEY_FILE, SEALED_STORE_KEY, 0,
                                  &(struct sealing_key){.password = password}, store->key,
                                  SEALING_KEY_BYTES, why);
    close(folder);
    if (status != STORE_OK)
        store_close(store);
    return in_folder(status, directory, why);
}

void store_close(struct store *store) {
    if (store->keys >= 0)
        close(store->keys);
    OPENSSL_secure_clear_free(store->key, SEALING_KEY_BYTES);
    store->keys = -1;
    store->key = NULL;
}

static const char *file_name(char *room, size_t bytes, enum sealed_kind kind, uint32_t index) {
    const char *prefix = kind == SEALED_KEK ? "kek" : kind == SEALED_RSA_PAIR ? "rsa" : "pair";
    snprintf(room, bytes, "%s-%u", prefix, index);
    return room;
}

static void put_verifier(uint8_t out[VERIFIER_BYTES], const struct password_verifier *access) {
    out[0] = access->set;
    memcpy(out + 1, access->salt, sizeof access->salt);
    memcpy(out + 17, access->hash, sizeof access->hash);
}

static void get_verifier(const uint8_t in[VERIFIER_BYTES], struct password_verifier *access) {
    access->set = in[0];
    memcpy(access->salt, in + 1, sizeof access->salt);
    memcpy(access->hash, in + 17, sizeof access->hash);
}

static enum store_status write_key(const struct store *store, enum sealed_kind kind, uint32_t index,
                                   const uint8_t *payload, size_t bytes, struct reason *why) {
    char name[32];
    return sealed_file_write(store->keys, file_name(name, sizeof name, kind, index), kind, index,
                             &(struct sealing_key){.key = store->key}, payload, bytes, why);
}

static enum store_status read_key(const struct store *store, enum sealed_kind kind, uint32_t index,
                                  uint8_t *payload, size_t bytes, struct reason *why) {
    char name[32];
    return sealed_file_read(store->keys, file_name(name, sizeof name, kind, index), kind, index,
                            &(struct sealing_key){.key = store->key}, payload, bytes, why);
}

enum store_status store_add_pair(const struct store *store, uint32_t index,
                                 const struct stored_pair *pair, struct reason *why) {
    uint8_t payload[PAIR_PAYLOAD_BYTES];
    memcpy(payload, pair->signing, 32);
    memcpy(payload + 32, pair->encryption, 32);
    put_verifier(payload + 64, &pair->access);
    enum store_status status =
        write_key(store, SEALED_KEY_PAIR, index, payload, sizeof payload, why);
    OPENSSL_cleanse(payload, sizeof payload);
    return status;
}

enum store_status store_read_pair(const struct store *store, uint32_t index,
                                  struct stored_pair *pair, struct reason *why) {
    uint8_t payload[PAIR_PAYLOAD_BYTES];
    enum store_status status =
        read_key(store, SEALED_KEY_PAIR, index, payload, sizeof payload, why);
    if (status == STORE_OK) {
        memcpy(pair->signing, payload, 32);
        memcpy(pair->encryption, payload + 32, 32);
        get_verifier(payload + 64, &pair->access);
    }
    OPENSSL_cleanse(payload, sizeof payload);
    return status;
}

static void put_primes(uint8_t out[PRIMES_BYTES], const struct rsa_primes *primes) {
    for (int i = 0; i < 4; i++) {
        out[i] = (uint8_t)(primes->bits >> (8 * i));
        out[4 + i] = (uint8_t)(primes->exponent >> (8 * i));
    }
    memcpy(out + 8, primes->p, sizeof primes->p);
    memcpy(out + 8 + sizeof primes->p, primes->q, sizeof primes->q);
}

static void get_primes(const uint8_t in[PRIMES_BYTES], struct rsa_primes *primes) {
    primes->bits = primes->exponent = 0;
    for (int i = 0; i < 4; i++) {
        primes->bits |= (uint32_t)in[i] << (8 * i);
        primes->exponent |= (uint32_t)in[4 + i] << (8 * i);
    }
    memcpy(primes->p, in + 8, sizeof primes->p);
    memcpy(primes->q, in + 8 + sizeof primes->p, sizeof primes->q);
}

enum store_status store_add_rsa_pair(const struct store *store, uint32_t index,
                                     const struct stored_rsa_pair *pair, struct reason *why) {
    uint8_t payload[RSA_PAYLOAD_BYTES];
    put_primes(payload, &pair->signing);
    put_primes(payload + PRIMES_BYTES, &pair->encryption);
    put_verifier(payload + 2 * PRIMES_BYTES, &pair->access);
    enum store_status status =
        write_key(store, SEALED_RSA_PAIR, index, payload, sizeof payload, why);
    OPENSSL_cleanse(payload, sizeof payload);
    return status;
}

enum store_status store_read_rsa_pair(const struct store *store, uint32_t index,
                                      struct stored_rsa_pair *pair, struct reason *why) {
    uint8_t payload[RSA_PAYLOAD_BYTES];
    enum store_status status =
        read_key(store, SEALED_RSA_PAIR, index, payload, sizeof payload, why);
    if (status == STORE_OK) {
        get_primes(payload, &pair->signing);
        get_primes(payload + PRIMES_BYTES, &pair->encryption);
        get_verifier(payload + 2 * PRIMES_BYTES, &pair->access);
    }
    OPENSSL_cleanse(payload, sizeof payload);
    return status;
}

enum store_status store_add_kek(const struct store *store, uint32_t index,
                                const uint8_t kek[KEK_BYTES], struct reason *why) {
    return write_key(store, SEALED_KEK, index, kek, KEK_BYTES, why);
}

enum store_status store_read_kek(const struct store *store, uint32_t index, uint8_t kek[KEK_BYTES],
                                 struct reason *why) {
    return read_key(store, SEALED_KEK, index, kek, KEK_BYTES, why);
}

static int by_number(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

/* The numbers in the names PREFIX-N, sorted; NULL when there is no memory. */
static uint32_t *indices(DIR *folder, const char *prefix, size_t *count) {
    size_t room = 16, prefix_bytes = strlen(prefix);
    uint32_t *found = malloc(room * sizeof *found);
    const struct dirent *entry;
    *count = 0;
    rewinddir(folder);
    while (found != NULL && (entry = readdir(folder)) != NULL) {
        char *end;
        if (strncmp(entry->d_name, prefix, prefix_bytes) != 0)
            continue;
        unsigned long index = strtoul(entry->d_name + prefix_bytes, &end, 10);
        if (*end != '\0' || end == entry->d_name + prefix_bytes || index > KEY_INDEX_MOST)
            continue;
        if (*count == room) {
            uint32_t *more = realloc(found, 2 * room * sizeof *found);
            if (more == NULL)
                free(found);
            found = more;
            room *= 2;
            if (found == NULL)
                break;
        }
        found[(*count)++] = (uint32_t)index;
    }
    if (found != NULL)
        qsort(found, *count, sizeof *found, by_number);
    return found;
}

enum store_status store_each(const struct store *store,
                             void (*each)(enum sealed_kind kind, uint32_t index, void *context),
                             void *context, struct reason *why) {
    static const struct {
        enum sealed_kind kind;
        const char *prefix;
    } kinds[] = {{SEALED_KEY_PAIR, "pair-"}, {SEALED_RSA_PAIR, "rsa-"}, {SEALED_KEK, "kek-"}};
    int keys = open_folder(store->keys, ".");
    DIR *folder = keys < 0 ? NULL : fdopendir(keys);
    if (folder == NULL) {
        enum store_status status = failed(KEYS_FOLDER, why);
        if (keys >= 0)
            close(keys);
        return status;
    }
    enum store_status status = STORE_OK;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && status == STORE_OK; i++) {
        size_t count;
        uint32_t *found = indices(folder, kinds[i].prefix, &count);
        if (found == NULL)
            status = failed(KEYS_FOLDER, why);
        for (size_t j = 0; found != NULL && j < count; j++)
            each(kinds[i].kind, found[j], context);
        free(found);
    }
    closedir(folder);
    return status;
}
