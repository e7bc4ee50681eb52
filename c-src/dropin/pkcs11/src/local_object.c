/* SPDX-License-Identifier: Apache-2.0 */
#include "local_object.h"

#include <stdlib.h>
#include <string.h>

#include "card_key.h"

/* ---- As much of DER as a certificate's head needs ---------------------------------------------
 */

struct der {
    const uint8_t *at;
    size_t left;
};

/* Takes the next element; whole counts its head, too. False: not of that tag, or cut. */
static bool der_take(struct der *der, int tag, struct der *content, struct der *whole) {
    if (der->left < 2 || (tag >= 0 && der->at[0] != tag)) {
        return false;
    }
    size_t head = 2;
    size_t bytes = der->at[1];
    if (bytes > 0x7f) {
        size_t octets = bytes & 0x7f;
        if (octets == 0 || octets > 3 || der->left < 2 + octets) {
            return false;
        }
        bytes = 0;
        for (size_t i = 0; i < octets; i++) {
            bytes = bytes << 8 | der->at[2 + i];
        }
        head += octets;
    }
    if (bytes > der->left - head) {
        return false;
    }
    *whole = (struct der){der->at, head + bytes};
    *content = (struct der){der->at + head, bytes};
    der->at += head + bytes;
    der->left -= head + bytes;
    return true;
}

enum { DER_INTEGER = 0x02, DER_SEQUENCE = 0x30, DER_VERSION = 0xa0 };

struct certificate_names {
    struct der serial;
    struct der issuer;
    struct der subject;
};

/* RFC 5280, 4.1: version, serialNumber, signature, issuer, validity, subject. */
static bool certificate_read(const uint8_t *bytes, size_t size, struct certificate_names *names) {
    struct der all = {bytes, size}, certificate, body, content, whole;
    if (!der_take(&all, DER_SEQUENCE, &certificate, &whole) || all.left != 0 ||
        !der_take(&certificate, DER_SEQUENCE, &body, &whole)) {
        return false;
    }
    if (body.left != 0 && body.at[0] == DER_VERSION) {
        (void)der_take(&body, DER_VERSION, &content, &whole);
    }
    return der_take(&body, DER_INTEGER, &content, &names->serial) &&
           der_take(&body, DER_SEQUENCE, &content, &whole) &&
           der_take(&body, DER_SEQUENCE, &content, &names->issuer) &&
           der_take(&body, DER_SEQUENCE, &content, &whole) &&
           der_take(&body, DER_SEQUENCE, &content, &names->subject);
}

/* ---- What the objects say ---------------------------------------------------------------------
 */

static const char *label_of(const struct name *name, const struct catalogued *entry) {
    return entry->label[0] != '\0' ? entry->label : strrchr(name->resource, '/') + 1;
}

bool local_put_common(struct local_attributes *into, const struct name *name,
                      const struct catalogued *entry, CK_OBJECT_CLASS class, bool is_private) {
    const char *label = label_of(name, entry);
    bool named = entry->id_bytes != 0;
    return local_put_number(into, CKA_CLASS, class) && local_put_flag(into, CKA_TOKEN, true) &&
           local_put_flag(into, CKA_PRIVATE, is_private) &&
           local_put_flag(into, CKA_MODIFIABLE, false) &&
           local_put_flag(into, CKA_COPYABLE, false) &&
           local_put_flag(into, CKA_DESTROYABLE, false) &&
           local_put(into, CKA_LABEL, label, strlen(label)) &&
           local_put(into, CKA_ID, named ? entry->id : (const void *)label,
                     named ? entry->id_bytes : strlen(label));
}

static bool put_certificate(struct local_attributes *into, const struct name *name,
                            const struct catalogued *entry) {
    struct certificate_names names;
    return certificate_read(entry->certificate, entry->certificate_bytes, &names) &&
           local_put_common(into, name, entry, CKO_CERTIFICATE, false) &&
           local_put_number(into, CKA_CERTIFICATE_TYPE, CKC_X_509) &&
           local_put_number(into, CKA_CERTIFICATE_CATEGORY, 0) &&
           local_put_flag(into, CKA_TRUSTED, false) &&
           local_put(into, CKA_SERIAL_NUMBER, names.serial.at, names.serial.left) &&
           local_put(into, CKA_ISSUER, names.issuer.at, names.issuer.left) &&
           local_put(into, CKA_SUBJECT, names.subject.at, names.subject.left) &&
           local_put(into, CKA_VALUE, entry->certificate, entry->certificate_bytes);
}

/* ---- Which there are --------------------------------------------------------------------------
 */

static bool is_wanted(const struct slot *slot, const struct catalogued *entry,
                      enum local_kind kind) {
    return kind == LOCAL_CERTIFICATE ? entry->certificate_bytes != 0
                                     : slot->is_sdf && card_has(entry, kind);
}

/* A certificate that was replaced is another object, with another handle. */
static void forget_other(struct name *name, enum local_kind kind,
                         const struct local_attributes *attributes) {
    bool same = true;
    CK_OBJECT_HANDLE stale = 0;
    pthread_mutex_lock(&module.lock);
    for (const struct object *at = name->objects; at != NULL; at = at->next) {
        if (at->local_kind == kind) {
            for (size_t i = 0; i < attributes->count && same; i++) {
                const struct local_attribute *now = &attributes->all[i];
                const struct local_attribute *then = local_find(at->local, now->type);
                same = then != NULL && then->bytes == now->bytes &&
                       memcmp(then->value, now->value, now->bytes) == 0;
            }
            stale = same ? 0 : at->handle;
        }
    }
    pthread_mutex_unlock(&module.lock);
    if (stale != 0) {
        object_forget(stale);
    }
}

CK_RV local_objects(struct slot *slot, struct name *name, CK_OBJECT_HANDLE *handles,
                    size_t *count) {
    *count = 0;
    pthread_mutex_lock(&module.lock);
    const struct catalogued *entry = name->entry;
    pthread_mutex_unlock(&module.lock);
    for (int kind = LOCAL_CERTIFICATE; entry != NULL && kind <= LOCAL_SECRET_KEY; kind++) {
        if (!is_wanted(slot, entry, (enum local_kind)kind)) {
            continue;
        }
        struct local_attributes *attributes = calloc(1, sizeof *attributes);
        if (attributes == NULL) {
            return CKR_HOST_MEMORY;
        }
        bool put = kind == LOCAL_CERTIFICATE
                       ? put_certificate(attributes, name, entry)
                       : card_put_key(attributes, name, entry, (enum local_kind)kind);
        if (!put) { /* a certificate that is none, a key that the card does not tell */
            local_free(attributes);
            continue;
        }
        forget_other(name, (enum local_kind)kind, attributes);
        CK_RV value =
            object_note_local(slot, name, (enum local_kind)kind, attributes, &handles[(*count)++]);
        if (value != CKR_OK) {
            return value;
        }
    }
    return CKR_OK;
}
