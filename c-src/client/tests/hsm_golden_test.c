/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every typed HSM call against the golden vectors, which protobuf-java made and the Java client is
 * held to as well: a peer answers a request only if it is the vector's, and with the vector's
 * reply.
 */
#include <berth/berth_hsm.h>

#include "check.h"
#include "fixture.h"
#include "vectors.h"

/* Which vector each operation's request must be. SM2_SIGN has two; the message's is the longer. */
static const struct {
    uint32_t operation;
    const char *name;
} EXCHANGES[] = {
    {BERTH_OP_SM2_SIGN, "SM2_SIGN"},
    {BERTH_OP_SM2_SIGN, "SM2_SIGN-message"},
    {BERTH_OP_SM2_VERIFY, "SM2_VERIFY"},
    {BERTH_OP_SM2_ENCRYPT, "SM2_ENCRYPT"},
    {BERTH_OP_SM2_DECRYPT, "SM2_DECRYPT"},
    {BERTH_OP_SM4_ENCRYPT, "SM4_ENCRYPT"},
    {BERTH_OP_SM4_DECRYPT, "SM4_DECRYPT"},
    {BERTH_OP_SM3_DIGEST, "SM3_DIGEST"},
    {BERTH_OP_SM4_MAC, "SM4_MAC"},
    {BERTH_OP_HMAC_SM3, "HMAC_SM3"},
    {BERTH_OP_RANDOM, "RANDOM"},
    {BERTH_OP_EXPORT_PUBLIC_KEY, "EXPORT_PUBLIC_KEY"},
    {BERTH_OP_GENERATE_KEY, "GENERATE_KEY"},
};

/* In the peer's process. */
static uint32_t answer(uint32_t operation, const uint8_t *request, size_t bytes, uint8_t *reply,
                       size_t limit, size_t *reply_bytes) {
    uint8_t golden[VECTOR_BYTES];
    for (size_t i = 0; i < sizeof EXCHANGES / sizeof EXCHANGES[0]; i++) {
        if (EXCHANGES[i].operation == operation &&
            vector("hsm-request", EXCHANGES[i].name, golden) == bytes &&
            memcmp(golden, request, bytes) == 0) {
            *reply_bytes = vector("hsm-reply", EXCHANGES[i].name, golden);
            if (*reply_bytes > limit) {
                return BERTH_STATUS_OUT_OF_RANGE;
            }
            memcpy(reply, golden, *reply_bytes);
            return BERTH_STATUS_OK;
        }
    }
    return BERTH_STATUS_INVALID_ARGUMENT;
}

/* `count` bytes, each one more than the one before. */
static void fill(uint8_t *bytes, uint8_t first, size_t count) {
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)(first + i);
    }
}

static void check_filled(const uint8_t *bytes, uint8_t first, size_t count) {
    for (size_t i = 0; i < count; i++) {
        CHECK(bytes[i] == (uint8_t)(first + i));
    }
}

static berth_sm2_public_key public_key(void) {
    berth_sm2_public_key key;
    fill(key.x, 0x11, sizeof key.x);
    fill(key.y, 0x31, sizeof key.y);
    return key;
}

static void check_signature(const uint8_t signature[BERTH_SM2_SIGNATURE_BYTES]) {
    check_filled(signature, 0x41, 32);
    check_filled(signature + 32, 0x81, 32);
}

static void sm2_calls_are_written_and_read_as_the_vectors_have_them(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){.execute = answer});
    uint8_t digest[32], signature[BERTH_SM2_SIGNATURE_BYTES], plaintext[20], ciphertext[116];
    berth_sm2_public_key key = public_key(), exported;
    fill(digest, 0x01, sizeof digest);
    CHECK_OK(berth_sm2_sign(fixture.echo, digest, signature, PATIENT_MILLIS));
    check_signature(signature);
    memset(signature, 0, sizeof signature);
    CHECK_OK(
        berth_sm2_sign_message(fixture.echo, "message", 7, "signer", signature, PATIENT_MILLIS));
    check_signature(signature);
    bool valid = false;
    CHECK_OK(berth_sm2_verify(fixture.echo, digest, signature, &key, &valid, PATIENT_MILLIS));
    CHECK(valid);
    fill(plaintext, 0x51, sizeof plaintext);
    size_t bytes = sizeof ciphertext;
    CHECK_OK(berth_sm2_encrypt(fixture.echo, plaintext, sizeof plaintext, &key, ciphertext, &bytes,
                               PATIENT_MILLIS));
    CHECK(bytes == sizeof ciphertext);
    check_filled(ciphertext, 0x61, sizeof ciphertext);
    memset(plaintext, 0, sizeof plaintext);
    bytes = sizeof plaintext;
    CHECK_OK(berth_sm2_decrypt(fixture.echo, ciphertext, sizeof ciphertext, plaintext, &bytes,
                               PATIENT_MILLIS));
    CHECK(bytes == sizeof plaintext);
    check_filled(plaintext, 0x51, sizeof plaintext);
    CHECK_OK(berth_export_public_key(fixture.echo, BERTH_KEY_ENCRYPT, &exported, PATIENT_MILLIS));
    CHECK(memcmp(&exported, &key, sizeof key) == 0);
    fixture_stop(&fixture);
}

static void sm4_and_mac_calls_are_written_and_read_as_the_vectors_have_them(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){.execute = answer});
    berth_wrapped_key key;
    CHECK_OK(berth_generate_key(fixture.echo, 128, &key, PATIENT_MILLIS));
    CHECK(key.bytes == 16);
    check_filled(key.blob, 0x21, 16);
    uint8_t iv[16], blocks[32], result[32], mac[32];
    fill(blocks, 0x01, sizeof blocks);
    fill(iv, 0x71, sizeof iv);
    CHECK_OK(berth_sm4_encrypt(fixture.echo, &key, BERTH_SM4_CBC, iv, blocks, 32, result,
                               PATIENT_MILLIS));
    check_filled(result, 0xa1, sizeof result);
    check_filled(iv, 0xb1, sizeof iv);
    fill(iv, 0x71, sizeof iv);
    CHECK_OK(berth_sm4_decrypt(fixture.echo, &key, BERTH_SM4_CBC, iv, result, 32, blocks,
                               PATIENT_MILLIS));
    check_filled(blocks, 0x01, sizeof blocks);
    fill(iv, 0x71, sizeof iv);
    size_t bytes = sizeof mac;
    CHECK_OK(berth_mac(fixture.echo, &key, BERTH_MAC_SM4_CBC, iv, blocks, 32, mac, &bytes,
                       PATIENT_MILLIS));
    CHECK(bytes == 16);
    check_filled(mac, 0xd1, bytes);
    uint8_t data[20];
    fill(data, 0x51, sizeof data);
    bytes = sizeof mac;
    CHECK_OK(berth_mac(fixture.echo, &key, BERTH_MAC_HMAC_SM3, NULL, data, sizeof data, mac, &bytes,
                       PATIENT_MILLIS));
    CHECK(bytes == 32);
    check_filled(mac, 0xc1, bytes);
    fixture_stop(&fixture);
}

static void digests_and_random_numbers_are_written_and_read_as_the_vectors_have_them(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){.execute = answer});
    uint8_t data[20], digest[32], random[200];
    berth_sm2_public_key key = public_key();
    fill(data, 0x51, sizeof data);
    CHECK_OK(berth_sm3(fixture.echo, data, sizeof data, &key, "signer", digest, PATIENT_MILLIS));
    check_filled(digest, 0xc1, sizeof digest);
    CHECK_OK(berth_random(fixture.echo, random, sizeof random, PATIENT_MILLIS));
    check_filled(random, 0xe1, sizeof random);
    fixture_stop(&fixture);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(sm2_calls_are_written_and_read_as_the_vectors_have_them),
        TEST(sm4_and_mac_calls_are_written_and_read_as_the_vectors_have_them),
        TEST(digests_and_random_numbers_are_written_and_read_as_the_vectors_have_them),
    };
    if (argc < 2) {
        fprintf(stderr, "usage: %s vectors.txt [TEST...]\n", argv[0]);
        return 2;
    }
    vectors_use(argv[1]);
    return RUN_TESTS(tests, argc - 1, argv + 1);
}
