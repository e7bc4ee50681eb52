/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failures on demand. A rule is ACTION:CLASS:N[:once]: the N-th call of that class since the rule
 * was read (0 = every call) fails in that way; CLASS is a class of operations or `any`. Rules come
 * from card.ini and the environment, and from the file `fault` in the card's folder, which is read
 * again whenever it changes, so that a test can break a running card. `once` removes that file
 * before acting, so that the process started after a crash is not hit again. `crash_on_input=HEX`
 * crashes whenever that e is to be signed: a request that kills every worker it meets.
 */
#ifndef BERTH_SOFTCARD_FAULT_H
#define BERTH_SOFTCARD_FAULT_H

#include "behaviour/operation.h"
#include "reason.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/stat.h>

enum fault_action {
    FAULT_NONE,
    FAULT_CRASH,        /* SIGSEGV in native code */
    FAULT_ABORT,        /* abort(), as a failed assertion in a driver */
    FAULT_HANG,         /* never returns; only SIGKILL ends the thread */
    FAULT_HARDFAIL,     /* SDR_HARDFAIL */
    FAULT_COMMFAIL,     /* SDR_COMMFAIL */
    FAULT_SESSION_LOST, /* SDR_OPENSESSION from now on until the session is opened anew */
    FAULT_RESET,        /* SDR_OPENSESSION; all sessions of the process are gone, and numbers are
                           given anew */
    FAULT_FORGET_KEYS,  /* SDR_KEYNOTEXIST; all keys of all sessions are gone, and their numbers are
                           given anew */
    FAULT_SCRIBBLE, /* garbage over every writable shared mapping of a memfd named berth*, again and
                       again for FAULT_SCRIBBLE_SECONDS; then goes on */
    FAULT_WRONG_ANSWER /* one bit of the result is flipped */
};

enum { FAULT_RULES_MOST = 16, FAULT_INPUT_BYTES = 32, FAULT_SCRIBBLE_SECONDS = 1 };

struct fault_rule {
    enum fault_action action;
    bool any_operation;
    enum operation operation;
    uint64_t nth;
    uint64_t seen;
    bool once;
};

struct fault_rules {
    unsigned count;
    struct fault_rule rule[FAULT_RULES_MOST];
    bool crashes_on_input;
    uint8_t crash_input[FAULT_INPUT_BYTES];
};

/* Adds the comma- or newline-separated rules of `text`; empty lines and lines that begin with # are
 * skipped. */
bool fault_rules_parse(struct fault_rules *rules, const char *text, struct reason *why);

/* The rules in force on one card, shared by its threads. */
struct faults {
    pthread_mutex_t lock;
    int directory; /* where the trigger file is; owned by the card */
    bool triggered;
    struct stat trigger;
    struct fault_rules configured;
    struct fault_rules from_trigger;
};

void faults_start(struct faults *faults, const struct fault_rules *configured, int directory);

/* Counts this call and says what it is to suffer. */
enum fault_action faults_next(struct faults *faults, enum operation operation);
bool faults_poisoned(struct faults *faults, const uint8_t input[FAULT_INPUT_BYTES]);

/* Carries out what does not return an answer: crash, abort, hang, scribble. Others are left to the
 * caller. */
void fault_strike(enum fault_action action);

#endif
