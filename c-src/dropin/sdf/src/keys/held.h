/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the worker holds for this process alone, under a number: a session key that was agreed upon
 * or made for another party, or an agreement that has begun. It has no wrapped form that could be
 * kept here, so it ends with the worker, the broker's session, or in a forked child; who uses it
 * then is told so (SDR_BERTH_KEY_LOST).
 */
#ifndef BERTH_DROPIN_SDF_HELD_H
#define BERTH_DROPIN_SDF_HELD_H

#include <sys/types.h>

#include "session/call.h"

struct held {
    uint64_t number; /* 0: nothing */
    pid_t process;   /* whose session with the broker it belongs to */
    bool lost;
};

struct held held_new(uint64_t number);
bool held_is_gone(const struct held *held);
/* As code_of, for a request that named it: remembers if it is lost. */
int held_code(struct held *held, berth_result result, const char *what);
/* Gives it back to the worker, through the name under which it was made. Nothing is told: a worker
 * that does not hear of it forgets it with the session. */
void held_release(struct session *session, const char *under, const struct held *held);

#endif
