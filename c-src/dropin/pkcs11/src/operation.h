/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What C_XInit begins and C_X or C_XFinal ends. Init asks nobody: what it can refuse, it refuses
 * from what is known of token and key. Data in parts is collected here (or, for chained ciphers,
 * worked on part by part with the chaining value kept here), so that an operation outlives a
 * worker.
 */
#ifndef BERTH_PKCS11_OPERATION_H
#define BERTH_PKCS11_OPERATION_H

#include "buffer.h"
#include "mechanism.h"

enum operation_kind {
    OPERATION_NONE,
    OPERATION_DIGEST,
    OPERATION_SIGN,
    OPERATION_VERIFY,
    OPERATION_ENCRYPT,
    OPERATION_DECRYPT
};

struct operation {
    enum operation_kind kind;
    struct mechanism mechanism;
    struct key key;
    bool wants_login; /* CKA_ALWAYS_AUTHENTICATE, and C_Login has not come yet */
    bool in_parts;    /* C_XUpdate has been called */
    struct buffer data;
    /* A result whose length the application asked for before it is known otherwise: made once, and
     * kept for the call that takes it. */
    bool has_result;
    struct buffer asked;
    struct buffer result;
};

struct session;

/* With the session taken. mechanism NULL and wrong handles are found out here. */
CK_RV operation_begin(struct session *session, enum operation_kind kind,
                      const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
/* CKR_OPERATION_NOT_INITIALIZED if something else, or nothing, is going on. whole: C_X, not its
 * parts; the two do not mix. */
CK_RV operation_expect(struct operation *operation, enum operation_kind kind, bool whole);
/* Forgets and wipes. */
void operation_end(struct operation *operation);
/* What the worker of a card refused without a code of the card's concerns its data, of so many
 * bytes: says so in PKCS #11's words. Any other value is handed on. */
CK_RV operation_refused(const struct operation *operation, size_t bytes, CK_RV value);
/* Collects a part. */
CK_RV operation_collect(struct operation *operation, const void *part, CK_ULONG bytes);

/*
 * PKCS #11's convention for results (2.40, 5.2). bound != 0: the result is at most that long, and
 * the application is told so without anything being done. Else make is called once. Ends the
 * operation unless only a length was asked for.
 */
typedef CK_RV (*operation_maker)(struct operation *operation, const uint8_t *data, size_t bytes);
CK_RV operation_result(struct operation *operation, operation_maker make, const uint8_t *data,
                       size_t bytes, size_t bound, unsigned char *out, CK_ULONG *out_bytes);

/* Whether there can be so much data at that place at all. */
static inline bool operation_arguments(const void *data, CK_ULONG bytes) {
    return (data != NULL || bytes == 0) && bytes <= (CK_ULONG)-1 / 4;
}

#endif
