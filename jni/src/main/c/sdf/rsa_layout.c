/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf/rsa_layout.h"

#include <string.h>

#define HALF_MAX (RSA_MODULUS_BYTES_MAX / 2)

size_t rsa_field_bytes(const struct sdf_library *library) {
    return library->shape.rsa_modulus_bytes;
}

static bool narrow(const unsigned char *from, size_t from_bytes, unsigned char *to,
                   size_t to_bytes) {
    unsigned char prefix = 0;
    for (size_t i = 0; i < from_bytes - to_bytes; i++) {
        prefix |= from[i];
    }
    memcpy(to, from + from_bytes - to_bytes, to_bytes);
    return prefix == 0;
}

static void widen(const unsigned char *from, size_t from_bytes, unsigned char *to,
                  size_t to_bytes) {
    memset(to, 0, to_bytes - from_bytes);
    memcpy(to + to_bytes - from_bytes, from, from_bytes);
}

/* `count` fields: of a modulus first, then of halves. */
static bool to_card(size_t field_bytes, unsigned int bits, const unsigned char *from, int wholes,
                    int halves, unsigned char *card) {
    bool fits = bits <= 8 * field_bytes;
    memcpy(card, &bits, sizeof bits);
    card += sizeof bits;
    for (int i = 0; i < wholes; i++) {
        fits &= narrow(from, RSA_MODULUS_BYTES_MAX, card, field_bytes);
        from += RSA_MODULUS_BYTES_MAX;
        card += field_bytes;
    }
    for (int i = 0; i < halves; i++) {
        fits &= narrow(from, HALF_MAX, card, field_bytes / 2);
        from += HALF_MAX;
        card += field_bytes / 2;
    }
    return fits;
}

static void from_card(size_t field_bytes, const unsigned char *card, int wholes, int halves,
                      unsigned int *bits, unsigned char *to) {
    memcpy(bits, card, sizeof *bits);
    card += sizeof *bits;
    for (int i = 0; i < wholes; i++) {
        widen(card, field_bytes, to, RSA_MODULUS_BYTES_MAX);
        card += field_bytes;
        to += RSA_MODULUS_BYTES_MAX;
    }
    for (int i = 0; i < halves; i++) {
        widen(card, field_bytes / 2, to, HALF_MAX);
        card += field_bytes / 2;
        to += HALF_MAX;
    }
}

bool rsa_public_to_card(size_t field_bytes, unsigned int bits, const unsigned char *ne,
                        struct rsa_public_room *key) {
    memset(key, 0, sizeof *key);
    return to_card(field_bytes, bits, ne, 2, 0, key->bytes);
}

void rsa_public_from_card(size_t field_bytes, const struct rsa_public_room *key, unsigned int *bits,
                          unsigned char *ne) {
    from_card(field_bytes, key->bytes, 2, 0, bits, ne);
}

bool rsa_private_to_card(size_t field_bytes, unsigned int bits, const unsigned char *numbers,
                         struct rsa_private_room *key) {
    memset(key, 0, sizeof *key);
    return to_card(field_bytes, bits, numbers, 3, 5, key->bytes);
}

void rsa_private_from_card(size_t field_bytes, const struct rsa_private_room *key,
                           unsigned int *bits, unsigned char *numbers) {
    from_card(field_bytes, key->bytes, 3, 5, bits, numbers);
}
