/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between Berth's own forms, which have no padding, and a card's structures:
 *
 *   public key   x | y                 32 + 32 bytes
 *   signature    r | s                 32 + 32
 *   ciphertext   x | y | hash | C      32 + 32 + 32 + n      (C1 | C3 | C2)
 *
 * Cards differ exactly here, so that another dialect is another implementation of this header. What
 * comes from a card is checked: a card of another dialect must be found out, not misread.
 */
#ifndef BERTH_SDF_LAYOUT_H
#define BERTH_SDF_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include <berth/sdf.h>

#define PUBLIC_KEY_BYTES 64
#define SIGNATURE_BYTES 64
#define CIPHERTEXT_OVERHEAD_BYTES 96

void public_key_to_card(const unsigned char *xy, ECCrefPublicKey *key);
bool public_key_from_card(const ECCrefPublicKey *key, unsigned char *xy);

void signature_to_card(const unsigned char *rs, ECCSignature *signature);
bool signature_from_card(const ECCSignature *signature, unsigned char *rs);

/* How many bytes to provide to a card for a ciphertext of n bytes of plaintext. */
size_t cipher_struct_bytes(size_t plaintext_bytes);

/* ciphertext has CIPHERTEXT_OVERHEAD_BYTES + plaintext_bytes. */
void ciphertext_to_card(const unsigned char *ciphertext, size_t plaintext_bytes, ECCCipher *cipher);
bool ciphertext_from_card(const ECCCipher *cipher, size_t plaintext_bytes,
                          unsigned char *ciphertext);

#endif
