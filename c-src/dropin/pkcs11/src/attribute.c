/* SPDX-License-Identifier: Apache-2.0 */
#include "attribute.h"

#include <stdlib.h>
#include <string.h>

/* Fields of message Attribute. */
enum { ATTRIBUTE_TYPE = 1, ATTRIBUTE_VALUE = 2, ATTRIBUTE_SENSITIVE = 3, ATTRIBUTE_ABSENT = 4 };

#define WIRE_NUMBER_BYTES 8

static bool is_number(CK_ATTRIBUTE_TYPE type) {
    switch (type) {
    case CKA_CLASS:
    case CKA_KEY_TYPE:
    case CKA_CERTIFICATE_TYPE:
    case CKA_CERTIFICATE_CATEGORY:
    case CKA_JAVA_MIDP_SECURITY_DOMAIN:
    case CKA_MODULUS_BITS:
    case CKA_PRIME_BITS:
    case CKA_SUB_PRIME_BITS:
    case CKA_VALUE_BITS:
    case CKA_VALUE_LEN:
    case CKA_KEY_GEN_MECHANISM:
    case CKA_HW_FEATURE_TYPE:
    case CKA_MECHANISM_TYPE:
        return true;
    default:
        return false;
    }
}

CK_RV attribute_check(const CK_ATTRIBUTE *templ, CK_ULONG count) {
    if (templ == NULL && count != 0) {
        return CKR_ARGUMENTS_BAD;
    }
    if (count > ATTRIBUTE_COUNT_MAX) {
        return CKR_TEMPLATE_INCONSISTENT;
    }
    for (CK_ULONG i = 0; i < count; i++) {
        bool nested =
            (templ[i].type & CKF_ARRAY_ATTRIBUTE) != 0 && templ[i].type != CKA_ALLOWED_MECHANISMS;
        if (nested) { /* templates within templates hold pointers, and do not travel */
            return CKR_ATTRIBUTE_TYPE_INVALID;
        }
        if (templ[i].ulValueLen > REMOTE_MESSAGE_BYTES ||
            (templ[i].pValue == NULL && templ[i].ulValueLen != 0)) {
            return CKR_ATTRIBUTE_VALUE_INVALID;
        }
    }
    return CKR_OK;
}

const CK_ATTRIBUTE *attribute_find(const CK_ATTRIBUTE *templ, CK_ULONG count,
                                   CK_ATTRIBUTE_TYPE type) {
    for (CK_ULONG i = 0; i < count; i++) {
        if (templ[i].type == type) {
            return &templ[i];
        }
    }
    return NULL;
}

bool attribute_flag(const CK_ATTRIBUTE *templ, CK_ULONG count, CK_ATTRIBUTE_TYPE type,
                    bool otherwise) {
    const CK_ATTRIBUTE *attribute = attribute_find(templ, count, type);
    return attribute != NULL && attribute->ulValueLen == 1
               ? *(const unsigned char *)attribute->pValue != 0
               : otherwise;
}

CK_ULONG attribute_number(const CK_ATTRIBUTE *templ, CK_ULONG count, CK_ATTRIBUTE_TYPE type,
                          CK_ULONG otherwise) {
    const CK_ATTRIBUTE *attribute = attribute_find(templ, count, type);
    if (attribute != NULL && attribute->ulValueLen == sizeof otherwise) {
        memcpy(&otherwise, attribute->pValue, sizeof otherwise);
    }
    return otherwise;
}

/* ---- Messages ---------------------------------------------------------------------------------
 */

void attribute_put(struct remote *remote, uint32_t field, const CK_ATTRIBUTE *templ,
                   CK_ULONG count) {
    for (CK_ULONG i = 0; i < count; i++) {
        size_t opened = remote_open(remote, field);
        protobuf_put_varint(&remote->writer, ATTRIBUTE_TYPE, templ[i].type);
        if (sizeof(CK_ULONG) != WIRE_NUMBER_BYTES && is_number(templ[i].type) &&
            templ[i].ulValueLen == sizeof(CK_ULONG)) {
            CK_ULONG number;
            memcpy(&number, templ[i].pValue, sizeof number);
            uint64_t wide = number;
            protobuf_put_bytes(&remote->writer, ATTRIBUTE_VALUE, &wide, sizeof wide);
        } else {
            protobuf_put_bytes(&remote->writer, ATTRIBUTE_VALUE, templ[i].pValue,
                               templ[i].ulValueLen);
        }
        remote_close(remote, opened);
    }
}

void attribute_put_types(struct remote *remote, uint32_t field, const CK_ATTRIBUTE *templ,
                         CK_ULONG count) {
    uint8_t packed[10 * 64]; /* varints one after the other: a packed field */
    size_t used = 0;
    for (CK_ULONG i = 0; i < count && used <= sizeof packed - 10; i++) {
        uint64_t type = templ[i].type;
        for (; type > 0x7f; type >>= 7) {
            packed[used++] = (uint8_t)(type | 0x80);
        }
        packed[used++] = (uint8_t)type;
    }
    protobuf_put_bytes(&remote->writer, field, packed, used);
}

bool attribute_told(const struct protobuf_field *field, struct told *told) {
    uint64_t type, sensitive, absent;
    if (!field->is_bytes ||
        !protobuf_find_varint(field->bytes, field->size, ATTRIBUTE_TYPE, &type) ||
        !protobuf_find_bytes(field->bytes, field->size, ATTRIBUTE_VALUE, &told->value,
                             &told->bytes) ||
        !protobuf_find_varint(field->bytes, field->size, ATTRIBUTE_SENSITIVE, &sensitive) ||
        !protobuf_find_varint(field->bytes, field->size, ATTRIBUTE_ABSENT, &absent)) {
        return false;
    }
    told->type = (CK_ATTRIBUTE_TYPE)type;
    told->sensitive = sensitive != 0;
    told->absent = absent != 0;
    return true;
}

uint64_t attribute_told_number(const struct told *told) {
    uint64_t number = 0;
    memcpy(&number, told->bytes == 0 ? (const uint8_t *)"" : told->value,
           told->bytes < sizeof number ? told->bytes : sizeof number);
    return number;
}

/* ---- The application's buffers ----------------------------------------------------------------
 */

/* The value as this machine's CK_ULONG, if it is one and they differ. */
static const uint8_t *as_here(CK_ATTRIBUTE_TYPE type, const uint8_t *value, size_t *bytes,
                              CK_ULONG *number) {
    if (sizeof(CK_ULONG) != WIRE_NUMBER_BYTES && is_number(type) && *bytes == WIRE_NUMBER_BYTES) {
        memcpy(number, value, sizeof *number); /* little-endian: the low half */
        *bytes = sizeof *number;
        return (const uint8_t *)number;
    }
    return value;
}

CK_RV attribute_give(CK_ATTRIBUTE *attribute, const uint8_t *value, size_t bytes) {
    CK_ULONG number;
    value = as_here(attribute->type, value, &bytes, &number);
    if (attribute->pValue != NULL && attribute->ulValueLen < bytes) {
        attribute->ulValueLen = CK_UNAVAILABLE_INFORMATION;
        return CKR_BUFFER_TOO_SMALL;
    }
    if (attribute->pValue != NULL && bytes != 0) {
        memcpy(attribute->pValue, value, bytes);
    }
    attribute->ulValueLen = bytes;
    return CKR_OK;
}

bool attribute_matches(const CK_ATTRIBUTE *attribute, const uint8_t *value, size_t bytes) {
    CK_ULONG number;
    value = as_here(attribute->type, value, &bytes, &number);
    return attribute->ulValueLen == bytes &&
           (bytes == 0 || memcmp(attribute->pValue, value, bytes) == 0);
}

/* ---- Lists of our own -------------------------------------------------------------------------
 */

bool local_put(struct local_attributes *attributes, CK_ATTRIBUTE_TYPE type, const void *value,
               size_t bytes) {
    uint8_t *copy = malloc(bytes + 1);
    if (copy == NULL || attributes->count == LOCAL_ATTRIBUTES_MAX) {
        free(copy);
        return false;
    }
    if (bytes != 0) {
        memcpy(copy, value, bytes);
    }
    attributes->all[attributes->count++] =
        (struct local_attribute){.type = type, .bytes = bytes, .value = copy};
    return true;
}

bool local_put_number(struct local_attributes *attributes, CK_ATTRIBUTE_TYPE type,
                      uint64_t number) {
    return local_put(attributes, type, &number, sizeof number);
}

bool local_put_flag(struct local_attributes *attributes, CK_ATTRIBUTE_TYPE type, bool flag) {
    unsigned char byte = flag ? CK_TRUE : CK_FALSE;
    return local_put(attributes, type, &byte, 1);
}

const struct local_attribute *local_find(const struct local_attributes *attributes,
                                         CK_ATTRIBUTE_TYPE type) {
    for (size_t i = 0; i < attributes->count; i++) {
        if (attributes->all[i].type == type) {
            return &attributes->all[i];
        }
    }
    return NULL;
}

void local_free(struct local_attributes *attributes) {
    for (size_t i = 0; attributes != NULL && i < attributes->count; i++) {
        free(attributes->all[i].value);
    }
    free(attributes);
}
