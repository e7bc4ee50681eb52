/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HANGS_AFTER_SECONDS = 120, SKIPPED_EXIT = 77, LARGEST_ARGUMENTS = 40 };

static char directory[64];
static char *paths[64];
static size_t path_count;
static int fifo_fd = -1;
static char lines[64 * 1024];
static size_t line_bytes;

_Noreturn void test_failed(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    exit(EXIT_FAILURE);
}

_Noreturn void test_skipped(const char *why) {
    fprintf(stderr, "skipped: %s\n", why);
    exit(SKIPPED_EXIT);
}

void check_equal(const char *file, int line, const char *what, long long expected,
                 long long found) {
    if (expected != found) {
        char text[256];
        snprintf(text, sizeof text, "%s: expected %lld, found %lld", what, expected, found);
        test_failed(file, line, text);
    }
}

void check_contains(const char *file, int line, const char *text, const char *part) {
    if (strstr(text, part) == NULL) {
        char complaint[512];
        snprintf(complaint, sizeof complaint, "expected '%s' in '%s'", part, text);
        test_failed(file, line, complaint);
    }
}

const char *test_path(const char *name) {
    char path[192];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    for (size_t i = 0; i < path_count; i++) {
        if (strcmp(paths[i], path) == 0) {
            return paths[i];
        }
    }
    CHECK(path_count < sizeof paths / sizeof paths[0]);
    paths[path_count] = strdup(path);
    CHECK(paths[path_count] != NULL);
    return paths[path_count++];
}

static void make_directory(void) {
    snprintf(directory, sizeof directory, "/tmp/berth-guard-test-XXXXXX");
    CHECK(mkdtemp(directory) != NULL);
    CHECK(chmod(directory, 0755) == 0);
}

static void remove_directory(void) {
    DIR *entries = opendir(directory);
    const struct dirent *entry;
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        unlinkat(dirfd(entries), entry->d_name, 0);
    }
    if (entries != NULL) {
        closedir(entries);
    }
    rmdir(directory);
}

/* Kills what a test has left; returns how many processes that were. */
static int kill_leftovers(void) {
    int left = 0;
    for (;;) {
        char path[64];
        long pid = 0;
        snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
        FILE *children = fopen(path, "re");
        if (children != NULL && fscanf(children, "%ld", &pid) != 1) {
            pid = 0;
        }
        if (children != NULL) {
            fclose(children);
        }
        if (pid > 0) {
            kill((pid_t)pid, SIGKILL);
        }
        if (waitpid(-1, NULL, 0) < 0 && errno == ECHILD) {
            return left;
        }
        left++;
    }
}

static int run_test(const struct test *test) {
    make_directory();
    fflush(NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        alarm(HANGS_AFTER_SECONDS);
        test->run();
        for (size_t i = 0; i < path_count; i++) {
            free(paths[i]);
        }
        exit(EXIT_SUCCESS);
    }
    int status = 0;
    CHECK_EQUAL(pid, waitpid(pid, &status, 0));
    int left = kill_leftovers();
    remove_directory();
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED_EXIT && left == 0) {
        printf("skip %s\n", test->name);
        return 0;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && left == 0) {
        printf("ok   %s\n", test->name);
        return 0;
    }
    printf("FAIL %s (wait status 0x%x, processes left behind: %d)\n", test->name, status, left);
    return 1;
}

int run_tests(const struct test *tests, size_t count, int argc, char **argv) {
    int failures = 0;
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < count; i++) {
        if (argc < 2 || strcmp(argv[1], tests[i].name) == 0) {
            failures += run_test(&tests[i]);
        }
    }
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

void broker_listen(struct fake_broker *broker) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", test_path("guard.sock"));
    unlink(address.sun_path);
    broker->fd = -1;
    broker->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    CHECK(broker->listener >= 0);
    CHECK(bind(broker->listener, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(listen(broker->listener, 4) == 0);
}

void broker_disappear(struct fake_broker *broker) {
    close(broker->listener);
    close(broker->fd);
    broker->listener = -1;
    broker->fd = -1;
}

void guard_run(struct fake_broker *broker, const char *const *arguments) {
    const char *all[LARGEST_ARGUMENTS] = {BERTH_GUARD, "--name", "card-0", "--broker-socket",
                                          test_path("guard.sock")};
    size_t count = 5;
    while (*arguments != NULL && count < LARGEST_ARGUMENTS - 1) {
        all[count++] = *arguments++;
    }
    broker->guard = fork();
    CHECK(broker->guard >= 0);
    if (broker->guard == 0) {
        execv(all[0], (char *const *)(uintptr_t)all);
        perror(all[0]);
        _exit(127);
    }
}

struct guard_message broker_accept(struct fake_broker *broker) {
    broker->fd = accept4(broker->listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK(broker->fd >= 0);
    return expect(broker, GUARD_HELLO);
}

void guard_run_with_worker(struct fake_broker *broker, const char *mode) {
    broker_listen(broker);
    /* On a loaded machine nothing else than the test shall decide how a worker ends. */
    guard_run(broker, GUARD_ARGUMENTS("--stop-grace-ms", "86400000", "--stuck-after-ms", "86400000",
                                      "--lock", test_path("lock"), "--", BERTH_GUARD_TEST_WORKER,
                                      mode, worker_fifo()));
    struct guard_message hello = broker_accept(broker);
    CHECK_EQUAL(0, hello.pid);
    CHECK_EQUAL(0, hello.incarnation);
    CHECK_EQUAL(0, hello.status);
}

void send_raw(struct fake_broker *broker, const void *bytes, size_t count) {
    CHECK_EQUAL(count, send(broker->fd, bytes, count, MSG_NOSIGNAL));
}

void order(struct fake_broker *broker, uint32_t kind, uint32_t incarnation) {
    struct guard_message message = {.magic = GUARD_MESSAGE_MAGIC,
                                    .version = GUARD_MESSAGE_VERSION,
                                    .kind = kind,
                                    .incarnation = incarnation};
    send_raw(broker, &message, sizeof message);
}

struct guard_message expect(struct fake_broker *broker, uint32_t kind) {
    struct guard_message message;
    CHECK_EQUAL(sizeof message, recv(broker->fd, &message, sizeof message, 0));
    CHECK_EQUAL(GUARD_MESSAGE_MAGIC, message.magic);
    CHECK_EQUAL(GUARD_MESSAGE_VERSION, message.version);
    CHECK(message.monotonic_ns > 0);
    CHECK(strcmp(message.name, "card-0") == 0);
    CHECK(memchr(message.text, '\0', sizeof message.text) != NULL);
    if (message.kind != kind) {
        fprintf(stderr, "expected kind %u, found %u: %s\n", kind, message.kind, message.text);
        CHECK_EQUAL(kind, message.kind);
    }
    return message;
}

void expect_end_of_connection(struct fake_broker *broker) {
    char byte;
    CHECK_EQUAL(0, recv(broker->fd, &byte, 1, 0));
    close(broker->fd);
    broker->fd = -1;
}

pid_t start_worker(struct fake_broker *broker, uint32_t incarnation) {
    order(broker, GUARD_ORDER_START, incarnation);
    struct guard_message started = expect(broker, GUARD_STARTED);
    CHECK_EQUAL(incarnation, started.incarnation);
    CHECK(started.pid > 0);
    CHECK_EQUAL(started.pid, worker_said_number("ready"));
    return started.pid;
}

void kill_worker(struct fake_broker *broker, uint32_t incarnation) {
    order(broker, GUARD_ORDER_KILL, incarnation);
    struct guard_message exited = expect(broker, GUARD_EXITED);
    CHECK_EQUAL(incarnation, exited.incarnation);
    CHECK(WIFSIGNALED(exited.status) && WTERMSIG(exited.status) == SIGKILL);
    CHECK_EQUAL(incarnation, expect(broker, GUARD_GONE).incarnation);
    CHECK(!process_exists(exited.pid));
}

void stop_guard(struct fake_broker *broker) {
    CHECK(kill(broker->guard, SIGTERM) == 0);
    CHECK_EQUAL(0, wait_for_exit_code(broker->guard));
}

int wait_for_exit_code(pid_t pid) {
    int status = 0;
    CHECK_EQUAL(pid, waitpid(pid, &status, 0));
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int wait_for_signal_death(pid_t pid) {
    int status = 0;
    CHECK_EQUAL(pid, waitpid(pid, &status, 0));
    CHECK(WIFSIGNALED(status));
    return WTERMSIG(status);
}

const char *worker_fifo(void) {
    const char *path = test_path("fifo");
    if (fifo_fd < 0) {
        CHECK(mkfifo(path, 0600) == 0);
        fifo_fd = open(path, O_RDWR | O_CLOEXEC); /* its own writer: never at its end */
        CHECK(fifo_fd >= 0);
    }
    return path;
}

static bool take_line(const char *key, char *value, size_t value_bytes) {
    char *line = lines;
    char *end;
    while ((end = memchr(line, '\n', line_bytes - (size_t)(line - lines))) != NULL) {
        size_t key_length = strlen(key);
        if ((size_t)(end - line) > key_length && strncmp(line, key, key_length) == 0 &&
            line[key_length] == ' ') {
            snprintf(value, value_bytes, "%.*s", (int)(end - line - (ptrdiff_t)key_length - 1),
                     line + key_length + 1);
            size_t rest = line_bytes - (size_t)(end + 1 - lines);
            memmove(line, end + 1, rest);
            line_bytes -= (size_t)(end + 1 - line);
            return true;
        }
        line = end + 1;
    }
    return false;
}

const char *worker_said(const char *key) {
    static char value[4096];
    while (!take_line(key, value, sizeof value)) {
        CHECK(line_bytes < sizeof lines);
        ssize_t bytes = read(fifo_fd, lines + line_bytes, sizeof lines - line_bytes);
        CHECK(bytes > 0);
        line_bytes += (size_t)bytes;
    }
    return value;
}

long worker_said_number(const char *key) {
    return strtol(worker_said(key), NULL, 10);
}

bool process_exists(pid_t pid) {
    return kill(pid, 0) == 0;
}
