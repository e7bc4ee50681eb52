/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_GUARD_STATE_H
#define BERTH_GUARD_STATE_H

/*
 *                    START                 program runs
 *          +------+ -------> +----------+ -------------> +---------+  STOP, ...  +----------+
 *   -----> | IDLE |          | STARTING |                | RUNNING | ----------> | STOPPING |
 *          +------+          +----------+                +---------+  SIGTERM    +----------+
 *           |   ^ ^               |  cannot be executed,      |  KILL, worker ended,   | grace
 * over, |   | |               |  KILL, SHUTDOWN           |  orphaned              | worker ended,
 *  SHUTDOWN |   | |               v                           v                        v KILL
 *           |   | |          +----------------------------------------------------------------+
 *           |   | +--------- |                            KILLING                             |
 *           |   |  all       +----------------------------------------------------------------+
 *           v   |  reaped                               | not reaped in time
 *    +---------+|                                       v
 *    | LEAVING |+---------------------------------- +-------+
 *    +---------+             all reaped             | STUCK |
 *                                                   +-------+
 *
 * STOPPING is entered by STOP, by SHUTDOWN, and by SIGTERM to the guard.
 *
 * Only IDLE lets a worker be started, and only "waitpid says that there is no child left" leads to
 * IDLE: this is what makes two owners impossible.
 */
enum guard_state {
    GUARD_IDLE,
    GUARD_STARTING,
    GUARD_RUNNING,
    GUARD_STOPPING,
    GUARD_KILLING,
    GUARD_IS_STUCK,
    GUARD_LEAVING,
    GUARD_STATE_COUNT
};

const char *guard_state_name(enum guard_state state);

/* The only way to change a state. An illegal move is a defect of the guard: it aborts and names
   both states; the kernel then kills the worker (PR_SET_PDEATHSIG). */
void guard_state_move(enum guard_state *state, enum guard_state to, const char *reason);

#endif
