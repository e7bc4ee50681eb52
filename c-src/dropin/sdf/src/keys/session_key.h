/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session key is kept in the form in which the card wrapped it, with the name of the key that
 * wraps it: the worker imports it where and when it is needed. So it outlives worker, broker and
 * fork, and is no secret. Only a key without such a form is held by the worker (keys/held.h).
 */
#ifndef BERTH_DROPIN_SDF_SESSION_KEY_H
#define BERTH_DROPIN_SDF_SESSION_KEY_H

#include "hsm_exchange.h"
#include "keys/held.h"

enum { SM4_KEY_BYTES = 16, HMAC_KEY_BYTES = 32, ANY_KEY_BYTES = 0 };

struct session_key {
    struct object object; /* its owner is the session */
    char under[NAME_BYTES];
    unsigned bytes; /* ANY_KEY_BYTES: the card knows */
    berth_wrapped_key wrapped;
    struct held held; /* instead of `wrapped` */
};

/* A handle of the call's session for it. */
int session_key_make(const struct call *call, const char *under, unsigned bytes,
                     const berth_wrapped_key *wrapped, void **handle);
/* As that, for one that the worker holds; it is given back if there is no handle for it. */
int session_key_hold(const struct call *call, const char *under, unsigned bytes, uint64_t number,
                     void **handle);
/*
 * The key with a reference more (handle_release). SDR_KEYNOTEXIST: no key of this session;
 * SDR_KEYTYPEERR: it has not that many bytes; SDR_BERTH_KEY_LOST: it is known to be gone.
 */
int session_key_take(const struct call *call, void *handle, unsigned bytes,
                     struct session_key **key);
/* Over which the key's operations are called. */
int session_key_resource(const struct call *call, const struct session_key *key,
                         berth_resource **resource);
/* As it stands in a request. */
struct exchange_key session_key_named(const struct session_key *key);
/* As code_of, for a request that named it. */
int session_key_code(struct session_key *key, berth_result result, const char *what);

#endif
