/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in the clear: the functions that a policy for real service does not grant. */
#include <stdint.h>

#include "codes.h"
#include "hsm_peer.h"
#include "sdf_fixture.h"

static void pairs_come_in_the_interfaces_fields(void) {
    struct sdf sdf = sdf_start();
    ECCrefPublicKey key;
    ECCrefPrivateKey private_key;
    RSArefPublicKey rsa_key;
    static RSArefPrivateKey rsa_private_key;
    CHECK_SDR_OK(SDF_GenerateKeyPair_ECC(sdf.session, SGD_SM2_1, 256, &key, &private_key));
    CHECK(key.bits == 256 && key.x[31] == 0 && key.x[32] == 0x41 && private_key.bits == 256 &&
          private_key.K[31] == 0 && private_key.K[63] == 0x42);
    CHECK_CODE(SDF_GenerateKeyPair_ECC(sdf.session, SGD_RSA, 256, &key, &private_key),
               SDR_ALGNOTSUPPORT);
    CHECK_CODE(SDF_GenerateKeyPair_ECC(sdf.session, SGD_SM2, 255, &key, &private_key),
               SDR_INARGERR);
    CHECK_CODE(SDF_GenerateKeyPair_ECC(sdf.session, SGD_SM2, 256, NULL, &private_key),
               SDR_OUTARGERR);
    CHECK_SDR_OK(SDF_GenerateKeyPair_RSA(sdf.session, 1024, &rsa_key, &rsa_private_key));
    CHECK(rsa_key.bits == 1024 && rsa_key.m[127] == 0 && rsa_key.m[128] == 0xC5 &&
          rsa_private_key.bits == 1024 && memcmp(rsa_private_key.m, rsa_key.m, 256) == 0 &&
          rsa_private_key.e[255] == 1 && rsa_private_key.coef[127] == 0x77);
    static const unsigned wrong[] = {0, 2049, UINT32_MAX};
    for (int i = 0; i < 3; i++) {
        CHECK_CODE(SDF_GenerateKeyPair_RSA(sdf.session, wrong[i], &rsa_key, &rsa_private_key),
                   SDR_INARGERR);
    }
    CHECK_CODE(SDF_GenerateKeyPair_RSA(sdf.session, 1024, &rsa_key, NULL), SDR_OUTARGERR);
    sdf_stop(&sdf);
}

static void private_keys_are_used_once_they_are_such(void) {
    struct sdf sdf = sdf_start();
    ECCrefPrivateKey key = {.bits = 256}, bad;
    ECCSignature signature;
    ECCCipher cipher;
    unsigned char e[32] = {9}, in[128] = {0x0F}, out[128];
    unsigned bytes = 0;
    static RSArefPrivateKey rsa_key;
    key.K[63] = 1;
    CHECK_SDR_OK(SDF_ExternalSign_ECC(sdf.session, SGD_SM2_1, &key, e, 32, &signature));
    CHECK(signature.r[31] == 0 && signature.r[32] == 9);
    CHECK_CODE(SDF_ExternalSign_ECC(sdf.session, SGD_SM2_3, &key, e, 32, &signature),
               SDR_ALGNOTSUPPORT);
    CHECK_CODE(SDF_ExternalSign_ECC(sdf.session, SGD_SM2_1, &key, e, UINT32_MAX, &signature),
               SDR_INARGERR);
    bad = key;
    bad.K[0] = 1;
    CHECK_CODE(SDF_ExternalSign_ECC(sdf.session, SGD_SM2_1, &bad, e, 32, &signature), SDR_KEYERR);
    CHECK_CODE(SDF_ExternalSign_ECC(sdf.session, SGD_SM2_1, NULL, e, 32, &signature), SDR_INARGERR);
    memset(&cipher, 0, sizeof cipher);
    cipher.L = 1;
    cipher.C[0] = 44;
    CHECK_SDR_OK(SDF_ExternalDecrypt_ECC(sdf.session, SGD_SM2_3, &key, &cipher, out, &bytes));
    CHECK(bytes == 1 && out[0] == 44);
    cipher.L = UINT32_MAX;
    CHECK_CODE(SDF_ExternalDecrypt_ECC(sdf.session, SGD_SM2_3, &key, &cipher, out, &bytes),
               SDR_INARGERR);
    CHECK_CODE(SDF_ExternalDecrypt_ECC(sdf.session, SGD_SM2_3, &bad, &cipher, out, &bytes),
               SDR_KEYERR);
    CHECK_CODE(SDF_ExternalDecrypt_ECC(sdf.session, SGD_SM2_3, &key, &cipher, out, NULL),
               SDR_OUTARGERR);

    rsa_key.bits = 1024;
    memset(rsa_key.m + 128, 0xC1, 128);
    rsa_key.e[255] = 3;
    CHECK_SDR_OK(SDF_ExternalPrivateKeyOperation_RSA(sdf.session, &rsa_key, in, 128, out, &bytes));
    CHECK(bytes == 128 && out[0] == 0xF0);
    CHECK_CODE(SDF_ExternalPrivateKeyOperation_RSA(sdf.session, &rsa_key, in, 127, out, &bytes),
               SDR_INARGERR);
    rsa_key.bits = 1023;
    CHECK_CODE(SDF_ExternalPrivateKeyOperation_RSA(sdf.session, &rsa_key, in, 128, out, &bytes),
               SDR_KEYERR);
    CHECK_CODE(SDF_ExternalPrivateKeyOperation_RSA(sdf.session, NULL, in, 128, out, &bytes),
               SDR_INARGERR);
    sdf_stop(&sdf);
}

static void a_cipher_under_a_key_in_the_clear_is_that_of_the_same_key_wrapped(void) {
    struct sdf sdf = sdf_start();
    enum { BYTES = 5008 }; /* three requests */
    static unsigned char data[BYTES], by_clear[BYTES], by_wrapped[BYTES], part[BYTES + 16];
    static const unsigned algorithms[] = {SGD_SM4_ECB, SGD_SM4_CBC, SGD_SM4_CFB, SGD_SM4_OFB,
                                          SGD_SM4_CTR};
    void *key = sdf_key(&sdf); /* HSM_PEER_KEY itself */
    unsigned char clear[16];
    unsigned bytes, last;
    memcpy(clear, HSM_PEER_KEY, 16);
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (unsigned char)(i * 7);
    }
    for (int i = 0; i < 5; i++) {
        unsigned char iv[16], other_iv[16];
        memset(iv, 0xFF, 16);
        memset(other_iv, 0xFF, 16);
        CHECK_SDR_OK(SDF_ExternalKeyEncrypt(sdf.session, algorithms[i], clear, 16, iv, 16, data,
                                            BYTES, by_clear, &bytes));
        CHECK(bytes == BYTES);
        for (unsigned at = 0; at < BYTES; at += 1600) { /* the played card sees no blocks */
            unsigned now = BYTES - at < 1600 ? BYTES - at : 1600;
            CHECK_SDR_OK(SDF_Encrypt(sdf.session, key, algorithms[i], other_iv, data + at, now,
                                     by_wrapped + at, &bytes));
        }
        CHECK(memcmp(by_clear, by_wrapped, BYTES) == 0);
        CHECK(algorithms[i] == SGD_SM4_ECB || memcmp(iv, other_iv, 16) == 0);
        memset(iv, 0xFF, 16);
        CHECK_SDR_OK(SDF_ExternalKeyEncryptInit(sdf.session, algorithms[i], clear, 16, iv, 16));
        CHECK_SDR_OK(SDF_EncryptUpdate(sdf.session, data, 2064, part, &bytes));
        CHECK(bytes == 2064 && memcmp(part, by_clear, 2064) == 0);
        CHECK_SDR_OK(SDF_EncryptUpdate(sdf.session, data + 2064, BYTES - 2064, part, &bytes));
        CHECK(memcmp(part, by_clear + 2064, bytes) == 0);
        CHECK_SDR_OK(SDF_EncryptFinal(sdf.session, part, &last));
        CHECK_SDR_OK(SDF_ExternalKeyDecrypt(sdf.session, algorithms[i], clear, 16, iv, 16, by_clear,
                                            BYTES, by_clear, &bytes));
        CHECK(memcmp(by_clear, data, BYTES) == 0);
    }
    sdf_stop(&sdf);
}

static void a_wrong_cipher_under_a_key_in_the_clear_is_refused(void) {
    struct sdf sdf = sdf_start();
    unsigned char key[16] = {0}, iv[16] = {0}, block[16] = {0};
    unsigned bytes;
#define ENCRYPT(...) SDF_ExternalKeyEncrypt(sdf.session, __VA_ARGS__, block, &bytes)
    CHECK_CODE(ENCRYPT(SGD_SM4_ECB, NULL, 16, iv, 16, block, 16), SDR_INARGERR);
    CHECK_CODE(ENCRYPT(SGD_SM4_ECB, key, 15, iv, 16, block, 16), SDR_INARGERR);
    CHECK_CODE(ENCRYPT(SGD_SM4_CBC, key, 16, iv, 15, block, 16), SDR_INARGERR);
    CHECK_CODE(ENCRYPT(SGD_SM4_CBC, key, 16, NULL, 16, block, 16), SDR_INARGERR);
    CHECK_CODE(ENCRYPT(SGD_SM4_CBC, key, 16, iv, 16, block, 0), SDR_INARGERR);
    CHECK_CODE(ENCRYPT(SGD_SM4_CBC, key, 16, iv, 16, block, 15), SDR_INARGERR);
    CHECK_CODE(ENCRYPT(SGD_SM4_CTR, key, 16, iv, 16, block, UINT32_MAX), SDR_INARGERR);
    CHECK_CODE(ENCRYPT(0x480, key, 16, iv, 16, block, 16), SDR_ALGMODNOTSUPPORT);
    CHECK_CODE(ENCRYPT(SGD_SM4_CTR, key, 16, iv, 16, NULL, 16), SDR_INARGERR);
#undef ENCRYPT
    CHECK_CODE(SDF_ExternalKeyDecryptInit(sdf.session, SGD_SM4_CBC, key, 17, iv, 16), SDR_INARGERR);
    CHECK_CODE(SDF_ExternalKeyDecryptInit(sdf.session, SGD_SM4_CBC, NULL, 16, iv, 16),
               SDR_INARGERR);
    CHECK_CODE(SDF_ExternalKeyDecryptInit(sdf.session, SGD_SM4_CBC, key, 16, NULL, 16),
               SDR_INARGERR);
    CHECK_CODE(SDF_DecryptUpdate(sdf.session, block, 16, block, &bytes), SDR_STEPERR);
    sdf_stop(&sdf);
}

static void a_key_that_is_imported_in_the_clear_is_held_and_lost_with_the_worker(void) {
    struct sdf sdf = sdf_start();
    unsigned char clear[33], data[48] = {1}, iv[16] = {0}, by_held[48], by_clear[48], mac[32];
    unsigned bytes;
    void *key = NULL, *other;
    memset(clear, 0x6B, sizeof clear);
    CHECK_SDR_OK(SDF_ImportKey(sdf.session, clear, 16, &key));
    CHECK_SDR_OK(SDF_Encrypt(sdf.session, key, SGD_SM4_CTR, iv, data, 48, by_held, &bytes));
    memset(iv, 0, sizeof iv);
    CHECK_SDR_OK(SDF_ExternalKeyEncrypt(sdf.session, SGD_SM4_CTR, clear, 16, iv, 16, data, 48,
                                        by_clear, &bytes));
    CHECK(memcmp(by_held, by_clear, 48) == 0);
    CHECK_SDR_OK(SDF_ImportKey(sdf.session, clear, 32, &other));
    CHECK_CODE(SDF_Encrypt(sdf.session, other, SGD_SM4_ECB, NULL, data, 48, by_held, &bytes),
               SDR_KEYTYPEERR);
    CHECK_SDR_OK(SDF_CalculateMAC(sdf.session, other, SGD_SM3, NULL, data, 48, mac, &bytes));
    unsigned before = atomic_load(&sdf.peer.seen->requests);
    CHECK_SDR_OK(SDF_DestroyKey(sdf.session, other)); /* the worker is told */
    CHECK(atomic_load(&sdf.peer.seen->requests) == before + 1);

    static const unsigned wrong[] = {0, 15, 17, 24, 33, UINT32_MAX};
    for (int i = 0; i < 6; i++) {
        CHECK_CODE(SDF_ImportKey(sdf.session, clear, wrong[i], &other), SDR_INARGERR);
    }
    CHECK_CODE(SDF_ImportKey(sdf.session, NULL, 16, &other), SDR_INARGERR);
    CHECK_CODE(SDF_ImportKey(sdf.session, clear, 16, NULL), SDR_OUTARGERR);
    CHECK_CODE(SDF_ImportKey(NULL, clear, 16, &other), SDR_OPENSESSION);
    CHECK(atomic_load(&sdf.peer.seen->requests) == before + 1);

    sdf_restart_peer(&sdf);
    CHECK_CODE(SDF_Encrypt(sdf.session, key, SGD_SM4_ECB, NULL, data, 48, by_held, &bytes),
               SDR_BERTH_KEY_LOST);
    CHECK_CODE(SDF_HMACInit(sdf.session, key, SGD_SM3), SDR_BERTH_KEY_LOST);
    CHECK_SDR_OK(SDF_DestroyKey(sdf.session, key));
    CHECK_SDR_OK(SDF_ImportKey(sdf.session, clear, 16, &key));
    CHECK_SDR_OK(SDF_Encrypt(sdf.session, key, SGD_SM4_ECB, NULL, data, 48, by_held, &bytes));
    sdf_stop(&sdf);
}

static void an_hmac_under_a_key_in_the_clear_is_that_of_the_same_key_wrapped(void) {
    struct sdf sdf = sdf_start();
    unsigned char clear[16], data[300], expected[32], mac[32] = {0};
    unsigned bytes = 0;
    void *key = sdf_key(&sdf); /* HSM_PEER_KEY itself */
    memcpy(clear, HSM_PEER_KEY, 16);
    memset(data, 3, sizeof data);
    CHECK_SDR_OK(SDF_CalculateMAC(sdf.session, key, SGD_SM3, NULL, data, 300, expected, &bytes));
    CHECK_SDR_OK(SDF_ExternalKeyHMACInit(sdf.session, SGD_SM3, clear, 16));
    memset(clear, 0, sizeof clear); /* the program's may go at once */
    CHECK_SDR_OK(SDF_HMACUpdate(sdf.session, data, 100));
    sdf_restart_peer(&sdf); /* what the card has not begun is not lost */
    CHECK_SDR_OK(SDF_HMACUpdate(sdf.session, data + 100, 200));
    CHECK_SDR_OK(SDF_HMACFinal(sdf.session, mac, &bytes));
    CHECK(bytes == 32 && memcmp(mac, expected, 32) == 0);
    CHECK_CODE(SDF_HMACFinal(sdf.session, mac, &bytes), SDR_STEPERR);

    /* The next one begun has nothing of it. */
    CHECK_SDR_OK(SDF_ExternalKeyHMACInit(sdf.session, SGD_SM3_HMAC, data, 300));
    CHECK_SDR_OK(SDF_HMACInit(sdf.session, key, SGD_SM3_HMAC));
    CHECK_SDR_OK(SDF_HMACUpdate(sdf.session, data, 300));
    CHECK_SDR_OK(SDF_HMACFinal(sdf.session, mac, &bytes));
    CHECK(memcmp(mac, expected, 32) == 0);

    static const unsigned wrong[] = {0, 1025, UINT32_MAX};
    for (int i = 0; i < 3; i++) {
        CHECK_SDR_OK(SDF_HMACInit(sdf.session, key, SGD_SM3));
        CHECK_CODE(SDF_ExternalKeyHMACInit(sdf.session, SGD_SM3, data, wrong[i]), SDR_INARGERR);
        CHECK_CODE(SDF_HMACUpdate(sdf.session, data, 1), SDR_STEPERR);
    }
    CHECK_CODE(SDF_ExternalKeyHMACInit(sdf.session, SGD_SM4_MAC, data, 16), SDR_ALGNOTSUPPORT);
    CHECK_CODE(SDF_ExternalKeyHMACInit(sdf.session, SGD_SM3, NULL, 16), SDR_INARGERR);
    CHECK_CODE(SDF_ExternalKeyHMACInit(NULL, SGD_SM3, data, 16), SDR_OPENSESSION);
    CHECK_SDR_OK(SDF_ExternalKeyHMACInit(sdf.session, SGD_SM3, data, 16));
    CHECK_CODE(SDF_HMACFinal(sdf.session, mac, &bytes), SDR_INARGERR); /* over nothing */
    sdf_stop(&sdf);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(pairs_come_in_the_interfaces_fields),
        TEST(private_keys_are_used_once_they_are_such),
        TEST(a_cipher_under_a_key_in_the_clear_is_that_of_the_same_key_wrapped),
        TEST(a_wrong_cipher_under_a_key_in_the_clear_is_refused),
        TEST(a_key_that_is_imported_in_the_clear_is_held_and_lost_with_the_worker),
        TEST(an_hmac_under_a_key_in_the_clear_is_that_of_the_same_key_wrapped),
    };
    return RUN_TESTS(tests, argc, argv);
}
