/* SPDX-License-Identifier: Apache-2.0 */
/* This process's clock: CLOCK_MONOTONIC in nanoseconds. The broker's may be shifted
 * (docs/PROTOCOL.md, 1). */
#ifndef BERTH_CLIENT_CLOCK_H
#define BERTH_CLIENT_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NANOS_PER_MILLI INT64_C(1000000)
#define NANOS_PER_MICRO INT64_C(1000)
#define NANOS_PER_SECOND INT64_C(1000000000)
#define NANOS_FOREVER INT64_MAX

static inline int64_t clock_nanos(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NANOS_PER_SECOND + now.tv_nsec;
}

/* now + millis without overflow. */
static inline int64_t clock_after_millis(int64_t now, uint32_t millis) {
    return now + (int64_t)millis * NANOS_PER_MILLI;
}

static inline struct timespec clock_timespec(int64_t nanos) {
    struct timespec result = {.tv_sec = (time_t)(nanos / NANOS_PER_SECOND),
                              .tv_nsec = (long)(nanos % NANOS_PER_SECOND)};
    return result;
}

/* For poll(2): never early, so that a caller does not spin through the last millisecond. -1 = for
 * ever. */
static inline int clock_poll_millis(int64_t now, int64_t until) {
    if (until == NANOS_FOREVER) {
        return -1;
    }
    if (until <= now) {
        return 0;
    }
    int64_t millis = (until - now + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI;
    return millis > INT32_MAX ? INT32_MAX : (int)millis;
}

#endif
