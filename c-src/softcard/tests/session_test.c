/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs to a session: access rights, keys, the running hash, a slot; and many threads with a
 * session each. */
#include "card_fixture.h"

#include <pthread.h>

static unsigned char e[32] = {1, 2, 3}, out[64], iv[16];
static unsigned int bytes;
static ECCSignature signature;

static void a_key_with_a_password_needs_the_right_of_its_own_session(void) {
    void *device = open_device(), *first = open_session(device), *second = open_session(device),
         *key;
    union {
        ECCCipher cipher;
        unsigned char room[sizeof(ECCCipher) + 16];
    } envelope;
    CHECK_EQUAL(SDR_PARDENY, SDF_InternalSign_ECC(first, 1, e, 32, &signature));
    CHECK_EQUAL(SDR_PRKRERR,
                SDF_GetPrivateKeyAccessRight(first, 1, (unsigned char *)"access98", 8));
    CHECK_EQUAL(SDR_PRKRERR,
                SDF_GetPrivateKeyAccessRight(first, 1, ACCESS_PASSWORD, ACCESS_PASSWORD_BYTES - 1));
    CHECK_EQUAL(SDR_PARDENY, SDF_InternalSign_ECC(first, 1, e, 32, &signature));
    CHECK_EQUAL(SDR_OK,
                SDF_GetPrivateKeyAccessRight(first, 1, ACCESS_PASSWORD, ACCESS_PASSWORD_BYTES));
    CHECK_EQUAL(SDR_OK, SDF_InternalSign_ECC(first, 1, e, 32, &signature));
    CHECK_EQUAL(SDR_PARDENY, SDF_InternalSign_ECC(second, 1, e, 32, &signature));
    /* The public half needs no right; decryption and import do. */
    CHECK_EQUAL(SDR_OK, SDF_InternalVerify_ECC(second, 1, e, 32, &signature));
    CHECK_EQUAL(SDR_OK, SDF_InternalEncrypt_ECC(second, 1, SGD_SM2_3, e, 16, &envelope.cipher));
    CHECK_EQUAL(SDR_PARDENY,
                SDF_InternalDecrypt_ECC(second, 1, SGD_SM2_3, &envelope.cipher, out, &bytes));
    CHECK_EQUAL(SDR_PARDENY, SDF_ImportKeyWithISK_ECC(second, 1, &envelope.cipher, &key));
    CHECK_EQUAL(SDR_OK,
                SDF_InternalDecrypt_ECC(first, 1, SGD_SM2_3, &envelope.cipher, out, &bytes));
    CHECK_EQUAL(SDR_OK, SDF_ImportKeyWithISK_ECC(first, 1, &envelope.cipher, &key));
    CHECK_EQUAL(SDR_OK, SDF_ReleasePrivateKeyAccessRight(first, 1));
    CHECK_EQUAL(SDR_PARDENY, SDF_InternalSign_ECC(first, 1, e, 32, &signature));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
}

static void a_key_without_a_password_needs_no_right(void) {
    void *device = open_device(), *session = open_session(device);
    CHECK_EQUAL(SDR_OK, SDF_GetPrivateKeyAccessRight(session, 3, (unsigned char *)"whatever", 8));
    CHECK_EQUAL(SDR_OK, SDF_ReleasePrivateKeyAccessRight(session, 3));
    CHECK_EQUAL(SDR_OK, SDF_InternalSign_ECC(session, 3, e, 32, &signature));
    CHECK_EQUAL(SDR_OK, SDF_InternalSign_ECC(session, 0, e, 32, &signature));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
}

static void keys_end_with_their_session_and_handles_are_not_used_again(void) {
    void *device = open_device(), *session = open_session(device), *key;
    CHECK_EQUAL(SDR_OK, SDF_GenerateKeyWithKEK(session, 128, SGD_SM4_ECB, 1, out, &bytes, &key));
    CHECK_EQUAL(SDR_OK, SDF_CloseSession(session));
    for (int i = 0; i < 300; i++) {
        void *later = open_session(device), *later_key;
        CHECK(later != session);
        CHECK_EQUAL(SDR_OK,
                    SDF_GenerateKeyWithKEK(later, 128, SGD_SM4_ECB, 1, out, &bytes, &later_key));
        CHECK(later_key != key);
        CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_Encrypt(later, key, SGD_SM4_CBC, iv, e, 16, out, &bytes));
        CHECK_EQUAL(SDR_OK, SDF_CloseSession(later));
    }
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
}

static void a_session_holds_a_bounded_number_of_keys(void) {
    void *device = open_device(), *session = open_session(device), *key = NULL, *last = NULL;
    int status, made = 0;
    while ((status = SDF_GenerateKeyWithKEK(session, 128, SGD_SM4_ECB, 1, out, &bytes, &key)) ==
               SDR_OK &&
           made < 5000) {
        made++;
        last = key;
    }
    CHECK_EQUAL(SDR_NOBUFFER, status);
    CHECK_EQUAL(1024, made);
    CHECK_EQUAL(SDR_OK, SDF_DestroyKey(session, last));
    CHECK_EQUAL(SDR_OK, SDF_GenerateKeyWithKEK(session, 128, SGD_SM4_ECB, 1, out, &bytes, &key));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
}

static void hashes_of_two_sessions_do_not_mix(void) {
    unsigned char expected[32], found[32];
    void *device = open_device(), *first = open_session(device), *second = open_session(device);
    from_hex("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0", expected);
    CHECK_EQUAL(SDR_OK, SDF_HashInit(first, SGD_SM3, NULL, NULL, 0));
    CHECK_EQUAL(SDR_OK, SDF_HashUpdate(first, (unsigned char *)"ab", 2));
    CHECK_EQUAL(SDR_OK, SDF_HashInit(second, SGD_SM3, NULL, NULL, 0));
    CHECK_EQUAL(SDR_OK, SDF_HashUpdate(second, (unsigned char *)"xyz", 3));
    CHECK_EQUAL(SDR_OK, SDF_HashUpdate(first, (unsigned char *)"c", 1));
    CHECK_EQUAL(SDR_OK, SDF_HashFinal(second, found, &bytes));
    CHECK_EQUAL(SDR_OK, SDF_HashFinal(first, found, &bytes));
    CHECK_BYTES(expected, found, 32);
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
}

static void slots_are_limited_and_come_back(void) {
    behave("sessions=3");
    void *device = open_device(), *sessions[3], *extra;
    for (int i = 0; i < 3; i++)
        sessions[i] = open_session(device);
    CHECK_EQUAL(SDR_OPENSESSION, SDF_OpenSession(device, &extra));
    CHECK(extra == NULL);
    CHECK_EQUAL(SDR_OK, SDF_CloseSession(sessions[1]));
    CHECK_EQUAL(SDR_OK, SDF_OpenSession(device, &extra));
    CHECK_EQUAL(SDR_OPENSESSION, SDF_OpenSession(device, &sessions[1]));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    behave(NULL);
}

static void one_process_may_open_the_device_for_each_of_its_threads(void) {
    void *first = open_device(), *second = open_device();
    CHECK(first != second);
    void *of_first = open_session(first), *of_second = open_session(second);
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(first));
    CHECK_EQUAL(SDR_OPENSESSION, SDF_GenerateRandom(of_first, 8, out));
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(of_second, 8, out));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(second));
}

enum { THREADS = 4, ROUNDS = 40 };
static void *shared_device;

/* Each round's answers are checked against its own input, so that state leaking between sessions
 * shows. */
static void *work(void *seed) {
    unsigned char digest[32], plain[64], encrypted[64], decrypted[64], wrapped[16], mine[16];
    unsigned int made;
    long failures = 0;
    ECCSignature signed_digest;
    for (int i = 0; i < ROUNDS; i++) {
        void *session = NULL, *key = NULL;
        failures += SDF_OpenSession(shared_device, &session) != SDR_OK;
        memset(plain, (int)((size_t)seed + (unsigned)i), sizeof plain);
        failures += SDF_HashInit(session, SGD_SM3, NULL, NULL, 0) != SDR_OK;
        failures += SDF_HashUpdate(session, plain, sizeof plain) != SDR_OK;
        failures += SDF_HashFinal(session, digest, &made) != SDR_OK;
        failures += SDF_InternalSign_ECC(session, 2 + i % 2, digest, 32, &signed_digest) != SDR_OK;
        failures +=
            SDF_InternalVerify_ECC(session, 2 + i % 2, digest, 32, &signed_digest) != SDR_OK;
        failures +=
            SDF_InternalVerify_ECC(session, 3 - i % 2, digest, 32, &signed_digest) != SDR_VERIFYERR;
        failures +=
            SDF_GenerateKeyWithKEK(session, 128, SGD_SM4_ECB, 1, wrapped, &made, &key) != SDR_OK;
        memset(mine, 7, 16);
        failures +=
            SDF_Encrypt(session, key, SGD_SM4_CBC, mine, plain, 64, encrypted, &made) != SDR_OK;
        memset(mine, 7, 16);
        failures +=
            SDF_Decrypt(session, key, SGD_SM4_CBC, mine, encrypted, 64, decrypted, &made) != SDR_OK;
        failures += memcmp(plain, decrypted, 64) != 0;
        failures += SDF_CloseSession(session) != SDR_OK;
    }
    return (void *)failures;
}

static void many_threads_with_a_session_each_get_right_answers(void) {
    pthread_t threads[THREADS];
    shared_device = open_device();
    for (size_t i = 0; i < THREADS; i++)
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, work, (void *)(i * 50)));
    for (int i = 0; i < THREADS; i++) {
        void *failures;
        pthread_join(threads[i], &failures);
        CHECK_EQUAL(0, (long)failures);
    }
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(shared_device));
}

static void *use_until_refused(void *session) {
    unsigned char random[64];
    while (SDF_GenerateRandom(session, sizeof random, random) == SDR_OK)
        ;
    return NULL;
}

static void closing_the_device_under_running_calls_ends_them_with_an_error(void) {
    pthread_t threads[THREADS];
    void *device = open_device();
    for (int i = 0; i < THREADS; i++)
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, use_until_refused, open_session(device)));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void two_threads_on_one_session_are_served_one_after_the_other(void) {
    pthread_t threads[2];
    void *device = open_device(), *session = open_session(device);
    for (int i = 0; i < 2; i++)
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, use_until_refused, session));
    CHECK_EQUAL(SDR_OK, SDF_CloseSession(session));
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
}

int main(void) {
    fixture_make();
    RUN(a_key_with_a_password_needs_the_right_of_its_own_session);
    RUN(a_key_without_a_password_needs_no_right);
    RUN(keys_end_with_their_session_and_handles_are_not_used_again);
    RUN(a_session_holds_a_bounded_number_of_keys);
    RUN(hashes_of_two_sessions_do_not_mix);
    RUN(slots_are_limited_and_come_back);
    RUN(one_process_may_open_the_device_for_each_of_its_threads);
    RUN(many_threads_with_a_session_each_get_right_answers);
    RUN(closing_the_device_under_running_calls_ends_them_with_an_error);
    RUN(two_threads_on_one_session_are_served_one_after_the_other);
    fixture_remove();
    return CHECK_RESULT();
}
