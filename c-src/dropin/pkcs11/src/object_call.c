/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that name an object, and what becomes of them when the worker has lost it. */
#include <string.h>

#include "object.h"

void object_put_reference(struct remote *remote, uint32_t field, const struct key *key) {
    size_t opened = remote_open(remote, field);
    protobuf_put_varint(&remote->writer, 1, key->number);
    remote_close(remote, opened);
}

/* Makes a lost session object again, by the request that made it. */
bool object_restore(struct key *key) {
    struct remote remote;
    pthread_mutex_lock(&module.lock);
    struct object *object = handle_find(&module.objects, key->handle);
    const struct recipe *recipe = object == NULL ? NULL : object->recipe;
    uint64_t number = object == NULL ? 0 : object->number;
    if (recipe != NULL) {
        remote_begin(&remote, recipe->resource);
        memcpy(remote.request, recipe->message, recipe->bytes);
        remote.writer.used = recipe->bytes;
    }
    uint32_t operation = recipe == NULL ? 0 : recipe->operation;
    pthread_mutex_unlock(&module.lock);
    if (number != key->number && number != 0) { /* another thread has just done it */
        key->number = number;
        return true;
    }
    if (operation == 0) {
        return false;
    }
    uint64_t made;
    CK_RV value = remote_call(&remote, operation);
    value = value == CKR_OK ? remote_number(&remote, 1, &made) : value;
    if (remote_end(&remote, value) != CKR_OK || made == 0) {
        return false;
    }
    pthread_mutex_lock(&module.lock);
    object = handle_find(&module.objects, key->handle);
    if (object != NULL) {
        object->number = key->number = made;
    }
    pthread_mutex_unlock(&module.lock);
    return object != NULL;
}

CK_RV object_call(struct remote *remote, struct key *key, uint32_t operation, object_writer write,
                  void *context) {
    for (int attempt = 0;; attempt++) {
        remote_begin(remote, key->resource);
        write(remote, key, context);
        CK_RV value = remote_call(remote, operation);
        if (value == CKR_OK || !remote_is_stale(remote) || key->local_kind != LOCAL_NONE) {
            return value;
        }
        if (attempt > 0 || !object_restore(key)) {
            object_forget(key->handle); /* destroyed by somebody else, or lost for good */
            return value;
        }
        (void)remote_end(remote, value);
    }
}
