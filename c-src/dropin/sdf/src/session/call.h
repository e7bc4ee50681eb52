/* SPDX-License-Identifier: Apache-2.0 */
/* The frame around every function that names a session. */
#ifndef BERTH_DROPIN_SDF_CALL_H
#define BERTH_DROPIN_SDF_CALL_H

#include <berth/sdf.h>

#include "codes.h"
#include "session/session.h"

struct call {
    struct session *session;
    void *handle;
    struct link *link;
    uint32_t timeout_ms;
};

/* Not SDR_OK: return it, there is nothing to end. */
int call_begin(struct call *call, void *session_handle);
/* Returns `status`. */
int call_end(struct call *call, int status);

/* The key at an index, preferably one with any of the permissions `wanted`. */
int call_key(const struct call *call, enum key_kind kind, uint32_t index, uint32_t wanted,
             berth_resource **resource);
/* Whatever may do what needs no key. */
int call_any(const struct call *call, uint32_t wanted, berth_resource **resource);

/* BERTH_PERMISSION without the long name. */
#define MAY(what) BERTH_PERMISSION(BERTH_BIT_##what)

#endif
