/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the client alone costs: requests are submitted, answered by a broker in this thread, and
 * polled; only the client's part is timed, and the quickest round counts, so that a busy machine
 * disturbs little. For instructions: valgrind --tool=callgrind --toggle-collect='berth_*'.
 *
 *   client_cost [ROUNDS]
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "clock.h"
#include "inline_broker.h"

#define PAYLOAD_BYTES 64
#define MOST 256

static struct inline_broker broker = {
    .ring_bytes = 256 * 1024, .max_inline_bytes = 4096, .max_in_flight = MOST};
static berth_resource *echo;
static uint8_t replies[MOST][PAYLOAD_BYTES];

static berth_request request_with(const uint64_t *payload, void *reply) {
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = BERTH_OP_ECHO;
    request.flags = BERTH_IDEMPOTENT;
    request.timeout_ms = 60000;
    request.payload = payload;
    request.payload_bytes = PAYLOAD_BYTES;
    request.reply = reply;
    request.reply_limit = PAYLOAD_BYTES;
    return request;
}

static void submit_each(uint32_t window, uint64_t number) {
    for (uint32_t i = 0; i < window; i++) {
        uint64_t payload[PAYLOAD_BYTES / 8] = {number + i};
        berth_request request = request_with(payload, replies[i]);
        CHECK_OK(berth_submit(echo, &request, replies[i], NULL));
    }
}

static void submit_batch(uint32_t window, uint64_t number) {
    static uint64_t payloads[MOST][PAYLOAD_BYTES / 8];
    static berth_request requests[MOST];
    static berth_submission submissions[MOST];
    for (uint32_t i = 0; i < window; i++) {
        payloads[i][0] = number + i;
        requests[i] = request_with(payloads[i], replies[i]);
        submissions[i] =
            (berth_submission){.resource = echo, .request = &requests[i], .user_data = replies[i]};
    }
    size_t submitted;
    CHECK_OK(berth_submit_batch(broker.connection, submissions, window, &submitted));
    CHECK(submitted == window);
}

static void poll_all(uint32_t window) {
    static berth_completion completions[64];
    for (uint32_t done = 0; done < window;) {
        size_t count;
        CHECK_OK(berth_poll(broker.connection, completions, 64, 0, &count));
        CHECK(count != 0);
        for (size_t i = 0; i < count; i++) {
            CHECK(completions[i].result == BERTH_OK && completions[i].bytes == PAYLOAD_BYTES);
        }
        done += (uint32_t)count;
    }
}

static void check_replies(uint32_t window, uint64_t number) {
    for (uint32_t i = 0; i < window; i++) {
        uint64_t first;
        memcpy(&first, replies[i], sizeof first);
        CHECK(first == number + i);
    }
}

static void measure_pipelined(const char *name, void (*submit)(uint32_t, uint64_t), uint32_t window,
                              uint32_t rounds) {
    int64_t submitting = INT64_MAX, polling = INT64_MAX;
    for (uint64_t round = 0; round < rounds; round++) {
        int64_t start = clock_nanos();
        submit(window, round * MOST);
        int64_t submitted = clock_nanos();
        CHECK(inline_broker_echo(&broker) == window);
        int64_t answered = clock_nanos();
        poll_all(window);
        int64_t end = clock_nanos();
        check_replies(window, round * MOST);
        submitting = submitted - start < submitting ? submitted - start : submitting;
        polling = end - answered < polling ? end - answered : polling;
    }
    printf("%s of %3u: submit %5.1f + poll %5.1f = %5.1f ns a request\n", name, window,
           (double)submitting / window, (double)polling / window,
           (double)(submitting + polling) / window);
}

/* The answer is in the ring before the call, as if the broker were infinitely quick. */
static void measure_call(uint32_t rounds) {
    int64_t best = INT64_MAX;
    uint64_t payload[PAYLOAD_BYTES / 8] = {0};
    berth_reply reply = BERTH_REPLY_INIT;
    berth_ticket ticket;
    /* Where the client's sequence stands tells the next request's correlation. */
    berth_request request = request_with(payload, replies[0]);
    CHECK_OK(berth_submit(echo, &request, NULL, &ticket));
    CHECK(inline_broker_echo(&broker) == 1);
    poll_all(1);
    for (uint64_t round = 1; round <= rounds; round++) {
        payload[0] = round;
        ticket.id += UINT64_C(1) << 16;
        inline_broker_answer(&broker, ticket.id, payload, PAYLOAD_BYTES);
        int64_t start = clock_nanos();
        CHECK_OK(berth_call(echo, &request, &reply));
        int64_t took = clock_nanos() - start;
        best = took < best ? took : best;
        CHECK(memcmp(replies[0], payload, PAYLOAD_BYTES) == 0);
        ring_release(&broker.requests);
        uint64_t tail;
        if (ring_look(&broker.requests, &tail) == RING_OK) {
            broker.requests.position = tail;
            ring_release(&broker.requests);
        }
    }
    printf("call: %lld ns, both clock reads around it included\n", (long long)best);
}

int main(int argc, char **argv) {
    uint32_t rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 2000;
    inline_broker_connect(&broker);
    echo = inline_broker_open(&broker, "echo:cost");
    static const uint32_t windows[] = {1, 4, 16, 64, MOST};
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        measure_pipelined("singly", submit_each, windows[i], rounds);
        measure_pipelined("batch ", submit_batch, windows[i], rounds);
    }
    measure_call(rounds);
    CHECK_OK(berth_release(echo));
    inline_broker_close(&broker);
    return 0;
}
