/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sealed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_whole(int file, const uint8_t *content, size_t bytes) {
    while (bytes > 0) {
        ssize_t put = write(file, content, bytes);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        content += put;
        bytes -= (size_t)put;
    }
    return fsync(file) == 0;
}

enum store_status file_put(int directory, const char *name, const uint8_t *content, size_t bytes,
                           struct reason *why) {
    char beside[80];
    snprintf(beside, sizeof beside, ".%s.%ld", name, (long)getpid());
    unlinkat(directory, beside, 0); /* left by a process of this pid that was killed here */
    int file = openat(directory, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        reason_set(why, "%s: cannot be created: %s", beside, strerror(errno));
        return STORE_FAILED;
    }
    enum store_status status = STORE_OK;
    bool written = write_whole(file, content, bytes);
    int error = errno;
    close(file);
    /* A link, unlike a rename, never replaces what is there. */
    if (written && linkat(directory, beside, directory, name, 0) != 0) {
        written = false;
        error = errno;
    }
    if (!written) {
        status = error == EEXIST ? STORE_EXISTS : STORE_FAILED;
        reason_set(why, "%s: %s", name,
                   error == EEXIST ? "exists already and is not replaced" : strerror(error));
    }
    unlinkat(directory, beside, 0);
    if (status == STORE_OK && fsync(directory) != 0) {
        reason_set(why, "%s: the folder cannot be synced: %s", name, strerror(errno));
        status = STORE_FAILED;
    }
    return status;
}
