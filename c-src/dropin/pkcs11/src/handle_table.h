/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles as the application sees them: (generation << 20) | (index + 1). Each use of an index has
 * a generation of its own, also over C_Finalize and in a child after a fork, so that a stale handle
 * is found out and never means something else. Not locked: the module's lock guards it.
 */
#ifndef BERTH_PKCS11_HANDLE_TABLE_H
#define BERTH_PKCS11_HANDLE_TABLE_H

#include "cryptoki.h"

struct handle_entry {
    void *thing; /* NULL = free */
    CK_ULONG generation;
    size_t next_free;
};

struct handle_table {
    struct handle_entry *entries;
    size_t count;
    size_t capacity;
    size_t first_free; /* index + 1; 0 = none */
    CK_ULONG first_generation;
};

/* 0 if there is no memory, or a million things are there already. */
CK_ULONG handle_add(struct handle_table *table, void *thing);
void *handle_find(const struct handle_table *table, CK_ULONG handle);
/* What it stood for; NULL if it is stale. */
void *handle_remove(struct handle_table *table, CK_ULONG handle);
/* The next thing at or after *at, NULL at the end; start with *at = 0. The current one may be
 * removed. */
void *handle_next(const struct handle_table *table, size_t *at, CK_ULONG *handle);
/* Frees the table; handles given so far stay stale for ever. */
void handle_clear(struct handle_table *table);
/* The same without touching the memory, which another process's thread may have been changing. */
void handle_abandon(struct handle_table *table);

#endif
