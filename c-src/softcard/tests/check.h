/* SPDX-License-Identifier: Apache-2.0 */
/* A test is a function named by the behaviour it shows; a failed check names its place and what it
 * found, and the test goes on. */
#ifndef BERTH_SOFTCARD_CHECK_H
#define BERTH_SOFTCARD_CHECK_H

#include <stdio.h>
#include <string.h>

/* Defined by the fixture. */
extern int checks_failed;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            checks_failed++;                                                                       \
        }                                                                                          \
    } while (0)

#define CHECK_EQUAL(expected, found)                                                               \
    do {                                                                                           \
        long long expected_ = (long long)(expected), found_ = (long long)(found);                  \
        if (expected_ != found_) {                                                                 \
            fprintf(stderr, "%s:%d: %s: expected 0x%llx, found 0x%llx\n", __FILE__, __LINE__,      \
                    #found, expected_, found_);                                                    \
            checks_failed++;                                                                       \
        }                                                                                          \
    } while (0)

#define CHECK_BYTES(expected, found, bytes)                                                        \
    do {                                                                                           \
        if (memcmp(expected, found, bytes) != 0) {                                                 \
            fprintf(stderr, "%s:%d: %s differs from %s\n", __FILE__, __LINE__, #found, #expected); \
            checks_failed++;                                                                       \
        }                                                                                          \
    } while (0)

#define RUN(test)                                                                                  \
    do {                                                                                           \
        int before_ = checks_failed;                                                               \
        test();                                                                                    \
        printf("%s %s\n", checks_failed == before_ ? "ok  " : "FAIL", #test);                      \
        fflush(stdout);                                                                            \
    } while (0)

#define CHECK_RESULT() (checks_failed == 0 ? 0 : 1)

#endif
