/* SPDX-License-Identifier: Apache-2.0 */
/* Messages in pieces: what a session holds of each until its Final. */
#ifndef BERTH_SOFTCARD_RUNNING_H
#define BERTH_SOFTCARD_RUNNING_H

#include "crypto/aead.h"

#include <openssl/evp.h>
#include <stdbool.h>

enum running_step { RUNNING_NOT, RUNNING_ENCRYPT, RUNNING_DECRYPT, RUNNING_SEAL, RUNNING_OPEN };

struct running_cipher {
    enum running_step step;
    EVP_CIPHER_CTX *cipher; /* RUNNING_ENCRYPT, RUNNING_DECRYPT */
    bool whole_blocks;
    size_t held_bytes;
    struct aead *aead; /* RUNNING_SEAL, RUNNING_OPEN; made when first needed */
    uint8_t tag[AEAD_TAG_BYTES_MOST];
    size_t tag_bytes;
};

struct running_mac {
    bool running;
    EVP_CIPHER_CTX *cipher;
    size_t held_bytes;
    bool fed;
    uint8_t mac[16];
};

struct running_hmac {
    bool running;
    EVP_MAC_CTX *hmac;
};

#endif
