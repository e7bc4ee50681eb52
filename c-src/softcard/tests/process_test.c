/* SPDX-License-Identifier: Apache-2.0 */
/* The card among processes: one owner or many, slots and channels and the driver's lock over all of
 * them, fork, death. */
#include "card_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static unsigned char random_bytes[16], e[32];
static void *device, *session;

static int child_opens(void) {
    void *opened;
    return SDF_OpenDevice(&opened) == SDR_OK ? 0 : 1;
}

/* A process of its own program, as another application would be; 0 when it got the device. */
static int other_program_opens(void) {
    char self[512];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length < 0 ? 0 : length] = '\0';
    return run(self, "open-device", NULL);
}

static void a_second_owner_is_refused_and_the_first_is_named(void) {
    char pid[32];
    device = open_device();
    CHECK_EQUAL(1, other_program_opens());
    snprintf(pid, sizeof pid, "process %ld (", (long)getpid());
    CHECK(strstr(run_output(), pid) != NULL);
    CHECK(strstr(run_output(), "stop that process") != NULL);
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    CHECK_EQUAL(0, other_program_opens());
}

static void a_forked_child_has_no_card_and_cannot_take_the_parents(void) {
    device = open_device();
    session = open_session(device);
    pid_t child = start_child(child_opens);
    int status = await_exit(child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    /* The child's end has not let go of the parent's lock, and the parent goes on working. */
    CHECK_EQUAL(1, other_program_opens());
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 16, random_bytes));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
}

static int child_uses_inherited_handles(void) {
    return SDF_GenerateRandom(session, 16, random_bytes) == SDR_OPENSESSION &&
                   SDF_CloseSession(session) == SDR_OPENSESSION &&
                   SDF_CloseDevice(device) == SDR_OPENDEVICE
               ? 0
               : 1;
}

static int child_waits(void) {
    pause();
    return 0;
}

static void handles_do_not_survive_fork(void) {
    device = open_device();
    session = open_session(device);
    int status = in_child(child_uses_inherited_handles);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
}

static void a_child_that_lives_on_does_not_keep_the_device_locked(void) {
    device = open_device();
    pid_t child = start_child(child_waits);
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    CHECK_EQUAL(0, other_program_opens());
    kill_child(child);
}

static int ready[2];

static void say_ready(void) {
    if (write(ready[1], "r", 1) != 1)
        _exit(9);
}

static void await_ready(void) {
    char c;
    CHECK_EQUAL(1, read(ready[0], &c, 1));
}

static int child_opens_and_waits(void) {
    void *opened;
    if (SDF_OpenDevice(&opened) != SDR_OK)
        return 1;
    say_ready();
    pause();
    return 0;
}

static void a_killed_owner_leaves_the_device_free(void) {
    pid_t child = start_child(child_opens_and_waits);
    await_ready();
    CHECK_EQUAL(1, other_program_opens());
    kill_child(child);
    CHECK_EQUAL(0, other_program_opens());
}

static void a_card_that_admits_many_is_shared_but_not_with_one_who_wants_it_alone(void) {
    behave("exclusive=no");
    pid_t child = start_child(child_opens_and_waits);
    await_ready();
    CHECK_EQUAL(0, other_program_opens());
    behave("exclusive=yes");
    CHECK_EQUAL(1, other_program_opens());
    kill_child(child);
    CHECK_EQUAL(0, other_program_opens());
    behave(NULL);
}

static int child_takes_a_slot_and_waits(void) {
    open_session(open_device());
    say_ready();
    pause();
    return 0;
}

static void slots_are_counted_over_all_processes_and_a_killed_one_gives_its_back(void) {
    void *extra;
    behave("exclusive=no,sessions=2");
    pid_t child = start_child(child_takes_a_slot_and_waits);
    await_ready();
    device = open_device();
    session = open_session(device);
    CHECK_EQUAL(SDR_OPENSESSION, SDF_OpenSession(device, &extra));
    kill_child(child);
    CHECK_EQUAL(SDR_OK, SDF_OpenSession(device, &extra));
    CHECK_EQUAL(SDR_OPENSESSION, SDF_OpenSession(device, &session));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    behave(NULL);
}

static int child_hangs_in_a_signature(void) {
    break_by("hang:sign:1");
    ECCSignature signature;
    void *own = open_session(open_device());
    SDF_InternalSign_ECC(own, 3, e, 32, &signature);
    return 1;
}

/* Opening is an operation of the card too: the second waits in it for the first, and gets it when
 * the first is killed. */
static void a_second_waits_until_the_first_is_killed(const char *behaviour) {
    behave(behaviour);
    device = open_device();
    session = open_session(device);
    pid_t holder = start_child(child_hangs_in_a_signature);
    await(hangs, holder);
    pid_t second = start_child(child_opens_and_waits);
    await(waits_for_a_lock, second);
    kill_child(holder);
    await_ready();
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 16, random_bytes));
    kill_child(second);
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    behave(NULL);
}

static void the_drivers_lock_is_held_over_all_processes_and_survives_its_holder(void) {
    a_second_waits_until_the_first_is_killed("exclusive=no,driver_lock=yes");
}

static void a_channel_is_held_over_all_processes_and_survives_its_holder(void) {
    a_second_waits_until_the_first_is_killed("exclusive=no,channels=1");
}

static _Atomic int *signature_over; /* shared with the children */

static int child_signs_then_hangs_in_random(void) {
    ECCSignature signature;
    break_by("hang:random:1");
    void *own = open_session(open_device());
    SDF_InternalSign_ECC(own, 3, e, 32, &signature);
    *signature_over = 1;
    return SDF_GenerateRandom(own, 16, random_bytes);
}

static bool in_service_or_behind_it(pid_t child) {
    return in_system_call(child, SYS_clock_nanosleep) || *signature_over != 0;
}

static bool said_ready(pid_t child) {
    (void)child;
    return poll(&(struct pollfd){.fd = ready[0], .events = POLLIN}, 1, 0) == 1;
}

static bool waits_or_has_been_served(pid_t child) {
    return waits_for_a_lock(child) || said_ready(child);
}

/*
 * The holder signs for so long and at once asks again, for an operation in which it hangs with the
 * lock. The other, who began to wait during the signature, gets ready only if it is served before
 * that. False: it came too late to show anything, because the signature was over before we saw it
 * or before the other waited.
 */
static bool who_waits_is_served_first(int service_milliseconds) {
    char behaviour[128];
    snprintf(behaviour, sizeof behaviour, "exclusive=no,driver_lock=yes,service_time_us.sign=%d000",
             service_milliseconds);
    behave(behaviour);
    *signature_over = 0;
    pid_t holder = start_child(child_signs_then_hangs_in_random);
    await(in_service_or_behind_it, holder);
    pid_t other = start_child(child_opens_and_waits);
    await(waits_or_has_been_served, other);
    bool shown = !said_ready(other) && *signature_over == 0;
    if (shown)
        await(said_ready, other);
    kill_child(holder);
    kill_child(other);
    if (said_ready(other))
        await_ready();
    behave(NULL);
    return shown;
}

static void the_drivers_lock_goes_to_who_waits_and_not_back_to_who_had_it(void) {
    signature_over = mmap(NULL, sizeof *signature_over, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int milliseconds = 500;
    bool shown = who_waits_is_served_first(milliseconds);
    while (!shown && milliseconds < 16000) {
        milliseconds *= 2;
        shown = who_waits_is_served_first(milliseconds);
    }
    CHECK(shown);
    munmap((void *)signature_over, sizeof *signature_over);
}

static int child_draws_once(void) {
    void *own = open_session(open_device());
    return SDF_GenerateRandom(own, 16, random_bytes) == SDR_OK ? 0 : 1;
}

static void a_second_channel_lets_a_second_operation_run(void) {
    behave("exclusive=no,channels=2");
    pid_t holder = start_child(child_hangs_in_a_signature);
    await(hangs, holder);
    int status = in_child(child_draws_once);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    kill_child(holder);
    behave(NULL);
}

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void service_time_is_spent_without_the_processor(void) {
    ECCSignature signature;
    behave("service_time_us.sign=1000000");
    device = open_device();
    session = open_session(device);
    double wall = seconds(CLOCK_MONOTONIC), processor = seconds(CLOCK_PROCESS_CPUTIME_ID);
    CHECK_EQUAL(SDR_OK, SDF_InternalSign_ECC(session, 3, e, 32, &signature));
    wall = seconds(CLOCK_MONOTONIC) - wall;
    processor = seconds(CLOCK_PROCESS_CPUTIME_ID) - processor;
    CHECK(wall >= 1);
    CHECK(processor < 0.5); /* the signature itself takes some, the more the slower the machine */
    CHECK_EQUAL(SDR_OK, SDF_InternalVerify_ECC(session, 3, e, 32, &signature));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    behave(NULL);
}

static void *sign_once(void *of) {
    ECCSignature signature;
    return (void *)(long)SDF_InternalSign_ECC(of, 3, e, 32, &signature);
}

static void one_channel_serves_two_threads_in_turn(void) {
    pthread_t threads[2];
    void *status;
    behave("channels=1,service_time_us.sign=100000");
    device = open_device();
    double wall = seconds(CLOCK_MONOTONIC);
    for (int i = 0; i < 2; i++)
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, sign_once, open_session(device)));
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], &status);
        CHECK_EQUAL(SDR_OK, (long)status);
    }
    CHECK(seconds(CLOCK_MONOTONIC) - wall >= 0.2);
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    behave(NULL);
}

static void the_driver_pays_when_another_process_comes(void) {
    behave("exclusive=no,driver_lock=yes,switch_penalty_us=100000");
    device = open_device();
    session = open_session(device);
    int status = in_child(child_draws_once);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    double wall = seconds(CLOCK_MONOTONIC);
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 16, random_bytes));
    CHECK(seconds(CLOCK_MONOTONIC) - wall >= 0.1);
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    behave(NULL);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "open-device") == 0)
        return child_opens();
    fixture_make();
    if (pipe(ready) != 0)
        return 1;
    RUN(a_second_owner_is_refused_and_the_first_is_named);
    RUN(a_forked_child_has_no_card_and_cannot_take_the_parents);
    RUN(handles_do_not_survive_fork);
    RUN(a_child_that_lives_on_does_not_keep_the_device_locked);
    RUN(a_killed_owner_leaves_the_device_free);
    RUN(a_card_that_admits_many_is_shared_but_not_with_one_who_wants_it_alone);
    RUN(slots_are_counted_over_all_processes_and_a_killed_one_gives_its_back);
    RUN(the_drivers_lock_is_held_over_all_processes_and_survives_its_holder);
    RUN(the_drivers_lock_goes_to_who_waits_and_not_back_to_who_had_it);
    RUN(a_channel_is_held_over_all_processes_and_survives_its_holder);
    RUN(a_second_channel_lets_a_second_operation_run);
    RUN(service_time_is_spent_without_the_processor);
    RUN(one_channel_serves_two_threads_in_turn);
    RUN(the_driver_pays_when_another_process_comes);
    fixture_remove();
    return CHECK_RESULT();
}
