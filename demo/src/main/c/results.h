/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an application of the demonstration leaves in its folder, in the form that
 * io.berth.demo.application.Results writes, too:
 *
 *     results.txt   key X Y | session-key WRAPPED | file N SM3 SIGNATURE IV | repeated COUNT
 *     calls.txt     one line per call: its name, begin and end in CLOCK_MONOTONIC nanoseconds
 *     N.sm4         file N, encrypted
 *
 * Whatever cannot be written ends the program.
 */
#ifndef BERTH_DEMO_RESULTS_H
#define BERTH_DEMO_RESULTS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct results {
    const char *folder;
    FILE *results;
    FILE *calls;
};

void results_open(struct results *results, const char *folder);
void results_close(struct results *results);
/* One line: the name, then each of the byte strings in hexadecimal. */
void results_begin(struct results *results, const char *name);
void results_hex(struct results *results, const uint8_t *bytes, size_t count);
void results_end(struct results *results);
void results_ciphertext(struct results *results, int number, const uint8_t *bytes, size_t count);
void results_call(struct results *results, const char *name, int64_t begin_ns, int64_t end_ns);

#endif
