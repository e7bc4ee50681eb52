/* SPDX-License-Identifier: Apache-2.0 */
/* Keys are generated, wrapped, unwrapped and derived. */
#include <string.h>

#include "name.h"
#include "session.h"
#include "sm4.h"

struct making {
    const struct mechanism *mechanism;
    const CK_ATTRIBUTE *templ;
    CK_ULONG count;
    const CK_ATTRIBUTE *private_templ;
    CK_ULONG private_count;
    const uint8_t *wrapped;
    CK_ULONG wrapped_bytes;
};

static CK_RV check_place(const struct session *session, bool on_token) {
    return on_token && !session_is_read_write(session) ? CKR_SESSION_READ_ONLY : CKR_OK;
}

/* Takes the mechanism, if the token offers that use of it. */
static CK_RV take_mechanism(struct session *session, const CK_MECHANISM *from, CK_FLAGS use,
                            struct mechanism *mechanism) {
    CK_RV value = mechanism_offered(session->slot, from, use);
    return value == CKR_OK ? mechanism_take(session->slot, from, mechanism) : value;
}

static CK_RV take_key(struct session *session, CK_OBJECT_HANDLE handle, unsigned use,
                      struct key *key) {
    struct object *object;
    CK_RV value = object_acquire(session, handle, &object);
    if (value == CKR_OK) {
        value = object_key(object, key);
        object_release(object);
    }
    if (value == CKR_OK && use != 0 && (key->facts.uses & use) == 0) {
        value = CKR_KEY_FUNCTION_NOT_PERMITTED;
    }
    return value;
}

/* A handle that is none has a name of its own for what the key was to do. */
static CK_RV handle_of(CK_RV value, CK_RV name) {
    return value == CKR_OBJECT_HANDLE_INVALID ? name : value;
}

/* The name below which a key on the token is to be, or the device's handle for a session's. */
static CK_RV place(struct session *session, const CK_ATTRIBUTE *templ, CK_ULONG count,
                   bool on_token, struct name **name, berth_resource **resource) {
    CK_RV value = check_place(session, on_token);
    *name = NULL;
    if (value == CKR_OK && on_token) {
        value = name_for_object(session->slot, templ, count, name);
        *resource = value == CKR_OK ? (*name)->opened : NULL;
    } else if (value == CKR_OK) {
        value = slot_device(session->slot, resource);
        value = value == CKR_OK && *resource == NULL ? CKR_FUNCTION_REJECTED : value;
    }
    return value;
}

/* ---- Generated --------------------------------------------------------------------------------
 */

static CK_RV check_private(struct session *session, const CK_ATTRIBUTE *templ, CK_ULONG count) {
    return attribute_flag(templ, count, CKA_PRIVATE, false) && !session_sees_private(session)
               ? CKR_USER_NOT_LOGGED_IN
               : CKR_OK;
}

static CK_RV generate(struct session *session, const struct making *making, CK_OBJECT_HANDLE *key,
                      CK_OBJECT_HANDLE *private_key) {
    const CK_ATTRIBUTE *named = private_key != NULL ? making->private_templ : making->templ;
    CK_ULONG named_count = private_key != NULL ? making->private_count : making->count;
    bool on_token = attribute_flag(named, named_count, CKA_TOKEN, false);
    if (private_key != NULL &&
        attribute_flag(making->templ, making->count, CKA_TOKEN, false) != on_token) {
        return CKR_TEMPLATE_INCONSISTENT; /* the halves of a pair stay together */
    }
    struct name *name;
    berth_resource *resource;
    CK_RV value = check_private(session, named, named_count);
    value =
        value == CKR_OK ? place(session, named, named_count, on_token, &name, &resource) : value;
    if (value != CKR_OK) {
        return value;
    }
    struct remote remote;
    uint64_t number = 0, private_number = 0;
    remote_begin(&remote, resource);
    mechanism_put(&remote, 1, making->mechanism);
    attribute_put(&remote, 2, making->templ, making->count);
    attribute_put(&remote, 3, making->private_templ, making->private_count);
    value =
        remote_call(&remote, on_token ? BERTH_OP_GENERATE_OBJECT : BERTH_OP_GENERATE_SESSION_KEY);
    if (remote_is_denied(&remote)) {
        value = on_token ? CKR_TOKEN_WRITE_PROTECTED : CKR_FUNCTION_REJECTED;
    }
    value = value == CKR_OK ? remote_number(&remote, 1, &number) : value;
    value = value == CKR_OK ? remote_number(&remote, 2, &private_number) : value;
    /* What is random cannot be made again: no recipe. */
    if (value == CKR_OK) {
        value = object_made(session, name, number, NULL, 0, key);
    }
    if (value == CKR_OK && private_key != NULL) {
        value = object_made(session, name, private_number, NULL, 0, private_key);
    }
    return remote_end(&remote, value);
}

EXPORTED CK_RV C_GenerateKey(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_ATTRIBUTE *templ,
                             CK_ULONG count, CK_OBJECT_HANDLE *key) {
    struct session *session;
    struct mechanism taken;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    value = key == NULL ? CKR_ARGUMENTS_BAD : attribute_check(templ, count);
    value = value == CKR_OK ? take_mechanism(session, mechanism, CKF_GENERATE, &taken) : value;
    if (value == CKR_OK) {
        struct making making = {.mechanism = &taken, .templ = templ, .count = count};
        value = taken.kind.family == FAMILY_SM4 ? sm4_generate(session, templ, count, key)
                                                : generate(session, &making, key, NULL);
        mechanism_free(&taken);
    }
    return session_leave(session, value);
}

EXPORTED CK_RV C_GenerateKeyPair(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                                 CK_ATTRIBUTE *public_templ, CK_ULONG public_count,
                                 CK_ATTRIBUTE *private_templ, CK_ULONG private_count,
                                 CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key) {
    struct session *session;
    struct mechanism taken;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    value = public_key == NULL || private_key == NULL ? CKR_ARGUMENTS_BAD
                                                      : attribute_check(public_templ, public_count);
    value = value == CKR_OK ? attribute_check(private_templ, private_count) : value;
    value =
        value == CKR_OK ? take_mechanism(session, mechanism, CKF_GENERATE_KEY_PAIR, &taken) : value;
    if (value == CKR_OK) {
        struct making making = {.mechanism = &taken,
                                .templ = public_templ,
                                .count = public_count,
                                .private_templ = private_templ,
                                .private_count = private_count};
        value = generate(session, &making, public_key, private_key);
        mechanism_free(&taken);
    }
    return session_leave(session, value);
}

/* ---- Wrapped ----------------------------------------------------------------------------------
 */

static CK_RV ask_to_wrap(struct remote *remote, const struct mechanism *mechanism,
                         const struct key *wrapping, const struct key *key) {
    remote_begin(remote, wrapping->resource);
    mechanism_put(remote, 1, mechanism);
    object_put_reference(remote, 2, wrapping);
    object_put_reference(remote, 3, key);
    return remote_call(remote, BERTH_OP_WRAP_KEY);
}

static CK_RV wrap(const struct mechanism *mechanism, struct key *wrapping, struct key *key,
                  unsigned char *out, CK_ULONG *out_bytes) {
    struct remote remote;
    const uint8_t *made;
    size_t made_bytes;
    CK_RV value = ask_to_wrap(&remote, mechanism, wrapping, key);
    if (value != CKR_OK && remote_is_stale(&remote)) {
        bool restored = object_restore(wrapping);
        restored |= object_restore(key);
        if (restored) {
            (void)remote_end(&remote, value);
            value = ask_to_wrap(&remote, mechanism, wrapping, key);
        } else if (key->facts.on_token && key->resource != wrapping->resource) {
            value = CKR_KEY_NOT_WRAPPABLE; /* one request reaches one name's objects */
        }
    }
    value = value == CKR_OK ? remote_bytes(&remote, 1, &made, &made_bytes) : value;
    if (value == CKR_OK) {
        CK_ULONG room = *out_bytes;
        *out_bytes = made_bytes;
        if (out != NULL && room < made_bytes) {
            value = CKR_BUFFER_TOO_SMALL;
        } else if (out != NULL && made_bytes != 0) {
            memcpy(out, made, made_bytes);
        }
    }
    return remote_end(&remote, value);
}

EXPORTED CK_RV C_WrapKey(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                         CK_OBJECT_HANDLE wrapping_handle, CK_OBJECT_HANDLE key_handle,
                         unsigned char *out, CK_ULONG *out_bytes) {
    struct session *session;
    struct mechanism taken;
    struct key wrapping, key;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    value = out_bytes == NULL ? CKR_ARGUMENTS_BAD
                              : handle_of(take_key(session, wrapping_handle, USE_WRAP, &wrapping),
                                          CKR_WRAPPING_KEY_HANDLE_INVALID);
    value = value == CKR_OK
                ? handle_of(take_key(session, key_handle, 0, &key), CKR_KEY_HANDLE_INVALID)
                : value;
    value = value == CKR_OK ? take_mechanism(session, mechanism, CKF_WRAP, &taken) : value;
    if (value == CKR_OK) {
        value = mechanism_suits(&taken, &wrapping.facts) != CKR_OK
                    ? CKR_WRAPPING_KEY_TYPE_INCONSISTENT
                : wrapping.local_kind != LOCAL_NONE ? sm4_wrap(&wrapping, &key, out, out_bytes)
                : key.local_kind != LOCAL_NONE      ? CKR_KEY_NOT_WRAPPABLE
                                                    : wrap(&taken, &wrapping, &key, out, out_bytes);
        mechanism_free(&taken);
    }
    return session_leave(session, value);
}

/* ---- From another key -------------------------------------------------------------------------
 */

static void write_unwrapping(struct remote *remote, const struct key *key, void *context) {
    const struct making *making = context;
    mechanism_put(remote, 1, making->mechanism);
    object_put_reference(remote, 2, key);
    protobuf_put_bytes(&remote->writer, 3, making->wrapped, making->wrapped_bytes);
    attribute_put(remote, 4, making->templ, making->count);
}

static void write_derivation(struct remote *remote, const struct key *key, void *context) {
    const struct making *making = context;
    mechanism_put(remote, 1, making->mechanism);
    object_put_reference(remote, 2, key);
    attribute_put(remote, 3, making->templ, making->count);
}

/* The new key stands below its name, or is the session's and can be made again from what made it:
 * neither a wrapped blob nor another side's point is secret. */
static CK_RV make_from(struct session *session, struct key *key, uint32_t operation,
                       object_writer write, struct making *making, CK_OBJECT_HANDLE *made) {
    bool on_token = attribute_flag(making->templ, making->count, CKA_TOKEN, false);
    struct name *name;
    berth_resource *resource;
    CK_RV value = check_private(session, making->templ, making->count);
    value = value == CKR_OK
                ? place(session, making->templ, making->count, on_token, &name, &resource)
                : value;
    if (value != CKR_OK) {
        return value;
    }
    struct remote remote;
    uint64_t number = 0;
    value = object_call(&remote, key, operation, write, making);
    value = value == CKR_OK ? remote_number(&remote, 1, &number) : value;
    if (value == CKR_OK) {
        value = object_made(session, name, number, on_token ? NULL : &remote, operation, made);
    }
    return remote_end(&remote, value);
}

EXPORTED CK_RV C_UnwrapKey(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                           CK_OBJECT_HANDLE unwrapping, unsigned char *wrapped, CK_ULONG bytes,
                           CK_ATTRIBUTE *templ, CK_ULONG count, CK_OBJECT_HANDLE *made) {
    struct session *session;
    struct mechanism taken;
    struct key key;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    value = wrapped == NULL || made == NULL || templ == NULL ? CKR_ARGUMENTS_BAD
                                                             : attribute_check(templ, count);
    if (value == CKR_OK && (bytes == 0 || bytes > REMOTE_MESSAGE_BYTES)) {
        value = CKR_WRAPPED_KEY_LEN_RANGE;
    }
    value = value == CKR_OK ? handle_of(take_key(session, unwrapping, USE_UNWRAP, &key),
                                        CKR_UNWRAPPING_KEY_HANDLE_INVALID)
                            : value;
    value = value == CKR_OK ? take_mechanism(session, mechanism, CKF_UNWRAP, &taken) : value;
    if (value == CKR_OK) {
        struct making making = {.mechanism = &taken,
                                .templ = templ,
                                .count = count,
                                .wrapped = wrapped,
                                .wrapped_bytes = bytes};
        value =
            mechanism_suits(&taken, &key.facts) != CKR_OK ? CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT
            : key.local_kind != LOCAL_NONE
                ? sm4_unwrap(session, &key, wrapped, bytes, templ, count, made)
                : make_from(session, &key, BERTH_OP_UNWRAP_KEY, write_unwrapping, &making, made);
        mechanism_free(&taken);
    }
    return session_leave(session, value);
}

EXPORTED CK_RV C_DeriveKey(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base,
                           CK_ATTRIBUTE *templ, CK_ULONG count, CK_OBJECT_HANDLE *made) {
    struct session *session;
    struct mechanism taken;
    struct key key;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    value = made == NULL ? CKR_ARGUMENTS_BAD : attribute_check(templ, count);
    value = value == CKR_OK ? take_mechanism(session, mechanism, CKF_DERIVE, &taken) : value;
    if (value == CKR_OK) {
        value = take_key(session, base, USE_DERIVE, &key);
        if (value != CKR_OK) {
            mechanism_free(&taken);
        }
    }
    if (value == CKR_OK) {
        struct making making = {.mechanism = &taken, .templ = templ, .count = count};
        value = mechanism_suits(&taken, &key.facts);
        if (value == CKR_OK) {
            value = make_from(session, &key, BERTH_OP_DERIVE_KEY, write_derivation, &making, made);
        }
        mechanism_free(&taken);
    }
    return session_leave(session, value);
}
