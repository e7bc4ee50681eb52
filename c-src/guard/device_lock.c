/* SPDX-License-Identifier: Apache-2.0 */
#include "device_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lock_holder.h"
#include "lock_place.h"
#include "log.h"

enum { REPLACED_FILE_ATTEMPTS = 16 };

static enum device_lock_result failed(const struct device_lock *lock, const char *what, int error,
                                      struct device_lock_obstacle *obstacle) {
    obstacle->error = error;
    snprintf(obstacle->text, sizeof obstacle->text, "%s: %s: lock file %s", what, strerror(error),
             lock->path);
    return DEVICE_LOCK_FAILED;
}

/* Somebody may have removed or replaced the file between our open and our flock, or since. */
static bool is_still_the_file_at_path(const struct device_lock *lock, int fd) {
    struct stat opened;
    struct stat found;
    return fstat(fd, &opened) == 0 && lstat(lock->path, &found) == 0 &&
           opened.st_dev == found.st_dev && opened.st_ino == found.st_ino;
}

static void write_owner(const struct device_lock *lock, int fd) {
    char line[128];
    int bytes = snprintf(line, sizeof line, "%ld %s\n", (long)getpid(), lock->owner_name);
    /* For people and for the search for a holder; exclusion does not depend on it. */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, line, (size_t)bytes, 0) != bytes) {
        guard_log("cannot write the owner into %s: %s", lock->path, strerror(errno));
    }
}

/* Creates the file only where there is none: with O_CREAT alone the kernel may refuse one that
   another uid has made in a sticky directory (sysctl fs.protected_regular). */
static int open_or_create(const struct lock_place *place) {
    /* O_NOFOLLOW: a link planted in the lock directory must not make us create files elsewhere.
       O_NONBLOCK: nor may a device or a FIFO planted there stop us; it is refused later. */
    static const int FLAGS = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    int fd = -1;
    do {
        fd = openat(place->directory_fd, place->file_name, FLAGS);
        if (fd < 0 && errno == ENOENT) {
            fd = openat(place->directory_fd, place->file_name, FLAGS | O_CREAT | O_EXCL,
                        S_IRUSR | S_IWUSR);
        }
    } while (fd < 0 && errno == EEXIST);
    return fd;
}

static enum device_lock_result take_once(struct device_lock *lock, const struct lock_place *place,
                                         bool *replaced, struct device_lock_obstacle *obstacle) {
    int fd = open_or_create(place);
    if (fd < 0) {
        return failed(lock, "open", errno, obstacle);
    }
    obstacle->error =
        lock_place_check_file(place, fd, lock->path, obstacle->text, sizeof obstacle->text);
    if (obstacle->error != 0) {
        close(fd);
        return DEVICE_LOCK_FAILED;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int error = errno;
        if (error == EWOULDBLOCK) {
            obstacle->holder =
                lock_holder_find(fd, lock->path, obstacle->text, sizeof obstacle->text);
        }
        close(fd);
        return error == EWOULDBLOCK ? DEVICE_LOCK_HELD_BY_OTHER
                                    : failed(lock, "flock", error, obstacle);
    }
    if (!is_still_the_file_at_path(lock, fd)) {
        close(fd);
        *replaced = true;
        return failed(lock, "replaced again and again", ESTALE, obstacle);
    }
    write_owner(lock, fd);
    lock->fd = fd;
    return DEVICE_LOCK_TAKEN;
}

static enum device_lock_result take_at(struct device_lock *lock, const struct lock_place *place,
                                       struct device_lock_obstacle *obstacle) {
    if (lock->fd >= 0) {
        if (flock(lock->fd, LOCK_EX | LOCK_NB) == 0 && is_still_the_file_at_path(lock, lock->fd)) {
            return DEVICE_LOCK_TAKEN;
        }
        guard_log("the lock on %s was lost; taking it anew", lock->path);
        close(lock->fd);
        lock->fd = -1;
    }
    enum device_lock_result result = DEVICE_LOCK_FAILED;
    bool replaced = true;
    for (int attempt = 0; attempt < REPLACED_FILE_ATTEMPTS && replaced; attempt++) {
        replaced = false;
        result = take_once(lock, place, &replaced, obstacle);
    }
    return result;
}

enum device_lock_result device_lock_take(struct device_lock *lock,
                                         struct device_lock_obstacle *obstacle) {
    memset(obstacle, 0, sizeof *obstacle);
    struct lock_place place;
    obstacle->error = lock_place_open(lock->path, &place, obstacle->text, sizeof obstacle->text);
    if (obstacle->error != 0) {
        return DEVICE_LOCK_FAILED;
    }
    enum device_lock_result result = take_at(lock, &place, obstacle);
    lock_place_close(&place);
    return result;
}

void device_lock_release(struct device_lock *lock) {
    if (lock->fd < 0) {
        return;
    }
    if (ftruncate(lock->fd, 0) != 0) {
        guard_log("cannot clear the owner in %s: %s", lock->path, strerror(errno));
    }
    close(lock->fd);
    lock->fd = -1;
}
