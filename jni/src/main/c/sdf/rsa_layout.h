/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between Berth's own forms of RSA keys, which hold the largest, and a card's structures:
 *
 *   public key    n | e                                        512 + 512 bytes
 *   private key   n | e | d | p | q | d mod p-1 | d mod q-1 | q^-1 mod p      3 * 512 + 5 * 256
 *
 * Numbers are big-endian and right-aligned in both. Cards differ in how wide a modulus their
 * structures hold.
 */
#ifndef BERTH_SDF_RSA_LAYOUT_H
#define BERTH_SDF_RSA_LAYOUT_H

#include "sdf/sdf_library.h"

#include <stdbool.h>
#include <stddef.h>

#define RSA_MODULUS_BYTES_MAX 512
#define RSA_PUBLIC_BYTES (2 * RSA_MODULUS_BYTES_MAX)
#define RSA_PRIVATE_BYTES (3 * RSA_MODULUS_BYTES_MAX + 5 * RSA_MODULUS_BYTES_MAX / 2)

/* A card's structure in the widest form, with room past it. */
struct rsa_public_room {
    unsigned char bytes[sizeof(unsigned int) + RSA_PUBLIC_BYTES + 64];
};
struct rsa_private_room {
    unsigned char bytes[sizeof(unsigned int) + RSA_PRIVATE_BYTES + 64];
};

/* How many bytes the card's modulus fields have. */
size_t rsa_field_bytes(const struct sdf_library *library);

/* False: a number is wider than the card's fields. */
bool rsa_public_to_card(size_t field_bytes, unsigned int bits, const unsigned char *ne,
                        struct rsa_public_room *key);
void rsa_public_from_card(size_t field_bytes, const struct rsa_public_room *key, unsigned int *bits,
                          unsigned char *ne);
bool rsa_private_to_card(size_t field_bytes, unsigned int bits, const unsigned char *numbers,
                         struct rsa_private_room *key);
void rsa_private_from_card(size_t field_bytes, const struct rsa_private_room *key,
                           unsigned int *bits, unsigned char *numbers);

#endif
