/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/session_key.h"

#include <stdio.h>
#include <stdlib.h>

static void destroy(struct object *object) {
    struct session_key *key = (struct session_key *)object;
    /* A session outlives what it owns. */
    held_release((struct session *)object->owner, key->under, &key->held);
    free(key); /* wrapped, it is no secret */
}

static int make(const struct call *call, const char *under, unsigned bytes,
                const berth_wrapped_key *wrapped, struct held held, void **handle) {
    struct session_key *key = calloc(1, sizeof *key);
    if (key == NULL) {
        held_release(call->session, under, &held);
        return SDR_NOBUFFER;
    }
    key->object = (struct object){.owner = &call->session->object, .destroy = destroy};
    snprintf(key->under, sizeof key->under, "%s", under);
    key->bytes = bytes;
    key->held = held;
    if (wrapped != NULL) {
        key->wrapped = *wrapped;
    }
    void *made = handle_make(HANDLE_KEY, &key->object);
    if (made == NULL) {
        destroy(&key->object);
        return SDR_NOBUFFER;
    }
    *handle = made;
    return SDR_OK;
}

int session_key_make(const struct call *call, const char *under, unsigned bytes,
                     const berth_wrapped_key *wrapped, void **handle) {
    return make(call, under, bytes, wrapped, (struct held){0}, handle);
}

int session_key_hold(const struct call *call, const char *under, unsigned bytes, uint64_t number,
                     void **handle) {
    return make(call, under, bytes, NULL, held_new(number), handle);
}

int session_key_take(const struct call *call, void *handle, unsigned bytes,
                     struct session_key **key) {
    *key = handle_take(HANDLE_KEY, handle, &call->session->object);
    if (*key == NULL) {
        return SDR_KEYNOTEXIST;
    }
    int status = SDR_OK;
    if (held_is_gone(&(*key)->held)) {
        status = SDR_BERTH_KEY_LOST;
    } else if (bytes != ANY_KEY_BYTES && (*key)->bytes != ANY_KEY_BYTES && (*key)->bytes != bytes) {
        status = SDR_KEYTYPEERR;
    }
    if (status != SDR_OK) {
        handle_release(&(*key)->object);
        *key = NULL;
    }
    return status;
}

struct exchange_key session_key_named(const struct session_key *key) {
    return key->held.number == 0 ? (struct exchange_key){.wrapped = &key->wrapped}
                                 : (struct exchange_key){.session_key = key->held.number};
}

int session_key_code(struct session_key *key, berth_result result, const char *what) {
    return held_code(&key->held, result, what);
}

int session_key_resource(const struct call *call, const struct session_key *key,
                         berth_resource **resource) {
    return code_of(link_resource(call->link, key->under, resource), key->under);
}

BERTH_SDF_API int SDF_DestroyKey(void *hSessionHandle, void *hKeyHandle) {
    struct call call;
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    const struct object *owner = &call.session->object;
    return call_end(&call, handle_remove(HANDLE_KEY, hKeyHandle, owner) ||
                                   handle_remove(HANDLE_AGREEMENT, hKeyHandle, owner)
                               ? SDR_OK
                               : SDR_KEYNOTEXIST);
}
