/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a guard and the broker say to each other.
 *
 * One SOCK_SEQPACKET Unix socket per guard; the guard connects, the broker listens. Every message
 * is one datagram of exactly 256 bytes, integers in the byte order of the host:
 *
 *     0        4        8        12           16     20      24            32       96       256
 *     +--------+--------+--------+------------+------+-------+-------------+--------+--------+
 *     | magic  |version | kind   | incarnation| pid  |status |monotonic_ns |name    |text    |
 *     | u32    |u32     | u32    | u32        | i32  |i32    |u64          |char[64]|char[160|
 *     +--------+--------+--------+------------+------+-------+-------------+--------+--------+
 *
 * name and text are padded with NUL and hold at least one. A field that a kind does not mention is
 * 0. monotonic_ns is the sender's CLOCK_MONOTONIC, for people who read logs; nothing is decided by
 * it.
 *
 * An incarnation is one life of the worker. The broker numbers them, upwards from 1.
 *
 * START is answered by exactly one of
 *     STARTED, later EXITED, later GONE      the worker ran (KILL and STOP make the rest follow)
 *     EXITED, later GONE                     it was killed before it was seen to run
 *     START_FAILED                           no process of this incarnation exists any more
 *     LOCK_BUSY                              nothing was started; the same number may be used again
 *     REFUSED                                nothing has changed
 * After GONE, START_FAILED and LOCK_BUSY the guard is ready for the next START, never before.
 *
 * A message of the wrong size, magic, version or kind, or with the name of another guard, is
 * answered by REFUSED and has no effect. (An empty datagram looks like the end of the connection.)
 * A guard whose connection ends connects again and says HELLO; what it could not deliver before is
 * not sent again, because HELLO tells what is true now: pid 0 means that every process of
 * `incarnation` is GONE.
 *
 * A guard that ends while an order is on its way makes the broker's next recv report ECONNRESET
 * once; the guard's last messages are behind it, so read on until the end of the connection.
 */
#ifndef BERTH_GUARD_PROTOCOL_H
#define BERTH_GUARD_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#define GUARD_MESSAGE_MAGIC UINT32_C(0x44475242) /* "BRGD" in memory on a little-endian host */
#define GUARD_MESSAGE_VERSION UINT32_C(1)
#define GUARD_MESSAGE_BYTES 256
#define GUARD_NAME_BYTES 64
#define GUARD_TEXT_BYTES 160

enum guard_message_kind {
    /* guard -> broker */

    /* First message of a connection. incarnation: the current or last one, 0 before the first.
       pid: the worker of that incarnation as long as it or a descendant of it is left, else 0.
       status: GUARD_HELLO_* bits. text: the guard's state by name. */
    GUARD_HELLO = 1,
    /* The worker's program runs. pid, incarnation. */
    GUARD_STARTED = 2,
    /* The worker itself has ended, whatever the cause; its descendants may still live.
       status: as from waitpid(2). pid, incarnation. */
    GUARD_EXITED = 3,
    /* The worker and every descendant of it have been reaped. incarnation. */
    GUARD_GONE = 4,
    /* Answer to START: another process holds the lock. pid: it, or 0 if the kernel does not tell.
       text. */
    GUARD_LOCK_BUSY = 5,
    /* pid was sent SIGKILL and cannot be reaped; said once for an incarnation. GONE still follows
       if it ever can. incarnation, text. */
    GUARD_STUCK = 6,
    /* 7 is not used. Answer to UNLOCK, also said before a guard that held the lock leaves: it is
       free. */
    GUARD_UNLOCKED = 8,
    /* Answer to START: no worker runs. status: errno, text: what failed on which path. */
    GUARD_START_FAILED = 9,
    /* An order had no effect. status: the order's kind, incarnation: the order's, text: why. */
    GUARD_REFUSED = 10,

    /* broker -> guard */

    /* Take the lock if it is not held, then start the worker. incarnation: above the last one. */
    GUARD_ORDER_START = 65,
    /* SIGKILL for the worker and all its descendants. incarnation: the current one. While they are
       already being killed it is accepted and changes nothing. Followed by EXITED (unless it has
       been said) and GONE; by REFUSED when the worker was quicker and has GONE by itself. */
    GUARD_ORDER_KILL = 66,
    /* SIGTERM for the worker, after the grace SIGKILL; EXITED and GONE if there was a worker,
       UNLOCKED if the lock was held; then the guard ends and the connection with it. */
    GUARD_ORDER_SHUTDOWN = 67,
    /* Give the lock up. Only while no worker is left. */
    GUARD_ORDER_UNLOCK = 68,
    /* 69 is not used. SIGTERM for the worker, after the grace SIGKILL for it and its descendants;
       the guard stays. incarnation: the current one. A worker that is only being started is killed
       at once. While it is already ending the order is accepted and changes nothing. EXITED and
       GONE follow as with KILL. */
    GUARD_ORDER_STOP = 70,
};

enum guard_hello_bits {
    /* 1 is not used. */
    GUARD_HELLO_WORKER_ENDING = 2, /* pid != 0, but it is being stopped or killed: await GONE */
    GUARD_HELLO_WORKER_STUCK = 4,  /* pid != 0, and STUCK was or would have been said */
    GUARD_HELLO_LEAVING = 8,       /* the guard ends as soon as its worker is GONE */
};

struct guard_message {
    uint32_t magic;
    uint32_t version;
    uint32_t kind;
    uint32_t incarnation;
    int32_t pid;
    int32_t status;
    uint64_t monotonic_ns;
    char name[GUARD_NAME_BYTES];
    char text[GUARD_TEXT_BYTES];
};

_Static_assert(sizeof(struct guard_message) == GUARD_MESSAGE_BYTES, "size is part of the protocol");
_Static_assert(offsetof(struct guard_message, magic) == 0, "offset is part of the protocol");
_Static_assert(offsetof(struct guard_message, version) == 4, "offset is part of the protocol");
_Static_assert(offsetof(struct guard_message, kind) == 8, "offset is part of the protocol");
_Static_assert(offsetof(struct guard_message, incarnation) == 12, "offset is part of the protocol");
_Static_assert(offsetof(struct guard_message, pid) == 16, "offset is part of the protocol");
_Static_assert(offsetof(struct guard_message, status) == 20, "offset is part of the protocol");
_Static_assert(offsetof(struct guard_message, monotonic_ns) == 24,
               "offset is part of the protocol");
_Static_assert(offsetof(struct guard_message, name) == 32, "offset is part of the protocol");
_Static_assert(offsetof(struct guard_message, text) == 96, "offset is part of the protocol");

#endif
