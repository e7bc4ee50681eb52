/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf/shape.h"

static size_t bytes_of(enum cipher_field field, const struct sdf_shape *shape) {
    switch (field) {
    case CIPHER_X:
    case CIPHER_Y:
        return shape->ecc_field_bytes;
    case CIPHER_HASH:
        return ECC_CIPHER_HASH_BYTES;
    case CIPHER_LENGTH:
        return sizeof(uint32_t);
    case CIPHER_DATA:
        return shape->cipher_capacity;
    case CIPHER_FIELDS:
        break;
    }
    return 0;
}

/* The structures are packed: each field begins where the one before it ends. */
static bool place_fields(const int32_t order[CIPHER_FIELDS], struct sdf_shape *shape) {
    unsigned placed = 0;
    size_t at = 0;
    for (int i = 0; i < CIPHER_FIELDS; i++) {
        if (order[i] < 0 || order[i] >= CIPHER_FIELDS || (placed & 1U << order[i]) != 0) {
            return false;
        }
        placed |= 1U << order[i];
        shape->cipher_offset[order[i]] = at;
        at += bytes_of((enum cipher_field)order[i], shape);
    }
    shape->cipher_bytes = at;
    return shape->cipher_capacity != 0 || order[CIPHER_FIELDS - 1] == CIPHER_DATA;
}

static bool is_one_of(int32_t third, enum third_argument a, enum third_argument b,
                      enum third_argument c) {
    return third == (int32_t)a || third == (int32_t)b || third == (int32_t)c;
}

bool shape_of(const int32_t numbers[SHAPE_NUMBERS], struct sdf_shape *shape) {
    int32_t field_bytes = numbers[SHAPE_ECC_FIELD_BYTES];
    int32_t capacity = numbers[SHAPE_CIPHER_CAPACITY];
    int32_t modulus_bytes = numbers[SHAPE_RSA_MODULUS_BYTES];
    if ((field_bytes != 32 && field_bytes != ECC_FIELD_BYTES_MAX) || capacity < 0 ||
        capacity > ECC_CIPHER_CAPACITY_MAX || (modulus_bytes != 256 && modulus_bytes != 512) ||
        !is_one_of(numbers[SHAPE_INTERNAL_ENCRYPT], THIRD_ABSENT, THIRD_ALGORITHM,
                   THIRD_ALGORITHM) ||
        !is_one_of(numbers[SHAPE_INTERNAL_DECRYPT], THIRD_ABSENT, THIRD_ALGORITHM,
                   THIRD_KEY_TYPE) ||
        !is_one_of(numbers[SHAPE_INTERNAL_RSA], THIRD_ABSENT, THIRD_KEY_USAGE, THIRD_KEY_USAGE)) {
        return false;
    }
    *shape = (struct sdf_shape){
        .ecc_field_bytes = (size_t)field_bytes,
        .cipher_capacity = (size_t)capacity,
        .internal_encrypt = (enum third_argument)numbers[SHAPE_INTERNAL_ENCRYPT],
        .internal_decrypt = (enum third_argument)numbers[SHAPE_INTERNAL_DECRYPT],
        .internal_rsa = (enum third_argument)numbers[SHAPE_INTERNAL_RSA],
        .decrypt_key_type = (uint32_t)numbers[SHAPE_DECRYPT_KEY_TYPE],
        .rsa_modulus_bytes = (size_t)modulus_bytes,
    };
    return place_fields(numbers + SHAPE_CIPHER_ORDER, shape);
}
