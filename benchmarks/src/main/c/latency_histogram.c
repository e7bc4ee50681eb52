/* SPDX-License-Identifier: Apache-2.0 */
#include "latency_histogram.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void histogram_clear(struct latency_histogram *histogram) {
    memset(histogram->counts, 0, sizeof histogram->counts);
}

static uint32_t bucket_of(uint64_t nanos) {
    if (nanos < HISTOGRAM_EXACT_BELOW)
        return (uint32_t)nanos;
    uint32_t power = 63u - (uint32_t)__builtin_clzll(nanos);
    if (power >= HISTOGRAM_HIGHEST_POWER + 1u)
        return HISTOGRAM_BUCKETS - 1u;
    uint32_t step = (uint32_t)(nanos >> (power - 6u)) - HISTOGRAM_STEPS;
    return HISTOGRAM_EXACT_BELOW + (power - 7u) * HISTOGRAM_STEPS + step;
}

void histogram_record(struct latency_histogram *histogram, uint64_t nanos) {
    histogram->counts[bucket_of(nanos)]++;
}

void histogram_print(const struct latency_histogram *histogram) {
    const char *separator = "";
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (histogram->counts[i] == 0)
            continue;
        printf("%s%" PRIu32 ":%" PRIu64, separator, i, histogram->counts[i]);
        separator = ",";
    }
    if (*separator == '\0')
        fputs("-", stdout);
}
