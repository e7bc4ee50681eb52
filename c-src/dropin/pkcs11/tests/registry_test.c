/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of SM2, SM3 and SM4: the module's own, those of a file, and files that make no sense.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fixture.h"
#include "gm_registry.h"
#include "played_card.h"

#define VARIABLE "BERTH_PKCS11_MECHANISMS"
#define TYPES "sm2-key-type 0x80000001\nsm4-key-type 0x80000005\n"

static char path[64];

static void write_file(const char *text) {
    snprintf(path, sizeof path, "/tmp/berth-registry-%d", (int)getpid());
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    CHECK(setenv(VARIABLE, path, 1) == 0);
}

static void forget_file(void) {
    CHECK(unsetenv(VARIABLE) == 0 && unlink(path) == 0);
}

static CK_ULONG offered(CK_MECHANISM_TYPE *mechanisms) {
    CK_ULONG count = 64;
    CHECK_RV(C_GetMechanismList(fixture_slot(PLAYED_CARD), mechanisms, &count), CKR_OK);
    return count;
}

static bool has(const CK_MECHANISM_TYPE *mechanisms, CK_ULONG count, CK_MECHANISM_TYPE type) {
    for (CK_ULONG i = 0; i < count; i++) {
        if (mechanisms[i] == type) {
            return true;
        }
    }
    return false;
}

/* As docs/DROP-IN.md tells programs: that these change would break them. */
static void without_a_file_the_numbers_are_the_documented_ones(void) {
    static const CK_ULONG documented[GM_USES] = {
        [GM_SM3_SM2] = 0x8100,        [GM_SM3_SM2_DER] = 0x8101,     [GM_SM3_SM2_ID] = 0x8102,
        [GM_SM3_SM2_ID_DER] = 0x8103, [GM_SM2_SIGN_DER] = 0x8104,    [GM_SM2_SIGN] = 0x8105,
        [GM_SM2_ENCRYPT] = 0x8200,    [GM_SM2_ENCRYPT_DER] = 0x8201, [GM_SM3] = 0x9001,
        [GM_SM4_KEY_GEN] = 0x107,     [GM_SM4_ECB] = 0x108,          [GM_SM4_CBC] = 0x109,
        [GM_SM4_CBC_PAD] = 0x10C,     [GM_SM4_GCM] = 0x10F,          [GM_SM4_CTR] = 0x425201,
        [GM_SM2_KEY_TYPE] = 4,        [GM_SM4_KEY_TYPE] = 0x106};
    CK_MECHANISM_TYPE mechanisms[64];
    (void)fixture_start();
    CK_ULONG count = offered(mechanisms);
    for (enum gm_use use = 0; use < GM_USES; use++) {
        CHECK(gm_number(use) == CKM_VENDOR_DEFINED + documented[use]);
        CHECK(use >= GM_MECHANISMS || has(mechanisms, count, gm_number(use)));
        CHECK(use >= GM_MECHANISMS || gm_use_of(gm_number(use)) == use);
    }
    CHECK(gm_use_of(CK_UNAVAILABLE_INFORMATION) == GM_MECHANISMS);
    CHECK_RV(C_Finalize(NULL), CKR_OK);
}

static void a_file_says_which_mechanisms_there_are_and_what_they_are_called(void) {
    CK_MECHANISM_TYPE mechanisms[64];
    CK_OBJECT_HANDLE key;
    CK_MECHANISM generating = fixture_mechanism(CKM_VENDOR_DEFINED + 40),
                 sansecs = fixture_mechanism(CKM_VENDOR_DEFINED + 0x108),
                 ecb = fixture_mechanism(CKM_VENDOR_DEFINED + 41);
    unsigned char block[16] = "sixteen bytes ok", hidden[16], shown[16];
    CK_ULONG bytes = 16;
    CK_KEY_TYPE type = 0;
    CK_ATTRIBUTE told = {CKA_KEY_TYPE, &type, sizeof type};
    write_file("# of another family\n" TYPES "sm4-key-gen 0x80000028\n\tsm4-ecb 0x80000029\r\n"
               "sm4-wrap 0x80000029 # what a driver needs to know\nhmac-sm3 0x8000A001\n"
               "sm2-sign 0x80000002 output=der\nsm2-encrypt 0x80000003 output=raw04\n"
               "other 0x80000001");
    (void)fixture_start();
    CK_ULONG count = offered(mechanisms);
    CHECK(has(mechanisms, count, CKM_VENDOR_DEFINED + 40));
    CHECK(has(mechanisms, count, CKM_VENDOR_DEFINED + 41));
    CHECK(has(mechanisms, count, CKM_VENDOR_DEFINED + 2));
    CHECK(!has(mechanisms, count, CKM_VENDOR_DEFINED + 3)); /* not as this module writes it */
    CHECK(!has(mechanisms, count, CKM_VENDOR_DEFINED + 0x108));
    CHECK(!has(mechanisms, count, CK_UNAVAILABLE_INFORMATION));
    CHECK(gm_use_of(CKM_VENDOR_DEFINED + 2) == GM_SM2_SIGN_DER);
    CK_SESSION_HANDLE session = fixture_session(PLAYED_CARD);
    CHECK_RV(C_GenerateKey(session, &generating, NULL, 0, &key), CKR_OK);
    CHECK_RV(C_GetAttributeValue(session, key, &told, 1), CKR_OK);
    CHECK(type == CKK_VENDOR_DEFINED + 5);
    CHECK_RV(C_EncryptInit(session, &ecb, key), CKR_OK);
    CHECK_RV(C_Encrypt(session, block, 16, hidden, &bytes), CKR_OK);
    CHECK_RV(C_DecryptInit(session, &ecb, key), CKR_OK);
    CHECK_RV(C_Decrypt(session, hidden, 16, shown, &bytes), CKR_OK);
    CHECK(memcmp(block, shown, 16) == 0 && memcmp(block, hidden, 16) != 0);
    CHECK_RV(C_EncryptInit(session, &sansecs, key), CKR_MECHANISM_INVALID);
    CHECK_RV(C_Finalize(NULL), CKR_OK);
    forget_file();
}

static void a_file_that_makes_no_sense_stops_the_module(void) {
    static const char *const wrong[] = {
        "",                                           /* no types of keys */
        "sm2-key-type 0x80000001\n",                  /* one of two */
        TYPES "sm5 0x80000002\n",                     /* no such name */
        TYPES "sm3\n",                                /* no number */
        TYPES "sm3 first\n",                          /* none either */
        TYPES "sm3 0x1FFFFFFFF\n",                    /* too large */
        TYPES "sm3 -1\n",                             /* too small */
        TYPES "sm3 0x80000002\nsm3 0x80000003\n",     /* twice */
        TYPES "sm3 0x80000002\nsm4-ecb 0x80000002\n", /* two under one number */
        TYPES "sm2-sign 5 output=der\nsm2-sign-der 6\n",
        TYPES "sm3 0x250\n", /* SHA-256's */
        TYPES "sm4-cbc 0x80000002 parameter=pointer\n",
        TYPES "sm4-cbc 0x80000002 parameter=iv output=raw more\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        write_file(wrong[i]);
        CHECK_RV(C_Initialize(NULL), CKR_GENERAL_ERROR);
        CHECK_RV(C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
    }
    forget_file();
    CHECK(setenv(VARIABLE, "/nonexistent/registry", 1) == 0);
    CHECK_RV(C_Initialize(NULL), CKR_GENERAL_ERROR);
    CHECK(setenv(VARIABLE, "/dev/zero", 1) == 0);
    CHECK_RV(C_Initialize(NULL), CKR_GENERAL_ERROR);
    CHECK(unsetenv(VARIABLE) == 0);
    CHECK_RV(C_Initialize(NULL), CKR_OK); /* as if nothing had been */
    CHECK(gm_number(GM_SM3) == CKM_VENDOR_DEFINED + 0x9001);
    CHECK_RV(C_Finalize(NULL), CKR_OK);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(without_a_file_the_numbers_are_the_documented_ones),
        TEST(a_file_says_which_mechanisms_there_are_and_what_they_are_called),
        TEST(a_file_that_makes_no_sense_stops_the_module),
    };
    return run_tests(tests, sizeof tests / sizeof tests[0], argc, argv);
}
