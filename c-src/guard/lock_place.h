/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_GUARD_LOCK_PLACE_H
#define BERTH_GUARD_LOCK_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Who can spoil a lock: whoever may rename or replace its file in the directory makes a second
 * guard lock another file, and two own the device; whoever may open it can hold it for ever.
 *
 *     directory   of root or of our own uid, and others may not write to it, sticky or not
 *     file        of root or of our own uid, mode 0600 (ours is given that mode)
 *
 * Guards of several uids share a device through a directory that its group may write to: the
 * members of that group are trusted with its locks. There a file may belong to any uid, as long as
 * its group is the directory's and others may not open it (ours is given that group and mode 0660).
 */
struct lock_place {
    int directory_fd; /* O_PATH */
    const char *file_name;
    bool shared_by_group;
    gid_t group;
};

/* Opens the directory of the file at `path`. 0, or errno with `text` saying what is wrong, where,
   and what to do; then nothing is open. */
int lock_place_open(const char *path, struct lock_place *place, char *text, size_t text_bytes);

void lock_place_close(struct lock_place *place);

/* Whether a lock on this file of the place excludes everybody and can be held only by those who are
   to share it. Gives a file of our own uid its mode first. 0, or errno with `text`. */
int lock_place_check_file(const struct lock_place *place, int fd, const char *path, char *text,
                          size_t text_bytes);

#endif
