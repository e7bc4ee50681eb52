/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session of the program's. The broker knows nothing of it: what a session holds is held here,
 * and what goes over is whole requests, so that a worker or broker may be replaced between any two
 * calls. One thread at a time; a second one waits.
 */
#ifndef BERTH_DROPIN_SDF_SESSION_H
#define BERTH_DROPIN_SDF_SESSION_H

#include <pthread.h>
#include <stdatomic.h>

#include <berth/berth_hsm.h>

#include "device/link.h"
#include "handle/handle.h"
#include "kept.h"

/* An id travels in the message, beside up to 2 KiB of data. */
#define ID_BYTES_MOST 1900
/* GCM's; more than 12 are of no use. */
#define SEAL_IV_BYTES_MOST 256

/* The data of HashUpdate, until HashFinal sends it. */
struct hash_state {
    bool running;
    uint32_t algorithm;
    bool with_z;
    berth_sm2_public_key signer;
    uint8_t id[ID_BYTES_MOST];
    size_t id_bytes;
    struct kept data;
};

/*
 * Between the parts of an encryption or decryption. Of ECB, CBC and CBC-MAC `block` holds what is
 * not a whole block yet; of the others it is the key stream of the block that was begun, and
 * `feedback` that block's ciphertext.
 */
struct chain {
    void *key; /* the program's handle, looked up again for every part */
    uint8_t iv[BERTH_SM4_BLOCK_BYTES];
    uint8_t block[BERTH_SM4_BLOCK_BYTES];
    uint8_t feedback[BERTH_SM4_BLOCK_BYTES];
    unsigned begun; /* bytes of the block that were given so far */
};

/* Of GCM or CCM in parts: all that the one request at the end needs. */
struct seal_state {
    uint32_t mode; /* enum seal_mode */
    uint8_t iv[SEAL_IV_BYTES_MOST];
    size_t iv_bytes;
    uint8_t tag[BERTH_SM4_BLOCK_BYTES]; /* to be opened with */
    size_t tag_bytes;
    size_t total_bytes;
    struct kept aad;
    struct kept data;
    uint8_t tail[BERTH_SM4_BLOCK_BYTES]; /* the last bytes given out */
};

enum cipher_direction {
    CIPHER_IDLE,
    CIPHER_ENCRYPTING,
    CIPHER_DECRYPTING,
    CIPHER_SEALING,
    CIPHER_OPENING
};
struct cipher_state {
    enum cipher_direction direction;
    enum berth_sm4_mode mode;
    struct chain chain;
    struct seal_state seal;
    bool key_in_clear; /* instead of chain.key, for tests only */
    uint8_t clear_key[BERTH_SM4_BLOCK_BYTES];
};

struct mac_state {
    bool running;
    bool any; /* a block was sent */
    struct chain chain;
};

/* The data of HMACUpdate, until HMACFinal sends it. */
struct hmac_state {
    bool running;
    void *key;
    struct kept clear_key; /* instead of `key` if there is any of it, for tests only */
    struct kept data;
};

struct session {
    struct object object; /* its owner is the device */
    struct link *link;
    pthread_mutex_t lock;
    atomic_bool busy; /* a call is inside */
    bool unreachable; /* the worker, when a key was to be given back */
    struct hash_state hash;
    uint32_t card_hashes; /* known to be served, besides SM3 */
    struct cipher_state cipher;
    struct mac_state mac;
    struct hmac_state hmac;
};

/* NULL: no memory. */
struct session *session_new(const struct object *device, struct link *link);
void hash_end(struct hash_state *hash);
void cipher_end(struct cipher_state *cipher);
void mac_end(struct mac_state *mac);
void hmac_end(struct hmac_state *hmac);

/* Once per process, before the first handle is made. */
void session_watch_forks(void);

#endif
