/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One secret in one file, encrypted and authenticated. Integers are little-endian.
 *
 *    0  8  "BERTHSC1"
 *    8  4  kind            12  4  index
 *   16  4  log2 of N       20  4  r        24  4  p     scrypt's parameters; zero where the key
 * does not come from a password 28  4  payload bytes 32 16  salt 48 12  nonce           60  4  zero
 *   64  n  payload, AES-256-GCM; bytes 0..63 are authenticated with it, so that a file cannot stand
 * in for another +n  16  tag +16 32  SM3 of all before
 *
 * The hash at the end needs no key: it tells a damaged file from a wrong password, which a tag
 * alone cannot. The cipher is AES-256-GCM and not SM4 with HMAC-SM3 because libcrypto 3.0 has no
 * SM4-GCM, and one authenticated mode from the library is safer than two primitives put together
 * here; nothing outside this folder ever sees these bytes.
 *
 * A file is written beside its place, synced, and linked or renamed into it: a crash leaves the old
 * file, the new one or none.
 */
#ifndef BERTH_SOFTCARD_SEALED_FILE_H
#define BERTH_SOFTCARD_SEALED_FILE_H

#include "reason.h"

#include <stddef.h>
#include <stdint.h>

enum sealed_kind { SEALED_STORE_KEY = 1, SEALED_KEY_PAIR = 2, SEALED_KEK = 3, SEALED_RSA_PAIR = 4 };

enum store_status {
    STORE_OK,
    STORE_ABSENT,
    STORE_EXISTS,
    STORE_WRONG_PASSWORD,
    STORE_DAMAGED,
    STORE_REFUSED, /* permissions, or an argument that cannot be right */
    STORE_FAILED   /* the operating system or libcrypto */
};

enum { SEALING_KEY_BYTES = 32, SEALED_PAYLOAD_MOST = 1024 };

/* Exactly one of the two is set. */
struct sealing_key {
    const uint8_t *key; /* SEALING_KEY_BYTES */
    const char *password;
};

enum store_status sealed_file_write(int directory, const char *name, enum sealed_kind kind,
                                    uint32_t index, const struct sealing_key *key,
                                    const uint8_t *payload, size_t bytes, struct reason *why);

/* The payload has exactly `bytes` bytes, or the file is damaged. */
enum store_status sealed_file_read(int directory, const char *name, enum sealed_kind kind,
                                   uint32_t index, const struct sealing_key *key, uint8_t *payload,
                                   size_t bytes, struct reason *why);

/* Any file, put in place at once. STORE_EXISTS when there is one already. */
enum store_status file_put(int directory, const char *name, const uint8_t *content, size_t bytes,
                           struct reason *why);

#endif
