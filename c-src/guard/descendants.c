/* SPDX-License-Identifier: Apache-2.0 */
#include "descendants.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process_tree.h"

/* The same numbers on every architecture; libc headers of 4.19's age lack them. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

static struct process_tree tree; /* too large for a stack; the guard has one thread */

static void look(void) {
    if (!process_tree_from_children_files(&tree)) {
        process_tree_from_scan(&tree);
    }
}

/*
 * A direct child's pid cannot be another's before we have reaped it. A deeper one's can: its parent
 * may reap it at any moment. So it is pinned by a pidfd, then looked at once more, and only then
 * killed. Without pidfds (before 5.3) an instant remains in which the pid would have to come round.
 */
static void kill_one(const struct process *process) {
    pid_t self = getpid();
    if (process->parent == self) {
        kill(process->pid, SIGKILL);
        return;
    }
    int pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0);
    if (pidfd < 0 && errno == ESRCH) {
        return;
    }
    pid_t parent = process_parent(process->pid);
    if (parent == process->parent || parent == self) {
        if (pidfd < 0) {
            kill(process->pid, SIGKILL);
        } else {
            syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
        }
    }
    if (pidfd >= 0) {
        close(pidfd);
    }
}

void descendants_kill(void) {
    look();
    for (size_t i = 0; i < tree.count; i++) {
        kill_one(&tree.entry[i]);
    }
}

pid_t descendants_first_child(void) {
    look();
    return tree.count > 0 ? tree.entry[0].pid : 0;
}
