/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void broker_that_comes_late_is_found(void) {
    struct fake_broker broker;
    guard_run(&broker, GUARD_ARGUMENTS("--", BERTH_GUARD_TEST_WORKER, "idle", worker_fifo()));
    broker_listen(&broker);
    CHECK_EQUAL(0, broker_accept(&broker).pid);
    start_worker(&broker, 1);
    kill_worker(&broker, 1);
    stop_guard(&broker);
}

static void worker_survives_the_death_of_the_broker(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    pid_t worker = start_worker(&broker, 5);
    for (int death = 0; death < 3; death++) {
        broker_disappear(&broker);
        broker_listen(&broker);
        struct guard_message hello = broker_accept(&broker);
        CHECK_EQUAL(worker, hello.pid);
        CHECK_EQUAL(5, hello.incarnation);
        CHECK_EQUAL(0, hello.status);
        CHECK_CONTAINS(hello.text, "RUNNING");
    }
    kill_worker(&broker, 5);
    stop_guard(&broker);
}

static void worker_that_died_meanwhile_is_told_by_hello(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    pid_t worker = start_worker(&broker, 5);
    /* While the guard is stopped it can notice neither death, and must cope with both at once. */
    CHECK(kill(broker.guard, SIGSTOP) == 0);
    int status;
    CHECK_EQUAL(broker.guard, waitpid(broker.guard, &status, WUNTRACED));
    broker_disappear(&broker);
    CHECK(kill(worker, SIGKILL) == 0);
    broker_listen(&broker);
    CHECK(kill(broker.guard, SIGCONT) == 0);
    struct guard_message hello = broker_accept(&broker);
    if (hello.pid != 0) { /* the worker's death may have come later than the broker's */
        expect(&broker, GUARD_EXITED);
        expect(&broker, GUARD_GONE);
    }
    CHECK_EQUAL(5, hello.incarnation);
    start_worker(&broker, 6);
    kill_worker(&broker, 6);
    stop_guard(&broker);
}

static void worker_is_killed_when_no_broker_comes_back(void) {
    struct fake_broker broker;
    broker_listen(&broker);
    guard_run(&broker,
              GUARD_ARGUMENTS("--orphan-timeout-ms", "300", "--lock", test_path("lock"), "--",
                              BERTH_GUARD_TEST_WORKER, "descendants", worker_fifo()));
    broker_accept(&broker);
    pid_t worker = start_worker(&broker, 1);
    /* Before its broker goes: what is killed before it has run says nothing. */
    pid_t child = (pid_t)worker_said_number("child");
    pid_t daemon_pid = (pid_t)worker_said_number("daemon");
    broker_disappear(&broker);
    CHECK_EQUAL(3, wait_for_exit_code(broker.guard));
    CHECK(!process_exists(worker));
    CHECK(!process_exists(child));
    CHECK(!process_exists(daemon_pid));
}

static void guard_without_any_broker_ends(void) {
    struct fake_broker broker = {.listener = -1, .fd = -1};
    guard_run(&broker, GUARD_ARGUMENTS("--orphan-timeout-ms", "100", "--", BERTH_GUARD_TEST_WORKER,
                                       "idle", worker_fifo()));
    CHECK_EQUAL(3, wait_for_exit_code(broker.guard));
}

static struct guard_message good_kill(void) {
    return (struct guard_message){.magic = GUARD_MESSAGE_MAGIC,
                                  .version = GUARD_MESSAGE_VERSION,
                                  .kind = GUARD_ORDER_KILL,
                                  .incarnation = 1};
}

static void check_has_no_effect(struct fake_broker *broker, const void *bytes, size_t count,
                                const char *reason) {
    send_raw(broker, bytes, count);
    struct guard_message refused = expect(broker, GUARD_REFUSED);
    CHECK_CONTAINS(refused.text, "malformed");
    CHECK_CONTAINS(refused.text, reason);
}

static void malformed_orders_are_refused_and_have_no_effect(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    pid_t worker = start_worker(&broker, 1);
    char longer[2 * sizeof(struct guard_message)] = {0};
    struct guard_message message = good_kill();
    memcpy(longer, &message, sizeof message);
    check_has_no_effect(&broker, &message, 1, "expected 256 bytes, found 1");
    check_has_no_effect(&broker, &message, sizeof message - 1, "expected 256 bytes, found 255");
    check_has_no_effect(&broker, longer, sizeof message + 1, "found at least 257");
    check_has_no_effect(&broker, longer, sizeof longer, "found at least 257");
    message.magic ^= 1;
    check_has_no_effect(&broker, &message, sizeof message, "magic");
    message = good_kill();
    message.version = 2;
    check_has_no_effect(&broker, &message, sizeof message, "version 1, found 2");
    static const uint32_t no_orders[] = {0, GUARD_HELLO, GUARD_GONE, 64, 69, 71, UINT32_MAX};
    for (size_t i = 0; i < sizeof no_orders / sizeof no_orders[0]; i++) {
        message = good_kill();
        message.kind = no_orders[i];
        check_has_no_effect(&broker, &message, sizeof message, "is no order");
    }
    message = good_kill();
    strcpy(message.name, "card-1");
    check_has_no_effect(&broker, &message, sizeof message, "another guard");
    memset(message.name, 'x', sizeof message.name);
    check_has_no_effect(&broker, &message, sizeof message, "another guard");
    CHECK(process_exists(worker));

    message = good_kill();
    strcpy(message.name, "card-0");
    send_raw(&broker, &message, sizeof message);
    CHECK_EQUAL(worker, expect(&broker, GUARD_EXITED).pid);
    expect(&broker, GUARD_GONE);
    stop_guard(&broker);
}

static void descriptors_sent_along_are_thrown_away(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    struct guard_message message = good_kill();
    struct iovec part = {.iov_base = &message, .iov_len = sizeof message};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr envelope = {.msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = &control,
                              .msg_controllen = sizeof control};
    int ends[2];
    CHECK(pipe(ends) == 0);
    struct cmsghdr *descriptor = CMSG_FIRSTHDR(&envelope);
    descriptor->cmsg_level = SOL_SOCKET;
    descriptor->cmsg_type = SCM_RIGHTS;
    descriptor->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(descriptor), &ends[1], sizeof ends[1]);
    CHECK_EQUAL(sizeof message, sendmsg(broker.fd, &envelope, 0));
    expect(&broker, GUARD_REFUSED);
    close(ends[1]);
    char byte;
    CHECK_EQUAL(0, read(ends[0], &byte, 1)); /* the end of file: nobody has the other end */
    stop_guard(&broker);
}

static void empty_datagram_costs_the_connection_only(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    pid_t worker = start_worker(&broker, 1);
    send_raw(&broker, "", 0);
    expect_end_of_connection(&broker);
    CHECK_EQUAL(worker, broker_accept(&broker).pid);
    kill_worker(&broker, 1);
    stop_guard(&broker);
}

static void broker_that_does_not_read_loses_nothing_and_hangs_nobody(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    pid_t worker = start_worker(&broker, 1);
    struct guard_message wrong = good_kill();
    wrong.incarnation = 77;
    /* Until the guard's answers fill its socket, it stops reading, and ours fills too. The guard
       may still be at work when ours is full for the first time, which is no harm. */
    long sent = 0;
    while (send(broker.fd, &wrong, sizeof wrong, MSG_DONTWAIT) == (ssize_t)sizeof wrong) {
        sent++;
    }
    CHECK(errno == EAGAIN);
    CHECK(kill(worker, SIGKILL) == 0);
    long refused = 0;
    long exited = 0;
    long gone = 0;
    while (refused < sent || exited == 0 || gone == 0) {
        struct guard_message message;
        CHECK_EQUAL(sizeof message, recv(broker.fd, &message, sizeof message, 0));
        refused += message.kind == GUARD_REFUSED;
        exited += message.kind == GUARD_EXITED;
        gone += message.kind == GUARD_GONE;
    }
    CHECK_EQUAL(sent, refused);
    CHECK_EQUAL(1, exited);
    CHECK_EQUAL(1, gone);
    stop_guard(&broker);
}

static void guard_whose_stderr_nobody_reads_still_kills(void) {
    struct fake_broker broker;
    int ends[2];
    char filler[4096];
    memset(filler, '.', sizeof filler);
    broker_listen(&broker);
    CHECK(pipe2(ends, O_NONBLOCK) == 0);
    while (write(ends[1], filler, sizeof filler) > 0) {
    }
    CHECK(errno == EAGAIN);
    CHECK(fcntl(ends[1], F_SETFL, 0) == 0); /* from now on who writes must wait */
    const char *fifo = worker_fifo();
    int saved = dup(STDERR_FILENO);
    CHECK(saved >= 0 && dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
    guard_run(&broker, GUARD_ARGUMENTS("--", BERTH_GUARD_TEST_WORKER, "idle", fifo));
    CHECK(dup2(saved, STDERR_FILENO) == STDERR_FILENO);
    broker_accept(&broker);
    start_worker(&broker, 1);
    kill_worker(&broker, 1);
    stop_guard(&broker);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(broker_that_comes_late_is_found),
        TEST(worker_survives_the_death_of_the_broker),
        TEST(worker_that_died_meanwhile_is_told_by_hello),
        TEST(worker_is_killed_when_no_broker_comes_back),
        TEST(guard_without_any_broker_ends),
        TEST(malformed_orders_are_refused_and_have_no_effect),
        TEST(descriptors_sent_along_are_thrown_away),
        TEST(empty_datagram_costs_the_connection_only),
        TEST(broker_that_does_not_read_loses_nothing_and_hangs_nobody),
        TEST(guard_whose_stderr_nobody_reads_still_kills),
    };
    return run_tests(tests, sizeof tests / sizeof tests[0], argc, argv);
}
