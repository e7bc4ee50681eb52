/* SPDX-License-Identifier: Apache-2.0 */
/* Objects: looked for, read, brought in, destroyed. */
#include "gm_token.h"

#include <openssl/crypto.h>
#include <string.h>

static const unsigned char curve[] = {0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D};

static const struct {
    CK_ATTRIBUTE_TYPE attribute;
    CK_ULONG use;
} uses[] = {{CKA_ENCRYPT, USE_ENCRYPT}, {CKA_DECRYPT, USE_DECRYPT}, {CKA_SIGN, USE_SIGN},
            {CKA_VERIFY, USE_VERIFY},   {CKA_WRAP, USE_WRAP},       {CKA_UNWRAP, USE_UNWRAP}};

const CK_ATTRIBUTE *gm_find(const CK_ATTRIBUTE *templ, CK_ULONG count, CK_ATTRIBUTE_TYPE type) {
    for (CK_ULONG i = 0; i < count; i++) {
        if (templ[i].type == type) {
            return &templ[i];
        }
    }
    return NULL;
}

CK_ULONG gm_number(const CK_ATTRIBUTE *templ, CK_ULONG count, CK_ATTRIBUTE_TYPE type) {
    CK_ULONG value = (CK_ULONG)-1;
    const CK_ATTRIBUTE *found = gm_find(templ, count, type);
    if (found != NULL && found->ulValueLen == sizeof value) {
        memcpy(&value, found->pValue, sizeof value);
    }
    return value;
}

CK_BBOOL gm_flag(const CK_ATTRIBUTE *templ, CK_ULONG count, CK_ATTRIBUTE_TYPE type) {
    const CK_ATTRIBUTE *found = gm_find(templ, count, type);
    return found != NULL && found->ulValueLen == 1 && *(const CK_BBOOL *)found->pValue == CK_TRUE;
}

CK_ULONG gm_uses_of(const CK_ATTRIBUTE *templ, CK_ULONG count) {
    CK_ULONG all = 0;
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        all |= gm_flag(templ, count, uses[i].attribute) ? uses[i].use : 0;
    }
    return all;
}

CK_RV gm_find_objects_init(CK_SESSION_HANDLE handle, CK_ATTRIBUTE *wanted, CK_ULONG count) {
    struct session *session = gm_at(handle);
    const CK_ATTRIBUTE *label = gm_find(wanted, count, CKA_LABEL);
    session->found = 0;
    session->class = gm_number(wanted, count, CKA_CLASS);
    memset(session->wanted_label, 0, sizeof session->wanted_label);
    if (label != NULL && label->ulValueLen < TEXT_MOST) {
        memcpy(session->wanted_label, label->pValue, label->ulValueLen);
    }
    return CKR_OK;
}

CK_RV gm_find_objects(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE *found, CK_ULONG most,
                      CK_ULONG *count) {
    struct session *session = gm_at(handle);
    for (*count = 0; session->found < OBJECTS && *count < most; session->found++) {
        const struct object *each = &gm_objects[session->found];
        if (each->exists && each->of_token &&
            (session->class == (CK_ULONG)-1 || session->class == each->class) &&
            (session->wanted_label[0] == 0 || strcmp(session->wanted_label, each->label) == 0)) {
            found[(*count)++] = session->found + 1;
        }
    }
    return CKR_OK;
}

CK_RV gm_find_objects_final(CK_SESSION_HANDLE handle) {
    return gm_at(handle) == NULL ? CKR_SESSION_HANDLE_INVALID : CKR_OK;
}

static CK_RV give(CK_ATTRIBUTE *attribute, const void *value, CK_ULONG length) {
    if (attribute->pValue != NULL) {
        if (attribute->ulValueLen < length) {
            return CKR_BUFFER_TOO_SMALL;
        }
        memcpy(attribute->pValue, value, length);
    }
    attribute->ulValueLen = length;
    return CKR_OK;
}

CK_RV gm_get_attribute_value(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which,
                             CK_ATTRIBUTE *attribute, CK_ULONG count) {
    const struct object *key = gm_object(which);
    unsigned char point[2 + POINT_BYTES] = {CKA_CLASS};
    (void)count;
    if (gm_at(handle) == NULL) {
        return CKR_SESSION_HANDLE_INVALID;
    }
    if (key == NULL) {
        return CKR_OBJECT_HANDLE_INVALID;
    }
    switch (attribute->type) {
    case CKA_CLASS:
        return give(attribute, &key->class, sizeof key->class);
    case CKA_KEY_TYPE:
        return give(attribute, &key->type, sizeof key->type);
    case CKA_LABEL:
        return give(attribute, key->label, strlen(key->label));
    case CKA_EC_POINT:
        if (key->class == CKO_SECRET_KEY) {
            break;
        }
        point[0] = 4;
        point[1] = POINT_BYTES;
        memcpy(point + 2, key->point, POINT_BYTES);
        return give(attribute, point, sizeof point);
    default:
        break;
    }
    attribute->ulValueLen = (CK_ULONG)-1;
    return CKR_ATTRIBUTE_TYPE_INVALID;
}

/* The point in the one form that the type of key has. */
static CK_BBOOL take_point(struct object *key, const CK_ATTRIBUTE *given) {
    const unsigned char *bytes = given->pValue;
    CK_ULONG head = key->type == KEY_SM2 ? 3 : key->type == KEY_SM2_04 ? 1 : 0;
    if (given->ulValueLen != head + 2 * SM2_NUMBER_BYTES ||
        (head == 3 && (bytes[0] != 4 || bytes[1] != POINT_BYTES)) ||
        (head > 0 && bytes[head - 1] != 4)) {
        return CK_FALSE;
    }
    key->point[0] = 4;
    memcpy(key->point + 1, bytes + head, POINT_BYTES - 1);
    return CK_TRUE;
}

CK_RV gm_create_object(CK_SESSION_HANDLE handle, CK_ATTRIBUTE *templ, CK_ULONG count,
                       CK_OBJECT_HANDLE *made) {
    const CK_ATTRIBUTE *parameters = gm_find(templ, count, CKA_EC_PARAMS);
    const CK_ATTRIBUTE *point = gm_find(templ, count, CKA_EC_POINT);
    if (gm_at(handle) == NULL) {
        return CKR_SESSION_HANDLE_INVALID;
    }
    if (gm_number(templ, count, CKA_CLASS) != CKO_PUBLIC_KEY || parameters == NULL ||
        point == NULL || parameters->ulValueLen != sizeof curve ||
        memcmp(parameters->pValue, curve, sizeof curve) != 0 || gm_flag(templ, count, CKA_TOKEN)) {
        return CKR_TEMPLATE_INCONSISTENT;
    }
    struct object *key = gm_new_object(made);
    if (key == NULL) {
        return CKR_DEVICE_MEMORY;
    }
    key->class = CKO_PUBLIC_KEY;
    key->type = gm_number(templ, count, CKA_KEY_TYPE);
    key->uses = gm_uses_of(templ, count);
    if ((key->type != KEY_SM2 && key->type != KEY_SM2_04 && key->type != KEY_SM2_XY) ||
        !take_point(key, point)) {
        key->exists = CK_FALSE;
        return CKR_ATTRIBUTE_VALUE_INVALID;
    }
    return CKR_OK;
}

CK_RV gm_destroy_object(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which) {
    struct object *gone = gm_object(which);
    if (gm_at(handle) == NULL || gone == NULL) {
        return CKR_OBJECT_HANDLE_INVALID;
    }
    OPENSSL_cleanse(gone, sizeof *gone);
    return CKR_OK;
}
