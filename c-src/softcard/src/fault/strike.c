/* SPDX-License-Identifier: Apache-2.0 */
#include "fault/fault.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* A page that may not be touched gives a true SIGSEGV, whatever the compiler or a sanitizer thinks
 * of null pointers. */
static void crash(void) {
    volatile char *page =
        mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page != MAP_FAILED)
        *page = 1;
    abort();
}

static void hang(void) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    for (;;)
        pause();
}

static void fill(uintptr_t from, uintptr_t to) {
    uint32_t garbage = 0x9E3779B9u;
    for (volatile unsigned char *at = (volatile unsigned char *)from; at < (unsigned char *)to;
         at++) {
        garbage ^= garbage << 13;
        garbage ^= garbage >> 17;
        garbage ^= garbage << 5;
        *at = (unsigned char)garbage;
    }
}

static void scribble_once(void) {
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "re");
    if (maps == NULL)
        return;
    while (fgets(line, sizeof line, maps) != NULL) {
        uintptr_t from, to;
        char permissions[5];
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &from, &to, permissions) == 3 &&
            permissions[1] == 'w' && permissions[3] == 's' && strstr(line, "memfd:berth") != NULL)
            fill(from, to);
    }
    fclose(maps);
}

/* For a while: what is overwritten between two looks of its reader, the writer's next publications
 * may repair unseen. */
static void scribble(void) {
    struct timespec now, end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += FAULT_SCRIBBLE_SECONDS;
    do {
        scribble_once();
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
}

void fault_strike(enum fault_action action) {
    if (action == FAULT_CRASH)
        crash();
    else if (action == FAULT_ABORT)
        abort();
    else if (action == FAULT_HANG)
        hang();
    else if (action == FAULT_SCRIBBLE)
        scribble();
}
