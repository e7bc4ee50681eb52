/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of a card behind SDF: RSA, and SM4 in wrapped form. */
#include "fixture.h"
#include "played_card.h"

#define VENDORS(number) (CKM_VENDOR_DEFINED + (number))
#define SM4_TYPE (CKK_VENDOR_DEFINED + 0x106UL)
#define SM4_KEY_GEN VENDORS(0x107)
#define SM4_ECB VENDORS(0x108)
#define SM4_CBC VENDORS(0x109)
#define SM4_CBC_PAD VENDORS(0x10c)
#define SM4_GCM VENDORS(0x10f)
#define SM4_CTR VENDORS(0x425201)
#define MESSAGE_BYTES 5000

static CK_SESSION_HANDLE start(void) {
    (void)fixture_start();
    return fixture_session(PLAYED_CARD);
}

static void rsa_pairs_sign_verify_and_decrypt(void) {
    CK_SESSION_HANDLE session = start();
    CK_OBJECT_HANDLE private_key = fixture_object(session, "rsa-1", CKO_PRIVATE_KEY);
    CK_OBJECT_HANDLE public_key = fixture_object(session, "rsa-1", CKO_PUBLIC_KEY);
    unsigned char modulus[256], exponent[8], id[4], text[] = "a text", out[256], back[256];
    CK_ULONG bits = 0, bytes = sizeof out;
    CK_ATTRIBUTE told[] = {{CKA_MODULUS, modulus, sizeof modulus},
                           {CKA_PUBLIC_EXPONENT, exponent, sizeof exponent},
                           {CKA_MODULUS_BITS, &bits, sizeof bits},
                           {CKA_ID, id, sizeof id}};
    CK_ATTRIBUTE secret = {CKA_PRIVATE_EXPONENT, out, sizeof out};
    CHECK_RV(C_GetAttributeValue(session, public_key, told, 4), CKR_OK);
    CHECK(told[0].ulValueLen == 256 && (modulus[0] & 0x80) != 0 && bits == 2048);
    CHECK(told[1].ulValueLen == 3 && memcmp(exponent, "\x01\x00\x01", 3) == 0 && id[0] == 0x0c);
    CHECK_RV(C_GetAttributeValue(session, private_key, &secret, 1), CKR_ATTRIBUTE_SENSITIVE);

    CK_MECHANISM mechanism = fixture_mechanism(CKM_SHA256_RSA_PKCS);
    CHECK_RV(C_SignInit(session, &mechanism, private_key), CKR_OK);
    CHECK_RV(C_Sign(session, text, sizeof text, NULL, &bytes), CKR_OK);
    CHECK(bytes == 256);
    CHECK_RV(C_SignUpdate(session, text, sizeof text), CKR_OK);
    CHECK_RV(C_SignFinal(session, out, &bytes), CKR_OK);
    CHECK_RV(C_VerifyInit(session, &mechanism, public_key), CKR_OK);
    CHECK_RV(C_Verify(session, text, sizeof text, out, bytes), CKR_OK);
    out[9] ^= 1;
    CHECK_RV(C_VerifyInit(session, &mechanism, public_key), CKR_OK);
    CHECK_RV(C_Verify(session, text, sizeof text, out, bytes), CKR_SIGNATURE_INVALID);

    mechanism = fixture_mechanism(CKM_RSA_PKCS);
    CHECK_RV(C_EncryptInit(session, &mechanism, public_key), CKR_OK);
    CHECK_RV(C_Encrypt(session, text, sizeof text, out, &bytes), CKR_OK);
    CHECK_RV(C_DecryptInit(session, &mechanism, private_key), CKR_OK);
    CHECK_RV(C_Decrypt(session, out, bytes, back, &bytes), CKR_OK);
    CHECK(bytes == sizeof text && memcmp(text, back, bytes) == 0);
    mechanism = fixture_mechanism(CKM_ECDSA);
    CHECK_RV(C_SignInit(session, &mechanism, private_key), CKR_MECHANISM_INVALID);
    mechanism = fixture_mechanism(VENDORS(0x8105)); /* SM2's */
    CHECK_RV(C_SignInit(session, &mechanism, private_key), CKR_KEY_TYPE_INCONSISTENT);
    fixture_stop(session);
}

static void what_a_cards_worker_refuses_is_said_in_the_standards_words(void) {
    CK_SESSION_HANDLE session = start();
    CK_OBJECT_HANDLE private_key = fixture_object(session, "rsa-1", CKO_PRIVATE_KEY);
    CK_MECHANISM mechanism = fixture_mechanism(CKM_RSA_PKCS);
    unsigned char in[256] = {0}, out[256];
    CK_ULONG bytes = sizeof out;
    played.failure = BERTH_RESULT(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_NONE);
    played.failures = 3;
    CHECK_RV(C_SignInit(session, &mechanism, private_key), CKR_OK);
    CHECK_RV(C_Sign(session, in, 250, out, &bytes), CKR_DATA_LEN_RANGE);
    CHECK_RV(C_DecryptInit(session, &mechanism, private_key), CKR_OK);
    CHECK_RV(C_Decrypt(session, in, 256, out, &bytes), CKR_ENCRYPTED_DATA_INVALID);
    CHECK_RV(C_DecryptInit(session, &mechanism, private_key), CKR_OK);
    CHECK_RV(C_Decrypt(session, in, 255, out, &bytes), CKR_ENCRYPTED_DATA_LEN_RANGE);
    fixture_stop(session);
}

static void a_group_of_cards_has_one_name_whichever_card_answers(void) {
    CK_SESSION_HANDLE session = start();
    CK_TOKEN_INFO info;
    CHECK_RV(C_GetTokenInfo(fixture_slot(PLAYED_CARD), &info), CKR_OK);
    CHECK(memcmp(info.label, "card ", 5) == 0);
    fixture_stop(session);
}

/* ---- SM4 --------------------------------------------------------------------------------------
 */

static CK_OBJECT_HANDLE generate(CK_SESSION_HANDLE session) {
    CK_BBOOL yes = CK_TRUE;
    CK_ULONG size = 16;
    CK_ATTRIBUTE templ[] = {{CKA_EXTRACTABLE, &yes, sizeof yes},
                            {CKA_LABEL, (void *)(uintptr_t) "made", 4},
                            {CKA_VALUE_LEN, &size, sizeof size}};
    CK_MECHANISM mechanism = fixture_mechanism(SM4_KEY_GEN);
    CK_OBJECT_HANDLE key;
    CHECK_RV(C_GenerateKey(session, &mechanism, templ, 3, &key), CKR_OK);
    return key;
}

/* One message at once and in parts, there and back. */
static void there_and_back(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_MECHANISM mechanism,
                           CK_ULONG bytes) {
    static unsigned char plain[MESSAGE_BYTES], whole[MESSAGE_BYTES + 32], parts[MESSAGE_BYTES + 32];
    CK_ULONG whole_bytes = sizeof whole, made = 0, room, at = 0;
    for (CK_ULONG i = 0; i < bytes; i++) {
        plain[i] = (unsigned char)(i * 7);
    }
    CHECK_RV(C_EncryptInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Encrypt(session, plain, bytes, NULL, &room), CKR_OK);
    CHECK_RV(C_Encrypt(session, plain, bytes, whole, &whole_bytes), CKR_OK);
    CHECK(whole_bytes <= room && memcmp(plain, whole, bytes) != 0);
    CHECK_RV(C_EncryptInit(session, &mechanism, key), CKR_OK);
    for (CK_ULONG part = 1; at < bytes; part += 700) {
        part = part < bytes - at ? part : bytes - at;
        room = sizeof parts - made;
        CHECK_RV(C_EncryptUpdate(session, plain + at, part, parts + made, &room), CKR_OK);
        made += room;
        at += part;
    }
    room = sizeof parts - made;
    CHECK_RV(C_EncryptFinal(session, parts + made, &room), CKR_OK);
    made += room;
    CHECK(made == whole_bytes && memcmp(parts, whole, made) == 0);
    CHECK_RV(C_DecryptInit(session, &mechanism, key), CKR_OK);
    room = sizeof parts;
    CHECK_RV(C_Decrypt(session, whole, whole_bytes, parts, &room), CKR_OK);
    CHECK(room == bytes && memcmp(parts, plain, bytes) == 0);
    CHECK_RV(C_DecryptInit(session, &mechanism, key), CKR_OK);
    for (at = made = 0; at < whole_bytes; at += 1000) {
        CK_ULONG part = whole_bytes - at < 1000 ? whole_bytes - at : 1000;
        room = sizeof parts - made;
        CHECK_RV(C_DecryptUpdate(session, whole + at, part, parts + made, &room), CKR_OK);
        made += room;
    }
    room = sizeof parts - made;
    CHECK_RV(C_DecryptFinal(session, parts + made, &room), CKR_OK);
    CHECK(made + room == bytes && memcmp(parts, plain, bytes) == 0);
}

static void sm4_in_every_mode_at_once_and_in_parts(void) {
    CK_SESSION_HANDLE session = start();
    CK_OBJECT_HANDLE key = generate(session);
    unsigned char iv[16] = {1, 2, 3}, aad[] = "aad";
    CK_AES_CTR_PARAMS counter = {32, {9}};
    CK_GCM_PARAMS gcm = {iv, 12, 96, aad, sizeof aad, 96};
    there_and_back(session, key, fixture_mechanism(SM4_ECB), 4800);
    there_and_back(session, key, (CK_MECHANISM){SM4_CBC, iv, sizeof iv}, 4800);
    for (CK_ULONG bytes = 4782; bytes <= 4800; bytes++) {
        there_and_back(session, key, (CK_MECHANISM){SM4_CBC_PAD, iv, sizeof iv}, bytes);
    }
    there_and_back(session, key, (CK_MECHANISM){SM4_CTR, &counter, sizeof counter}, 4789);
    there_and_back(session, key, (CK_MECHANISM){SM4_GCM, &gcm, sizeof gcm}, 4789);
    fixture_stop(session);
}

static void a_wrapped_key_is_stored_and_used_again(void) {
    CK_SESSION_HANDLE session = start();
    CK_OBJECT_HANDLE kek = fixture_object(session, "kek-1", CKO_SECRET_KEY);
    CK_OBJECT_HANDLE key = generate(session), again;
    CK_MECHANISM ecb = fixture_mechanism(SM4_ECB);
    unsigned char wrapped[64], plain[16] = "sixteen bytes ok", one[16], other[16];
    CK_ULONG wrapped_bytes = 5, bytes = sizeof one;
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = SM4_TYPE;
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE templ[] = {{CKA_CLASS, &class, sizeof class}, {CKA_KEY_TYPE, &type, sizeof type}};
    CK_ATTRIBUTE of_session[] = {{CKA_TOKEN, &no, sizeof no}, {CKA_KEY_TYPE, &type, sizeof type}};
    CHECK_RV(C_WrapKey(session, &ecb, kek, key, wrapped, &wrapped_bytes), CKR_BUFFER_TOO_SMALL);
    CHECK_RV(C_WrapKey(session, &ecb, kek, key, wrapped, &wrapped_bytes), CKR_OK);
    CHECK(wrapped_bytes == 16);
    CHECK_RV(C_EncryptInit(session, &ecb, key), CKR_OK);
    CHECK_RV(C_Encrypt(session, plain, 16, one, &bytes), CKR_OK);
    CHECK_RV(C_DestroyObject(session, key), CKR_OK);
    CHECK_RV(C_EncryptInit(session, &ecb, key), CKR_OBJECT_HANDLE_INVALID);
    CHECK_RV(C_UnwrapKey(session, &ecb, kek, wrapped, wrapped_bytes, templ, 2, &again), CKR_OK);
    played_lose_worker(); /* it holds nothing of it */
    CHECK_RV(C_EncryptInit(session, &ecb, again), CKR_OK);
    CHECK_RV(C_Encrypt(session, plain, 16, other, &bytes), CKR_OK);
    CHECK(memcmp(one, other, 16) == 0);
    CHECK(fixture_count(session, of_session, 2) == 1);
    CHECK_RV(C_WrapKey(session, &ecb, kek, again, wrapped, &wrapped_bytes), CKR_KEY_UNEXTRACTABLE);
    CHECK_RV(C_WrapKey(session, &ecb, kek, kek, wrapped, &wrapped_bytes), CKR_KEY_NOT_WRAPPABLE);
    CHECK_RV(C_EncryptInit(session, &ecb, kek), CKR_KEY_FUNCTION_NOT_PERMITTED);
    fixture_stop(session);
}

static void what_is_not_genuine_or_not_padded_is_not_given_out(void) {
    CK_SESSION_HANDLE session = start();
    CK_OBJECT_HANDLE key = generate(session);
    unsigned char iv[16] = {0}, plain[32] = "text", hidden[48], shown[48] = {0};
    CK_GCM_PARAMS gcm = {iv, 12, 96, NULL, 0, 128};
    CK_MECHANISM mechanism = {SM4_GCM, &gcm, sizeof gcm}, ecb = fixture_mechanism(SM4_ECB);
    CK_MECHANISM padded = {SM4_CBC_PAD, iv, sizeof iv};
    CK_ULONG bytes = sizeof hidden;
    CHECK_RV(C_EncryptInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Encrypt(session, plain, 32, hidden, &bytes), CKR_OK);
    hidden[40] ^= 1;
    bytes = sizeof shown;
    CHECK_RV(C_DecryptInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Decrypt(session, hidden, 48, shown, &bytes), CKR_ENCRYPTED_DATA_INVALID);
    CHECK(shown[0] == 0);
    plain[31] = 17;
    bytes = sizeof hidden;
    CHECK_RV(C_EncryptInit(session, &ecb, key), CKR_OK);
    CHECK_RV(C_Encrypt(session, plain, 32, hidden, &bytes), CKR_OK);
    memcpy(iv, hidden, 16); /* of the one block that is left: its plaintext is that of the ECB */
    CHECK_RV(C_DecryptInit(session, &padded, key), CKR_OK);
    CHECK_RV(C_Decrypt(session, hidden + 16, 16, shown, &bytes), CKR_ENCRYPTED_DATA_INVALID);
    CHECK_RV(C_DecryptInit(session, &padded, key), CKR_OK);
    CHECK_RV(C_Decrypt(session, hidden, 15, shown, &bytes), CKR_ENCRYPTED_DATA_LEN_RANGE);
    fixture_stop(session);
}

/* What the worker would refuse is refused before, and by both directions: a message that could be
 * sealed can be opened. */
static void tags_have_the_lengths_that_cards_take(void) {
    CK_SESSION_HANDLE session = start();
    CK_OBJECT_HANDLE key = generate(session);
    unsigned char iv[12] = {0}, plain[20] = "text", hidden[36], shown[20];
    CK_GCM_PARAMS gcm = {iv, sizeof iv, 96, NULL, 0, 0};
    CK_MECHANISM mechanism = {SM4_GCM, &gcm, sizeof gcm};
    for (gcm.ulTagBits = 0; gcm.ulTagBits <= 136; gcm.ulTagBits += 4) {
        bool fits = gcm.ulTagBits % 8 == 0 && gcm.ulTagBits >= 96 && gcm.ulTagBits <= 128;
        CK_RV expected = fits ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
        CK_ULONG bytes = sizeof hidden, opened = sizeof shown;
        CHECK_RV(C_EncryptInit(session, &mechanism, key), expected);
        if (fits) {
            CHECK_RV(C_Encrypt(session, plain, sizeof plain, hidden, &bytes), CKR_OK);
            CHECK(bytes == sizeof plain + gcm.ulTagBits / 8);
        }
        CHECK_RV(C_DecryptInit(session, &mechanism, key), expected);
        if (fits) {
            CHECK_RV(C_Decrypt(session, hidden, bytes, shown, &opened), CKR_OK);
            CHECK(opened == sizeof plain && memcmp(plain, shown, sizeof plain) == 0);
        }
    }
    fixture_stop(session);
}

static void a_counter_that_would_start_over_is_refused(void) {
    CK_SESSION_HANDLE session = start();
    CK_OBJECT_HANDLE key = generate(session);
    unsigned char text[48] = {0}, out[48];
    CK_AES_CTR_PARAMS counter = {8, {0}};
    CK_MECHANISM mechanism = {SM4_CTR, &counter, sizeof counter};
    CK_ULONG bytes = sizeof out;
    counter.cb[15] = 0xfe;
    CHECK_RV(C_EncryptInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Encrypt(session, text, 32, out, &bytes), CKR_OK);
    bytes = sizeof out;
    CHECK_RV(C_EncryptInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Encrypt(session, text, 33, out, &bytes), CKR_DATA_LEN_RANGE);
    fixture_stop(session);
}

static void templates_that_a_card_cannot_fulfil_are_refused(void) {
    CK_SESSION_HANDLE session = start();
    CK_MECHANISM mechanism = fixture_mechanism(SM4_KEY_GEN);
    CK_OBJECT_HANDLE key;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ULONG size = 32;
    CK_KEY_TYPE aes = CKK_AES;
    CK_ATTRIBUTE token = {CKA_TOKEN, &yes, sizeof yes}, open = {CKA_SENSITIVE, &no, sizeof no};
    CK_ATTRIBUTE length = {CKA_VALUE_LEN, &size, sizeof size};
    CK_ATTRIBUTE type = {CKA_KEY_TYPE, &aes, sizeof aes};
    CHECK_RV(C_GenerateKey(session, &mechanism, &token, 1, &key), CKR_TOKEN_WRITE_PROTECTED);
    CHECK_RV(C_GenerateKey(session, &mechanism, &open, 1, &key), CKR_TEMPLATE_INCONSISTENT);
    CHECK_RV(C_GenerateKey(session, &mechanism, &length, 1, &key), CKR_ATTRIBUTE_VALUE_INVALID);
    CHECK_RV(C_GenerateKey(session, &mechanism, &type, 1, &key), CKR_TEMPLATE_INCONSISTENT);
    played.failing_operation = BERTH_OP_GENERATE_KEY;
    played.failure = BERTH_RESULT(BERTH_STATUS_PERMISSION_DENIED, BERTH_REASON_NOT_PERMITTED);
    played.failures = 1;
    CHECK_RV(C_GenerateKey(session, &mechanism, NULL, 0, &key), CKR_FUNCTION_REJECTED);
    fixture_stop(session);
}

static void a_pkcs11_tokens_own_numbers_go_to_the_token(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_MECHANISM mechanism = fixture_mechanism(SM4_KEY_GEN);
    CK_OBJECT_HANDLE key;
    CHECK_RV(C_GenerateKey(session, &mechanism, NULL, 0, &key), CKR_OK);
    CHECK(played.last_operation == BERTH_OP_GET_ATTRIBUTES); /* of a key that the token made */
    fixture_stop(session);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(rsa_pairs_sign_verify_and_decrypt),
        TEST(what_a_cards_worker_refuses_is_said_in_the_standards_words),
        TEST(a_group_of_cards_has_one_name_whichever_card_answers),
        TEST(sm4_in_every_mode_at_once_and_in_parts),
        TEST(a_wrapped_key_is_stored_and_used_again),
        TEST(what_is_not_genuine_or_not_padded_is_not_given_out),
        TEST(tags_have_the_lengths_that_cards_take),
        TEST(a_counter_that_would_start_over_is_refused),
        TEST(templates_that_a_card_cannot_fulfil_are_refused),
        TEST(a_pkcs11_tokens_own_numbers_go_to_the_token),
    };
    return run_tests(tests, sizeof tests / sizeof tests[0], argc, argv);
}
