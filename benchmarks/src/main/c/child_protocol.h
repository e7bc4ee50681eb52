/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_BENCH_CHILD_PROTOCOL_H
#define BERTH_BENCH_CHILD_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

#include "latency_histogram.h"

/*
 * How a benchmark's child process speaks with the harness: it says READY, then the harness writes
 * one command a line and a client answers each RUN with one RESULT line. The end of standard input
 * ends the child.
 */
struct load {
    uint64_t duration_nanos;
    uint32_t window;         /* requests in flight */
    uint64_t interval_nanos; /* one request every so often, 0: as fast as answers come */
};

struct outcome {
    uint64_t operations;
    uint64_t failed;
    uint64_t elapsed_nanos;
    uint64_t longest_gap_nanos; /* between two completions */
    struct latency_histogram latency;
    /* Time within the worker, where the client learns of it; otherwise nothing is recorded. */
    struct latency_histogram work;
};

uint64_t now_nanos(void);
void sleep_until_nanos(uint64_t deadline_nanos);

/* The child dies with the harness, however the harness dies. */
void die_with_parent(void);

void say_ready(void);

/* Waits for the next RUN; false when the harness wants the child to end. */
bool next_run(struct load *load);
void say_result(const struct outcome *outcome);

/* Prints "what: reason" and ends the process with status 1. */
_Noreturn void fail(const char *what);

#endif
