/* SPDX-License-Identifier: Apache-2.0 */
/* Signing, encryption, digests, keys: results, errors and where they come, and what survives. */
#include <openssl/evp.h>
#include <pthread.h>

#include "fixture.h"
#include "remote.h"

/* ---- Signatures -------------------------------------------------------------------------------
 */

static void a_signature_takes_one_request_and_its_length_none(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE key = fixture_object(session, "rsa", CKO_PRIVATE_KEY);
    CK_OBJECT_HANDLE public_key = fixture_object(session, "rsa", CKO_PUBLIC_KEY);
    CK_MECHANISM mechanism = fixture_mechanism(CKM_SHA256_RSA_PKCS);
    unsigned char data[] = "to be signed", signature[300];
    CK_ULONG bytes = 12345; /* as a caller leaves it that has set nothing */
    unsigned calls = atomic_load(&played.calls);
    CHECK_RV(C_SignInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Sign(session, data, sizeof data, NULL, &bytes), CKR_OK);
    CHECK(bytes == 256);
    bytes = 255;
    CHECK_RV(C_Sign(session, data, sizeof data, signature, &bytes), CKR_BUFFER_TOO_SMALL);
    CHECK(bytes == 256 && atomic_load(&played.calls) == calls);
    CHECK_RV(C_Sign(session, data, sizeof data, signature, &bytes), CKR_OK);
    CHECK(bytes == 256 && atomic_load(&played.calls) == calls + 1);
    CHECK(played.last_operation == BERTH_OP_RSA_SIGN && played.last_flags == BERTH_IDEMPOTENT);
    CHECK_RV(C_Sign(session, data, sizeof data, signature, &bytes), CKR_OPERATION_NOT_INITIALIZED);

    CHECK_RV(C_VerifyInit(session, &mechanism, public_key), CKR_OK);
    CHECK_RV(C_VerifyUpdate(session, data, 5), CKR_OK);
    CHECK_RV(C_VerifyUpdate(session, data + 5, sizeof data - 5), CKR_OK);
    CHECK_RV(C_VerifyFinal(session, signature, 256), CKR_OK);
    signature[7] ^= 1;
    CHECK_RV(C_VerifyInit(session, &mechanism, public_key), CKR_OK);
    CHECK_RV(C_Verify(session, data, sizeof data, signature, 256), CKR_SIGNATURE_INVALID);
    CHECK_RV(C_VerifyInit(session, &mechanism, public_key), CKR_OK);
    CHECK_RV(C_Verify(session, data, sizeof data, signature, 255), CKR_SIGNATURE_LEN_RANGE);
    CHECK_RV(C_Verify(session, data, sizeof data, signature, 256), CKR_OPERATION_NOT_INITIALIZED);
    fixture_stop(session);
}

/* With the private key it decrypts as well as signs, so that it is granted by itself. */
static void rsa_without_padding_is_asked_as_an_operation_of_its_own(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE key = fixture_object(session, "rsa", CKO_PRIVATE_KEY);
    CK_OBJECT_HANDLE public_key = fixture_object(session, "rsa", CKO_PUBLIC_KEY);
    CK_MECHANISM mechanism = fixture_mechanism(CKM_RSA_X_509);
    unsigned char data[256] = {0}, out[256];
    CK_ULONG bytes = sizeof out;
    CHECK_RV(C_SignInit(session, &mechanism, key), CKR_OK);
    (void)C_Sign(session, data, sizeof data, out, &bytes);
    CHECK(played.last_operation == BERTH_OP_RSA_RAW_SIGN);
    CHECK_RV(C_DecryptInit(session, &mechanism, key), CKR_OK);
    (void)C_Decrypt(session, data, sizeof data, out, &bytes);
    CHECK(played.last_operation == BERTH_OP_RSA_RAW_DECRYPT);
    CHECK_RV(C_VerifyInit(session, &mechanism, public_key), CKR_OK);
    (void)C_Verify(session, data, sizeof data, out, sizeof out);
    CHECK(played.last_operation == BERTH_OP_RSA_VERIFY);
    CHECK_RV(C_EncryptInit(session, &mechanism, public_key), CKR_OK);
    (void)C_Encrypt(session, data, sizeof data, out, &bytes);
    CHECK(played.last_operation == BERTH_OP_RSA_ENCRYPT);
    fixture_stop(session);
}

static void long_data_in_parts_is_signed_as_at_once(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE key = fixture_object(session, "rsa", CKO_PRIVATE_KEY);
    CK_MECHANISM mechanism = fixture_mechanism(CKM_SHA256_RSA_PKCS);
    static unsigned char data[100000];
    unsigned char whole[256], in_parts[256];
    CK_ULONG bytes = 256;
    memset(data, 0x42, sizeof data);
    CHECK_RV(C_SignInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Sign(session, data, sizeof data, whole, &bytes), CKR_OK);
    CHECK(played.last_had_input);
    CHECK_RV(C_SignInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_SignUpdate(session, data, 99), CKR_OK);
    CHECK_RV(C_SignUpdate(session, data + 99, sizeof data - 99), CKR_OK);
    CHECK_RV(C_SignFinal(session, NULL, &bytes), CKR_OK);
    CHECK_RV(C_SignFinal(session, in_parts, &bytes), CKR_OK);
    CHECK(memcmp(whole, in_parts, 256) == 0);
    CHECK_RV(C_SignInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_SignUpdate(session, data, 1), CKR_OK);
    CHECK_RV(C_Sign(session, data, 1, whole, &bytes), CKR_OPERATION_NOT_INITIALIZED);
    fixture_stop(session);
}

static void more_than_can_be_collected_is_an_error(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_MECHANISM mechanism = fixture_mechanism(CKM_SHA256);
    unsigned char *data = calloc(1, REMOTE_DATA_MAX_BYTES + 1);
    CK_ULONG bytes = 32;
    unsigned char digest[32];
    CHECK_RV(C_DigestInit(session, &mechanism), CKR_OK);
    CHECK_RV(C_DigestUpdate(session, data, REMOTE_DATA_MAX_BYTES), CKR_OK);
    CHECK_RV(C_DigestUpdate(session, data, 1), CKR_DATA_LEN_RANGE);
    CHECK_RV(C_DigestInit(session, &mechanism), CKR_OK);
    CHECK_RV(C_Digest(session, data, REMOTE_DATA_MAX_BYTES + 1, digest, &bytes),
             CKR_DATA_LEN_RANGE);
    CHECK_RV(C_DigestInit(session, &mechanism), CKR_OK);
    CHECK_RV(C_Digest(session, data, (CK_ULONG)-1, digest, &bytes), CKR_ARGUMENTS_BAD);
    free(data);
    fixture_stop(session);
}

static void init_refuses_what_can_be_known_without_asking(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE rsa = fixture_object(session, "rsa", CKO_PRIVATE_KEY);
    CK_OBJECT_HANDLE aes = fixture_object(session, "aes", CKO_SECRET_KEY);
    CK_MECHANISM mechanism = fixture_mechanism(CKM_SHA256_RSA_PKCS);
    unsigned calls = atomic_load(&played.calls);
    CHECK_RV(C_SignInit(session, NULL, rsa), CKR_ARGUMENTS_BAD);
    CHECK_RV(C_SignInit(session, &mechanism, 0), CKR_OBJECT_HANDLE_INVALID);
    CHECK_RV(C_SignInit(session, &mechanism, rsa + (1 << 20)), CKR_OBJECT_HANDLE_INVALID);
    CHECK_RV(C_SignInit(session, &mechanism, aes), CKR_KEY_FUNCTION_NOT_PERMITTED);
    CHECK_RV(C_VerifyInit(session, &mechanism, rsa), CKR_KEY_FUNCTION_NOT_PERMITTED);
    mechanism.mechanism = CKM_ECDSA;
    CHECK_RV(C_SignInit(session, &mechanism, rsa), CKR_KEY_TYPE_INCONSISTENT);
    mechanism.mechanism = CKM_SHA512_RSA_PKCS; /* the token does not have it */
    CHECK_RV(C_SignInit(session, &mechanism, rsa), CKR_MECHANISM_INVALID);
    mechanism.mechanism = CKM_SHA256; /* nor this for signing */
    CHECK_RV(C_SignInit(session, &mechanism, rsa), CKR_MECHANISM_INVALID);
    mechanism.mechanism = CKM_SHA256_RSA_PKCS_PSS;
    CHECK_RV(C_SignInit(session, &mechanism, rsa), CKR_MECHANISM_PARAM_INVALID);
    mechanism.mechanism = CKM_AES_CBC;
    CHECK_RV(C_EncryptInit(session, &mechanism, aes), CKR_MECHANISM_PARAM_INVALID);
    CHECK(atomic_load(&played.calls) == calls);
    mechanism.mechanism = CKM_SHA256_RSA_PKCS;
    CHECK_RV(C_SignInit(session, &mechanism, rsa), CKR_OK);
    CHECK_RV(C_SignInit(session, &mechanism, rsa), CKR_OPERATION_ACTIVE);
    CHECK_RV(C_SignInit(session + 1, &mechanism, rsa), CKR_SESSION_HANDLE_INVALID);
    fixture_stop(session);
}

static void a_mechanism_for_whole_data_takes_no_parts(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE key = fixture_object(session, "ec", CKO_PRIVATE_KEY);
    CK_OBJECT_HANDLE rsa = fixture_object(session, "rsa", CKO_PUBLIC_KEY);
    CK_MECHANISM mechanism = fixture_mechanism(CKM_ECDSA);
    unsigned char data[32] = {0}, out[256];
    CK_ULONG bytes = sizeof out;
    CHECK_RV(C_SignInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_SignUpdate(session, data, sizeof data), CKR_OPERATION_NOT_INITIALIZED);
    CHECK_RV(C_SignInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Sign(session, data, sizeof data, out, &bytes), CKR_OK);
    CHECK(bytes == 64);
    mechanism.mechanism = CKM_RSA_PKCS;
    CHECK_RV(C_EncryptInit(session, &mechanism, rsa), CKR_OK);
    CHECK_RV(C_EncryptUpdate(session, data, 1, out, &bytes), CKR_FUNCTION_NOT_SUPPORTED);
    fixture_stop(session);
}

static void macs_are_made_and_have_their_length(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE key = fixture_object(session, "mac", CKO_SECRET_KEY);
    CK_MECHANISM mechanism = fixture_mechanism(CKM_SHA256_HMAC);
    unsigned char data[] = "authentic", made[64];
    CK_ULONG bytes = sizeof made;
    CHECK_RV(C_SignInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Sign(session, data, sizeof data, made, &bytes), CKR_OK);
    CHECK(bytes == 32 && played.last_operation == BERTH_OP_MAC);
    fixture_stop(session);
}

/* ---- What goes wrong at the worker ------------------------------------------------------------
 */

static CK_RV sign_with_failure(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key,
                               berth_result failure, uint32_t device_code) {
    CK_MECHANISM mechanism = fixture_mechanism(CKM_ECDSA);
    unsigned char data[32] = {0}, signature[64];
    CK_ULONG bytes = sizeof signature;
    CHECK_RV(C_SignInit(session, &mechanism, key), CKR_OK);
    played.failures = 1;
    played.failing_operation = 0;
    played.failure = failure;
    played.device_code = device_code;
    CK_RV value = C_Sign(session, data, sizeof data, signature, &bytes);
    played.failures = 0;
    /* Ended either way. */
    CHECK_RV(C_Sign(session, data, sizeof data, signature, &bytes), CKR_OPERATION_NOT_INITIALIZED);
    return value;
}

static void failures_have_names_of_pkcs11(void) {
    static const struct {
        enum berth_status status;
        enum berth_reason reason;
        uint32_t device_code;
        CK_RV value;
    } cases[] = {
        {BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_QUEUE_FULL, 0, CKR_DEVICE_MEMORY},
        {BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_PRINCIPAL_LIMIT, 0, CKR_DEVICE_MEMORY},
        {BERTH_STATUS_DEADLINE_EXCEEDED, BERTH_REASON_EXPIRED_IN_FLIGHT, 0, CKR_DEVICE_ERROR},
        {BERTH_STATUS_PERMISSION_DENIED, BERTH_REASON_NOT_PERMITTED, 0,
         CKR_KEY_FUNCTION_NOT_PERMITTED},
        {BERTH_STATUS_ABORTED, BERTH_REASON_WORKER_LOST_OUTCOME_UNKNOWN, 0, CKR_DEVICE_ERROR},
        {BERTH_STATUS_UNAVAILABLE, BERTH_REASON_DEVICE_GIVEN_UP, 0, CKR_DEVICE_REMOVED},
        {BERTH_STATUS_UNIMPLEMENTED, BERTH_REASON_UNKNOWN_OPERATION, 0, CKR_FUNCTION_NOT_SUPPORTED},
        {BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_DRIVER_ERROR, CKR_DATA_LEN_RANGE,
         CKR_DATA_LEN_RANGE},
        {BERTH_STATUS_INTERNAL, BERTH_REASON_DRIVER_ERROR, 0x80000123, 0x80000123},
        {BERTH_STATUS_NOT_FOUND, BERTH_REASON_DRIVER_ERROR, 0x01000008, CKR_KEY_HANDLE_INVALID},
        {BERTH_STATUS_INTERNAL, BERTH_REASON_DRIVER_ERROR, 0x01000004, CKR_DEVICE_ERROR},
    };
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE key = fixture_object(session, "ec", CKO_PRIVATE_KEY);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_RV(sign_with_failure(session, key, BERTH_RESULT(cases[i].status, cases[i].reason),
                                   cases[i].device_code),
                 cases[i].value);
    }
    fixture_stop(session);
}

static void what_did_not_run_while_a_worker_was_replaced_is_asked_again(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE key = fixture_object(session, "ec", CKO_PRIVATE_KEY);
    unsigned calls = atomic_load(&played.calls);
    CHECK_RV(sign_with_failure(
                 session, key,
                 BERTH_RESULT(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_WORKER_UNAVAILABLE), 0),
             CKR_OK);
    CHECK(atomic_load(&played.calls) == calls + 2);
    fixture_stop(session);
}

static void an_unwrapped_key_outlives_the_worker_and_a_generated_one_does_not(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE kek = fixture_object(session, "aes", CKO_SECRET_KEY), unwrapped, generated;
    CK_MECHANISM wrapping = fixture_mechanism(CKM_AES_KEY_WRAP);
    CK_MECHANISM generating = fixture_mechanism(CKM_AES_KEY_GEN);
    CK_MECHANISM ecb = fixture_mechanism(CKM_AES_ECB);
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_ATTRIBUTE templ[] = {{CKA_CLASS, &class, sizeof class}};
    unsigned char blob[32], data[16] = {0}, before[16], after[16];
    CK_ULONG bytes = sizeof before;
    memset(blob, 0x77, sizeof blob);
    CHECK_RV(C_UnwrapKey(session, &wrapping, kek, blob, 7, templ, 1, &unwrapped),
             CKR_WRAPPED_KEY_LEN_RANGE);
    CHECK_RV(C_UnwrapKey(session, &wrapping, kek, blob, 32, templ, 1, &unwrapped), CKR_OK);
    CHECK_RV(C_GenerateKey(session, &generating, templ, 1, &generated), CKR_OK);
    CHECK_RV(C_EncryptInit(session, &ecb, unwrapped), CKR_OK);
    CHECK_RV(C_Encrypt(session, data, 16, before, &bytes), CKR_OK);
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE of_session = {CKA_TOKEN, &no, sizeof no};
    CHECK(fixture_count(session, &of_session, 1) == 2);

    CHECK_RV(C_EncryptInit(session, &ecb, generated), CKR_OK); /* and lost in between */
    played_lose_worker();
    CHECK_RV(C_Encrypt(session, data, 16, after, &bytes), CKR_OBJECT_HANDLE_INVALID);
    CHECK_RV(C_EncryptInit(session, &ecb, generated), CKR_OBJECT_HANDLE_INVALID);
    CHECK_RV(C_EncryptInit(session, &ecb, unwrapped), CKR_OK);
    CHECK_RV(C_Encrypt(session, data, 16, after, &bytes), CKR_OK);
    CHECK(memcmp(before, after, 16) == 0);
    fixture_stop(session);
}

static void making_and_changing_objects_is_refused_in_terms_of_objects(void) {
    CK_SESSION_HANDLE session = fixture_start(), read_only;
    CK_OBJECT_HANDLE key = fixture_object(session, "ec", CKO_PRIVATE_KEY), made;
    CK_MECHANISM generating = fixture_mechanism(CKM_AES_KEY_GEN);
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE templ[] = {{CKA_TOKEN, &yes, sizeof yes},
                            {CKA_LABEL, (void *)(uintptr_t) "denied", 6}};
    CHECK_RV(C_GenerateKey(session, &generating, templ, 1, &made), CKR_TEMPLATE_INCOMPLETE);
    CHECK_RV(C_GenerateKey(session, &generating, templ, 2, &made), CKR_TOKEN_WRITE_PROTECTED);
    CHECK_RV(C_OpenSession(fixture_slot("hsm:token"), CKF_SERIAL_SESSION, NULL, NULL, &read_only),
             CKR_OK);
    CHECK_RV(C_GenerateKey(read_only, &generating, templ, 2, &made), CKR_SESSION_READ_ONLY);
    CHECK_RV(C_DestroyObject(read_only, key), CKR_SESSION_READ_ONLY);
    played.failures = 2;
    played.failure = BERTH_RESULT(BERTH_STATUS_PERMISSION_DENIED, BERTH_REASON_NOT_PERMITTED);
    CHECK_RV(C_DestroyObject(session, key), CKR_ACTION_PROHIBITED);
    CHECK(played.last_flags == 0); /* never twice */
    CHECK_RV(C_SetAttributeValue(session, key, templ + 1, 1), CKR_ACTION_PROHIBITED);
    fixture_stop(session);
}

static void a_session_takes_its_objects_along(void) {
    CK_SESSION_HANDLE session = fixture_start(), other = fixture_session("hsm:token");
    CK_OBJECT_HANDLE kek = fixture_object(session, "aes", CKO_SECRET_KEY), made;
    CK_MECHANISM wrapping = fixture_mechanism(CKM_AES_KEY_WRAP);
    unsigned char blob[32] = {0};
    CK_ULONG size;
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_ATTRIBUTE templ = {CKA_CLASS, &class, sizeof class};
    CHECK_RV(C_UnwrapKey(session, &wrapping, kek, blob, 32, NULL, 0, &made), CKR_ARGUMENTS_BAD);
    CHECK_RV(C_UnwrapKey(session, &wrapping, kek, blob, 32, &templ, 1, &made), CKR_OK);
    CHECK_RV(C_GetObjectSize(other, made, &size),
             CKR_OK); /* the application's, not the session's */
    CHECK_RV(C_CloseSession(session), CKR_OK);
    CHECK(played.last_operation == BERTH_OP_RELEASE_OBJECT);
    CHECK_RV(C_GetObjectSize(other, made, &size), CKR_OBJECT_HANDLE_INVALID);
    fixture_stop(other);
}

/* ---- Ciphers ----------------------------------------------------------------------------------
 */

#define LONG_BYTES 2500001 /* several pieces, and not of whole blocks */

static unsigned char plain[LONG_BYTES], at_once[LONG_BYTES + 32], in_parts[LONG_BYTES + 32];

/* Takes pieces of changing length; their sum is bytes. */
static CK_ULONG work_in_parts(CK_SESSION_HANDLE session, bool encrypts, const unsigned char *in,
                              CK_ULONG bytes, unsigned char *out) {
    CK_ULONG done = 0, made = 0;
    for (CK_ULONG piece = 1; done < bytes; piece = piece * 3 + 7) {
        CK_ULONG now = bytes - done < piece ? bytes - done : piece;
        CK_ULONG room = LONG_BYTES + 32 - made, needed;
        unsigned char *from = (unsigned char *)(uintptr_t)in + done;
        CHECK_RV(encrypts ? C_EncryptUpdate(session, from, now, NULL, &needed)
                          : C_DecryptUpdate(session, from, now, NULL, &needed),
                 CKR_OK);
        CHECK_RV(encrypts ? C_EncryptUpdate(session, from, now, out + made, &room)
                          : C_DecryptUpdate(session, from, now, out + made, &room),
                 CKR_OK);
        CHECK(room == needed);
        made += room;
        done += now;
    }
    CK_ULONG room, asked;
    CHECK_RV(encrypts ? C_EncryptFinal(session, NULL, &asked)
                      : C_DecryptFinal(session, NULL, &asked),
             CKR_OK);
    room = asked;
    CHECK_RV(encrypts ? C_EncryptFinal(session, out + made, &room)
                      : C_DecryptFinal(session, out + made, &room),
             CKR_OK);
    CHECK(room == asked);
    return made + room;
}

static void check_cipher(CK_MECHANISM *mechanism, CK_ULONG bytes, CK_ULONG expected) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE key = fixture_object(session, "aes", CKO_SECRET_KEY);
    CK_ULONG made = 0;
    for (CK_ULONG i = 0; i < bytes; i++) {
        plain[i] = (unsigned char)(i * 31 >> 3);
    }
    CHECK_RV(C_EncryptInit(session, mechanism, key), CKR_OK);
    CHECK_RV(C_Encrypt(session, plain, bytes, NULL, &made), CKR_OK);
    CHECK(made == expected);
    made--;
    CHECK_RV(C_Encrypt(session, plain, bytes, at_once, &made), CKR_BUFFER_TOO_SMALL);
    CHECK_RV(C_Encrypt(session, plain, bytes, at_once, &made), CKR_OK);
    CHECK(made == expected);
    CHECK_RV(C_EncryptInit(session, mechanism, key), CKR_OK);
    CHECK(work_in_parts(session, true, plain, bytes, in_parts) == expected);
    CHECK(memcmp(at_once, in_parts, expected) == 0);
    CHECK_RV(C_DecryptInit(session, mechanism, key), CKR_OK);
    CHECK(work_in_parts(session, false, at_once, expected, in_parts) == bytes);
    CHECK(memcmp(plain, in_parts, bytes) == 0);
    CHECK_RV(C_DecryptInit(session, mechanism, key), CKR_OK);
    made = expected;
    CHECK_RV(C_Decrypt(session, at_once, expected, at_once, &made), CKR_OK); /* in place */
    CHECK(made == bytes && memcmp(plain, at_once, bytes) == 0);
    fixture_stop(session);
}

static void cbc_with_padding_is_chained_over_parts(void) {
    unsigned char iv[16] = {9};
    CK_MECHANISM mechanism = {CKM_AES_CBC_PAD, iv, sizeof iv};
    check_cipher(&mechanism, LONG_BYTES, LONG_BYTES / 16 * 16 + 16);
    check_cipher(&mechanism, 32, 48);
    check_cipher(&mechanism, 1, 16);
}

static void long_data_is_wiped_and_of_results_the_plaintext(void) {
    unsigned char iv[16] = {9};
    CK_MECHANISM mechanism = {CKM_AES_CBC, iv, sizeof iv};
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE key = fixture_object(session, "aes", CKO_SECRET_KEY);
    CK_ULONG made = 10000;
    CHECK_RV(C_EncryptInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Encrypt(session, plain, 10000, at_once, &made), CKR_OK);
    CHECK(played.inputs_freed == 1 && played.inputs_wiped == 1);
    CHECK(played.outputs_freed == 1 && played.outputs_wiped == 0);
    CHECK_RV(C_DecryptInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Decrypt(session, at_once, 10000, at_once, &made), CKR_OK);
    CHECK(played.inputs_freed == 2 && played.inputs_wiped == 2);
    CHECK(played.outputs_freed == 2 && played.outputs_wiped == 1);

    /* Also when nobody knows what became of it. */
    played.failures = 1;
    played.failure = BERTH_RESULT(BERTH_STATUS_DEADLINE_EXCEEDED, BERTH_REASON_CALLER_TIMED_OUT);
    CHECK_RV(C_DecryptInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Decrypt(session, at_once, 10000, at_once, &made), CKR_DEVICE_ERROR);
    CHECK(played.inputs_wiped == 3 && played.outputs_wiped == 2);
    fixture_stop(session);
}

static void cbc_and_ecb_take_whole_blocks(void) {
    unsigned char iv[16] = {9};
    CK_MECHANISM mechanism = {CKM_AES_CBC, iv, sizeof iv};
    check_cipher(&mechanism, 2500000, 2500000);
    mechanism = fixture_mechanism(CKM_AES_ECB);
    check_cipher(&mechanism, 2500000, 2500000);
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE key = fixture_object(session, "aes", CKO_SECRET_KEY);
    CK_ULONG made = 64;
    CHECK_RV(C_EncryptInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Encrypt(session, plain, 17, at_once, &made), CKR_DATA_LEN_RANGE);
    CHECK_RV(C_DecryptInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_DecryptUpdate(session, plain, 17, at_once, &made), CKR_OK);
    CHECK(made == 16);
    CHECK_RV(C_DecryptFinal(session, at_once, &made), CKR_ENCRYPTED_DATA_LEN_RANGE);
    fixture_stop(session);
}

static void a_counter_goes_on_over_parts_and_bytes(void) {
    CK_AES_CTR_PARAMS parameter = {128, {0}};
    memset(parameter.cb, 0xff, 16); /* so that all of it is carried over */
    CK_MECHANISM mechanism = {CKM_AES_CTR, &parameter, sizeof parameter};
    check_cipher(&mechanism, LONG_BYTES, LONG_BYTES);
}

static void gcm_comes_whole_and_its_tag_is_checked(void) {
    unsigned char iv[12] = {3};
    CK_GCM_PARAMS parameter = {iv, sizeof iv, 96, NULL, 0, 128};
    CK_MECHANISM mechanism = {CKM_AES_GCM, &parameter, sizeof parameter};
    check_cipher(&mechanism, 1000, 1016);
    check_cipher(&mechanism, 100000, 100016);
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE key = fixture_object(session, "aes", CKO_SECRET_KEY);
    CK_ULONG made = 1016;
    CHECK_RV(C_EncryptInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Encrypt(session, plain, 1000, at_once, &made), CKR_OK);
    at_once[3] ^= 1;
    CHECK_RV(C_DecryptInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Decrypt(session, at_once, 1016, in_parts, &made), CKR_ENCRYPTED_DATA_INVALID);
    CHECK_RV(C_DecryptInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Decrypt(session, at_once, 15, in_parts, &made), CKR_ENCRYPTED_DATA_LEN_RANGE);
    fixture_stop(session);
}

static void rsa_decrypts_what_it_encrypted(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_MECHANISM mechanism = fixture_mechanism(CKM_RSA_PKCS);
    unsigned char text[] = "a session key", hidden[256], shown[256];
    CK_ULONG bytes = 256;
    CHECK_RV(C_EncryptInit(session, &mechanism, fixture_object(session, "rsa", CKO_PUBLIC_KEY)),
             CKR_OK);
    CHECK_RV(C_Encrypt(session, text, sizeof text, hidden, &bytes), CKR_OK);
    CHECK_RV(C_DecryptInit(session, &mechanism, fixture_object(session, "rsa", CKO_PRIVATE_KEY)),
             CKR_OK);
    CHECK_RV(C_Decrypt(session, hidden, bytes, shown, &bytes), CKR_OK);
    CHECK(bytes == sizeof text && memcmp(text, shown, bytes) == 0);
    fixture_stop(session);
}

/* ---- Without a key ----------------------------------------------------------------------------
 */

static void digests_and_random_bytes_come_from_the_device(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_MECHANISM mechanism = fixture_mechanism(CKM_SHA256);
    unsigned char digest[32], expected[32], random[5000] = {0};
    CK_ULONG bytes = 0;
    CHECK_RV(C_DigestInit(session, &mechanism), CKR_OK);
    CHECK_RV(C_DigestFinal(session, digest, &bytes), CKR_BUFFER_TOO_SMALL);
    CHECK_RV(C_DigestFinal(session, digest, &bytes), CKR_OK);
    EVP_Digest("", 0, expected, NULL, EVP_sha256(), NULL);
    CHECK(bytes == 32 && memcmp(digest, expected, 32) == 0);
    CHECK_RV(C_GenerateRandom(session, random, sizeof random), CKR_OK);
    CHECK(memcmp(random, random + 2500, 2500) != 0);
    CHECK_RV(C_GenerateRandom(session, NULL, 1), CKR_ARGUMENTS_BAD);
    CHECK_RV(C_GenerateRandom(session, random, (CK_ULONG)-1), CKR_ARGUMENTS_BAD);
    fixture_stop(session);
}

/* ---- SM2 --------------------------------------------------------------------------------------
 */

static void an_sdf_card_signs_by_the_numbers_of_sansecs_family(void) {
    CK_SESSION_HANDLE token = fixture_start(), session = fixture_session("hsm:card");
    CK_OBJECT_HANDLE key = fixture_object(session, "pay", CKO_PRIVATE_KEY);
    CK_OBJECT_HANDLE public_key = fixture_object(session, "pay", CKO_PUBLIC_KEY);
    unsigned char digest[32], signature[80], id[2], point[67], text[96 + 40 + 40];
    CK_ATTRIBUTE attributes[] = {{CKA_ID, id, sizeof id}, {CKA_EC_POINT, point, sizeof point}};
    CK_MECHANISM mechanism = fixture_mechanism(CKM_VENDOR_DEFINED + 0x8105);
    CK_ULONG bytes = sizeof signature;
    memset(digest, 0x80, sizeof digest);
    CHECK(fixture_count(session, NULL, 0) == 5); /* two pairs and what wraps keys */
    CHECK_RV(C_GetAttributeValue(session, key, attributes, 2), CKR_OK);
    CHECK(memcmp(id, "\x0a\x0b", 2) == 0);
    CHECK(memcmp(point, "\x04\x41\x04\x11", 4) == 0 && point[66] == 0x22);
    CHECK_RV(C_SignInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Sign(session, digest, 32, signature, &bytes), CKR_OK);
    CHECK(bytes == 64 && memcmp(signature, digest, 32) == 0);
    CHECK_RV(C_VerifyInit(session, &mechanism, public_key), CKR_OK);
    CHECK_RV(C_Verify(session, digest, 32, signature, 64), CKR_OK);
    CHECK_RV(C_SignInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Sign(session, digest, 31, signature, &bytes), CKR_DATA_LEN_RANGE);

    mechanism.mechanism = CKM_VENDOR_DEFINED + 0x8104; /* the same as DER: one request, though its
                                                          length is asked for */
    unsigned calls = atomic_load(&played.calls);
    CHECK_RV(C_SignInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Sign(session, digest, 32, NULL, &bytes), CKR_OK);
    CHECK(bytes == 2 + 2 + 33 + 2 + 32);
    CHECK_RV(C_Sign(session, digest, 32, signature, &bytes), CKR_OK);
    CHECK(atomic_load(&played.calls) == calls + 1);
    CHECK(memcmp(signature, "\x30\x45\x02\x21\x00\x80", 6) == 0);
    CHECK_RV(C_VerifyInit(session, &mechanism, public_key), CKR_OK);
    CHECK_RV(C_Verify(session, digest, 32, signature, bytes), CKR_OK);
    signature[4] ^= 0x80; /* no number any more */
    CHECK_RV(C_VerifyInit(session, &mechanism, public_key), CKR_OK);
    CHECK_RV(C_Verify(session, digest, 32, signature, bytes), CKR_SIGNATURE_INVALID);

    mechanism.mechanism = CKM_VENDOR_DEFINED + 0x8201;
    bytes = sizeof text;
    CHECK_RV(C_EncryptInit(session, &mechanism, public_key), CKR_OK);
    CHECK_RV(C_Encrypt(session, digest, 32, text, &bytes), CKR_OK);
    CHECK(text[0] == 0x30);
    CHECK_RV(C_DecryptInit(session, &mechanism, key), CKR_OK);
    CK_ULONG text_bytes = bytes;
    bytes = sizeof signature;
    CHECK_RV(C_Decrypt(session, text, text_bytes, signature, &bytes), CKR_OK);
    CHECK(bytes == 32 && memcmp(signature, digest, 32) == 0);
    CHECK_RV(C_CloseSession(session), CKR_OK);
    fixture_stop(token);
}

/* ---- Threads ----------------------------------------------------------------------------------
 */

static void *sign_often(void *argument) {
    CK_SLOT_ID slot = *(CK_SLOT_ID *)argument;
    for (int i = 0; i < 50; i++) {
        CK_SESSION_HANDLE session;
        CK_MECHANISM mechanism = fixture_mechanism(CKM_ECDSA);
        unsigned char data[32] = {(unsigned char)i}, signature[64];
        CK_ULONG bytes = sizeof signature;
        CHECK_RV(C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
        CK_OBJECT_HANDLE key = fixture_object(session, "ec", CKO_PRIVATE_KEY);
        CHECK_RV(C_SignInit(session, &mechanism, key), CKR_OK);
        CHECK_RV(C_Sign(session, data, sizeof data, signature, &bytes), CKR_OK);
        CHECK_RV(C_CloseSession(session), CKR_OK);
    }
    return NULL;
}

static void threads_work_side_by_side(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_SLOT_ID slot = fixture_slot("hsm:token");
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], NULL, sign_often, &slot) == 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    fixture_stop(session);
}

static void *use_one_session(void *argument) {
    CK_SESSION_HANDLE session = *(CK_SESSION_HANDLE *)argument;
    for (int i = 0; i < 200; i++) {
        CK_MECHANISM mechanism = fixture_mechanism(CKM_SHA256);
        unsigned char digest[32];
        CK_ULONG bytes = sizeof digest;
        CK_RV begun = C_DigestInit(session, &mechanism);
        CHECK(begun == CKR_OK || begun == CKR_OPERATION_ACTIVE ||
              begun == CKR_SESSION_HANDLE_INVALID);
        CK_RV done = C_Digest(session, digest, 4, digest, &bytes);
        CHECK(done == CKR_OK || done == CKR_OPERATION_NOT_INITIALIZED ||
              done == CKR_SESSION_HANDLE_INVALID);
    }
    return NULL;
}

static void threads_that_share_a_session_only_disturb_each_other(void) {
    CK_SESSION_HANDLE session = fixture_start(), other = fixture_session("hsm:token");
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        CHECK(pthread_create(&threads[i], NULL, use_one_session, &session) == 0);
    }
    CHECK_RV(C_CloseSession(session), CKR_OK);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    fixture_stop(other);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(a_signature_takes_one_request_and_its_length_none),
        TEST(rsa_without_padding_is_asked_as_an_operation_of_its_own),
        TEST(long_data_in_parts_is_signed_as_at_once),
        TEST(more_than_can_be_collected_is_an_error),
        TEST(init_refuses_what_can_be_known_without_asking),
        TEST(a_mechanism_for_whole_data_takes_no_parts),
        TEST(macs_are_made_and_have_their_length),
        TEST(failures_have_names_of_pkcs11),
        TEST(what_did_not_run_while_a_worker_was_replaced_is_asked_again),
        TEST(an_unwrapped_key_outlives_the_worker_and_a_generated_one_does_not),
        TEST(making_and_changing_objects_is_refused_in_terms_of_objects),
        TEST(a_session_takes_its_objects_along),
        TEST(cbc_with_padding_is_chained_over_parts),
        TEST(long_data_is_wiped_and_of_results_the_plaintext),
        TEST(cbc_and_ecb_take_whole_blocks),
        TEST(a_counter_goes_on_over_parts_and_bytes),
        TEST(gcm_comes_whole_and_its_tag_is_checked),
        TEST(rsa_decrypts_what_it_encrypted),
        TEST(digests_and_random_bytes_come_from_the_device),
        TEST(an_sdf_card_signs_by_the_numbers_of_sansecs_family),
        TEST(threads_work_side_by_side),
        TEST(threads_that_share_a_session_only_disturb_each_other),
    };
    return RUN_TESTS(tests, argc, argv);
}
