/* SPDX-License-Identifier: Apache-2.0 */
/* The structures as in GM/T 0018-2012, clause 5: fields of 64 bytes, right-aligned. */
#include "sdf/layout.h"

#include <string.h>

#define NUMBER_BYTES 32
#define SM2_BITS 256

/* Some builds of cards' libraries declare C with a fixed size (GmSSL: 255) and clear or copy the
   whole structure, whatever L says. */
#define FIXED_C_BYTES_MAX 512

_Static_assert(sizeof(DEVICEINFO) == 100, "clause 5.1");
_Static_assert(sizeof(ECCrefPublicKey) == 132, "clause 5.3");
_Static_assert(offsetof(ECCCipher, C) == 164, "clause 5.4");
_Static_assert(sizeof(ECCSignature) == 128, "clause 5.5");

static void widen(const unsigned char *number, unsigned char *field) {
    memset(field, 0, ECCref_MAX_LEN - NUMBER_BYTES);
    memcpy(field + ECCref_MAX_LEN - NUMBER_BYTES, number, NUMBER_BYTES);
}

/* A field that does not begin with zeros is left-aligned or narrower: of another dialect. */
static bool narrow(const unsigned char *field, unsigned char *number) {
    unsigned char prefix = 0;
    for (size_t i = 0; i < ECCref_MAX_LEN - NUMBER_BYTES; i++) {
        prefix |= field[i];
    }
    memcpy(number, field + ECCref_MAX_LEN - NUMBER_BYTES, NUMBER_BYTES);
    return prefix == 0;
}

void public_key_to_card(const unsigned char *xy, ECCrefPublicKey *key) {
    key->bits = SM2_BITS;
    widen(xy, key->x);
    widen(xy + NUMBER_BYTES, key->y);
}

bool public_key_from_card(const ECCrefPublicKey *key, unsigned char *xy) {
    bool x = narrow(key->x, xy);
    bool y = narrow(key->y, xy + NUMBER_BYTES);
    return x && y && key->bits == SM2_BITS;
}

void signature_to_card(const unsigned char *rs, ECCSignature *signature) {
    widen(rs, signature->r);
    widen(rs + NUMBER_BYTES, signature->s);
}

bool signature_from_card(const ECCSignature *signature, unsigned char *rs) {
    bool r = narrow(signature->r, rs);
    bool s = narrow(signature->s, rs + NUMBER_BYTES);
    return r && s;
}

size_t cipher_struct_bytes(size_t plaintext_bytes) {
    return offsetof(ECCCipher, C) +
           (plaintext_bytes > FIXED_C_BYTES_MAX ? plaintext_bytes : FIXED_C_BYTES_MAX);
}

void ciphertext_to_card(const unsigned char *ciphertext, size_t plaintext_bytes,
                        ECCCipher *cipher) {
    widen(ciphertext, cipher->x);
    widen(ciphertext + NUMBER_BYTES, cipher->y);
    memcpy(cipher->M, ciphertext + 2 * NUMBER_BYTES, sizeof cipher->M);
    cipher->L = (unsigned)plaintext_bytes;
    memcpy((unsigned char *)cipher + offsetof(ECCCipher, C), ciphertext + CIPHERTEXT_OVERHEAD_BYTES,
           plaintext_bytes);
}

bool ciphertext_from_card(const ECCCipher *cipher, size_t plaintext_bytes,
                          unsigned char *ciphertext) {
    bool x = narrow(cipher->x, ciphertext);
    bool y = narrow(cipher->y, ciphertext + NUMBER_BYTES);
    if (!x || !y || cipher->L != plaintext_bytes) {
        return false;
    }
    memcpy(ciphertext + 2 * NUMBER_BYTES, cipher->M, sizeof cipher->M);
    memcpy(ciphertext + CIPHERTEXT_OVERHEAD_BYTES,
           (const unsigned char *)cipher + offsetof(ECCCipher, C), plaintext_bytes);
    return true;
}
