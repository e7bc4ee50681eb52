/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <stdlib.h>

#include "object.h"
#include "token.h"

/* module.lock is held. */
static void let_go(struct session *session) {
    if (--session->references == 0) {
        operation_end(&session->operation);
        free(session->find.found);
        pthread_mutex_destroy(&session->lock);
        free(session);
    }
}

CK_RV session_enter(CK_SESSION_HANDLE handle, struct session **session) {
    CK_RV value = module_enter();
    if (value != CKR_OK) {
        return value;
    }
    pthread_mutex_lock(&module.lock);
    *session = handle_find(&module.sessions, handle);
    if (*session != NULL) {
        (*session)->references++;
    }
    pthread_mutex_unlock(&module.lock);
    if (*session == NULL) {
        module_leave();
        return CKR_SESSION_HANDLE_INVALID;
    }
    pthread_mutex_lock(&(*session)->lock);
    return CKR_OK;
}

CK_RV session_leave(struct session *session, CK_RV value) {
    pthread_mutex_unlock(&session->lock);
    pthread_mutex_lock(&module.lock);
    let_go(session);
    pthread_mutex_unlock(&module.lock);
    module_leave();
    return value;
}

bool session_is_read_write(const struct session *session) {
    return (session->flags & CKF_RW_SESSION) != 0;
}

bool session_sees_private(struct session *session) {
    const struct token *token;
    if (token_know(session->slot, &token) == CKR_OK && !token->login_required) {
        return true;
    }
    pthread_mutex_lock(&module.lock);
    bool logged_in = session->slot->logged_in;
    pthread_mutex_unlock(&module.lock);
    return logged_in;
}

/* Takes it out of the table; the last session takes the login with it. module.lock is held. */
static struct session *take_out(CK_SESSION_HANDLE handle) {
    struct session *session = handle_remove(&module.sessions, handle);
    if (session != NULL) {
        struct slot *slot = session->slot;
        slot->sessions--;
        slot->read_write_sessions -= session_is_read_write(session);
        if (slot->sessions == 0) {
            slot->logged_in = false;
        }
    }
    return session;
}

/* Without any lock: its objects may have to be ended at the worker. */
static void close_taken_out(struct session *session) {
    object_end_session(session->handle);
    pthread_mutex_lock(&module.lock);
    let_go(session);
    pthread_mutex_unlock(&module.lock);
}

void session_free_all(void) {
    size_t at = 0;
    CK_ULONG handle;
    struct session *session;
    pthread_mutex_lock(&module.lock);
    while ((session = handle_next(&module.sessions, &at, &handle)) != NULL) {
        let_go(session);
    }
    handle_clear(&module.sessions);
    pthread_mutex_unlock(&module.lock);
}

void session_wipe_in_child(void) {
    size_t at = 0;
    CK_ULONG handle;
    struct session *session;
    while ((session = handle_next(&module.sessions, &at, &handle)) != NULL) {
        if (pthread_mutex_trylock(&session->lock) == 0) {
            operation_end(&session->operation);
            pthread_mutex_unlock(&session->lock);
        }
    }
}

/* ---- What the application asks ---------------------------------------------------------------
 */

static CK_RV open_session(struct slot *slot, CK_FLAGS flags, CK_SESSION_HANDLE *handle) {
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        return CKR_HOST_MEMORY;
    }
    pthread_mutex_init(&session->lock, NULL);
    session->references = 1;
    session->slot = slot;
    session->flags = flags & (CKF_RW_SESSION | CKF_SERIAL_SESSION);
    pthread_mutex_lock(&module.lock);
    session->handle = handle_add(&module.sessions, session);
    *handle = session->handle;
    if (*handle == 0) {
        let_go(session);
    } else {
        slot->sessions++;
        slot->read_write_sessions += session_is_read_write(session);
    }
    pthread_mutex_unlock(&module.lock);
    return *handle != 0 ? CKR_OK : CKR_SESSION_COUNT;
}

EXPORTED CK_RV C_OpenSession(CK_SLOT_ID id, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                             CK_SESSION_HANDLE *handle) {
    (void)application; /* there are no surrender callbacks: nothing here runs in parallel */
    (void)notify;
    CK_RV value = module_enter();
    if (value != CKR_OK) {
        return value;
    }
    struct slot *slot = slot_known(id);
    pthread_mutex_lock(&module.lock);
    bool present = slot != NULL && slot->present;
    pthread_mutex_unlock(&module.lock);
    if (slot == NULL) {
        value = CKR_SLOT_ID_INVALID;
    } else if (handle == NULL) {
        value = CKR_ARGUMENTS_BAD;
    } else if ((flags & CKF_SERIAL_SESSION) == 0) {
        value = CKR_SESSION_PARALLEL_NOT_SUPPORTED;
    } else if (!present) {
        value = CKR_TOKEN_NOT_PRESENT;
    } else {
        value = open_session(slot, flags, handle);
    }
    module_leave();
    return value;
}

EXPORTED CK_RV C_CloseSession(CK_SESSION_HANDLE handle) {
    CK_RV value = module_enter();
    if (value != CKR_OK) {
        return value;
    }
    pthread_mutex_lock(&module.lock);
    struct session *session = take_out(handle);
    pthread_mutex_unlock(&module.lock);
    if (session == NULL) {
        value = CKR_SESSION_HANDLE_INVALID;
    } else {
        close_taken_out(session);
    }
    module_leave();
    return value;
}

EXPORTED CK_RV C_CloseAllSessions(CK_SLOT_ID id) {
    CK_RV value = module_enter();
    if (value != CKR_OK) {
        return value;
    }
    const struct slot *slot = slot_known(id);
    if (slot == NULL) {
        value = CKR_SLOT_ID_INVALID;
    }
    for (bool more = value == CKR_OK; more;) {
        size_t at = 0;
        CK_ULONG handle;
        struct session *session;
        pthread_mutex_lock(&module.lock);
        do {
            session = handle_next(&module.sessions, &at, &handle);
        } while (session != NULL && session->slot != slot);
        more = session != NULL && take_out(handle) != NULL;
        pthread_mutex_unlock(&module.lock);
        if (more) {
            close_taken_out(session);
        }
    }
    module_leave();
    return value;
}

static CK_STATE state_of(const struct session *session) {
    bool logged_in = session->slot->logged_in;
    if (session_is_read_write(session)) {
        return logged_in ? CKS_RW_USER_FUNCTIONS : CKS_RW_PUBLIC_SESSION;
    }
    return logged_in ? CKS_RO_USER_FUNCTIONS : CKS_RO_PUBLIC_SESSION;
}

EXPORTED CK_RV C_GetSessionInfo(CK_SESSION_HANDLE handle, CK_SESSION_INFO *info) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    if (info == NULL) {
        return session_leave(session, CKR_ARGUMENTS_BAD);
    }
    pthread_mutex_lock(&module.lock);
    *info = (CK_SESSION_INFO){
        .slotID = session->slot->id, .state = state_of(session), .flags = session->flags};
    pthread_mutex_unlock(&module.lock);
    return session_leave(session, CKR_OK);
}
