/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices and sessions as callers see them. A session holds all state that belongs to one caller: a
 * running hash, cipher contexts, session keys, access rights. It is locked for the length of each
 * call, so that a caller who breaks the rule of one thread per session gets calls one after the
 * other instead of a crash.
 */
#ifndef BERTH_SOFTCARD_SESSION_H
#define BERTH_SOFTCARD_SESSION_H

#include "card/card.h"
#include "card/running.h"

#include <openssl/evp.h>
#include <stdatomic.h>

enum { SESSION_KEYS_MOST = 1024, SESSION_RIGHTS_MOST = 1024 };

struct device {
    _Atomic unsigned references; /* the handle's and each running call's */
    pthread_mutex_t lock;        /* taken before the handle table's */
    bool closed;
    struct card *card;
};

struct session_key {
    uint8_t *key; /* in libcrypto's locked heap */
    size_t bytes;
};

struct session {
    _Atomic unsigned references; /* the handle's and each running call's */
    pthread_mutex_t lock;
    bool closed;
    bool lost; /* by a fault: nothing but CloseSession works */
    struct card *card;
    int slot;

    EVP_MD_CTX *hash;
    bool hashing;
    EVP_CIPHER_CTX *cipher;
    EVP_MAC_CTX *hmac;

    struct running_cipher running_cipher;
    struct running_mac running_mac;
    struct running_hmac running_hmac;

    unsigned key_count; /* and agreements */
    unsigned right_count;
    uint32_t rights[SESSION_RIGHTS_MOST]; /* key_access.number */

    /* The last public key from outside: callers verify many signatures with few keys. */
    struct sm2_point external_point;
    EVP_PKEY *external_key;
};

/* A device handle; takes over one use of the card. NULL: no memory or no handles left. */
void *device_make(struct card *card);
/* NULL: not an open device. */
struct device *device_take(void *handle);
void device_release(struct device *device);
bool device_close(void *handle);

/* SDR_OK, SDR_OPENSESSION when no slot is free or the device is being closed, SDR_NOBUFFER. */
int session_make(struct device *device, void **handle);
/* The session, locked; NULL: not an open session. Given back by session_leave(). */
struct session *session_enter(void *handle);
void session_leave(struct session *session);
bool session_close(void *handle);
/* The card is reset: all sessions of this process are gone, and their numbers and those of their
 * keys are given anew. The caller is in no session. */
void sessions_reset(void);
/* The card forgets the keys and agreements of all sessions, and gives their numbers anew. */
void keys_forget(void);

bool session_has_right(const struct session *session, const struct key_access *access);

/* Copies the key. SDR_OK or SDR_NOBUFFER. */
int session_add_key(struct session *session, const uint8_t *key, size_t bytes, void **handle);
/* NULL: not a key of this session. */
const struct session_key *session_find_key(struct session *session, void *handle);
bool session_destroy_key(struct session *session, void *handle);

/* An agreement that this session began, with a private number of its own. */
struct agreement {
    const struct key_pair *pair;
    uint8_t number[SM2_NUMBER_BYTES];
    struct sm2_point temporary_point;
    uint32_t key_bits;
    size_t id_bytes;
    uint8_t id[]; /* the sponsor's */
};

/* The session owns it from then on. SDR_OK, or SDR_NOBUFFER: the caller still does. */
int session_add_agreement(struct session *session, struct agreement *agreement, void **handle);
const struct agreement *session_find_agreement(struct session *session, void *handle);
bool session_destroy_agreement(struct session *session, void *handle);
struct agreement *agreement_make(const uint8_t *id, size_t id_bytes);
void agreement_free(struct agreement *agreement);

/* NULL: not a point of the curve. Owned by the session, valid until the next call of this. */
EVP_PKEY *session_external_key(struct session *session, const struct sm2_point *point);

#endif
