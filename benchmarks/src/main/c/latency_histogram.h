/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_BENCH_LATENCY_HISTOGRAM_H
#define BERTH_BENCH_LATENCY_HISTOGRAM_H

#include <stdint.h>

/*
 * Log-linear counts of nanoseconds: exact below 128, then 64 steps for each power of two (a step is
 * at most 1.6 % of its value). The same layout as io.berth.bench.measure.LatencyHistogram, which
 * reads what histogram_print writes.
 */
#define HISTOGRAM_EXACT_BELOW 128u
#define HISTOGRAM_STEPS 64u
#define HISTOGRAM_HIGHEST_POWER 40u
#define HISTOGRAM_BUCKETS (HISTOGRAM_EXACT_BELOW + (HISTOGRAM_HIGHEST_POWER - 6u) * HISTOGRAM_STEPS)

struct latency_histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
};

void histogram_clear(struct latency_histogram *histogram);
void histogram_record(struct latency_histogram *histogram, uint64_t nanos);

/* Writes "index:count" pairs separated by commas to standard output, "-" when nothing was recorded.
 */
void histogram_print(const struct latency_histogram *histogram);

#endif
