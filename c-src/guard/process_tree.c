/* SPDX-License-Identifier: Apache-2.0 */
#include "process_tree.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool contains(const struct process_tree *tree, pid_t pid) {
    for (size_t i = 0; i < tree->count; i++) {
        if (tree->entry[i].pid == pid) {
            return true;
        }
    }
    return false;
}

static void append(struct process_tree *tree, pid_t pid, pid_t parent) {
    /* A process whose parent dies during the look is met twice. */
    if (pid > 0 && tree->count < PROCESS_TREE_LARGEST && !contains(tree, pid)) {
        tree->entry[tree->count++] = (struct process){.pid = pid, .parent = parent};
    }
}

static bool append_children_of_thread(const char *children_path, pid_t parent,
                                      struct process_tree *tree) {
    int fd = open(children_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    char bytes[512];
    pid_t pid = 0;
    ssize_t got;
    while ((got = read(fd, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            if (isdigit((unsigned char)bytes[i])) {
                pid = pid * 10 + (bytes[i] - '0');
            } else {
                append(tree, pid, parent);
                pid = 0;
            }
        }
    }
    append(tree, pid, parent);
    close(fd);
    return true;
}

/* Each thread has children of its own. Returns how many threads told theirs. */
static int append_children(pid_t parent, struct process_tree *tree) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/task", (long)parent);
    DIR *threads = opendir(path);
    if (threads == NULL) {
        return 0;
    }
    int told = 0;
    const struct dirent *entry;
    while ((entry = readdir(threads)) != NULL) {
        long thread = strtol(entry->d_name, NULL, 10);
        if (thread > 0) {
            char children_path[96];
            snprintf(children_path, sizeof children_path, "%s/%ld/children", path, thread);
            told += append_children_of_thread(children_path, parent, tree);
        }
    }
    closedir(threads);
    return told;
}

bool process_tree_from_children_files(struct process_tree *tree) {
    tree->count = 0;
    if (append_children(getpid(), tree) == 0) {
        return false;
    }
    for (size_t next = 0; next < tree->count; next++) {
        append_children(tree->entry[next].pid, tree);
    }
    return true;
}

pid_t process_parent(pid_t pid) {
    char path[64];
    char line[512];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    ssize_t bytes = read(fd, line, sizeof line - 1);
    close(fd);
    if (bytes <= 0) {
        return 0;
    }
    line[bytes] = '\0';
    /* "pid (name) state ppid ...": the name may contain anything, also ") R 1". */
    const char *after_name = strrchr(line, ')');
    long parent;
    return after_name != NULL && sscanf(after_name + 1, " %*c %ld", &parent) == 1 ? (pid_t)parent
                                                                                  : 0;
}

/* Appends the processes whose parent is known already. */
static void append_next_generation(struct process_tree *tree) {
    DIR *processes = opendir("/proc");
    if (processes == NULL) {
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(processes)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        pid_t parent = pid > 0 ? process_parent(pid) : 0;
        if (parent > 0 && (parent == getpid() || contains(tree, parent))) {
            append(tree, pid, parent);
        }
    }
    closedir(processes);
}

void process_tree_from_scan(struct process_tree *tree) {
    tree->count = 0;
    size_t before;
    do {
        before = tree->count;
        append_next_generation(tree);
    } while (tree->count > before);
}
