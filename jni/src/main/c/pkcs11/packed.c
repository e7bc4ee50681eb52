/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/packed.h"

struct reader {
    unsigned char *at;
    size_t left;
};

static bool take_number(struct reader *from, CK_ULONG *number) {
    if (from->left < sizeof *number) {
        return false;
    }
    memcpy(number, from->at, sizeof *number);
    from->at += sizeof *number;
    from->left -= sizeof *number;
    return true;
}

static bool take_bytes(struct reader *from, CK_ULONG length, unsigned char **bytes) {
    size_t padded = (size_t)((length + 7) & ~(CK_ULONG)7);
    if (length > from->left || padded > from->left) {
        return false;
    }
    *bytes = from->at;
    from->at += padded;
    from->left -= padded;
    return true;
}

static CK_RV copy_in(JNIEnv *env, jbyteArray from, struct scratch *raw, struct reader *reader) {
    jint length = (*env)->GetArrayLength(env, from);
    if (!scratch_copy(raw, env, from, 0, length)) {
        return CKR_HOST_MEMORY;
    }
    reader->at = raw->bytes;
    reader->left = (size_t)length;
    return CKR_OK;
}

CK_RV unpack_template(JNIEnv *env, jbyteArray from, struct packed_template *to) {
    struct reader reader;
    CK_RV code = copy_in(env, from, &to->raw, &reader);
    if (code != CKR_OK) {
        return code;
    }
    to->count = 0;
    while (reader.left > 0) {
        CK_ATTRIBUTE *attribute = &to->attributes[to->count];
        unsigned char *value;
        if (to->count == TEMPLATE_ATTRIBUTES_MAX || !take_number(&reader, &attribute->type) ||
            !take_number(&reader, &attribute->ulValueLen) ||
            !take_bytes(&reader, attribute->ulValueLen, &value)) {
            release_template(to);
            return CKR_ARGUMENTS_BAD;
        }
        attribute->pValue = value;
        to->count++;
    }
    return CKR_OK;
}

struct blob {
    unsigned char *bytes;
    CK_ULONG length;
};

/* In the order in which they are packed. */
struct numbers {
    CK_ULONG form, type, hash, mgf, salt_bytes, tag_bits, counter_bits, kdf, data_bytes;
};

/* No module gets a pointer to nothing: some compute with it. */
static unsigned char *or_null(const struct blob *blob) {
    return blob->length > 0 ? blob->bytes : NULL;
}

static void set(struct packed_mechanism *to, void *parameter, size_t length) {
    to->mechanism.pParameter = length > 0 ? parameter : NULL;
    to->mechanism.ulParameterLen = length;
}

static CK_RV build(struct packed_mechanism *to, const struct numbers *n, const struct blob *first,
                   const struct blob *second, const struct blob *third) {
    to->mechanism.mechanism = n->type;
    memset(&to->parameters, 0, sizeof to->parameters);
    switch ((enum parameter_form)n->form) {
    case FORM_NONE:
        set(to, NULL, 0);
        return CKR_OK;
    case FORM_RAW:
        set(to, first->bytes, first->length);
        return CKR_OK;
    case FORM_PSS:
        to->parameters.pss.hashAlg = n->hash;
        to->parameters.pss.mgf = n->mgf;
        to->parameters.pss.sLen = n->salt_bytes;
        set(to, &to->parameters.pss, sizeof to->parameters.pss);
        return CKR_OK;
    case FORM_OAEP:
        to->parameters.oaep.hashAlg = n->hash;
        to->parameters.oaep.mgf = n->mgf;
        to->parameters.oaep.source = CKZ_DATA_SPECIFIED;
        to->parameters.oaep.pSourceData = or_null(second);
        to->parameters.oaep.ulSourceDataLen = second->length;
        set(to, &to->parameters.oaep, sizeof to->parameters.oaep);
        return CKR_OK;
    case FORM_CTR:
        if (first->length != sizeof to->parameters.ctr.cb) {
            return CKR_MECHANISM_PARAM_INVALID;
        }
        to->parameters.ctr.ulCounterBits = n->counter_bits;
        memcpy(to->parameters.ctr.cb, first->bytes, sizeof to->parameters.ctr.cb);
        set(to, &to->parameters.ctr, sizeof to->parameters.ctr);
        return CKR_OK;
    case FORM_GCM:
        to->parameters.gcm.pIv = or_null(first);
        to->parameters.gcm.ulIvLen = first->length;
        to->parameters.gcm.ulIvBits = first->length * 8;
        to->parameters.gcm.pAAD = or_null(second);
        to->parameters.gcm.ulAADLen = second->length;
        to->parameters.gcm.ulTagBits = n->tag_bits;
        set(to, &to->parameters.gcm, sizeof to->parameters.gcm);
        return CKR_OK;
    case FORM_CCM:
        to->parameters.ccm.data_len = n->data_bytes;
        to->parameters.ccm.nonce = or_null(first);
        to->parameters.ccm.nonce_len = first->length;
        to->parameters.ccm.aad = or_null(second);
        to->parameters.ccm.aad_len = second->length;
        to->parameters.ccm.mac_len = n->tag_bits / 8;
        set(to, &to->parameters.ccm, sizeof to->parameters.ccm);
        return CKR_OK;
    case FORM_ECDH1:
        to->parameters.ecdh1.kdf = n->kdf;
        to->parameters.ecdh1.pSharedData = or_null(second);
        to->parameters.ecdh1.ulSharedDataLen = second->length;
        to->parameters.ecdh1.pPublicData = or_null(third);
        to->parameters.ecdh1.ulPublicDataLen = third->length;
        set(to, &to->parameters.ecdh1, sizeof to->parameters.ecdh1);
        return CKR_OK;
    case FORM_STRING_DATA:
        to->parameters.string_data.pData = or_null(second);
        to->parameters.string_data.ulLen = second->length;
        set(to, &to->parameters.string_data, sizeof to->parameters.string_data);
        return CKR_OK;
    case FORM_CBC_DATA:
        if (first->length != sizeof to->parameters.cbc_data.iv) {
            return CKR_MECHANISM_PARAM_INVALID;
        }
        memcpy(to->parameters.cbc_data.iv, first->bytes, sizeof to->parameters.cbc_data.iv);
        to->parameters.cbc_data.data = or_null(second);
        to->parameters.cbc_data.data_len = second->length;
        set(to, &to->parameters.cbc_data, sizeof to->parameters.cbc_data);
        return CKR_OK;
    }
    return CKR_MECHANISM_PARAM_INVALID;
}

static bool take_numbers(struct reader *from, struct numbers *numbers) {
    return take_number(from, &numbers->form) && take_number(from, &numbers->type) &&
           take_number(from, &numbers->hash) && take_number(from, &numbers->mgf) &&
           take_number(from, &numbers->salt_bytes) && take_number(from, &numbers->tag_bits) &&
           take_number(from, &numbers->counter_bits) && take_number(from, &numbers->kdf) &&
           take_number(from, &numbers->data_bytes);
}

static bool take_blob(struct reader *from, struct blob *blob) {
    return take_number(from, &blob->length) && take_bytes(from, blob->length, &blob->bytes);
}

CK_RV unpack_mechanism(JNIEnv *env, jbyteArray from, struct packed_mechanism *to) {
    struct reader reader;
    struct numbers numbers;
    struct blob first;
    struct blob second;
    struct blob third;
    CK_RV code = copy_in(env, from, &to->raw, &reader);
    if (code != CKR_OK) {
        return code;
    }
    if (!take_numbers(&reader, &numbers) || !take_blob(&reader, &first) ||
        !take_blob(&reader, &second) || !take_blob(&reader, &third)) {
        code = CKR_ARGUMENTS_BAD;
    } else {
        code = build(to, &numbers, &first, &second, &third);
    }
    if (code != CKR_OK) {
        release_mechanism(to);
    }
    return code;
}
