/* SPDX-License-Identifier: Apache-2.0 */
#include "card_key.h"

#include <stdlib.h>
#include <string.h>

#include "gm.h"
#include "local_object.h"
#include "object_facts.h"

#define DER_SEQUENCE 0x30
#define MODULUS_MAX_BYTES 512
#define EXPONENT_MAX_BYTES 8

/* Of an RSA key, as the card told it. Never changed once it hangs on a name. */
struct rsa_public {
    size_t modulus_bytes;
    size_t exponent_bytes;
    uint8_t modulus[MODULUS_MAX_BYTES];
    uint8_t exponent[EXPONENT_MAX_BYTES];
};

enum card_algorithm { CARD_SM2, CARD_RSA, CARD_KEK, CARD_OTHER };

/* The driver's own `kind` decides; a name without one is an SM2 pair. */
static enum card_algorithm algorithm_of(const struct catalogued *entry) {
    const char *kind = entry->kind;
    if (strcmp(kind, "rsa") == 0) {
        return CARD_RSA;
    }
    if (strcmp(kind, "kek") == 0) {
        return CARD_KEK;
    }
    bool sm2 = strcmp(entry->algorithm, "sm2") == 0 || entry->algorithm[0] == '\0';
    return sm2 && (strcmp(kind, "sm2") == 0 || kind[0] == '\0') ? CARD_SM2 : CARD_OTHER;
}

bool card_wraps(const struct catalogued *entry) {
    return algorithm_of(entry) == CARD_KEK;
}

bool card_has(const struct catalogued *entry, enum local_kind kind) {
    switch (algorithm_of(entry)) {
    case CARD_SM2:
    case CARD_RSA:
        return kind == LOCAL_PUBLIC_KEY || kind == LOCAL_PRIVATE_KEY;
    case CARD_KEK:
        return kind == LOCAL_SECRET_KEY;
    default:
        return false;
    }
}

/* ---- What every private, public and secret key says -------------------------------------------
 */

static bool put_secrecy(struct local_attributes *into) {
    return local_put_flag(into, CKA_SENSITIVE, true) &&
           local_put_flag(into, CKA_ALWAYS_SENSITIVE, true) &&
           local_put_flag(into, CKA_EXTRACTABLE, false) &&
           local_put_flag(into, CKA_NEVER_EXTRACTABLE, true) &&
           local_put_flag(into, CKA_ALWAYS_AUTHENTICATE, false);
}

static bool put_uses(struct local_attributes *into, const struct catalogued *entry,
                     bool is_private) {
    bool signs = strcmp(entry->usage, "encrypt") != 0;
    bool encrypts = strcmp(entry->usage, "sign") != 0;
    bool put = local_put_flag(into, CKA_LOCAL, true) && local_put_flag(into, CKA_DERIVE, false);
    if (!is_private) {
        return put && local_put_flag(into, CKA_VERIFY, signs) &&
               local_put_flag(into, CKA_ENCRYPT, encrypts) && local_put_flag(into, CKA_WRAP, false);
    }
    return put && local_put_flag(into, CKA_SIGN, signs) &&
           local_put_flag(into, CKA_DECRYPT, encrypts) && local_put_flag(into, CKA_UNWRAP, false) &&
           put_secrecy(into);
}

/* ---- SM2 ---------------------------------------------------------------------------------------
 */

/* An OCTET STRING around 04 || x || y, and the curve's identifier (GM/T 0006). */
static bool put_point(struct local_attributes *into, const uint8_t *point) {
    static const uint8_t curve[] = {0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d};
    uint8_t octets[3 + GM_POINT_BYTES] = {0x04, 1 + GM_POINT_BYTES, 0x04};
    if (point == NULL) {
        return local_put(into, CKA_EC_PARAMS, curve, sizeof curve);
    }
    memcpy(octets + 3, point, GM_POINT_BYTES);
    return local_put(into, CKA_EC_PARAMS, curve, sizeof curve) &&
           local_put(into, CKA_EC_POINT, octets, sizeof octets);
}

/* The catalogue's public key: a SubjectPublicKeyInfo ends with the point. NULL = it says none. */
static const uint8_t *catalogued_point(const struct catalogued *entry) {
    size_t bytes = entry->public_key_bytes;
    bool holds = bytes > 1 + GM_POINT_BYTES && entry->public_key[0] == DER_SEQUENCE &&
                 entry->public_key[bytes - GM_POINT_BYTES - 1] == 0x04;
    return holds ? entry->public_key + bytes - GM_POINT_BYTES : NULL;
}

/* Asks the card, once. NULL = it does not tell. */
static const uint8_t *card_point(struct name *name, const struct catalogued *entry) {
    pthread_mutex_lock(&module.lock);
    bool known = name->has_point;
    berth_resource *resource = name->opened;
    pthread_mutex_unlock(&module.lock);
    if (known || resource == NULL) {
        return known ? name->point : NULL;
    }
    struct remote remote;
    const uint8_t *x, *y;
    size_t x_bytes, y_bytes;
    remote_begin(&remote, resource);
    protobuf_put_varint(&remote.writer, 1, strcmp(entry->usage, "encrypt") == 0);
    CK_RV value = remote_call(&remote, BERTH_OP_EXPORT_PUBLIC_KEY);
    value = value == CKR_OK ? remote_bytes(&remote, 1, &x, &x_bytes) : value;
    value = value == CKR_OK ? remote_bytes(&remote, 2, &y, &y_bytes) : value;
    bool told = value == CKR_OK && x_bytes == GM_POINT_BYTES / 2 && y_bytes == x_bytes;
    if (told) {
        pthread_mutex_lock(&module.lock);
        memcpy(name->point, x, x_bytes);
        memcpy(name->point + x_bytes, y, y_bytes);
        name->has_point = true;
        pthread_mutex_unlock(&module.lock);
    }
    (void)remote_end(&remote, value);
    return told ? name->point : NULL;
}

static bool put_sm2(struct local_attributes *into, struct name *name,
                    const struct catalogued *entry) {
    const uint8_t *point = catalogued_point(entry);
    point = point == NULL ? card_point(name, entry) : point;
    return local_put_number(into, CKA_KEY_TYPE, gm_number(GM_SM2_KEY_TYPE)) &&
           put_point(into, point);
}

/* ---- RSA ---------------------------------------------------------------------------------------
 */

static void take_number(const struct told *told, uint8_t *to, size_t room, size_t *bytes) {
    const uint8_t *from = told->value;
    size_t left = told->bytes;
    while (left > 0 && *from == 0) {
        from++;
        left--;
    }
    if (left != 0 && left <= room) {
        memcpy(to, from, left);
        *bytes = left;
    }
}

/* NULL = it does not tell, or tells nonsense. */
static struct rsa_public *ask_rsa(berth_resource *resource) {
    static const CK_ATTRIBUTE wanted[] = {{CKA_MODULUS, NULL, 0}, {CKA_PUBLIC_EXPONENT, NULL, 0}};
    struct rsa_public *rsa = calloc(1, sizeof *rsa);
    struct key whole = {0}; /* what the handle names */
    struct remote remote;
    struct protobuf_field field;
    struct told told;
    if (rsa == NULL) {
        return NULL;
    }
    remote_begin(&remote, resource);
    object_put_reference(&remote, 1, &whole);
    attribute_put_types(&remote, 2, wanted, sizeof wanted / sizeof wanted[0]);
    CK_RV value = remote_call(&remote, BERTH_OP_GET_ATTRIBUTES);
    struct protobuf_reader reader = {.bytes = remote.reply,
                                     .size = value == CKR_OK ? remote.result.bytes : 0};
    while (protobuf_next(&reader, &field)) {
        if (field.number != 1 || !attribute_told(&field, &told) || told.absent || told.sensitive) {
            continue;
        }
        if (told.type == CKA_MODULUS) {
            take_number(&told, rsa->modulus, sizeof rsa->modulus, &rsa->modulus_bytes);
        } else if (told.type == CKA_PUBLIC_EXPONENT) {
            take_number(&told, rsa->exponent, sizeof rsa->exponent, &rsa->exponent_bytes);
        }
    }
    (void)remote_end(&remote, value);
    if (rsa->modulus_bytes == 0 || rsa->exponent_bytes == 0) {
        free(rsa);
        return NULL;
    }
    return rsa;
}

/* Asks the card, once. */
static const struct rsa_public *card_rsa(struct name *name) {
    pthread_mutex_lock(&module.lock);
    struct rsa_public *known = name->rsa;
    berth_resource *resource = name->opened;
    pthread_mutex_unlock(&module.lock);
    if (known != NULL || resource == NULL) {
        return known;
    }
    struct rsa_public *asked = ask_rsa(resource);
    pthread_mutex_lock(&module.lock);
    if (name->rsa == NULL) {
        name->rsa = asked;
        asked = NULL;
    }
    known = name->rsa;
    pthread_mutex_unlock(&module.lock);
    free(asked); /* another thread was faster */
    return known;
}

static bool put_rsa(struct local_attributes *into, struct name *name) {
    const struct rsa_public *rsa = card_rsa(name);
    if (rsa == NULL) {
        return false;
    }
    uint64_t bits = 8 * rsa->modulus_bytes;
    for (uint8_t top = rsa->modulus[0]; (top & 0x80) == 0; top = (uint8_t)(top << 1)) {
        bits--;
    }
    return local_put_number(into, CKA_KEY_TYPE, CKK_RSA) &&
           local_put(into, CKA_MODULUS, rsa->modulus, rsa->modulus_bytes) &&
           local_put_number(into, CKA_MODULUS_BITS, bits) &&
           local_put(into, CKA_PUBLIC_EXPONENT, rsa->exponent, rsa->exponent_bytes);
}

/* ---- All of them -------------------------------------------------------------------------------
 */

static bool put_kek(struct local_attributes *into) {
    return local_put_number(into, CKA_KEY_TYPE, gm_number(GM_SM4_KEY_TYPE)) &&
           local_put_number(into, CKA_VALUE_LEN, SM4_KEY_BYTES) &&
           local_put_flag(into, CKA_LOCAL, true) && local_put_flag(into, CKA_SIGN, false) &&
           local_put_flag(into, CKA_VERIFY, false) && local_put_flag(into, CKA_ENCRYPT, false) &&
           local_put_flag(into, CKA_DECRYPT, false) && local_put_flag(into, CKA_DERIVE, false) &&
           local_put_flag(into, CKA_WRAP, true) && local_put_flag(into, CKA_UNWRAP, true) &&
           put_secrecy(into);
}

bool card_put_key(struct local_attributes *into, struct name *name, const struct catalogued *entry,
                  enum local_kind kind) {
    bool is_private = kind != LOCAL_PUBLIC_KEY;
    CK_OBJECT_CLASS class = kind == LOCAL_PUBLIC_KEY    ? CKO_PUBLIC_KEY
                            : kind == LOCAL_PRIVATE_KEY ? CKO_PRIVATE_KEY
                                                        : CKO_SECRET_KEY;
    if (!local_put_common(into, name, entry, class, is_private)) {
        return false;
    }
    switch (algorithm_of(entry)) {
    case CARD_SM2:
        return put_sm2(into, name, entry) && put_uses(into, entry, is_private);
    case CARD_RSA:
        return put_rsa(into, name) && put_uses(into, entry, is_private);
    case CARD_KEK:
        return put_kek(into);
    default:
        return false;
    }
}
