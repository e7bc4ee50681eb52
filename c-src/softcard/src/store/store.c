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

/* signing 32 | encryption 32 | verifier: set 1, salt 16, hash 32 */
enum { PAIR_PAYLOAD_BYTES = 32 + 32 + 1 + 16 + 32 };

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
    snprintf(room, bytes, "%s-%u", kind == SEALED_KEK ? "kek" : "pair", index);
    return room;
}

enum store_status store_add_pair(const struct store *store, uint32_t index,
                                 const struct stored_pair *pair, struct reason *why) {
    char name[32];
    uint8_t payload[PAIR_PAYLOAD_BYTES];
    memcpy(payload, pair->signing, 32);
    memcpy(payload + 32, pair->encryption, 32);
    payload[64] = pair->access.set;
    memcpy(payload + 65, pair->access.salt, 16);
    memcpy(payload + 81, pair->access.hash, 32);
    enum store_status status = sealed_file_write(
        store->keys, file_name(name, sizeof name, SEALED_KEY_PAIR, index), SEALED_KEY_PAIR, index,
        &(struct sealing_key){.key = store->key}, payload, sizeof payload, why);
    OPENSSL_cleanse(payload, sizeof payload);
    return status;
}

enum store_status store_read_pair(const struct store *store, uint32_t index,
                                  struct stored_pair *pair, struct reason *why) {
    char name[32];
    uint8_t payload[PAIR_PAYLOAD_BYTES];
    enum store_status status = sealed_file_read(
        store->keys, file_name(name, sizeof name, SEALED_KEY_PAIR, index), SEALED_KEY_PAIR, index,
        &(struct sealing_key){.key = store->key}, payload, sizeof payload, why);
    if (status == STORE_OK) {
        memcpy(pair->signing, payload, 32);
        memcpy(pair->encryption, payload + 32, 32);
        pair->access.set = payload[64];
        memcpy(pair->access.salt, payload + 65, 16);
        memcpy(pair->access.hash, payload + 81, 32);
    }
    OPENSSL_cleanse(payload, sizeof payload);
    return status;
}

enum store_status store_add_kek(const struct store *store, uint32_t index,
                                const uint8_t kek[KEK_BYTES], struct reason *why) {
    char name[32];
    return sealed_file_write(store->keys, file_name(name, sizeof name, SEALED_KEK, index),
                             SEALED_KEK, index, &(struct sealing_key){.key = store->key}, kek,
                             KEK_BYTES, why);
}

enum store_status store_read_kek(const struct store *store, uint32_t index, uint8_t kek[KEK_BYTES],
                                 struct reason *why) {
    char name[32];
    return sealed_file_read(store->keys, file_name(name, sizeof name, SEALED_KEK, index),
                            SEALED_KEK, index, &(struct sealing_key){.key = store->key}, kek,
                            KEK_BYTES, why);
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
    } kinds[] = {{SEALED_KEY_PAIR, "pair-"}, {SEALED_KEK, "kek-"}};
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
