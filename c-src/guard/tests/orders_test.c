/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void start_is_refused_while_a_worker_runs(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    pid_t worker = start_worker(&broker, 1);
    order(&broker, GUARD_ORDER_START, 2);
    struct guard_message refused = expect(&broker, GUARD_REFUSED);
    CHECK_CONTAINS(refused.text, "START refused in state RUNNING");
    CHECK_EQUAL(GUARD_ORDER_START, refused.status);
    CHECK_EQUAL(2, refused.incarnation);
    CHECK_EQUAL(worker, refused.pid);
    kill_worker(&broker, 1);
    stop_guard(&broker);
}

static void start_behind_kill_is_refused(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    start_worker(&broker, 1);
    /* Both orders lie ready when the guard looks, so that nothing can be reaped between them. */
    CHECK(kill(broker.guard, SIGSTOP) == 0);
    int status;
    CHECK_EQUAL(broker.guard, waitpid(broker.guard, &status, WUNTRACED));
    order(&broker, GUARD_ORDER_KILL, 1);
    order(&broker, GUARD_ORDER_START, 2);
    CHECK(kill(broker.guard, SIGCONT) == 0);
    CHECK_CONTAINS(expect(&broker, GUARD_REFUSED).text, "START refused in state KILLING");
    expect(&broker, GUARD_EXITED);
    expect(&broker, GUARD_GONE);
    start_worker(&broker, 2);
    kill_worker(&broker, 2);
    stop_guard(&broker);
}

static void kill_behind_start_kills(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    for (uint32_t incarnation = 1; incarnation <= 20; incarnation++) {
        order(&broker, GUARD_ORDER_START, incarnation);
        order(&broker, GUARD_ORDER_KILL, incarnation);
        struct guard_message message;
        do { /* STARTED may come first or not at all */
            CHECK_EQUAL(sizeof message, read(broker.fd, &message, sizeof message));
        } while (message.kind == GUARD_STARTED);
        CHECK_EQUAL(GUARD_EXITED, message.kind);
        CHECK_EQUAL(SIGKILL, WTERMSIG(message.status));
        expect(&broker, GUARD_GONE);
    }
    stop_guard(&broker);
}

static void incarnations_only_grow(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    order(&broker, GUARD_ORDER_START, 0);
    CHECK_CONTAINS(expect(&broker, GUARD_REFUSED).text, "above 0, found 0");
    start_worker(&broker, 7);
    kill_worker(&broker, 7);
    order(&broker, GUARD_ORDER_START, 7);
    CHECK_CONTAINS(expect(&broker, GUARD_REFUSED).text, "above 7, found 7");
    order(&broker, GUARD_ORDER_START, 6);
    CHECK_CONTAINS(expect(&broker, GUARD_REFUSED).text, "above 7, found 6");
    start_worker(&broker, UINT32_MAX);
    kill_worker(&broker, UINT32_MAX);
    stop_guard(&broker);
}

static void kill_meant_for_another_incarnation_is_refused(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    order(&broker, GUARD_ORDER_KILL, 0);
    CHECK_CONTAINS(expect(&broker, GUARD_REFUSED).text, "KILL refused in state IDLE");
    pid_t worker = start_worker(&broker, 2);
    order(&broker, GUARD_ORDER_KILL, 1);
    CHECK_CONTAINS(expect(&broker, GUARD_REFUSED).text, "expected incarnation 2, found 1");
    CHECK(process_exists(worker));
    kill_worker(&broker, 2);
    order(&broker, GUARD_ORDER_KILL, 2);
    CHECK_CONTAINS(expect(&broker, GUARD_REFUSED).text, "no worker is left");
    stop_guard(&broker);
}

static void shutdown_stops_the_worker_and_ends_the_guard(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "end-in-peace");
    start_worker(&broker, 1);
    order(&broker, GUARD_ORDER_SHUTDOWN, 0);
    CHECK_EQUAL(42, WEXITSTATUS(expect(&broker, GUARD_EXITED).status));
    expect(&broker, GUARD_GONE);
    expect(&broker, GUARD_UNLOCKED);
    expect_end_of_connection(&broker);
    CHECK_EQUAL(0, wait_for_exit_code(broker.guard));
}

static void stop_ends_the_worker_in_peace_and_the_guard_stays(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "end-in-peace");
    start_worker(&broker, 1);
    order(&broker, GUARD_ORDER_STOP, 1);
    CHECK_EQUAL(42, WEXITSTATUS(expect(&broker, GUARD_EXITED).status));
    expect(&broker, GUARD_GONE);
    start_worker(&broker, 2);
    kill_worker(&broker, 2);
    stop_guard(&broker);
}

static void stop_kills_a_worker_that_does_not_end_within_the_grace(void) {
    struct fake_broker broker;
    broker_listen(&broker);
    guard_run(&broker, GUARD_ARGUMENTS("--stop-grace-ms", "50", "--", BERTH_GUARD_TEST_WORKER,
                                       "ignore-term", worker_fifo()));
    broker_accept(&broker);
    start_worker(&broker, 1);
    order(&broker, GUARD_ORDER_STOP, 1);
    CHECK_EQUAL(SIGKILL, WTERMSIG(expect(&broker, GUARD_EXITED).status));
    expect(&broker, GUARD_GONE);
    start_worker(&broker, 2);
    order(&broker, GUARD_ORDER_STOP, 2);
    order(&broker, GUARD_ORDER_KILL, 2);
    CHECK_EQUAL(SIGKILL, WTERMSIG(expect(&broker, GUARD_EXITED).status));
    expect(&broker, GUARD_GONE);
    stop_guard(&broker);
}

static void stop_behind_start_ends_the_worker(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    for (uint32_t incarnation = 1; incarnation <= 20; incarnation++) {
        order(&broker, GUARD_ORDER_START, incarnation);
        order(&broker, GUARD_ORDER_STOP, incarnation);
        struct guard_message message;
        do { /* STARTED may come first or not at all */
            CHECK_EQUAL(sizeof message, read(broker.fd, &message, sizeof message));
        } while (message.kind == GUARD_STARTED);
        CHECK_EQUAL(GUARD_EXITED, message.kind);
        expect(&broker, GUARD_GONE);
    }
    stop_guard(&broker);
}

static void stop_meant_for_another_incarnation_is_refused(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    order(&broker, GUARD_ORDER_STOP, 0);
    CHECK_CONTAINS(expect(&broker, GUARD_REFUSED).text, "STOP refused in state IDLE");
    start_worker(&broker, 2);
    order(&broker, GUARD_ORDER_STOP, 1);
    struct guard_message refused = expect(&broker, GUARD_REFUSED);
    CHECK_EQUAL(GUARD_ORDER_STOP, refused.status);
    CHECK_CONTAINS(refused.text, "expected incarnation 2, found 1");
    kill_worker(&broker, 2);
    stop_guard(&broker);
}

static void shutdown_of_an_idle_guard_ends_it(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    order(&broker, GUARD_ORDER_SHUTDOWN, 0);
    expect_end_of_connection(&broker);
    CHECK_EQUAL(0, wait_for_exit_code(broker.guard));
}

static void kill_cuts_the_grace_of_a_shutdown_short(void) {
    struct fake_broker broker;
    broker_listen(&broker);
    guard_run(&broker, GUARD_ARGUMENTS("--stop-grace-ms", "86400000", "--", BERTH_GUARD_TEST_WORKER,
                                       "ignore-term", worker_fifo()));
    broker_accept(&broker);
    start_worker(&broker, 1);
    order(&broker, GUARD_ORDER_SHUTDOWN, 0);
    order(&broker, GUARD_ORDER_START, 2);
    CHECK_CONTAINS(expect(&broker, GUARD_REFUSED).text, "START refused in state STOPPING");
    broker_disappear(&broker);
    broker_listen(&broker);
    CHECK_EQUAL(GUARD_HELLO_WORKER_ENDING | GUARD_HELLO_LEAVING, broker_accept(&broker).status);
    order(&broker, GUARD_ORDER_KILL, 1);
    CHECK_EQUAL(SIGKILL, WTERMSIG(expect(&broker, GUARD_EXITED).status));
    expect(&broker, GUARD_GONE);
    expect_end_of_connection(&broker);
    CHECK_EQUAL(0, wait_for_exit_code(broker.guard));
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(start_is_refused_while_a_worker_runs),
        TEST(start_behind_kill_is_refused),
        TEST(kill_behind_start_kills),
        TEST(incarnations_only_grow),
        TEST(kill_meant_for_another_incarnation_is_refused),
        TEST(shutdown_stops_the_worker_and_ends_the_guard),
        TEST(stop_ends_the_worker_in_peace_and_the_guard_stays),
        TEST(stop_kills_a_worker_that_does_not_end_within_the_grace),
        TEST(stop_behind_start_ends_the_worker),
        TEST(stop_meant_for_another_incarnation_is_refused),
        TEST(shutdown_of_an_idle_guard_ends_it),
        TEST(kill_cuts_the_grace_of_a_shutdown_short),
    };
    return run_tests(tests, sizeof tests / sizeof tests[0], argc, argv);
}
