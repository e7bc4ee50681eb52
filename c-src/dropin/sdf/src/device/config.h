/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which device, and which names stand for the indices of its keys: from the environment and a file.
 *
 *   device = hsm:payments          otherwise $BERTH_SDF_DEVICE, which goes first, or the only one
 *   socket = /run/berth/broker.sock
 *   timeout_ms = 15000             of one call
 *   buffer_bytes = 16777216        most data of one call, and of one hash
 *   key.sm2.1 = sign-1             goes before the catalogue
 *   key.kek.1 = kek-1
 *   key.rsa.1 = server-1           counted apart from the SM2 pairs
 *
 * '#' begins a comment. The file is $BERTH_SDF_CONFIG or, if it exists, /etc/berth/sdf.conf. A
 * set-uid program looks at no variable.
 */
#ifndef BERTH_DROPIN_SDF_CONFIG_H
#define BERTH_DROPIN_SDF_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key_kind { KEY_SM2, KEY_KEK, KEY_RSA, KEY_KINDS };

#define NAME_BYTES 512 /* of a resource, with the terminating zero */

struct named_key {
    enum key_kind kind;
    uint32_t index;
    char name[NAME_BYTES]; /* local: without the device's */
};

struct config {
    char device[NAME_BYTES]; /* "": the only one that the policy shows */
    char socket[108];        /* "": the client's choice */
    uint32_t timeout_ms;
    uint32_t buffer_bytes;
    struct named_key *keys;
    size_t key_count;
};

struct why {
    char text[512];
};

/* False: `why` says which line of which file, and what was expected. */
bool config_read(struct config *config, struct why *why);
void config_free(struct config *config);
void why_say(struct why *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "sm2", "kek", "rsa" */
const char *key_kind_name(enum key_kind kind);

#endif
