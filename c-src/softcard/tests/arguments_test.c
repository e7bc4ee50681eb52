/* SPDX-License-Identifier: Apache-2.0 */
/* Every function given what it must refuse: missing pointers, wrong handles, wrong algorithms,
 * wrong lengths, wrong layouts. */
#include "card_fixture.h"

#include <stdlib.h>

static void *device, *session, *key;
static unsigned char data[256], out[256], iv[16];
static unsigned int bytes;
static ECCrefPublicKey public_key;
static ECCSignature signature;
static union {
    ECCCipher cipher;
    unsigned char room[sizeof(ECCCipher) + 256];
} envelope;
static void *made;

/* Calls every function on a session with arguments that are good otherwise, and expects one answer
 * from all. */
static void expect_from_all(int expected, void *handle) {
    DEVICEINFO info;
    ECCCipher *cipher = &envelope.cipher;
    CHECK_EQUAL(expected, SDF_GetDeviceInfo(handle, &info));
    CHECK_EQUAL(expected, SDF_GenerateRandom(handle, 16, out));
    CHECK_EQUAL(expected,
                SDF_GetPrivateKeyAccessRight(handle, 1, ACCESS_PASSWORD, ACCESS_PASSWORD_BYTES));
    CHECK_EQUAL(expected, SDF_ReleasePrivateKeyAccessRight(handle, 1));
    CHECK_EQUAL(expected, SDF_ExportSignPublicKey_ECC(handle, 3, &public_key));
    CHECK_EQUAL(expected, SDF_ExportEncPublicKey_ECC(handle, 3, &public_key));
    CHECK_EQUAL(expected, SDF_GenerateKeyWithIPK_ECC(handle, 3, 128, cipher, &made));
    CHECK_EQUAL(expected,
                SDF_GenerateKeyWithEPK_ECC(handle, 128, SGD_SM2_3, &public_key, cipher, &made));
    CHECK_EQUAL(expected, SDF_ImportKeyWithISK_ECC(handle, 3, cipher, &made));
    CHECK_EQUAL(expected, SDF_GenerateKeyWithKEK(handle, 128, SGD_SM4_ECB, 1, out, &bytes, &made));
    CHECK_EQUAL(expected, SDF_ImportKeyWithKEK(handle, SGD_SM4_ECB, 1, data, 16, &made));
    CHECK_EQUAL(expected, SDF_InternalSign_ECC(handle, 3, data, 32, &signature));
    CHECK_EQUAL(expected, SDF_InternalVerify_ECC(handle, 3, data, 32, &signature));
    CHECK_EQUAL(expected,
                SDF_ExternalVerify_ECC(handle, SGD_SM2_1, &public_key, data, 32, &signature));
    CHECK_EQUAL(expected,
                SDF_ExternalEncrypt_ECC(handle, SGD_SM2_3, &public_key, data, 16, cipher));
    CHECK_EQUAL(expected, SDF_InternalEncrypt_ECC(handle, 3, SGD_SM2_3, data, 16, cipher));
    CHECK_EQUAL(expected, SDF_InternalDecrypt_ECC(handle, 3, SGD_SM2_3, cipher, out, &bytes));
    CHECK_EQUAL(expected, SDF_Encrypt(handle, key, SGD_SM4_CBC, iv, data, 16, out, &bytes));
    CHECK_EQUAL(expected, SDF_Decrypt(handle, key, SGD_SM4_CBC, iv, data, 16, out, &bytes));
    CHECK_EQUAL(expected, SDF_CalculateMAC(handle, key, SGD_SM3, NULL, data, 16, out, &bytes));
    CHECK_EQUAL(expected, SDF_HashInit(handle, SGD_SM3, NULL, NULL, 0));
    CHECK_EQUAL(expected, SDF_HashUpdate(handle, data, 16));
    CHECK_EQUAL(expected, SDF_HashFinal(handle, out, &bytes));
    CHECK_EQUAL(expected, SDF_DestroyKey(handle, key));
}

static void a_handle_that_is_no_open_session_is_refused_by_every_function(void) {
    int local;
    void *closed = open_session(device);
    CHECK_EQUAL(SDR_OK, SDF_CloseSession(closed));
    void *wrong[] = {NULL, (void *)1, &local, malloc, (void *)(uintptr_t)-1, device, key, closed};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        expect_from_all(SDR_OPENSESSION, wrong[i]);
        CHECK_EQUAL(SDR_OPENSESSION, SDF_CloseSession(wrong[i]));
    }
}

static void a_handle_that_is_no_open_device_is_refused(void) {
    void *opened = &bytes, *closed = open_device();
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(closed));
    void *wrong[] = {NULL, (void *)1, &bytes, session, key, closed};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK_EQUAL(SDR_OPENDEVICE, SDF_OpenSession(wrong[i], &opened));
        CHECK(opened == NULL);
        CHECK_EQUAL(SDR_OPENDEVICE, SDF_CloseDevice(wrong[i]));
    }
    CHECK_EQUAL(SDR_OUTARGERR, SDF_OpenDevice(NULL));
    CHECK_EQUAL(SDR_OUTARGERR, SDF_OpenSession(device, NULL));
}

static void a_handle_that_is_no_key_of_the_session_is_refused(void) {
    void *other = open_session(device), *foreign, *destroyed;
    CHECK_EQUAL(SDR_OK, SDF_GenerateKeyWithKEK(other, 128, SGD_SM4_ECB, 1, out, &bytes, &foreign));
    CHECK_EQUAL(SDR_OK,
                SDF_GenerateKeyWithKEK(session, 128, SGD_SM4_ECB, 1, out, &bytes, &destroyed));
    CHECK_EQUAL(SDR_OK, SDF_DestroyKey(session, destroyed));
    void *wrong[] = {NULL, (void *)1, &bytes, session, foreign, destroyed};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK_EQUAL(SDR_KEYNOTEXIST,
                    SDF_Encrypt(session, wrong[i], SGD_SM4_CBC, iv, data, 16, out, &bytes));
        CHECK_EQUAL(SDR_KEYNOTEXIST,
                    SDF_Decrypt(session, wrong[i], SGD_SM4_CBC, iv, data, 16, out, &bytes));
        CHECK_EQUAL(SDR_KEYNOTEXIST,
                    SDF_CalculateMAC(session, wrong[i], SGD_SM3, NULL, data, 16, out, &bytes));
        CHECK_EQUAL(SDR_KEYNOTEXIST,
                    SDF_CalculateMAC(session, wrong[i], SGD_SM4_MAC, iv, data, 16, out, &bytes));
        CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_DestroyKey(session, wrong[i]));
    }
    CHECK_EQUAL(SDR_OK, SDF_CloseSession(other));
}

static void missing_pointers_are_refused(void) {
    ECCCipher *cipher = &envelope.cipher;
    CHECK_EQUAL(SDR_OUTARGERR, SDF_GetDeviceInfo(session, NULL));
    CHECK_EQUAL(SDR_OUTARGERR, SDF_GenerateRandom(session, 16, NULL));
    CHECK_EQUAL(SDR_INARGERR, SDF_GetPrivateKeyAccessRight(session, 1, NULL, 8));
    CHECK_EQUAL(SDR_INARGERR, SDF_GetPrivateKeyAccessRight(session, 1, data, 0));
    CHECK_EQUAL(SDR_OUTARGERR, SDF_ExportSignPublicKey_ECC(session, 3, NULL));
    CHECK_EQUAL(SDR_OUTARGERR, SDF_ExportEncPublicKey_ECC(session, 3, NULL));
    CHECK_EQUAL(SDR_OUTARGERR, SDF_GenerateKeyWithIPK_ECC(session, 3, 128, NULL, &made));
    CHECK_EQUAL(SDR_OUTARGERR, SDF_GenerateKeyWithIPK_ECC(session, 3, 128, cipher, NULL));
    CHECK_EQUAL(SDR_INARGERR,
                SDF_GenerateKeyWithEPK_ECC(session, 128, SGD_SM2_3, NULL, cipher, &made));
    CHECK_EQUAL(SDR_OUTARGERR,
                SDF_GenerateKeyWithEPK_ECC(session, 128, SGD_SM2_3, &public_key, NULL, &made));
    CHECK_EQUAL(SDR_OUTARGERR,
                SDF_GenerateKeyWithEPK_ECC(session, 128, SGD_SM2_3, &public_key, cipher, NULL));
    CHECK_EQUAL(SDR_INARGERR, SDF_ImportKeyWithISK_ECC(session, 3, NULL, &made));
    CHECK_EQUAL(SDR_OUTARGERR, SDF_ImportKeyWithISK_ECC(session, 3, cipher, NULL));
    CHECK_EQUAL(SDR_OUTARGERR,
                SDF_GenerateKeyWithKEK(session, 128, SGD_SM4_ECB, 1, NULL, &bytes, &made));
    CHECK_EQUAL(SDR_OUTARGERR,
                SDF_GenerateKeyWithKEK(session, 128, SGD_SM4_ECB, 1, out, NULL, &made));
    CHECK_EQUAL(SDR_OUTARGERR,
                SDF_GenerateKeyWithKEK(session, 128, SGD_SM4_ECB, 1, out, &bytes, NULL));
    CHECK_EQUAL(SDR_INARGERR, SDF_ImportKeyWithKEK(session, SGD_SM4_ECB, 1, NULL, 16, &made));
    CHECK_EQUAL(SDR_OUTARGERR, SDF_ImportKeyWithKEK(session, SGD_SM4_ECB, 1, data, 16, NULL));
    CHECK_EQUAL(SDR_INARGERR, SDF_InternalSign_ECC(session, 3, NULL, 32, &signature));
    CHECK_EQUAL(SDR_OUTARGERR, SDF_InternalSign_ECC(session, 3, data, 32, NULL));
    CHECK_EQUAL(SDR_INARGERR, SDF_InternalVerify_ECC(session, 3, NULL, 32, &signature));
    CHECK_EQUAL(SDR_INARGERR, SDF_InternalVerify_ECC(session, 3, data, 32, NULL));
    CHECK_EQUAL(SDR_INARGERR,
                SDF_ExternalVerify_ECC(session, SGD_SM2_1, NULL, data, 32, &signature));
    CHECK_EQUAL(SDR_INARGERR,
                SDF_ExternalVerify_ECC(session, SGD_SM2_1, &public_key, NULL, 32, &signature));
    CHECK_EQUAL(SDR_INARGERR,
                SDF_ExternalVerify_ECC(session, SGD_SM2_1, &public_key, data, 32, NULL));
    CHECK_EQUAL(SDR_INARGERR, SDF_ExternalEncrypt_ECC(session, SGD_SM2_3, NULL, data, 16, cipher));
    CHECK_EQUAL(SDR_INARGERR,
                SDF_ExternalEncrypt_ECC(session, SGD_SM2_3, &public_key, NULL, 16, cipher));
    CHECK_EQUAL(SDR_OUTARGERR,
                SDF_ExternalEncrypt_ECC(session, SGD_SM2_3, &public_key, data, 16, NULL));
    CHECK_EQUAL(SDR_INARGERR, SDF_InternalEncrypt_ECC(session, 3, SGD_SM2_3, NULL, 16, cipher));
    CHECK_EQUAL(SDR_OUTARGERR, SDF_InternalEncrypt_ECC(session, 3, SGD_SM2_3, data, 16, NULL));
    CHECK_EQUAL(SDR_INARGERR, SDF_InternalDecrypt_ECC(session, 3, SGD_SM2_3, NULL, out, &bytes));
    CHECK_EQUAL(SDR_OUTARGERR,
                SDF_InternalDecrypt_ECC(session, 3, SGD_SM2_3, cipher, NULL, &bytes));
    CHECK_EQUAL(SDR_OUTARGERR, SDF_InternalDecrypt_ECC(session, 3, SGD_SM2_3, cipher, out, NULL));
    CHECK_EQUAL(SDR_INARGERR, SDF_Encrypt(session, key, SGD_SM4_CBC, iv, NULL, 16, out, &bytes));
    CHECK_EQUAL(SDR_OUTARGERR, SDF_Encrypt(session, key, SGD_SM4_CBC, iv, data, 16, NULL, &bytes));
    CHECK_EQUAL(SDR_OUTARGERR, SDF_Decrypt(session, key, SGD_SM4_CBC, iv, data, 16, out, NULL));
    CHECK_EQUAL(SDR_INARGERR, SDF_Encrypt(session, key, SGD_SM4_CBC, NULL, data, 16, out, &bytes));
    CHECK_EQUAL(SDR_INARGERR, SDF_CalculateMAC(session, key, SGD_SM3, NULL, NULL, 16, out, &bytes));
    CHECK_EQUAL(SDR_OUTARGERR,
                SDF_CalculateMAC(session, key, SGD_SM3, NULL, data, 16, NULL, &bytes));
    CHECK_EQUAL(SDR_OUTARGERR, SDF_CalculateMAC(session, key, SGD_SM3, NULL, data, 16, out, NULL));
    CHECK_EQUAL(SDR_INARGERR,
                SDF_CalculateMAC(session, key, SGD_SM4_MAC, NULL, data, 16, out, &bytes));
    CHECK_EQUAL(SDR_OK, SDF_HashInit(session, SGD_SM3, NULL, NULL, 0));
    CHECK_EQUAL(SDR_INARGERR, SDF_HashUpdate(session, NULL, 16));
    CHECK_EQUAL(SDR_OUTARGERR, SDF_HashFinal(session, NULL, &bytes));
    CHECK_EQUAL(SDR_OUTARGERR, SDF_HashFinal(session, out, NULL));
    CHECK_EQUAL(SDR_INARGERR, SDF_HashInit(session, SGD_SM3, &public_key, NULL, 16));
    CHECK_EQUAL(SDR_INARGERR, SDF_HashInit(session, SGD_SM3, &public_key, data, 0));
    CHECK_EQUAL(SDR_INARGERR, SDF_HashInit(session, SGD_SM3, &public_key, data, 8192));
}

static void indices_without_a_key_are_named_as_such(void) {
    static const unsigned int absent[] = {7, 65535, 65536, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        unsigned int n = absent[i];
        CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_GetPrivateKeyAccessRight(session, n, ACCESS_PASSWORD,
                                                                  ACCESS_PASSWORD_BYTES));
        CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_ReleasePrivateKeyAccessRight(session, n));
        CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_ExportSignPublicKey_ECC(session, n, &public_key));
        CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_ExportEncPublicKey_ECC(session, n, &public_key));
        CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_InternalSign_ECC(session, n, data, 32, &signature));
        CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_InternalVerify_ECC(session, n, data, 32, &signature));
        CHECK_EQUAL(SDR_KEYNOTEXIST,
                    SDF_InternalEncrypt_ECC(session, n, SGD_SM2_3, data, 16, &envelope.cipher));
        CHECK_EQUAL(SDR_KEYNOTEXIST,
                    SDF_InternalDecrypt_ECC(session, n, SGD_SM2_3, &envelope.cipher, out, &bytes));
        CHECK_EQUAL(SDR_KEYNOTEXIST,
                    SDF_GenerateKeyWithIPK_ECC(session, n, 128, &envelope.cipher, &made));
        CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_ImportKeyWithISK_ECC(session, n, &envelope.cipher, &made));
        CHECK_EQUAL(SDR_KEYNOTEXIST,
                    SDF_GenerateKeyWithKEK(session, 128, SGD_SM4_ECB, n, out, &bytes, &made));
        CHECK_EQUAL(SDR_KEYNOTEXIST,
                    SDF_ImportKeyWithKEK(session, SGD_SM4_ECB, n, data, 16, &made));
    }
    /* Pairs and key-encryption keys are counted apart; there is no KEK 0 and no KEK 3. */
    CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_ImportKeyWithKEK(session, SGD_SM4_ECB, 0, data, 16, &made));
    CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_ImportKeyWithKEK(session, SGD_SM4_ECB, 3, data, 16, &made));
}

static void algorithms_of_another_dialect_or_kind_are_refused(void) {
    /* 0x2000 and 0x20100 mean SM4 and SM2 signatures to some vendors: never guessed at. */
    CHECK_EQUAL(SDR_ALGNOTSUPPORT, SDF_Encrypt(session, key, 0x2001, iv, data, 16, out, &bytes));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT, SDF_Encrypt(session, key, 0x101, iv, data, 16, out, &bytes));
    CHECK_EQUAL(SDR_ALGMODNOTSUPPORT,
                SDF_Encrypt(session, key, SGD_SM4_MAC, iv, data, 16, out, &bytes));
    CHECK_EQUAL(SDR_ALGMODNOTSUPPORT,
                SDF_Decrypt(session, key, SGD_SM4 | 3, iv, data, 16, out, &bytes));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT,
                SDF_CalculateMAC(session, key, SGD_SM4_CBC, iv, data, 16, out, &bytes));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT,
                SDF_CalculateMAC(session, key, SGD_SHA256, iv, data, 16, out, &bytes));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT, SDF_HashInit(session, 0x10, NULL, NULL, 0));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT,
                SDF_ExternalVerify_ECC(session, SGD_SM2, &public_key, data, 32, &signature));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT,
                SDF_ExternalVerify_ECC(session, SGD_SM2_3, &public_key, data, 32, &signature));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT, SDF_ExternalEncrypt_ECC(session, SGD_SM2_1, &public_key, data,
                                                           16, &envelope.cipher));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT,
                SDF_InternalEncrypt_ECC(session, 3, SGD_SM2_1, data, 16, &envelope.cipher));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT,
                SDF_InternalDecrypt_ECC(session, 3, SGD_SM2_1, &envelope.cipher, out, &bytes));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT, SDF_GenerateKeyWithEPK_ECC(session, 128, SGD_SM2_1, &public_key,
                                                              &envelope.cipher, &made));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT,
                SDF_GenerateKeyWithKEK(session, 128, SGD_SM4_CTR, 1, out, &bytes, &made));
}

static void lengths_that_do_not_fit_are_refused(void) {
    static unsigned char large[65536 + 16];
    CHECK_EQUAL(SDR_INARGERR, SDF_GenerateRandom(session, 0, out));
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 16384, large));
    CHECK_EQUAL(SDR_INARGERR, SDF_GenerateRandom(session, 16385, large));
    CHECK_EQUAL(SDR_INARGERR, SDF_Encrypt(session, key, SGD_SM4_CBC, iv, data, 0, out, &bytes));
    CHECK_EQUAL(SDR_INARGERR, SDF_Encrypt(session, key, SGD_SM4_CBC, iv, data, 17, out, &bytes));
    CHECK_EQUAL(SDR_INARGERR, SDF_Decrypt(session, key, SGD_SM4_ECB, NULL, data, 15, out, &bytes));
    CHECK_EQUAL(SDR_OK, SDF_Encrypt(session, key, SGD_SM4_CBC, iv, large, 65536, large, &bytes));
    CHECK_EQUAL(SDR_INARGERR,
                SDF_Encrypt(session, key, SGD_SM4_CBC, iv, large, 65552, large, &bytes));
    CHECK_EQUAL(SDR_INARGERR,
                SDF_CalculateMAC(session, key, SGD_SM4_MAC, iv, data, 17, out, &bytes));
    CHECK_EQUAL(SDR_INARGERR, SDF_CalculateMAC(session, key, SGD_SM3, NULL, data, 0, out, &bytes));
    CHECK_EQUAL(SDR_INARGERR,
                SDF_CalculateMAC(session, key, SGD_SM3, NULL, large, 65537, out, &bytes));
    CHECK_EQUAL(SDR_OK, SDF_HashInit(session, SGD_SM3, NULL, NULL, 0));
    CHECK_EQUAL(SDR_INARGERR, SDF_HashUpdate(session, large, 65537));
    CHECK_EQUAL(SDR_OK, SDF_HashUpdate(session, NULL, 0));
    CHECK_EQUAL(SDR_OK, SDF_HashFinal(session, out, &bytes));
    CHECK_EQUAL(SDR_INARGERR, SDF_InternalSign_ECC(session, 3, data, 31, &signature));
    CHECK_EQUAL(SDR_INARGERR, SDF_InternalVerify_ECC(session, 3, data, 33, &signature));
    CHECK_EQUAL(SDR_INARGERR,
                SDF_ExternalVerify_ECC(session, SGD_SM2_1, &public_key, data, 0, &signature));
    CHECK_EQUAL(SDR_INARGERR,
                SDF_InternalEncrypt_ECC(session, 3, SGD_SM2_3, data, 0, &envelope.cipher));
    static const unsigned int key_bits[] = {0, 8, 64, 127, 129, 192, 257, 512, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof key_bits / sizeof key_bits[0]; i++) {
        CHECK_EQUAL(SDR_INARGERR, SDF_GenerateKeyWithKEK(session, key_bits[i], SGD_SM4_ECB, 1, out,
                                                         &bytes, &made));
        CHECK_EQUAL(SDR_INARGERR,
                    SDF_GenerateKeyWithIPK_ECC(session, 3, key_bits[i], &envelope.cipher, &made));
    }
    CHECK_EQUAL(SDR_INARGERR, SDF_ImportKeyWithKEK(session, SGD_SM4_ECB, 1, data, 15, &made));
    CHECK_EQUAL(SDR_INARGERR, SDF_ImportKeyWithKEK(session, SGD_SM4_ECB, 1, data, 48, &made));
}

static void a_ciphertext_that_claims_an_absurd_length_is_refused(void) {
    static const unsigned int lengths[] = {0, 65537, 0x7FFFFFFF, 0xFFFFFFFF};
    CHECK_EQUAL(SDR_OK, SDF_InternalEncrypt_ECC(session, 3, SGD_SM2_3, data, 16, &envelope.cipher));
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        envelope.cipher.L = lengths[i];
        CHECK_EQUAL(SDR_INARGERR,
                    SDF_InternalDecrypt_ECC(session, 3, SGD_SM2_3, &envelope.cipher, out, &bytes));
        CHECK_EQUAL(SDR_INARGERR, SDF_ImportKeyWithISK_ECC(session, 3, &envelope.cipher, &made));
    }
    envelope.cipher.L = 15;
    CHECK_EQUAL(SDR_ENCDATAERR,
                SDF_InternalDecrypt_ECC(session, 3, SGD_SM2_3, &envelope.cipher, out, &bytes));
}

static void fields_that_are_not_right_aligned_are_refused(void) {
    ECCrefPublicKey shifted = public_key;
    CHECK_EQUAL(SDR_OK, SDF_InternalSign_ECC(session, 3, data, 32, &signature));
    memmove(shifted.x, shifted.x + 32, 32);
    CHECK_EQUAL(SDR_INARGERR,
                SDF_ExternalVerify_ECC(session, SGD_SM2_1, &shifted, data, 32, &signature));
    CHECK_EQUAL(SDR_INARGERR,
                SDF_ExternalEncrypt_ECC(session, SGD_SM2_3, &shifted, data, 16, &envelope.cipher));
    CHECK_EQUAL(SDR_INARGERR, SDF_HashInit(session, SGD_SM3, &shifted, data, 16));
    shifted = public_key;
    shifted.bits = 512;
    CHECK_EQUAL(SDR_INARGERR,
                SDF_ExternalVerify_ECC(session, SGD_SM2_1, &shifted, data, 32, &signature));
    signature.s[31] = 1;
    CHECK_EQUAL(SDR_VERIFYERR, SDF_InternalVerify_ECC(session, 3, data, 32, &signature));
    CHECK_EQUAL(SDR_OK, SDF_InternalEncrypt_ECC(session, 3, SGD_SM2_3, data, 16, &envelope.cipher));
    envelope.cipher.y[0] = 1;
    CHECK_EQUAL(SDR_ENCDATAERR,
                SDF_InternalDecrypt_ECC(session, 3, SGD_SM2_3, &envelope.cipher, out, &bytes));
}

static void a_public_key_off_the_curve_is_refused(void) {
    ECCrefPublicKey off = public_key;
    off.y[63] ^= 1;
    CHECK_EQUAL(SDR_KEYERR, SDF_ExternalVerify_ECC(session, SGD_SM2_1, &off, data, 32, &signature));
    CHECK_EQUAL(SDR_KEYERR,
                SDF_ExternalEncrypt_ECC(session, SGD_SM2_3, &off, data, 16, &envelope.cipher));
    CHECK_EQUAL(SDR_KEYERR,
                SDF_GenerateKeyWithEPK_ECC(session, 128, SGD_SM2_3, &off, &envelope.cipher, &made));
    memset(&off.x, 0, sizeof off.x + sizeof off.y);
    CHECK_EQUAL(SDR_KEYERR, SDF_ExternalVerify_ECC(session, SGD_SM2_1, &off, data, 32, &signature));
}

static void a_key_of_another_length_does_not_serve_sm4(void) {
    void *long_key;
    CHECK_EQUAL(SDR_OK,
                SDF_GenerateKeyWithKEK(session, 256, SGD_SM4_ECB, 1, out, &bytes, &long_key));
    CHECK_EQUAL(32, bytes);
    CHECK_EQUAL(SDR_KEYTYPEERR,
                SDF_Encrypt(session, long_key, SGD_SM4_CBC, iv, data, 16, out, &bytes));
    CHECK_EQUAL(SDR_KEYTYPEERR,
                SDF_CalculateMAC(session, long_key, SGD_SM4_MAC, iv, data, 16, out, &bytes));
    CHECK_EQUAL(SDR_OK, SDF_CalculateMAC(session, long_key, SGD_SM3, NULL, data, 16, out, &bytes));
    CHECK_EQUAL(SDR_OK, SDF_DestroyKey(session, long_key));
}

static void hash_steps_out_of_order_are_refused(void) {
    void *fresh = open_session(device);
    CHECK_EQUAL(SDR_STEPERR, SDF_HashUpdate(fresh, data, 16));
    CHECK_EQUAL(SDR_STEPERR, SDF_HashFinal(fresh, out, &bytes));
    CHECK_EQUAL(SDR_OK, SDF_HashInit(fresh, SGD_SM3, NULL, NULL, 0));
    CHECK_EQUAL(SDR_OK, SDF_HashFinal(fresh, out, &bytes));
    CHECK_EQUAL(SDR_STEPERR, SDF_HashFinal(fresh, out, &bytes));
    CHECK_EQUAL(SDR_OK, SDF_CloseSession(fresh));
}

int main(void) {
    fixture_make();
    device = open_device();
    session = open_session(device);
    CHECK_EQUAL(SDR_OK, SDF_GenerateKeyWithKEK(session, 128, SGD_SM4_ECB, 1, out, &bytes, &key));
    CHECK_EQUAL(SDR_OK, SDF_ExportSignPublicKey_ECC(session, 3, &public_key));
    RUN(a_handle_that_is_no_open_session_is_refused_by_every_function);
    RUN(a_handle_that_is_no_open_device_is_refused);
    RUN(a_handle_that_is_no_key_of_the_session_is_refused);
    RUN(missing_pointers_are_refused);
    RUN(indices_without_a_key_are_named_as_such);
    RUN(algorithms_of_another_dialect_or_kind_are_refused);
    RUN(lengths_that_do_not_fit_are_refused);
    RUN(a_ciphertext_that_claims_an_absurd_length_is_refused);
    RUN(fields_that_are_not_right_aligned_are_refused);
    RUN(a_public_key_off_the_curve_is_refused);
    RUN(a_key_of_another_length_does_not_serve_sm4);
    RUN(hash_steps_out_of_order_are_refused);
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    expect_from_all(SDR_OPENSESSION, session);
    fixture_remove();
    return CHECK_RESULT();
}
