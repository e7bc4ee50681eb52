/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures, MACs, and checking them. */
#include <string.h>

#include "gm.h"
#include "session.h"

/* Longer than any signature. */
#define SIGNATURE_MAX_BYTES 2048

struct signing {
    const struct operation *operation;
    const uint8_t *data;
    size_t bytes;
    const uint8_t *signature; /* to be checked */
    size_t signature_bytes;
};

/* MechanismRequest, and VerifyRequest which goes on with the signature. */
static void write_signing(struct remote *remote, const struct key *key, void *context) {
    const struct signing *signing = context;
    mechanism_put(remote, 1, &signing->operation->mechanism);
    object_put_reference(remote, 2, key);
    remote_data(remote, 3, signing->data, signing->bytes);
    protobuf_put_bytes(&remote->writer, 4, signing->signature, signing->signature_bytes);
}

/* 0 = unknown. */
static size_t result_bytes(const struct operation *operation) {
    const struct object_facts *facts = &operation->key.facts;
    switch (operation->mechanism.kind.family) {
    case FAMILY_MAC:
        return operation->mechanism.kind.result_bytes;
    case FAMILY_RSA:
        return facts->modulus_bytes;
    case FAMILY_EC:
        return 2 * facts->order_bytes;
    case FAMILY_GM:
        return gm_signature_bytes(&operation->mechanism);
    default:
        return 0;
    }
}

static CK_RV make_signature(struct operation *operation, const uint8_t *data, size_t bytes) {
    if (operation->mechanism.kind.family == FAMILY_GM) {
        return gm_sign(operation, data, bytes);
    }
    struct remote remote;
    struct signing signing = {.operation = operation, .data = data, .bytes = bytes};
    uint32_t which = mechanism_operation(&operation->mechanism, ACT_SIGN);
    if (which == 0) {
        return CKR_MECHANISM_INVALID;
    }
    const uint8_t *made;
    size_t made_bytes;
    CK_RV value = object_call(&remote, &operation->key, which, write_signing, &signing);
    value = operation_refused(operation, bytes, value);
    value = value == CKR_OK ? remote_bytes(&remote, 1, &made, &made_bytes) : value;
    value = value == CKR_OK ? buffer_set(&operation->result, made, made_bytes) : value;
    return remote_end(&remote, value);
}

static CK_RV check_signature(struct operation *operation, const uint8_t *data, size_t bytes,
                             const uint8_t *signature, size_t signature_bytes) {
    size_t expected = result_bytes(operation);
    if (signature_bytes > SIGNATURE_MAX_BYTES || (expected != 0 && signature_bytes != expected)) {
        return CKR_SIGNATURE_LEN_RANGE;
    }
    if (operation->mechanism.kind.family == FAMILY_GM) {
        return gm_verify(operation, data, bytes, signature, signature_bytes);
    }
    struct remote remote;
    struct signing signing = {operation, data, bytes, signature, signature_bytes};
    uint32_t which = mechanism_operation(&operation->mechanism, ACT_VERIFY);
    if (which == 0) {
        return CKR_MECHANISM_INVALID;
    }
    uint64_t valid = 0;
    CK_RV value = object_call(&remote, &operation->key, which, write_signing, &signing);
    value = operation_refused(operation, bytes, value);
    value = value == CKR_OK ? remote_number(&remote, 1, &valid) : value;
    value = value == CKR_OK && valid != 1 ? CKR_SIGNATURE_INVALID : value;
    return remote_end(&remote, value);
}

/* ---- What the application asks ---------------------------------------------------------------
 */

EXPORTED CK_RV C_SignInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    return value != CKR_OK
               ? value
               : session_leave(session, operation_begin(session, OPERATION_SIGN, mechanism, key));
}

EXPORTED CK_RV C_Sign(CK_SESSION_HANDLE handle, unsigned char *data, CK_ULONG bytes,
                      unsigned char *signature, CK_ULONG *signature_bytes) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    struct operation *operation = &session->operation;
    if (!operation_arguments(data, bytes) || signature_bytes == NULL) {
        return session_leave(session, CKR_ARGUMENTS_BAD);
    }
    value = operation_expect(operation, OPERATION_SIGN, true);
    if (value == CKR_OK) {
        value = operation_result(operation, make_signature, data, bytes, result_bytes(operation),
                                 signature, signature_bytes);
    }
    return session_leave(session, value);
}

EXPORTED CK_RV C_SignUpdate(CK_SESSION_HANDLE handle, unsigned char *part, CK_ULONG bytes) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    value = operation_expect(&session->operation, OPERATION_SIGN, false);
    value = value == CKR_OK ? operation_collect(&session->operation, part, bytes) : value;
    return session_leave(session, value);
}

EXPORTED CK_RV C_SignFinal(CK_SESSION_HANDLE handle, unsigned char *signature,
                           CK_ULONG *signature_bytes) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    struct operation *operation = &session->operation;
    if (signature_bytes == NULL) {
        return session_leave(session, CKR_ARGUMENTS_BAD);
    }
    value = operation_expect(operation, OPERATION_SIGN, false);
    if (value == CKR_OK) {
        value =
            operation_result(operation, make_signature, operation->data.bytes, operation->data.used,
                             result_bytes(operation), signature, signature_bytes);
    }
    return session_leave(session, value);
}

EXPORTED CK_RV C_VerifyInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                            CK_OBJECT_HANDLE key) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    return value != CKR_OK
               ? value
               : session_leave(session, operation_begin(session, OPERATION_VERIFY, mechanism, key));
}

EXPORTED CK_RV C_Verify(CK_SESSION_HANDLE handle, unsigned char *data, CK_ULONG bytes,
                        unsigned char *signature, CK_ULONG signature_bytes) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    struct operation *operation = &session->operation;
    if (!operation_arguments(data, bytes) || signature == NULL) {
        return session_leave(session, CKR_ARGUMENTS_BAD);
    }
    value = operation_expect(operation, OPERATION_VERIFY, true);
    if (value == CKR_OK) {
        value = check_signature(operation, data, bytes, signature, signature_bytes);
        operation_end(operation);
    }
    return session_leave(session, value);
}

EXPORTED CK_RV C_VerifyUpdate(CK_SESSION_HANDLE handle, unsigned char *part, CK_ULONG bytes) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    value = operation_expect(&session->operation, OPERATION_VERIFY, false);
    value = value == CKR_OK ? operation_collect(&session->operation, part, bytes) : value;
    return session_leave(session, value);
}

EXPORTED CK_RV C_VerifyFinal(CK_SESSION_HANDLE handle, unsigned char *signature,
                             CK_ULONG signature_bytes) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    struct operation *operation = &session->operation;
    if (signature == NULL) {
        return session_leave(session, CKR_ARGUMENTS_BAD);
    }
    value = operation_expect(operation, OPERATION_VERIFY, false);
    if (value == CKR_OK) {
        value = check_signature(operation, operation->data.bytes, operation->data.used, signature,
                                signature_bytes);
        operation_end(operation);
    }
    return session_leave(session, value);
}
