/* SPDX-License-Identifier: Apache-2.0 */
#include "object.h"

#include <stdlib.h>
#include <string.h>

#include "object_facts.h"
#include "session.h"

/* ---- Life -------------------------------------------------------------------------------------
 */

/* What it makes may stand in it. */
static void recipe_free(struct recipe *recipe) {
    if (recipe != NULL) {
        explicit_bzero(recipe->message, recipe->bytes);
        free(recipe);
    }
}

/* module.lock is held, here and below where it is not said otherwise. */
static void let_go(struct object *object) {
    if (--object->references == 0) {
        recipe_free(object->recipe);
        local_free(object->local);
        free(object->wrapped);
        free(object);
    }
}

static void take_out(struct object *object) {
    if (object->name != NULL) {
        struct object **at = &object->name->objects;
        while (*at != object) {
            at = &(*at)->next;
        }
        *at = object->next;
    }
    handle_remove(&module.objects, object->handle);
    object->handle = 0;
    let_go(object);
}

static bool put_in(struct object *object) {
    object->references = 1;
    object->handle = handle_add(&module.objects, object);
    if (object->handle != 0 && object->name != NULL) {
        object->next = object->name->objects;
        object->name->objects = object;
    }
    return object->handle != 0;
}

/* The token's object with that number, below whatever name it was met. */
static struct object *find_on_token(const struct slot *slot, uint64_t number) {
    for (const struct name *name = slot->names; name != NULL; name = name->next) {
        for (struct object *object = name->objects; object != NULL; object = object->next) {
            if (object->number == number && object->local_kind == LOCAL_NONE) {
                return object;
            }
        }
    }
    return NULL;
}

static struct object *find_below(const struct name *name, uint64_t number, enum local_kind kind) {
    struct object *object = name->objects;
    while (object != NULL && (object->number != number || object->local_kind != kind)) {
        object = object->next;
    }
    return object;
}

CK_RV object_acquire(struct session *session, CK_OBJECT_HANDLE handle, struct object **object) {
    pthread_mutex_lock(&module.lock);
    *object = handle_find(&module.objects, handle);
    if (*object != NULL && (*object)->slot != session->slot) {
        *object = NULL; /* another token's */
    }
    bool is_private = false;
    if (*object != NULL) {
        (*object)->references++;
        is_private = (*object)->facts.is_private;
    }
    pthread_mutex_unlock(&module.lock);
    if (*object == NULL) {
        return CKR_OBJECT_HANDLE_INVALID;
    }
    if (is_private && !session_sees_private(session)) {
        object_release(*object);
        return CKR_USER_NOT_LOGGED_IN;
    }
    return CKR_OK;
}

void object_release(struct object *object) {
    pthread_mutex_lock(&module.lock);
    let_go(object);
    pthread_mutex_unlock(&module.lock);
}

CK_RV object_key(const struct object *object, struct key *key) {
    pthread_mutex_lock(&module.lock);
    *key =
        (struct key){.handle = object->handle,
                     .resource = object->name != NULL ? object->name->opened : object->slot->device,
                     .number = object->number,
                     .local_kind = object->local_kind,
                     .facts = object->facts};
    if (object->wrapped != NULL) {
        key->resource = object->wrapped->under;
        key->wrapped_bytes = object->wrapped->bytes;
        memcpy(key->wrapped, object->wrapped->blob, object->wrapped->bytes);
    }
    pthread_mutex_unlock(&module.lock);
    return key->resource != NULL && key->handle != 0 ? CKR_OK : CKR_OBJECT_HANDLE_INVALID;
}

void object_forget(CK_OBJECT_HANDLE handle) {
    pthread_mutex_lock(&module.lock);
    struct object *object = handle_find(&module.objects, handle);
    if (object != NULL) {
        take_out(object);
    }
    pthread_mutex_unlock(&module.lock);
}

/* ---- Finding and making -----------------------------------------------------------------------
 */

/* Unlocked; owned by nobody else yet. */
static CK_RV learn(struct object *object) {
    struct key key = {.resource =
                          object->name != NULL ? object->name->opened : object->slot->device,
                      .number = object->number,
                      .handle = object->handle};
    CK_RV value = facts_ask(&key);
    if (value == CKR_OK) {
        pthread_mutex_lock(&module.lock);
        object->facts = key.facts;
        object->number = key.number;
        pthread_mutex_unlock(&module.lock);
    }
    return value;
}

CK_RV object_learn_again(struct object *object) {
    pthread_mutex_lock(&module.lock);
    struct recipe *recipe = object->recipe; /* would make it as it was before */
    object->recipe = NULL;
    pthread_mutex_unlock(&module.lock);
    recipe_free(recipe);
    return learn(object);
}

/* Puts a new object into the table, unless another thread was faster. Takes the lock itself. */
static CK_RV settle(struct object *object, CK_OBJECT_HANDLE *handle) {
    pthread_mutex_lock(&module.lock);
    struct object *known =
        object->name == NULL ? NULL : find_below(object->name, object->number, object->local_kind);
    bool put = known == NULL && put_in(object);
    *handle = known != NULL ? known->handle : object->handle;
    if (!put) {
        object->references = 1;
        let_go(object);
    }
    pthread_mutex_unlock(&module.lock);
    return *handle != 0 ? CKR_OK : CKR_HOST_MEMORY;
}

CK_RV object_note(struct slot *slot, struct name *name, uint64_t number, CK_OBJECT_HANDLE *handle,
                  bool *is_private) {
    pthread_mutex_lock(&module.lock);
    const struct object *known = find_below(name, number, LOCAL_NONE);
    if (known == NULL) {
        known = find_on_token(slot, number);
    }
    if (known != NULL) {
        *handle = known->handle;
        *is_private = known->facts.is_private;
    }
    pthread_mutex_unlock(&module.lock);
    if (known != NULL) {
        return CKR_OK;
    }
    struct object *object = calloc(1, sizeof *object);
    if (object == NULL) {
        return CKR_HOST_MEMORY;
    }
    object->slot = slot;
    object->name = name;
    object->number = number;
    CK_RV value = learn(object);
    if (value != CKR_OK) {
        free(object);
        return value;
    }
    *is_private = object->facts.is_private;
    return settle(object, handle);
}

CK_RV object_note_local(struct slot *slot, struct name *name, enum local_kind kind,
                        struct local_attributes *attributes, CK_OBJECT_HANDLE *handle) {
    struct object *object = calloc(1, sizeof *object);
    if (object == NULL) {
        local_free(attributes);
        return CKR_HOST_MEMORY;
    }
    object->slot = slot;
    object->name = name;
    object->local_kind = kind;
    object->local = attributes;
    facts_of_local(&object->facts, attributes);
    return settle(object, handle);
}

CK_RV object_made_wrapped(struct session *session, berth_resource *under, const uint8_t *blob,
                          size_t bytes, struct local_attributes *attributes,
                          CK_OBJECT_HANDLE *handle) {
    struct object *object = calloc(1, sizeof *object);
    struct wrapped *wrapped = malloc(sizeof *wrapped + bytes);
    if (object == NULL || wrapped == NULL || bytes > WRAPPED_MAX_BYTES) {
        free(object);
        free(wrapped);
        local_free(attributes);
        return bytes > WRAPPED_MAX_BYTES ? CKR_DEVICE_ERROR : CKR_HOST_MEMORY;
    }
    *wrapped = (struct wrapped){.under = under, .bytes = bytes};
    memcpy(wrapped->blob, blob, bytes);
    object->slot = session->slot;
    object->owner = session->handle;
    object->local_kind = LOCAL_WRAPPED_KEY;
    object->local = attributes;
    object->wrapped = wrapped;
    facts_of_local(&object->facts, attributes);
    return settle(object, handle);
}

static struct recipe *recipe_of(const struct remote *remote, uint32_t operation) {
    if (remote == NULL || remote->input.block.id != 0) {
        return NULL;
    }
    struct recipe *recipe = malloc(sizeof *recipe + remote->writer.used);
    if (recipe != NULL) {
        recipe->resource = remote->resource;
        recipe->operation = operation;
        recipe->bytes = remote->writer.used;
        memcpy(recipe->message, remote->request, recipe->bytes);
    }
    return recipe;
}

CK_RV object_made(struct session *session, struct name *name, uint64_t number,
                  const struct remote *made_by, uint32_t operation, CK_OBJECT_HANDLE *handle) {
    struct object *object = number == 0 ? NULL : calloc(1, sizeof *object);
    if (object == NULL) {
        return number == 0 ? CKR_DEVICE_ERROR : CKR_HOST_MEMORY;
    }
    object->slot = session->slot;
    object->name = name;
    object->number = number;
    object->owner = name == NULL ? session->handle : 0;
    object->recipe = recipe_of(made_by, operation);
    CK_RV value = learn(object);
    if (value != CKR_OK) {
        pthread_mutex_lock(&module.lock);
        object->references = 1;
        let_go(object);
        pthread_mutex_unlock(&module.lock);
        return value;
    }
    return settle(object, handle);
}

/* ---- Ends -------------------------------------------------------------------------------------
 */

/* What became of it at the worker does not matter: it ends there with the connection at the latest.
 */
static void release_at_worker(const struct key *key) {
    struct remote remote;
    remote_begin(&remote, key->resource);
    object_put_reference(&remote, 1, key);
    remote_tell(&remote, BERTH_OP_RELEASE_OBJECT);
}

void object_end_session(CK_SESSION_HANDLE session) {
    for (;;) {
        size_t at = 0;
        CK_ULONG handle;
        struct object *object;
        struct key key = {0};
        pthread_mutex_lock(&module.lock);
        do {
            object = handle_next(&module.objects, &at, &handle);
        } while (object != NULL && object->owner != session);
        if (object != NULL) {
            key.resource = object->local == NULL ? object->slot->device : NULL;
            key.number = object->number;
            take_out(object);
        }
        pthread_mutex_unlock(&module.lock);
        if (object == NULL) {
            return;
        }
        if (key.resource != NULL) {
            release_at_worker(&key);
        }
    }
}

void object_forget_private(struct slot *slot) {
    size_t at = 0;
    CK_ULONG handle;
    struct object *object;
    pthread_mutex_lock(&module.lock);
    while ((object = handle_next(&module.objects, &at, &handle)) != NULL) {
        if (object->slot == slot && object->facts.is_private) {
            take_out(object);
        }
    }
    pthread_mutex_unlock(&module.lock);
}

void object_free_all(void) {
    size_t at = 0;
    CK_ULONG handle;
    struct object *object;
    pthread_mutex_lock(&module.lock);
    while ((object = handle_next(&module.objects, &at, &handle)) != NULL) {
        take_out(object);
    }
    handle_clear(&module.objects);
    pthread_mutex_unlock(&module.lock);
}
