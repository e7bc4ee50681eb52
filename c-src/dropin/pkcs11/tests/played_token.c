/* SPDX-License-Identifier: Apache-2.0 */
#include "played_token.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "check.h"
#include "cryptoki.h"
#include "played_card.h"
#include "protobuf.h"

#define ON_TOKEN (UINT64_C(1) << 63)
#define DEVICE "hsm:token"
#define CARD PLAYED_CARD
#define KEY_BYTES 32

struct played played;

struct thing {
    const char *name; /* NULL = a session's */
    uint64_t number;
    CK_OBJECT_CLASS class;
    CK_KEY_TYPE type;
    EVP_PKEY *pair;
    uint8_t value[KEY_BYTES];
    bool always_authenticate;
    bool destroyed;
};

#define THINGS 64
static struct thing things[THINGS];
static size_t thing_count;
static uint64_t generation = 1;
static _Thread_local uint32_t device_code;

struct berth_conn {
    int nothing;
};
struct berth_resource {
    char name[128];
};
struct block {
    uint8_t *bytes;
    uint64_t size;
    enum berth_direction direction;
};
#define BLOCKS 64
static struct block blocks[BLOCKS];

/* ---- What there is ----------------------------------------------------------------------------
 */

/* NULL = the token is full. */
static struct thing *add(const char *name, CK_OBJECT_CLASS class, CK_KEY_TYPE type,
                         EVP_PKEY *pair) {
    if (thing_count == THINGS) {
        return NULL;
    }
    struct thing *thing = &things[thing_count++];
    *thing = (struct thing){.name = name, .class = class, .type = type, .pair = pair};
    thing->number = name != NULL ? ON_TOKEN | thing_count : generation << 32 | thing_count;
    memset(thing->value, (int)thing_count, sizeof thing->value);
    return thing;
}

void played_reset(void) {
    static EVP_PKEY *rsa, *ec;
    if (rsa == NULL) {
        rsa = EVP_RSA_gen(2048);
        ec = EVP_EC_gen("P-256");
    }
    played = (struct played){0};
    thing_count = 0;
    add("rsa", CKO_PUBLIC_KEY, CKK_RSA, rsa);
    add("rsa", CKO_PRIVATE_KEY, CKK_RSA, rsa);
    add("ec", CKO_PUBLIC_KEY, CKK_EC, ec);
    add("ec", CKO_PRIVATE_KEY, CKK_EC, ec);
    add("aes", CKO_SECRET_KEY, CKK_AES, NULL);
    add("mac", CKO_SECRET_KEY, CKK_GENERIC_SECRET, NULL);
    add("careful", CKO_PRIVATE_KEY, CKK_EC, ec)->always_authenticate = true;
    add("denied", CKO_PRIVATE_KEY, CKK_EC, ec);
}

void played_lose_worker(void) {
    generation++;
    for (size_t i = 0; i < thing_count; i++) {
        things[i].destroyed |= things[i].name == NULL;
    }
}

void played_destroy(const char *name) {
    for (size_t i = 0; i < thing_count; i++) {
        things[i].destroyed |= things[i].name != NULL && strcmp(things[i].name, name) == 0;
    }
}

static struct thing *find(const struct berth_resource *resource, uint64_t number) {
    const char *slash = strchr(resource->name, '/');
    for (size_t i = 0; i < thing_count; i++) {
        bool reached =
            things[i].name == NULL || (slash != NULL && strcmp(things[i].name, slash + 1) == 0);
        if (things[i].number == number && !things[i].destroyed && reached) {
            return &things[i];
        }
    }
    return NULL;
}

/* ---- Attributes -------------------------------------------------------------------------------
 */

struct value {
    bool known;
    bool sensitive;
    uint8_t bytes[512];
    size_t size;
};

static struct value number_value(uint64_t number) {
    struct value value = {.known = true, .size = 8};
    memcpy(value.bytes, &number, 8);
    return value;
}

static struct value flag_value(bool flag) {
    return (struct value){.known = true, .size = 1, .bytes = {flag}};
}

static struct value attribute_of(const struct thing *thing, uint64_t type) {
    static const uint8_t p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    struct value value = {.known = true};
    bool is_private = thing->class == CKO_PRIVATE_KEY;
    bool is_secret = thing->class == CKO_SECRET_KEY;
    bool is_mac = thing->type == CKK_GENERIC_SECRET;
    switch (type) {
    case CKA_CLASS:
        return number_value(thing->class);
    case CKA_KEY_TYPE:
        return number_value(thing->type);
    case CKA_TOKEN:
        return flag_value(thing->name != NULL);
    case CKA_PRIVATE:
        return flag_value(is_private || is_secret);
    case CKA_LABEL:
        value.size = thing->name == NULL ? 0 : strlen(thing->name);
        if (value.size != 0) {
            memcpy(value.bytes, thing->name, value.size);
        }
        return value;
    case CKA_SIGN:
        return flag_value(is_private || is_mac);
    case CKA_VERIFY:
        return flag_value(thing->class == CKO_PUBLIC_KEY || is_mac);
    case CKA_ENCRYPT:
        return flag_value((thing->class == CKO_PUBLIC_KEY && thing->type == CKK_RSA) ||
                          thing->type == CKK_AES);
    case CKA_DECRYPT:
        return flag_value((is_private && thing->type == CKK_RSA) || thing->type == CKK_AES);
    case CKA_WRAP:
    case CKA_UNWRAP:
        return flag_value(thing->type == CKK_AES);
    case CKA_DERIVE:
        return flag_value(false);
    case CKA_ALWAYS_AUTHENTICATE:
        return flag_value(thing->always_authenticate);
    case CKA_VALUE:
        value.sensitive = is_private || is_secret;
        value.known = value.sensitive;
        return value;
    case CKA_MODULUS:
        if (thing->type == CKK_RSA) {
            value.size = 256;
            memset(value.bytes, 0xab, value.size);
            return value;
        }
        break;
    case CKA_EC_PARAMS:
        if (thing->type == CKK_EC) {
            value.size = sizeof p256;
            memcpy(value.bytes, p256, sizeof p256);
            return value;
        }
        break;
    default:
        break;
    }
    return (struct value){0};
}

static bool matches(const struct thing *thing, const void *request, size_t bytes) {
    struct protobuf_reader reader = {.bytes = request, .size = bytes};
    struct protobuf_field field;
    while (protobuf_next(&reader, &field)) {
        uint64_t type;
        const uint8_t *wanted;
        size_t wanted_bytes;
        if (field.number == 1 && field.is_bytes) {
            CHECK(protobuf_find_varint(field.bytes, field.size, 1, &type));
            CHECK(protobuf_find_bytes(field.bytes, field.size, 2, &wanted, &wanted_bytes));
            struct value value = attribute_of(thing, type);
            if (!value.known || value.size != wanted_bytes ||
                (wanted_bytes != 0 && memcmp(value.bytes, wanted, wanted_bytes) != 0)) {
                return false;
            }
        }
    }
    CHECK(!reader.malformed);
    return true;
}

/* ---- Operations -------------------------------------------------------------------------------
 */

struct asked {
    const struct berth_resource *resource;
    const berth_request *request;
    const uint8_t *mechanism;
    size_t mechanism_bytes;
    uint64_t type;
    struct thing *key;
    const uint8_t *data;
    size_t data_bytes;
    const uint8_t *iv;
    size_t iv_bytes;
};

static const uint8_t *bytes_of(const berth_request *request, uint32_t field, size_t *size) {
    const uint8_t *bytes;
    CHECK(protobuf_find_bytes(request->payload, request->payload_bytes, field, &bytes, size));
    return bytes;
}

/* The halves of the token's pair serve as the card's. */
static struct thing *card_key(uint32_t operation) {
    bool is_public = operation == BERTH_OP_RSA_VERIFY || operation == BERTH_OP_RSA_ENCRYPT;
    return &things[is_public ? 0 : 1];
}

static bool ask(struct asked *asked, const struct berth_resource *resource,
                const berth_request *request) {
    size_t key_bytes;
    uint64_t number;
    *asked = (struct asked){.resource = resource, .request = request};
    asked->mechanism = bytes_of(request, 1, &asked->mechanism_bytes);
    CHECK(protobuf_find_varint(asked->mechanism, asked->mechanism_bytes, 1, &asked->type));
    CHECK(protobuf_find_bytes(asked->mechanism, asked->mechanism_bytes, 6, &asked->iv,
                              &asked->iv_bytes));
    const uint8_t *key = bytes_of(request, 2, &key_bytes);
    CHECK(protobuf_find_varint(key, key_bytes, 1, &number));
    bool card = strcmp(resource->name, PLAYED_CARD_RSA) == 0; /* has no numbers */
    asked->key = card ? card_key(request->operation) : number == 0 ? NULL : find(resource, number);
    asked->data = bytes_of(request, 3, &asked->data_bytes);
    if (request->input.block.id != 0) {
        CHECK(asked->data_bytes == 0);
        asked->data = blocks[request->input.block.id].bytes;
        asked->data_bytes = request->input.bytes;
    }
    return number == 0 || asked->key != NULL;
}

static struct protobuf_writer answer_writer(const berth_request *request) {
    return (struct protobuf_writer){.bytes = request->reply, .capacity = request->reply_limit};
}

static berth_result give(berth_reply *reply, const struct protobuf_writer *writer) {
    if (writer->overflow) {
        return BERTH_RESULT(BERTH_STATUS_OUT_OF_RANGE, BERTH_REASON_REPLY_TOO_LARGE);
    }
    reply->bytes = (uint32_t)writer->used;
    return BERTH_OK;
}

static berth_result fail(CK_RV code) {
    device_code = (uint32_t)code;
    return BERTH_RESULT(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_DRIVER_ERROR);
}

static berth_result stale(void) {
    return BERTH_RESULT(BERTH_STATUS_NOT_FOUND, BERTH_REASON_STALE_HANDLE);
}

static berth_result sign(struct asked *asked, berth_reply *reply) {
    uint8_t signature[256];
    size_t bytes = sizeof signature;
    struct protobuf_writer writer = answer_writer(asked->request);
    bool raw_ec = asked->type == CKM_ECDSA;
    if (raw_ec && asked->data_bytes > 64) {
        return fail(CKR_DATA_LEN_RANGE);
    }
    if (asked->key->type == CKK_EC) { /* not a signature, but one that verify() knows */
        unsigned digest_bytes;
        EVP_Digest(asked->data, asked->data_bytes, signature, &digest_bytes, EVP_sha512(), NULL);
        bytes = 64;
    } else {
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        CHECK(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, asked->key->pair) == 1);
        CHECK(EVP_DigestSign(context, signature, &bytes, asked->data, asked->data_bytes) == 1);
        EVP_MD_CTX_free(context);
    }
    protobuf_put_bytes(&writer, 1, signature, bytes);
    return give(reply, &writer);
}

static berth_result verify(struct asked *asked, berth_reply *reply) {
    size_t bytes;
    const uint8_t *signature = bytes_of(asked->request, 4, &bytes);
    struct protobuf_writer writer = answer_writer(asked->request);
    bool valid;
    if (asked->key->type == CKK_EC) {
        uint8_t expected[64];
        unsigned digest_bytes;
        EVP_Digest(asked->data, asked->data_bytes, expected, &digest_bytes, EVP_sha512(), NULL);
        valid = bytes == 64 && memcmp(expected, signature, 64) == 0;
    } else {
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        CHECK(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, asked->key->pair) == 1);
        valid = EVP_DigestVerify(context, signature, bytes, asked->data, asked->data_bytes) == 1;
        EVP_MD_CTX_free(context);
    }
    protobuf_put_varint(&writer, 1, valid);
    return give(reply, &writer);
}

static berth_result mac(struct asked *asked, berth_reply *reply) {
    uint8_t made[32];
    struct protobuf_writer writer = answer_writer(asked->request);
    HMAC(EVP_sha256(), asked->key->value, KEY_BYTES, asked->data, asked->data_bytes, made, NULL);
    protobuf_put_bytes(&writer, 1, made, sizeof made);
    return give(reply, &writer);
}

static berth_result rsa_crypt(struct asked *asked, bool encrypts, berth_reply *reply) {
    uint8_t made[256];
    size_t bytes = sizeof made;
    struct protobuf_writer writer = answer_writer(asked->request);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(asked->key->pair, NULL);
    CHECK((encrypts ? EVP_PKEY_encrypt_init(context) : EVP_PKEY_decrypt_init(context)) == 1);
    int done = encrypts ? EVP_PKEY_encrypt(context, made, &bytes, asked->data, asked->data_bytes)
                        : EVP_PKEY_decrypt(context, made, &bytes, asked->data, asked->data_bytes);
    EVP_PKEY_CTX_free(context);
    if (done != 1) {
        return fail(encrypts ? CKR_DATA_LEN_RANGE : CKR_ENCRYPTED_DATA_INVALID);
    }
    protobuf_put_bytes(&writer, 1, made, bytes);
    return give(reply, &writer);
}

static const EVP_CIPHER *cipher_of(uint64_t type) {
    switch (type) {
    case CKM_AES_ECB:
        return EVP_aes_256_ecb();
    case CKM_AES_CTR:
        return EVP_aes_256_ctr();
    case CKM_AES_GCM:
        return EVP_aes_256_gcm();
    default:
        return EVP_aes_256_cbc();
    }
}

static berth_result aes(struct asked *asked, bool encrypts, berth_reply *reply) {
    const berth_request *request = asked->request;
    struct protobuf_writer writer = answer_writer(request);
    uint8_t *made = malloc(asked->data_bytes + 64);
    int first = 0, last = 0;
    bool gcm = asked->type == CKM_AES_GCM;
    size_t tag = gcm && !encrypts ? 16 : 0;
    CHECK(made != NULL);
    if (asked->data_bytes < tag || (gcm && asked->iv_bytes > 64)) {
        free(made);
        return fail(CKR_MECHANISM_PARAM_INVALID);
    }
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    CHECK(EVP_CipherInit_ex(context, cipher_of(asked->type), NULL, NULL, NULL, encrypts) == 1);
    if (gcm) {
        CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_IVLEN, (int)asked->iv_bytes, NULL) ==
              1);
    }
    CHECK(EVP_CipherInit_ex(context, NULL, NULL, asked->key->value, asked->iv, encrypts) == 1);
    if (tag != 0) {
        CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, 16,
                                  (void *)(uintptr_t)(asked->data + asked->data_bytes - tag)) == 1);
    }
    EVP_CIPHER_CTX_set_padding(context, asked->type == CKM_AES_CBC_PAD);
    CHECK(EVP_CipherUpdate(context, made, &first, asked->data, (int)(asked->data_bytes - tag)) ==
          1);
    int done = EVP_CipherFinal_ex(context, made + first, &last);
    if (gcm && encrypts) {
        CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, made + first + last) == 1);
        last += 16;
    }
    EVP_CIPHER_CTX_free(context);
    size_t bytes = (size_t)(first + last);
    if (done == 1 && request->output.block.id != 0) {
        CHECK(bytes <= request->output.bytes);
        memcpy(blocks[request->output.block.id].bytes, made, bytes);
        reply->output_bytes = bytes;
    } else if (done == 1) {
        protobuf_put_bytes(&writer, 1, made, bytes);
    }
    free(made);
    return done == 1 ? give(reply, &writer) : fail(CKR_ENCRYPTED_DATA_INVALID);
}

static berth_result digest(struct asked *asked, berth_reply *reply) {
    uint8_t made[32];
    unsigned bytes;
    struct protobuf_writer writer = answer_writer(asked->request);
    CHECK(asked->type == CKM_SHA256);
    EVP_Digest(asked->data, asked->data_bytes, made, &bytes, EVP_sha256(), NULL);
    protobuf_put_bytes(&writer, 1, made, bytes);
    return give(reply, &writer);
}

static berth_result find_objects(const struct berth_resource *resource,
                                 const berth_request *request, berth_reply *reply) {
    struct protobuf_writer writer = answer_writer(request);
    const char *slash = strchr(resource->name, '/');
    uint64_t skip, at = 0;
    CHECK(protobuf_find_varint(request->payload, request->payload_bytes, 2, &skip));
    for (size_t i = 0; i < thing_count; i++) {
        uint8_t bytes[128];
        struct protobuf_writer inner = {.bytes = bytes, .capacity = sizeof bytes};
        const struct thing *thing = &things[i];
        if (thing->name == NULL || thing->destroyed ||
            (slash != NULL && strcmp(thing->name, slash + 1) != 0) ||
            !matches(thing, request->payload, request->payload_bytes) || at++ < skip) {
            continue;
        }
        if (at - skip > 3) { /* short pages, so that there are several */
            protobuf_put_varint(&writer, 2, 1);
            break;
        }
        protobuf_put_varint(&inner, 1, slash == NULL ? 0 : thing->number);
        protobuf_put_bytes(&inner, 2, thing->name, strlen(thing->name));
        protobuf_put_bytes(&writer, 1, bytes, inner.used);
    }
    return give(reply, &writer);
}

static berth_result get_attributes(const struct berth_resource *resource,
                                   const berth_request *request, berth_reply *reply) {
    struct protobuf_writer writer = answer_writer(request);
    size_t key_bytes, packed_bytes;
    uint64_t number, type = 0;
    const uint8_t *key = bytes_of(request, 1, &key_bytes);
    const uint8_t *packed = bytes_of(request, 2, &packed_bytes);
    CHECK(protobuf_find_varint(key, key_bytes, 1, &number));
    const struct thing *thing = find(resource, number);
    if (thing == NULL) {
        return stale();
    }
    unsigned shift = 0;
    for (size_t i = 0; i < packed_bytes; i++) {
        type |= (uint64_t)(packed[i] & 0x7f) << shift;
        shift += 7;
        if ((packed[i] & 0x80) != 0) {
            continue;
        }
        uint8_t bytes[600];
        struct protobuf_writer inner = {.bytes = bytes, .capacity = sizeof bytes};
        struct value value = attribute_of(thing, type);
        protobuf_put_varint(&inner, 1, type);
        protobuf_put_bytes(&inner, 2, value.bytes, value.size);
        protobuf_put_varint(&inner, 3, value.sensitive);
        protobuf_put_varint(&inner, 4, !value.known);
        protobuf_put_bytes(&writer, 1, bytes, inner.used);
        type = 0;
        shift = 0;
    }
    return give(reply, &writer);
}

static berth_result token_info(const berth_request *request, berth_reply *reply) {
    static const struct {
        CK_MECHANISM_TYPE type;
        CK_FLAGS flags;
    } mechanisms[] = {
        {CKM_RSA_PKCS, CKF_SIGN | CKF_VERIFY | CKF_ENCRYPT | CKF_DECRYPT},
        {CKM_RSA_X_509, CKF_SIGN | CKF_VERIFY | CKF_ENCRYPT | CKF_DECRYPT},
        {CKM_SHA256_RSA_PKCS, CKF_SIGN | CKF_VERIFY},
        {CKM_SHA256_RSA_PKCS_PSS, CKF_SIGN | CKF_VERIFY},
        {CKM_ECDSA, CKF_SIGN | CKF_VERIFY},
        {CKM_ECDSA_SHA256, CKF_SIGN | CKF_VERIFY},
        {CKM_SHA256_HMAC, CKF_SIGN | CKF_VERIFY},
        {CKM_SHA256, CKF_DIGEST},
        {CKM_AES_ECB, CKF_ENCRYPT | CKF_DECRYPT},
        {CKM_AES_CBC, CKF_ENCRYPT | CKF_DECRYPT},
        {CKM_AES_CBC_PAD, CKF_ENCRYPT | CKF_DECRYPT},
        {CKM_AES_CTR, CKF_ENCRYPT | CKF_DECRYPT},
        {CKM_AES_GCM, CKF_ENCRYPT | CKF_DECRYPT},
        {CKM_AES_KEY_WRAP, CKF_WRAP | CKF_UNWRAP},
        {CKM_AES_KEY_GEN, CKF_GENERATE},
        {CKM_VENDOR_DEFINED + 0x107, CKF_GENERATE},
    };
    struct protobuf_writer writer = answer_writer(request);
    protobuf_put_bytes(&writer, 1, "played", 6);
    protobuf_put_bytes(&writer, 4, "0001", 4);
    protobuf_put_varint(&writer, 5, CKF_RNG | CKF_TOKEN_INITIALIZED | CKF_LOGIN_REQUIRED);
    protobuf_put_varint(&writer, 10, played.login_required);
    for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++) {
        uint8_t bytes[64];
        struct protobuf_writer inner = {.bytes = bytes, .capacity = sizeof bytes};
        protobuf_put_varint(&inner, 1, mechanisms[i].type);
        protobuf_put_varint(&inner, 4, mechanisms[i].flags);
        protobuf_put_bytes(&writer, 15, bytes, inner.used);
    }
    return give(reply, &writer);
}

static berth_result made(struct thing *thing, const berth_request *request, berth_reply *reply) {
    if (thing == NULL) {
        return fail(CKR_DEVICE_MEMORY);
    }
    struct protobuf_writer writer = answer_writer(request);
    protobuf_put_varint(&writer, 1, thing->number);
    return give(reply, &writer);
}

static berth_result unwrap(struct asked *asked, berth_reply *reply) {
    if (asked->data_bytes != KEY_BYTES) {
        return fail(CKR_WRAPPED_KEY_LEN_RANGE);
    }
    struct thing *thing = add(NULL, CKO_SECRET_KEY, CKK_AES, NULL);
    for (size_t i = 0; thing != NULL && i < KEY_BYTES; i++) {
        thing->value[i] = asked->data[i] ^ 0x5a;
    }
    return made(thing, asked->request, reply);
}

static berth_result random_bytes(const berth_request *request, berth_reply *reply) {
    uint8_t bytes[4096];
    uint64_t wanted;
    struct protobuf_writer writer = answer_writer(request);
    CHECK(protobuf_find_varint(request->payload, request->payload_bytes, 1, &wanted));
    CHECK(wanted <= sizeof bytes && RAND_bytes(bytes, (int)wanted) == 1);
    protobuf_put_bytes(&writer, 1, bytes, wanted);
    return give(reply, &writer);
}

static berth_result check_pin(const berth_request *request) {
    size_t bytes;
    const uint8_t *pin = bytes_of(request, 1, &bytes);
    bool right = bytes == sizeof PLAYED_PIN - 1 && memcmp(pin, PLAYED_PIN, bytes) == 0;
    return right ? BERTH_OK : fail(CKR_PIN_INCORRECT);
}

/* SM2 as a card would, but with r = e or SM3-less M cut to 32 bytes, s = r inverted. */
static berth_result sm2(uint32_t operation, const berth_request *request, berth_reply *reply) {
    struct protobuf_writer writer = answer_writer(request);
    uint8_t r[32] = {0}, s[32];
    size_t digest_bytes, message_bytes, signature_bytes, got_bytes;
    const uint8_t *digest_given = bytes_of(request, 1, &digest_bytes);
    const uint8_t *message = bytes_of(request, 2, &message_bytes);
    memcpy(r, digest_bytes != 0 ? digest_given : message,
           digest_bytes != 0    ? 32
           : message_bytes < 32 ? message_bytes
                                : 32);
    for (size_t i = 0; i < 32; i++) {
        s[i] = (uint8_t)~r[i];
    }
    if (operation == BERTH_OP_SM2_SIGN) {
        protobuf_put_bytes(&writer, 1, r, 32);
        protobuf_put_bytes(&writer, 2, s, 32);
    } else {
        const uint8_t *signature = bytes_of(request, 4, &signature_bytes), *got;
        CHECK(protobuf_find_bytes(signature, signature_bytes, 2, &got, &got_bytes));
        protobuf_put_varint(&writer, 1, got_bytes == 32 && memcmp(got, s, 32) == 0);
    }
    return give(reply, &writer);
}

/* x || y || hash of nothing, and the text as it is. */
static berth_result sm2_crypt(bool encrypts, const berth_request *request, berth_reply *reply) {
    uint8_t bytes[1024];
    size_t size;
    struct protobuf_writer writer = answer_writer(request);
    const uint8_t *data = bytes_of(request, 1, &size);
    if (size > sizeof bytes - 96 || (!encrypts && size < 96)) {
        return fail(encrypts ? CKR_DATA_LEN_RANGE : CKR_ENCRYPTED_DATA_LEN_RANGE);
    }
    if (encrypts) {
        memset(bytes, 0x81, 96);
        memcpy(bytes + 96, data, size);
        protobuf_put_bytes(&writer, 1, bytes, size + 96);
    } else {
        protobuf_put_bytes(&writer, 1, data + 96, size - 96);
    }
    return give(reply, &writer);
}

static berth_result sm2_point(const berth_request *request, berth_reply *reply) {
    uint8_t bytes[64];
    struct protobuf_writer writer = answer_writer(request);
    memset(bytes, 0x11, 32);
    memset(bytes + 32, 0x22, 32);
    protobuf_put_bytes(&writer, 1, bytes, 32);
    protobuf_put_bytes(&writer, 2, bytes + 32, 32);
    return give(reply, &writer);
}

static berth_result execute(const struct berth_resource *resource, const berth_request *request,
                            berth_reply *reply) {
    struct asked asked;
    bool card = strncmp(resource->name, CARD, sizeof CARD - 1) == 0;
    switch (request->operation) {
    case BERTH_OP_TOKEN_INFO:
        return card ? played_card_info(request, reply) : token_info(request, reply);
    case BERTH_OP_FIND_OBJECTS:
        return card ? BERTH_RESULT(BERTH_STATUS_UNIMPLEMENTED, BERTH_REASON_UNKNOWN_OPERATION)
                    : find_objects(resource, request, reply);
    case BERTH_OP_GET_ATTRIBUTES:
        return card ? played_card_attributes(things[0].pair, request, reply)
                    : get_attributes(resource, request, reply);
    case BERTH_OP_GENERATE_KEY:
    case BERTH_OP_SM4_ENCRYPT:
    case BERTH_OP_SM4_DECRYPT:
    case BERTH_OP_SM4_SEAL:
    case BERTH_OP_SM4_OPEN:
        return played_card_sm4(
            request, request->input.block.id == 0 ? NULL : blocks[request->input.block.id].bytes,
            request->output.block.id == 0 ? NULL : blocks[request->output.block.id].bytes, reply);
    case BERTH_OP_RANDOM:
        return random_bytes(request, reply);
    case BERTH_OP_CHECK_PIN:
        return check_pin(request);
    case BERTH_OP_SM2_SIGN:
    case BERTH_OP_SM2_VERIFY:
        return sm2(request->operation, request, reply);
    case BERTH_OP_SM2_ENCRYPT:
    case BERTH_OP_SM2_DECRYPT:
        return sm2_crypt(request->operation == BERTH_OP_SM2_ENCRYPT, request, reply);
    case BERTH_OP_EXPORT_PUBLIC_KEY:
        return sm2_point(request, reply);
    case BERTH_OP_RELEASE_OBJECT:
        return BERTH_OK;
    default:
        break;
    }
    if (!ask(&asked, resource, request)) {
        return stale();
    }
    switch (request->operation) {
    case BERTH_OP_RSA_SIGN:
    case BERTH_OP_EC_SIGN:
        return sign(&asked, reply);
    case BERTH_OP_RSA_VERIFY:
    case BERTH_OP_EC_VERIFY:
        return verify(&asked, reply);
    case BERTH_OP_MAC:
        return mac(&asked, reply);
    case BERTH_OP_RSA_ENCRYPT:
    case BERTH_OP_RSA_DECRYPT:
        return rsa_crypt(&asked, request->operation == BERTH_OP_RSA_ENCRYPT, reply);
    case BERTH_OP_AES_ENCRYPT:
    case BERTH_OP_AES_DECRYPT:
        return aes(&asked, request->operation == BERTH_OP_AES_ENCRYPT, reply);
    case BERTH_OP_DIGEST:
        return digest(&asked, reply);
    case BERTH_OP_UNWRAP_KEY:
        return unwrap(&asked, reply);
    case BERTH_OP_GENERATE_SESSION_KEY:
        return made(add(NULL, CKO_SECRET_KEY, CKK_AES, NULL), request, reply);
    default:
        return BERTH_RESULT(BERTH_STATUS_UNIMPLEMENTED, BERTH_REASON_UNKNOWN_OPERATION);
    }
}

/* ---- The library's interface ------------------------------------------------------------------
 */

berth_result berth_connect(const char *path, const berth_connect_options *options,
                           berth_conn **connection) {
    static struct berth_conn only;
    (void)path;
    (void)options;
    if (played.unreachable) {
        return BERTH_RESULT(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST);
    }
    atomic_fetch_add(&played.connects, 1);
    *connection = &only;
    return BERTH_OK;
}

berth_result berth_close(berth_conn *connection) {
    if (connection != NULL) {
        atomic_fetch_add(&played.closes, 1);
    }
    return BERTH_OK;
}

/* Opened ones are freed with the process: the module holds them until its connection is closed. */
static struct berth_resource opened[512];
static atomic_uint opened_count;

berth_result berth_open(berth_conn *connection, const char *name, const berth_open_options *options,
                        berth_resource **resource) {
    (void)connection;
    (void)options;
    if (played.no_grant || strcmp(name, DEVICE "/denied") == 0 ||
        (played.bare_device && strchr(name, '/') == NULL)) {
        return BERTH_RESULT(BERTH_STATUS_PERMISSION_DENIED, BERTH_REASON_NOT_PERMITTED);
    }
    *resource = &opened[atomic_fetch_add(&opened_count, 1) % 512];
    snprintf((*resource)->name, sizeof(*resource)->name, "%s", name);
    return BERTH_OK;
}

berth_result berth_release(berth_resource *resource) {
    (void)resource;
    return BERTH_OK;
}

berth_result berth_list(berth_conn *connection, const char *on_behalf_of,
                        bool (*each)(void *context, const berth_listed *entry), void *context,
                        uint32_t timeout_ms) {
    const berth_attribute sm2_key[] = {
        {"algorithm", "sm2"}, {"kind", "sm2"}, {"label", "pay"}, {"id", "0a0b"}};
    const berth_attribute kek[] = {{"kind", "kek"}, {"index", "1"}};
    const berth_attribute rsa[] = {{"kind", "rsa"}, {"index", "2"}, {"id", "0c"}};
    /* SEQUENCE { SEQUENCE { INTEGER 5, SEQUENCE {}, SEQUENCE { NULL }, SEQUENCE {},
     * SEQUENCE { NULL } } } */
    const berth_attribute certificate[] = {{"certificate", "MBEwDwIBBTAAMAIFADAAMAIFAA=="},
                                           {"id", "07"}};
    const berth_listed entries[] = {
        {DEVICE, 0x7fff, "hsm/pkcs11", 0, NULL},
        {DEVICE "/ec", 0x7fff, "hsm/pkcs11", 2, certificate},
        {CARD, 0x7fff, "hsm/sdf", 0, NULL},
        {CARD "/pay-1", 0x7fff, "hsm/sdf", 4, sm2_key},
        {CARD "/kek-1", 0x7fff, "hsm/sdf", 2, kek},
        {PLAYED_CARD_RSA, 0x7fff, "hsm/sdf", 3, rsa},
        {"npu:model", 0x7fff, "npu/onnxruntime", 0, NULL},
    };
    (void)connection;
    (void)on_behalf_of;
    (void)timeout_ms;
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        bool device = strchr(entries[i].resource, '/') == NULL;
        if (!played.hidden && !(device && played.bare_device) && !each(context, &entries[i])) {
            break;
        }
    }
    return BERTH_OK;
}

berth_result berth_call(berth_resource *resource, const berth_request *request,
                        berth_reply *reply) {
    static atomic_flag busy = ATOMIC_FLAG_INIT;
    while (atomic_flag_test_and_set(&busy)) {
    }
    atomic_fetch_add(&played.calls, 1);
    played.last_operation = request->operation;
    played.last_flags = request->flags;
    played.last_had_input = request->input.block.id != 0;
    device_code = 0;
    bool fails = played.failures > 0 &&
                 (played.failing_operation == 0 || played.failing_operation == request->operation);
    berth_result result;
    if (fails) {
        played.failures--;
        device_code = played.device_code;
        result = played.failure;
    } else {
        result = execute(resource, request, reply);
    }
    reply->result = result;
    atomic_flag_clear(&busy);
    return result;
}

berth_result berth_block_alloc(berth_resource *resource, enum berth_direction direction,
                               uint64_t bytes, berth_block *block) {
    (void)resource;
    for (uint64_t i = 1; i < BLOCKS; i++) {
        if (blocks[i].bytes == NULL) {
            blocks[i] = (struct block){malloc(bytes), bytes, direction};
            *block = (berth_block){i};
            return blocks[i].bytes != NULL ? BERTH_OK
                                           : BERTH_RESULT(BERTH_STATUS_RESOURCE_EXHAUSTED,
                                                          BERTH_REASON_BUDGET_EXCEEDED);
        }
    }
    return BERTH_RESULT(BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_BUDGET_EXCEEDED);
}

void *berth_block_data(berth_conn *connection, berth_block block) {
    (void)connection;
    return blocks[block.id].bytes;
}

berth_result berth_block_free(berth_conn *connection, berth_block block) {
    (void)connection;
    bool input = blocks[block.id].direction == BERTH_INPUT;
    played.inputs_freed += input;
    played.outputs_freed += !input;
    free(blocks[block.id].bytes);
    blocks[block.id] = (struct block){0};
    return BERTH_OK;
}

berth_result berth_block_free_wiped(berth_conn *connection, berth_block block, uint64_t bytes) {
    bool input = blocks[block.id].direction == BERTH_INPUT;
    bool wholly = bytes == 0 || bytes == blocks[block.id].size;
    played.inputs_wiped += input && wholly;
    played.outputs_wiped += !input && wholly;
    return berth_block_free(connection, block);
}

uint32_t berth_last_device_code(void) {
    return device_code;
}

const char *berth_last_error(void) {
    return "";
}

const char *berth_status_name(berth_result result) {
    return berth_protocol_status_name(result & 0xffff);
}

const char *berth_reason_name(berth_result result) {
    return berth_protocol_reason_name(result >> 16);
}
