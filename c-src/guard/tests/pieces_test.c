/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker_link.h"
#include "log.h"
#include "monotonic_clock.h"
#include "process_tree.h"
#include "state.h"

/* What a program writes to its standard output and error, and its wait status. */
static int read_all_of(pid_t pid, int fd, char *text, size_t text_bytes) {
    size_t used = 0;
    ssize_t bytes;
    while ((bytes = read(fd, text + used, text_bytes - 1 - used)) > 0) {
        used += (size_t)bytes;
    }
    text[used] = '\0';
    close(fd);
    int status = 0;
    CHECK_EQUAL(pid, waitpid(pid, &status, 0));
    return status;
}

static pid_t fork_with_output(int *output) {
    int ends[2];
    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
    }
    close(ends[1]);
    *output = ends[0];
    return pid;
}

static bool is_legal(enum guard_state from, enum guard_state to) {
    char text[1024];
    int output;
    pid_t pid = fork_with_output(&output);
    if (pid == 0) {
        enum guard_state state = from;
        guard_state_move(&state, to, "test");
        _exit(state == to ? 0 : 1);
    }
    int status = read_all_of(pid, output, text, sizeof text);
    CHECK_CONTAINS(text, guard_state_name(from));
    CHECK_CONTAINS(text, guard_state_name(to));
    if (WIFSIGNALED(status)) {
        CHECK_EQUAL(SIGABRT, WTERMSIG(status));
        CHECK_CONTAINS(text, "illegal move");
        return false;
    }
    CHECK_EQUAL(0, WEXITSTATUS(status));
    return true;
}

static void illegal_moves_abort_and_name_both_states(void) {
    int legal = 0;
    for (int from = 0; from < GUARD_STATE_COUNT; from++) {
        for (int to = 0; to < GUARD_STATE_COUNT; to++) {
            legal += is_legal((enum guard_state)from, (enum guard_state)to);
        }
    }
    CHECK_EQUAL(10, legal);
    CHECK(is_legal(GUARD_IDLE, GUARD_STARTING));
    CHECK(is_legal(GUARD_KILLING, GUARD_IDLE));
    /* No way to a second worker but through "all are reaped". */
    CHECK(!is_legal(GUARD_RUNNING, GUARD_IDLE));
    CHECK(!is_legal(GUARD_RUNNING, GUARD_STARTING));
    CHECK(!is_legal(GUARD_KILLING, GUARD_STARTING));
    CHECK(!is_legal(GUARD_IS_STUCK, GUARD_STARTING));
}

static bool has(const struct process_tree *tree, pid_t pid, pid_t parent) {
    for (size_t i = 0; i < tree->count; i++) {
        if (tree->entry[i].pid == pid) {
            return tree->entry[i].parent == parent;
        }
    }
    return false;
}

static void both_ways_to_list_descendants_agree(void) {
    static struct process_tree tree;
    struct {
        pid_t child;
        pid_t grandchild;
    } family = {0, 0};
    int ends[2];
    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    pid_t child = fork();
    if (child == 0) {
        family.child = getpid();
        family.grandchild = fork();
        if (family.grandchild != 0 &&
            write(ends[1], &family, sizeof family) != (ssize_t)sizeof family) {
            _exit(1);
        }
        for (;;) {
            pause();
        }
    }
    CHECK_EQUAL(sizeof family, read(ends[0], &family, sizeof family));
    process_tree_from_scan(&tree);
    CHECK_EQUAL(2, tree.count);
    CHECK(has(&tree, family.child, getpid()));
    CHECK(has(&tree, family.grandchild, family.child));
    if (process_tree_from_children_files(&tree)) {
        CHECK_EQUAL(2, tree.count);
        CHECK(has(&tree, family.child, getpid()));
        CHECK(has(&tree, family.grandchild, family.child));
    }
    CHECK(kill(family.child, SIGKILL) == 0);
    CHECK_EQUAL(SIGKILL, wait_for_signal_death(family.child));
    CHECK(kill(family.grandchild, SIGKILL) == 0);
    CHECK_EQUAL(SIGKILL, wait_for_signal_death(family.grandchild)); /* comes to the harness */
    process_tree_from_scan(&tree);
    CHECK_EQUAL(0, tree.count);
}

static void check_command_line(int exit_code, const char *says, const char *const *arguments) {
    char text[8192];
    int output;
    const char *all[16] = {BERTH_GUARD};
    for (size_t i = 0; arguments[i] != NULL; i++) {
        all[i + 1] = arguments[i];
    }
    pid_t pid = fork_with_output(&output);
    if (pid == 0) {
        execv(all[0], (char *const *)(uintptr_t)all);
        _exit(127);
    }
    int status = read_all_of(pid, output, text, sizeof text);
    CHECK_CONTAINS(text, says);
    CHECK(WIFEXITED(status));
    CHECK_EQUAL(exit_code, WEXITSTATUS(status));
}

static void wrong_command_lines_are_explained(void) {
    char long_name[GUARD_NAME_BYTES + 1];
    memset(long_name, 'n', GUARD_NAME_BYTES);
    long_name[GUARD_NAME_BYTES] = '\0';
    check_command_line(0, "Usage: berth-guard", GUARD_ARGUMENTS("--help"));
    check_command_line(2, "--name is missing", GUARD_ARGUMENTS("--", "/bin/true"));
    check_command_line(2, "--broker-socket is missing",
                       GUARD_ARGUMENTS("--name", "n", "--", "/bin/true"));
    check_command_line(2, "the worker is missing",
                       GUARD_ARGUMENTS("--name", "n", "--broker-socket", "/s"));
    check_command_line(2, "must be an absolute path, found 'true'",
                       GUARD_ARGUMENTS("--name", "n", "--broker-socket", "/s", "--", "true"));
    check_command_line(2, "--name: expected", GUARD_ARGUMENTS("--name", "a b"));
    check_command_line(2, "--name: expected", GUARD_ARGUMENTS("--name", ""));
    check_command_line(2, "--name: expected", GUARD_ARGUMENTS("--name", long_name));
    check_command_line(2, "expected KEY=VALUE, found 'KEY'", GUARD_ARGUMENTS("--env", "KEY"));
    check_command_line(2, "expected KEY=VALUE, found '=V'", GUARD_ARGUMENTS("--env", "=V"));
    check_command_line(2, "BERTH_LOCK_FD is set by the guard itself",
                       GUARD_ARGUMENTS("--env", "BERTH_LOCK_FD=4"));
    check_command_line(2, "--umask: expected an octal number", GUARD_ARGUMENTS("--umask", "8"));
    check_command_line(2, "--umask: expected an octal number", GUARD_ARGUMENTS("--umask", "1777"));
    check_command_line(2, "--stop-grace-ms: expected", GUARD_ARGUMENTS("--stop-grace-ms", "-1"));
    check_command_line(2, "--stop-grace-ms: expected", GUARD_ARGUMENTS("--stop-grace-ms", "1s"));
    check_command_line(2, "--orphan-timeout-ms: expected",
                       GUARD_ARGUMENTS("--orphan-timeout-ms", "99999999999999999999"));
    check_command_line(2, "unrecognized option", GUARD_ARGUMENTS("--no-such-option"));
    check_command_line(2, "requires an argument", GUARD_ARGUMENTS("--name"));
}

static void lines_of_guards_and_of_those_who_share_their_log_leave_each_other_whole(void) {
    static const char before[] = "the broker starts\n", after[] = "the broker goes on\n";
    char path[] = "/tmp/berth-guard-log-XXXXXX";
    int file = mkstemp(path); /* without O_APPEND, as a shell's > opens it */
    CHECK(file >= 0);
    CHECK_EQUAL((ssize_t)strlen(before), write(file, before, strlen(before)));
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        dup2(file, STDERR_FILENO);
        guard_log_open("one");
        guard_log("says %s", "a");
        _exit(0);
    }
    int status = 0;
    CHECK_EQUAL(pid, waitpid(pid, &status, 0));
    CHECK_EQUAL((ssize_t)strlen(after), write(file, after, strlen(after)));
    char text[256];
    ssize_t bytes = pread(file, text, sizeof text - 1, 0);
    CHECK(bytes >= 0);
    text[bytes] = '\0';
    close(file);
    unlink(path);
    CHECK(strcmp(text, "the broker starts\nberth-guard one: says a\nthe broker goes on\n") == 0);
}

static void broker_that_lets_go_is_looked_for_at_once_but_not_in_a_tight_loop(void) {
    struct fake_broker broker;
    broker_listen(&broker);
    struct broker_link link;
    uint64_t long_ago_ns = monotonic_now_ns() - 2 * NANOS_PER_SECOND;
    broker_link_init(&link, test_path("guard.sock"), "card-0", long_ago_ns);
    CHECK(broker_link_connect_if_due(&link, long_ago_ns));
    broker_link_close(&link, "a successor takes over");
    CHECK(broker_link_connect_if_due(&link, monotonic_now_ns()));
    broker_link_close(&link, "ended as soon as it was made");
    CHECK(!broker_link_connect_if_due(&link, link.retry_at_ns - 1));
    CHECK(broker_link_connect_if_due(&link, link.retry_at_ns));
    close(link.fd);
    close(broker.listener);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(illegal_moves_abort_and_name_both_states),
        TEST(both_ways_to_list_descendants_agree),
        TEST(wrong_command_lines_are_explained),
        TEST(broker_that_lets_go_is_looked_for_at_once_but_not_in_a_tight_loop),
        TEST(lines_of_guards_and_of_those_who_share_their_log_leave_each_other_whole),
    };
    return run_tests(tests, sizeof tests / sizeof tests[0], argc, argv);
}
