/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of the card's store of any content, read as a key pair, as a key-encryption key and as the
 * store's key. Nothing but what was sealed comes out.
 *
 * The first byte says what it is read as, and whether its hash is made right: without that, nearly
 * every input ends at the hash.
 */
#include "input.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "crypto/algorithms.h"
#include "store/sealed_file.h"

#define FILE_NAME "sealed"

/* Of the file's format; sealed_file.h has the whole of it. */
enum { AT_LOG2_N = 16, AT_PAYLOAD_BYTES = 28, HASH_BYTES = 32, LONGEST = 2048 };

static char folder_path[] = "/tmp/card-store-fuzzer-XXXXXX";
static int folder = -1;

static void remove_folder(void) {
    (void)unlinkat(folder, FILE_NAME, 0);
    (void)rmdir(folder_path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    struct reason why;
    (void)argc;
    (void)argv;
    MUST(algorithms_ready(&why));
    MUST(mkdtemp(folder_path) != NULL);
    folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    MUST(folder >= 0 && atexit(remove_folder) == 0);
    return 0;
}

static void put_file(const uint8_t *bytes, size_t size) {
    int file = openat(folder, FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    MUST(file >= 0 && write(file, bytes, size) == (ssize_t)size && close(file) == 0);
}

static void make_hash_right(uint8_t *file, size_t size) {
    if (size >= HASH_BYTES) {
        MUST(EVP_Digest(file, size - HASH_BYTES, file + size - HASH_BYTES, NULL, algorithms()->sm3,
                        NULL) == 1);
    }
}

/* Parameters that are allowed but take seconds tell nothing more than cheap ones. */
static void make_cheap(uint8_t *file, size_t size) {
    if (size > AT_PAYLOAD_BYTES && file[AT_LOG2_N] > 4 && file[AT_LOG2_N] <= 18) {
        file[AT_LOG2_N] = 4;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const uint8_t key[SEALING_KEY_BYTES] = {1, 2, 3};
    struct input input = {.bytes = bytes, .left = size};
    uint8_t file[LONGEST];
    uint64_t how = input_number(&input, 1);
    size_t file_bytes = input_take(&input, file, sizeof file);
    enum sealed_kind kind = (enum sealed_kind)(SEALED_STORE_KEY + how % 3);
    struct sealing_key sealing = {.key = key};
    if (kind == SEALED_STORE_KEY) {
        sealing = (struct sealing_key){.password = "password"};
        make_cheap(file, file_bytes);
    }
    if ((how & 128) != 0) {
        make_hash_right(file, file_bytes);
    }
    put_file(file, file_bytes);
    /* On the heap and of exactly the announced size. */
    size_t payload_bytes = 1 + (how >> 2) % 8 * 16;
    uint8_t *payload = calloc(1, payload_bytes);
    MUST(payload != NULL);
    struct reason why = {.text = ""};
    enum store_status status =
        sealed_file_read(folder, FILE_NAME, kind, 1, &sealing, payload, payload_bytes, &why);
    /* Nobody has the key with which it would have to be sealed. */
    MUST(status == STORE_DAMAGED || status == STORE_WRONG_PASSWORD || status == STORE_FAILED);
    MUST(why.text[0] != '\0' && memchr(why.text, '\0', sizeof why.text) != NULL);
    for (size_t i = 0; i < payload_bytes; i++) {
        MUST(payload[i] == 0);
    }
    free(payload);
    return 0;
}
