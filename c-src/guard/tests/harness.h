/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_GUARD_TESTS_HARNESS_H
#define BERTH_GUARD_TESTS_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "guard_protocol.h"

/* Each test runs in a process of its own, in a directory of its own, and must leave no process
   behind. Nothing sleeps: all waits are for messages, pipes and waitpid; a test that hangs is ended
   by an alarm. */
struct test {
    const char *name;
    void (*run)(void);
};

#define TEST(function)                                                                             \
    { #function, function }

int run_tests(const struct test *tests, size_t count, int argc, char **argv);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            test_failed(__FILE__, __LINE__, #condition);                                           \
        }                                                                                          \
    } while (0)

#define CHECK_EQUAL(expected, found)                                                               \
    check_equal(__FILE__, __LINE__, #found, (long long)(expected), (long long)(found))

#define CHECK_CONTAINS(text, part) check_contains(__FILE__, __LINE__, text, part)

_Noreturn void test_failed(const char *file, int line, const char *what);
_Noreturn void test_skipped(const char *why);
void check_equal(const char *file, int line, const char *what, long long expected, long long found);
void check_contains(const char *file, int line, const char *text, const char *part);

/* The path of a file in the test's directory; freed when the test ends. */
const char *test_path(const char *name);

/* The test plays the broker. */
struct fake_broker {
    int listener; /* -1: there is no broker */
    int fd;       /* the guard's connection, -1: none */
    pid_t guard;
};

void broker_listen(struct fake_broker *broker);
void broker_disappear(struct fake_broker *broker);

/* Starts a guard named "card-0"; arguments, NULL-terminated, follow --name and --broker-socket. */
void guard_run(struct fake_broker *broker, const char *const *arguments);
/* Awaits its connection and returns its HELLO. */
struct guard_message broker_accept(struct fake_broker *broker);
/* All of these: broker, guard with --lock, worker in a mode of test_worker.c, HELLO. */
void guard_run_with_worker(struct fake_broker *broker, const char *mode);
#define GUARD_ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})

void order(struct fake_broker *broker, uint32_t kind, uint32_t incarnation);
void send_raw(struct fake_broker *broker, const void *bytes, size_t count);
/* Awaits the next message, which must be of this kind. */
struct guard_message expect(struct fake_broker *broker, uint32_t kind);
void expect_end_of_connection(struct fake_broker *broker);
/* START, STARTED, and the worker's "ready"; returns its pid. */
pid_t start_worker(struct fake_broker *broker, uint32_t incarnation);
/* KILL, EXITED, GONE. */
void kill_worker(struct fake_broker *broker, uint32_t incarnation);
/* SIGTERM, and all that follows it if no worker runs; exit code 0. */
void stop_guard(struct fake_broker *broker);
int wait_for_exit_code(pid_t pid);
int wait_for_signal_death(pid_t pid);

/* What workers write: lines "KEY VALUE" through a FIFO. */
const char *worker_fifo(void);
/* Awaits the line of this key, keeping others for later; returns its value. */
const char *worker_said(const char *key);
long worker_said_number(const char *key);

bool process_exists(pid_t pid);

#endif
