/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cipher.h"
#include "sm4.h"

struct piece {
    const struct operation *operation;
    CK_MECHANISM_TYPE type;
    const uint8_t *data;
    size_t bytes;
    size_t expected;
};

static void write_piece(struct remote *remote, const struct key *key, void *context) {
    const struct piece *piece = context;
    mechanism_put_as(remote, 1, &piece->operation->mechanism, piece->type);
    object_put_reference(remote, 2, key);
    remote_data(remote, 3, piece->data, piece->bytes);
    remote_expect(remote, piece->expected);
}

void cipher_count_on(uint8_t *block, uint32_t counter_bits, uint64_t blocks) {
    uint64_t carry = blocks;
    for (uint32_t bit = 0; bit < counter_bits; bit += 8) {
        uint8_t *byte = &block[BLOCK_BYTES - 1 - bit / 8];
        uint8_t mask = counter_bits - bit < 8 ? (uint8_t)((1u << (counter_bits - bit)) - 1) : 0xff;
        uint64_t sum = (uint64_t)(*byte & mask) + (carry & 0xff);
        *byte = (uint8_t)((*byte & ~mask) | (sum & mask));
        carry = (carry >> 8) + (sum >> 8);
    }
}

static void chain_on(struct mechanism *mechanism, const uint8_t *ciphertext, size_t bytes) {
    if (mechanism->kind.form == FORM_CTR) {
        cipher_count_on(mechanism->iv, mechanism->counter_bits, bytes / BLOCK_BYTES);
    } else if (mechanism->kind.form == FORM_IV && bytes >= BLOCK_BYTES) {
        memcpy(mechanism->iv, ciphertext + bytes - BLOCK_BYTES, BLOCK_BYTES);
    }
}

/* AES, where the token pads. */
static CK_RV mechanism_piece(struct operation *operation, const uint8_t *data, size_t bytes,
                             bool last, uint8_t *out, size_t room, size_t *made) {
    const struct mechanism *mechanism = &operation->mechanism;
    bool padded = (mechanism->kind.traits & TRAIT_PADDED) != 0;
    enum mechanism_action act = operation->kind == OPERATION_ENCRYPT ? ACT_ENCRYPT : ACT_DECRYPT;
    struct piece piece = {.operation = operation,
                          .type = padded && !last ? CKM_AES_CBC : mechanism->type,
                          .data = data,
                          .bytes = bytes,
                          .expected = bytes + (padded && last ? BLOCK_BYTES : 0)};
    struct remote remote;
    const uint8_t *result;
    CK_RV value = object_call(&remote, &operation->key, mechanism_operation(mechanism, act),
                              write_piece, &piece);
    value = value == CKR_OK ? remote_output(&remote, &result, made) : value;
    if (value == CKR_OK && (*made > room || (!last && *made != bytes))) {
        value = CKR_DEVICE_ERROR;
    }
    if (value == CKR_OK && *made != 0) {
        memcpy(out, result, *made);
    }
    return remote_end(&remote, value);
}

CK_RV cipher_piece(struct operation *operation, const uint8_t *data, size_t bytes, bool last,
                   uint8_t *out, size_t room, size_t *made) {
    struct mechanism *mechanism = &operation->mechanism;
    bool decrypts = operation->kind != OPERATION_ENCRYPT;
    uint8_t last_block[BLOCK_BYTES] = {0}; /* out may be where data is */
    if (bytes >= BLOCK_BYTES) {
        memcpy(last_block, data + bytes - BLOCK_BYTES, BLOCK_BYTES);
    }
    CK_RV value = mechanism->kind.family == FAMILY_SM4
                      ? sm4_piece(operation, data, bytes, last, out, room, made)
                      : mechanism_piece(operation, data, bytes, last, out, room, made);
    if (value == CKR_OK && decrypts && bytes >= BLOCK_BYTES && mechanism->kind.form == FORM_IV) {
        memcpy(mechanism->iv, last_block, BLOCK_BYTES);
    } else if (value == CKR_OK) {
        chain_on(mechanism, out, *made);
    }
    explicit_bzero(last_block, sizeof last_block);
    return value;
}
