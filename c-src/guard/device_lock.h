/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_GUARD_DEVICE_LOCK_H
#define BERTH_GUARD_DEVICE_LOCK_H

#include <stddef.h>
#include <sys/types.h>

/*
 * The exclusive lock of a device: flock(2) on a file that stands for the device host-wide.
 *
 * flock belongs to the open file description, so guard and worker hold it together: it is free when
 * the last of them is gone, in whatever order they die, and no other descriptor of the file that
 * somebody closes can lose it (as it would with fcntl locks). It can be lost by a process that was
 * given the descriptor and unlocks it on purpose; therefore device_lock_take always asks anew.
 *
 * The file is never removed: a lock on a removed file excludes nobody. One that others could
 * remove, replace or hold is refused: see lock_place.h.
 */
struct device_lock {
    const char *path;
    const char *owner_name;
    int fd; /* -1: not held */
};

enum device_lock_result {
    DEVICE_LOCK_TAKEN,
    DEVICE_LOCK_HELD_BY_OTHER,
    DEVICE_LOCK_FAILED,
};

/* Who is in the way, or what failed; text is for people. */
struct device_lock_obstacle {
    pid_t holder; /* 0: not known */
    int error;    /* errno of DEVICE_LOCK_FAILED */
    char text[160];
};

/* Only to be called while no worker lives. */
enum device_lock_result device_lock_take(struct device_lock *lock,
                                         struct device_lock_obstacle *obstacle);

/* Only to be called while no worker lives. Does nothing if the lock is not held. */
void device_lock_release(struct device_lock *lock);

#endif
