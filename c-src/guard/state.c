/* SPDX-License-Identifier: Apache-2.0 */
#include "state.h"

#include <stdlib.h>

#include "log.h"

static const char *const STATE_NAMES[GUARD_STATE_COUNT] = {
    [GUARD_IDLE] = "IDLE",         [GUARD_STARTING] = "STARTING", [GUARD_RUNNING] = "RUNNING",
    [GUARD_STOPPING] = "STOPPING", [GUARD_KILLING] = "KILLING",   [GUARD_IS_STUCK] = "STUCK",
    [GUARD_LEAVING] = "LEAVING",
};

#define TO(state) (1u << (state))

static const unsigned LEGAL_MOVES[GUARD_STATE_COUNT] = {
    [GUARD_IDLE] = TO(GUARD_STARTING) | TO(GUARD_LEAVING),
    [GUARD_STARTING] = TO(GUARD_RUNNING) | TO(GUARD_KILLING),
    [GUARD_RUNNING] = TO(GUARD_STOPPING) | TO(GUARD_KILLING),
    [GUARD_STOPPING] = TO(GUARD_KILLING),
    [GUARD_KILLING] = TO(GUARD_IS_STUCK) | TO(GUARD_IDLE),
    [GUARD_IS_STUCK] = TO(GUARD_IDLE),
    [GUARD_LEAVING] = 0,
};

const char *guard_state_name(enum guard_state state) {
    return (unsigned)state < GUARD_STATE_COUNT ? STATE_NAMES[state] : "(no state)";
}

void guard_state_move(enum guard_state *state, enum guard_state to, const char *reason) {
    enum guard_state from = *state;
    if ((unsigned)from >= GUARD_STATE_COUNT || (unsigned)to >= GUARD_STATE_COUNT ||
        (LEGAL_MOVES[from] & TO(to)) == 0) {
        guard_log("illegal move from %s to %s (%s)", guard_state_name(from), guard_state_name(to),
                  reason);
        abort();
    }
    guard_log("%s -> %s: %s", guard_state_name(from), guard_state_name(to), reason);
    *state = to;
}
