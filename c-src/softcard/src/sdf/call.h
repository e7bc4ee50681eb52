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
};

/* Not SDR_OK: return it, there is nothing to end. */
int call_begin(struct call *call, void *session_handle, enum operation operation);
int call_begin_on_card(struct call *call, struct card *card, enum operation operation);

/*
 * Returns the status to give to the caller. `result` is what the operation wrote, for a fault that
 * falsifies it; it may be NULL. An operation that was refused does not take the card's time.
 */
int call_end(struct call *call, int status, void *result, size_t bytes);

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
