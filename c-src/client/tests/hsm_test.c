/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed HSM calls against a peer that computes with OpenSSL: what goes over the wire is taken apart
 * by a parser of its own, and the results are checked by the standards' examples.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <berth/berth_hsm.h>

#include "check.h"
#include "connection.h"
#include "fixture.h"
#include "protobuf.h"

/* GB/T 32907, A.1 */
static const uint8_t SM4_KEY[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
                                    0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};
static const uint8_t SM4_CIPHERTEXT[16] = {0x68, 0x1e, 0xdf, 0x34, 0xd2, 0x06, 0x96, 0x5e,
                                           0x86, 0xb3, 0xe9, 0x4f, 0x53, 0x6e, 0x42, 0x46};
/* GB/T 32905, A.1: "abc" */
static const uint8_t SM3_ABC[32] = {
    0x66, 0xc7, 0xf0, 0xf4, 0x62, 0xee, 0xed, 0xd9, 0xd1, 0xf2, 0xd4, 0x6b, 0xdc, 0x10, 0xe4, 0xe2,
    0x41, 0x67, 0xc4, 0x87, 0x5c, 0xf2, 0xf7, 0xa2, 0x29, 0x7d, 0xa0, 0x2b, 0x8f, 0x4b, 0xa8, 0xe0};

/* ---- The peer's side
 * ---------------------------------------------------------------------------------- */

struct in {
    const uint8_t *bytes;
    size_t size;
};

static struct in in_field(const uint8_t *message, size_t size, uint32_t number) {
    struct in field;
    if (!protobuf_find_bytes(message, size, number, &field.bytes, &field.size)) {
        abort();
    }
    return field;
}

static uint32_t out_bytes(uint8_t *reply, size_t limit, size_t *reply_bytes, const void *data,
                          size_t bytes) {
    struct protobuf_writer writer = {.bytes = reply, .capacity = limit};
    protobuf_put_bytes(&writer, 1, data, bytes);
    *reply_bytes = writer.used;
    return writer.overflow ? BERTH_STATUS_OUT_OF_RANGE : BERTH_STATUS_OK;
}

static uint32_t execute_sm4(bool encrypt, const uint8_t *request, size_t bytes, uint8_t *reply,
                            size_t limit, size_t *reply_bytes) {
    struct in wrapped = in_field(request, bytes, 1);
    struct in key = in_field(wrapped.bytes, wrapped.size, 1);
    struct in iv = in_field(request, bytes, 3);
    struct in data = in_field(request, bytes, 4);
    uint64_t mode;
    protobuf_find_varint(request, bytes, 2, &mode);
    if (key.size != 16 || data.size > 4096 || (mode == BERTH_SM4_CBC && iv.size != 16)) {
        return BERTH_STATUS_INVALID_ARGUMENT;
    }
    uint8_t result[4096 + 16], next_iv[16] = {0};
    int done = 0;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    EVP_CipherInit_ex(cipher, mode == BERTH_SM4_ECB ? EVP_sm4_ecb() : EVP_sm4_cbc(), NULL,
                      key.bytes, iv.bytes, encrypt);
    EVP_CIPHER_CTX_set_padding(cipher, 0);
    EVP_CipherUpdate(cipher, result, &done, data.bytes, (int)data.size);
    EVP_CIPHER_CTX_free(cipher);
    if (data.size >= 16) {
        memcpy(next_iv, (encrypt ? result : data.bytes) + data.size - 16, 16);
    }
    struct protobuf_writer writer = {.bytes = reply, .capacity = limit};
    protobuf_put_bytes(&writer, 1, result, (size_t)done);
    protobuf_put_bytes(&writer, 2, next_iv, iv.size == 16 ? 16 : 0);
    *reply_bytes = writer.used;
    return BERTH_STATUS_OK;
}

static uint32_t execute(uint32_t operation, const uint8_t *request, size_t bytes, uint8_t *reply,
                        size_t limit, size_t *reply_bytes) {
    uint8_t digest[32], random[4096];
    unsigned mac_bytes = 0;
    uint64_t number;
    struct in data, wrapped, signature;
    struct protobuf_writer writer = {.bytes = reply, .capacity = limit};
    switch (operation) {
    case BERTH_OP_SM3_DIGEST:
        data = in_field(request, bytes, 1);
        EVP_Digest(data.bytes, data.size, digest, NULL, EVP_sm3(), NULL);
        return out_bytes(reply, limit, reply_bytes, digest, 32);
    case BERTH_OP_SM4_ENCRYPT:
    case BERTH_OP_SM4_DECRYPT:
        return execute_sm4(operation == BERTH_OP_SM4_ENCRYPT, request, bytes, reply, limit,
                           reply_bytes);
    case BERTH_OP_HMAC_SM3:
        wrapped = in_field(request, bytes, 1);
        data = in_field(request, bytes, 3);
        wrapped = in_field(wrapped.bytes, wrapped.size, 1);
        HMAC(EVP_sm3(), wrapped.bytes, (int)wrapped.size, data.bytes, data.size, digest,
             &mac_bytes);
        return out_bytes(reply, limit, reply_bytes, digest, mac_bytes);
    case BERTH_OP_RANDOM:
        protobuf_find_varint(request, bytes, 1, &number);
        RAND_bytes(random, (int)number);
        return out_bytes(reply, limit, reply_bytes, random, number);
    case BERTH_OP_GENERATE_KEY:
        protobuf_find_varint(request, bytes, 1, &number);
        return number != 128 ? BERTH_STATUS_INVALID_ARGUMENT
                             : out_bytes(reply, limit, reply_bytes, SM4_KEY, sizeof SM4_KEY);
    case BERTH_OP_SM2_SIGN: /* r = the digest, s = its inversion: a signature only this peer accepts
                             */
        data = in_field(request, bytes, 1);
        if (data.size == 0) {
            data = in_field(request, bytes, 2);
            EVP_Digest(data.bytes, data.size, digest, NULL, EVP_sm3(), NULL);
        } else {
            memcpy(digest, data.bytes, 32);
        }
        protobuf_put_bytes(&writer, 1, digest, 32);
        for (int i = 0; i < 32; i++) {
            digest[i] ^= 0xff;
        }
        protobuf_put_bytes(&writer, 2, digest, 32);
        *reply_bytes = writer.used;
        return BERTH_STATUS_OK;
    case BERTH_OP_SM2_VERIFY:
        data = in_field(request, bytes, 1);
        signature = in_field(request, bytes, 4);
        signature = in_field(signature.bytes, signature.size, 1);
        protobuf_put_varint(&writer, 1,
                            data.size == 32 && signature.size == 32 &&
                                memcmp(data.bytes, signature.bytes, 32) == 0);
        *reply_bytes = writer.used;
        return BERTH_STATUS_OK;
    case BERTH_OP_EXPORT_PUBLIC_KEY:
        protobuf_find_varint(request, bytes, 1, &number);
        memset(digest, 1 + (int)number, 32);
        protobuf_put_bytes(&writer, 1, digest, 32);
        protobuf_put_bytes(&writer, 2, digest, number == 1 ? 31 : 32); /* ill-sized for ENCRYPT */
        *reply_bytes = writer.used;
        return BERTH_STATUS_OK;
    default:
        return BERTH_STATUS_UNIMPLEMENTED;
    }
}

/* ---- Tests
 * --------------------------------------------------------------------------------------------- */

static struct fixture start(void) {
    return fixture_start(&(struct peer_options){.execute = execute});
}

static void sm3_of_the_standards_example_is_right(void) {
    struct fixture fixture = start();
    uint8_t digest[32];
    CHECK_OK(berth_sm3(fixture.echo, "abc", 3, NULL, NULL, digest, PATIENT_MILLIS));
    CHECK(memcmp(digest, SM3_ABC, 32) == 0);
    fixture_stop(&fixture);
}

static void sm4_of_the_standards_example_is_right_and_goes_back(void) {
    struct fixture fixture = start();
    berth_wrapped_key key;
    uint8_t data[16], iv[16];
    CHECK_RESULT(berth_generate_key(fixture.echo, 256, &key, PATIENT_MILLIS), INVALID_ARGUMENT,
                 NONE);
    CHECK_OK(berth_generate_key(fixture.echo, 128, &key, PATIENT_MILLIS));
    CHECK_OK(berth_sm4_encrypt(fixture.echo, &key, BERTH_SM4_ECB, NULL, SM4_KEY, 16, data,
                               PATIENT_MILLIS));
    CHECK(memcmp(data, SM4_CIPHERTEXT, 16) == 0);
    CHECK_OK(
        berth_sm4_decrypt(fixture.echo, &key, BERTH_SM4_ECB, NULL, data, 16, data, PATIENT_MILLIS));
    CHECK(memcmp(data, SM4_KEY, 16) == 0);

    /* CBC in two parts is CBC in one: the chaining value is carried on. */
    uint8_t text[64], whole[64], parts[64];
    memset(text, 7, sizeof text);
    memset(iv, 3, sizeof iv);
    CHECK_OK(
        berth_sm4_encrypt(fixture.echo, &key, BERTH_SM4_CBC, iv, text, 64, whole, PATIENT_MILLIS));
    memset(iv, 3, sizeof iv);
    CHECK_OK(
        berth_sm4_encrypt(fixture.echo, &key, BERTH_SM4_CBC, iv, text, 32, parts, PATIENT_MILLIS));
    CHECK_OK(berth_sm4_encrypt(fixture.echo, &key, BERTH_SM4_CBC, iv, text + 32, 32, parts + 32,
                               PATIENT_MILLIS));
    CHECK(memcmp(whole, parts, 64) == 0);
    CHECK_RESULT(
        berth_sm4_encrypt(fixture.echo, &key, BERTH_SM4_CBC, iv, text, 33, parts, PATIENT_MILLIS),
        INVALID_ARGUMENT, NONE);
    CHECK_RESULT(
        berth_sm4_encrypt(fixture.echo, &key, BERTH_SM4_CBC, NULL, text, 32, parts, PATIENT_MILLIS),
        INVALID_ARGUMENT, NONE);
    fixture_stop(&fixture);
}

static void signatures_are_carried_and_verified(void) {
    struct fixture fixture = start();
    uint8_t signature[64], other[64];
    bool valid;
    CHECK_OK(berth_sm2_sign(fixture.echo, SM3_ABC, signature, PATIENT_MILLIS));
    CHECK_OK(berth_sm2_sign_message(fixture.echo, "abc", 3, NULL, other, PATIENT_MILLIS));
    CHECK(memcmp(signature, other, 64) == 0);
    CHECK_OK(berth_sm2_verify(fixture.echo, SM3_ABC, signature, NULL, &valid, PATIENT_MILLIS));
    CHECK(valid);
    signature[0] ^= 1;
    CHECK_OK(berth_sm2_verify(fixture.echo, SM3_ABC, signature, NULL, &valid, PATIENT_MILLIS));
    CHECK(!valid);
    fixture_stop(&fixture);
}

static void random_bytes_and_macs_come_in_full(void) {
    struct fixture fixture = start();
    uint8_t random[5000] = {0}, mac[32], expected[32];
    berth_wrapped_key key;
    size_t mac_bytes = sizeof mac;
    unsigned expected_bytes, zeros = 0;
    CHECK_OK(berth_random(fixture.echo, random, sizeof random, PATIENT_MILLIS));
    for (size_t i = 0; i < sizeof random; i++) {
        zeros += random[i] == 0;
    }
    CHECK(zeros < 200);
    CHECK_OK(berth_generate_key(fixture.echo, 128, &key, PATIENT_MILLIS));
    CHECK_OK(berth_mac(fixture.echo, &key, BERTH_MAC_HMAC_SM3, NULL, "abc", 3, mac, &mac_bytes,
                       PATIENT_MILLIS));
    HMAC(EVP_sm3(), SM4_KEY, 16, (const uint8_t *)"abc", 3, expected, &expected_bytes);
    CHECK(mac_bytes == 32 && memcmp(mac, expected, 32) == 0);
    mac_bytes = 16;
    CHECK_RESULT(berth_mac(fixture.echo, &key, BERTH_MAC_HMAC_SM3, NULL, "abc", 3, mac, &mac_bytes,
                           PATIENT_MILLIS),
                 OUT_OF_RANGE, REPLY_TOO_LARGE);
    CHECK(mac_bytes == 32);
    fixture_stop(&fixture);
}

static void an_ill_sized_field_is_refused(void) {
    struct fixture fixture = start();
    berth_sm2_public_key key;
    CHECK_OK(berth_export_public_key(fixture.echo, BERTH_KEY_SIGN, &key, PATIENT_MILLIS));
    CHECK(key.x[0] == 1 && key.y[31] == 1);
    CHECK_RESULT(berth_export_public_key(fixture.echo, BERTH_KEY_ENCRYPT, &key, PATIENT_MILLIS),
                 INTERNAL, DRIVER_ERROR);
    fixture_stop(&fixture);
}

static void long_data_travels_in_blocks_that_are_given_back(void) {
    struct fixture fixture = start();
    static uint8_t data[100000], result[100000];
    uint8_t digest[32], iv[16] = {0};
    berth_wrapped_key key;
    CHECK_OK(berth_generate_key(fixture.echo, 128, &key, PATIENT_MILLIS));
    for (int i = 0; i < 20; i++) {
        /* This peer looks at no blocks: it digests the empty message's data, and answers SM4
         * without data. What counts here is that the blocks are asked for, named and freed. */
        CHECK_OK(berth_sm3(fixture.echo, data, sizeof data, NULL, NULL, digest, PATIENT_MILLIS));
        CHECK_OK(berth_sm4_encrypt(fixture.echo, &key, BERTH_SM4_CBC, iv, data, sizeof data, result,
                                   PATIENT_MILLIS));
    }
    CHECK(atomic_load(&fixture.peer.seen->segments) == 2);
    fixture_stop(&fixture);
}

static void no_reply_leads_the_parser_astray(void) {
    uint8_t bytes[64];
    uint64_t state = 88172645463325252u, value;
    for (int round = 0; round < 300000; round++) {
        size_t size = (size_t)round % sizeof bytes;
        uint8_t *copy = malloc(size == 0 ? 1 : size); /* of the exact size, for the sanitizer */
        for (size_t i = 0; i < size; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            bytes[i] = (uint8_t)(state >> 33);
            bytes[i] = i % 3 == 0 ? bytes[i] & 0x0f : bytes[i];
        }
        memcpy(copy, bytes, size);
        const uint8_t *field;
        size_t field_bytes;
        if (protobuf_find_bytes(copy, size, 1, &field, &field_bytes) && field_bytes != 0) {
            CHECK(field >= copy && field + field_bytes <= copy + size);
        }
        protobuf_find_varint(copy, size, 2, &value);
        free(copy);
    }
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(sm3_of_the_standards_example_is_right),
        TEST(sm4_of_the_standards_example_is_right_and_goes_back),
        TEST(signatures_are_carried_and_verified),
        TEST(random_bytes_and_macs_come_in_full),
        TEST(an_ill_sized_field_is_refused),
        TEST(long_data_travels_in_blocks_that_are_given_back),
        TEST(no_reply_leads_the_parser_astray),
    };
    return RUN_TESTS(tests, argc, argv);
}
