/* SPDX-License-Identifier: Apache-2.0 */
#include "card/device_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char LOCK_FILE[] = "device.lock";

static void name_of_process(long pid, char name[32]) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/comm", pid);
    FILE *file = fopen(path, "re");
    name[0] = '\0';
    if (file == NULL)
        return;
    if (fgets(name, 32, file) != NULL)
        name[strcspn(name, "\n")] = '\0';
    fclose(file);
}

static void explain_refusal(int lock, struct reason *why) {
    char text[32] = "", name[32];
    ssize_t bytes = pread(lock, text, sizeof text - 1, 0);
    long pid = bytes > 0 ? strtol(text, NULL, 10) : 0;
    if (pid <= 0) {
        reason_set(why, "the device is open in another process; expected to be its only owner");
        return;
    }
    name_of_process(pid, name);
    reason_set(why,
               "the device is open in process %ld%s%s%s; stop that process, or set exclusive = no "
               "in card.ini",
               pid, name[0] == '\0' ? "" : " (", name, name[0] == '\0' ? "" : ")");
}

int device_lock_take(int directory, bool exclusive, struct reason *why) {
    int lock = openat(directory, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0) {
        reason_set(why, "%s: %s", LOCK_FILE, strerror(errno));
        return -1;
    }
    if (flock(lock, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            explain_refusal(lock, why);
        else
            reason_set(why, "%s: %s", LOCK_FILE, strerror(errno));
        close(lock);
        return -1;
    }
    char text[32] = "";
    if (exclusive)
        snprintf(text, sizeof text, "%ld\n", (long)getpid());
    /* The pid is only for people; the lock holds without it, also on a full disk. */
    if (ftruncate(lock, 0) != 0 || pwrite(lock, text, strlen(text), 0) < 0)
        fprintf(stderr, "berth-softcard: %s: the holder's pid cannot be written: %s\n", LOCK_FILE,
                strerror(errno));
    return lock;
}
