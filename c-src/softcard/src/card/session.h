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

    unsigned key_count;
    unsigned right_count;
    uint32_t rights[SESSION_RIGHTS_MOST]; /* indices of pairs */

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

bool session_has_right(const struct session *session, const struct key_pair *pair);

/* Copies the key. SDR_OK or SDR_NOBUFFER. */
int session_add_key(struct session *session, const uint8_t *key, size_t bytes, void **handle);
/* NULL: not a key of this session. */
const struct session_key *session_find_key(struct session *session, void *handle);
bool session_destroy_key(struct session *session, void *handle);

/* NULL: not a point of the curve. Owned by the session, valid until the next call of this. */
EVP_PKEY *session_external_key(struct session *session, const struct sm2_point *point);

#endif
