/* SPDX-License-Identifier: Apache-2.0 */
#include "lanes.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "child_protocol.h"

struct lane {
    const struct work *work;
    void *session;
    const struct load *load;
    uint64_t start_nanos;
    pthread_barrier_t *start;
    pthread_barrier_t *end;
    struct outcome outcome;
};

static void work_while_load_lasts(struct lane *lane) {
    struct outcome *outcome = &lane->outcome;
    memset(outcome, 0, sizeof *outcome);
    uint64_t before = now_nanos();
    uint64_t last_answer = before;
    while (before - lane->start_nanos < lane->load->duration_nanos) {
        uint64_t serial = outcome->operations + outcome->failed;
        bool done = lane->work->perform(lane->session, lane->start_nanos, serial);
        uint64_t after = now_nanos();
        if (!done) {
            outcome->failed++;
        } else {
            if (outcome->operations++ == 0)
                lane->work->remember_first(lane->session);
            histogram_record(&outcome->latency, after - before);
            if (after - last_answer > outcome->longest_gap_nanos)
                outcome->longest_gap_nanos = after - last_answer;
            last_answer = after;
        }
        before = after;
        if (lane->load->interval_nanos != 0) {
            sleep_until_nanos(lane->start_nanos + (serial + 1) * lane->load->interval_nanos);
            before = now_nanos();
        }
    }
    outcome->elapsed_nanos = before - lane->start_nanos;
}

/* Lives as long as the process, so that the harness finds its processor time after the run. */
static void *run_lane(void *argument) {
    struct lane *lane = argument;
    for (;;) {
        pthread_barrier_wait(lane->start);
        work_while_load_lasts(lane);
        pthread_barrier_wait(lane->end);
    }
    return NULL;
}

static void add(struct outcome *sum, const struct lane *lane) {
    const struct outcome *part = &lane->outcome;
    sum->operations += part->operations;
    sum->failed += part->failed;
    if (part->operations > 0)
        sum->failed += lane->work->wrong(lane->session);
    if (part->elapsed_nanos > sum->elapsed_nanos)
        sum->elapsed_nanos = part->elapsed_nanos;
    if (part->longest_gap_nanos > sum->longest_gap_nanos)
        sum->longest_gap_nanos = part->longest_gap_nanos;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        sum->latency.counts[i] += part->latency.counts[i];
}

void serve_lanes(const struct work *work, void *const *sessions, uint32_t count) {
    static struct lane lanes[MOST_LANES];
    static struct outcome sum;
    static struct load load;
    static pthread_barrier_t start;
    static pthread_barrier_t end;
    errno = pthread_barrier_init(&start, NULL, count + 1);
    if (errno == 0)
        errno = pthread_barrier_init(&end, NULL, count + 1);
    if (errno != 0)
        fail("pthread_barrier_init");
    for (uint32_t i = 0; i < count; i++) {
        pthread_t thread;
        lanes[i].work = work;
        lanes[i].session = sessions[i];
        lanes[i].load = &load;
        lanes[i].start = &start;
        lanes[i].end = &end;
        errno = pthread_create(&thread, NULL, run_lane, &lanes[i]);
        if (errno != 0)
            fail("pthread_create");
        pthread_detach(thread);
    }
    say_ready();
    while (next_run(&load)) {
        uint64_t start_nanos = now_nanos();
        for (uint32_t i = 0; i < count; i++)
            lanes[i].start_nanos = start_nanos;
        pthread_barrier_wait(&start);
        pthread_barrier_wait(&end);
        memset(&sum, 0, sizeof sum);
        for (uint32_t i = 0; i < count; i++)
            add(&sum, &lanes[i]);
        say_result(&sum);
    }
}
