/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logging in is between this application and Berth: the PIN is checked by the worker against the
 * device's verifier and goes no further; the card's own PIN is the worker's. What one application
 * has shown gives another nothing.
 *
 * A token without a verifier asks for no login (CKF_LOGIN_REQUIRED is not set), because the policy
 * has already said who this process is. There a login without a PIN is a formality that succeeds;
 * one with a PIN is refused, since accepting every PIN would look like a check that is none.
 */
#include <string.h>

#include "name.h"
#include "object.h"
#include "remote.h"
#include "session.h"
#include "token.h"

#define PIN_MAX_BYTES 255

static CK_RV ask_worker(struct slot *slot, const unsigned char *pin, CK_ULONG bytes) {
    berth_resource *resource;
    CK_RV value = name_any_handle(slot, &resource);
    if (value != CKR_OK) {
        return value;
    }
    struct remote remote;
    remote_begin(&remote, resource);
    protobuf_put_bytes(&remote.writer, 1, pin, bytes);
    value = remote_call(&remote, BERTH_OP_CHECK_PIN);
    if (value == CKR_KEY_FUNCTION_NOT_PERMITTED || value == CKR_ARGUMENTS_BAD) {
        value = CKR_PIN_INCORRECT; /* a driver that has no code of PKCS #11's to give */
    }
    return remote_end(&remote, value);
}

static CK_RV check_pin(struct session *session, const unsigned char *pin, CK_ULONG bytes) {
    const struct token *token;
    CK_RV value = token_know(session->slot, &token);
    if (value != CKR_OK) {
        return value;
    }
    if (!token->login_required) {
        return bytes == 0 ? CKR_OK : CKR_USER_PIN_NOT_INITIALIZED;
    }
    if (pin == NULL) {
        return CKR_ARGUMENTS_BAD; /* no keypad of the card's is offered */
    }
    if (bytes == 0 || bytes > PIN_MAX_BYTES) {
        return CKR_PIN_LEN_RANGE;
    }
    return ask_worker(session->slot, pin, bytes);
}

static CK_RV log_in_user(struct session *session, const unsigned char *pin, CK_ULONG bytes) {
    pthread_mutex_lock(&module.lock);
    bool already = session->slot->logged_in;
    pthread_mutex_unlock(&module.lock);
    if (already) {
        return CKR_USER_ALREADY_LOGGED_IN;
    }
    CK_RV value = check_pin(session, pin, bytes);
    if (value == CKR_OK) {
        pthread_mutex_lock(&module.lock);
        session->slot->logged_in = true;
        pthread_mutex_unlock(&module.lock);
    }
    return value;
}

/* For one operation with a key that wants its user every time. */
static CK_RV log_in_operation(struct session *session, const unsigned char *pin, CK_ULONG bytes) {
    struct operation *operation = &session->operation;
    if (operation->kind == OPERATION_NONE || !operation->wants_login) {
        return CKR_OPERATION_NOT_INITIALIZED;
    }
    const struct token *token;
    CK_RV value = token_know(session->slot, &token);
    if (value == CKR_OK && !token->login_required) {
        return CKR_USER_PIN_NOT_INITIALIZED; /* there is nothing to check it against */
    }
    value = value == CKR_OK ? check_pin(session, pin, bytes) : value;
    if (value == CKR_OK) {
        operation->wants_login = false;
    }
    return value;
}

EXPORTED CK_RV C_Login(CK_SESSION_HANDLE handle, CK_USER_TYPE user, unsigned char *pin,
                       CK_ULONG bytes) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    if (pin == NULL && bytes != 0) {
        return session_leave(session, CKR_ARGUMENTS_BAD);
    }
    switch (user) {
    case CKU_USER:
        return session_leave(session, log_in_user(session, pin, bytes));
    case CKU_CONTEXT_SPECIFIC:
        return session_leave(session, log_in_operation(session, pin, bytes));
    default: /* a security officer administers the card, not Berth */
        return session_leave(session, CKR_USER_TYPE_INVALID);
    }
}

EXPORTED CK_RV C_Logout(CK_SESSION_HANDLE handle) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    pthread_mutex_lock(&module.lock);
    bool was = session->slot->logged_in;
    session->slot->logged_in = false;
    pthread_mutex_unlock(&module.lock);
    if (was) {
        object_forget_private(session->slot);
    }
    return session_leave(session, was ? CKR_OK : CKR_USER_NOT_LOGGED_IN);
}
