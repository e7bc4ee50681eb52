/* SPDX-License-Identifier: Apache-2.0 */
/* Failures on demand, each in a child where it ends the process. */
#include "card_fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned char e[32] = {0xAB, 0xCD}, out[64];
static unsigned int bytes;
static ECCSignature signature;
static char trigger[512];

static void set_trigger(const char *rules) {
    char beside[512];
    snprintf(beside, sizeof beside, "%s/fault.new", fixture_card);
    fixture_write(beside, rules, strlen(rules), 0600);
    CHECK_EQUAL(0, rename(beside, trigger));
}

static int sign_until_the_end(void) {
    void *session = open_session(open_device());
    for (int i = 1; i <= 3; i++)
        if (SDF_InternalSign_ECC(session, 3, e, 32, &signature) != SDR_OK)
            return 10 + i;
    return 0;
}

static void crash_is_a_segmentation_fault_at_the_call_it_was_asked_for(void) {
    break_by("crash:sign:3");
    int status = in_child(sign_until_the_end);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    break_by("crash:sign:4,crash:verify:1");
    status = in_child(sign_until_the_end);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    break_by(NULL);
}

static void abort_is_sigabrt(void) {
    break_by("abort:any:1");
    int status = in_child(sign_until_the_end);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    break_by(NULL);
}

static void hang_ends_only_by_sigkill(void) {
    break_by("hang:sign:2");
    pid_t child = start_child(sign_until_the_end);
    await(hangs, child);
    CHECK_EQUAL(0, kill(child, SIGTERM));
    CHECK_EQUAL(0, kill(child, SIGINT));
    CHECK_EQUAL(0, waitpid(child, NULL, WNOHANG));
    CHECK_EQUAL(0, kill(child, SIGKILL));
    int status = await_exit(child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    break_by(NULL);
}

static void status_faults_hit_their_call_and_no_other(void) {
    break_by("hardfail:random:2,commfail:hash:1");
    void *device = open_device(), *session = open_session(device);
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 8, out));
    CHECK_EQUAL(SDR_HARDFAIL, SDF_GenerateRandom(session, 8, out));
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 8, out));
    CHECK_EQUAL(SDR_COMMFAIL, SDF_HashInit(session, SGD_SM3, NULL, NULL, 0));
    CHECK_EQUAL(SDR_OK, SDF_HashInit(session, SGD_SM3, NULL, NULL, 0));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    break_by("hardfail:sign:0");
    device = open_device();
    session = open_session(device);
    for (int i = 0; i < 3; i++)
        CHECK_EQUAL(SDR_HARDFAIL, SDF_InternalSign_ECC(session, 3, e, 32, &signature));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    break_by("hardfail:open:1");
    CHECK_EQUAL(SDR_HARDFAIL, SDF_OpenDevice(&device));
    CHECK(device == NULL);
    break_by("commfail:session:1");
    device = open_device();
    CHECK_EQUAL(SDR_COMMFAIL, SDF_OpenSession(device, &session));
    CHECK_EQUAL(SDR_OK, SDF_OpenSession(device, &session));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    break_by(NULL);
}

static void a_reset_takes_all_sessions_and_gives_their_numbers_anew(void) {
    break_by("reset:random:2");
    void *device = open_device(), *first = open_session(device), *second = open_session(device);
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(first, 8, out));
    CHECK_EQUAL(SDR_OPENSESSION, SDF_GenerateRandom(second, 8, out));
    CHECK_EQUAL(SDR_OPENSESSION, SDF_GenerateRandom(first, 8, out));
    void *fresh = open_session(device);
    CHECK(fresh == first);
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(first, 8, out));
    CHECK_EQUAL(SDR_OPENSESSION, SDF_GenerateRandom(second, 8, out));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    break_by(NULL);
}

static void forgotten_keys_leave_their_numbers_to_the_next_ones(void) {
    ECCrefPublicKey theirs;
    struct {
        ECCCipher cipher;
        unsigned char rest[16];
    } envelope;
    void *key = NULL, *next = NULL;
    break_by("forget_keys:mac:1");
    void *device = open_device(), *session = open_session(device);
    CHECK_EQUAL(SDR_OK, SDF_ExportEncPublicKey_ECC(session, 3, &theirs));
    CHECK_EQUAL(SDR_OK, SDF_GenerateKeyWithEPK_ECC(session, 128, SGD_SM2_3, &theirs,
                                                   &envelope.cipher, &key));
    unsigned char iv[16] = {0}, mac[16];
    unsigned int mac_bytes = sizeof mac;
    CHECK_EQUAL(SDR_KEYNOTEXIST,
                SDF_CalculateMAC(session, key, SGD_SM4_MAC, iv, e, 32, mac, &mac_bytes));
    CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_DestroyKey(session, key));
    CHECK_EQUAL(SDR_OK, SDF_GenerateKeyWithEPK_ECC(session, 128, SGD_SM2_3, &theirs,
                                                   &envelope.cipher, &next));
    CHECK(next == key);
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    break_by(NULL);
}

static void a_lost_session_stays_lost_until_it_is_opened_anew(void) {
    break_by("session_lost:sign:1");
    void *device = open_device(), *lost = open_session(device), *other = open_session(device);
    CHECK_EQUAL(SDR_OPENSESSION, SDF_InternalSign_ECC(lost, 3, e, 32, &signature));
    CHECK_EQUAL(SDR_OPENSESSION, SDF_GenerateRandom(lost, 8, out));
    CHECK_EQUAL(SDR_OPENSESSION, SDF_InternalSign_ECC(lost, 3, e, 32, &signature));
    CHECK_EQUAL(SDR_OK, SDF_InternalSign_ECC(other, 3, e, 32, &signature));
    CHECK_EQUAL(SDR_OK, SDF_CloseSession(lost));
    lost = open_session(device);
    CHECK_EQUAL(SDR_OK, SDF_InternalSign_ECC(lost, 3, e, 32, &signature));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    break_by(NULL);
}

static unsigned char *share(const char *name, int protection, size_t *size) {
    *size = (size_t)sysconf(_SC_PAGESIZE) * 2;
    int file = memfd_create(name, MFD_CLOEXEC);
    CHECK_EQUAL(0, ftruncate(file, (off_t)*size));
    unsigned char *mapped = mmap(NULL, *size, protection, MAP_SHARED, file, 0);
    CHECK(mapped != MAP_FAILED);
    close(file);
    return mapped;
}

static bool any_set(const unsigned char *mapped, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        if (mapped[i] != 0)
            return true;
    return false;
}

static void scribble_hits_all_of_berths_writable_memory_and_nothing_else(void) {
    size_t size;
    unsigned char *first = share("berth-ring", PROT_READ | PROT_WRITE, &size);
    unsigned char *second = share("berth-arena", PROT_READ | PROT_WRITE, &size);
    unsigned char *read_only = share("berth-ring", PROT_READ, &size);
    unsigned char *foreign = share("other", PROT_READ | PROT_WRITE, &size);
    break_by("scribble:random:1");
    void *device = open_device(), *session = open_session(device);
    CHECK(!any_set(first, 0, size));
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 8, out));
    CHECK(any_set(first, 0, 64) && any_set(first, size - 64, size));
    CHECK(any_set(second, 0, 64) && any_set(second, size - 64, size));
    CHECK(!any_set(read_only, 0, size));
    CHECK(!any_set(foreign, 0, size));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    munmap(first, size);
    munmap(second, size);
    munmap(read_only, size);
    munmap(foreign, size);
    break_by(NULL);
}

static void a_wrong_answer_looks_right_but_is_not(void) {
    unsigned char good[32], wrong[32];
    void *key;
    break_by("wrong_answer:sign:1,wrong_answer:verify:2,wrong_answer:hash:3,wrong_answer:cipher:2");
    void *device = open_device(), *session = open_session(device);
    CHECK_EQUAL(SDR_OK, SDF_InternalSign_ECC(session, 3, e, 32, &signature));
    CHECK_EQUAL(SDR_VERIFYERR, SDF_InternalVerify_ECC(session, 3, e, 32, &signature));
    CHECK_EQUAL(SDR_OK, SDF_InternalVerify_ECC(session, 3, e, 32, &signature));
    CHECK_EQUAL(SDR_VERIFYERR, SDF_InternalVerify_ECC(session, 3, e, 32, &signature));
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(SDR_OK, SDF_HashInit(session, SGD_SM3, NULL, NULL, 0));
        CHECK_EQUAL(SDR_OK, SDF_HashUpdate(session, e, 32));
        CHECK_EQUAL(SDR_OK, SDF_HashFinal(session, i == 0 ? wrong : good, &bytes));
    }
    wrong[31] ^= 1;
    CHECK_BYTES(good, wrong, 32);
    CHECK_EQUAL(SDR_OK, SDF_GenerateKeyWithKEK(session, 128, SGD_SM4_ECB, 1, out, &bytes, &key));
    CHECK_EQUAL(SDR_OK, SDF_Encrypt(session, key, SGD_SM4_ECB, NULL, e, 32, good, &bytes));
    CHECK_EQUAL(SDR_OK, SDF_Encrypt(session, key, SGD_SM4_ECB, NULL, e, 32, wrong, &bytes));
    CHECK(memcmp(good, wrong, 32) != 0);
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    break_by(NULL);
}

static void a_poisoned_input_crashes_every_time_and_others_do_not(void) {
    break_by("crash_on_input=abcd000000000000000000000000000000000000000000000000000000000000");
    for (int i = 0; i < 2; i++) {
        int status = in_child(sign_until_the_end);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    }
    e[31] = 1;
    int status = in_child(sign_until_the_end);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    e[31] = 0;
    break_by(NULL);
}

static void the_trigger_file_breaks_and_mends_a_running_card(void) {
    void *device = open_device(), *session = open_session(device);
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 8, out));
    set_trigger("# broken by hand\nhardfail:random:0\n");
    CHECK_EQUAL(SDR_HARDFAIL, SDF_GenerateRandom(session, 8, out));
    CHECK_EQUAL(SDR_HARDFAIL, SDF_GenerateRandom(session, 8, out));
    set_trigger("commfail:random:2\n");
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 8, out));
    CHECK_EQUAL(SDR_COMMFAIL, SDF_GenerateRandom(session, 8, out));
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 8, out));
    set_trigger("hardfail:random:0\n");
    CHECK_EQUAL(SDR_HARDFAIL, SDF_GenerateRandom(session, 8, out));
    CHECK_EQUAL(0, unlink(trigger));
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 8, out));
    set_trigger("nonsense\n");
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 8, out));
    CHECK_EQUAL(0, unlink(trigger));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
}

static void a_crash_asked_for_once_spares_the_next_process(void) {
    set_trigger("crash:sign:2:once\n");
    int status = in_child(sign_until_the_end);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    CHECK(access(trigger, F_OK) != 0);
    status = in_child(sign_until_the_end);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void rules_that_cannot_be_read_keep_the_device_closed(void) {
    static const char *const wrong[] = {
        "crash",        "crash:sign",         "explode:sign:1",    "crash:dance:1",
        "crash:sign:x", "crash:sign:1:twice", "crash_on_input=12", "crash_on_input=zz"};
    void *device;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        break_by(wrong[i]);
        CHECK_EQUAL(SDR_OPENDEVICE, SDF_OpenDevice(&device));
    }
    break_by(NULL);
}

int main(void) {
    fixture_make();
    snprintf(trigger, sizeof trigger, "%s/fault", fixture_card);
    RUN(crash_is_a_segmentation_fault_at_the_call_it_was_asked_for);
    RUN(abort_is_sigabrt);
    RUN(hang_ends_only_by_sigkill);
    RUN(status_faults_hit_their_call_and_no_other);
    RUN(a_reset_takes_all_sessions_and_gives_their_numbers_anew);
    RUN(forgotten_keys_leave_their_numbers_to_the_next_ones);
    RUN(a_lost_session_stays_lost_until_it_is_opened_anew);
    RUN(scribble_hits_all_of_berths_writable_memory_and_nothing_else);
    RUN(a_wrong_answer_looks_right_but_is_not);
    RUN(a_poisoned_input_crashes_every_time_and_others_do_not);
    RUN(the_trigger_file_breaks_and_mends_a_running_card);
    RUN(a_crash_asked_for_once_spares_the_next_process);
    RUN(rules_that_cannot_be_read_keep_the_device_closed);
    fixture_remove();
    return CHECK_RESULT();
}
