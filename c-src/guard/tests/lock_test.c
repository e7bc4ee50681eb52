/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool lock_is_free(void) {
    int fd = open(test_path("lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    bool is_free = flock(fd, LOCK_EX | LOCK_NB) == 0;
    CHECK(is_free || errno == EWOULDBLOCK);
    close(fd);
    return is_free;
}

enum written { ITS_PID, NOTHING, ANOTHER_PID };

/* Another process that holds the lock, with this in the file. */
static pid_t hold_lock(enum written written) {
    int ready[2];
    char byte = 0;
    CHECK(pipe(ready) == 0);
    pid_t holder = fork();
    CHECK(holder >= 0);
    if (holder == 0) {
        int fd = open(test_path("lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        char line[64] = "";
        int bytes = 0;
        if (written != NOTHING) {
            /* Process 1 lives and does not have the file open. */
            bytes = snprintf(line, sizeof line, "%ld card-0\n",
                             written == ITS_PID ? (long)getpid() : 1L);
        }
        if (flock(fd, LOCK_EX | LOCK_NB) != 0 || write(fd, line, (size_t)bytes) != bytes ||
            write(ready[1], &byte, 1) != 1) {
            _exit(1);
        }
        for (;;) {
            pause();
        }
    }
    CHECK_EQUAL(1, read(ready[0], &byte, 1));
    close(ready[0]);
    close(ready[1]);
    return holder;
}

static void end_holder(pid_t holder) {
    CHECK(kill(holder, SIGKILL) == 0);
    CHECK_EQUAL(SIGKILL, wait_for_signal_death(holder));
}

static void check_holder_is_named(pid_t holder) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    order(&broker, GUARD_ORDER_START, 1);
    struct guard_message busy = expect(&broker, GUARD_LOCK_BUSY);
    CHECK_EQUAL(1, busy.incarnation);
    CHECK_EQUAL(0, busy.status);
    CHECK_EQUAL(holder, busy.pid);
    CHECK_CONTAINS(busy.text, "held by pid");
    CHECK_CONTAINS(busy.text, test_path("lock"));
    end_holder(holder);
    start_worker(&broker, 1); /* the number is still to be had */
    kill_worker(&broker, 1);
    stop_guard(&broker);
}

static void holder_that_wrote_its_pid_is_named(void) {
    check_holder_is_named(hold_lock(ITS_PID));
}

static void holder_that_wrote_nothing_is_named(void) {
    check_holder_is_named(hold_lock(NOTHING));
}

static void pid_in_the_file_is_not_believed(void) {
    check_holder_is_named(hold_lock(ANOTHER_PID));
}

static void heir_of_a_dead_holder_is_named(void) {
    int to_heir[2];
    pid_t heir = 0;
    CHECK(pipe(to_heir) == 0);
    pid_t taker = fork();
    if (taker == 0) {
        int fd = open(test_path("lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            _exit(1);
        }
        heir = fork();
        if (heir != 0) {
            _exit(write(to_heir[1], &heir, sizeof heir) == (ssize_t)sizeof heir ? 0 : 1);
        }
        close(to_heir[1]);
        for (;;) {
            pause();
        }
    }
    CHECK_EQUAL(sizeof heir, read(to_heir[0], &heir, sizeof heir));
    CHECK_EQUAL(0, wait_for_exit_code(taker));
    check_holder_is_named(heir);
}

static void file_names_the_guard_while_it_holds_the_lock(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    start_worker(&broker, 1);
    kill_worker(&broker, 1);
    FILE *file = fopen(test_path("lock"), "re");
    long pid = 0;
    char name[64] = "";
    CHECK(file != NULL && fscanf(file, "%ld %63s", &pid, name) == 2);
    CHECK_EQUAL(broker.guard, pid);
    CHECK(strcmp(name, "card-0") == 0);
    struct stat status;
    CHECK(fstat(fileno(file), &status) == 0);
    CHECK_EQUAL(0600, status.st_mode & 0777);
    fclose(file);
    stop_guard(&broker);
    CHECK(lock_is_free());
}

static void lock_stays_while_a_worker_lives_that_outlives_its_guard(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "outlive-guard");
    pid_t worker = start_worker(&broker, 1);
    CHECK(kill(broker.guard, SIGKILL) == 0);
    CHECK_EQUAL(SIGKILL, wait_for_signal_death(broker.guard));
    expect_end_of_connection(&broker);
    CHECK(process_exists(worker));
    CHECK(!lock_is_free());

    guard_run(&broker, GUARD_ARGUMENTS("--lock", test_path("lock"), "--", BERTH_GUARD_TEST_WORKER,
                                       "idle", worker_fifo()));
    broker_accept(&broker);
    order(&broker, GUARD_ORDER_START, 2);
    CHECK_EQUAL(worker, expect(&broker, GUARD_LOCK_BUSY).pid);

    CHECK(kill(worker, SIGKILL) == 0);
    CHECK_EQUAL(SIGKILL, wait_for_signal_death(worker));
    start_worker(&broker, 2);
    kill_worker(&broker, 2);
    stop_guard(&broker);
}

static void worker_dies_with_its_guard_and_then_the_lock_is_free(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    pid_t worker = start_worker(&broker, 1);
    CHECK(!lock_is_free());
    CHECK(kill(broker.guard, SIGKILL) == 0);
    CHECK_EQUAL(SIGKILL, wait_for_signal_death(broker.guard));
    CHECK_EQUAL(SIGKILL, wait_for_signal_death(worker)); /* an orphan comes to the harness */
    CHECK(lock_is_free());
}

static void lock_stays_when_the_worker_closes_its_descriptor(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "close-lock");
    start_worker(&broker, 1);
    CHECK(!lock_is_free());
    kill_worker(&broker, 1);
    CHECK(!lock_is_free()); /* until UNLOCK */
    stop_guard(&broker);
    CHECK(lock_is_free());
}

static void lock_is_given_up_on_order_and_taken_again_by_a_start(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    start_worker(&broker, 1);
    order(&broker, GUARD_ORDER_UNLOCK, 0);
    CHECK_CONTAINS(expect(&broker, GUARD_REFUSED).text, "UNLOCK refused in state RUNNING");
    kill_worker(&broker, 1);
    CHECK(!lock_is_free());
    order(&broker, GUARD_ORDER_UNLOCK, 0);
    expect(&broker, GUARD_UNLOCKED);
    CHECK(lock_is_free());
    order(&broker, GUARD_ORDER_UNLOCK, 0);
    expect(&broker, GUARD_UNLOCKED);
    start_worker(&broker, 2);
    CHECK(!lock_is_free());
    kill_worker(&broker, 2);
    stop_guard(&broker);
}

static void replaced_lock_file_is_noticed_before_the_next_start(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    start_worker(&broker, 1);
    kill_worker(&broker, 1);
    CHECK(unlink(test_path("lock")) == 0);
    pid_t holder = hold_lock(ITS_PID);
    order(&broker, GUARD_ORDER_START, 2);
    CHECK_EQUAL(holder, expect(&broker, GUARD_LOCK_BUSY).pid);
    end_holder(holder);
    start_worker(&broker, 2);
    CHECK(!lock_is_free());
    kill_worker(&broker, 2);
    stop_guard(&broker);
}

static void link_in_place_of_the_lock_file_is_not_followed(void) {
    struct fake_broker broker;
    CHECK(symlink(test_path("elsewhere"), test_path("lock")) == 0);
    guard_run_with_worker(&broker, "idle");
    order(&broker, GUARD_ORDER_START, 1);
    struct guard_message failed = expect(&broker, GUARD_START_FAILED);
    CHECK_EQUAL(ELOOP, failed.status);
    CHECK_CONTAINS(failed.text, test_path("lock"));
    CHECK(access(test_path("elsewhere"), F_OK) != 0);
    stop_guard(&broker);
}

static void fifo_in_place_of_the_lock_file_is_refused(void) {
    struct fake_broker broker;
    CHECK(mkfifo(test_path("lock"), 0600) == 0);
    guard_run_with_worker(&broker, "idle");
    order(&broker, GUARD_ORDER_START, 1);
    CHECK_CONTAINS(expect(&broker, GUARD_START_FAILED).text, "not a regular file");
    stop_guard(&broker);
}

/* Not the uid or gid of anybody in these tests. */
enum { STRANGER = 54321, SHARING_GROUP = 54322 };

static void be_root(void) {
    if (geteuid() != 0) {
        test_skipped("only root can give files away");
    }
}

static void make_lock_file(uid_t uid, gid_t gid, mode_t mode) {
    int fd = open(test_path("lock"), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    CHECK(fchown(fd, uid, gid) == 0 && fchmod(fd, mode) == 0);
    close(fd);
}

static mode_t mode_of_lock_file(void) {
    struct stat status;
    CHECK(lstat(test_path("lock"), &status) == 0);
    return status.st_mode & 07777;
}

/* No worker starts, for a reason that says this and names what is at fault. */
static void check_refused(struct fake_broker *broker, uint32_t incarnation, const char *reason,
                          const char *path) {
    order(broker, GUARD_ORDER_START, incarnation);
    struct guard_message failed = expect(broker, GUARD_START_FAILED);
    CHECK_EQUAL(EPERM, failed.status);
    CHECK_CONTAINS(failed.text, reason);
    CHECK_CONTAINS(failed.text, path);
}

static void directory_that_others_may_write_to_is_refused(void) {
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    CHECK(chmod(test_path(""), 0757) == 0);
    check_refused(&broker, 1, "lock directory has mode 0757", test_path(""));
    CHECK(chmod(test_path(""), 01777) == 0);
    check_refused(&broker, 1, "lock directory has mode 1777", test_path(""));
    CHECK(access(test_path("lock"), F_OK) != 0);
    CHECK(chmod(test_path(""), 0755) == 0);
    start_worker(&broker, 1);
    kill_worker(&broker, 1);
    CHECK(chmod(test_path(""), 01777) == 0); /* also with the lock held since */
    check_refused(&broker, 2, "lock directory has mode 1777", test_path(""));
    stop_guard(&broker);
}

static void directory_of_another_uid_is_refused(void) {
    be_root();
    struct fake_broker broker;
    guard_run_with_worker(&broker, "idle");
    CHECK(chown(test_path(""), STRANGER, 0) == 0);
    check_refused(&broker, 1, "lock directory belongs to uid 54321, expected 0 or 0",
                  test_path(""));
    CHECK(chown(test_path(""), 0, 0) == 0);
    start_worker(&broker, 1);
    kill_worker(&broker, 1);
    stop_guard(&broker);
}

static void file_of_another_uid_is_refused(void) {
    be_root();
    struct fake_broker broker;
    make_lock_file(STRANGER, 0, 0600);
    guard_run_with_worker(&broker, "idle");
    check_refused(&broker, 1, "lock file belongs to uid 54321, expected 0 or 0; remove it",
                  test_path("lock"));
    CHECK(unlink(test_path("lock")) == 0);
    start_worker(&broker, 1);
    kill_worker(&broker, 1);
    stop_guard(&broker);
}

static void file_of_ours_is_closed_to_others(void) {
    struct fake_broker broker;
    make_lock_file(geteuid(), getegid(), 0666);
    guard_run_with_worker(&broker, "idle");
    start_worker(&broker, 1);
    CHECK_EQUAL(0600, mode_of_lock_file());
    kill_worker(&broker, 1);
    stop_guard(&broker);
}

static void share_directory_with_group(void) {
    be_root();
    CHECK(chown(test_path(""), 0, SHARING_GROUP) == 0);
    CHECK(chmod(test_path(""), 03770) == 0);
}

static void file_in_a_directory_shared_by_a_group_is_open_to_it(void) {
    struct fake_broker broker;
    share_directory_with_group();
    make_lock_file(0, 0, 0600); /* as a guard left it before the directory was shared */
    guard_run_with_worker(&broker, "idle");
    start_worker(&broker, 1);
    struct stat status;
    CHECK(stat(test_path("lock"), &status) == 0);
    CHECK_EQUAL(SHARING_GROUP, status.st_gid);
    CHECK_EQUAL(0660, mode_of_lock_file());
    kill_worker(&broker, 1);
    stop_guard(&broker);
}

static void file_of_another_member_of_the_sharing_group_is_taken(void) {
    struct fake_broker broker;
    share_directory_with_group();
    make_lock_file(STRANGER, SHARING_GROUP, 0660);
    guard_run_with_worker(&broker, "idle");
    start_worker(&broker, 1);
    CHECK(!lock_is_free());
    kill_worker(&broker, 1);
    stop_guard(&broker);
}

static void file_of_another_uid_is_not_taken_for_its_group_alone(void) {
    struct fake_broker broker;
    share_directory_with_group();
    make_lock_file(STRANGER, STRANGER, 0660); /* of another group than the directory's */
    guard_run_with_worker(&broker, "idle");
    check_refused(&broker, 1, "lock file belongs to uid 54321", test_path("lock"));
    CHECK(unlink(test_path("lock")) == 0);
    make_lock_file(STRANGER, SHARING_GROUP, 0664); /* others can open, and so hold it */
    check_refused(&broker, 1, "lock file of uid 54321 has mode 0664", test_path("lock"));
    CHECK(unlink(test_path("lock")) == 0);
    make_lock_file(STRANGER, SHARING_GROUP, 0660);
    CHECK(chmod(test_path(""), 0755) == 0); /* no longer shared */
    check_refused(&broker, 1, "lock file belongs to uid 54321", test_path("lock"));
    stop_guard(&broker);
}

static void shared_resource_has_no_lock(void) {
    struct fake_broker broker;
    broker_listen(&broker);
    guard_run(&broker,
              GUARD_ARGUMENTS("--", BERTH_GUARD_TEST_WORKER, "surroundings", worker_fifo()));
    CHECK_EQUAL(0, broker_accept(&broker).status);
    start_worker(&broker, 1);
    CHECK(strcmp(worker_said("lock-fd"), "(unset)") == 0);
    CHECK(strcmp(worker_said("descriptors"), "0,1,2,") == 0);
    order(&broker, GUARD_ORDER_UNLOCK, 0);
    CHECK_CONTAINS(expect(&broker, GUARD_REFUSED).text, "no --lock");
    kill_worker(&broker, 1);
    stop_guard(&broker);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(holder_that_wrote_its_pid_is_named),
        TEST(holder_that_wrote_nothing_is_named),
        TEST(pid_in_the_file_is_not_believed),
        TEST(heir_of_a_dead_holder_is_named),
        TEST(file_names_the_guard_while_it_holds_the_lock),
        TEST(lock_stays_while_a_worker_lives_that_outlives_its_guard),
        TEST(worker_dies_with_its_guard_and_then_the_lock_is_free),
        TEST(lock_stays_when_the_worker_closes_its_descriptor),
        TEST(lock_is_given_up_on_order_and_taken_again_by_a_start),
        TEST(replaced_lock_file_is_noticed_before_the_next_start),
        TEST(link_in_place_of_the_lock_file_is_not_followed),
        TEST(fifo_in_place_of_the_lock_file_is_refused),
        TEST(directory_that_others_may_write_to_is_refused),
        TEST(directory_of_another_uid_is_refused),
        TEST(file_of_another_uid_is_refused),
        TEST(file_of_ours_is_closed_to_others),
        TEST(file_in_a_directory_shared_by_a_group_is_open_to_it),
        TEST(file_of_another_member_of_the_sharing_group_is_taken),
        TEST(file_of_another_uid_is_not_taken_for_its_group_alone),
        TEST(shared_resource_has_no_lock),
    };
    return run_tests(tests, sizeof tests / sizeof tests[0], argc, argv);
}
