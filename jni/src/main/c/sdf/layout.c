/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018, clause 5, in the width and order of a shape. Integers are in host order. */
#include "sdf/layout.h"

#include <string.h>

#define NUMBER_BYTES 32
#define BITS_BYTES sizeof(uint32_t)
#define SM2_BITS 256

/* No number of a curve ends so by chance in all the bytes that are looked at. */
#define UNTOUCHED 0xA5

static void widen(const struct sdf_shape *shape, const unsigned char *number,
                  unsigned char *field) {
    size_t prefix = shape->ecc_field_bytes - NUMBER_BYTES;
    memset(field, 0, prefix);
    memcpy(field + prefix, number, NUMBER_BYTES);
}

/* A field that does not begin with zeros is left-aligned or narrower: of another dialect. */
static bool narrow(const struct sdf_shape *shape, const unsigned char *field,
                   unsigned char *number) {
    size_t prefix = shape->ecc_field_bytes - NUMBER_BYTES;
    unsigned char set = 0;
    for (size_t i = 0; i < prefix; i++) {
        set |= field[i];
    }
    memcpy(number, field + prefix, NUMBER_BYTES);
    return set == 0;
}

static void expected(unsigned char *room, size_t room_bytes, size_t structure_bytes) {
    memset(room, 0, structure_bytes);
    memset(room + structure_bytes, UNTOUCHED, room_bytes - structure_bytes);
}

static bool ends_with(const unsigned char *room, size_t room_bytes, size_t structure_bytes) {
    for (size_t i = structure_bytes; i < room_bytes; i++) {
        if (room[i] != UNTOUCHED) {
            return false;
        }
    }
    return true;
}

static size_t public_key_bytes(const struct sdf_shape *shape) {
    return BITS_BYTES + 2 * shape->ecc_field_bytes;
}

static size_t signature_bytes(const struct sdf_shape *shape) {
    return 2 * shape->ecc_field_bytes;
}

void public_key_expected(const struct sdf_shape *shape, struct ecc_room *key) {
    expected(key->bytes, sizeof key->bytes, public_key_bytes(shape));
}

void signature_expected(const struct sdf_shape *shape, struct ecc_room *signature) {
    expected(signature->bytes, sizeof signature->bytes, signature_bytes(shape));
}

bool public_key_from_card(const struct sdf_shape *shape, const struct ecc_room *key,
                          unsigned char *xy) {
    uint32_t bits;
    memcpy(&bits, key->bytes, sizeof bits);
    bool x = narrow(shape, key->bytes + BITS_BYTES, xy);
    bool y = narrow(shape, key->bytes + BITS_BYTES + shape->ecc_field_bytes, xy + NUMBER_BYTES);
    return x && y && bits == SM2_BITS &&
           ends_with(key->bytes, sizeof key->bytes, public_key_bytes(shape));
}

bool signature_from_card(const struct sdf_shape *shape, const struct ecc_room *signature,
                         unsigned char *rs) {
    bool r = narrow(shape, signature->bytes, rs);
    bool s = narrow(shape, signature->bytes + shape->ecc_field_bytes, rs + NUMBER_BYTES);
    return r && s && ends_with(signature->bytes, sizeof signature->bytes, signature_bytes(shape));
}

void public_key_to_card(const struct sdf_shape *shape, const unsigned char *xy,
                        struct ecc_room *key) {
    uint32_t bits = SM2_BITS;
    memset(key->bytes, 0, sizeof key->bytes);
    memcpy(key->bytes, &bits, sizeof bits);
    widen(shape, xy, key->bytes + BITS_BYTES);
    widen(shape, xy + NUMBER_BYTES, key->bytes + BITS_BYTES + shape->ecc_field_bytes);
}

void signature_to_card(const struct sdf_shape *shape, const unsigned char *rs,
                       struct ecc_room *signature) {
    memset(signature->bytes, 0, sizeof signature->bytes);
    widen(shape, rs, signature->bytes);
    widen(shape, rs + NUMBER_BYTES, signature->bytes + shape->ecc_field_bytes);
}

bool ciphertext_fits(const struct sdf_shape *shape, size_t plaintext_bytes) {
    return shape->cipher_capacity == 0 || plaintext_bytes <= shape->cipher_capacity;
}

/* At least the largest fixed capacity: some cards' builds clear or copy all of theirs (GmSSL: 255),
   whatever the length says. */
size_t cipher_room_bytes(size_t plaintext_bytes) {
    return 2 * ECC_FIELD_BYTES_MAX + ECC_CIPHER_HASH_BYTES + sizeof(uint32_t) +
           (plaintext_bytes > ECC_CIPHER_CAPACITY_MAX ? plaintext_bytes : ECC_CIPHER_CAPACITY_MAX);
}

/* Behind data that is as long as its content nothing is to be expected: see above. */
void ciphertext_expected(const struct sdf_shape *shape, unsigned char *room, size_t room_bytes) {
    expected(room, room_bytes, shape->cipher_capacity == 0 ? room_bytes : shape->cipher_bytes);
}

bool ciphertext_from_card(const struct sdf_shape *shape, const unsigned char *room,
                          size_t room_bytes, size_t plaintext_bytes, unsigned char *ciphertext) {
    const size_t *at = shape->cipher_offset;
    uint32_t length;
    memcpy(&length, room + at[CIPHER_LENGTH], sizeof length);
    bool x = narrow(shape, room + at[CIPHER_X], ciphertext);
    bool y = narrow(shape, room + at[CIPHER_Y], ciphertext + NUMBER_BYTES);
    if (!x || !y || length != plaintext_bytes || !ciphertext_fits(shape, plaintext_bytes) ||
        (shape->cipher_capacity != 0 && !ends_with(room, room_bytes, shape->cipher_bytes))) {
        return false;
    }
    memcpy(ciphertext + 2 * NUMBER_BYTES, room + at[CIPHER_HASH], ECC_CIPHER_HASH_BYTES);
    memcpy(ciphertext + CIPHERTEXT_OVERHEAD_BYTES, room + at[CIPHER_DATA], plaintext_bytes);
    return true;
}

void ciphertext_to_card(const struct sdf_shape *shape, const unsigned char *ciphertext,
                        size_t plaintext_bytes, unsigned char *room) {
    const size_t *at = shape->cipher_offset;
    uint32_t length = (uint32_t)plaintext_bytes;
    memcpy(room + at[CIPHER_LENGTH], &length, sizeof length);
    widen(shape, ciphertext, room + at[CIPHER_X]);
    widen(shape, ciphertext + NUMBER_BYTES, room + at[CIPHER_Y]);
    memcpy(room + at[CIPHER_HASH], ciphertext + 2 * NUMBER_BYTES, ECC_CIPHER_HASH_BYTES);
    memcpy(room + at[CIPHER_DATA], ciphertext + CIPHERTEXT_OVERHEAD_BYTES, plaintext_bytes);
}
