/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of the client's library: a broker with two tokens in this process, computing with
 * OpenSSL. "hsm:token" is behind hsm/pkcs11, "hsm:card" behind hsm/sdf. What happens between module
 * and worker is decided by the test, call by call.
 */
#ifndef BERTH_PKCS11_TESTS_PLAYED_TOKEN_H
#define BERTH_PKCS11_TESTS_PLAYED_TOKEN_H

#include <berth/berth.h>

#include <stdatomic.h>

#define PLAYED_PIN "24681012"

struct played {
    bool unreachable;    /* nobody listens */
    bool login_required; /* and PLAYED_PIN is the PIN */
    bool hidden;         /* the policy shows no device */
    bool bare_device;    /* the device's own name is not granted, only keys are */
    bool no_grant;       /* what is listed cannot be opened */
    /* The next `failures` calls of the operation (0 = any) end so. */
    unsigned failures;
    uint32_t failing_operation;
    berth_result failure;
    uint32_t device_code;
    /* Seen. */
    atomic_uint connects;
    atomic_uint closes;
    atomic_uint calls;
    uint32_t last_operation;
    uint32_t last_flags;
    bool last_had_input;
    unsigned inputs_freed;
    unsigned inputs_wiped;
    unsigned outputs_freed;
    unsigned outputs_wiped;
};

extern struct played played;

/* Everything as at the beginning. */
void played_reset(void);
/* Sessions' objects are gone, as after the loss of a worker. */
void played_lose_worker(void);
/* An object of that name is destroyed by somebody else. */
void played_destroy(const char *name);

#endif
