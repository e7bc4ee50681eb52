/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Berth's own client for the benchmark `tensor`: hands one block of memory over by reference, again
 * and again, and lets the worker read a byte of each page.
 *
 *   berth_touch SOCKET RESOURCE BYTES
 *
 * The latency is the time that the request travelled, there and back: what passed on the client's
 * clock, less what the worker worked by the stamps of the request's stages. The block is written
 * once before, so that no page is missing on either side. The worker's sum is checked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "berth_client.h"
#include "child_protocol.h"

struct tensor {
    berth_resource *resource;
    berth_block block;
    uint64_t bytes;
    uint64_t expected_sum;
};

static void make_block(struct tensor *tensor, berth_conn *connection) {
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    bench_expect_ok(berth_block_alloc(tensor->resource, BERTH_INPUT, tensor->bytes, &tensor->block),
                    "berth_block_alloc");
    uint8_t *data = berth_block_data(connection, tensor->block);
    for (uint64_t i = 0; i < tensor->bytes; i++)
        data[i] = (uint8_t)(i / page * 7 + i);
    for (uint64_t i = 0; i < tensor->bytes; i += page)
        tensor->expected_sum += data[i];
}

static void touch(const struct tensor *tensor, struct outcome *outcome) {
    uint64_t sum = 0;
    berth_request request = BERTH_REQUEST_INIT;
    berth_reply reply = BERTH_REPLY_INIT;
    request.operation = BERTH_OP_TOUCH;
    request.flags = BERTH_TRACED;
    request.timeout_ms = BENCH_TIMEOUT_MILLIS;
    request.reply = &sum;
    request.reply_limit = sizeof sum;
    request.input.block = tensor->block;
    request.input.bytes = tensor->bytes;
    uint64_t before = now_nanos();
    berth_result result = berth_call(tensor->resource, &request, &reply);
    uint64_t all = now_nanos() - before;
    if (result != BERTH_OK || reply.bytes != sizeof sum || sum != tensor->expected_sum) {
        bench_tell_failure(result, reply.text);
        outcome->failed++;
        return;
    }
    const uint64_t *stamp = reply.trace_nanos;
    uint64_t work = stamp[BERTH_TRACE_FINISHED] - stamp[BERTH_TRACE_STARTED];
    outcome->operations++;
    histogram_record(&outcome->latency, all - work);
    histogram_record(&outcome->work, work);
}

static void run_load(const struct tensor *tensor, const struct load *load,
                     struct outcome *outcome) {
    memset(outcome, 0, sizeof *outcome);
    uint64_t start = now_nanos();
    uint64_t before = start;
    while (before - start < load->duration_nanos) {
        touch(tensor, outcome);
        uint64_t after = now_nanos();
        if (after - before > outcome->longest_gap_nanos)
            outcome->longest_gap_nanos = after - before;
        before = after;
    }
    outcome->elapsed_nanos = before - start;
}

int main(int argc, char **argv) {
    static struct outcome outcome;
    struct tensor tensor = {0};
    struct load load;
    die_with_parent();
    tensor.bytes = argc == 4 ? strtoull(argv[3], NULL, 10) : 0;
    if (tensor.bytes == 0) {
        fprintf(stderr, "usage: berth_touch SOCKET RESOURCE BYTES\n");
        return 2;
    }
    berth_conn *connection = bench_connect(argv[1], 0);
    tensor.resource = bench_open(connection, argv[2]);
    make_block(&tensor, connection);
    say_ready();
    while (next_run(&load)) {
        run_load(&tensor, &load, &outcome);
        say_result(&outcome);
    }
    bench_expect_ok(berth_close(connection), "berth_close");
    return 0;
}
