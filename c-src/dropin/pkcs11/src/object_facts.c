/* SPDX-License-Identifier: Apache-2.0 */
#include "object_facts.h"

#include <string.h>

static const struct {
    CK_ATTRIBUTE_TYPE type;
    enum key_use use;
} use_attributes[] = {
    {CKA_SIGN, USE_SIGN},       {CKA_VERIFY, USE_VERIFY}, {CKA_ENCRYPT, USE_ENCRYPT},
    {CKA_DECRYPT, USE_DECRYPT}, {CKA_WRAP, USE_WRAP},     {CKA_UNWRAP, USE_UNWRAP},
    {CKA_DERIVE, USE_DERIVE},
};
#define USES (sizeof use_attributes / sizeof use_attributes[0])

/* CKA_EC_PARAMS of the named curves, and the bytes of half a signature. */
static const struct {
    const char *der;
    size_t der_bytes;
    CK_ULONG order_bytes;
} curves[] = {
#define CURVE(der, order)                                                                          \
    { der, sizeof der - 1, order }
    CURVE("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 32),     /* P-256 */
    CURVE("\x06\x05\x2b\x81\x04\x00\x22", 48),                 /* P-384 */
    CURVE("\x06\x05\x2b\x81\x04\x00\x23", 66),                 /* P-521 */
    CURVE("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x01", 24),     /* P-192 */
    CURVE("\x06\x05\x2b\x81\x04\x00\x21", 28),                 /* P-224 */
    CURVE("\x06\x05\x2b\x81\x04\x00\x0a", 32),                 /* secp256k1 */
    CURVE("\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01\x05", 28), /* brainpoolP224r1 */
    CURVE("\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01\x07", 32), /* brainpoolP256r1 */
    CURVE("\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01\x09", 40), /* brainpoolP320r1 */
    CURVE("\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01\x0b", 48), /* brainpoolP384r1 */
    CURVE("\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01\x0d", 64), /* brainpoolP512r1 */
    CURVE("\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d", 32),     /* SM2, GM/T 0006 */
    CURVE("\x06\x03\x2b\x65\x70", 32),                         /* Ed25519 */
    CURVE("\x06\x03\x2b\x65\x71", 57),                         /* Ed448 */
    CURVE("\x13\x0c"
          "edwards25519",
          32),
    CURVE("\x13\x0a"
          "edwards448",
          57),
#undef CURVE
};

static CK_ULONG order_bytes_of(const uint8_t *der, size_t bytes) {
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (curves[i].der_bytes == bytes && memcmp(curves[i].der, der, bytes) == 0) {
            return curves[i].order_bytes;
        }
    }
    return 0;
}

static CK_ULONG modulus_bytes_of(const uint8_t *modulus, size_t bytes) {
    while (bytes > 0 && *modulus == 0) { /* some tokens put a zero in front */
        modulus++;
        bytes--;
    }
    return bytes;
}

static void take(struct object_facts *facts, const struct told *told) {
    switch (told->type) {
    case CKA_CLASS:
        facts->class = (CK_OBJECT_CLASS)attribute_told_number(told);
        return;
    case CKA_KEY_TYPE:
        facts->key_type = (CK_KEY_TYPE)attribute_told_number(told);
        return;
    case CKA_TOKEN:
        facts->on_token = attribute_told_number(told) != 0;
        return;
    case CKA_PRIVATE:
        facts->is_private = attribute_told_number(told) != 0;
        return;
    case CKA_ALWAYS_AUTHENTICATE:
        facts->always_authenticate = attribute_told_number(told) != 0;
        return;
    case CKA_EXTRACTABLE:
        facts->extractable = attribute_told_number(told) != 0;
        return;
    case CKA_MODULUS:
        facts->modulus_bytes = modulus_bytes_of(told->value, told->bytes);
        return;
    case CKA_EC_PARAMS:
        facts->order_bytes = order_bytes_of(told->value, told->bytes);
        return;
    default:
        break;
    }
    for (size_t i = 0; i < USES; i++) {
        if (use_attributes[i].type == told->type && attribute_told_number(told) != 0) {
            facts->uses |= use_attributes[i].use;
        }
    }
}

static void write_question(struct remote *remote, const struct key *key, void *context) {
    static const CK_ATTRIBUTE wanted[] = {
        {CKA_CLASS, NULL, 0},   {CKA_KEY_TYPE, NULL, 0},  {CKA_TOKEN, NULL, 0},
        {CKA_PRIVATE, NULL, 0}, {CKA_SIGN, NULL, 0},      {CKA_VERIFY, NULL, 0},
        {CKA_ENCRYPT, NULL, 0}, {CKA_DECRYPT, NULL, 0},   {CKA_WRAP, NULL, 0},
        {CKA_UNWRAP, NULL, 0},  {CKA_DERIVE, NULL, 0},    {CKA_ALWAYS_AUTHENTICATE, NULL, 0},
        {CKA_MODULUS, NULL, 0}, {CKA_EC_PARAMS, NULL, 0},
    };
    (void)context;
    object_put_reference(remote, 1, key);
    attribute_put_types(remote, 2, wanted, sizeof wanted / sizeof wanted[0]);
}

CK_RV facts_ask(struct key *key) {
    struct remote remote;
    CK_RV value = object_call(&remote, key, BERTH_OP_GET_ATTRIBUTES, write_question, NULL);
    if (value == CKR_OK) {
        struct protobuf_reader reader = {.bytes = remote.reply, .size = remote.result.bytes};
        struct protobuf_field field;
        struct told told;
        /* No class is told for what is no object: then it is none of the known ones either. */
        key->facts = (struct object_facts){.class = CK_UNAVAILABLE_INFORMATION,
                                           .key_type = CK_UNAVAILABLE_INFORMATION};
        while (protobuf_next(&reader, &field)) {
            if (field.number == 1 && attribute_told(&field, &told) && !told.absent &&
                !told.sensitive) {
                take(&key->facts, &told);
            }
        }
        value = reader.malformed ? CKR_DEVICE_ERROR : CKR_OK;
    }
    return remote_end(&remote, value);
}

void facts_of_local(struct object_facts *facts, const struct local_attributes *attributes) {
    *facts = (struct object_facts){.class = CK_UNAVAILABLE_INFORMATION,
                                   .key_type = CK_UNAVAILABLE_INFORMATION};
    for (size_t i = 0; i < attributes->count; i++) {
        struct told told = {.type = attributes->all[i].type,
                            .value = attributes->all[i].value,
                            .bytes = attributes->all[i].bytes};
        take(facts, &told);
    }
}
