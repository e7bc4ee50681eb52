/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aead.h"

#include "crypto/algorithms.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

enum { BLOCK_BYTES = 16, GCM_COUNTER_BYTES = 4, GCM_USUAL_IV_BYTES = 12, PIECE_BYTES = 512 };

/* GCM's limit on one message: 2^39 - 256 bits. */
static const uint64_t GCM_BYTES_MOST = (UINT64_C(1) << 36) - 32;

bool aead_make(struct aead *aead) {
    memset(aead, 0, sizeof *aead);
    aead->blocks = EVP_CIPHER_CTX_new();
    aead->chain = EVP_CIPHER_CTX_new();
    return aead->blocks != NULL && aead->chain != NULL;
}

void aead_free(struct aead *aead) {
    EVP_CIPHER_CTX_free(aead->blocks);
    EVP_CIPHER_CTX_free(aead->chain);
    OPENSSL_cleanse(aead, sizeof *aead);
}

bool aead_accepts(enum aead_mode mode, const struct aead_message *message) {
    size_t tag = message->tag_bytes;
    if (mode == AEAD_GCM)
        return message->iv_bytes >= 1 && message->iv_bytes <= AEAD_IV_BYTES_MOST && tag >= 12 &&
               tag <= 16 && message->total_bytes <= GCM_BYTES_MOST;
    if (message->iv_bytes < 7 || message->iv_bytes > 13 || tag < 4 || tag > 16 || tag % 2 != 0)
        return false;
    unsigned length_bytes = 15 - (unsigned)message->iv_bytes;
    return length_bytes >= 8 || message->total_bytes >> (8 * length_bytes) == 0;
}

static bool start_cipher(EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher, const uint8_t *key,
                         const uint8_t *iv) {
    return EVP_EncryptInit_ex2(context, cipher, key, iv, NULL) &&
           EVP_CIPHER_CTX_set_padding(context, 0);
}

static bool run_cipher(EVP_CIPHER_CTX *context, const uint8_t *in, size_t bytes, uint8_t *out) {
    int made;
    bool good =
        EVP_EncryptUpdate(context, out, &made, in, (int)bytes) != 0 && (size_t)made == bytes;
    ERR_clear_error();
    return good;
}

static void count(struct aead *aead) {
    unsigned carry = 1;
    for (unsigned i = 0; i < aead->counter_bytes; i++) {
        carry += aead->counter[BLOCK_BYTES - 1 - i];
        aead->counter[BLOCK_BYTES - 1 - i] = (uint8_t)carry;
        carry >>= 8;
    }
}

static bool refill(struct aead *aead) {
    for (size_t at = 0; at < sizeof aead->keystream; at += BLOCK_BYTES) {
        memcpy(aead->keystream + at, aead->counter, BLOCK_BYTES);
        count(aead);
    }
    aead->keystream_used = 0;
    return run_cipher(aead->blocks, aead->keystream, sizeof aead->keystream, aead->keystream);
}

static bool apply_keystream(struct aead *aead, const uint8_t *in, size_t bytes, uint8_t *out) {
    while (bytes > 0) {
        if (aead->keystream_used == sizeof aead->keystream && !refill(aead))
            return false;
        size_t left = sizeof aead->keystream - aead->keystream_used;
        size_t now = bytes < left ? bytes : left;
        for (size_t i = 0; i < now; i++)
            out[i] = in[i] ^ aead->keystream[aead->keystream_used + i];
        aead->keystream_used += now;
        in += now;
        out += now;
        bytes -= now;
    }
    return true;
}

/* The counter block 0 covers the tag; the data begin with the next one. */
static bool start_keystream(struct aead *aead) {
    bool good = run_cipher(aead->blocks, aead->counter, BLOCK_BYTES, aead->first_keystream);
    count(aead);
    aead->keystream_used = sizeof aead->keystream;
    return good;
}

/* --- GCM */

static void hash_lengths(struct ghash *ghash, uint64_t first_bytes, uint64_t second_bytes) {
    uint8_t block[BLOCK_BYTES];
    for (int i = 0; i < 8; i++) {
        block[i] = (uint8_t)(first_bytes * 8 >> (56 - 8 * i));
        block[8 + i] = (uint8_t)(second_bytes * 8 >> (56 - 8 * i));
    }
    ghash_update(ghash, block, sizeof block);
}

static bool begin_gcm(struct aead *aead, const struct aead_message *message) {
    static const uint8_t zeros[BLOCK_BYTES];
    uint8_t h[BLOCK_BYTES];
    bool good = run_cipher(aead->blocks, zeros, sizeof zeros, h);
    ghash_init(&aead->ghash, h);
    OPENSSL_cleanse(h, sizeof h);
    aead->counter_bytes = GCM_COUNTER_BYTES;
    if (message->iv_bytes == GCM_USUAL_IV_BYTES) {
        memset(aead->counter, 0, sizeof aead->counter);
        memcpy(aead->counter, message->iv, GCM_USUAL_IV_BYTES);
        aead->counter[BLOCK_BYTES - 1] = 1;
    } else {
        ghash_update(&aead->ghash, message->iv, message->iv_bytes);
        ghash_pad(&aead->ghash);
        hash_lengths(&aead->ghash, 0, message->iv_bytes);
        ghash_sum(&aead->ghash, aead->counter);
        ghash_restart(&aead->ghash);
    }
    ghash_update(&aead->ghash, message->aad, message->aad_bytes);
    ghash_pad(&aead->ghash);
    return good && start_keystream(aead);
}

/* --- CCM */

static bool mac_update(struct aead *aead, const uint8_t *data, size_t bytes) {
    uint8_t room[PIECE_BYTES];
    bool good = true;
    while (good && bytes > 0) {
        size_t now;
        if (aead->partial_bytes == 0 && bytes >= BLOCK_BYTES) {
            now = (bytes < sizeof room ? bytes : sizeof room) / BLOCK_BYTES * BLOCK_BYTES;
            good = run_cipher(aead->chain, data, now, room);
            memcpy(aead->mac, room + now - BLOCK_BYTES, BLOCK_BYTES);
        } else {
            size_t left = BLOCK_BYTES - aead->partial_bytes;
            now = bytes < left ? bytes : left;
            memcpy(aead->partial + aead->partial_bytes, data, now);
            aead->partial_bytes += now;
            if (aead->partial_bytes == BLOCK_BYTES) {
                good = run_cipher(aead->chain, aead->partial, BLOCK_BYTES, aead->mac);
                aead->partial_bytes = 0;
            }
        }
        data += now;
        bytes -= now;
    }
    OPENSSL_cleanse(room, sizeof room);
    return good;
}

static bool mac_pad(struct aead *aead) {
    static const uint8_t zeros[BLOCK_BYTES];
    return aead->partial_bytes == 0 || mac_update(aead, zeros, BLOCK_BYTES - aead->partial_bytes);
}

/* SP 800-38C, A.2.2: up to 65279 bytes two bytes of length, else FFFE and four. */
static bool mac_additional(struct aead *aead, const uint8_t *aad, size_t bytes) {
    uint8_t length[6] = {0xFF, 0xFE};
    bool good = true;
    if (bytes == 0)
        return true;
    for (int i = 0; i < 4; i++)
        length[2 + i] = (uint8_t)((uint64_t)bytes >> (24 - 8 * i));
    if (bytes < 0xFF00)
        good = mac_update(aead, length + 4, 2);
    else
        good = mac_update(aead, length, 6);
    return good && mac_update(aead, aad, bytes) && mac_pad(aead);
}

static bool begin_ccm(struct aead *aead, const struct aead_message *message) {
    static const uint8_t zeros[BLOCK_BYTES];
    uint8_t first[BLOCK_BYTES] = {0};
    unsigned length_bytes = 15 - (unsigned)message->iv_bytes;
    first[0] = (uint8_t)((message->aad_bytes > 0 ? 0x40 : 0) | (message->tag_bytes - 2) / 2 << 3 |
                         (length_bytes - 1));
    memcpy(first + 1, message->iv, message->iv_bytes);
    for (unsigned i = 0; i < length_bytes; i++)
        first[BLOCK_BYTES - 1 - i] = (uint8_t)(message->total_bytes >> (8 * i));
    aead->counter_bytes = length_bytes;
    memset(aead->counter, 0, sizeof aead->counter);
    aead->counter[0] = (uint8_t)(length_bytes - 1);
    memcpy(aead->counter + 1, message->iv, message->iv_bytes);
    aead->partial_bytes = 0;
    return start_cipher(aead->chain, algorithms()->sm4_cbc, message->key, zeros) &&
           mac_update(aead, first, sizeof first) &&
           mac_additional(aead, message->aad, message->aad_bytes) && start_keystream(aead);
}

/* --- both */

bool aead_begin(struct aead *aead, enum aead_mode mode, bool encrypting,
                const struct aead_message *message) {
    aead->mode = mode;
    aead->encrypting = encrypting;
    aead->tag_bytes = message->tag_bytes;
    aead->aad_bytes = message->aad_bytes;
    aead->done_bytes = 0;
    aead->total_bytes = message->total_bytes;
    return start_cipher(aead->blocks, algorithms()->sm4_ecb, message->key, NULL) &&
           (mode == AEAD_GCM ? begin_gcm(aead, message) : begin_ccm(aead, message));
}

static bool authenticate(struct aead *aead, const uint8_t *data, size_t bytes) {
    if (aead->mode == AEAD_CCM)
        return mac_update(aead, data, bytes);
    ghash_update(&aead->ghash, data, bytes);
    return true;
}

bool aead_update(struct aead *aead, const uint8_t *in, size_t bytes, uint8_t *out) {
    if (bytes > aead->total_bytes - aead->done_bytes)
        return false;
    aead->done_bytes += bytes;
    /* GCM authenticates the ciphertext, CCM the plaintext; which of them `in` is decides what must
     * come first, because `out` may take its place. */
    bool authenticates_input = aead->encrypting == (aead->mode == AEAD_CCM);
    return authenticates_input
               ? authenticate(aead, in, bytes) && apply_keystream(aead, in, bytes, out)
               : apply_keystream(aead, in, bytes, out) && authenticate(aead, out, bytes);
}

bool aead_finish(struct aead *aead, uint8_t tag[AEAD_TAG_BYTES_MOST]) {
    if (aead->done_bytes != aead->total_bytes)
        return false;
    if (aead->mode == AEAD_GCM) {
        ghash_pad(&aead->ghash);
        hash_lengths(&aead->ghash, aead->aad_bytes, aead->done_bytes);
        ghash_sum(&aead->ghash, aead->mac);
    } else if (!mac_pad(aead)) {
        return false;
    }
    for (size_t i = 0; i < aead->tag_bytes; i++)
        tag[i] = aead->mac[i] ^ aead->first_keystream[i];
    return true;
}
