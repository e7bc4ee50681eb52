/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mechanisms: which of Berth's operations each belongs to, what its parameter looks like, and how
 * long its results are. What the table does not know is a vendor's: it goes to the OTHER operations
 * with its parameter as it stands, if the token lists it.
 */
#ifndef BERTH_PKCS11_MECHANISM_H
#define BERTH_PKCS11_MECHANISM_H

#include "object.h"
#include "token.h"

enum mechanism_family {
    FAMILY_OTHER,
    FAMILY_RSA,
    FAMILY_EC,
    FAMILY_AES,
    FAMILY_DIGEST,
    FAMILY_MAC,
    FAMILY_GM, /* SM2, SM3 by operations of their own */
    FAMILY_SM4 /* with keys in wrapped form */
};

enum parameter_form {
    FORM_NONE, /* whatever stands there is overlooked, as tokens do */
    FORM_MUST_BE_EMPTY,
    FORM_AS_IT_STANDS, /* bytes without pointers, or nothing */
    FORM_PSS,
    FORM_OAEP,
    FORM_IV,          /* 16 bytes */
    FORM_IV_SHORT,    /* 8 bytes */
    FORM_IV_OPTIONAL, /* 8, 4 or 0 bytes: key wrapping */
    FORM_CTR,
    FORM_GCM,
    FORM_ECDH,
    FORM_NUMBER /* a CK_ULONG: the length of a shortened MAC */
};

enum mechanism_trait {
    TRAIT_PARTS = 1 << 0,   /* takes its data in parts, too */
    TRAIT_CHAINED = 1 << 1, /* parts are worked on as they come, by chaining value */
    TRAIT_PADDED = 1 << 2   /* CBC with padding */
};

struct mechanism_kind {
    CK_MECHANISM_TYPE type;
    enum mechanism_family family;
    enum parameter_form form;
    unsigned traits;       /* enum mechanism_trait */
    CK_ULONG result_bytes; /* digests, MACs; 0 = from the key or unknown */
    CK_KEY_TYPE key_type;  /* CK_UNAVAILABLE_INFORMATION = any */
};

/* One mechanism with its parameter, copied out of the application's memory. */
struct mechanism {
    CK_MECHANISM_TYPE type;
    struct mechanism_kind kind;
    uint64_t hash;
    uint64_t mgf;
    uint64_t salt_bytes;
    uint64_t kdf;
    uint32_t tag_bits;
    uint32_t counter_bits;
    uint8_t iv[256];
    size_t iv_bytes;
    uint8_t *data; /* OAEP: label; GCM: AAD; ECDH: shared data; else the parameter as it stands */
    size_t data_bytes;
    uint8_t *public_data; /* ECDH */
    size_t public_bytes;
};

#define BLOCK_BYTES 16

/* Copies and checks. CKR_MECHANISM_PARAM_INVALID, CKR_ARGUMENTS_BAD, CKR_HOST_MEMORY. On success
 * mechanism_free must follow. What a vendor's number means depends on the slot. */
CK_RV mechanism_take(const struct slot *slot, const CK_MECHANISM *from,
                     struct mechanism *mechanism);
void mechanism_free(struct mechanism *mechanism);
/* Whether the token does that with it (CKF_SIGN, …). Else CKR_MECHANISM_INVALID. */
CK_RV mechanism_offered(struct slot *slot, const CK_MECHANISM *mechanism, CK_FLAGS use);
/* Whether the mechanism takes such a key. */
CK_RV mechanism_suits(const struct mechanism *mechanism, const struct object_facts *key);
/* Message Mechanism in that field. type: as another mechanism of the same parameter. */
void mechanism_put(struct remote *remote, uint32_t field, const struct mechanism *mechanism);
void mechanism_put_as(struct remote *remote, uint32_t field, const struct mechanism *mechanism,
                      CK_MECHANISM_TYPE type);

enum mechanism_action { ACT_SIGN, ACT_VERIFY, ACT_ENCRYPT, ACT_DECRYPT };
/* Which of Berth's operations that is; 0 = none. */
uint32_t mechanism_operation(const struct mechanism *mechanism, enum mechanism_action action);

#endif
