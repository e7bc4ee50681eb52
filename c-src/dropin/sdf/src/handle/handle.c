/* SPDX-License-Identifier: Apache-2.0 */
#include "handle/handle.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

_Static_assert(sizeof(void *) == 8, "a handle needs 64 bits");

enum { SLOTS_MOST = 65536, SLOTS_AT_FIRST = 64, NO_SLOT = -1 };
static const uint64_t MARK = 0xBE7;

struct slot {
    struct object *object; /* NULL: free */
    uint32_t generation;
    uint8_t kind;
    int32_t next_free;
};

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot *table;
static int32_t slots;
static int32_t first_free = NO_SLOT;

static void *handle_of(int32_t slot) {
    return (void *)(uintptr_t)(MARK << 52 | (uint64_t)table[slot].kind << 48 |
                               (uint64_t)table[slot].generation << 16 | (uint64_t)slot);
}

static bool grow(void) {
    int32_t wanted = slots == 0 ? SLOTS_AT_FIRST : 2 * slots;
    if (wanted > SLOTS_MOST) {
        return false;
    }
    struct slot *grown = realloc(table, (size_t)wanted * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    table = grown;
    for (int32_t i = wanted - 1; i >= slots; i--) {
        table[i] = (struct slot){.next_free = first_free};
        first_free = i;
    }
    slots = wanted;
    return true;
}

static struct slot *find(enum handle_kind kind, void *handle, const struct object *owner) {
    int32_t slot = (int32_t)((uint64_t)(uintptr_t)handle & 0xFFFF);
    if (slot >= slots || table[slot].object == NULL || table[slot].kind != kind ||
        handle_of(slot) != handle || (owner != NULL && table[slot].object->owner != owner)) {
        return NULL;
    }
    return &table[slot];
}

/* The object, for its destruction outside the lock, if this was the last reference. */
static struct object *let_go(struct object *object) {
    return --object->references == 0 ? object : NULL;
}

static struct object *clear(struct slot *slot) {
    struct object *object = slot->object;
    slot->object = NULL;
    slot->generation++;
    slot->next_free = first_free;
    first_free = (int32_t)(slot - table);
    return let_go(object);
}

static void destroy(struct object *object) {
    if (object != NULL) {
        object->destroy(object);
    }
}

void *handle_make(enum handle_kind kind, struct object *object) {
    void *handle = NULL;
    pthread_mutex_lock(&table_lock);
    if (first_free != NO_SLOT || grow()) {
        int32_t slot = first_free;
        first_free = table[slot].next_free;
        table[slot].object = object;
        table[slot].kind = (uint8_t)kind;
        object->references++;
        handle = handle_of(slot);
    }
    pthread_mutex_unlock(&table_lock);
    return handle;
}

void *handle_take(enum handle_kind kind, void *handle, const struct object *owner) {
    pthread_mutex_lock(&table_lock);
    struct slot *slot = find(kind, handle, owner);
    struct object *object = slot == NULL ? NULL : slot->object;
    if (object != NULL) {
        object->references++;
    }
    pthread_mutex_unlock(&table_lock);
    return object;
}

void handle_release(struct object *object) {
    pthread_mutex_lock(&table_lock);
    struct object *last = let_go(object);
    pthread_mutex_unlock(&table_lock);
    destroy(last);
}

bool handle_remove(enum handle_kind kind, void *handle, const struct object *owner) {
    pthread_mutex_lock(&table_lock);
    struct slot *slot = find(kind, handle, owner);
    bool found = slot != NULL;
    struct object *last = found ? clear(slot) : NULL;
    pthread_mutex_unlock(&table_lock);
    destroy(last);
    return found;
}

void handle_remove_owned(enum handle_kind kind, const struct object *owner) {
    for (int32_t i = 0;; i++) {
        struct object *last = NULL;
        pthread_mutex_lock(&table_lock);
        bool end = i >= slots;
        if (!end && table[i].object != NULL && table[i].kind == kind &&
            table[i].object->owner == owner) {
            last = clear(&table[i]);
        }
        pthread_mutex_unlock(&table_lock);
        if (end) {
            return;
        }
        destroy(last);
    }
}

void handles_before_fork(void) {
    pthread_mutex_lock(&table_lock);
}

void handles_after_fork(void) {
    pthread_mutex_unlock(&table_lock);
}

void handles_visit(enum handle_kind kind, void (*visit)(struct object *object)) {
    for (int32_t i = 0; i < slots; i++) {
        if (table[i].object != NULL && table[i].kind == kind) {
            visit(table[i].object);
        }
    }
}
