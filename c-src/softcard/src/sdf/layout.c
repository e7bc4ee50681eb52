/* SPDX-License-Identifier: Apache-2.0 */
/* Between the interface's fixed 64-byte fields and the 32-byte numbers of the curve. */
#include "sdf/call.h"

#include <string.h>

enum { FIELD_PREFIX = ECCref_MAX_LEN - SM2_NUMBER_BYTES };

void put_number(unsigned char field[ECCref_MAX_LEN], const uint8_t number[SM2_NUMBER_BYTES]) {
    memset(field, 0, FIELD_PREFIX);
    memcpy(field + FIELD_PREFIX, number, SM2_NUMBER_BYTES);
}

/* A set byte in the prefix shows a caller with another layout (left-aligned, or 32-byte fields):
 * refused, not guessed at. */
bool get_number(const unsigned char field[ECCref_MAX_LEN], uint8_t number[SM2_NUMBER_BYTES]) {
    for (int i = 0; i < FIELD_PREFIX; i++)
        if (field[i] != 0)
            return false;
    memcpy(number, field + FIELD_PREFIX, SM2_NUMBER_BYTES);
    return true;
}

bool point_of(const ECCrefPublicKey *key, struct sm2_point *point) {
    return key->bits == 8 * SM2_NUMBER_BYTES && get_number(key->x, point->x) &&
           get_number(key->y, point->y);
}

int encrypt_into(const struct call *call, EVP_PKEY *key, const uint8_t *plain, size_t bytes,
                 ECCCipher *ciphertext) {
    struct sm2_ciphertext_head head;
    if (bytes == 0 || bytes > call->card->config.behaviour.buffer_bytes)
        return SDR_INARGERR;
    if (!sm2_encrypt(key, plain, bytes, &head, ciphertext->C))
        return SDR_PKOPERR;
    put_number(ciphertext->x, head.c1.x);
    put_number(ciphertext->y, head.c1.y);
    memcpy(ciphertext->M, head.c3, sizeof ciphertext->M);
    ciphertext->L = (unsigned int)bytes;
    return SDR_OK;
}

int decrypt_from(const struct call *call, EVP_PKEY *key, const ECCCipher *ciphertext,
                 uint8_t *plain, size_t bytes) {
    struct sm2_ciphertext_head head;
    if (bytes == 0 || bytes > call->card->config.behaviour.buffer_bytes)
        return SDR_INARGERR;
    if (!get_number(ciphertext->x, head.c1.x) || !get_number(ciphertext->y, head.c1.y))
        return SDR_ENCDATAERR;
    memcpy(head.c3, ciphertext->M, sizeof head.c3);
    return sm2_decrypt(key, &head, ciphertext->C, bytes, plain) ? SDR_OK : SDR_ENCDATAERR;
}
