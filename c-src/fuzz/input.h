/* SPDX-License-Identifier: Apache-2.0 */
/* A fuzzer's bytes, taken from the front; what is missing is zero. */
#ifndef BERTH_FUZZ_INPUT_H
#define BERTH_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct input {
    const uint8_t *bytes;
    size_t left;
};

/* Copies up to that many bytes; returns how many there were. */
static inline size_t input_take(struct input *input, void *to, size_t bytes) {
    size_t taken = bytes < input->left ? bytes : input->left;
    if (taken != 0) {
        memcpy(to, input->bytes, taken);
        input->bytes += taken;
        input->left -= taken;
    }
    return taken;
}

static inline uint64_t input_number(struct input *input, size_t bytes) {
    uint64_t number = 0;
    input_take(input, &number, bytes);
    return number;
}

/* What must hold for every input. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#endif
