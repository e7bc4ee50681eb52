/* SPDX-License-Identifier: Apache-2.0 */
#include "card/handle.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

_Static_assert(sizeof(void *) == 8, "a handle needs 64 bits");

enum { SLOTS_MOST = 65536, SLOTS_AT_FIRST = 64, NO_SLOT = -1 };
static const uint64_t MARK = 0xB5C;

struct slot {
    void *object; /* NULL: free */
    const void *owner;
    uint32_t generation;
    uint8_t kind;
    bool lost; /* by a reset */
    int32_t next_free;
};

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot *table;
static int32_t slots;
static int32_t first_free = NO_SLOT;
static bool resetting; /* what is removed leaves its number to the next one */

static void *handle_of(int32_t slot) {
    return (void *)(uintptr_t)(MARK << 52 | (uint64_t)table[slot].kind << 48 |
                               (uint64_t)table[slot].generation << 16 | (uint64_t)slot);
}

static bool grow(void) {
    int32_t wanted = slots == 0 ? SLOTS_AT_FIRST : 2 * slots;
    if (wanted > SLOTS_MOST)
        return false;
    struct slot *grown = realloc(table, (size_t)wanted * sizeof *grown);
    if (grown == NULL)
        return false;
    table = grown;
    for (int32_t i = wanted - 1; i >= slots; i--) {
        table[i] = (struct slot){.next_free = first_free};
        first_free = i;
    }
    slots = wanted;
    return true;
}

static struct slot *find(enum handle_kind kind, void *handle, const void *owner) {
    uint64_t number = (uint64_t)(uintptr_t)handle;
    int32_t slot = (int32_t)(number & 0xFFFF);
    if (slot >= slots || table[slot].object == NULL || table[slot].kind != kind ||
        handle_of(slot) != handle || (owner != NULL && table[slot].owner != owner))
        return NULL;
    return &table[slot];
}

static void *release(struct slot *slot) {
    void *object = slot->object;
    slot->object = NULL;
    slot->owner = NULL;
    slot->generation += resetting ? 0 : 1;
    slot->lost = resetting;
    slot->next_free = first_free;
    first_free = (int32_t)(slot - table);
    return object;
}

void *handle_make(enum handle_kind kind, void *object, const void *owner) {
    void *handle = NULL;
    pthread_mutex_lock(&table_lock);
    if (first_free != NO_SLOT || grow()) {
        int32_t slot = first_free;
        first_free = table[slot].next_free;
        table[slot].object = object;
        table[slot].owner = owner;
        table[slot].kind = (uint8_t)kind;
        handle = handle_of(slot);
    }
    pthread_mutex_unlock(&table_lock);
    return handle;
}

void *handle_take(enum handle_kind kind, void *handle, const void *owner,
                  void (*hold)(void *object)) {
    pthread_mutex_lock(&table_lock);
    struct slot *slot = find(kind, handle, owner);
    void *object = slot == NULL ? NULL : slot->object;
    if (object != NULL && hold != NULL)
        hold(object);
    pthread_mutex_unlock(&table_lock);
    return object;
}

void *handle_remove(enum handle_kind kind, void *handle, const void *owner) {
    pthread_mutex_lock(&table_lock);
    struct slot *slot = find(kind, handle, owner);
    void *object = slot == NULL ? NULL : release(slot);
    pthread_mutex_unlock(&table_lock);
    return object;
}

void *handle_remove_owned(enum handle_kind kind, const void *owner) {
    void *object = NULL;
    pthread_mutex_lock(&table_lock);
    for (int32_t i = 0; i < slots && object == NULL; i++)
        if (table[i].object != NULL && table[i].kind == kind && table[i].owner == owner)
            object = release(&table[i]);
    pthread_mutex_unlock(&table_lock);
    return object;
}

static void free_those(bool lost, bool sessions) {
    for (int32_t i = slots - 1; i >= 0; i--) {
        if (table[i].object == NULL && table[i].lost == lost &&
            (table[i].kind == HANDLE_SESSION) == sessions) {
            table[i].next_free = first_free;
            first_free = i;
        }
    }
}

/* What was lost is given anew first: to sessions what was a session, the lowest to the first. */
static void order_free(void) {
    first_free = NO_SLOT;
    free_those(false, false);
    free_those(false, true);
    free_those(true, false);
    free_those(true, true);
}

static void *remove_any(enum handle_kind kind) {
    void *object = NULL;
    pthread_mutex_lock(&table_lock);
    resetting = true;
    for (int32_t i = 0; i < slots && object == NULL; i++)
        if (table[i].object != NULL && table[i].kind == kind)
            object = release(&table[i]);
    pthread_mutex_unlock(&table_lock);
    return object;
}

void handles_reset(enum handle_kind kind, void (*close)(void *object)) {
    void *object;
    while ((object = remove_any(kind)) != NULL)
        close(object);
    pthread_mutex_lock(&table_lock);
    order_free();
    resetting = false;
    pthread_mutex_unlock(&table_lock);
}

void handles_before_fork(void) {
    pthread_mutex_lock(&table_lock);
}

void handles_after_fork(bool in_child) {
    if (in_child)
        for (int32_t i = 0; i < slots; i++)
            if (table[i].object != NULL)
                (void)release(&table[i]);
    pthread_mutex_unlock(&table_lock);
}
