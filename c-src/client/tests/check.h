/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that stay in release builds, and a main that runs named tests. */
#ifndef BERTH_CLIENT_TESTS_CHECK_H
#define BERTH_CLIENT_TESTS_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <berth/berth.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s: not so: %s (last error: %s)\n", __FILE__, __LINE__,        \
                    __func__, #condition, berth_last_error());                                     \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define CHECK_RESULT(result, status, reason)                                                       \
    do {                                                                                           \
        berth_result check_result = (result);                                                      \
        if (check_result != BERTH_RESULT(BERTH_STATUS_##status, BERTH_REASON_##reason)) {          \
            fprintf(stderr, "%s:%d: %s: %s %s instead of %s %s (%s)\n", __FILE__, __LINE__,        \
                    __func__, berth_status_name(check_result), berth_reason_name(check_result),    \
                    #status, #reason, berth_last_error());                                         \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define CHECK_OK(result) CHECK_RESULT(result, OK, NONE)

struct test {
    const char *name;
    void (*run)(void);
};
#define TEST(function)                                                                             \
    { #function, function }

/* Runs all tests, or those whose names are given. */
static inline int run_tests(const struct test *tests, size_t count, int argc, char **argv) {
    int ran = 0;
    for (size_t i = 0; i < count; i++) {
        int wanted = argc < 2;
        for (int j = 1; j < argc; j++) {
            wanted |= strcmp(argv[j], tests[i].name) == 0;
        }
        if (wanted) {
            printf("%s\n", tests[i].name);
            fflush(stdout);
            tests[i].run();
            ran++;
        }
    }
    if (ran == 0) {
        fprintf(stderr, "no such test\n");
    }
    return ran == 0;
}
#define RUN_TESTS(tests, argc, argv)                                                               \
    run_tests(tests, sizeof(tests) / sizeof((tests)[0]), argc, argv)

#endif
