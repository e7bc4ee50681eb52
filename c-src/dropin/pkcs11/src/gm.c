/* SPDX-License-Identifier: Apache-2.0 */
#include "gm.h"

#include <string.h>

#include "gm_der.h"
#include "operation.h"

#define KEY_BITS 256
#define SIGNS (CKF_HW | CKF_SIGN | CKF_VERIFY)
#define CRYPTS (CKF_HW | CKF_ENCRYPT | CKF_DECRYPT)

struct token_mechanism gm_mechanism(enum gm_use use) {
    static const CK_MECHANISM_INFO infos[GM_MECHANISMS] = {
        [GM_SM3_SM2] = {KEY_BITS, KEY_BITS, SIGNS},
        [GM_SM3_SM2_DER] = {KEY_BITS, KEY_BITS, SIGNS},
        [GM_SM3_SM2_ID] = {KEY_BITS, KEY_BITS, SIGNS},
        [GM_SM3_SM2_ID_DER] = {KEY_BITS, KEY_BITS, SIGNS},
        [GM_SM2_SIGN] = {KEY_BITS, KEY_BITS, SIGNS},
        [GM_SM2_SIGN_DER] = {KEY_BITS, KEY_BITS, SIGNS},
        [GM_SM2_ENCRYPT] = {KEY_BITS, KEY_BITS, CRYPTS},
        [GM_SM2_ENCRYPT_DER] = {KEY_BITS, KEY_BITS, CRYPTS},
        [GM_SM3] = {0, 0, CKF_HW | CKF_DIGEST},
        [GM_SM4_KEY_GEN] = {SM4_KEY_BYTES, SM4_KEY_BYTES, CKF_HW | CKF_GENERATE},
        [GM_SM4_ECB] = {SM4_KEY_BYTES, SM4_KEY_BYTES, CRYPTS | CKF_WRAP | CKF_UNWRAP},
        [GM_SM4_CBC] = {SM4_KEY_BYTES, SM4_KEY_BYTES, CRYPTS},
        [GM_SM4_CBC_PAD] = {SM4_KEY_BYTES, SM4_KEY_BYTES, CRYPTS},
        [GM_SM4_CTR] = {SM4_KEY_BYTES, SM4_KEY_BYTES, CRYPTS},
        [GM_SM4_GCM] = {SM4_KEY_BYTES, SM4_KEY_BYTES, CRYPTS},
    };
    return (struct token_mechanism){gm_number(use), infos[use]};
}

static bool is_der(const struct mechanism *mechanism) {
    switch (gm_use_of(mechanism->type)) {
    case GM_SM3_SM2_DER:
    case GM_SM3_SM2_ID_DER:
    case GM_SM2_SIGN_DER:
    case GM_SM2_ENCRYPT_DER:
        return true;
    default:
        return false;
    }
}

static bool is_of_digest(const struct mechanism *mechanism) {
    enum gm_use use = gm_use_of(mechanism->type);
    return use == GM_SM2_SIGN || use == GM_SM2_SIGN_DER;
}

size_t gm_signature_bytes(const struct mechanism *mechanism) {
    return is_der(mechanism) ? 0 : GM_SIGNATURE_BYTES;
}

/* digest, or message and id: fields 1 to 3 of both requests. */
static CK_RV put_what_is_signed(struct remote *remote, const struct mechanism *mechanism,
                                const uint8_t *data, size_t bytes) {
    if (is_of_digest(mechanism)) {
        protobuf_put_bytes(&remote->writer, 1, data, bytes);
        return bytes == GM_DIGEST_BYTES ? CKR_OK : CKR_DATA_LEN_RANGE;
    }
    /* An empty message cannot be told from none; the longest is what fits beside the rest. */
    if (bytes == 0 || bytes > REMOTE_INLINE_BYTES) {
        return CKR_DATA_LEN_RANGE;
    }
    protobuf_put_bytes(&remote->writer, 2, data, bytes);
    enum gm_use use = gm_use_of(mechanism->type);
    if (use == GM_SM3_SM2 || use == GM_SM3_SM2_DER) {
        protobuf_put_bytes(&remote->writer, 3, mechanism->data, mechanism->data_bytes);
    }
    return CKR_OK;
}

static CK_RV take_signature(const struct remote *remote, uint8_t signature[GM_SIGNATURE_BYTES]) {
    const uint8_t *r, *s;
    size_t r_bytes, s_bytes;
    CK_RV value = remote_bytes(remote, 1, &r, &r_bytes);
    value = value == CKR_OK ? remote_bytes(remote, 2, &s, &s_bytes) : value;
    if (value == CKR_OK && (r_bytes != GM_DIGEST_BYTES || s_bytes != GM_DIGEST_BYTES)) {
        value = CKR_DEVICE_ERROR;
    }
    if (value == CKR_OK) {
        memcpy(signature, r, r_bytes);
        memcpy(signature + r_bytes, s, s_bytes);
    }
    return value;
}

CK_RV gm_sign(struct operation *operation, const uint8_t *data, size_t bytes) {
    struct remote remote;
    uint8_t signature[GM_SIGNATURE_BYTES];
    remote_begin(&remote, operation->key.resource);
    CK_RV value = put_what_is_signed(&remote, &operation->mechanism, data, bytes);
    value = value == CKR_OK ? remote_call(&remote, BERTH_OP_SM2_SIGN) : value;
    value = value == CKR_OK ? take_signature(&remote, signature) : value;
    if (value == CKR_OK) {
        value = is_der(&operation->mechanism)
                    ? gm_der_signature(signature, &operation->result)
                    : buffer_set(&operation->result, signature, sizeof signature);
    }
    return remote_end(&remote, value);
}

CK_RV gm_verify(struct operation *operation, const uint8_t *data, size_t bytes,
                const uint8_t *signature, size_t signature_bytes) {
    uint8_t raw[GM_SIGNATURE_BYTES];
    if (is_der(&operation->mechanism)) {
        if (!gm_der_signature_read(signature, signature_bytes, raw)) {
            return CKR_SIGNATURE_INVALID;
        }
    } else { /* its length has been checked */
        memcpy(raw, signature, sizeof raw);
    }
    struct remote remote;
    uint64_t valid = 0;
    remote_begin(&remote, operation->key.resource);
    CK_RV value = put_what_is_signed(&remote, &operation->mechanism, data, bytes);
    size_t opened = remote_open(&remote, 4);
    protobuf_put_bytes(&remote.writer, 1, raw, GM_SIGNATURE_BYTES / 2);
    protobuf_put_bytes(&remote.writer, 2, raw + GM_SIGNATURE_BYTES / 2, GM_SIGNATURE_BYTES / 2);
    remote_close(&remote, opened);
    value = value == CKR_OK ? remote_call(&remote, BERTH_OP_SM2_VERIFY) : value;
    value = value == CKR_OK ? remote_number(&remote, 1, &valid) : value;
    value = value == CKR_OK && valid != 1 ? CKR_SIGNATURE_INVALID : value;
    return remote_end(&remote, value);
}

static CK_RV crypt(struct operation *operation, const uint8_t *data, size_t bytes, bool encrypt) {
    struct remote remote;
    const uint8_t *made;
    size_t made_bytes;
    remote_begin(&remote, operation->key.resource);
    protobuf_put_bytes(&remote.writer, 1, data, bytes);
    CK_RV value = bytes <= REMOTE_INLINE_BYTES
                      ? remote_call(&remote, encrypt ? BERTH_OP_SM2_ENCRYPT : BERTH_OP_SM2_DECRYPT)
                  : encrypt ? CKR_DATA_LEN_RANGE
                            : CKR_ENCRYPTED_DATA_LEN_RANGE;
    value = value == CKR_OK ? remote_bytes(&remote, 1, &made, &made_bytes) : value;
    if (value == CKR_OK) {
        value = encrypt && is_der(&operation->mechanism)
                    ? gm_der_ciphertext(made, made_bytes, &operation->result)
                    : buffer_set(&operation->result, made, made_bytes);
    }
    return remote_end(&remote, value);
}

CK_RV gm_crypt(struct operation *operation, const uint8_t *data, size_t bytes) {
    if (operation->kind == OPERATION_ENCRYPT) {
        return crypt(operation, data, bytes, true);
    }
    if (!is_der(&operation->mechanism)) {
        return crypt(operation, data, bytes, false);
    }
    struct buffer raw = {0};
    CK_RV value = gm_der_ciphertext_read(data, bytes, &raw);
    value = value == CKR_OK ? crypt(operation, raw.bytes, raw.used, false) : value;
    buffer_free(&raw);
    return value;
}
