/* SPDX-License-Identifier: Apache-2.0 */
#include "mechanism.h"

#include <stdlib.h>
#include <string.h>

#include "gm.h"
#include "mechanism_table.h"

/* AAD, labels, other sides' points: they travel in the message. */
#define PARAMETER_MAX_BYTES 1536
/* CK_GCM_PARAMS of PKCS #11 2.30 had no ulIvBits. */
#define GCM_PARAMS_OLD_BYTES (sizeof(struct ck_gcm_params) - sizeof(CK_ULONG))

/* Fields of message Mechanism. */
enum mechanism_field {
    MECHANISM_TYPE = 1,
    MECHANISM_HASH = 2,
    MECHANISM_MGF = 3,
    MECHANISM_SALT_BYTES = 4,
    MECHANISM_LABEL = 5,
    MECHANISM_IV = 6,
    MECHANISM_AAD = 7,
    MECHANISM_TAG_BITS = 8,
    MECHANISM_COUNTER_BITS = 9,
    MECHANISM_KDF = 10,
    MECHANISM_SHARED_DATA = 11,
    MECHANISM_PUBLIC_DATA = 12,
    MECHANISM_PARAMETER = 15
};

static CK_RV copy(const void *from, CK_ULONG bytes, uint8_t **to, size_t *to_bytes) {
    if (bytes > PARAMETER_MAX_BYTES || (from == NULL && bytes != 0)) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    if (bytes != 0) {
        *to = malloc(bytes);
        if (*to == NULL) {
            return CKR_HOST_MEMORY;
        }
        memcpy(*to, from, bytes);
        *to_bytes = bytes;
    }
    return CKR_OK;
}

static CK_RV take_iv(const void *from, CK_ULONG bytes, struct mechanism *mechanism) {
    if (bytes > sizeof mechanism->iv || (from == NULL && bytes != 0)) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    if (bytes != 0) {
        memcpy(mechanism->iv, from, bytes);
        mechanism->iv_bytes = bytes;
    }
    return CKR_OK;
}

static CK_RV take_pss(const CK_MECHANISM *from, struct mechanism *mechanism) {
    struct ck_rsa_pkcs_pss_params parameter;
    if (from->pParameter == NULL || from->ulParameterLen != sizeof parameter) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    memcpy(&parameter, from->pParameter, sizeof parameter);
    mechanism->hash = parameter.hash_alg;
    mechanism->mgf = parameter.mgf;
    mechanism->salt_bytes = parameter.s_len;
    return CKR_OK;
}

static CK_RV take_oaep(const CK_MECHANISM *from, struct mechanism *mechanism) {
    struct ck_rsa_pkcs_oaep_params parameter;
    if (from->pParameter == NULL || from->ulParameterLen != sizeof parameter) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    memcpy(&parameter, from->pParameter, sizeof parameter);
    mechanism->hash = parameter.hash_alg;
    mechanism->mgf = parameter.mgf;
    if (parameter.source == 0 && parameter.source_data_len == 0) {
        return CKR_OK;
    }
    return copy(parameter.source_data, parameter.source_data_len, &mechanism->data,
                &mechanism->data_bytes);
}

static CK_RV take_ctr(const CK_MECHANISM *from, struct mechanism *mechanism) {
    struct ck_aes_ctr_params parameter;
    if (from->pParameter == NULL || from->ulParameterLen != sizeof parameter) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    memcpy(&parameter, from->pParameter, sizeof parameter);
    if (parameter.counter_bits == 0 || parameter.counter_bits > 8 * BLOCK_BYTES) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    mechanism->counter_bits = (uint32_t)parameter.counter_bits;
    return take_iv(parameter.cb, sizeof parameter.cb, mechanism);
}

static CK_RV take_gcm(const CK_MECHANISM *from, struct mechanism *mechanism) {
    struct ck_gcm_params parameter = {0};
    if (from->pParameter == NULL) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    if (from->ulParameterLen == GCM_PARAMS_OLD_BYTES) {
        size_t head = offsetof(struct ck_gcm_params, iv_bits);
        memcpy(&parameter, from->pParameter, head);
        memcpy(&parameter.aad_ptr, (const char *)from->pParameter + head,
               GCM_PARAMS_OLD_BYTES - head);
    } else if (from->ulParameterLen == sizeof parameter) {
        memcpy(&parameter, from->pParameter, sizeof parameter);
    } else {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    if (parameter.tag_bits > 8 * BLOCK_BYTES || parameter.tag_bits % 8 != 0 ||
        parameter.iv_len == 0 ||
        (mechanism->kind.family == FAMILY_SM4 && parameter.tag_bits < SM4_TAG_MIN_BITS)) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    mechanism->tag_bits = (uint32_t)parameter.tag_bits;
    CK_RV value = take_iv(parameter.iv_ptr, parameter.iv_len, mechanism);
    return value == CKR_OK ? copy(parameter.aad_ptr, parameter.aad_len, &mechanism->data,
                                  &mechanism->data_bytes)
                           : value;
}

static CK_RV take_ecdh(const CK_MECHANISM *from, struct mechanism *mechanism) {
    struct ck_ecdh1_derive_params parameter;
    if (from->pParameter == NULL || from->ulParameterLen != sizeof parameter) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    memcpy(&parameter, from->pParameter, sizeof parameter);
    mechanism->kdf = parameter.kdf;
    CK_RV value = copy(parameter.shared_data, parameter.shared_data_len, &mechanism->data,
                       &mechanism->data_bytes);
    return value == CKR_OK ? copy(parameter.public_data, parameter.public_data_len,
                                  &mechanism->public_data, &mechanism->public_bytes)
                           : value;
}

static CK_RV take_number(const CK_MECHANISM *from, struct mechanism *mechanism) {
    CK_ULONG number;
    if (from->pParameter == NULL || from->ulParameterLen != sizeof number) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    memcpy(&number, from->pParameter, sizeof number);
    uint64_t wide = number;
    mechanism->kind.result_bytes = number;
    return copy(&wide, sizeof wide, &mechanism->data, &mechanism->data_bytes);
}

static CK_RV take_parameter(const CK_MECHANISM *from, struct mechanism *mechanism) {
    switch (mechanism->kind.form) {
    case FORM_NONE:
        return CKR_OK;
    case FORM_MUST_BE_EMPTY:
        return from->ulParameterLen == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
    case FORM_PSS:
        return take_pss(from, mechanism);
    case FORM_OAEP:
        return take_oaep(from, mechanism);
    case FORM_IV:
    case FORM_IV_SHORT:
        return from->ulParameterLen == (mechanism->kind.form == FORM_IV ? BLOCK_BYTES : 8)
                   ? take_iv(from->pParameter, from->ulParameterLen, mechanism)
                   : CKR_MECHANISM_PARAM_INVALID;
    case FORM_IV_OPTIONAL:
        return from->ulParameterLen <= 8
                   ? take_iv(from->pParameter, from->ulParameterLen, mechanism)
                   : CKR_MECHANISM_PARAM_INVALID;
    case FORM_CTR:
        return take_ctr(from, mechanism);
    case FORM_GCM:
        return take_gcm(from, mechanism);
    case FORM_ECDH:
        return take_ecdh(from, mechanism);
    case FORM_NUMBER:
        return take_number(from, mechanism);
    default:
        return copy(from->pParameter, from->ulParameterLen, &mechanism->data,
                    &mechanism->data_bytes);
    }
}

CK_RV mechanism_take(const struct slot *slot, const CK_MECHANISM *from,
                     struct mechanism *mechanism) {
    if (from == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    *mechanism = (struct mechanism){.type = from->mechanism,
                                    .kind = mechanism_kind_of(from->mechanism, slot->is_sdf)};
    CK_RV value = take_parameter(from, mechanism);
    if (value != CKR_OK) {
        mechanism_free(mechanism);
    }
    return value;
}

void mechanism_free(struct mechanism *mechanism) {
    free(mechanism->data);
    free(mechanism->public_data);
    mechanism->data = mechanism->public_data = NULL;
}

CK_RV mechanism_offered(struct slot *slot, const CK_MECHANISM *mechanism, CK_FLAGS use) {
    const struct token *token;
    if (mechanism == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    CK_RV value = token_know(slot, &token);
    if (value != CKR_OK) {
        return value;
    }
    const struct token_mechanism *has = token_mechanism(token, mechanism->mechanism);
    return has != NULL && (has->info.flags & use) != 0 ? CKR_OK : CKR_MECHANISM_INVALID;
}

CK_RV mechanism_suits(const struct mechanism *mechanism, const struct object_facts *key) {
    CK_KEY_TYPE wanted = mechanism->kind.key_type;
    return wanted == CK_UNAVAILABLE_INFORMATION || wanted == key->key_type
               ? CKR_OK
               : CKR_KEY_TYPE_INCONSISTENT;
}

void mechanism_put_as(struct remote *remote, uint32_t field, const struct mechanism *mechanism,
                      CK_MECHANISM_TYPE type) {
    struct protobuf_writer *writer = &remote->writer;
    static const uint32_t data_field[] = {
        [FORM_OAEP] = MECHANISM_LABEL,
        [FORM_GCM] = MECHANISM_AAD,
        [FORM_ECDH] = MECHANISM_SHARED_DATA,
        [FORM_NUMBER] = MECHANISM_PARAMETER,
    };
    uint32_t data = mechanism->kind.form <= FORM_NUMBER ? data_field[mechanism->kind.form] : 0;
    size_t opened = remote_open(remote, field);
    protobuf_put_varint(writer, MECHANISM_TYPE, type);
    protobuf_put_varint(writer, MECHANISM_HASH, mechanism->hash);
    protobuf_put_varint(writer, MECHANISM_MGF, mechanism->mgf);
    protobuf_put_varint(writer, MECHANISM_SALT_BYTES, mechanism->salt_bytes);
    protobuf_put_bytes(writer, MECHANISM_IV, mechanism->iv, mechanism->iv_bytes);
    protobuf_put_varint(writer, MECHANISM_TAG_BITS, mechanism->tag_bits);
    protobuf_put_varint(writer, MECHANISM_COUNTER_BITS, mechanism->counter_bits);
    protobuf_put_varint(writer, MECHANISM_KDF, mechanism->kdf);
    protobuf_put_bytes(writer, MECHANISM_PUBLIC_DATA, mechanism->public_data,
                       mechanism->public_bytes);
    protobuf_put_bytes(writer, data != 0 ? data : MECHANISM_PARAMETER, mechanism->data,
                       mechanism->data_bytes);
    remote_close(remote, opened);
}

void mechanism_put(struct remote *remote, uint32_t field, const struct mechanism *mechanism) {
    mechanism_put_as(remote, field, mechanism, mechanism->type);
}

uint32_t mechanism_operation(const struct mechanism *mechanism, enum mechanism_action action) {
    static const uint32_t operations[][4] = {
        [FAMILY_OTHER] = {BERTH_OP_OTHER_SIGN, BERTH_OP_OTHER_VERIFY, BERTH_OP_OTHER_ENCRYPT,
                          BERTH_OP_OTHER_DECRYPT},
        [FAMILY_RSA] = {BERTH_OP_RSA_SIGN, BERTH_OP_RSA_VERIFY, BERTH_OP_RSA_ENCRYPT,
                        BERTH_OP_RSA_DECRYPT},
        [FAMILY_EC] = {BERTH_OP_EC_SIGN, BERTH_OP_EC_VERIFY, 0, 0},
        [FAMILY_AES] = {0, 0, BERTH_OP_AES_ENCRYPT, BERTH_OP_AES_DECRYPT},
        [FAMILY_DIGEST] = {0, 0, 0, 0},
        [FAMILY_MAC] = {BERTH_OP_MAC, BERTH_OP_MAC_VERIFY, 0, 0},
        [FAMILY_GM] = {BERTH_OP_SM2_SIGN, BERTH_OP_SM2_VERIFY, BERTH_OP_SM2_ENCRYPT,
                       BERTH_OP_SM2_DECRYPT},
        [FAMILY_SM4] = {0, 0, BERTH_OP_SM4_ENCRYPT, BERTH_OP_SM4_DECRYPT},
    };
    /* With the private key it signs and decrypts anything: a permission of its own. */
    if (mechanism->type == CKM_RSA_X_509 && action == ACT_SIGN) {
        return BERTH_OP_RSA_RAW_SIGN;
    }
    if (mechanism->type == CKM_RSA_X_509 && action == ACT_DECRYPT) {
        return BERTH_OP_RSA_RAW_DECRYPT;
    }
    return operations[mechanism->kind.family][action];
}
