/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An open card: its folder, its lock, its keys as they were first used. One per folder and process,
 * shared by all device handles on it and by their sessions; any thread may use it.
 */
#ifndef BERTH_SOFTCARD_CARD_H
#define BERTH_SOFTCARD_CARD_H

#include "behaviour/driver.h"
#include "config/card_config.h"
#include "crypto/rsa.h"
#include "crypto/sm2.h"
#include "store/store.h"

#include <sys/types.h>

/* Who may use the private keys at an index. */
struct key_access {
    uint32_t number; /* of this pair among all pairs of the card, SM2 and RSA */
    struct password_verifier verifier;
};

/* What an index holds, parsed once. Lives and does not change until the card is closed. */
struct key_pair {
    struct key_pair *next;
    uint32_t index;
    struct key_access access;
    EVP_PKEY *signing;
    EVP_PKEY *encryption;
    struct sm2_point signing_point;
    struct sm2_point encryption_point;
};

/* The public numbers, and the key. */
struct rsa_key {
    EVP_PKEY *key;
    uint32_t bits;
    uint8_t n[RSA_BYTES_MOST];
    uint8_t e[RSA_BYTES_MOST];
};

struct rsa_pair {
    struct rsa_pair *next;
    uint32_t index;
    struct key_access access;
    struct rsa_key signing;
    struct rsa_key encryption;
};

struct kek {
    struct kek *next;
    uint32_t index;
    uint8_t *key; /* KEK_BYTES, in libcrypto's locked heap */
};

struct card {
    struct card *next;
    unsigned users; /* device handles and sessions */
    dev_t folder_device;
    ino_t folder_inode;
    int directory;
    int lock;
    struct card_config config;
    struct driver driver;
    struct faults faults;
    struct store store;
    pthread_mutex_t keys_lock; /* the lists' heads */
    struct key_pair *pairs;
    struct rsa_pair *rsa_pairs;
    struct kek *keks;
};

/* The card that the environment names, opened if this process has not opened it yet. NULL: `why`
 * says what to do. */
struct card *card_open(struct reason *why);
void card_hold(struct card *card);
void card_release(struct card *card);

/* SDR_OK, SDR_KEYNOTEXIST, or SDR_KEYERR with the reason on stderr. */
int card_pair(struct card *card, uint32_t index, const struct key_pair **pair);
int card_rsa_pair(struct card *card, uint32_t index, const struct rsa_pair **pair);
int card_kek(struct card *card, uint32_t index, const uint8_t **key);
void card_wipe_keys(struct card *card);

#endif
