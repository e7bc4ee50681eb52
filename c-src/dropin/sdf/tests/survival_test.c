/* SPDX-License-Identifier: Apache-2.0 */
/* What a program holds outlives brokers and forks, and threads do not disturb each other. */
#include <openssl/evp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "own_memory.h"
#include "sdf_fixture.h"
#include "session/session.h"

static unsigned char data[100];

/* What was begun before is finished. */
static void finish(const struct sdf *sdf, void *key) {
    unsigned char digest[32], expected[32], iv[16] = {0}, whole[64], part[64];
    unsigned bytes, last;
    EVP_Digest(data, sizeof data, expected, NULL, EVP_sm3(), NULL);
    CHECK_SDR_OK(SDF_HashUpdate(sdf->session, data + 60, 40));
    CHECK_SDR_OK(SDF_HashFinal(sdf->session, digest, &bytes));
    CHECK(memcmp(digest, expected, 32) == 0);
    CHECK_SDR_OK(SDF_EncryptUpdate(sdf->session, data + 32, 32, part, &last));
    CHECK_SDR_OK(SDF_Encrypt(sdf->session, key, SGD_SM4_CBC, iv, data, 64, whole, &bytes));
    CHECK(last == 32 && memcmp(part, whole + 32, 32) == 0);
    CHECK_SDR_OK(SDF_EncryptFinal(sdf->session, part, &last));
}

static void *begin(const struct sdf *sdf) {
    unsigned char iv[16] = {0}, part[64];
    unsigned bytes;
    void *key = sdf_key(sdf);
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (unsigned char)i;
    }
    CHECK_SDR_OK(SDF_HashInit(sdf->session, SGD_SM3, NULL, NULL, 0));
    CHECK_SDR_OK(SDF_HashUpdate(sdf->session, data, 60));
    CHECK_SDR_OK(SDF_EncryptInit(sdf->session, key, SGD_SM4_CBC, iv, 16));
    CHECK_SDR_OK(SDF_EncryptUpdate(sdf->session, data, 32, part, &bytes));
    return key;
}

static void keys_hashes_and_ciphers_go_on_with_another_broker(void) {
    struct sdf sdf = sdf_start();
    unsigned char password[] = "12345678";
    void *key = begin(&sdf);
    sdf_restart_peer(&sdf);
    finish(&sdf, key);
    sdf_restart_peer(&sdf);
    CHECK_SDR_OK(SDF_GetPrivateKeyAccessRight(sdf.session, PAIR, password, 8));
    sdf_stop(&sdf);
}

static void a_child_goes_on_with_what_its_parent_held_and_so_does_the_parent(void) {
    struct sdf sdf = sdf_start();
    void *key = begin(&sdf);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        void *session;
        finish(&sdf, key);
        CHECK_SDR_OK(SDF_OpenSession(sdf.device, &session));
        CHECK_SDR_OK(SDF_DestroyKey(sdf.session, key));
        CHECK_SDR_OK(SDF_CloseDevice(sdf.device));
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(atomic_load(&sdf.peer.seen->sessions) == 2); /* the child has one of its own */
    finish(&sdf, key);
    sdf_stop(&sdf);
}

static void a_child_that_forks_before_its_first_call_leaves_that_to_the_grandchild(void) {
    struct sdf sdf = sdf_start();
    void *key = begin(&sdf);
    pid_t child = fork();
    if (child == 0) {
        pid_t grandchild = fork();
        if (grandchild == 0) {
            finish(&sdf, key);
            _exit(0);
        }
        int inner;
        _exit(waitpid(grandchild, &inner, 0) == grandchild && inner == 0 ? 0 : 1);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    finish(&sdf, key);
    sdf_stop(&sdf);
}

/* Waits for a peer that is stopped. */
static void *sign_once(void *context) {
    const struct sdf *sdf = context;
    unsigned char e[32] = {5};
    ECCSignature signature;
    CHECK_SDR_OK(SDF_InternalSign_ECC(sdf->session, PAIR, e, 32, &signature));
    return NULL;
}

static void what_a_session_in_use_has_kept_is_not_left_in_a_child(void) {
    struct sdf sdf = sdf_start();
    enum { SEED = 1 };
    unsigned char secret[OWN_MEMORY_NEEDLE_BYTES], filling[5000] = {0}, digest[32], expected[32];
    unsigned bytes;
    CHECK_SDR_OK(SDF_HashInit(sdf.session, SGD_SM3, NULL, NULL, 0));
    own_memory_needle(SEED, secret);
    CHECK_SDR_OK(SDF_HashUpdate(sdf.session, secret, sizeof secret));
    explicit_bzero(secret, sizeof secret);
    CHECK_SDR_OK(SDF_HashUpdate(sdf.session, filling, sizeof filling)); /* grows */
    CHECK(own_memory_has(SEED));
    struct session *session = handle_take(HANDLE_SESSION, sdf.session, NULL);
    CHECK(kill(sdf.peer.process, SIGSTOP) == 0);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, sign_once, &sdf) == 0);
    while (!atomic_load(&session->busy)) {
        sched_yield();
    }
    pid_t child = fork();
    if (child == 0) {
        CHECK(!own_memory_has(SEED));
        CHECK_CODE(SDF_HashFinal(sdf.session, digest, &bytes), SDR_STEPERR);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(kill(sdf.peer.process, SIGCONT) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    handle_release(&session->object);
    CHECK_SDR_OK(SDF_HashInit(sdf.session, SGD_SM3, NULL, NULL, 0));
    CHECK_SDR_OK(SDF_HashFinal(sdf.session, digest, &bytes));
    EVP_Digest("", 0, expected, NULL, EVP_sm3(), NULL);
    CHECK(memcmp(digest, expected, sizeof digest) == 0);
    sdf_stop(&sdf);
}

/* ---- Threads
 * ------------------------------------------------------------------------------------ */

enum { THREADS = 8, ROUNDS = 200 };

static void *work(void *context) {
    const struct sdf *sdf = context;
    unsigned char e[32] = {5}, digest[32], expected[32], block[16] = {0};
    ECCSignature signature;
    unsigned bytes;
    EVP_Digest(e, 32, expected, NULL, EVP_sm3(), NULL);
    for (int i = 0; i < ROUNDS; i++) {
        struct sdf own = *sdf;
        CHECK_SDR_OK(SDF_OpenSession(sdf->device, &own.session));
        CHECK_SDR_OK(SDF_InternalSign_ECC(own.session, PAIR, e, 32, &signature));
        CHECK_SDR_OK(SDF_HashInit(own.session, SGD_SM3, NULL, NULL, 0));
        CHECK_SDR_OK(SDF_HashUpdate(own.session, e, 32));
        CHECK_SDR_OK(SDF_HashFinal(own.session, digest, &bytes));
        CHECK(memcmp(digest, expected, 32) == 0);
        void *key = sdf_key(&own);
        CHECK_SDR_OK(SDF_Encrypt(own.session, key, SGD_SM4_ECB, NULL, block, 16, block, &bytes));
        CHECK_SDR_OK(SDF_CloseSession(own.session));
        /* The common session, too, at which they are one after the other. */
        int status = SDF_HashInit(sdf->session, SGD_SM3, NULL, NULL, 0);
        CHECK_SDR_OK(status);
    }
    return NULL;
}

static void threads_work_side_by_side_while_the_process_forks(void) {
    struct sdf sdf = sdf_start();
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, work, &sdf) == 0);
    }
    for (int i = 0; i < 5; i++) {
        pid_t child = fork();
        if (child == 0) {
            unsigned char random[16], digest[32];
            unsigned bytes;
            void *session;
            /* Whatever another thread was doing with it, it can be used here. */
            CHECK_SDR_OK(SDF_HashInit(sdf.session, SGD_SM3, NULL, NULL, 0));
            CHECK_SDR_OK(SDF_HashFinal(sdf.session, digest, &bytes));
            CHECK_SDR_OK(SDF_OpenSession(sdf.device, &session));
            CHECK_SDR_OK(SDF_GenerateRandom(session, sizeof random, random));
            _exit(0);
        }
        int status;
        CHECK(waitpid(child, &status, 0) == child && status == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    sdf_stop(&sdf);
}

static void *sign_until_closed(void *context) {
    const struct sdf *sdf = context;
    unsigned char e[32] = {5};
    ECCSignature signature;
    int status = SDR_OK;
    while (status == SDR_OK) {
        status = SDF_InternalSign_ECC(sdf->session, PAIR, e, 32, &signature);
    }
    CHECK_CODE(status, SDR_OPENSESSION);
    return NULL;
}

static void a_device_closed_under_a_call_ends_the_session_and_nothing_else(void) {
    for (int round = 0; round < 20; round++) {
        struct sdf sdf = sdf_start();
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, sign_until_closed, &sdf) == 0);
        while (atomic_load(&sdf.peer.seen->requests) < 3) {
        }
        CHECK_SDR_OK(SDF_CloseDevice(sdf.device));
        CHECK(pthread_join(thread, NULL) == 0);
        sdf.device = NULL;
        sdf_stop(&sdf);
    }
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(keys_hashes_and_ciphers_go_on_with_another_broker),
        TEST(a_child_goes_on_with_what_its_parent_held_and_so_does_the_parent),
        TEST(a_child_that_forks_before_its_first_call_leaves_that_to_the_grandchild),
        TEST(what_a_session_in_use_has_kept_is_not_left_in_a_child),
        TEST(threads_work_side_by_side_while_the_process_forks),
        TEST(a_device_closed_under_a_call_ends_the_session_and_nothing_else),
    };
    return RUN_TESTS(tests, argc, argv);
}
