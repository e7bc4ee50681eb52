/* SPDX-License-Identifier: Apache-2.0 */
/* berth-softcard: makes a card's folder and its keys, which the SDF interface has no calls for. */
#ifndef BERTH_SOFTCARD_TOOL_H
#define BERTH_SOFTCARD_TOOL_H

#include "store/store.h"

/* Exit codes, so that scripts can tell what to do. */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_WRONG_PASSWORD = 3,
    EXIT_DAMAGED = 4,
    EXIT_EXISTS = 5,
    EXIT_ABSENT = 6,
    EXIT_REFUSED = 7
};

struct options {
    const char *directory;
    const char *password_file;
    const char *access_password_file;
    const char *sign_key_file;
    const char *encrypt_key_file;
    const char *key_file;
    const char *name;
    const char *serial;
    const char *usage;
    long index;    /* -1: not given */
    long rsa_bits; /* 0: SM2 */
    bool pem;
};

struct command {
    const char *name;
    int (*run)(const struct options *options);
};

int command_init(const struct options *options);
int command_generate_key(const struct options *options);
int command_import_key(const struct options *options);
int command_generate_kek(const struct options *options);
int command_import_kek(const struct options *options);
int command_list(const struct options *options);
int command_public_key(const struct options *options);

/* Prints the reason and gives the exit code for it. */
int tool_failed(enum store_status status, const struct reason *why);
int tool_usage(const char *message);
enum store_status tool_open_store(const struct options *options, struct store *store,
                                  struct reason *why);

/* An SM2 private key from a file: PEM without a password, or 64 hexadecimal digits. */
enum store_status read_private_number(const char *path, uint8_t d[32], struct reason *why);
/* The primes of an RSA key from a file: PEM without a password. */
enum store_status read_rsa_key(const char *path, struct rsa_primes *primes, struct reason *why);
/* The same commands for RSA pairs. */
int add_rsa_pair(const struct options *options);
int print_rsa_public_key(const struct options *options, bool signing);
enum store_status make_verifier(const struct options *options, struct password_verifier *verifier,
                                struct reason *why);

/* `bytes` bytes as hexadecimal digits, white space around them ignored. */
enum store_status read_hex_file(const char *path, uint8_t *out, size_t bytes, struct reason *why);

#endif
