/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A card's folder:
 *   card.ini        name, serial, behaviour (config/)
 *   store.key       a random store key, sealed under the store's password
 *   keys/pair-N     what index N holds: a signing pair, an encryption pair, the access password's
 * verifier; sealed under the store key keys/rsa-N      the same for RSA keys/kek-N
 * key-encryption key N, sealed under the store key device.lock     held by the process that has the
 * device open (card/) driver.state    what several openers share (behaviour/) fault failures on
 * demand (fault/) A card in use may be given further keys: they are read when they are first asked
 * for.
 */
#ifndef BERTH_SOFTCARD_STORE_H
#define BERTH_SOFTCARD_STORE_H

#include "crypto/rsa.h"
#include "store/password.h"
#include "store/sealed_file.h"

enum { KEK_BYTES = 16, KEY_INDEX_MOST = 65535 };

struct store {
    int keys;     /* the folder `keys` */
    uint8_t *key; /* in libcrypto's locked heap */
};

struct stored_pair {
    uint8_t signing[32]; /* the private numbers */
    uint8_t encryption[32];
    struct password_verifier access;
};

struct stored_rsa_pair {
    struct rsa_primes signing;
    struct rsa_primes encryption;
    struct password_verifier access;
};

/* Makes store.key and keys/ in a folder that has none. */
enum store_status store_create(const char *directory, const char *password, struct reason *why);
enum store_status store_open(const char *directory, const char *password, struct store *store,
                             struct reason *why);
void store_close(struct store *store);

enum store_status store_add_pair(const struct store *store, uint32_t index,
                                 const struct stored_pair *pair, struct reason *why);
enum store_status store_read_pair(const struct store *store, uint32_t index,
                                  struct stored_pair *pair, struct reason *why);
enum store_status store_add_rsa_pair(const struct store *store, uint32_t index,
                                     const struct stored_rsa_pair *pair, struct reason *why);
enum store_status store_read_rsa_pair(const struct store *store, uint32_t index,
                                      struct stored_rsa_pair *pair, struct reason *why);
enum store_status store_add_kek(const struct store *store, uint32_t index,
                                const uint8_t kek[KEK_BYTES], struct reason *why);
enum store_status store_read_kek(const struct store *store, uint32_t index, uint8_t kek[KEK_BYTES],
                                 struct reason *why);

/* Calls back for each key, pairs first, RSA pairs next, by rising index. */
enum store_status store_each(const struct store *store,
                             void (*each)(enum sealed_kind kind, uint32_t index, void *context),
                             void *context, struct reason *why);

#endif
