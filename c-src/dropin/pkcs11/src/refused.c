/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this module does not do. PINs, users and the token itself are administered with the card's
 * own tools (docs/DROP-IN.md); a state of an operation cannot leave the module; nothing runs in
 * parallel; SoftHSM and most cards do not have the rest either.
 */
#include "session.h"

static CK_RV refuse(CK_SESSION_HANDLE handle, CK_RV value) {
    struct session *session;
    CK_RV valid = session_enter(handle, &session);
    return valid != CKR_OK ? valid : session_leave(session, value);
}

EXPORTED CK_RV C_InitToken(CK_SLOT_ID id, unsigned char *pin, CK_ULONG bytes,
                           unsigned char *label) {
    (void)pin;
    (void)bytes;
    (void)label;
    CK_RV value = module_enter();
    if (value != CKR_OK) {
        return value;
    }
    value = slot_known(id) == NULL ? CKR_SLOT_ID_INVALID : CKR_FUNCTION_NOT_SUPPORTED;
    module_leave();
    return value;
}

EXPORTED CK_RV C_InitPIN(CK_SESSION_HANDLE session, unsigned char *pin, CK_ULONG bytes) {
    (void)pin;
    (void)bytes;
    return refuse(session, CKR_FUNCTION_NOT_SUPPORTED);
}

EXPORTED CK_RV C_SetPIN(CK_SESSION_HANDLE session, unsigned char *old_pin, CK_ULONG old_bytes,
                        unsigned char *new_pin, CK_ULONG new_bytes) {
    (void)old_pin;
    (void)old_bytes;
    (void)new_pin;
    (void)new_bytes;
    return refuse(session, CKR_FUNCTION_NOT_SUPPORTED);
}

EXPORTED CK_RV C_GetOperationState(CK_SESSION_HANDLE session, unsigned char *state,
                                   CK_ULONG *bytes) {
    (void)state;
    (void)bytes;
    return refuse(session, CKR_FUNCTION_NOT_SUPPORTED);
}

EXPORTED CK_RV C_SetOperationState(CK_SESSION_HANDLE session, unsigned char *state, CK_ULONG bytes,
                                   CK_OBJECT_HANDLE encryption, CK_OBJECT_HANDLE authentication) {
    (void)state;
    (void)bytes;
    (void)encryption;
    (void)authentication;
    return refuse(session, CKR_FUNCTION_NOT_SUPPORTED);
}

EXPORTED CK_RV C_DigestKey(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE key) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    (void)key;
    if (value != CKR_OK) {
        return value;
    }
    return session_leave(session, session->operation.kind == OPERATION_DIGEST
                                      ? CKR_KEY_INDIGESTIBLE
                                      : CKR_OPERATION_NOT_INITIALIZED);
}

EXPORTED CK_RV C_SignRecoverInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                                 CK_OBJECT_HANDLE key) {
    (void)mechanism;
    (void)key;
    return refuse(session, CKR_FUNCTION_NOT_SUPPORTED);
}

EXPORTED CK_RV C_SignRecover(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG bytes,
                             unsigned char *signature, CK_ULONG *signature_bytes) {
    (void)data;
    (void)bytes;
    (void)signature;
    (void)signature_bytes;
    return refuse(session, CKR_FUNCTION_NOT_SUPPORTED);
}

EXPORTED CK_RV C_VerifyRecoverInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                                   CK_OBJECT_HANDLE key) {
    (void)mechanism;
    (void)key;
    return refuse(session, CKR_FUNCTION_NOT_SUPPORTED);
}

EXPORTED CK_RV C_VerifyRecover(CK_SESSION_HANDLE session, unsigned char *signature,
                               CK_ULONG signature_bytes, unsigned char *data, CK_ULONG *bytes) {
    (void)signature;
    (void)signature_bytes;
    (void)data;
    (void)bytes;
    return refuse(session, CKR_FUNCTION_NOT_SUPPORTED);
}

#define REFUSE_DUAL(function)                                                                      \
    EXPORTED CK_RV function(CK_SESSION_HANDLE session, unsigned char *in, CK_ULONG in_bytes,       \
                            unsigned char *out, CK_ULONG *out_bytes) {                             \
        (void)in;                                                                                  \
        (void)in_bytes;                                                                            \
        (void)out;                                                                                 \
        (void)out_bytes;                                                                           \
        return refuse(session, CKR_FUNCTION_NOT_SUPPORTED);                                        \
    }
REFUSE_DUAL(C_DigestEncryptUpdate)
REFUSE_DUAL(C_DecryptDigestUpdate)
REFUSE_DUAL(C_SignEncryptUpdate)
REFUSE_DUAL(C_DecryptVerifyUpdate)

EXPORTED CK_RV C_SeedRandom(CK_SESSION_HANDLE session, unsigned char *seed, CK_ULONG bytes) {
    (void)seed;
    (void)bytes;
    return refuse(session, CKR_RANDOM_SEED_NOT_SUPPORTED);
}

EXPORTED CK_RV C_GetFunctionStatus(CK_SESSION_HANDLE session) {
    return refuse(session, CKR_FUNCTION_NOT_PARALLEL);
}

EXPORTED CK_RV C_CancelFunction(CK_SESSION_HANDLE session) {
    return refuse(session, CKR_FUNCTION_NOT_PARALLEL);
}
