/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_GUARD_LOCK_HOLDER_H
#define BERTH_GUARD_LOCK_HOLDER_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Best answer the kernel gives to "which process holds the flock on this file", 0 if none, and a
 * sentence with it. Asked in this order:
 *  1. the pid in the file, if that process lives and has the file open;
 *  2. the taker named by /proc/locks, if it lives (it may be dead and its heirs hold the lock);
 *  3. any process seen to have the file open.
 * For people only: by the time it is read the process may be gone and the pid another's.
 */
pid_t lock_holder_find(int lock_fd, const char *path, char *text, size_t text_bytes);

#endif
