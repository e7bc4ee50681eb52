/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_GUARD_GUARD_H
#define BERTH_GUARD_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "broker_link.h"
#include "device_lock.h"
#include "options.h"
#include "state.h"
#include "worker_process.h"

struct guard {
    const struct guard_options *options;
    enum guard_state state;
    struct broker_link link;
    struct device_lock lock; /* path NULL: the resource is shared */

    uint32_t incarnation;         /* current or last; 0 before the first */
    struct worker_process worker; /* pid != 0 until all of the incarnation is reaped */
    bool worker_reaped;           /* the worker itself; then its pid may be another's */
    int start_error;              /* errno if this incarnation could not be executed */
    char start_text[GUARD_TEXT_BYTES];

    /* Deadlines on CLOCK_MONOTONIC, NEVER_NS if not set. */
    uint64_t kill_after_grace_at_ns;
    uint64_t kill_again_at_ns;
    uint64_t kill_again_delay_ns;
    uint64_t stuck_at_ns;

    bool leaving; /* to LEAVING as soon as IDLE */
    int exit_code;
};

void guard_init(struct guard *guard, const struct guard_options *options, uint64_t now_ns);

/* Tells a broker that has just been connected what is true now. */
void guard_say_hello(struct guard *guard);

/* Takes the lock if there is one. Otherwise LOCK_BUSY or an errno has the reason in obstacle. */
enum device_lock_result guard_take_lock(struct guard *guard, struct device_lock_obstacle *obstacle);

/* IDLE only; says STARTED or START_FAILED when the outcome is known. */
void guard_start_worker(struct guard *guard, uint32_t incarnation);

/* STARTING only: looks whether the program runs by now. */
void guard_check_start(struct guard *guard);

/* STARTING, RUNNING and STOPPING: SIGKILL to all, until GONE. */
void guard_kill_worker(struct guard *guard, const char *reason);

/* SIGTERM, after the grace SIGKILL to all, until GONE. Nothing if it is ending already. */
void guard_stop_worker(struct guard *guard, const char *reason);

/* Ends worker and guard; in_peace: SIGTERM first. May be said again, the first exit code stays. */
void guard_leave(struct guard *guard, bool in_peace, int exit_code, const char *reason);

/* Reaps what has died. */
void guard_reap(struct guard *guard);

/* Does what is due; guard_next_deadline says when to call it next. */
void guard_check_deadlines(struct guard *guard, uint64_t now_ns);
uint64_t guard_next_deadline_ns(const struct guard *guard);

/* Carries out one order of the broker, or answers REFUSED. */
void guard_obey(struct guard *guard, const struct guard_message *order);

#endif
