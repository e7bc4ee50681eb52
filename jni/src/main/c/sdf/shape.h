/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of a dialect: how wide a card's structures are, in which order an ECCCipher has its
 * fields, and which argument lists its functions take. Java reads it from the dialect's table and
 * hands it over once, when the library is loaded (CardShape); all marshalling looks only here.
 *
 *   public key   bits 4 | x w | y w              w: ecc_field_bytes, 64 or 32; numbers
 * right-aligned signature    r w | s w ciphertext   x w, y w, hash 32, length 4, data, in any
 * order. The data is as long as its content (then it stands last), or has a fixed capacity
 *
 * The functions whose lists differ do so in their third argument, the one behind the key's index.
 */
#ifndef BERTH_SDF_SHAPE_H
#define BERTH_SDF_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECC_FIELD_BYTES_MAX 64
#define ECC_CIPHER_HASH_BYTES 32
#define ECC_CIPHER_CAPACITY_MAX 512

enum third_argument {
    THIRD_ABSENT,
    THIRD_ALGORITHM,
    THIRD_KEY_TYPE,  /* a number of the dialect's, whatever the algorithm */
    THIRD_KEY_USAGE, /* a number that says which pair of an index is meant */
};

enum cipher_field { CIPHER_X, CIPHER_Y, CIPHER_HASH, CIPHER_LENGTH, CIPHER_DATA, CIPHER_FIELDS };

struct sdf_shape {
    size_t ecc_field_bytes;
    size_t cipher_offset[CIPHER_FIELDS];
    size_t cipher_capacity; /* bytes of data; 0: as many as there are */
    size_t cipher_bytes; /* of the whole structure, without data that is as long as its content */
    enum third_argument internal_encrypt;
    enum third_argument internal_decrypt;
    enum third_argument internal_rsa;
    uint32_t decrypt_key_type;
    size_t rsa_modulus_bytes;
};

/* As Java writes it (CardShape.toNumbers). */
enum shape_number {
    SHAPE_ECC_FIELD_BYTES,
    SHAPE_CIPHER_ORDER, /* CIPHER_FIELDS numbers: which field stands first, second, … */
    SHAPE_CIPHER_CAPACITY = SHAPE_CIPHER_ORDER + CIPHER_FIELDS,
    SHAPE_INTERNAL_ENCRYPT,
    SHAPE_INTERNAL_DECRYPT,
    SHAPE_INTERNAL_RSA,
    SHAPE_DECRYPT_KEY_TYPE,
    SHAPE_RSA_MODULUS_BYTES,
    SHAPE_NUMBERS
};

/* False: no shape that a card can have. */
bool shape_of(const int32_t numbers[SHAPE_NUMBERS], struct sdf_shape *shape);

#endif
