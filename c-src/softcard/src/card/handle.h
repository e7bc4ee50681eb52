/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handles given to callers. A handle is no pointer but a number that names a slot and the
 * slot's generation, so that a NULL, a foreign pointer, another kind of handle or one already
 * closed is recognised and never followed.
 *
 *   63..52 mark | 51..48 kind | 47..16 generation | 15..0 slot
 *
 * No pointer of a 64-bit Linux process has the mark's bits. All functions may be called from any
 * thread.
 */
#ifndef BERTH_SOFTCARD_HANDLE_H
#define BERTH_SOFTCARD_HANDLE_H

#include <stdbool.h>

enum handle_kind { HANDLE_DEVICE = 1, HANDLE_SESSION = 2, HANDLE_KEY = 3, HANDLE_AGREEMENT = 4 };

/* NULL when all slots are taken. `owner` is what the object lives in: a session's device, a key's
 * session. */
void *handle_make(enum handle_kind kind, void *object, const void *owner);

/*
 * The object, or NULL. `hold` (may be NULL) runs on it while no other thread can remove the handle;
 * an owner that is not NULL must be the one given at handle_make().
 */
void *handle_take(enum handle_kind kind, void *handle, const void *owner,
                  void (*hold)(void *object));

/* Makes the handle invalid and hands its object over to the caller, or NULL; exactly one caller
 * gets it. */
void *handle_remove(enum handle_kind kind, void *handle, const void *owner);
/* The same for any one handle of this owner. */
void *handle_remove_owned(enum handle_kind kind, const void *owner);

/*
 * Removes all handles of that kind, and whatever goes with them, by `close`, and gives the numbers
 * of all of them anew, the lowest first: what a card does that was reset. The caller holds no lock.
 */
void handles_reset(enum handle_kind kind, void (*close)(void *object));

/* Around fork(): the table is held while the process is copied; in the child every handle is
 * invalid. */
void handles_before_fork(void);
void handles_after_fork(bool in_child);

#endif
