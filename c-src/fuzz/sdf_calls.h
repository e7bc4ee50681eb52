/* SPDX-License-Identifier: Apache-2.0 */
/* One call of the GM/T 0018 interface as the fuzzer has put it together. */
#ifndef BERTH_FUZZ_SDF_CALLS_H
#define BERTH_FUZZ_SDF_CALLS_H

#include <stdbool.h>

#include "sdf_fixture.h"

enum { ROOM = 8192 };

struct call {
    void *any;      /* of whatever kind */
    void *session;  /* mostly a session */
    void *key;      /* mostly a key */
    void **made;    /* where a new handle goes; NULL */
    bool null[4];   /* which pointers are */
    unsigned bytes; /* as told to the function */
    unsigned number;
    unsigned char *data; /* exactly that many, or NULL, or any if the length is to be refused */
    unsigned char *more; /* ROOM zeros and what followed the data */
    unsigned char *out;
    unsigned out_bytes;
};

static inline void *null_or(const struct call *call, int which, void *pointer) {
    return call->null[which] ? NULL : pointer;
}

/* Algorithms, with neighbours that are none. */
static inline unsigned algorithm(const struct call *call) {
    static const unsigned known[] = {SGD_SM4_ECB, SGD_SM4_CBC, SGD_SM4_CFB, SGD_SM4_OFB,
                                     SGD_SM4_CTR, SGD_SM4_MAC, SGD_SM3,     SGD_SM2_1,
                                     SGD_SM2_3,   SGD_SHA256,  SGD_SHA1,    SGD_SM4_GCM,
                                     SGD_SM4_CCM, SGD_SM2,     0x480,       0};
    return known[call->number % (sizeof known / sizeof known[0])];
}

/* The functions of further groups, by number. */
void call_rsa(struct call *call, unsigned function);
void call_another(struct call *call, unsigned function);
void call_seal(struct call *call, unsigned function);
void call_test_only(struct call *call, unsigned function);

#endif
