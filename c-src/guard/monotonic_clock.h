/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_GUARD_MONOTONIC_CLOCK_H
#define BERTH_GUARD_MONOTONIC_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NANOS_PER_MILLI UINT64_C(1000000)
#define NANOS_PER_SECOND UINT64_C(1000000000)
#define NEVER_NS UINT64_MAX /* a deadline that is not set */

static inline uint64_t monotonic_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NANOS_PER_SECOND + (uint64_t)now.tv_nsec;
}

#endif
