/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions. They are the application's alone: no session of the device hangs on them, so that they
 * outlive workers and brokers. One call at a time works in a session; others of the same session
 * wait.
 */
#ifndef BERTH_PKCS11_SESSION_H
#define BERTH_PKCS11_SESSION_H

#include "operation.h"
#include "slot.h"

struct find {
    bool active;
    CK_OBJECT_HANDLE *found;
    size_t count;
    size_t taken;
};

struct session {
    pthread_mutex_t lock;
    unsigned references; /* the table's, and one of each call at work; module.lock */
    CK_SESSION_HANDLE handle;
    struct slot *slot;
    CK_FLAGS flags;
    struct find find;
    struct operation operation;
};

/* Enters the module and takes the session for one call; then session_leave must follow. */
CK_RV session_enter(CK_SESSION_HANDLE handle, struct session **session);
/* Hands value on. */
CK_RV session_leave(struct session *session, CK_RV value);
bool session_is_read_write(const struct session *session);
/* Whether private objects are to be seen: logged in, or the token asks for no login. */
bool session_sees_private(struct session *session);
void session_free_all(void);
/* In a child, with module.lock: data that the parent's sessions have collected is wiped, but that
 * of a session which another thread was using at the fork. */
void session_wipe_in_child(void);

#endif
