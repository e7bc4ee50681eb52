/* SPDX-License-Identifier: Apache-2.0 */
#include "lock_holder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum answer { NO, YES, NOT_TOLD };

static bool is_alive(pid_t pid) {
    return kill(pid, 0) == 0 || errno == EPERM;
}

static enum answer has_open(pid_t pid, const struct stat *file) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    DIR *descriptors = opendir(path);
    if (descriptors == NULL) {
        return errno == ENOENT ? NO : NOT_TOLD;
    }
    enum answer answer = NO;
    const struct dirent *entry;
    while (answer == NO && (entry = readdir(descriptors)) != NULL) {
        struct stat opened;
        if (isdigit((unsigned char)entry->d_name[0]) &&
            fstatat(dirfd(descriptors), entry->d_name, &opened, 0) == 0 &&
            opened.st_dev == file->st_dev && opened.st_ino == file->st_ino) {
            answer = YES;
        }
    }
    closedir(descriptors);
    return answer;
}

static pid_t written_in_file(int lock_fd) {
    char untrusted_line[128];
    ssize_t bytes = pread(lock_fd, untrusted_line, sizeof untrusted_line - 1, 0);
    if (bytes <= 0) {
        return 0;
    }
    untrusted_line[bytes] = '\0';
    errno = 0;
    long pid = strtol(untrusted_line, NULL, 10);
    return errno == 0 && pid > 0 && pid <= INT32_MAX ? (pid_t)pid : 0;
}

/* Lines look like "1: FLOCK  ADVISORY  WRITE 4711 fd:01:131090 0 EOF". */
static pid_t named_by_proc_locks(const struct stat *file) {
    FILE *locks = fopen("/proc/locks", "re");
    if (locks == NULL) {
        return 0;
    }
    pid_t holder = 0;
    char line[256];
    while (holder == 0 && fgets(line, sizeof line, locks) != NULL) {
        long pid;
        unsigned major_number;
        unsigned minor_number;
        unsigned long long inode;
        /* A waiter's line has "->" before FLOCK and does not match. */
        if (sscanf(line, "%*u: FLOCK ADVISORY %*s %ld %x:%x:%llu", &pid, &major_number,
                   &minor_number, &inode) == 4 &&
            pid > 0 && major_number == major(file->st_dev) && minor_number == minor(file->st_dev) &&
            inode == (unsigned long long)file->st_ino) {
            holder = (pid_t)pid;
        }
    }
    fclose(locks);
    return holder;
}

static pid_t any_that_has_open(const struct stat *file) {
    DIR *processes = opendir("/proc");
    if (processes == NULL) {
        return 0;
    }
    pid_t found = 0;
    const struct dirent *entry;
    while (found == 0 && (entry = readdir(processes)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && pid != getpid() && has_open(pid, file) == YES) {
            found = pid;
        }
    }
    closedir(processes);
    return found;
}

static void describe(pid_t holder, const char *path, char *text, size_t text_bytes) {
    char untrusted_program[32] = "";
    char comm_path[64];
    snprintf(comm_path, sizeof comm_path, "/proc/%ld/comm", (long)holder);
    int fd = open(comm_path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t bytes = read(fd, untrusted_program, sizeof untrusted_program - 1);
        untrusted_program[bytes > 0 ? bytes - 1 : 0] = '\0'; /* ends with a line feed */
        close(fd);
    }
    /* A process chooses its own name: nothing of it may reach a terminal as a control sequence. */
    for (char *c = untrusted_program; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~') {
            *c = '?';
        }
    }
    snprintf(text, text_bytes, "held by pid %ld (%s): %s", (long)holder, untrusted_program, path);
}

pid_t lock_holder_find(int lock_fd, const char *path, char *text, size_t text_bytes) {
    struct stat file;
    if (fstat(lock_fd, &file) != 0) {
        snprintf(text, text_bytes, "held by an unknown process: %s", path);
        return 0;
    }
    pid_t taker = named_by_proc_locks(&file);
    pid_t holder = written_in_file(lock_fd);
    if (holder != 0 && (holder == getpid() || !is_alive(holder))) {
        holder = 0;
    }
    if (holder != 0) {
        enum answer open_there = has_open(holder, &file);
        /* Another uid's descriptors cannot be read; then the kernel's list must agree. */
        if (open_there == NO || (open_there == NOT_TOLD && holder != taker)) {
            holder = 0;
        }
    }
    if (holder == 0 && taker != 0 && taker != getpid() && is_alive(taker) &&
        has_open(taker, &file) != NO) {
        holder = taker;
    }
    if (holder == 0) {
        holder = any_that_has_open(&file);
    }
    if (holder == 0) {
        snprintf(text, text_bytes, "held by a process that the kernel does not show us: %s", path);
    } else {
        describe(holder, path, text, text_bytes);
    }
    return holder;
}
