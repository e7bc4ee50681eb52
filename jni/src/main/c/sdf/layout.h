/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between Berth's own forms, which have no padding, and a card's structures in its dialect's shape:
 *
 *   public key   x | y                 32 + 32 bytes
 *   signature    r | s                 32 + 32
 *   ciphertext   x | y | hash | C      32 + 32 + 32 + n      (C1 | C3 | C2)
 *
 * A card of another dialect must be found out, not misread, and must do no harm until it is: what
 * it gets or fills is as large as the largest form, so that it neither reads nor writes past it;
 * and behind the structure of this dialect stands a pattern, which a card that fills a larger one
 * destroys.
 */
#ifndef BERTH_SDF_LAYOUT_H
#define BERTH_SDF_LAYOUT_H

#include "sdf/shape.h"

#define PUBLIC_KEY_BYTES 64
#define SIGNATURE_BYTES 64
#define CIPHERTEXT_OVERHEAD_BYTES 96

/*
 * Room past what a card is asked to write, so that one which rounds up or pads does not hit the
 * heap or the stack. What it writes there is never handed on.
 */
#define SLACK_BYTES 64

/* A public key or a signature, in whatever form. */
struct ecc_room {
    unsigned char bytes[sizeof(uint32_t) + 2 * ECC_FIELD_BYTES_MAX + SLACK_BYTES];
};

/* Before a card fills it. */
void public_key_expected(const struct sdf_shape *shape, struct ecc_room *key);
void signature_expected(const struct sdf_shape *shape, struct ecc_room *signature);

/* False: not in this form. */
bool public_key_from_card(const struct sdf_shape *shape, const struct ecc_room *key,
                          unsigned char *xy);
bool signature_from_card(const struct sdf_shape *shape, const struct ecc_room *signature,
                         unsigned char *rs);

void public_key_to_card(const struct sdf_shape *shape, const unsigned char *xy,
                        struct ecc_room *key);
void signature_to_card(const struct sdf_shape *shape, const unsigned char *rs,
                       struct ecc_room *signature);

/* Whether the structure can hold a ciphertext of n bytes of plaintext. */
bool ciphertext_fits(const struct sdf_shape *shape, size_t plaintext_bytes);

/* How many bytes to provide to a card for one, in whatever form; without slack. */
size_t cipher_room_bytes(size_t plaintext_bytes);

/* Before a card fills it; room_bytes is all that was provided. */
void ciphertext_expected(const struct sdf_shape *shape, unsigned char *room, size_t room_bytes);

/* False: not in this form, or not of a plaintext of so many bytes. */
bool ciphertext_from_card(const struct sdf_shape *shape, const unsigned char *room,
                          size_t room_bytes, size_t plaintext_bytes, unsigned char *ciphertext);

/* room is zeroed; ciphertext_fits() holds. */
void ciphertext_to_card(const struct sdf_shape *shape, const unsigned char *ciphertext,
                        size_t plaintext_bytes, unsigned char *room);

#endif
