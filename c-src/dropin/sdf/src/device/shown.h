/* SPDX-License-Identifier: Apache-2.0 */
/* What the policy shows to this process: devices and the keys of their catalogues. */
#ifndef BERTH_DROPIN_SDF_SHOWN_H
#define BERTH_DROPIN_SDF_SHOWN_H

#include <berth/berth.h>

#include "device/config.h"

struct shown {
    const char *resource; /* "hsm:payments" or "hsm:payments/sign-1" */
    uint32_t permissions;
    const char *driver;
    bool has_index; /* a key whose catalogue entry tells where it is */
    enum key_kind kind;
    uint32_t index;
};

/* Calls `each` for every name, until it returns false. */
berth_result shown_read(berth_conn *connection,
                        bool (*each)(void *context, const struct shown *entry), void *context,
                        uint32_t timeout_ms);

#endif
