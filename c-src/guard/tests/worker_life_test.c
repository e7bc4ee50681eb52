/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void worker_runs_until_it_is_ordered_to_be_killed(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    pid_t worker = start_worker(&broker, 1);
    CHECK(process_exists(worker));
    kill_worker(&broker, 1);
    stop_guard(&broker);
}

static void worker_that_ends_by_itself_is_reported_with_its_status(void) {
    struct fake_broker broker;
    broker_listen(&broker);
    guard_run(&broker, GUARD_ARGUMENTS("--", BERTH_GUARD_TEST_WORKER, "exit", worker_fifo(), "7"));
    broker_accept(&broker);
    order(&broker, GUARD_ORDER_START, 1);
    struct guard_message started = expect(&broker, GUARD_STARTED);
    struct guard_message exited = expect(&broker, GUARD_EXITED);
    CHECK_EQUAL(started.pid, exited.pid);
    CHECK_EQUAL(1, exited.incarnation);
    CHECK(WIFEXITED(exited.status));
    CHECK_EQUAL(7, WEXITSTATUS(exited.status));
    CHECK_EQUAL(1, expect(&broker, GUARD_GONE).incarnation);
    stop_guard(&broker);
}

static void worker_killed_by_a_stranger_has_exited_and_gone(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    pid_t worker = start_worker(&broker, 1);
    CHECK(kill(worker, SIGKILL) == 0);
    struct guard_message exited = expect(&broker, GUARD_EXITED);
    CHECK(WIFSIGNALED(exited.status));
    CHECK_EQUAL(SIGKILL, WTERMSIG(exited.status));
    CHECK_EQUAL(1, expect(&broker, GUARD_GONE).incarnation);
    stop_guard(&broker);
}

static void stopped_worker_is_killed(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "stop");
    start_worker(&broker, 1);
    kill_worker(&broker, 1);
    stop_guard(&broker);
}

static void check_descendants_are_gone(pid_t child, pid_t daemon, pid_t daemons_child) {
    CHECK(!process_exists(child));
    CHECK(!process_exists(daemon));
    CHECK(!process_exists(daemons_child));
}

static void daemonized_descendants_are_reaped_before_gone_when_killed(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "descendants");
    start_worker(&broker, 1);
    pid_t child = (pid_t)worker_said_number("child");
    pid_t daemon_pid = (pid_t)worker_said_number("daemon");
    pid_t daemons_child = (pid_t)worker_said_number("daemons-child");
    CHECK(process_exists(child) && process_exists(daemon_pid) && process_exists(daemons_child));
    kill_worker(&broker, 1);
    check_descendants_are_gone(child, daemon_pid, daemons_child);
    stop_guard(&broker);
}

static void daemonized_descendants_are_reaped_before_gone_when_the_worker_ends(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "descendants-exit");
    start_worker(&broker, 1);
    CHECK(WIFEXITED(expect(&broker, GUARD_EXITED).status));
    expect(&broker, GUARD_GONE);
    /* Some may have been killed before they could tell their pid, so the kernel is asked. */
    char path[64];
    char children[64] = "";
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)broker.guard,
             (long)broker.guard);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        test_skipped("this kernel has no /proc/PID/task/TID/children");
    }
    CHECK_EQUAL(0, read(fd, children, sizeof children));
    close(fd);
    stop_guard(&broker);
}

static void worker_that_keeps_forking_is_gone_nevertheless(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "run-away");
    start_worker(&broker, 1);
    kill_worker(&broker, 1); /* the harness sees if one has run away */
    stop_guard(&broker);
}

static void worker_that_cannot_be_killed_is_stuck_and_has_no_successor(void) {
    struct fake_broker broker;
    broker_listen(&broker);
    guard_run(&broker, GUARD_ARGUMENTS("--stuck-after-ms", "50", "--", BERTH_GUARD_TEST_WORKER,
                                       "idle", worker_fifo()));
    broker_accept(&broker);
    pid_t worker = start_worker(&broker, 1);
    /* A process whose tracer has not looked at its death cannot be reaped by its parent: what the
       guard sees is what it sees of one that hangs in a driver. */
    if (ptrace(PTRACE_SEIZE, worker, NULL, NULL) != 0) {
        int error = errno;
        stop_guard(&broker);
        test_skipped(strerror(error));
    }
    order(&broker, GUARD_ORDER_KILL, 1);
    struct guard_message stuck = expect(&broker, GUARD_STUCK);
    CHECK_EQUAL(worker, stuck.pid);
    CHECK_EQUAL(1, stuck.incarnation);
    CHECK_CONTAINS(stuck.text, "no successor");
    order(&broker, GUARD_ORDER_START, 2);
    CHECK_CONTAINS(expect(&broker, GUARD_REFUSED).text, "START refused in state STUCK");
    order(&broker, GUARD_ORDER_KILL, 1); /* accepted, changes nothing, is not answered */
    order(&broker, GUARD_ORDER_START, 2);
    CHECK_CONTAINS(expect(&broker, GUARD_REFUSED).text, "START refused in state STUCK");
    int status;
    CHECK_EQUAL(worker, waitpid(worker, &status, __WALL));
    expect(&broker, GUARD_EXITED);
    expect(&broker, GUARD_GONE);
    start_worker(&broker, 2);
    stop_guard(&broker);
}

static struct guard_message failure_to_start(const char *const *arguments) {
    struct fake_broker broker;
    broker_listen(&broker);
    guard_run(&broker, arguments);
    broker_accept(&broker);
    order(&broker, GUARD_ORDER_START, 1);
    struct guard_message failed = expect(&broker, GUARD_START_FAILED);
    CHECK_EQUAL(1, failed.incarnation);
    /* No process is left of it, so the next order is obeyed at once. */
    order(&broker, GUARD_ORDER_START, 2);
    CHECK_EQUAL(2, expect(&broker, GUARD_START_FAILED).incarnation);
    stop_guard(&broker);
    return failed;
}

static const char *file_with(const char *content, mode_t mode) {
    const char *path = test_path("program");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    CHECK(fd >= 0);
    CHECK_EQUAL(strlen(content), write(fd, content, strlen(content)));
    CHECK(fchmod(fd, mode) == 0);
    close(fd);
    return path;
}

static void missing_worker_binary_is_named(void) {
    struct guard_message failed = failure_to_start(GUARD_ARGUMENTS("--", "/nowhere/worker"));
    CHECK_EQUAL(ENOENT, failed.status);
    CHECK_CONTAINS(failed.text, "worker binary not found");
    CHECK_CONTAINS(failed.text, "/nowhere/worker");
}

static void missing_interpreter_is_told_apart_from_a_missing_binary(void) {
    const char *program = file_with("#!/nowhere/interpreter\n", 0700);
    struct guard_message failed = failure_to_start(GUARD_ARGUMENTS("--", program));
    CHECK_EQUAL(ENOENT, failed.status);
    CHECK_CONTAINS(failed.text, "interpreter");
    CHECK_CONTAINS(failed.text, program);
}

static void file_that_is_no_program_is_named(void) {
    const char *program = file_with("\177ELF for another machine", 0700);
    struct guard_message failed = failure_to_start(GUARD_ARGUMENTS("--", program));
    CHECK_EQUAL(ENOEXEC, failed.status);
    CHECK_CONTAINS(failed.text, program);
}

static void file_that_is_not_executable_is_named(void) {
    const char *program = file_with("#!/bin/sh\n", 0600);
    struct guard_message failed = failure_to_start(GUARD_ARGUMENTS("--", program));
    CHECK_EQUAL(EACCES, failed.status);
    CHECK_CONTAINS(failed.text, program);
}

static void missing_working_directory_is_named(void) {
    struct guard_message failed =
        failure_to_start(GUARD_ARGUMENTS("--cwd", "/nowhere", "--", BERTH_GUARD_TEST_WORKER));
    CHECK_EQUAL(ENOENT, failed.status);
    CHECK_CONTAINS(failed.text, "chdir");
    CHECK_CONTAINS(failed.text, "/nowhere");
}

static void missing_required_file_is_named_and_the_start_succeeds_once_it_is_there(void) {
    struct fake_broker broker;
    const char *there = file_with("", 0600);
    const char *missing = test_path("licence");
    broker_listen(&broker);
    guard_run(&broker,
              GUARD_ARGUMENTS("--lock", test_path("lock"), "--require", there, "--require", missing,
                              "--", BERTH_GUARD_TEST_WORKER, "surroundings", worker_fifo()));
    broker_accept(&broker);
    order(&broker, GUARD_ORDER_START, 1);
    struct guard_message failed = expect(&broker, GUARD_START_FAILED);
    CHECK_EQUAL(1, failed.incarnation);
    CHECK_EQUAL(ENOENT, failed.status);
    CHECK_CONTAINS(failed.text, "required file");
    CHECK_CONTAINS(failed.text, missing);
    CHECK(link(there, missing) == 0);
    start_worker(&broker, 2);
    kill_worker(&broker, 2);
    stop_guard(&broker);
}

static void missing_group_is_named_and_a_group_that_it_is_in_is_enough(void) {
    struct fake_broker broker;
    char own[32];
    gid_t groups[1024];
    int count = getgroups(1024, groups);
    gid_t foreign = 1;
    CHECK(count >= 0);
    for (int i = 0; i < count; i++) { /* one above all that it is in */
        foreign = groups[i] >= foreign ? groups[i] + 1 : foreign;
    }
    foreign = getegid() >= foreign ? getegid() + 1 : foreign;
    char foreign_text[32];
    snprintf(own, sizeof own, "%u", (unsigned)getegid());
    snprintf(foreign_text, sizeof foreign_text, "%u", (unsigned)foreign);
    struct guard_message failed = failure_to_start(GUARD_ARGUMENTS(
        "--require-group", own, "--require-group", foreign_text, "--", BERTH_GUARD_TEST_WORKER));
    CHECK_EQUAL(EPERM, failed.status);
    CHECK_CONTAINS(failed.text, foreign_text);
    CHECK_CONTAINS(failed.text, "not in it");
    broker_listen(&broker);
    guard_run(&broker, GUARD_ARGUMENTS("--require-group", own, "--", BERTH_GUARD_TEST_WORKER,
                                       "surroundings", worker_fifo()));
    broker_accept(&broker);
    start_worker(&broker, 1);
    kill_worker(&broker, 1);
    stop_guard(&broker);
}

static void check_said(const char *key, const char *expected) {
    const char *found = worker_said(key);
    if (strcmp(expected, found) != 0) {
        fprintf(stderr, "%s: expected '%s', found '%s'\n", key, expected, found);
    }
    CHECK(strcmp(expected, found) == 0);
}

static void check_surroundings(struct fake_broker *broker, const char *given,
                               const char *inherited) {
    pid_t worker = start_worker(broker, 9);
    check_said("descriptors", "0,1,2,3,");
    check_said("cwd", "/");
    check_said("umask", "27");
    check_said("name", "card-0");
    check_said("incarnation", "9");
    check_said("lock-fd", "3");
    check_said("given", given);
    check_said("inherited", inherited);
    CHECK_EQUAL(worker, worker_said_number("session"));
    CHECK_EQUAL(worker, worker_said_number("group"));
    CHECK_EQUAL(SIGKILL, worker_said_number("death-signal"));
    CHECK_EQUAL(1, worker_said_number("no-new-privileges"));
    CHECK_EQUAL(0, worker_said_number("core-limit"));
    CHECK_EQUAL(1, worker_said_number("stdin-is-null"));
    CHECK_EQUAL(0, worker_said_number("odd-signals"));
    kill_worker(broker, 9);
    stop_guard(broker);
}

/* What a careless parent hands down, and must not reach the worker. */
static void leave_odd_things_to_inherit(void) {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigaddset(&blocked, SIGHUP);
    CHECK(sigprocmask(SIG_BLOCK, &blocked, NULL) == 0);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    CHECK(fcntl(STDERR_FILENO, F_DUPFD, 20) >= 20);
    CHECK(setenv("INHERITED", "yes", 1) == 0);
    CHECK(setenv("GIVEN", "old", 1) == 0);
    CHECK(setenv("BERTH_LOCK_FD", "77", 1) == 0);
}

static void worker_finds_the_surroundings_it_was_promised(void) {
    struct fake_broker broker;
    leave_odd_things_to_inherit();
    broker_listen(&broker);
    guard_run(&broker, GUARD_ARGUMENTS("--lock", test_path("lock"), "--cwd", "/", "--env",
                                       "GIVEN=new", "--umask", "027", "--", BERTH_GUARD_TEST_WORKER,
                                       "surroundings", worker_fifo()));
    broker_accept(&broker);
    check_surroundings(&broker, "new", "yes");
}

static void worker_can_be_given_an_empty_environment(void) {
    struct fake_broker broker;
    leave_odd_things_to_inherit();
    broker_listen(&broker);
    guard_run(&broker,
              GUARD_ARGUMENTS("--unset-env", "--lock", test_path("lock"), "--cwd", "/", "--umask",
                              "027", "--", BERTH_GUARD_TEST_WORKER, "surroundings", worker_fifo()));
    broker_accept(&broker);
    check_surroundings(&broker, "(unset)", "(unset)");
}

static void ignored_sigchld_of_the_parent_does_not_cost_the_exit_status(void) {
    struct fake_broker broker;
    broker_listen(&broker);
    signal(SIGCHLD, SIG_IGN); /* exec hands it down */
    guard_run(&broker, GUARD_ARGUMENTS("--", BERTH_GUARD_TEST_WORKER, "exit", worker_fifo(), "7"));
    signal(SIGCHLD, SIG_DFL);
    broker_accept(&broker);
    order(&broker, GUARD_ORDER_START, 1);
    expect(&broker, GUARD_STARTED);
    CHECK_EQUAL(7, WEXITSTATUS(expect(&broker, GUARD_EXITED).status));
    expect(&broker, GUARD_GONE);
    stop_guard(&broker);
}

static void sigterm_lets_the_worker_end_in_peace(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "end-in-peace");
    start_worker(&broker, 1);
    CHECK(kill(broker.guard, SIGTERM) == 0);
    struct guard_message exited = expect(&broker, GUARD_EXITED);
    CHECK(WIFEXITED(exited.status));
    CHECK_EQUAL(42, WEXITSTATUS(exited.status));
    expect(&broker, GUARD_GONE);
    expect(&broker, GUARD_UNLOCKED);
    expect_end_of_connection(&broker);
    CHECK_EQUAL(0, wait_for_exit_code(broker.guard));
}

static void worker_that_ignores_sigterm_is_killed_after_the_grace(void) {
    struct fake_broker broker;
    broker_listen(&broker);
    guard_run(&broker, GUARD_ARGUMENTS("--stop-grace-ms", "50", "--", BERTH_GUARD_TEST_WORKER,
                                       "ignore-term", worker_fifo()));
    broker_accept(&broker);
    start_worker(&broker, 1);
    CHECK(kill(broker.guard, SIGINT) == 0);
    CHECK_EQUAL(SIGKILL, WTERMSIG(expect(&broker, GUARD_EXITED).status));
    expect(&broker, GUARD_GONE);
    expect_end_of_connection(&broker);
    CHECK_EQUAL(0, wait_for_exit_code(broker.guard));
}

static int count_descriptors(pid_t pid) {
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    DIR *descriptors = opendir(path);
    CHECK(descriptors != NULL);
    while (readdir(descriptors) != NULL) {
        count++;
    }
    closedir(descriptors);
    return count;
}

static void many_lives_never_overlap_and_leak_nothing(void) {
    struct fake_broker broker;
    broker_listen(&broker);
    guard_run(&broker, GUARD_ARGUMENTS("--lock", test_path("lock"), "--", BERTH_GUARD_TEST_WORKER,
                                       "alone", worker_fifo(), test_path("alone")));
    broker_accept(&broker);
    int descriptors = 0;
    for (uint32_t incarnation = 1; incarnation <= 60; incarnation++) {
        start_worker(&broker, incarnation);
        CHECK_EQUAL(1, worker_said_number("alone"));
        kill_worker(&broker, incarnation);
        if (incarnation == 1) {
            descriptors = count_descriptors(broker.guard);
        }
    }
    CHECK_EQUAL(descriptors, count_descriptors(broker.guard));
    stop_guard(&broker);
}

static void guard_with_a_session_of_its_own_outlives_the_process_group_of_its_starter(void) {
    struct fake_broker broker;
    broker_listen(&broker);
    guard_run(&broker, GUARD_ARGUMENTS("--own-session", "--", BERTH_GUARD_TEST_WORKER, "idle",
                                       worker_fifo()));
    broker_accept(&broker);
    start_worker(&broker, 1);
    CHECK_EQUAL(broker.guard, getsid(broker.guard));
    CHECK_EQUAL(broker.guard, getpgid(broker.guard));
    kill_worker(&broker, 1);
    stop_guard(&broker);
}

static void guard_started_by_hand_stays_in_the_process_group_that_its_terminal_interrupts(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    CHECK_EQUAL(getpgrp(), getpgid(broker.guard));
    CHECK(kill(broker.guard, SIGINT) == 0);
    CHECK_EQUAL(0, wait_for_exit_code(broker.guard));
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(worker_runs_until_it_is_ordered_to_be_killed),
        TEST(worker_that_ends_by_itself_is_reported_with_its_status),
        TEST(worker_killed_by_a_stranger_has_exited_and_gone),
        TEST(stopped_worker_is_killed),
        TEST(daemonized_descendants_are_reaped_before_gone_when_killed),
        TEST(daemonized_descendants_are_reaped_before_gone_when_the_worker_ends),
        TEST(worker_that_keeps_forking_is_gone_nevertheless),
        TEST(worker_that_cannot_be_killed_is_stuck_and_has_no_successor),
        TEST(missing_worker_binary_is_named),
        TEST(missing_interpreter_is_told_apart_from_a_missing_binary),
        TEST(file_that_is_no_program_is_named),
        TEST(file_that_is_not_executable_is_named),
        TEST(missing_working_directory_is_named),
        TEST(missing_group_is_named_and_a_group_that_it_is_in_is_enough),
        TEST(missing_required_file_is_named_and_the_start_succeeds_once_it_is_there),
        TEST(worker_finds_the_surroundings_it_was_promised),
        TEST(worker_can_be_given_an_empty_environment),
        TEST(ignored_sigchld_of_the_parent_does_not_cost_the_exit_status),
        TEST(sigterm_lets_the_worker_end_in_peace),
        TEST(worker_that_ignores_sigterm_is_killed_after_the_grace),
        TEST(guard_with_a_session_of_its_own_outlives_the_process_group_of_its_starter),
        TEST(guard_started_by_hand_stays_in_the_process_group_that_its_terminal_interrupts),
        TEST(many_lives_never_overlap_and_leak_nothing),
    };
    return run_tests(tests, sizeof tests / sizeof tests[0], argc, argv);
}
