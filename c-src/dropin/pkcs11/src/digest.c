/* SPDX-License-Identifier: Apache-2.0 */
/* Digests and random bytes: what needs no key. They are computed by the device; no software stands
 * in for it. */
#include <string.h>

#include "gm.h"
#include "name.h"
#include "session.h"

/* What one request brings. */
#define RANDOM_PIECE_BYTES 2048

/* What a missing grant is called where no key is concerned. */
static CK_RV without_key(CK_RV value) {
    return value == CKR_KEY_FUNCTION_NOT_PERMITTED ? CKR_FUNCTION_REJECTED : value;
}

static CK_RV make_digest(struct operation *operation, const uint8_t *data, size_t bytes) {
    struct remote remote;
    const uint8_t *made;
    size_t made_bytes;
    bool gm = operation->mechanism.kind.family == FAMILY_GM;
    remote_begin(&remote, operation->key.resource);
    if (!gm) {
        mechanism_put(&remote, 1, &operation->mechanism);
    }
    remote_data(&remote, gm ? 1 : 3, data, bytes); /* Sm3Request or MechanismRequest */
    CK_RV value = remote_call(&remote, gm ? BERTH_OP_SM3_DIGEST : BERTH_OP_DIGEST);
    value = value == CKR_OK ? remote_bytes(&remote, 1, &made, &made_bytes) : without_key(value);
    value = value == CKR_OK ? buffer_set(&operation->result, made, made_bytes) : value;
    return remote_end(&remote, value);
}

EXPORTED CK_RV C_DigestInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    value = operation_begin(session, OPERATION_DIGEST, mechanism, 0);
    if (value == CKR_OK) {
        value = name_any_handle(session->slot, &session->operation.key.resource);
        if (value != CKR_OK) {
            operation_end(&session->operation);
        }
    }
    return session_leave(session, value);
}

EXPORTED CK_RV C_Digest(CK_SESSION_HANDLE handle, unsigned char *data, CK_ULONG bytes,
                        unsigned char *digest, CK_ULONG *digest_bytes) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    struct operation *operation = &session->operation;
    if (!operation_arguments(data, bytes) || digest_bytes == NULL) {
        return session_leave(session, CKR_ARGUMENTS_BAD);
    }
    value = operation_expect(operation, OPERATION_DIGEST, true);
    if (value == CKR_OK) {
        value = operation_result(operation, make_digest, data, bytes,
                                 operation->mechanism.kind.result_bytes, digest, digest_bytes);
    }
    return session_leave(session, value);
}

EXPORTED CK_RV C_DigestUpdate(CK_SESSION_HANDLE handle, unsigned char *part, CK_ULONG bytes) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    value = operation_expect(&session->operation, OPERATION_DIGEST, false);
    value = value == CKR_OK ? operation_collect(&session->operation, part, bytes) : value;
    return session_leave(session, value);
}

EXPORTED CK_RV C_DigestFinal(CK_SESSION_HANDLE handle, unsigned char *digest,
                             CK_ULONG *digest_bytes) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    struct operation *operation = &session->operation;
    if (digest_bytes == NULL) {
        return session_leave(session, CKR_ARGUMENTS_BAD);
    }
    value = operation_expect(operation, OPERATION_DIGEST, false);
    if (value == CKR_OK) {
        value =
            operation_result(operation, make_digest, operation->data.bytes, operation->data.used,
                             operation->mechanism.kind.result_bytes, digest, digest_bytes);
    }
    return session_leave(session, value);
}

static CK_RV random_piece(berth_resource *resource, unsigned char *to, size_t wanted) {
    struct remote remote;
    const uint8_t *made;
    size_t made_bytes;
    remote_begin(&remote, resource);
    protobuf_put_varint(&remote.writer, 1, wanted);
    CK_RV value = remote_call(&remote, BERTH_OP_RANDOM);
    value = value == CKR_OK ? remote_bytes(&remote, 1, &made, &made_bytes) : without_key(value);
    if (value == CKR_OK && made_bytes != wanted) {
        value = CKR_DEVICE_ERROR;
    }
    if (value == CKR_OK) {
        memcpy(to, made, wanted);
    }
    return remote_end(&remote, value);
}

EXPORTED CK_RV C_GenerateRandom(CK_SESSION_HANDLE handle, unsigned char *random, CK_ULONG bytes) {
    struct session *session;
    berth_resource *resource;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    value = operation_arguments(random, bytes) ? name_any_handle(session->slot, &resource)
                                               : CKR_ARGUMENTS_BAD;
    while (value == CKR_OK && bytes > 0) {
        size_t wanted = bytes < RANDOM_PIECE_BYTES ? bytes : RANDOM_PIECE_BYTES;
        value = random_piece(resource, random, wanted);
        random += wanted;
        bytes -= wanted;
    }
    return session_leave(session, value);
}
