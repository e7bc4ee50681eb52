/* SPDX-License-Identifier: Apache-2.0 */
#include "operation.h"

#include <string.h>

#include "session.h"

static const struct {
    CK_FLAGS flag;    /* of the mechanism */
    enum key_use use; /* of the key */
} needs[] = {
    [OPERATION_DIGEST] = {CKF_DIGEST, 0},
    [OPERATION_SIGN] = {CKF_SIGN, USE_SIGN},
    [OPERATION_VERIFY] = {CKF_VERIFY, USE_VERIFY},
    [OPERATION_ENCRYPT] = {CKF_ENCRYPT, USE_ENCRYPT},
    [OPERATION_DECRYPT] = {CKF_DECRYPT, USE_DECRYPT},
};

static CK_RV take_key(struct session *session, enum operation_kind kind, CK_OBJECT_HANDLE handle,
                      struct key *key) {
    struct object *object;
    CK_RV value = object_acquire(session, handle, &object);
    if (value != CKR_OK) {
        return value;
    }
    value = object_key(object, key);
    object_release(object);
    if (value == CKR_OK && (key->facts.uses & needs[kind].use) == 0) {
        value = CKR_KEY_FUNCTION_NOT_PERMITTED;
    }
    return value;
}

CK_RV operation_begin(struct session *session, enum operation_kind kind,
                      const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE handle) {
    struct operation *operation = &session->operation;
    if (mechanism == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    if (operation->kind != OPERATION_NONE) {
        return CKR_OPERATION_ACTIVE;
    }
    struct key key = {0};
    CK_RV value = CKR_OK;
    if (kind != OPERATION_DIGEST) {
        value = take_key(session, kind, handle, &key);
    }
    if (value == CKR_OK) {
        value = mechanism_offered(session->slot, mechanism, needs[kind].flag);
    }
    if (value == CKR_OK) {
        value = mechanism_take(session->slot, mechanism, &operation->mechanism);
    }
    if (value != CKR_OK) {
        return value;
    }
    if (kind != OPERATION_DIGEST) {
        value = mechanism_suits(&operation->mechanism, &key.facts);
    }
    if (value != CKR_OK) {
        mechanism_free(&operation->mechanism);
        return value;
    }
    operation->kind = kind;
    operation->key = key;
    operation->wants_login =
        key.facts.always_authenticate && (kind == OPERATION_SIGN || kind == OPERATION_DECRYPT);
    return CKR_OK;
}

CK_RV operation_expect(struct operation *operation, enum operation_kind kind, bool whole) {
    if (operation->kind != kind) {
        return CKR_OPERATION_NOT_INITIALIZED;
    }
    if (whole ? operation->in_parts : (operation->mechanism.kind.traits & TRAIT_PARTS) == 0) {
        operation_end(operation); /* as SoftHSM does */
        return CKR_OPERATION_NOT_INITIALIZED;
    }
    return CKR_OK;
}

void operation_end(struct operation *operation) {
    mechanism_free(&operation->mechanism);
    buffer_free(&operation->data);
    buffer_free(&operation->asked);
    buffer_free(&operation->result);
    explicit_bzero(operation, sizeof *operation); /* OPERATION_NONE */
}

CK_RV operation_refused(const struct operation *operation, size_t bytes, CK_RV value) {
    if (value != CKR_ARGUMENTS_BAD || operation->key.local_kind == LOCAL_NONE) {
        return value;
    }
    if (operation->kind != OPERATION_DECRYPT) {
        return CKR_DATA_LEN_RANGE;
    }
    return bytes == operation->key.facts.modulus_bytes ? CKR_ENCRYPTED_DATA_INVALID
                                                       : CKR_ENCRYPTED_DATA_LEN_RANGE;
}

CK_RV operation_collect(struct operation *operation, const void *part, CK_ULONG bytes) {
    if (!operation_arguments(part, bytes)) {
        return CKR_ARGUMENTS_BAD;
    }
    operation->in_parts = true;
    CK_RV value = buffer_append(&operation->data, part, bytes);
    if (value != CKR_OK) {
        operation_end(operation);
    }
    return value;
}

static CK_RV make_once(struct operation *operation, operation_maker make, const uint8_t *data,
                       size_t bytes) {
    if (operation->has_result && buffer_is(&operation->asked, data, bytes)) {
        return CKR_OK;
    }
    operation->has_result = false;
    CK_RV value = operation->wants_login ? CKR_USER_NOT_LOGGED_IN : make(operation, data, bytes);
    /* What was asked is remembered to recognise it; the collected parts are recognised anyhow. */
    if (value == CKR_OK) {
        value = buffer_set(&operation->asked, data, bytes);
        operation->has_result = value == CKR_OK;
    }
    return value;
}

CK_RV operation_result(struct operation *operation, operation_maker make, const uint8_t *data,
                       size_t bytes, size_t bound, unsigned char *out, CK_ULONG *out_bytes) {
    if (bound != 0 && out == NULL) {
        *out_bytes = bound;
        return CKR_OK;
    }
    if (bound != 0 && *out_bytes < bound) {
        *out_bytes = bound;
        return CKR_BUFFER_TOO_SMALL;
    }
    CK_RV value = make_once(operation, make, data, bytes);
    if (value != CKR_OK) {
        operation_end(operation);
        return value;
    }
    CK_ULONG room = *out_bytes;
    *out_bytes = operation->result.used;
    if (out == NULL) {
        return CKR_OK;
    }
    if (room < operation->result.used) {
        return CKR_BUFFER_TOO_SMALL;
    }
    if (operation->result.used != 0) {
        memcpy(out, operation->result.bytes, operation->result.used);
    }
    operation_end(operation);
    return CKR_OK;
}
