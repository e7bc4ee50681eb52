/* SPDX-License-Identifier: Apache-2.0 */
/* Structures of both widths and several orders: there and back, and never misread in another. */
#include "check.h"
#include "sdf/layout.h"

#include <berth/sdf.h>
#include <stdlib.h>

int checks_failed;

/* As the two families' headers write them down, to hold the offsets to. */
#pragma pack(push, 1)
struct narrow_public_key {
    unsigned int bits;
    unsigned char x[32], y[32];
};
struct narrow_cipher {
    int length;
    unsigned char x[32], y[32], data[136], hash[32];
};
#pragma pack(pop)

static const int32_t wide_numbers[SHAPE_NUMBERS] = {
    64,          CIPHER_X, CIPHER_Y,        CIPHER_HASH,     CIPHER_LENGTH,
    CIPHER_DATA, 0,        THIRD_ALGORITHM, THIRD_ALGORITHM, THIRD_ABSENT,
    0,           256};
static const int32_t narrow_numbers[SHAPE_NUMBERS] = {
    32,  CIPHER_LENGTH,   CIPHER_X,        CIPHER_Y,        CIPHER_DATA, CIPHER_HASH,
    136, THIRD_ALGORITHM, THIRD_ALGORITHM, THIRD_KEY_USAGE, 0,           512};
/* GmSSL's: the order of the standard with a C of fixed size. */
static const int32_t padded_numbers[SHAPE_NUMBERS] = {
    64,          CIPHER_X, CIPHER_Y,     CIPHER_HASH,    CIPHER_LENGTH,
    CIPHER_DATA, 255,      THIRD_ABSENT, THIRD_KEY_TYPE, THIRD_ABSENT,
    7,           256};

static struct sdf_shape wide, narrow, padded;

static void counting(unsigned char *bytes, size_t n, unsigned char from) {
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (unsigned char)(from + i);
    }
}

static void offsets_are_those_of_the_families_headers(void) {
    CHECK_EQUAL(offsetof(ECCCipher, x), wide.cipher_offset[CIPHER_X]);
    CHECK_EQUAL(offsetof(ECCCipher, y), wide.cipher_offset[CIPHER_Y]);
    CHECK_EQUAL(offsetof(ECCCipher, M), wide.cipher_offset[CIPHER_HASH]);
    CHECK_EQUAL(offsetof(ECCCipher, L), wide.cipher_offset[CIPHER_LENGTH]);
    CHECK_EQUAL(offsetof(ECCCipher, C), wide.cipher_offset[CIPHER_DATA]);
    CHECK_EQUAL(164, wide.cipher_bytes);
    CHECK_EQUAL(offsetof(struct narrow_cipher, length), narrow.cipher_offset[CIPHER_LENGTH]);
    CHECK_EQUAL(offsetof(struct narrow_cipher, x), narrow.cipher_offset[CIPHER_X]);
    CHECK_EQUAL(offsetof(struct narrow_cipher, y), narrow.cipher_offset[CIPHER_Y]);
    CHECK_EQUAL(offsetof(struct narrow_cipher, data), narrow.cipher_offset[CIPHER_DATA]);
    CHECK_EQUAL(offsetof(struct narrow_cipher, hash), narrow.cipher_offset[CIPHER_HASH]);
    CHECK_EQUAL(sizeof(struct narrow_cipher), narrow.cipher_bytes);
    CHECK_EQUAL(164 + 255, padded.cipher_bytes);
    CHECK_EQUAL(THIRD_KEY_TYPE, padded.internal_decrypt);
    CHECK_EQUAL(7, padded.decrypt_key_type);
    CHECK_EQUAL(512, narrow.rsa_modulus_bytes);
}

static void numbers_stand_right_aligned(void) {
    unsigned char xy[64], zeros[32] = {0};
    struct ecc_room room;
    counting(xy, sizeof xy, 1);
    public_key_to_card(&wide, xy, &room);
    const ECCrefPublicKey *standard = (const ECCrefPublicKey *)room.bytes;
    CHECK_EQUAL(256, standard->bits);
    CHECK_BYTES(zeros, standard->x, 32);
    CHECK_BYTES(xy, standard->x + 32, 32);
    CHECK_BYTES(zeros, standard->y, 32);
    CHECK_BYTES(xy + 32, standard->y + 32, 32);
    public_key_to_card(&narrow, xy, &room);
    const struct narrow_public_key *small = (const struct narrow_public_key *)room.bytes;
    CHECK_EQUAL(256, small->bits);
    CHECK_BYTES(xy, small->x, 32);
    CHECK_BYTES(xy + 32, small->y, 32);
}

/* What a card of one shape fills is read by the other shapes as what it is: not theirs. */
static void keys_and_signatures_of_one_width_are_none_of_the_other(void) {
    const struct sdf_shape *shapes[] = {&wide, &narrow};
    unsigned char made[64], read[64];
    counting(made, sizeof made, 1);
    for (int card = 0; card < 2; card++) {
        for (int dialect = 0; dialect < 2; dialect++) {
            size_t bytes = shapes[card]->ecc_field_bytes * 2;
            struct ecc_room from_card, room;
            public_key_to_card(shapes[card], made, &from_card);
            public_key_expected(shapes[dialect], &room);
            memcpy(room.bytes, from_card.bytes, 4 + bytes);
            bool same = public_key_from_card(shapes[dialect], &room, read);
            CHECK_EQUAL(card == dialect, same);
            CHECK(!same || memcmp(made, read, sizeof made) == 0);

            signature_to_card(shapes[card], made, &from_card);
            signature_expected(shapes[dialect], &room);
            memcpy(room.bytes, from_card.bytes, bytes);
            same = signature_from_card(shapes[dialect], &room, read);
            CHECK_EQUAL(card == dialect, same);
            CHECK(!same || memcmp(made, read, sizeof made) == 0);
        }
    }
}

static void a_card_that_leaves_all_as_it_was_gave_nothing(void) {
    struct ecc_room room;
    unsigned char read[64];
    public_key_expected(&narrow, &room);
    CHECK(!public_key_from_card(&narrow, &room, read));
    public_key_expected(&wide, &room);
    CHECK(!public_key_from_card(&wide, &room, read));
}

static void one_byte_behind_the_structure_is_seen(void) {
    unsigned char made[64], read[64];
    struct ecc_room from_card, room;
    counting(made, sizeof made, 1);
    signature_to_card(&narrow, made, &from_card);
    signature_expected(&narrow, &room);
    memcpy(room.bytes, from_card.bytes, 64);
    CHECK(signature_from_card(&narrow, &room, read));
    room.bytes[64] ^= 1;
    CHECK(!signature_from_card(&narrow, &room, read));
    room.bytes[64] ^= 1;
    room.bytes[sizeof room.bytes - 1] ^= 1;
    CHECK(!signature_from_card(&narrow, &room, read));
}

/* Of exactly the size that is provided, for the sanitizer to see a byte too many. */
static void check_ciphertext(const struct sdf_shape *card, const struct sdf_shape *dialect,
                             size_t n, bool readable) {
    size_t room_bytes = cipher_room_bytes(n);
    unsigned char *made = calloc(1, CIPHERTEXT_OVERHEAD_BYTES + n);
    unsigned char *read = calloc(1, CIPHERTEXT_OVERHEAD_BYTES + n);
    unsigned char *from_card = calloc(1, room_bytes);
    unsigned char *room = calloc(1, room_bytes);
    if (made == NULL || read == NULL || from_card == NULL || room == NULL) {
        abort();
    }
    counting(made, CIPHERTEXT_OVERHEAD_BYTES + n, 3);
    ciphertext_to_card(card, made, n, from_card);
    ciphertext_expected(dialect, room, room_bytes);
    memcpy(room, from_card, card->cipher_capacity != 0 ? card->cipher_bytes : 164 + n);
    bool same = ciphertext_from_card(dialect, room, room_bytes, n, read);
    CHECK_EQUAL(readable, same);
    CHECK(!same || memcmp(made, read, CIPHERTEXT_OVERHEAD_BYTES + n) == 0);
    if (readable) {
        CHECK(!ciphertext_from_card(dialect, room, room_bytes, n - 1, read));
    }
    free(made);
    free(read);
    free(from_card);
    free(room);
}

static void ciphertexts_come_back_in_every_shape_and_length(void) {
    for (size_t n = 1; n <= 2000; n = n < 140 ? n + 1 : n * 2) {
        check_ciphertext(&wide, &wide, n, true);
    }
    for (size_t n = 1; n <= 136; n++) {
        check_ciphertext(&narrow, &narrow, n, true);
        check_ciphertext(&padded, &padded, n, true);
        /* What lies behind a flexible C is not looked at: a card that pads it is the standard's. */
        check_ciphertext(&padded, &wide, n, true);
    }
}

static void ciphertexts_of_one_order_are_none_of_the_other(void) {
    for (size_t n = 1; n <= 136; n++) {
        check_ciphertext(&wide, &narrow, n, false);
        check_ciphertext(&narrow, &wide, n, false);
        check_ciphertext(&narrow, &padded, n, false);
        check_ciphertext(&padded, &narrow, n, false);
    }
}

static void a_plaintext_beyond_the_capacity_does_not_fit(void) {
    CHECK(ciphertext_fits(&narrow, 135));
    CHECK(ciphertext_fits(&narrow, 136));
    CHECK(!ciphertext_fits(&narrow, 137));
    CHECK(ciphertext_fits(&padded, 255));
    CHECK(!ciphertext_fits(&padded, 256));
    CHECK(ciphertext_fits(&wide, 1 << 20));
}

static void check_no_shape(int number, int32_t value) {
    int32_t numbers[SHAPE_NUMBERS];
    struct sdf_shape shape;
    memcpy(numbers, narrow_numbers, sizeof numbers);
    numbers[number] = value;
    CHECK(!shape_of(numbers, &shape));
}

static void what_no_card_can_have_is_no_shape(void) {
    check_no_shape(SHAPE_ECC_FIELD_BYTES, 48);
    check_no_shape(SHAPE_ECC_FIELD_BYTES, -32);
    check_no_shape(SHAPE_CIPHER_ORDER, CIPHER_X);
    check_no_shape(SHAPE_CIPHER_ORDER, CIPHER_FIELDS);
    check_no_shape(SHAPE_CIPHER_ORDER, -1);
    check_no_shape(SHAPE_CIPHER_CAPACITY, 0);
    check_no_shape(SHAPE_CIPHER_CAPACITY, -1);
    check_no_shape(SHAPE_CIPHER_CAPACITY, ECC_CIPHER_CAPACITY_MAX + 1);
    check_no_shape(SHAPE_INTERNAL_ENCRYPT, THIRD_KEY_TYPE);
    check_no_shape(SHAPE_INTERNAL_DECRYPT, THIRD_KEY_USAGE);
    check_no_shape(SHAPE_INTERNAL_DECRYPT, 4);
    check_no_shape(SHAPE_INTERNAL_RSA, THIRD_ALGORITHM);
    check_no_shape(SHAPE_RSA_MODULUS_BYTES, 384);
}

int main(void) {
    if (!shape_of(wide_numbers, &wide) || !shape_of(narrow_numbers, &narrow) ||
        !shape_of(padded_numbers, &padded)) {
        return 1;
    }
    RUN(offsets_are_those_of_the_families_headers);
    RUN(numbers_stand_right_aligned);
    RUN(keys_and_signatures_of_one_width_are_none_of_the_other);
    RUN(a_card_that_leaves_all_as_it_was_gave_nothing);
    RUN(one_byte_behind_the_structure_is_seen);
    RUN(ciphertexts_come_back_in_every_shape_and_length);
    RUN(ciphertexts_of_one_order_are_none_of_the_other);
    RUN(a_plaintext_beyond_the_capacity_does_not_fit);
    RUN(what_no_card_can_have_is_no_shape);
    return CHECK_RESULT();
}
