/* SPDX-License-Identifier: Apache-2.0 */
#include "handle_table.h"

#include <stdlib.h>

#define INDEX_BITS 20
#define INDEX_MASK (((CK_ULONG)1 << INDEX_BITS) - 1)
#define GENERATION_MASK ((CK_ULONG)-1 >> INDEX_BITS)

static CK_ULONG next_generation(CK_ULONG generation) {
    generation = (generation + 1) & GENERATION_MASK;
    return generation == 0 ? 1 : generation;
}

static bool grow(struct handle_table *table) {
    size_t capacity = table->capacity == 0 ? 64 : table->capacity * 2;
    if (capacity > INDEX_MASK) {
        return false;
    }
    struct handle_entry *entries = realloc(table->entries, capacity * sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    table->entries = entries;
    table->capacity = capacity;
    return true;
}

CK_ULONG handle_add(struct handle_table *table, void *thing) {
    size_t index;
    if (table->first_free != 0) {
        index = table->first_free - 1;
        table->first_free = table->entries[index].next_free;
    } else {
        if (table->count == table->capacity && !grow(table)) {
            return 0;
        }
        index = table->count++;
        table->entries[index].generation = table->first_generation;
    }
    struct handle_entry *entry = &table->entries[index];
    entry->thing = thing;
    entry->generation = next_generation(entry->generation);
    return entry->generation << INDEX_BITS | (index + 1);
}

static struct handle_entry *entry_of(const struct handle_table *table, CK_ULONG handle) {
    size_t index = (handle & INDEX_MASK) - 1; /* 0 wraps and is beyond the count */
    if (index >= table->count) {
        return NULL;
    }
    struct handle_entry *entry = &table->entries[index];
    return entry->thing != NULL && entry->generation == handle >> INDEX_BITS ? entry : NULL;
}

void *handle_find(const struct handle_table *table, CK_ULONG handle) {
    const struct handle_entry *entry = entry_of(table, handle);
    return entry == NULL ? NULL : entry->thing;
}

void *handle_remove(struct handle_table *table, CK_ULONG handle) {
    struct handle_entry *entry = entry_of(table, handle);
    if (entry == NULL) {
        return NULL;
    }
    void *thing = entry->thing;
    entry->thing = NULL;
    entry->next_free = table->first_free;
    table->first_free = (size_t)(entry - table->entries) + 1;
    return thing;
}

void *handle_next(const struct handle_table *table, size_t *at, CK_ULONG *handle) {
    while (*at < table->count) {
        size_t index = (*at)++;
        const struct handle_entry *entry = &table->entries[index];
        if (entry->thing != NULL) {
            *handle = entry->generation << INDEX_BITS | (index + 1);
            return entry->thing;
        }
    }
    return NULL;
}

void handle_clear(struct handle_table *table) {
    CK_ULONG highest = table->first_generation;
    for (size_t i = 0; i < table->count; i++) {
        highest = table->entries[i].generation > highest ? table->entries[i].generation : highest;
    }
    free(table->entries);
    *table = (struct handle_table){.first_generation = highest};
}

void handle_abandon(struct handle_table *table) {
    /* The parent's generations are not read here; none of them comes near this one, and the fork of
     * a fork is a step further again. */
    CK_ULONG step = (GENERATION_MASK >> 6) + 1;
    *table = (struct handle_table){
        .first_generation = ((table->first_generation / step + 1) * step) & GENERATION_MASK};
}
