/* SPDX-License-Identifier: Apache-2.0 */
#include "child_protocol.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

uint64_t now_nanos(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void sleep_until_nanos(uint64_t deadline_nanos) {
    struct timespec deadline = {.tv_sec = (time_t)(deadline_nanos / 1000000000u),
                                .tv_nsec = (long)(deadline_nanos % 1000000000u)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR) {
    }
}

void die_with_parent(void) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        fail("prctl(PR_SET_PDEATHSIG)");
}

void say_ready(void) {
    puts("READY");
    fflush(stdout);
}

bool next_run(struct load *load) {
    char line[256];
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "RUN %" SCNu64 " %" SCNu32 " %" SCNu64, &load->duration_nanos,
                   &load->window, &load->interval_nanos) == 3)
            return true;
        if (strcmp(line, "QUIT\n") == 0)
            return false;
        fprintf(stderr, "unknown command: %s", line);
        exit(2);
    }
    return false;
}

void say_result(const struct outcome *outcome) {
    printf("RESULT %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " ", outcome->operations,
           outcome->failed, outcome->elapsed_nanos, outcome->longest_gap_nanos);
    histogram_print(&outcome->latency);
    putchar(' ');
    histogram_print(&outcome->work);
    putchar('\n');
    fflush(stdout);
}

_Noreturn void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}
