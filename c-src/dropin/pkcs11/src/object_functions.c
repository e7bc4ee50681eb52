/* SPDX-License-Identifier: Apache-2.0 */
/* Objects are made, copied and destroyed. */
#include <string.h>

#include "name.h"
#include "session.h"

static CK_RV check_writable(const struct session *session, bool on_token) {
    return on_token && !session_is_read_write(session) ? CKR_SESSION_READ_ONLY : CKR_OK;
}

/* ---- Making -----------------------------------------------------------------------------------
 */

struct creation {
    const CK_ATTRIBUTE *templ;
    CK_ULONG count;
};

static void write_copy(struct remote *remote, const struct key *key, void *context) {
    const struct creation *creation = context;
    attribute_put(remote, 1, creation->templ, creation->count);
    object_put_reference(remote, 2, key);
}

/* Where the object shall be: below the name of its label, or in this session. */
static CK_RV place(struct session *session, const struct creation *creation, bool on_token,
                   struct name **name, berth_resource **resource) {
    CK_RV value = check_writable(session, on_token);
    *name = NULL;
    if (value == CKR_OK && on_token) {
        value = name_for_object(session->slot, creation->templ, creation->count, name);
        *resource = value == CKR_OK ? (*name)->opened : NULL;
    } else if (value == CKR_OK) {
        value = slot_device(session->slot, resource);
        value = value == CKR_OK && *resource == NULL ? CKR_FUNCTION_REJECTED : value;
    }
    return value;
}

static CK_RV create(struct session *session, const struct creation *creation,
                    CK_OBJECT_HANDLE *handle) {
    bool on_token = attribute_flag(creation->templ, creation->count, CKA_TOKEN, false);
    if (attribute_flag(creation->templ, creation->count, CKA_PRIVATE, false) &&
        !session_sees_private(session)) {
        return CKR_USER_NOT_LOGGED_IN;
    }
    struct name *name;
    berth_resource *resource;
    CK_RV value = place(session, creation, on_token, &name, &resource);
    if (value != CKR_OK) {
        return value;
    }
    CK_OBJECT_CLASS class =
        attribute_number(creation->templ, creation->count, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);
    bool secret = class != CKO_PUBLIC_KEY && class != CKO_CERTIFICATE;
    uint32_t operation = on_token ? BERTH_OP_CREATE_OBJECT : BERTH_OP_CREATE_SESSION_OBJECT;
    struct remote remote;
    uint64_t number;
    remote_begin(&remote, resource);
    attribute_put(&remote, 1, creation->templ, creation->count);
    value = remote_call(&remote, operation);
    if (remote_is_denied(&remote)) {
        value = on_token ? CKR_TOKEN_WRITE_PROTECTED : CKR_FUNCTION_REJECTED;
    }
    value = value == CKR_OK ? remote_number(&remote, 1, &number) : value;
    if (value == CKR_OK) {
        value = object_made(session, name, number, secret || on_token ? NULL : &remote, operation,
                            handle);
    }
    return remote_end(&remote, value);
}

EXPORTED CK_RV C_CreateObject(CK_SESSION_HANDLE handle, CK_ATTRIBUTE *templ, CK_ULONG count,
                              CK_OBJECT_HANDLE *object) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    value = object == NULL || templ == NULL ? CKR_ARGUMENTS_BAD : attribute_check(templ, count);
    if (value == CKR_OK) {
        struct creation creation = {templ, count};
        value = create(session, &creation, object);
    }
    return session_leave(session, value);
}

static CK_RV copy(struct session *session, const struct object *original,
                  const struct creation *creation, CK_OBJECT_HANDLE *handle) {
    struct key key;
    struct name *name = NULL;
    CK_RV value = object_key(original, &key);
    if (value != CKR_OK) {
        return value;
    }
    if (original->local != NULL) {
        return CKR_ACTION_PROHIBITED;
    }
    bool on_token = attribute_flag(creation->templ, creation->count, CKA_TOKEN, key.facts.on_token);
    value = check_writable(session, on_token);
    if (value == CKR_OK && on_token) {
        /* A copy with another label is another name's; with its own it stays below its name. */
        bool renamed = attribute_find(creation->templ, creation->count, CKA_LABEL) != NULL;
        name = original->name;
        if (renamed || name == NULL) {
            value = name_for_object(session->slot, creation->templ, creation->count, &name);
        }
    }
    if (value != CKR_OK) {
        return value;
    }
    struct remote remote;
    uint64_t number;
    value = object_call(&remote, &key,
                        on_token ? BERTH_OP_CREATE_OBJECT : BERTH_OP_CREATE_SESSION_OBJECT,
                        write_copy, (void *)(uintptr_t)creation);
    value = value == CKR_OK ? remote_number(&remote, 1, &number) : value;
    value = value == CKR_OK ? object_made(session, name, number, NULL, 0, handle) : value;
    return remote_end(&remote, value);
}

EXPORTED CK_RV C_CopyObject(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE original,
                            CK_ATTRIBUTE *templ, CK_ULONG count, CK_OBJECT_HANDLE *made) {
    struct session *session;
    struct object *object;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    value = made == NULL ? CKR_ARGUMENTS_BAD : attribute_check(templ, count);
    value = value == CKR_OK ? object_acquire(session, original, &object) : value;
    if (value == CKR_OK) {
        struct creation creation = {templ, count};
        value = copy(session, object, &creation, made);
        object_release(object);
    }
    return session_leave(session, value);
}

static void write_reference(struct remote *remote, const struct key *key, void *context) {
    (void)context;
    object_put_reference(remote, 1, key);
}

static CK_RV destroy(struct session *session, const struct object *object) {
    struct key key;
    struct remote remote;
    CK_RV value = object_key(object, &key);
    if (value != CKR_OK) {
        return value;
    }
    if (object->wrapped != NULL) {
        object_forget(key.handle); /* nobody else knows it */
        return CKR_OK;
    }
    if (object->local != NULL) {
        return CKR_ACTION_PROHIBITED; /* the catalogue is administered with `berth key` */
    }
    value = check_writable(session, object->owner == 0);
    if (value != CKR_OK) {
        return value;
    }
    value = object_call(&remote, &key,
                        object->owner == 0 ? BERTH_OP_DESTROY_OBJECT : BERTH_OP_RELEASE_OBJECT,
                        write_reference, NULL);
    if (remote_is_denied(&remote)) {
        value = CKR_ACTION_PROHIBITED;
    }
    if (value == CKR_OK) {
        object_forget(key.handle);
    }
    return remote_end(&remote, value);
}

EXPORTED CK_RV C_DestroyObject(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE doomed) {
    struct session *session;
    struct object *object;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    value = object_acquire(session, doomed, &object);
    if (value == CKR_OK) {
        value = destroy(session, object);
        object_release(object);
    }
    return session_leave(session, value);
}

EXPORTED CK_RV C_GetObjectSize(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE of, CK_ULONG *size) {
    struct session *session;
    struct object *object;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    value = size == NULL ? CKR_ARGUMENTS_BAD : object_acquire(session, of, &object);
    if (value == CKR_OK) {
        *size = CK_UNAVAILABLE_INFORMATION; /* as SoftHSM answers */
        object_release(object);
    }
    return session_leave(session, value);
}
