/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handles given to the program. A handle is no pointer but a number that names a slot and the
 * slot's generation: NULL, a foreign pointer, another kind of handle and one that was closed are
 * recognised, and never followed.
 *
 *   63..52 mark | 51..48 kind | 47..16 generation | 15..0 slot
 *
 * No pointer of a 64-bit Linux process has the mark's bits, and the software card's handles have
 * another mark. All functions may be called by any thread; the table's lock is held for no call of
 * anybody else's code.
 */
#ifndef BERTH_DROPIN_SDF_HANDLE_H
#define BERTH_DROPIN_SDF_HANDLE_H

#include <stdbool.h>

enum handle_kind { HANDLE_DEVICE = 1, HANDLE_SESSION = 2, HANDLE_KEY = 3, HANDLE_AGREEMENT = 4 };

/* What a handle stands for begins with this. It lives as long as its handle or a reference. */
struct object {
    unsigned references;
    const struct object *owner; /* a session's device, a key's session; NULL: none */
    void (*destroy)(struct object *object);
};

/* Takes over the object (references 0 so far); NULL when all slots are taken or there is no memory,
 * and then the object is still the caller's. */
void *handle_make(enum handle_kind kind, struct object *object);

/* The object with a reference more, or NULL. An owner that is not NULL must be the object's. */
void *handle_take(enum handle_kind kind, void *handle, const struct object *owner);
/* Gives back what handle_take returned. */
void handle_release(struct object *object);

/* Makes the handle invalid; its object goes with the last reference. False: there was no such. */
bool handle_remove(enum handle_kind kind, void *handle, const struct object *owner);
/* All handles of that owner. */
void handle_remove_owned(enum handle_kind kind, const struct object *owner);

/* Around fork(): the table is held while the process is copied. */
void handles_before_fork(void);
void handles_after_fork(void);
/* In the child, before handles_after_fork. */
void handles_visit(enum handle_kind kind, void (*visit)(struct object *object));

#endif
