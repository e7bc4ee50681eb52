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

/*
 * What is to be added to the own clock to get the broker's, which said `broker` between the own
 * times `hello` and `received`. A broker's time between the two means one clock for both: the
 * offset is exactly 0. Another one is a clock of another time namespace; it is taken to be read in
 * the middle of the round trip, wrong by half of it at most. Wraps around: the broker may say
 * anything.
 */
static inline int64_t clock_offset(int64_t hello, uint64_t broker, int64_t received) {
    uint64_t round_trip = (uint64_t)received - (uint64_t)hello;
    uint64_t after_hello = broker - (uint64_t)hello;
    return after_hello <= round_trip ? 0 : (int64_t)(after_hello - round_trip / 2);
}

/* A time of the own clock on the broker's. */
static inline int64_t clock_shifted(int64_t nanos, int64_t offset) {
    return (int64_t)((uint64_t)nanos + (uint64_t)offset);
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
