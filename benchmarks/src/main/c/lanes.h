/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that asks one thing of a device over and over, on one thread for each request in
 * flight.
 */
#ifndef BERTH_BENCH_LANES_H
#define BERTH_BENCH_LANES_H

#include <stdbool.h>
#include <stdint.h>

#define MOST_LANES 256u

/* What is asked. `session` is the lane's own. */
struct work {
    /*
     * Does it once and keeps what came of it. `start_nanos` and `serial` differ in every call, so
     * that nothing is asked twice. False: the device refused.
     */
    bool (*perform)(void *session, uint64_t start_nanos, uint64_t serial);
    /* Copies what perform kept to where it stays until the next run. */
    void (*remember_first)(void *session);
    /* How many of the first and the last result of a run are wrong: 0 to 2. */
    unsigned (*wrong)(void *session);
};

/* Says READY and serves the harness until it is done with us. */
void serve_lanes(const struct work *work, void *const *sessions, uint32_t count);

#endif
