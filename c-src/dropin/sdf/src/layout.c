/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#include <string.h>

enum { NUMBER = BERTH_SM2_COORDINATE_BYTES, PREFIX = ECCref_MAX_LEN - NUMBER };
_Static_assert(sizeof(((ECCCipher *)0)->M) == BERTH_SM3_BYTES, "C3 is an SM3 hash");

void put_number(unsigned char field[ECCref_MAX_LEN], const uint8_t number[NUMBER]) {
    memset(field, 0, PREFIX);
    memcpy(field + PREFIX, number, NUMBER);
}

bool get_number(const unsigned char field[ECCref_MAX_LEN], uint8_t number[NUMBER]) {
    for (int i = 0; i < PREFIX; i++) {
        if (field[i] != 0) {
            return false;
        }
    }
    memcpy(number, field + PREFIX, NUMBER);
    return true;
}

void put_public_key(ECCrefPublicKey *to, const berth_sm2_public_key *key) {
    to->bits = 8 * NUMBER;
    put_number(to->x, key->x);
    put_number(to->y, key->y);
}

bool get_public_key(const ECCrefPublicKey *from, berth_sm2_public_key *key) {
    return from->bits == 8 * NUMBER && get_number(from->x, key->x) && get_number(from->y, key->y);
}

void put_signature(ECCSignature *to, const uint8_t signature[BERTH_SM2_SIGNATURE_BYTES]) {
    put_number(to->r, signature);
    put_number(to->s, signature + NUMBER);
}

bool get_signature(const ECCSignature *from, uint8_t signature[BERTH_SM2_SIGNATURE_BYTES]) {
    return get_number(from->r, signature) && get_number(from->s, signature + NUMBER);
}

void put_ciphertext(ECCCipher *to, const uint8_t *ciphertext, size_t bytes) {
    put_number(to->x, ciphertext);
    put_number(to->y, ciphertext + NUMBER);
    memcpy(to->M, ciphertext + 2 * NUMBER, sizeof to->M);
    to->L = (unsigned int)(bytes - BERTH_SM2_CIPHERTEXT_OVERHEAD_BYTES);
    /* C is declared with one byte and has L. */
    memcpy((unsigned char *)to + offsetof(ECCCipher, C),
           ciphertext + BERTH_SM2_CIPHERTEXT_OVERHEAD_BYTES, to->L);
}

bool get_ciphertext(const ECCCipher *from, size_t data_bytes, uint8_t *ciphertext) {
    if (!get_number(from->x, ciphertext) || !get_number(from->y, ciphertext + NUMBER)) {
        return false;
    }
    memcpy(ciphertext + 2 * NUMBER, from->M, sizeof from->M);
    memcpy(ciphertext + BERTH_SM2_CIPHERTEXT_OVERHEAD_BYTES,
           (const unsigned char *)from + offsetof(ECCCipher, C), data_bytes);
    return true;
}
