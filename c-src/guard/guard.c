/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descendants.h"
#include "log.h"
#include "monotonic_clock.h"

static const uint64_t FIRST_KILL_AGAIN_NS = 10 * NANOS_PER_MILLI;
static const uint64_t LONGEST_KILL_AGAIN_NS = 250 * NANOS_PER_MILLI;

void guard_init(struct guard *guard, const struct guard_options *options, uint64_t now_ns) {
    memset(guard, 0, sizeof *guard);
    guard->options = options;
    guard->state = GUARD_IDLE;
    guard->lock =
        (struct device_lock){.path = options->lock_path, .owner_name = options->name, .fd = -1};
    guard->worker.outcome_fd = -1;
    guard->kill_after_grace_at_ns = NEVER_NS;
    guard->kill_again_at_ns = NEVER_NS;
    guard->stuck_at_ns = NEVER_NS;
    broker_link_init(&guard->link, options->broker_socket_path, options->name, now_ns);
}

static void say(struct guard *guard, uint32_t kind, pid_t pid, int status, const char *text) {
    struct guard_message message = {
        .kind = kind, .incarnation = guard->incarnation, .pid = pid, .status = status};
    snprintf(message.text, sizeof message.text, "%s", text);
    broker_link_send(&guard->link, message);
}

void guard_say_hello(struct guard *guard) {
    int bits = 0;
    if (guard->state == GUARD_STOPPING || guard->state == GUARD_KILLING ||
        guard->state == GUARD_IS_STUCK) {
        bits |= GUARD_HELLO_WORKER_ENDING;
    }
    if (guard->state == GUARD_IS_STUCK) {
        bits |= GUARD_HELLO_WORKER_STUCK;
    }
    if (guard->leaving) {
        bits |= GUARD_HELLO_LEAVING;
    }
    say(guard, GUARD_HELLO, guard->worker.pid, bits, guard_state_name(guard->state));
}

enum device_lock_result guard_take_lock(struct guard *guard,
                                        struct device_lock_obstacle *obstacle) {
    return guard->lock.path == NULL ? DEVICE_LOCK_TAKEN : device_lock_take(&guard->lock, obstacle);
}

void guard_start_worker(struct guard *guard, uint32_t incarnation) {
    char text[GUARD_TEXT_BYTES];
    guard->incarnation = incarnation;
    int error = worker_process_start(guard->options, incarnation, guard->lock.fd, &guard->worker,
                                     text, sizeof text);
    if (error != 0) {
        guard_log("cannot start incarnation %u: %s", incarnation, text);
        say(guard, GUARD_START_FAILED, 0, error, text);
        return;
    }
    guard->worker_reaped = false;
    guard->start_error = 0;
    snprintf(text, sizeof text, "incarnation %u is pid %ld", incarnation, (long)guard->worker.pid);
    guard_state_move(&guard->state, GUARD_STARTING, text);
}

static void kill_what_is_left(struct guard *guard) {
    if (!guard->worker_reaped) {
        /* Until its leader is reaped the number of the group is nobody else's. */
        kill(-guard->worker.pid, SIGKILL);
    }
    descendants_kill();
}

static void begin_killing(struct guard *guard, const char *reason) {
    uint64_t now_ns = monotonic_now_ns();
    if (guard->worker.outcome_fd >= 0) {
        close(guard->worker.outcome_fd);
        guard->worker.outcome_fd = -1;
    }
    guard->kill_after_grace_at_ns = NEVER_NS;
    guard->kill_again_delay_ns = FIRST_KILL_AGAIN_NS;
    guard->kill_again_at_ns = now_ns + guard->kill_again_delay_ns;
    guard->stuck_at_ns = now_ns + guard->options->stuck_after_ns;
    guard_state_move(&guard->state, GUARD_KILLING, reason);
    kill_what_is_left(guard);
}

void guard_kill_worker(struct guard *guard, const char *reason) {
    begin_killing(guard, reason);
}

void guard_check_start(struct guard *guard) {
    switch (worker_process_outcome(guard->options, &guard->worker, &guard->start_error,
                                   guard->start_text, sizeof guard->start_text)) {
    case WORKER_START_PENDING:
        break;
    case WORKER_START_DONE:
        guard_state_move(&guard->state, GUARD_RUNNING, "the worker's program runs");
        say(guard, GUARD_STARTED, guard->worker.pid, 0, "");
        break;
    case WORKER_START_FAILED:
        /* Said to the broker when the process has been reaped, so that it may start at once. */
        begin_killing(guard, guard->start_text);
        break;
    }
}

static void stop_in_peace(struct guard *guard, const char *reason) {
    guard_state_move(&guard->state, GUARD_STOPPING, reason);
    guard->kill_after_grace_at_ns = monotonic_now_ns() + guard->options->stop_grace_ns;
    kill(guard->worker.pid, SIGTERM); /* not yet reaped, else the state were KILLING */
}

static void leave_now(struct guard *guard) {
    if (guard->lock.fd >= 0) {
        device_lock_release(&guard->lock);
        say(guard, GUARD_UNLOCKED, 0, 0, "the guard ends");
    }
    guard_state_move(&guard->state, GUARD_LEAVING, "nothing is left to guard");
}

void guard_stop_worker(struct guard *guard, const char *reason) {
    if (guard->state == GUARD_STARTING) {
        begin_killing(guard, reason); /* has not opened the device yet: no peace is needed */
    } else if (guard->state == GUARD_RUNNING) {
        stop_in_peace(guard, reason);
    }
}

void guard_leave(struct guard *guard, bool in_peace, int exit_code, const char *reason) {
    if (!guard->leaving) {
        guard->leaving = true;
        guard->exit_code = exit_code;
    }
    if (guard->state == GUARD_IDLE) {
        leave_now(guard);
    } else if (in_peace) {
        guard_stop_worker(guard, reason);
    } else if (guard->state == GUARD_STARTING || guard->state == GUARD_RUNNING ||
               guard->state == GUARD_STOPPING) {
        begin_killing(guard, reason);
    }
}

static void worker_has_ended(struct guard *guard, int status) {
    char reason[GUARD_TEXT_BYTES];
    guard->worker_reaped = true;
    if (WIFSIGNALED(status)) {
        snprintf(reason, sizeof reason, "the worker ended by signal %d", WTERMSIG(status));
    } else {
        snprintf(reason, sizeof reason, "the worker ended with exit code %d", WEXITSTATUS(status));
    }
    if (guard->start_error == 0) {
        say(guard, GUARD_EXITED, guard->worker.pid, status, reason);
    }
    if (guard->state == GUARD_KILLING || guard->state == GUARD_IS_STUCK) {
        guard_log("%s", reason);
    } else {
        begin_killing(guard, reason); /* its descendants */
    }
}

static void all_are_gone(struct guard *guard) {
    guard->worker.pid = 0;
    guard->kill_again_at_ns = NEVER_NS;
    guard->stuck_at_ns = NEVER_NS;
    guard_state_move(&guard->state, GUARD_IDLE, "the worker and all its descendants are reaped");
    if (guard->start_error != 0) {
        say(guard, GUARD_START_FAILED, 0, guard->start_error, guard->start_text);
    } else {
        say(guard, GUARD_GONE, 0, 0, "");
    }
    if (guard->leaving) {
        leave_now(guard);
    }
}

void guard_reap(struct guard *guard) {
    for (;;) {
        /* Looked at before it is reaped: as long as the worker is a zombie, its process group can
           be killed without meaning anyone else. */
        siginfo_t dead = {.si_pid = 0};
        if (waitid(P_ALL, 0, &dead, WEXITED | WNOHANG | WNOWAIT | __WALL) != 0) {
            if (errno == EINTR) {
                continue;
            }
            if (errno == ECHILD &&
                (guard->state == GUARD_KILLING || guard->state == GUARD_IS_STUCK)) {
                all_are_gone(guard);
            }
            return;
        }
        if (dead.si_pid == 0) {
            return;
        }
        bool is_worker = dead.si_pid == guard->worker.pid && !guard->worker_reaped;
        if (is_worker) {
            if (guard->state == GUARD_STARTING) {
                guard_check_start(guard); /* what it wrote before it died comes first */
            }
            kill(-guard->worker.pid, SIGKILL);
        }
        int status = 0;
        if (waitpid(dead.si_pid, &status, __WALL) == dead.si_pid && is_worker) {
            worker_has_ended(guard, status);
        }
    }
}

static void say_stuck(struct guard *guard) {
    char text[GUARD_TEXT_BYTES];
    pid_t stuck = guard->worker_reaped ? descendants_first_child() : guard->worker.pid;
    snprintf(text, sizeof text,
             "pid %ld was sent SIGKILL %llu ms ago and cannot be reaped; no successor is started",
             (long)stuck, (unsigned long long)(guard->options->stuck_after_ns / NANOS_PER_MILLI));
    guard_state_move(&guard->state, GUARD_IS_STUCK, text);
    say(guard, GUARD_STUCK, stuck, 0, text);
}

void guard_check_deadlines(struct guard *guard, uint64_t now_ns) {
    if (now_ns >= guard->kill_after_grace_at_ns) {
        begin_killing(guard, "the worker did not stop within the grace");
    }
    if (now_ns >= guard->stuck_at_ns) {
        guard->stuck_at_ns = NEVER_NS;
        say_stuck(guard);
    }
    if (now_ns >= guard->kill_again_at_ns) {
        kill_what_is_left(guard);
        guard->kill_again_delay_ns *= 2;
        if (guard->kill_again_delay_ns > LONGEST_KILL_AGAIN_NS) {
            guard->kill_again_delay_ns = LONGEST_KILL_AGAIN_NS;
        }
        guard->kill_again_at_ns = now_ns + guard->kill_again_delay_ns;
    }
    if (guard->link.alone_since_ns != NEVER_NS && !guard->leaving &&
        now_ns - guard->link.alone_since_ns >= guard->options->orphan_timeout_ns) {
        guard_log("no broker at %s for %llu ms", guard->link.socket_path,
                  (unsigned long long)(guard->options->orphan_timeout_ns / NANOS_PER_MILLI));
        guard_leave(guard, false, GUARD_EXIT_ORPHANED, "orphaned");
    }
}

static uint64_t earlier(uint64_t one_ns, uint64_t other_ns) {
    return one_ns < other_ns ? one_ns : other_ns;
}

uint64_t guard_next_deadline_ns(const struct guard *guard) {
    uint64_t next_ns = earlier(guard->kill_after_grace_at_ns, guard->kill_again_at_ns);
    next_ns = earlier(next_ns, guard->stuck_at_ns);
    if (guard->link.fd < 0) {
        next_ns = earlier(next_ns, guard->link.retry_at_ns);
        if (!guard->leaving) {
            next_ns =
                earlier(next_ns, guard->link.alone_since_ns + guard->options->orphan_timeout_ns);
        }
    }
    return next_ns;
}
