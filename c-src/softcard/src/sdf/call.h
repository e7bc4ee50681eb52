/* SPDX-License-Identifier: Apache-2.0 */
/* The frame around every operation: find the session, suffer the configured faults, wait for the
 * card, and give back. */
#ifndef BERTH_SOFTCARD_CALL_H
#define BERTH_SOFTCARD_CALL_H

#include "berth/sdf.h"
#include "card/session.h"

struct call {
    struct card *card;
    struct session *session; /* NULL in a call on the device */
    enum operation operation;
    struct service service;
    bool answer_wrong;
    void (*afterwards)(void); /* what befalls the card once the call has let go of it; or NULL */
};

/* Not SDR_OK: return it, there is nothing to end. */
int call_begin(struct call *call, void *session_handle, enum operation operation);
int call_begin_on_card(struct call *call, struct card *card, enum operation operation);

/*
 * Returns the status to give to the caller. `result` is what the operation wrote, for a fault that
 * falsifies it; it may be NULL. An operation that was refused does not take the card's time.
 */
int call_end(struct call *call, int status, void *result, size_t bytes);

enum { KEY_BYTES_MOST = 32 };

/* Session keys: SM4 takes 128 bits; 256 serve HMAC-SM3. */
bool key_length_fits(size_t bytes);
/* A fresh one. SDR_OK, SDR_INARGERR, SDR_RANDERR. */
int make_key(uint32_t bits, uint8_t key[KEY_BYTES_MOST]);

/* A block cipher's mode. */
struct sm4_mode {
    const EVP_CIPHER *cipher;
    bool whole_blocks;
    bool takes_iv;
};

/* SDR_ALGMODNOTSUPPORT: SM4 in another mode; SDR_ALGNOTSUPPORT: another cipher. */
int sm4_mode_of(uint32_t algorithm, struct sm4_mode *mode);
/* A key of this session that fits SM4: SDR_OK, SDR_KEYNOTEXIST, SDR_KEYTYPEERR. */
int sm4_key(struct call *call, void *handle, const struct session_key **key);
/* One call's message, `key` having 16 bytes; `iv` is replaced by the one that goes on. */
int sm4_run(struct call *call, bool encrypting, const struct sm4_mode *mode, const uint8_t *key,
            uint8_t *iv, const uint8_t *in, size_t bytes, uint8_t *out);

/* The point in a caller's public key. False: not 256 bits, or not right-aligned. */
bool point_of(const ECCrefPublicKey *key, struct sm2_point *point);
void put_number(unsigned char field[ECCref_MAX_LEN], const uint8_t number[SM2_NUMBER_BYTES]);
bool get_number(const unsigned char field[ECCref_MAX_LEN], uint8_t number[SM2_NUMBER_BYTES]);

/* SM2 encryption into, and decryption out of, the interface's structure. `plain` has ciphertext->L
 * bytes. */
int encrypt_into(const struct call *call, EVP_PKEY *key, const uint8_t *plain, size_t bytes,
                 ECCCipher *ciphertext);
int decrypt_from(const struct call *call, EVP_PKEY *key, const ECCCipher *ciphertext,
                 uint8_t *plain, size_t bytes);

#endif
