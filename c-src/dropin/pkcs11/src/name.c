/* SPDX-License-Identifier: Apache-2.0 */
#include "name.h"

#include <stdlib.h>
#include <string.h>

#include "attribute.h"
#include "remote.h"

/* What the driver takes for a name: no longer label, no control characters, no pattern. */
#define LOCAL_NAME_MAX_BYTES 128
#define ID_PREFIX "id-"

struct name *name_at(struct slot *slot, size_t n) {
    pthread_mutex_lock(&module.lock);
    struct name *name = slot->names;
    while (name != NULL && (!name->current || n > 0)) {
        n -= name->current;
        name = name->next;
    }
    pthread_mutex_unlock(&module.lock);
    return name;
}

CK_RV name_any_handle(struct slot *slot, berth_resource **resource) {
    CK_RV value = slot_device(slot, resource);
    for (size_t i = 0; value == CKR_OK && *resource == NULL; i++) {
        struct name *name = name_at(slot, i);
        if (name == NULL) {
            return CKR_FUNCTION_REJECTED;
        }
        if (slot_open_name(name)) {
            *resource = name->opened;
        }
    }
    return value;
}

static struct name *add(struct slot *slot, const uint8_t *local, size_t bytes, uint64_t look) {
    size_t device = strlen(slot->resource);
    char *resource = malloc(device + 1 + bytes + 1);
    if (resource == NULL) {
        return NULL;
    }
    memcpy(resource, slot->resource, device);
    resource[device] = '/';
    memcpy(resource + device + 1, local, bytes);
    resource[device + 1 + bytes] = '\0';
    pthread_mutex_lock(&module.lock);
    struct name *name = slot_name(slot, resource);
    if (name != NULL) {
        name->current = true;
        name->told_by_token = look > name->told_by_token ? look : name->told_by_token;
    }
    pthread_mutex_unlock(&module.lock);
    free(resource);
    return name;
}

/* One page of names; false = no memory or nonsense. */
static bool take_page(struct slot *slot, const struct remote *remote, uint64_t look,
                      uint32_t *taken) {
    struct protobuf_reader reader = {.bytes = remote->reply, .size = remote->result.bytes};
    struct protobuf_field field;
    while (protobuf_next(&reader, &field)) {
        const uint8_t *local;
        size_t bytes;
        if (field.number != 1 || !field.is_bytes) {
            continue;
        }
        if (!protobuf_find_bytes(field.bytes, field.size, 2, &local, &bytes)) {
            return false;
        }
        (*taken)++;
        bool usable =
            bytes != 0 && bytes <= LOCAL_NAME_MAX_BYTES && memchr(local, 0, bytes) == NULL;
        if (usable && add(slot, local, bytes, look) == NULL) {
            return false;
        }
    }
    return !reader.malformed;
}

static CK_RV ask_pages(struct slot *slot, berth_resource *device, const CK_ATTRIBUTE *templ,
                       CK_ULONG count, uint64_t *look) {
    uint32_t skip = 0;
    for (bool more = true; more;) {
        struct remote remote;
        uint64_t said = 0;
        uint32_t before = skip;
        remote_begin(&remote, device);
        attribute_put(&remote, 1, templ, count);
        protobuf_put_varint(&remote.writer, 2, skip);
        CK_RV value = remote_call(&remote, BERTH_OP_FIND_OBJECTS);
        if (value == CKR_OK && (!take_page(slot, &remote, *look, &skip) ||
                                remote_number(&remote, 2, &said) != CKR_OK)) {
            value = CKR_DEVICE_ERROR;
        }
        enum berth_status status = berth_status_of(remote.result.result);
        (void)remote_end(&remote, value);
        if (value != CKR_OK) {
            /* A driver without this, or a policy that does not grant it: what is listed is all. */
            bool none =
                status == BERTH_STATUS_UNIMPLEMENTED || status == BERTH_STATUS_PERMISSION_DENIED;
            *look = 0;
            return none ? CKR_OK : value;
        }
        more = said != 0 && skip != before;
    }
    return CKR_OK;
}

CK_RV name_look(struct slot *slot, const CK_ATTRIBUTE *templ, CK_ULONG count, uint64_t *look) {
    berth_resource *device;
    *look = 0;
    CK_RV value = slot_device(slot, &device);
    if (value != CKR_OK || device == NULL) {
        return value;
    }
    pthread_mutex_lock(&module.lock);
    *look = ++module.looks;
    pthread_mutex_unlock(&module.lock);
    return ask_pages(slot, device, templ, count, look);
}

static bool is_usable(const CK_ATTRIBUTE *label) {
    const unsigned char *text = label == NULL ? NULL : label->pValue;
    if (label == NULL || label->ulValueLen == 0 || label->ulValueLen > LOCAL_NAME_MAX_BYTES) {
        return false;
    }
    for (CK_ULONG i = 0; i < label->ulValueLen; i++) {
        if (text[i] < 0x20 || text[i] == 0x7f || text[i] == '*') {
            return false;
        }
    }
    return true;
}

CK_RV name_for_object(struct slot *slot, const CK_ATTRIBUTE *templ, CK_ULONG count,
                      struct name **name) {
    static const char digits[] = "0123456789abcdef";
    const CK_ATTRIBUTE *label = attribute_find(templ, count, CKA_LABEL);
    const CK_ATTRIBUTE *id = attribute_find(templ, count, CKA_ID);
    uint8_t local[LOCAL_NAME_MAX_BYTES];
    size_t bytes = 0;
    if (is_usable(label)) {
        bytes = label->ulValueLen;
        memcpy(local, label->pValue, bytes);
    } else if (id != NULL && id->ulValueLen != 0 &&
               id->ulValueLen <= (sizeof local - sizeof ID_PREFIX) / 2) {
        memcpy(local, ID_PREFIX, bytes = sizeof ID_PREFIX - 1);
        for (CK_ULONG i = 0; i < id->ulValueLen; i++) {
            uint8_t byte = ((const uint8_t *)id->pValue)[i];
            local[bytes++] = (uint8_t)digits[byte >> 4];
            local[bytes++] = (uint8_t)digits[byte & 15];
        }
    } else {
        return CKR_TEMPLATE_INCOMPLETE;
    }
    *name = add(slot, local, bytes, 0);
    if (*name == NULL) {
        return CKR_HOST_MEMORY;
    }
    return slot_open_name(*name) ? CKR_OK : CKR_TOKEN_WRITE_PROTECTED;
}
