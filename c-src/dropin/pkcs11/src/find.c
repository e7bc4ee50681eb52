/* SPDX-License-Identifier: Apache-2.0 */
/* Searching: the token's objects are matched where they are, below every name that the policy lets
 * this process open; those that exist only here are matched here. */
#include <stdlib.h>
#include <string.h>

#include "local_object.h"
#include "name.h"
#include "session.h"

struct search {
    struct session *session;
    const CK_ATTRIBUTE *templ;
    CK_ULONG count;
    bool sees_private;
    size_t capacity;
    uint64_t look; /* which names the token has told for it; 0 = any may have some */
};

static CK_RV hit(struct search *search, CK_OBJECT_HANDLE handle) {
    struct find *find = &search->session->find;
    for (size_t i = 0; i < find->count; i++) {
        if (find->found[i] == handle) {
            return CKR_OK; /* two names can mean one object */
        }
    }
    if (find->count == search->capacity) {
        size_t capacity = search->capacity == 0 ? 32 : 2 * search->capacity;
        CK_OBJECT_HANDLE *found = realloc(find->found, capacity * sizeof *found);
        if (found == NULL) {
            return CKR_HOST_MEMORY;
        }
        find->found = found;
        search->capacity = capacity;
    }
    find->found[find->count++] = handle;
    return CKR_OK;
}

/* ---- The token's objects ----------------------------------------------------------------------
 */

static CK_RV take_page(struct search *search, struct name *name, const struct remote *remote,
                       uint32_t *taken) {
    struct protobuf_reader reader = {.bytes = remote->reply, .size = remote->result.bytes};
    struct protobuf_field field;
    CK_RV value = CKR_OK;
    while (value == CKR_OK && protobuf_next(&reader, &field)) {
        uint64_t number;
        CK_OBJECT_HANDLE handle;
        bool is_private;
        if (field.number != 1 || !field.is_bytes) {
            continue;
        }
        if (!protobuf_find_varint(field.bytes, field.size, 1, &number)) {
            return CKR_DEVICE_ERROR;
        }
        (*taken)++;
        if (number == 0) {
            continue;
        }
        value = object_note(search->session->slot, name, number, &handle, &is_private);
        if (value == CKR_OBJECT_HANDLE_INVALID) {
            value = CKR_OK; /* destroyed between the two questions */
        } else if (value == CKR_OK && (search->sees_private || !is_private)) {
            value = hit(search, handle);
        }
    }
    return value == CKR_OK && reader.malformed ? CKR_DEVICE_ERROR : value;
}

static CK_RV search_name(struct search *search, struct name *name) {
    uint32_t skip = 0;
    for (bool more = true; more;) {
        struct remote remote;
        uint64_t said = 0;
        uint32_t before = skip;
        remote_begin(&remote, name->opened);
        attribute_put(&remote, 1, search->templ, search->count);
        protobuf_put_varint(&remote.writer, 2, skip);
        CK_RV value = remote_call(&remote, BERTH_OP_FIND_OBJECTS);
        enum berth_status status = berth_status_of(remote.result.result);
        if (value == CKR_OK) {
            value = take_page(search, name, &remote, &skip);
            value = value == CKR_OK ? remote_number(&remote, 2, &said) : value;
        } else if (status == BERTH_STATUS_UNIMPLEMENTED || status == BERTH_STATUS_NOT_FOUND ||
                   status == BERTH_STATUS_PERMISSION_DENIED) {
            value = CKR_OK; /* nothing to be seen there */
        }
        (void)remote_end(&remote, value);
        if (value != CKR_OK) {
            return value;
        }
        more = said != 0 && skip != before;
    }
    return CKR_OK;
}

/* ---- Those that exist only here ---------------------------------------------------------------
 */

static bool matches_local(const struct search *search, const struct object *object) {
    for (CK_ULONG i = 0; i < search->count; i++) {
        const struct local_attribute *has = local_find(object->local, search->templ[i].type);
        if (has == NULL || !attribute_matches(&search->templ[i], has->value, has->bytes)) {
            return false;
        }
    }
    return true;
}

static CK_RV search_local(struct search *search, struct name *name) {
    CK_OBJECT_HANDLE handles[LOCAL_OBJECTS_MAX];
    size_t count;
    CK_RV value = local_objects(search->session->slot, name, handles, &count);
    for (size_t i = 0; value == CKR_OK && i < count; i++) {
        struct object *object;
        if (object_acquire(search->session, handles[i], &object) == CKR_OK) {
            value = matches_local(search, object) ? hit(search, handles[i]) : CKR_OK;
            object_release(object);
        }
    }
    return value;
}

static void write_question(struct remote *remote, const struct key *key, void *context) {
    const struct search *search = context;
    object_put_reference(remote, 1, key);
    attribute_put_types(remote, 2, search->templ, search->count);
}

/* The worker's session objects are few: each is asked for what the template names. */
static bool matches_remote(const struct search *search, const struct object *object) {
    struct remote remote;
    struct key key;
    struct protobuf_field field;
    struct told told;
    CK_ULONG matched = 0;
    if (object_key(object, &key) != CKR_OK) {
        return false;
    }
    CK_RV value = object_call(&remote, &key, BERTH_OP_GET_ATTRIBUTES, write_question,
                              (void *)(uintptr_t)search);
    struct protobuf_reader reader = {.bytes = remote.reply,
                                     .size = value == CKR_OK ? remote.result.bytes : 0};
    while (protobuf_next(&reader, &field)) {
        if (field.number == 1 && attribute_told(&field, &told) && !told.absent && !told.sensitive) {
            const CK_ATTRIBUTE *wanted = attribute_find(search->templ, search->count, told.type);
            matched += wanted != NULL && attribute_matches(wanted, told.value, told.bytes);
        }
    }
    (void)remote_end(&remote, value);
    return matched == search->count;
}

static CK_RV search_session_objects(struct search *search) {
    CK_RV value = CKR_OK;
    size_t at = 0;
    while (value == CKR_OK) {
        CK_ULONG handle;
        const struct object *next;
        struct object *object;
        pthread_mutex_lock(&module.lock);
        do {
            next = handle_next(&module.objects, &at, &handle);
        } while (next != NULL && (next->owner == 0 || next->slot != search->session->slot));
        pthread_mutex_unlock(&module.lock);
        if (next == NULL) {
            break;
        }
        if (object_acquire(search->session, handle, &object) == CKR_OK) {
            bool matches = object->local != NULL ? matches_local(search, object)
                                                 : matches_remote(search, object);
            value = matches ? hit(search, handle) : CKR_OK;
            object_release(object);
        }
    }
    return value;
}

static bool has_some(const struct search *search, const struct name *name) {
    pthread_mutex_lock(&module.lock);
    bool told = search->look == 0 || name->told_by_token >= search->look;
    pthread_mutex_unlock(&module.lock);
    return told && !search->session->slot->is_sdf;
}

static bool has_local(const struct name *name) {
    pthread_mutex_lock(&module.lock);
    bool has = name->entry != NULL;
    pthread_mutex_unlock(&module.lock);
    return has;
}

static CK_RV search_all(struct search *search) {
    struct slot *slot = search->session->slot;
    CK_RV value = CKR_OK;
    bool both = attribute_find(search->templ, search->count, CKA_TOKEN) == NULL;
    bool on_token = attribute_flag(search->templ, search->count, CKA_TOKEN, true);
    if (on_token) {
        slot_look();
        value = slot->is_sdf ? CKR_OK /* its names and objects are the catalogue's */
                             : name_look(slot, search->templ, search->count, &search->look);
        struct name *name;
        for (size_t i = 0; value == CKR_OK && (name = name_at(slot, i)) != NULL; i++) {
            if (has_some(search, name) && slot_open_name(name)) {
                value = search_name(search, name);
            }
            if (value == CKR_OK && has_local(name) && slot_open_name(name)) {
                value = search_local(search, name);
            }
        }
    }
    if (value == CKR_OK && (both || !on_token)) {
        value = search_session_objects(search);
    }
    return value;
}

static void drop(struct find *find) {
    free(find->found);
    *find = (struct find){0};
}

/* ---- What the application asks ---------------------------------------------------------------
 */

EXPORTED CK_RV C_FindObjectsInit(CK_SESSION_HANDLE handle, CK_ATTRIBUTE *templ, CK_ULONG count) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    if (session->find.active) {
        return session_leave(session, CKR_OPERATION_ACTIVE);
    }
    value = attribute_check(templ, count);
    if (value == CKR_OK) {
        struct search search = {.session = session,
                                .templ = templ,
                                .count = count,
                                .sees_private = session_sees_private(session)};
        value = search_all(&search);
        session->find.active = value == CKR_OK;
        if (value != CKR_OK) {
            drop(&session->find);
        }
    }
    return session_leave(session, value);
}

EXPORTED CK_RV C_FindObjects(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE *objects, CK_ULONG room,
                             CK_ULONG *count) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    struct find *find = &session->find;
    if (objects == NULL || count == NULL) {
        return session_leave(session, CKR_ARGUMENTS_BAD);
    }
    if (!find->active) {
        return session_leave(session, CKR_OPERATION_NOT_INITIALIZED);
    }
    *count = find->count - find->taken < room ? find->count - find->taken : room;
    if (*count != 0) {
        memcpy(objects, find->found + find->taken, *count * sizeof *objects);
    }
    find->taken += *count;
    return session_leave(session, CKR_OK);
}

EXPORTED CK_RV C_FindObjectsFinal(CK_SESSION_HANDLE handle) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    if (!session->find.active) {
        return session_leave(session, CKR_OPERATION_NOT_INITIALIZED);
    }
    drop(&session->find);
    return session_leave(session, CKR_OK);
}
