/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module between C_Initialize and C_Finalize, and what all its parts share.
 *
 * Threads. module_enter holds off C_Finalize until module_leave. `module.lock` guards the tables
 * of slots, sessions and objects and what hangs on them, is held for moments and never while
 * the client's library is called, whose locks a fork takes before it. A session's own lock is
 * taken before it.
 *
 * Fork. In a child every function answers CKR_CRYPTOKI_NOT_INITIALIZED until the child calls
 * C_Initialize, as the standard says; what the parent had is then left alone, because another of
 * its threads may have been changing it, but for collected data, which is wiped at the fork where
 * no thread was using it. The slots alone are taken over, so that C_OpenSession
 * succeeds in the child at once, even with no broker just then: libp11 0.4.12, OpenSSL's engine,
 * which keeps their numbers over the fork, waits for ever for another thread's session when
 * opening one fails.
 */
#ifndef BERTH_PKCS11_MODULE_H
#define BERTH_PKCS11_MODULE_H

#include <pthread.h>

#include "cryptoki.h"
#include "handle_table.h"

struct slot;

struct module {
    pthread_mutex_t lock;
    pthread_cond_t ended; /* C_Finalize was called; with lock */
    struct slot *slots;   /* in the order of their names; none goes before C_Finalize */
    struct handle_table sessions;
    struct handle_table objects;
    uint64_t incarnation; /* grows with each C_Initialize */
    uint64_t looks;       /* at what the broker has; 0 = slots are the parent's */
};

extern struct module module;

CK_RV module_enter(void);
void module_leave(void);

/* Copies text and pads it with blanks, as PKCS #11's fixed fields want it; a character that does
 * not fit whole is left out. */
void module_pad(unsigned char *field, size_t bytes, const char *text);

#endif
