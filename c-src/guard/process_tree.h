/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_GUARD_PROCESS_TREE_H
#define BERTH_GUARD_PROCESS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What one look can hold; a caller that acts on all of them and looks again gets the rest. */
enum { PROCESS_TREE_LARGEST = 4096 };

struct process {
    pid_t pid;
    pid_t parent;
};

/* Processes below the calling one, parents before their children. What forks or dies meanwhile may
   be missing or already gone. */
struct process_tree {
    struct process entry[PROCESS_TREE_LARGEST];
    size_t count;
};

/* From /proc/PID/task/TID/children. False if this kernel does not have them (CONFIG_PROC_CHILDREN).
 */
bool process_tree_from_children_files(struct process_tree *tree);

/* From /proc/PID/stat of all processes; slower, works everywhere, and does not see a process that
   hidepid hides. */
void process_tree_from_scan(struct process_tree *tree);

/* 0 if the process is gone or hidden. */
pid_t process_parent(pid_t pid);

#endif
