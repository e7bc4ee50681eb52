/* SPDX-License-Identifier: Apache-2.0 */
#include "sm4.h"

#include <stdlib.h>
#include <string.h>

#include "cipher.h"
#include "gm.h"

/* Sm4Mode, Sm4AuthMode. */
enum { MODE_ECB = 1, MODE_CBC = 2, MODE_CTR = 5, AUTH_MODE_GCM = 1 };

/* Fields of Sm4AuthRequest; those of Sm4Request are 1 to 4. */
enum { AUTH_MODE = 3, AUTH_IV = 4, AUTH_AAD = 5, AUTH_DATA = 6, AUTH_TAG = 7, AUTH_TAG_BYTES = 8 };

static void put_key(struct remote *remote, const struct key *key) {
    size_t opened = remote_open(remote, 1);
    protobuf_put_bytes(&remote->writer, 1, key->wrapped, key->wrapped_bytes);
    remote_close(remote, opened);
}

static uint64_t mode_of(const struct mechanism *mechanism) {
    switch (mechanism->kind.form) {
    case FORM_CTR:
        return MODE_CTR;
    case FORM_IV:
        return MODE_CBC;
    default:
        return MODE_ECB;
    }
}

static CK_RV call(struct operation *operation, const uint8_t *data, size_t bytes, uint8_t *out,
                  size_t room, size_t *made) {
    const struct mechanism *mechanism = &operation->mechanism;
    bool encrypts = operation->kind == OPERATION_ENCRYPT;
    struct remote remote;
    const uint8_t *result;
    remote_begin(&remote, operation->key.resource);
    put_key(&remote, &operation->key);
    protobuf_put_varint(&remote.writer, 2, mode_of(mechanism));
    protobuf_put_bytes(&remote.writer, 3, mechanism->iv, mechanism->iv_bytes);
    remote_data(&remote, 4, data, bytes);
    remote_expect(&remote, bytes);
    CK_RV value = remote_call(&remote, encrypts ? BERTH_OP_SM4_ENCRYPT : BERTH_OP_SM4_DECRYPT);
    value = value == CKR_OK ? remote_output(&remote, &result, made) : value;
    if (value == CKR_OK && (*made != bytes || *made > room)) {
        value = CKR_DEVICE_ERROR;
    }
    if (value == CKR_OK) {
        memcpy(out, result, *made);
    }
    return remote_end(&remote, value);
}

/* The card counts with all bits: where the application's counter is shorter and would start over,
 * there is nothing right to answer (PKCS #11 2.40, 2.10.3). */
static bool counter_suffices(const struct mechanism *mechanism, size_t bytes) {
    uint64_t blocks = (bytes + BLOCK_BYTES - 1) / BLOCK_BYTES;
    uint8_t short_one[BLOCK_BYTES], whole[BLOCK_BYTES];
    memcpy(short_one, mechanism->iv, BLOCK_BYTES);
    memcpy(whole, mechanism->iv, BLOCK_BYTES);
    cipher_count_on(short_one, mechanism->counter_bits, blocks - 1);
    cipher_count_on(whole, 8 * BLOCK_BYTES, blocks - 1);
    return memcmp(short_one, whole, BLOCK_BYTES) == 0;
}

/* Encrypts the last blocks with their padding behind them. */
static CK_RV call_padded(struct operation *operation, const uint8_t *data, size_t bytes,
                         uint8_t *out, size_t room, size_t *made) {
    size_t pad = BLOCK_BYTES - bytes % BLOCK_BYTES;
    uint8_t *padded = malloc(bytes + pad);
    if (padded == NULL) {
        return CKR_HOST_MEMORY;
    }
    if (bytes != 0) {
        memcpy(padded, data, bytes);
    }
    memset(padded + bytes, (int)pad, pad);
    CK_RV value = call(operation, padded, bytes + pad, out, room, made);
    explicit_bzero(padded, bytes + pad);
    free(padded);
    return value;
}

/* Takes the padding off; every byte of the block is looked at, whatever it holds. */
static CK_RV take_padding(const uint8_t *out, size_t *made) {
    unsigned pad = out[*made - 1];
    unsigned wrong = pad == 0 || pad > BLOCK_BYTES;
    for (unsigned i = 0; i < BLOCK_BYTES; i++) {
        unsigned counts = i < pad;
        wrong |= counts & (out[*made - 1 - i] != pad);
    }
    *made -= wrong ? 0 : pad;
    return wrong ? CKR_ENCRYPTED_DATA_INVALID : CKR_OK;
}

CK_RV sm4_piece(struct operation *operation, const uint8_t *data, size_t bytes, bool last,
                uint8_t *out, size_t room, size_t *made) {
    const struct mechanism *mechanism = &operation->mechanism;
    bool padded = last && (mechanism->kind.traits & TRAIT_PADDED) != 0;
    if (mechanism->kind.form == FORM_CTR && !counter_suffices(mechanism, bytes)) {
        return operation->kind == OPERATION_ENCRYPT ? CKR_DATA_LEN_RANGE
                                                    : CKR_ENCRYPTED_DATA_LEN_RANGE;
    }
    if (padded && operation->kind == OPERATION_ENCRYPT) {
        return call_padded(operation, data, bytes, out, room, made);
    }
    CK_RV value = call(operation, data, bytes, out, room, made);
    return value == CKR_OK && padded ? take_padding(out, made) : value;
}

/* ---- GCM ---------------------------------------------------------------------------------------
 */

static void begin_auth(struct remote *remote, const struct operation *operation,
                       const uint8_t *data, size_t bytes) {
    const struct mechanism *mechanism = &operation->mechanism;
    remote_begin(remote, operation->key.resource);
    put_key(remote, &operation->key);
    protobuf_put_varint(&remote->writer, AUTH_MODE, AUTH_MODE_GCM);
    protobuf_put_bytes(&remote->writer, AUTH_IV, mechanism->iv, mechanism->iv_bytes);
    protobuf_put_bytes(&remote->writer, AUTH_AAD, mechanism->data, mechanism->data_bytes);
    remote_data(remote, AUTH_DATA, data, bytes);
    remote_expect(remote, bytes);
}

CK_RV sm4_seal(struct operation *operation, const uint8_t *data, size_t bytes) {
    size_t tag_bytes = operation->mechanism.tag_bits / 8;
    struct remote remote;
    const uint8_t *sealed, *tag;
    size_t sealed_bytes, found;
    begin_auth(&remote, operation, data, bytes);
    protobuf_put_varint(&remote.writer, AUTH_TAG_BYTES, tag_bytes);
    CK_RV value = remote_call(&remote, BERTH_OP_SM4_SEAL);
    value = value == CKR_OK ? remote_output(&remote, &sealed, &sealed_bytes) : value;
    value = value == CKR_OK ? remote_bytes(&remote, 2, &tag, &found) : value;
    if (value == CKR_OK && (sealed_bytes != bytes || found != tag_bytes)) {
        value = CKR_DEVICE_ERROR;
    }
    value = value == CKR_OK ? buffer_set(&operation->result, sealed, sealed_bytes) : value;
    value = value == CKR_OK ? buffer_append(&operation->result, tag, found) : value;
    return remote_end(&remote, value);
}

CK_RV sm4_open(struct operation *operation, const uint8_t *data, size_t bytes) {
    size_t tag_bytes = operation->mechanism.tag_bits / 8; /* no more than bytes: checked before */
    struct remote remote;
    const uint8_t *plain;
    size_t plain_bytes;
    begin_auth(&remote, operation, data, bytes - tag_bytes);
    protobuf_put_bytes(&remote.writer, AUTH_TAG, data + bytes - tag_bytes, tag_bytes);
    CK_RV value = remote_call(&remote, BERTH_OP_SM4_OPEN);
    if (value != CKR_OK && berth_status_of(remote.result.result) == BERTH_STATUS_INVALID_ARGUMENT) {
        value = CKR_ENCRYPTED_DATA_INVALID; /* not genuine */
    }
    value = value == CKR_OK ? remote_output(&remote, &plain, &plain_bytes) : value;
    if (value == CKR_OK && plain_bytes != bytes - tag_bytes) {
        value = CKR_DEVICE_ERROR;
    }
    value = value == CKR_OK ? buffer_set(&operation->result, plain, plain_bytes) : value;
    return remote_end(&remote, value);
}
