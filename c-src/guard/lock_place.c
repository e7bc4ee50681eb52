/* SPDX-License-Identifier: Apache-2.0 */
#include "lock_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PERMISSION_BITS = 07777, OTHERS = 0007, GROUP_AND_OTHERS = 0077 };

static bool is_root_or_us(uid_t uid) {
    return uid == 0 || uid == geteuid();
}

static int cannot(const char *what, const char *path, char *text, size_t text_bytes) {
    int error = errno;
    /* The path last: it is what may be cut off. */
    snprintf(text, text_bytes, "%s: %s: %s", what, strerror(error), path);
    return error;
}

static int check_directory(const struct stat *found, const char *path, char *text,
                           size_t text_bytes) {
    unsigned mode = found->st_mode & PERMISSION_BITS;
    if (!is_root_or_us(found->st_uid)) {
        snprintf(text, text_bytes,
                 "lock directory belongs to uid %lu, expected 0 or %lu; chown or remove it: %s",
                 (unsigned long)found->st_uid, (unsigned long)geteuid(), path);
        return EPERM;
    }
    if ((mode & S_IWOTH) != 0) {
        snprintf(text, text_bytes,
                 "lock directory has mode %04o, so that others can replace the lock; chmod o-w: %s",
                 mode, path);
        return EPERM;
    }
    return 0;
}

int lock_place_open(const char *path, struct lock_place *place, char *text, size_t text_bytes) {
    char directory[4096];
    const char *slash = strrchr(path, '/');
    size_t bytes = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    if (bytes >= sizeof directory) {
        errno = ENAMETOOLONG;
        return cannot("lock directory", path, text, text_bytes);
    }
    snprintf(directory, sizeof directory, "%.*s", bytes == 0 ? 2 : (int)bytes,
             bytes == 0 ? "./" : path);
    *place = (struct lock_place){.file_name = path + bytes};
    place->directory_fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat found;
    if (place->directory_fd < 0 || fstat(place->directory_fd, &found) != 0) {
        int error = cannot("lock directory", directory, text, text_bytes);
        lock_place_close(place);
        return error;
    }
    int error = check_directory(&found, directory, text, text_bytes);
    if (error != 0) {
        lock_place_close(place);
        return error;
    }
    place->shared_by_group = (found.st_mode & S_IWGRP) != 0;
    place->group = found.st_gid;
    return 0;
}

void lock_place_close(struct lock_place *place) {
    if (place->directory_fd >= 0) {
        close(place->directory_fd);
        place->directory_fd = -1;
    }
}

/* Whatever the umask was, or somebody's chmod since. */
static int give_mode(const struct lock_place *place, int fd, struct stat *found) {
    mode_t mode = place->shared_by_group ? 0660 : 0600;
    if (place->shared_by_group && found->st_gid != place->group &&
        fchown(fd, (uid_t)-1, place->group) != 0) {
        return -1;
    }
    if ((found->st_mode & PERMISSION_BITS) != mode && fchmod(fd, mode) != 0) {
        return -1;
    }
    return fstat(fd, found);
}

int lock_place_check_file(const struct lock_place *place, int fd, const char *path, char *text,
                          size_t text_bytes) {
    struct stat found;
    if (fstat(fd, &found) != 0) {
        return cannot("lock file", path, text, text_bytes);
    }
    if (!S_ISREG(found.st_mode)) {
        snprintf(text, text_bytes, "lock file is not a regular file; remove it: %s", path);
        return EINVAL;
    }
    if (found.st_uid == geteuid() && give_mode(place, fd, &found) != 0) {
        return cannot("lock file: its mode", path, text, text_bytes);
    }
    bool of_the_group = place->shared_by_group && found.st_gid == place->group;
    if (!is_root_or_us(found.st_uid) && !of_the_group) {
        snprintf(text, text_bytes, "lock file belongs to uid %lu, expected 0 or %lu; remove it: %s",
                 (unsigned long)found.st_uid, (unsigned long)geteuid(), path);
        return EPERM;
    }
    unsigned strangers = of_the_group ? OTHERS : GROUP_AND_OTHERS;
    if ((found.st_mode & strangers) != 0) {
        snprintf(text, text_bytes,
                 "lock file of uid %lu has mode %04o, so that others can hold it; remove it: %s",
                 (unsigned long)found.st_uid, (unsigned)(found.st_mode & PERMISSION_BITS), path);
        return EPERM;
    }
    return 0;
}
