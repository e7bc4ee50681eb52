/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Berth's own client for the benchmark `sign`: one process, one session, one SM2 signature at a
 * time.
 *
 *   berth_sign SOCKET RESOURCE
 *
 * Every signature is over another digest; the first and the last of a run are verified afterwards,
 * through Berth as well. One that does not verify counts as failed, as does a call that returns an
 * error.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <berth/berth_hsm.h>

#include "berth_client.h"
#include "child_protocol.h"

struct signature {
    uint8_t digest[BERTH_SM3_BYTES];
    uint8_t value[BERTH_SM2_SIGNATURE_BYTES];
};

static berth_result sign(berth_resource *key, uint64_t start, uint64_t serial,
                         struct signature *signature) {
    uint64_t process = (uint64_t)getpid();
    memset(signature->digest, 0, sizeof signature->digest);
    memcpy(signature->digest, &start, sizeof start);
    memcpy(signature->digest + 8, &serial, sizeof serial);
    memcpy(signature->digest + 16, &process, sizeof process);
    return berth_sm2_sign(key, signature->digest, signature->value, BENCH_TIMEOUT_MILLIS);
}

static uint64_t wrong(berth_resource *key, const struct signature *made) {
    bool valid = false;
    berth_result result =
        berth_sm2_verify(key, made->digest, made->value, NULL, &valid, BENCH_TIMEOUT_MILLIS);
    if (result != BERTH_OK)
        bench_tell_failure(result, berth_last_error());
    return !valid;
}

static void run_load(berth_resource *key, const struct load *load, struct outcome *outcome) {
    struct signature first, last;
    memset(outcome, 0, sizeof *outcome);
    uint64_t start = now_nanos();
    uint64_t before = start;
    uint64_t last_answer = start;
    for (uint64_t serial = 0; before - start < load->duration_nanos; serial++) {
        berth_result result = sign(key, start, serial, &last);
        uint64_t after = now_nanos();
        if (result != BERTH_OK) {
            bench_tell_failure(result, berth_last_error());
            outcome->failed++;
        } else {
            if (outcome->operations++ == 0)
                first = last;
            histogram_record(&outcome->latency, after - before);
            if (after - last_answer > outcome->longest_gap_nanos)
                outcome->longest_gap_nanos = after - last_answer;
            last_answer = after;
        }
        before = after;
    }
    outcome->elapsed_nanos = before - start;
    if (outcome->operations > 0)
        outcome->failed += wrong(key, &first) + wrong(key, &last);
}

int main(int argc, char **argv) {
    static struct outcome outcome;
    struct load load;
    die_with_parent();
    if (argc != 3) {
        fprintf(stderr, "usage: berth_sign SOCKET RESOURCE\n");
        return 2;
    }
    berth_conn *connection = bench_connect(argv[1], 0);
    berth_resource *key = bench_open(connection, argv[2]);
    say_ready();
    while (next_run(&load)) {
        run_load(key, &load, &outcome);
        say_result(&outcome);
    }
    bench_expect_ok(berth_close(connection), "berth_close");
    return 0;
}
