/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_GUARD_WORKER_PROCESS_H
#define BERTH_GUARD_WORKER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "options.h"

/* The number under which a worker finds the descriptor of its device's lock. */
enum { WORKER_LOCK_FD = 3 };

enum worker_start_outcome {
    WORKER_START_PENDING, /* between fork and exec */
    WORKER_START_DONE,    /* exec succeeded, or the process died before it could say otherwise */
    WORKER_START_FAILED,  /* it says why and is ending */
};

struct worker_process {
    pid_t pid;      /* 0: none */
    int outcome_fd; /* -1: the outcome is known */
};

/* Forks the process that becomes the worker; lock_fd -1: without a lock. Returns 0 or an errno,
   with a sentence in text. Does not wait for the exec, which may hang on a file system. */
int worker_process_start(const struct guard_options *options, uint32_t incarnation, int lock_fd,
                         struct worker_process *worker, char *text, size_t text_bytes);

/* Never waits. Unless pending, outcome_fd is closed; if failed, *error and text say why. */
enum worker_start_outcome worker_process_outcome(const struct guard_options *options,
                                                 struct worker_process *worker, int *error,
                                                 char *text, size_t text_bytes);

#endif
