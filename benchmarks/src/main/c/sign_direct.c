/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The yardsticks `direct` and `direct-n`: a process that opens a GM/T 0018 card itself and signs
 * with SM2, one thread and one session of the card for each signature in flight.
 *
 *   sign_direct LIBRARY KEY_INDEX SESSIONS
 *
 * Every signature is over another digest. The first and the last of each session in a run are
 * verified afterwards, by the card; one that does not verify counts as failed, as does a call that
 * returns an error.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "berth/sdf.h"
#include "child_protocol.h"

#define DIGEST_BYTES 32u
#define MOST_SESSIONS 256u

struct card {
    __typeof__(SDF_OpenDevice) *open_device;
    __typeof__(SDF_CloseDevice) *close_device;
    __typeof__(SDF_OpenSession) *open_session;
    __typeof__(SDF_CloseSession) *close_session;
    __typeof__(SDF_InternalSign_ECC) *sign;
    __typeof__(SDF_InternalVerify_ECC) *verify;
    void *device;
    unsigned int key_index;
};

struct signature {
    unsigned char digest[DIGEST_BYTES];
    ECCSignature value;
};

struct lane {
    const struct card *card;
    void *session;
    const struct load *load;
    uint64_t start_nanos;
    uint32_t number;
    pthread_barrier_t *start;
    pthread_barrier_t *end;
    struct outcome outcome;
    struct signature first;
    struct signature last;
};

static void *symbol(void *library, const char *name) {
    void *address = dlsym(library, name);
    if (address == NULL) {
        fprintf(stderr, "sign_direct: %s\n", dlerror());
        exit(1);
    }
    return address;
}

static void expect_ok(int status, const char *call) {
    if (status != SDR_OK) {
        fprintf(stderr, "sign_direct: %s returned 0x%08x\n", call, (unsigned)status);
        exit(1);
    }
}

static void open_card(struct card *card, const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "sign_direct: %s\n", dlerror());
        exit(1);
    }
    /* POSIX lets an object pointer of dlsym be stored as a function pointer; ISO C has no cast for
     * it. */
    *(void **)&card->open_device = symbol(library, "SDF_OpenDevice");
    *(void **)&card->close_device = symbol(library, "SDF_CloseDevice");
    *(void **)&card->open_session = symbol(library, "SDF_OpenSession");
    *(void **)&card->close_session = symbol(library, "SDF_CloseSession");
    *(void **)&card->sign = symbol(library, "SDF_InternalSign_ECC");
    *(void **)&card->verify = symbol(library, "SDF_InternalVerify_ECC");
    expect_ok(card->open_device(&card->device), "SDF_OpenDevice");
}

static int sign(struct lane *lane, struct signature *signature) {
    uint64_t serial = lane->outcome.operations + lane->outcome.failed;
    memset(signature->digest, 0, sizeof signature->digest);
    memcpy(signature->digest, &lane->start_nanos, sizeof lane->start_nanos);
    memcpy(signature->digest + 8, &serial, sizeof serial);
    memcpy(signature->digest + 16, &lane->number, sizeof lane->number);
    return lane->card->sign(lane->session, lane->card->key_index, signature->digest, DIGEST_BYTES,
                            &signature->value);
}

static void sign_while_load_lasts(struct lane *lane) {
    struct outcome *outcome = &lane->outcome;
    memset(outcome, 0, sizeof *outcome);
    uint64_t before = now_nanos();
    uint64_t last_answer = before;
    while (before - lane->start_nanos < lane->load->duration_nanos) {
        int status = sign(lane, &lane->last);
        uint64_t after = now_nanos();
        if (status != SDR_OK) {
            outcome->failed++;
        } else {
            if (outcome->operations++ == 0)
                lane->first = lane->last;
            histogram_record(&outcome->latency, after - before);
            if (after - last_answer > outcome->longest_gap_nanos)
                outcome->longest_gap_nanos = after - last_answer;
            last_answer = after;
        }
        before = after;
    }
    outcome->elapsed_nanos = before - lane->start_nanos;
}

/* Lives as long as the process, so that the harness finds its processor time after the run. */
static void *run_lane(void *argument) {
    struct lane *lane = argument;
    for (;;) {
        pthread_barrier_wait(lane->start);
        sign_while_load_lasts(lane);
        pthread_barrier_wait(lane->end);
    }
    return NULL;
}

static uint64_t wrong(const struct lane *lane, const struct signature *made) {
    struct signature signature = *made;
    return lane->card->verify(lane->session, lane->card->key_index, signature.digest, DIGEST_BYTES,
                              &signature.value) != SDR_OK;
}

static void add(struct outcome *sum, const struct lane *lane) {
    const struct outcome *part = &lane->outcome;
    sum->operations += part->operations;
    sum->failed += part->failed;
    if (part->operations > 0)
        sum->failed += wrong(lane, &lane->first) + wrong(lane, &lane->last);
    if (part->elapsed_nanos > sum->elapsed_nanos)
        sum->elapsed_nanos = part->elapsed_nanos;
    if (part->longest_gap_nanos > sum->longest_gap_nanos)
        sum->longest_gap_nanos = part->longest_gap_nanos;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        sum->latency.counts[i] += part->latency.counts[i];
}

int main(int argc, char **argv) {
    static struct lane lanes[MOST_SESSIONS];
    static struct outcome sum;
    struct card card;
    struct load load;
    pthread_barrier_t start;
    pthread_barrier_t end;
    die_with_parent();
    unsigned long sessions = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    if (sessions < 1 || sessions > MOST_SESSIONS) {
        fprintf(stderr, "usage: sign_direct LIBRARY KEY_INDEX SESSIONS (1..%u)\n", MOST_SESSIONS);
        return 2;
    }
    card.key_index = (unsigned int)strtoul(argv[2], NULL, 10);
    open_card(&card, argv[1]);
    errno = pthread_barrier_init(&start, NULL, (unsigned)sessions + 1);
    if (errno == 0)
        errno = pthread_barrier_init(&end, NULL, (unsigned)sessions + 1);
    if (errno != 0)
        fail("pthread_barrier_init");
    for (uint32_t i = 0; i < sessions; i++) {
        pthread_t thread;
        lanes[i].card = &card;
        lanes[i].number = i;
        lanes[i].load = &load;
        lanes[i].start = &start;
        lanes[i].end = &end;
        expect_ok(card.open_session(card.device, &lanes[i].session), "SDF_OpenSession");
        errno = pthread_create(&thread, NULL, run_lane, &lanes[i]);
        if (errno != 0)
            fail("pthread_create");
        pthread_detach(thread);
    }
    say_ready();

    while (next_run(&load)) {
        uint64_t start_nanos = now_nanos();
        for (uint32_t i = 0; i < sessions; i++)
            lanes[i].start_nanos = start_nanos;
        pthread_barrier_wait(&start);
        pthread_barrier_wait(&end);
        memset(&sum, 0, sizeof sum);
        for (uint32_t i = 0; i < sessions; i++)
            add(&sum, &lanes[i]);
        say_result(&sum);
    }
    for (uint32_t i = 0; i < sessions; i++)
        card.close_session(lanes[i].session);
    card.close_device(card.device);
    return 0;
}
