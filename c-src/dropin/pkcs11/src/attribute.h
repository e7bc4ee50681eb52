/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of objects: templates from the application, answers from the worker, and lists of our
 * own for objects that no token holds. */
#ifndef BERTH_PKCS11_ATTRIBUTE_H
#define BERTH_PKCS11_ATTRIBUTE_H

#include "remote.h"

/* More in one template are refused. */
#define ATTRIBUTE_COUNT_MAX 256

/* Looks at pointers and lengths, before anything is read through them. */
CK_RV attribute_check(const CK_ATTRIBUTE *templ, CK_ULONG count);
const CK_ATTRIBUTE *attribute_find(const CK_ATTRIBUTE *templ, CK_ULONG count,
                                   CK_ATTRIBUTE_TYPE type);
bool attribute_flag(const CK_ATTRIBUTE *templ, CK_ULONG count, CK_ATTRIBUTE_TYPE type,
                    bool otherwise);
CK_ULONG attribute_number(const CK_ATTRIBUTE *templ, CK_ULONG count, CK_ATTRIBUTE_TYPE type,
                          CK_ULONG otherwise);
/* Writes them as repeated Attribute messages. */
void attribute_put(struct remote *remote, uint32_t field, const CK_ATTRIBUTE *templ,
                   CK_ULONG count);
void attribute_put_types(struct remote *remote, uint32_t field, const CK_ATTRIBUTE *templ,
                         CK_ULONG count);

/* One attribute as a worker answered it, pointing into the reply. */
struct told {
    CK_ATTRIBUTE_TYPE type;
    const uint8_t *value;
    size_t bytes;
    bool sensitive;
    bool absent;
};
/* False: no attribute, or a malformed one. */
bool attribute_told(const struct protobuf_field *field, struct told *told);
/* A CK_ULONG or a flag as it stands in a message. */
uint64_t attribute_told_number(const struct told *told);
/* Into the application's buffer by C_GetAttributeValue's rules; CKR_BUFFER_TOO_SMALL or CKR_OK. */
CK_RV attribute_give(CK_ATTRIBUTE *attribute, const uint8_t *value, size_t bytes);
/* Whether the application's value is the same as what a message says. */
bool attribute_matches(const CK_ATTRIBUTE *attribute, const uint8_t *value, size_t bytes);

/* Attributes of an object that exists only here, values as they stand in messages. */
struct local_attribute {
    CK_ATTRIBUTE_TYPE type;
    size_t bytes;
    uint8_t *value;
};
#define LOCAL_ATTRIBUTES_MAX 32
struct local_attributes {
    size_t count;
    struct local_attribute all[LOCAL_ATTRIBUTES_MAX];
};
/* False: no memory. */
bool local_put(struct local_attributes *attributes, CK_ATTRIBUTE_TYPE type, const void *value,
               size_t bytes);
bool local_put_number(struct local_attributes *attributes, CK_ATTRIBUTE_TYPE type, uint64_t number);
bool local_put_flag(struct local_attributes *attributes, CK_ATTRIBUTE_TYPE type, bool flag);
const struct local_attribute *local_find(const struct local_attributes *attributes,
                                         CK_ATTRIBUTE_TYPE type);
void local_free(struct local_attributes *attributes);

#endif
