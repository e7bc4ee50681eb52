/* SPDX-License-Identifier: Apache-2.0 */

/* berth-guard: one thread, one poll loop. See guard_protocol.h for what it says and state.h for
   what it does. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "guard.h"
#include "log.h"
#include "monotonic_clock.h"

/* What is still unsent when the guard ends may wait this long for a slow broker. */
static const uint64_t LAST_WORDS_NS = NANOS_PER_SECOND;

enum watched { WATCH_SIGNALS, WATCH_BROKER, WATCH_START, WATCH_COUNT };

/* Whoever started us may have left descriptors open that must not live as long as we do. */
static void close_inherited_descriptors(void) {
    DIR *descriptors = opendir("/proc/self/fd");
    if (descriptors == NULL) {
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(descriptors)) != NULL) {
        int fd = (int)strtol(entry->d_name, NULL, 10);
        if (fd > STDERR_FILENO && fd != dirfd(descriptors)) {
            close(fd);
        }
    }
    closedir(descriptors);
}

static bool open_standard_descriptors(void) {
    int fd;
    do {
        fd = open("/dev/null", O_RDWR | O_NOCTTY);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    return fd < 0 ? false : close(fd) == 0;
}

/* Returns a signalfd for SIGTERM, SIGINT and SIGCHLD, or -1. */
static int take_over_signals(void) {
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGCHLD);
    /* An ignored SIGCHLD, which exec hands down, would let the kernel reap in our place. */
    if (sigaction(SIGCHLD, &standard, NULL) != 0 || sigaction(SIGTERM, &standard, NULL) != 0 ||
        sigaction(SIGINT, &standard, NULL) != 0 || sigaction(SIGHUP, &ignore, NULL) != 0 ||
        sigaction(SIGPIPE, &ignore, NULL) != 0 || sigprocmask(SIG_SETMASK, &watched, NULL) != 0) {
        return -1;
    }
    return signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void read_signals(struct guard *guard, int signal_fd) {
    struct signalfd_siginfo arrived;
    while (read(signal_fd, &arrived, sizeof arrived) == (ssize_t)sizeof arrived) {
        if (arrived.ssi_signo == SIGTERM) {
            guard_leave(guard, true, GUARD_EXIT_ORDERED, "SIGTERM");
        } else if (arrived.ssi_signo == SIGINT) {
            guard_leave(guard, true, GUARD_EXIT_ORDERED, "SIGINT");
        }
    }
}

static void obey_orders(struct guard *guard) {
    struct guard_message order;
    char complaint[GUARD_TEXT_BYTES];
    for (;;) {
        switch (broker_link_receive(&guard->link, &order, complaint)) {
        case BROKER_LINK_NOTHING:
            return;
        case BROKER_LINK_ORDER:
            guard_obey(guard, &order);
            break;
        case BROKER_LINK_MALFORMED: {
            struct guard_message refusal = {.kind = GUARD_REFUSED,
                                            .incarnation = order.incarnation,
                                            .status = (int32_t)order.kind};
            snprintf(refusal.text, sizeof refusal.text, "%s", complaint);
            guard_log("%s", complaint);
            broker_link_send(&guard->link, refusal);
            break;
        }
        }
    }
}

static int wait_for_events(const struct guard *guard, struct pollfd *watched, uint64_t until_ns) {
    uint64_t now_ns = monotonic_now_ns();
    uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    struct timespec timeout = {.tv_sec = (time_t)(left_ns / NANOS_PER_SECOND),
                               .tv_nsec = (long)(left_ns % NANOS_PER_SECOND)};
    watched[WATCH_BROKER].fd = guard->link.fd; /* negative ones are skipped */
    watched[WATCH_BROKER].events = broker_link_poll_events(&guard->link);
    watched[WATCH_START].fd = guard->worker.outcome_fd;
    return ppoll(watched, WATCH_COUNT, until_ns == NEVER_NS ? NULL : &timeout, NULL);
}

static int guard_until_left(struct guard *guard, int signal_fd) {
    struct pollfd watched[WATCH_COUNT] = {
        [WATCH_SIGNALS] = {.fd = signal_fd, .events = POLLIN},
        [WATCH_START] = {.fd = -1, .events = POLLIN},
    };
    uint64_t end_at_ns = NEVER_NS;
    for (;;) {
        uint64_t now_ns = monotonic_now_ns();
        if (broker_link_connect_if_due(&guard->link, now_ns)) {
            guard_say_hello(guard);
        }
        guard_check_deadlines(guard, now_ns);
        uint64_t next_ns = guard_next_deadline_ns(guard);
        if (guard->state == GUARD_LEAVING) {
            if (end_at_ns == NEVER_NS) {
                end_at_ns = now_ns + LAST_WORDS_NS;
            }
            if (guard->link.fd < 0 || guard->link.waiting_count == 0 || now_ns >= end_at_ns) {
                return guard->exit_code;
            }
            next_ns = next_ns < end_at_ns ? next_ns : end_at_ns;
        }
        if (wait_for_events(guard, watched, next_ns) < 0 && errno != EINTR) {
            guard_log("ppoll: %s", strerror(errno));
            abort();
        }
        if (watched[WATCH_START].revents != 0 && guard->state == GUARD_STARTING) {
            guard_check_start(guard);
        }
        read_signals(guard, signal_fd);
        guard_reap(guard);
        broker_link_flush(&guard->link);
        obey_orders(guard);
    }
}

int main(int argc, char **argv) {
    static struct guard guard;
    static struct guard_options options;
    int exit_code;
    if (!open_standard_descriptors()) {
        return GUARD_EXIT_SYSTEM;
    }
    close_inherited_descriptors();
    if (!guard_options_parse(argc, argv, &options, &exit_code)) {
        return exit_code;
    }
    if (options.own_session) {
        /* Fails only for the leader of a process group, whom signals to another do not reach. */
        setsid();
    }
    int signal_fd = take_over_signals();
    guard_log_open(options.name);
    const struct rlimit no_core = {.rlim_cur = 0, .rlim_max = 0};
    setrlimit(RLIMIT_CORE, &no_core); /* the environment may hold what is not for disks */
    if (signal_fd < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
        guard_log("cannot watch over processes: %s", strerror(errno));
        return GUARD_EXIT_SYSTEM;
    }
    guard_init(&guard, &options, monotonic_now_ns());
    exit_code = guard_until_left(&guard, signal_fd);
    guard_log("ends with exit code %d", exit_code);
    return exit_code;
}
