/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes what the fuzzers begin with: the golden vectors in the form that each takes, and a few
 * inputs that are right.
 *
 *   fuzz-seeds VECTORS DIRECTORY       makes DIRECTORY/FUZZER/NAME
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <berth/protocol.h>

#include "crypto/algorithms.h"
#include "guard_protocol.h"
#include "store/sealed_file.h"

#define SEED_BYTES 4096

struct seed {
    uint8_t bytes[SEED_BYTES];
    size_t size;
};

static const char *directory;

_Noreturn static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void put(struct seed *seed, const void *bytes, size_t size) {
    if (size > SEED_BYTES - seed->size) {
        fail("a seed is too long");
    }
    memcpy(seed->bytes + seed->size, bytes, size);
    seed->size += size;
}

static void put_number(struct seed *seed, uint64_t number, size_t bytes) {
    put(seed, &number, bytes);
}

static int folder_of(const char *fuzzer) {
    char path[512];
    snprintf(path, sizeof path, "%.400s/%.100s", directory, fuzzer);
    (void)mkdir(path, 0755); /* there already is as good */
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        fail(path);
    }
    return folder;
}

static void save(const char *fuzzer, const char *name, const struct seed *seed) {
    int folder = folder_of(fuzzer);
    int file = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0 || write(file, seed->bytes, seed->size) != (ssize_t)seed->size ||
        close(file) != 0) {
        fail(name);
    }
    close(folder);
}

/* ---- Golden vectors */

static size_t from_hex(const char *hex, uint8_t *bytes) {
    size_t size = 0;
    unsigned value;
    while (isxdigit((unsigned char)hex[0]) && size < SEED_BYTES &&
           sscanf(hex, "%2x", &value) == 1) {
        bytes[size++] = (uint8_t)value;
        hex += 2;
    }
    return size;
}

/* In order and with descriptors, once as the greeting and once after it. */
static void control_seeds(const char *name, uint8_t *message, size_t size) {
    if (strcmp(name, "listed") == 0) {
        message[16] += 2; /* the token: the fuzzer's segment has the vectors', its list another */
    }
    for (int greeted = 0; greeted < 2; greeted++) {
        for (int descriptors = 0; descriptors < 3; descriptors++) {
            struct seed seed = {.size = 0};
            char file[128];
            put_number(&seed, (uint64_t)greeted, 1);
            put_number(&seed, (uint64_t)descriptors << 1, 1);
            put_number(&seed, size, 2);
            put(&seed, message, size);
            snprintf(file, sizeof file, "%.80s-%d-%d", name, greeted, descriptors);
            save("control", file, &seed);
        }
    }
}

static void response_seeds(const char *name, const uint8_t *frame, size_t size) {
    struct seed seed = {.size = 0};
    static const uint8_t asked[] = {0, 1 | 16, 0, 2, 0, 4, 0, 8}; /* three requests and a stream */
    static const uint8_t polled[] = {6, 7, 0, 7, 0, 1, 6};
    if (size < sizeof(struct berth_frame) || size - sizeof(struct berth_frame) > UINT8_MAX) {
        return;
    }
    put(&seed, asked, sizeof asked);
    for (uint8_t slot = 0; slot < 4; slot++) {
        put_number(&seed, 2, 1);
        put_number(&seed, (uint64_t)slot << 4 | 3 | (slot & 1) << 2, 1);
        put(&seed, frame, sizeof(struct berth_frame));
        put_number(&seed, size - sizeof(struct berth_frame), 1);
        put(&seed, frame + sizeof(struct berth_frame), size - sizeof(struct berth_frame));
    }
    put(&seed, polled, sizeof polled);
    save("responses", name, &seed);
}

static void golden_seeds(const char *vectors) {
    FILE *file = fopen(vectors, "re");
    static char line[65536];
    if (file == NULL) {
        fail(vectors);
    }
    while (fgets(line, sizeof line, file) != NULL) {
        char kind[32], name[96];
        int at;
        uint8_t bytes[SEED_BYTES];
        if (line[0] == '#' || sscanf(line, "%31s %95s %n", kind, name, &at) != 2) {
            continue;
        }
        if (strcmp(kind, "message") == 0) {
            control_seeds(name, bytes, from_hex(line + at, bytes));
        } else if (strcmp(kind, "frame") == 0) {
            response_seeds(name, bytes, from_hex(line + at, bytes));
        }
    }
    fclose(file);
}

/* ---- What is right */

static void protobuf_seeds(void) {
    /* Sm2Signature with two short numbers; a verdict; nested fields, a fixed one among them. */
    static const struct seed seeds[] = {
        {{0x0a, 2, 1, 2, 0x12, 2, 3, 4}, 8},
        {{0x08, 1}, 2},
        {{0x0a, 4, 0x0a, 2, 9, 9, 0x15, 1, 2, 3, 4, 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x78, 0xff, 1},
         23},
    };
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
        char name[16];
        snprintf(name, sizeof name, "right-%zu", i);
        save("protobuf", name, &seeds[i]);
    }
}

static void guard_seeds(void) {
    static const char command[] =
        "--name\0card\0--broker-socket\0/run/guard.sock\0--lock\0/run/lock\0--cwd\0/\0--env\0A=b\0"
        "--unset-env\0--own-session\0--umask\0"
        "077\0--stop-grace-ms\0"
        "1\0--orphan-timeout-ms\0"
        "2\0--stuck-after-ms\0"
        "3\0--\0/bin/worker\0-x";
    struct seed options = {.size = 0}, orders = {.size = 0};
    put(&options, command, sizeof command);
    save("guard_options", "all", &options);
    struct guard_message order = {.magic = GUARD_MESSAGE_MAGIC,
                                  .version = GUARD_MESSAGE_VERSION,
                                  .kind = GUARD_ORDER_START,
                                  .incarnation = 1,
                                  .name = "fuzz"};
    put_number(&orders, 0, 1);
    put_number(&orders, GUARD_MESSAGE_BYTES - 1, 2);
    put(&orders, &order, sizeof order);
    static const uint8_t life[] = {1, 1, 2, 1, 1, 0, 1, 0, 1, 2, 0, 1, 3, 0, 1, 1, 4, 0, 1};
    put(&orders, life, sizeof life);
    save("guard_orders", "a-life", &orders);
}

static void store_seeds(void) {
    static const uint8_t key[SEALING_KEY_BYTES] = {9}, payload[128] = {7};
    struct reason why = {.text = ""};
    if (!algorithms_ready(&why)) {
        fail(why.text);
    }
    for (uint32_t kind = SEALED_STORE_KEY; kind <= SEALED_KEK; kind++) {
        for (uint32_t size = 0; size < 8; size++) {
            struct sealing_key sealing = {.key = key};
            char name[32];
            struct seed seed = {.size = 1};
            /* As the fuzzer reads its first byte; the remainder by three picks the kind. */
            uint8_t how = 0;
            while ((how >> 2) % 8 != size || how % 3 != kind - SEALED_STORE_KEY) {
                how++;
            }
            snprintf(name, sizeof name, "sealed-%u-%u", kind, size);
            int folder = folder_of("card_store");
            (void)unlinkat(folder, name, 0);
            if (sealed_file_write(folder, name, (enum sealed_kind)kind, 1, &sealing, payload,
                                  1 + size * 16, &why) != STORE_OK) {
                fail(why.text);
            }
            int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
            ssize_t bytes = read(file, seed.bytes + 1, SEED_BYTES - 1);
            if (bytes < 0) {
                fail(name);
            }
            close(file);
            close(folder);
            seed.bytes[0] = how;
            seed.size += (size_t)bytes;
            save("card_store", name, &seed);
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: fuzz-seeds VECTORS DIRECTORY\n");
        return 2;
    }
    directory = argv[2];
    golden_seeds(argv[1]);
    protobuf_seeds();
    guard_seeds();
    store_seeds();
    return 0;
}
