/* SPDX-License-Identifier: Apache-2.0 */
/* SM4 keys in wrapped form: how they come to be, and leave. */
#include <stdlib.h>
#include <string.h>

#include "card_key.h"
#include "gm.h"
#include "name.h"
#include "session.h"
#include "sm4.h"

/* What a template can ask of such a key. */
static CK_RV check_template(struct session *session, const CK_ATTRIBUTE *templ, CK_ULONG count) {
    CK_KEY_TYPE type = gm_number(GM_SM4_KEY_TYPE);
    if (attribute_number(templ, count, CKA_CLASS, CKO_SECRET_KEY) != CKO_SECRET_KEY ||
        attribute_number(templ, count, CKA_KEY_TYPE, type) != type ||
        attribute_find(templ, count, CKA_VALUE) != NULL ||
        !attribute_flag(templ, count, CKA_SENSITIVE, true)) {
        return CKR_TEMPLATE_INCONSISTENT;
    }
    if (attribute_number(templ, count, CKA_VALUE_LEN, SM4_KEY_BYTES) != SM4_KEY_BYTES) {
        return CKR_ATTRIBUTE_VALUE_INVALID;
    }
    if (attribute_flag(templ, count, CKA_TOKEN, false)) {
        return CKR_TOKEN_WRITE_PROTECTED; /* the card keeps none of them */
    }
    return attribute_flag(templ, count, CKA_PRIVATE, true) && !session_sees_private(session)
               ? CKR_USER_NOT_LOGGED_IN
               : CKR_OK;
}

static bool put_text(struct local_attributes *into, const CK_ATTRIBUTE *templ, CK_ULONG count,
                     CK_ATTRIBUTE_TYPE type) {
    const CK_ATTRIBUTE *given = attribute_find(templ, count, type);
    return given == NULL ? local_put(into, type, "", 0)
                         : local_put(into, type, given->pValue, given->ulValueLen);
}

static bool put_flag(struct local_attributes *into, const CK_ATTRIBUTE *templ, CK_ULONG count,
                     CK_ATTRIBUTE_TYPE type, bool otherwise) {
    return local_put_flag(into, type, attribute_flag(templ, count, type, otherwise));
}

static bool put_attributes(struct local_attributes *into, const CK_ATTRIBUTE *templ, CK_ULONG count,
                           bool generated) {
    return local_put_number(into, CKA_CLASS, CKO_SECRET_KEY) &&
           local_put_number(into, CKA_KEY_TYPE, gm_number(GM_SM4_KEY_TYPE)) &&
           local_put_number(into, CKA_VALUE_LEN, SM4_KEY_BYTES) &&
           local_put_flag(into, CKA_TOKEN, false) && put_text(into, templ, count, CKA_LABEL) &&
           put_text(into, templ, count, CKA_ID) &&
           put_flag(into, templ, count, CKA_PRIVATE, true) &&
           put_flag(into, templ, count, CKA_ENCRYPT, true) &&
           put_flag(into, templ, count, CKA_DECRYPT, true) &&
           put_flag(into, templ, count, CKA_EXTRACTABLE, false) &&
           local_put_flag(into, CKA_SENSITIVE, true) &&
           local_put_flag(into, CKA_LOCAL, generated) && local_put_flag(into, CKA_SIGN, false) &&
           local_put_flag(into, CKA_VERIFY, false) && local_put_flag(into, CKA_WRAP, false) &&
           local_put_flag(into, CKA_UNWRAP, false) && local_put_flag(into, CKA_DERIVE, false) &&
           local_put_flag(into, CKA_MODIFIABLE, false);
}

static CK_RV make(struct session *session, berth_resource *under, const uint8_t *wrapped,
                  size_t bytes, const CK_ATTRIBUTE *templ, CK_ULONG count, bool generated,
                  CK_OBJECT_HANDLE *made) {
    struct local_attributes *attributes = calloc(1, sizeof *attributes);
    if (attributes == NULL) {
        return CKR_HOST_MEMORY;
    }
    if (!put_attributes(attributes, templ, count, generated)) {
        local_free(attributes);
        return CKR_HOST_MEMORY;
    }
    return object_made_wrapped(session, under, wrapped, bytes, attributes, made);
}

static bool is_kek(struct name *name) {
    pthread_mutex_lock(&module.lock);
    bool is = name->entry != NULL && card_wraps(name->entry);
    pthread_mutex_unlock(&module.lock);
    return is;
}

CK_RV sm4_generate(struct session *session, const CK_ATTRIBUTE *templ, CK_ULONG count,
                   CK_OBJECT_HANDLE *made) {
    struct name *name;
    CK_RV value = check_template(session, templ, count);
    if (value != CKR_OK) {
        return value;
    }
    for (size_t i = 0; (name = name_at(session->slot, i)) != NULL; i++) {
        if (!is_kek(name) || !slot_open_name(name)) {
            continue;
        }
        struct remote remote;
        const uint8_t *wrapped;
        size_t bytes;
        remote_begin(&remote, name->opened);
        protobuf_put_varint(&remote.writer, 1, 8 * SM4_KEY_BYTES);
        value = remote_call(&remote, BERTH_OP_GENERATE_KEY);
        bool denied = remote_is_denied(&remote);
        value = value == CKR_OK ? remote_bytes(&remote, 1, &wrapped, &bytes) : value;
        value = value == CKR_OK && bytes == 0 ? CKR_DEVICE_ERROR : value;
        if (value == CKR_OK) {
            value = make(session, name->opened, wrapped, bytes, templ, count, true, made);
        }
        value = remote_end(&remote, value);
        if (!denied) {
            return value;
        }
    }
    return CKR_FUNCTION_REJECTED;
}

CK_RV sm4_unwrap(struct session *session, const struct key *under, const uint8_t *wrapped,
                 size_t bytes, const CK_ATTRIBUTE *templ, CK_ULONG count, CK_OBJECT_HANDLE *made) {
    CK_RV value = check_template(session, templ, count);
    if (value == CKR_OK && bytes > WRAPPED_MAX_BYTES) {
        value = CKR_WRAPPED_KEY_LEN_RANGE;
    }
    return value == CKR_OK
               ? make(session, under->resource, wrapped, bytes, templ, count, false, made)
               : value;
}

CK_RV sm4_wrap(const struct key *under, const struct key *key, unsigned char *out,
               CK_ULONG *out_bytes) {
    if (key->local_kind != LOCAL_WRAPPED_KEY || key->resource != under->resource) {
        return CKR_KEY_NOT_WRAPPABLE;
    }
    if (!key->facts.extractable) {
        return CKR_KEY_UNEXTRACTABLE;
    }
    CK_ULONG room = *out_bytes;
    *out_bytes = key->wrapped_bytes;
    if (out != NULL && room < key->wrapped_bytes) {
        return CKR_BUFFER_TOO_SMALL;
    }
    if (out != NULL) {
        memcpy(out, key->wrapped, key->wrapped_bytes);
    }
    return CKR_OK;
}
