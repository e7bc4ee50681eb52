/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates and mechanisms as Java packs them, taken apart into the module's structures.
 *
 *   template:   { u64 type, u64 length, value, zeros up to 8 } ...
 *   mechanism:  u64 form, type, hash, mgf, salt, tag bits, counter bits, kdf, data length,
 *               then three times { u64 length, bytes, zeros up to 8 }: first, second, third
 *
 * The structures point into the native copy, which packed_release wipes.
 */
#ifndef BERTH_PKCS11_PACKED_H
#define BERTH_PKCS11_PACKED_H

#include "pkcs11/module.h"

#define TEMPLATE_ATTRIBUTES_MAX 128

struct packed_template {
    struct scratch raw;
    CK_ATTRIBUTE attributes[TEMPLATE_ATTRIBUTES_MAX];
    CK_ULONG count;
};

/* How a mechanism's parameter is built. As ParameterForm in Java. */
enum parameter_form {
    FORM_NONE,
    FORM_RAW, /* first: the parameter itself, a chaining value or what a vendor wants */
    FORM_PSS,
    FORM_OAEP, /* second: the label */
    FORM_CTR,  /* first: the counter block */
    FORM_GCM,  /* first: the nonce, second: what is only authenticated */
    FORM_CCM,
    FORM_ECDH1,       /* second: shared data, third: the other side's point */
    FORM_STRING_DATA, /* second: data */
    FORM_CBC_DATA     /* first: the chaining value, second: data */
};

/* v2.40, 2.12.2; not in the header used here. */
struct ccm_parameters {
    CK_ULONG data_len;
    unsigned char *nonce;
    CK_ULONG nonce_len;
    unsigned char *aad;
    CK_ULONG aad_len;
    CK_ULONG mac_len;
};

struct cbc_data_parameters {
    unsigned char iv[16];
    unsigned char *data;
    CK_ULONG data_len;
};

struct packed_mechanism {
    struct scratch raw;
    CK_MECHANISM mechanism;
    union {
        CK_RSA_PKCS_PSS_PARAMS pss;
        CK_RSA_PKCS_OAEP_PARAMS oaep;
        CK_AES_CTR_PARAMS ctr;
        CK_GCM_PARAMS gcm;
        struct ccm_parameters ccm;
        CK_ECDH1_DERIVE_PARAMS ecdh1;
        CK_KEY_DERIVATION_STRING_DATA string_data;
        struct cbc_data_parameters cbc_data;
    } parameters;
};

/* Each answers CKR_OK, or what to return instead of calling; only after CKR_OK is it released. */
CK_RV unpack_template(JNIEnv *env, jbyteArray from, struct packed_template *to);
CK_RV unpack_mechanism(JNIEnv *env, jbyteArray from, struct packed_mechanism *to);

static inline void release_template(struct packed_template *packed) {
    scratch_release(&packed->raw);
}

static inline void release_mechanism(struct packed_mechanism *packed) {
    scratch_release(&packed->raw);
    explicit_bzero(&packed->parameters, sizeof packed->parameters);
}

#endif
