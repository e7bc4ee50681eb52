/* SPDX-License-Identifier: Apache-2.0 */
#include "played_card.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cryptoki.h"
#include "protobuf.h"

#define SM4_KEY_BYTES 16
#define TAG_BYTES_MAX 16

static berth_result refuse(void) {
    return BERTH_RESULT(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_NONE);
}

static const uint8_t *bytes_of(const berth_request *request, uint32_t field, size_t *size) {
    const uint8_t *bytes;
    CHECK(protobuf_find_bytes(request->payload, request->payload_bytes, field, &bytes, size));
    return bytes;
}

static uint64_t number_of(const berth_request *request, uint32_t field) {
    uint64_t number;
    CHECK(protobuf_find_varint(request->payload, request->payload_bytes, field, &number));
    return number;
}

static berth_result give(berth_reply *reply, const struct protobuf_writer *writer) {
    CHECK(!writer->overflow);
    reply->bytes = (uint32_t)writer->used;
    return BERTH_OK;
}

static struct protobuf_writer answer(const berth_request *request) {
    return (struct protobuf_writer){.bytes = request->reply, .capacity = request->reply_limit};
}

berth_result played_card_info(const berth_request *request, berth_reply *reply) {
    static const struct {
        CK_MECHANISM_TYPE type;
        CK_FLAGS flags;
    } mechanisms[] = {
        {CKM_RSA_PKCS, CKF_SIGN | CKF_VERIFY | CKF_ENCRYPT | CKF_DECRYPT},
        {CKM_SHA256_RSA_PKCS, CKF_SIGN | CKF_VERIFY},
    };
    struct protobuf_writer writer = answer(request);
    protobuf_put_bytes(&writer, 1, "one card of several", 19);
    for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++) {
        uint8_t bytes[64];
        struct protobuf_writer inner = {.bytes = bytes, .capacity = sizeof bytes};
        protobuf_put_varint(&inner, 1, mechanisms[i].type);
        protobuf_put_varint(&inner, 4, mechanisms[i].flags);
        protobuf_put_bytes(&writer, 15, bytes, inner.used);
    }
    return give(reply, &writer);
}

static void put_attribute(struct protobuf_writer *writer, uint64_t type, EVP_PKEY *pair,
                          const char *parameter) {
    uint8_t value[520] = {0}, bytes[600]; /* a zero in front, as some cards have it */
    BIGNUM *number = NULL;
    CHECK(EVP_PKEY_get_bn_param(pair, parameter, &number) == 1);
    int size = BN_bn2bin(number, value + 1);
    BN_free(number);
    struct protobuf_writer inner = {.bytes = bytes, .capacity = sizeof bytes};
    protobuf_put_varint(&inner, 1, type);
    protobuf_put_bytes(&inner, 2, value, (size_t)size + 1);
    protobuf_put_bytes(writer, 1, bytes, inner.used);
}

berth_result played_card_attributes(EVP_PKEY *pair, const berth_request *request,
                                    berth_reply *reply) {
    struct protobuf_writer writer = answer(request);
    put_attribute(&writer, CKA_MODULUS, pair, OSSL_PKEY_PARAM_RSA_N);
    put_attribute(&writer, CKA_PUBLIC_EXPONENT, pair, OSSL_PKEY_PARAM_RSA_E);
    return give(reply, &writer);
}

/* ---- SM4 --------------------------------------------------------------------------------------
 */

/* A key is wrapped by having every bit of it inverted. */
static bool take_key(const berth_request *request, uint8_t key[SM4_KEY_BYTES]) {
    size_t bytes, wrapped_bytes;
    const uint8_t *wrapped, *field = bytes_of(request, 1, &bytes);
    CHECK(protobuf_find_bytes(field, bytes, 1, &wrapped, &wrapped_bytes));
    for (size_t i = 0; i < SM4_KEY_BYTES && wrapped_bytes == SM4_KEY_BYTES; i++) {
        key[i] = (uint8_t)~wrapped[i];
    }
    return wrapped_bytes == SM4_KEY_BYTES;
}

static berth_result generate(const berth_request *request, berth_reply *reply) {
    uint8_t wrapped[SM4_KEY_BYTES];
    struct protobuf_writer writer = answer(request);
    CHECK(number_of(request, 1) == 8 * SM4_KEY_BYTES && RAND_bytes(wrapped, sizeof wrapped) == 1);
    protobuf_put_bytes(&writer, 1, wrapped, sizeof wrapped);
    return give(reply, &writer);
}

static const EVP_CIPHER *cipher_of(uint64_t mode) {
    switch (mode) {
    case 1:
        return EVP_sm4_ecb();
    case 2:
        return EVP_sm4_cbc();
    case 5:
        return EVP_sm4_ctr();
    default:
        return EVP_aes_128_gcm();
    }
}

static berth_result put_data(const berth_request *request, struct protobuf_writer *writer,
                             uint8_t *output, const uint8_t *made, size_t bytes,
                             berth_reply *reply) {
    if (output != NULL) {
        CHECK(bytes <= request->output.bytes);
        memcpy(output, made, bytes);
        reply->output_bytes = bytes;
    } else {
        protobuf_put_bytes(writer, 1, made, bytes);
    }
    return give(reply, writer);
}

static berth_result crypt(const berth_request *request, const uint8_t *input, uint8_t *output,
                          const uint8_t *key, berth_reply *reply) {
    bool encrypts = request->operation == BERTH_OP_SM4_ENCRYPT;
    struct protobuf_writer writer = answer(request);
    size_t iv_bytes, bytes;
    const uint8_t *iv = bytes_of(request, 3, &iv_bytes), *data = bytes_of(request, 4, &bytes);
    uint64_t mode = number_of(request, 2);
    int first = 0, last = 0;
    if (input != NULL) {
        data = input;
        bytes = request->input.bytes;
    }
    if (iv_bytes != (mode == 1 ? 0 : 16) || (mode < 3 && bytes % 16 != 0)) {
        return refuse();
    }
    uint8_t *made = malloc(bytes + 16);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    CHECK(made != NULL &&
          EVP_CipherInit_ex(context, cipher_of(mode), NULL, key, iv, encrypts) == 1);
    EVP_CIPHER_CTX_set_padding(context, 0);
    CHECK(EVP_CipherUpdate(context, made, &first, data, (int)bytes) == 1);
    CHECK(EVP_CipherFinal_ex(context, made + first, &last) == 1 && (size_t)(first + last) == bytes);
    EVP_CIPHER_CTX_free(context);
    berth_result result = put_data(request, &writer, output, made, bytes, reply);
    free(made);
    return result;
}

static berth_result authenticated(const berth_request *request, const uint8_t *input,
                                  uint8_t *output, const uint8_t *key, berth_reply *reply) {
    bool seals = request->operation == BERTH_OP_SM4_SEAL;
    struct protobuf_writer writer = answer(request);
    uint8_t made_tag[TAG_BYTES_MAX];
    size_t iv_bytes, aad_bytes, bytes, tag_bytes;
    const uint8_t *iv = bytes_of(request, 4, &iv_bytes), *aad = bytes_of(request, 5, &aad_bytes);
    const uint8_t *data = bytes_of(request, 6, &bytes), *tag = bytes_of(request, 7, &tag_bytes);
    size_t wanted = seals ? number_of(request, 8) : tag_bytes;
    int first = 0, last = 0;
    if (input != NULL) {
        data = input;
        bytes = request->input.bytes;
    }
    if (number_of(request, 3) != 1 || iv_bytes == 0 || wanted < 4 || wanted > TAG_BYTES_MAX) {
        return refuse();
    }
    uint8_t *made = malloc(bytes + 16);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    CHECK(made != NULL && EVP_CipherInit_ex(context, cipher_of(0), NULL, NULL, NULL, seals) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_IVLEN, (int)iv_bytes, NULL) == 1);
    CHECK(EVP_CipherInit_ex(context, NULL, NULL, key, iv, seals) == 1);
    CHECK(EVP_CipherUpdate(context, NULL, &first, aad, (int)aad_bytes) == 1);
    CHECK(EVP_CipherUpdate(context, made, &first, data, (int)bytes) == 1);
    if (!seals) {
        CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, (int)wanted,
                                  (void *)(uintptr_t)tag) == 1);
    }
    bool done = EVP_CipherFinal_ex(context, made + first, &last) == 1;
    if (seals) {
        CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, (int)wanted, made_tag) == 1);
        protobuf_put_bytes(&writer, 2, made_tag, wanted);
    }
    EVP_CIPHER_CTX_free(context);
    berth_result result = done ? put_data(request, &writer, output, made, bytes, reply) : refuse();
    free(made);
    return result;
}

berth_result played_card_sm4(const berth_request *request, const uint8_t *input, uint8_t *output,
                             berth_reply *reply) {
    uint8_t key[SM4_KEY_BYTES];
    if (request->operation == BERTH_OP_GENERATE_KEY) {
        return generate(request, reply);
    }
    if (!take_key(request, key)) {
        return refuse();
    }
    bool plain =
        request->operation == BERTH_OP_SM4_ENCRYPT || request->operation == BERTH_OP_SM4_DECRYPT;
    return plain ? crypt(request, input, output, key, reply)
                 : authenticated(request, input, output, key, reply);
}
