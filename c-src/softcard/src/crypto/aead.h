/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SM4 in GCM (NIST SP 800-38D) and CCM (SP 800-38C), which libcrypto 3.0 does not have: from its
 * SM4-ECB and SM4-CBC. As many bytes come out as go in, in pieces of any length.
 *
 * One message per aead_begin(). Not for several threads at once.
 */
#ifndef BERTH_SOFTCARD_AEAD_H
#define BERTH_SOFTCARD_AEAD_H

#include "crypto/ghash.h"

#include <openssl/evp.h>
#include <stdbool.h>

enum {
    AEAD_KEY_BYTES = 16,
    AEAD_TAG_BYTES_MOST = 16,
    AEAD_KEYSTREAM_BYTES = 512,
    AEAD_IV_BYTES_MOST = 4096 /* GCM's; CCM takes 7 to 13 */
};

enum aead_mode { AEAD_GCM, AEAD_CCM };

struct aead {
    enum aead_mode mode;
    bool encrypting;
    EVP_CIPHER_CTX *blocks; /* SM4-ECB: the keystream */
    EVP_CIPHER_CTX *chain;  /* SM4-CBC: CCM's MAC */
    uint8_t counter[16];
    unsigned counter_bytes;      /* how many of its last bytes count */
    uint8_t first_keystream[16]; /* over the tag */
    uint8_t keystream[AEAD_KEYSTREAM_BYTES];
    size_t keystream_used;
    struct ghash ghash;
    uint8_t mac[16]; /* CCM's, so far */
    uint8_t partial[16];
    size_t partial_bytes;
    size_t tag_bytes;
    uint64_t aad_bytes;
    uint64_t done_bytes;
    uint64_t total_bytes;
};

struct aead_message {
    const uint8_t *key; /* AEAD_KEY_BYTES */
    const uint8_t *iv;
    size_t iv_bytes;
    const uint8_t *aad; /* may be NULL when there is none */
    size_t aad_bytes;
    uint64_t total_bytes; /* CCM authenticates it first; GCM holds to it */
    size_t tag_bytes;
};

/* Contexts for any number of messages, one after the other. False: no memory. */
bool aead_make(struct aead *aead);
/* Wipes all. Also after an aead_make() that failed, or on a zeroed structure. */
void aead_free(struct aead *aead);

/* Whether lengths are of the mode. */
bool aead_accepts(enum aead_mode mode, const struct aead_message *message);

/* `message` is as aead_accepts() wants it. False: libcrypto refuses. */
bool aead_begin(struct aead *aead, enum aead_mode mode, bool encrypting,
                const struct aead_message *message);
/* False: more than the message's total, or libcrypto refuses. `out` may be `in`. */
bool aead_update(struct aead *aead, const uint8_t *in, size_t bytes, uint8_t *out);
/* False: less than the message's total. The tag has the message's tag_bytes; comparing it in
 * decryption is the caller's. */
bool aead_finish(struct aead *aead, uint8_t tag[AEAD_TAG_BYTES_MOST]);

#endif
