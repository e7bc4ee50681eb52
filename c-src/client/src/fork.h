/* SPDX-License-Identifier: Apache-2.0 */
/* Knows whether this process is still the one that made a connection. */
#ifndef BERTH_CLIENT_FORK_H
#define BERTH_CLIENT_FORK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct fork_mark {
    uint64_t generation;
    pid_t process;
};

/* Made by the first fork_mark_process; the kernel zeroes it in a child (MADV_WIPEONFORK, 4.14). */
extern _Atomic uint64_t *fork_page;

/* Must succeed before anything else of a connection is made. False: no memory. */
bool fork_mark_process(struct fork_mark *mark);
/* Around fork, so that the child does not inherit the lock taken. */
void fork_lock(void);
void fork_unlock(void);
/* Without MADV_WIPEONFORK (seccomp, old kernel) the process number tells; for tests, too. */
void fork_detect_by_process_number(bool by_number);
bool fork_happened_by_number(const struct fork_mark *mark);
extern atomic_bool fork_by_number;

static inline bool fork_happened(const struct fork_mark *mark) {
    if (atomic_load_explicit(&fork_by_number, memory_order_relaxed)) {
        return fork_happened_by_number(mark);
    }
    return atomic_load_explicit(fork_page, memory_order_relaxed) != mark->generation;
}

#endif
