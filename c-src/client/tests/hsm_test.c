/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed HSM calls against a peer that computes with OpenSSL: what goes over the wire is taken apart
 * there, and the results are checked by the standards' examples.
 */
#include <openssl/hmac.h>

#include <berth/berth_hsm.h>

#include "check.h"
#include "connection.h"
#include "fixture.h"
#include "hsm_peer.h"
#include "protobuf.h"

/* GB/T 32907, A.1 */
static const uint8_t SM4_CIPHERTEXT[16] = {0x68, 0x1e, 0xdf, 0x34, 0xd2, 0x06, 0x96, 0x5e,
                                           0x86, 0xb3, 0xe9, 0x4f, 0x53, 0x6e, 0x42, 0x46};
/* GB/T 32905, A.1: "abc" */
static const uint8_t SM3_ABC[32] = {
    0x66, 0xc7, 0xf0, 0xf4, 0x62, 0xee, 0xed, 0xd9, 0xd1, 0xf2, 0xd4, 0x6b, 0xdc, 0x10, 0xe4, 0xe2,
    0x41, 0x67, 0xc4, 0x87, 0x5c, 0xf2, 0xf7, 0xa2, 0x29, 0x7d, 0xa0, 0x2b, 0x8f, 0x4b, 0xa8, 0xe0};

/* ---- Tests
 * --------------------------------------------------------------------------------------------- */

static struct fixture start(void) {
    return fixture_start(&(struct peer_options){.execute = hsm_peer_execute});
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
    CHECK_OK(berth_sm4_encrypt(fixture.echo, &key, BERTH_SM4_ECB, NULL, HSM_PEER_KEY, 16, data,
                               PATIENT_MILLIS));
    CHECK(memcmp(data, SM4_CIPHERTEXT, 16) == 0);
    CHECK_OK(
        berth_sm4_decrypt(fixture.echo, &key, BERTH_SM4_ECB, NULL, data, 16, data, PATIENT_MILLIS));
    CHECK(memcmp(data, HSM_PEER_KEY, 16) == 0);

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
    HMAC(EVP_sm3(), HSM_PEER_KEY, 16, (const uint8_t *)"abc", 3, expected, &expected_bytes);
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
    /* What came back is ciphertext, and is no secret; of what is decrypted the blocks are wiped. */
    CHECK(atomic_load(&fixture.peer.seen->wipes) == 0);
    for (unsigned i = 1; i <= 20; i++) {
        CHECK_OK(berth_sm4_decrypt(fixture.echo, &key, BERTH_SM4_CBC, iv, data, sizeof data, result,
                                   PATIENT_MILLIS));
        while (atomic_load(&fixture.peer.seen->wipes) < i) {
            CHECK_OK(berth_random(fixture.echo, result, 1, PATIENT_MILLIS));
        }
    }
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
