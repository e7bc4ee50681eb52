/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of objects are read and changed. */
#include <string.h>

#include "session.h"

/* Attributes asked for in one question. */
#define PAGE 24

struct chosen {
    const CK_ATTRIBUTE *templ;
    CK_ULONG count;
};

/* ---- Reading attributes -----------------------------------------------------------------------
 */

/* What went wrong with some of them; all that could be given is given. */
struct shortfall {
    bool sensitive;
    bool invalid;
    bool small;
};

static void give(CK_ATTRIBUTE *attribute, const struct told *told, struct shortfall *shortfall) {
    if (told->sensitive || told->absent) {
        attribute->ulValueLen = CK_UNAVAILABLE_INFORMATION;
        shortfall->sensitive |= told->sensitive;
        shortfall->invalid |= !told->sensitive;
    } else {
        shortfall->small |= attribute_give(attribute, told->value, told->bytes) != CKR_OK;
    }
}

static void write_question(struct remote *remote, const struct key *key, void *context) {
    const struct chosen *page = context;
    object_put_reference(remote, 1, key);
    attribute_put_types(remote, 2, page->templ, page->count);
}

static CK_RV get_page(struct key *key, CK_ATTRIBUTE *templ, CK_ULONG count,
                      struct shortfall *shortfall) {
    struct remote remote;
    struct chosen page = {templ, count};
    bool given[PAGE] = {false};
    CK_RV value = object_call(&remote, key, BERTH_OP_GET_ATTRIBUTES, write_question, &page);
    bool too_large = berth_reason_of(remote.result.result) == BERTH_REASON_REPLY_TOO_LARGE;
    struct protobuf_reader reader = {.bytes = remote.reply,
                                     .size = value == CKR_OK ? remote.result.bytes : 0};
    struct protobuf_field field;
    struct told told;
    while (protobuf_next(&reader, &field)) {
        if (field.number != 1 || !attribute_told(&field, &told)) {
            continue;
        }
        for (CK_ULONG i = 0; i < count; i++) {
            if (templ[i].type == told.type && !given[i]) {
                given[i] = true;
                give(&templ[i], &told, shortfall);
            }
        }
    }
    value = value == CKR_OK && reader.malformed ? CKR_DEVICE_ERROR : value;
    value = remote_end(&remote, value);
    if (too_large && count > 1) { /* one by one then */
        value = CKR_OK;
        for (CK_ULONG i = 0; i < count && value == CKR_OK; i++) {
            value = get_page(key, templ + i, 1, shortfall);
        }
        return value;
    }
    for (CK_ULONG i = 0; i < count && value == CKR_OK; i++) {
        if (!given[i]) {
            give(&templ[i], &(struct told){.absent = true}, shortfall);
        }
    }
    return value;
}

static CK_RV get_remote(const struct object *object, CK_ATTRIBUTE *templ, CK_ULONG count,
                        struct shortfall *shortfall) {
    struct key key;
    CK_RV value = object_key(object, &key);
    for (CK_ULONG at = 0; value == CKR_OK && at < count; at += PAGE) {
        value = get_page(&key, templ + at, count - at < PAGE ? count - at : PAGE, shortfall);
    }
    return value;
}

/* What a card's key has and never tells. */
static bool is_secret(const struct object_facts *facts, CK_ATTRIBUTE_TYPE type) {
    bool of_pair = facts->class == CKO_PRIVATE_KEY;
    bool of_rsa = of_pair && facts->key_type == CKK_RSA;
    return (type == CKA_VALUE && (of_pair || facts->class == CKO_SECRET_KEY)) ||
           (of_rsa && type >= CKA_PRIVATE_EXPONENT && type <= CKA_COEFFICIENT);
}

static void get_local(const struct object *object, CK_ATTRIBUTE *templ, CK_ULONG count,
                      struct shortfall *shortfall) {
    for (CK_ULONG i = 0; i < count; i++) {
        const struct local_attribute *has = local_find(object->local, templ[i].type);
        struct told told = {.absent = has == NULL};
        if (has != NULL) {
            told.value = has->value;
            told.bytes = has->bytes;
        } else {
            told.sensitive = is_secret(&object->facts, templ[i].type);
        }
        give(&templ[i], &told, shortfall);
    }
}

EXPORTED CK_RV C_GetAttributeValue(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE of,
                                   CK_ATTRIBUTE *templ, CK_ULONG count) {
    struct session *session;
    struct object *object;
    struct shortfall shortfall = {false};
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    value = templ == NULL || count > ATTRIBUTE_COUNT_MAX ? CKR_ARGUMENTS_BAD
                                                         : object_acquire(session, of, &object);
    if (value != CKR_OK) {
        return session_leave(session, value);
    }
    if (object->local != NULL) {
        get_local(object, templ, count, &shortfall);
    } else {
        value = get_remote(object, templ, count, &shortfall);
    }
    object_release(object);
    if (value == CKR_OK) {
        value = shortfall.sensitive ? CKR_ATTRIBUTE_SENSITIVE
                : shortfall.invalid ? CKR_ATTRIBUTE_TYPE_INVALID
                : shortfall.small   ? CKR_BUFFER_TOO_SMALL
                                    : CKR_OK;
    }
    return session_leave(session, value);
}

/* ---- Changing them ----------------------------------------------------------------------------
 */

static void write_change(struct remote *remote, const struct key *key, void *context) {
    const struct chosen *change = context;
    object_put_reference(remote, 1, key);
    attribute_put(remote, 2, change->templ, change->count);
}

static CK_RV set(struct session *session, struct object *object, const struct chosen *change) {
    struct key key;
    struct remote remote;
    CK_RV value = object_key(object, &key);
    if (value != CKR_OK) {
        return value;
    }
    if (object->local != NULL) {
        return CKR_ACTION_PROHIBITED;
    }
    if (object->owner == 0 && !session_is_read_write(session)) {
        return CKR_SESSION_READ_ONLY;
    }
    value =
        object_call(&remote, &key,
                    object->owner == 0 ? BERTH_OP_SET_ATTRIBUTES : BERTH_OP_SET_SESSION_ATTRIBUTES,
                    write_change, (void *)(uintptr_t)change);
    if (remote_is_denied(&remote)) {
        value = CKR_ACTION_PROHIBITED;
    }
    value = remote_end(&remote, value);
    return value == CKR_OK ? object_learn_again(object) : value;
}

EXPORTED CK_RV C_SetAttributeValue(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE of,
                                   CK_ATTRIBUTE *templ, CK_ULONG count) {
    struct session *session;
    struct object *object;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    value = templ == NULL ? CKR_ARGUMENTS_BAD : attribute_check(templ, count);
    value = value == CKR_OK ? object_acquire(session, of, &object) : value;
    if (value == CKR_OK) {
        struct chosen change = {templ, count};
        value = set(session, object, &change);
        object_release(object);
    }
    return session_leave(session, value);
}
