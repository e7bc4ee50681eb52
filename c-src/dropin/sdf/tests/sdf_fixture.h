/* SPDX-License-Identifier: Apache-2.0 */
/* A played broker with a card hsm:card, and a program that has opened it through the library. */
#ifndef BERTH_DROPIN_SDF_TESTS_FIXTURE_H
#define BERTH_DROPIN_SDF_TESTS_FIXTURE_H

#include <berth/sdf.h>

#include "check.h"
#include "peer.h"

#define CHECK_CODE(call, code)                                                                     \
    do {                                                                                           \
        int check_code = (call);                                                                   \
        if (check_code != (int)(code)) {                                                           \
            fprintf(stderr, "%s:%d: %s: %s: 0x%08X instead of 0x%08X (%s)\n", __FILE__, __LINE__,  \
                    __func__, #call, (unsigned)check_code, (unsigned)(code), berth_last_error());  \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)
#define CHECK_SDR_OK(call) CHECK_CODE(call, SDR_OK)

/* Indices of the played card's keys. */
enum {
    PAIR = 1,        /* hsm:card/sign-1, all permissions */
    VERIFY_PAIR = 2, /* hsm:card/public, verify and export only */
    GONE_PAIR = 3,   /* in the configuration, but the broker does not know it */
    KEK = 1,         /* hsm:card/kek-1 */
    RSA_PAIR = 5,    /* hsm:card/rsa-1 */
    LISTED = 10,     /* a pair and a KEK of the catalogue; the pair is also hsm:card/public */
    NO_KEY = 77
};
/* Buffer of the configuration. */
#define BUFFER_BYTES 65536

struct sdf {
    char socket[108];
    char config[128];
    struct peer peer;
    void *device;
    void *session;
};

/* The peer and the environment; nothing is open. */
struct sdf sdf_prepare(void);
/* As that, with a device and a session. */
struct sdf sdf_start(void);
/* The same for a program that is granted all but these permissions. */
struct sdf sdf_start_without(uint32_t permissions);
/* The same with another limit. */
struct sdf sdf_start_with(unsigned buffer_bytes);
/* A peer in the place of the one before. */
void sdf_restart_peer(struct sdf *sdf);
/* As that; the pair LISTED has now another name only. */
void sdf_move_listed(struct sdf *sdf);
void sdf_stop(struct sdf *sdf);
/* A session key under the KEK. */
void *sdf_key(const struct sdf *sdf);

#endif
