/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Load for the system tests: keeps a window of echo requests in flight, checks every answer against
 * its request (number and checksum in the payload), and prints how they ended and the longest time
 * without an answer. Exit code 1 if an answer was wrong, doubled or missing; failures that were
 * told honestly are counted, not judged.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <berth/berth.h>

#include "clock.h"

#define WINDOW_LIMIT 4096
#define PAYLOAD_LIMIT 4096
#define KINDS 64
#define PROGRESS_NANOS (10 * NANOS_PER_MILLI)
#define CONNECT_MILLIS 30000

struct load {
    const char *socket;
    const char *resource;
    uint32_t operation;
    uint32_t window;
    uint64_t count; /* 0 = for seconds */
    double seconds;
    uint32_t payload_bytes;
    uint32_t timeout_ms;
    uint32_t flags;
    int32_t yield_micros;
    bool progress;
    bool blocks; /* the payload goes and comes through arena blocks that are held until the end */
};

struct request_state {
    uint64_t number;
    int64_t sent_nanos;
    bool waiting;
    uint8_t reply[PAYLOAD_LIMIT];
    berth_block input, output;
    uint8_t *written;
    const uint8_t *read;
};

static struct request_state *states;
static uint32_t *free_states;
static uint32_t free_count;
static struct {
    berth_result result;
    uint64_t count;
    char text[208];
} kinds[KINDS];
static size_t kind_count;
static uint64_t latency_count[64 * 16]; /* by power of two and sixteenths of it */
static uint64_t wrong;
static volatile sig_atomic_t stopped;

static void stop(int signal_number) {
    (void)signal_number;
    stopped = 1;
}

static uint64_t checksum(uint64_t number, uint32_t i) {
    uint64_t x = number * UINT64_C(0x9E3779B97F4A7C15) + i;
    x ^= x >> 29;
    return x * UINT64_C(0xBF58476D1CE4E5B9);
}

static void fill(uint8_t *payload, uint32_t bytes, uint64_t number) {
    memcpy(payload, &number, 8);
    for (uint32_t i = 8; i < bytes; i += 8) {
        uint64_t word = checksum(number, i);
        memcpy(payload + i, &word, bytes - i < 8 ? bytes - i : 8);
    }
}

static bool right(const uint8_t *reply, uint32_t bytes, uint64_t number) {
    uint8_t expected[PAYLOAD_LIMIT];
    fill(expected, bytes, number);
    return memcmp(reply, expected, bytes) == 0;
}

static void count_kind(berth_result result, const char *text) {
    size_t i = 0;
    while (i < kind_count && kinds[i].result != result) {
        i++;
    }
    if (i == KINDS) {
        return;
    }
    if (i == kind_count) {
        kind_count++;
        kinds[i].result = result;
        snprintf(kinds[i].text, sizeof kinds[i].text, "%s", text);
    }
    kinds[i].count++;
}

static void count_latency(int64_t nanos) {
    uint64_t value = nanos < 16 ? 16 : (uint64_t)nanos;
    unsigned power = 63 - (unsigned)__builtin_clzll(value);
    latency_count[power * 16 + ((value >> (power - 4)) & 15)]++;
}

static double latency_percentile(double fraction) {
    uint64_t total = 0, passed = 0;
    for (size_t i = 0; i < sizeof latency_count / sizeof latency_count[0]; i++) {
        total += latency_count[i];
    }
    for (size_t i = 0; i < sizeof latency_count / sizeof latency_count[0]; i++) {
        passed += latency_count[i];
        if (total != 0 && (double)passed >= fraction * (double)total) {
            return (double)((16 + i % 16 + 1) << (i / 16)) / 16 / 1000;
        }
    }
    return 0;
}

static bool submit(const struct load *load, berth_resource *resource, uint64_t number,
                   int64_t now) {
    uint8_t payload[PAYLOAD_LIMIT];
    struct request_state *state = &states[free_states[free_count - 1]];
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = load->operation;
    request.flags = load->flags;
    request.timeout_ms = load->timeout_ms;
    if (load->blocks) {
        fill(state->written, load->payload_bytes, number);
        request.input = (berth_block_use){.block = state->input, .bytes = load->payload_bytes};
        request.output = (berth_block_use){.block = state->output, .bytes = load->payload_bytes};
    } else {
        fill(payload, load->payload_bytes, number);
        request.payload = payload;
        request.payload_bytes = load->payload_bytes;
        request.reply = state->reply;
        request.reply_limit = load->payload_bytes;
    }
    state->number = number;
    state->sent_nanos = now;
    state->waiting = true;
    berth_result result = berth_submit(resource, &request, state, NULL);
    if (berth_reason_of(result) == BERTH_REASON_QUEUE_FULL) {
        state->waiting = false;
        return false; /* requests that ended here by their own clock still hold slots at the broker
                       */
    }
    free_count--;
    if (result != BERTH_OK) {
        state->waiting = false;
        free_count++;
        count_kind(result, berth_last_error());
    }
    return true;
}

static void complete(const struct load *load, const berth_completion *completion, int64_t now) {
    struct request_state *state = completion->user_data;
    if (!state->waiting) {
        fprintf(stderr, "request %" PRIu64 " ended twice\n", state->number);
        wrong++;
        return;
    }
    state->waiting = false;
    free_states[free_count++] = (uint32_t)(state - states);
    count_kind(completion->result, completion->text);
    if (completion->result == BERTH_OK) {
        count_latency(now - state->sent_nanos);
        uint64_t bytes = load->blocks ? completion->output_bytes : completion->bytes;
        if (bytes != load->payload_bytes ||
            !right(load->blocks ? state->read : state->reply, load->payload_bytes, state->number)) {
            fprintf(stderr, "request %" PRIu64 " got another's answer\n", state->number);
            wrong++;
        }
    }
}

static int run(const struct load *load, berth_conn *connection, berth_resource *resource) {
    int64_t started = clock_nanos(), last_answer = started, last_progress = started;
    int64_t longest_gap = 0;
    int64_t until = load->count != 0 ? INT64_MAX : started + (int64_t)(load->seconds * 1e9);
    uint64_t submitted = 0, ended = 0, answered = 0;
    for (;;) {
        /* One look at the clock for a batch: at millions of requests a second it would be the main
         * cost. */
        int64_t now = clock_nanos();
        bool more = !stopped && (load->count == 0 ? now < until : submitted < load->count);
        while (more && free_count != 0 && (load->count == 0 || submitted < load->count)) {
            uint32_t before = free_count;
            if (!submit(load, resource, submitted, now)) {
                break;
            }
            submitted++;
            ended += free_count == before; /* refused at once */
        }
        if (!more && free_count == load->window) {
            break;
        }
        berth_completion completions[64];
        size_t count;
        berth_result result = berth_poll(connection, completions, 64, 100, &count);
        if (result != BERTH_OK) {
            fprintf(stderr, "poll: %s\n", berth_last_error());
            return 1;
        }
        now = clock_nanos();
        for (size_t i = 0; i < count; i++, ended++) {
            complete(load, &completions[i], now);
            if (completions[i].result == BERTH_OK) {
                longest_gap = now - last_answer > longest_gap ? now - last_answer : longest_gap;
                last_answer = now;
                answered++;
            }
        }
        if (load->progress && now - last_progress >= PROGRESS_NANOS) {
            printf("progress %" PRIu64 " %" PRIu64 "\n", ended, answered);
            fflush(stdout);
            last_progress = now;
        }
    }
    double elapsed = (double)(clock_nanos() - started) / 1e9;
    printf("submitted=%" PRIu64 " ended=%" PRIu64 " ok=%" PRIu64 " failed=%" PRIu64
           " wrong=%" PRIu64 " seconds=%.3f ops_per_s=%.0f p50_us=%.1f p99_us=%.1f"
           " longest_gap_ms=%.1f\n",
           submitted, ended, answered, ended - answered, wrong, elapsed, (double)answered / elapsed,
           latency_percentile(0.5), latency_percentile(0.99), (double)longest_gap / 1e6);
    for (size_t i = 0; i < kind_count; i++) {
        printf("status=%s reason=%s count=%" PRIu64 "%s%s\n", berth_status_name(kinds[i].result),
               berth_reason_name(kinds[i].result), kinds[i].count,
               kinds[i].text[0] == '\0' ? "" : " first=", kinds[i].text);
    }
    return wrong != 0 || ended != submitted;
}

static void usage(const char *program) {
    fprintf(stderr,
            "usage: %s [--socket PATH] [--resource NAME] [--window N] [--seconds S | --count N]\n"
            "  [--bytes N] [--timeout-ms N] [--idempotent] [--once] [--yield-micros N]\n"
            "  [--progress] [--blocks]\n"
            "  --once calls ONCE (at most once) instead of ECHO\n"
            "  --progress prints \"progress ENDED OK\" every 10 ms\n"
            "  --blocks sends and receives through arena blocks held from beginning to end\n",
            program);
}

static bool parse(int argc, char **argv, struct load *load) {
    static const struct option options[] = {
        {"socket", required_argument, NULL, 's'},
        {"resource", required_argument, NULL, 'r'},
        {"window", required_argument, NULL, 'w'},
        {"seconds", required_argument, NULL, 't'},
        {"count", required_argument, NULL, 'n'},
        {"bytes", required_argument, NULL, 'b'},
        {"timeout-ms", required_argument, NULL, 'd'},
        {"idempotent", no_argument, NULL, 'i'},
        {"once", no_argument, NULL, 'o'},
        {"yield-micros", required_argument, NULL, 'y'},
        {"progress", no_argument, NULL, 'p'},
        {"blocks", no_argument, NULL, 'k'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's':
            load->socket = optarg;
            break;
        case 'r':
            load->resource = optarg;
            break;
        case 'w':
            load->window = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 't':
            load->seconds = strtod(optarg, NULL);
            break;
        case 'n':
            load->count = strtoull(optarg, NULL, 10);
            break;
        case 'b':
            load->payload_bytes = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'd':
            load->timeout_ms = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'i':
            load->flags |= BERTH_IDEMPOTENT;
            break;
        case 'o':
            load->operation = BERTH_OP_ONCE;
            break;
        case 'p':
            load->progress = true;
            break;
        case 'k':
            load->blocks = true;
            break;
        case 'y':
            load->yield_micros = (int32_t)strtol(optarg, NULL, 10);
            break;
        default:
            return false;
        }
    }
    return optind == argc && load->window >= 1 && load->window <= WINDOW_LIMIT &&
           load->payload_bytes >= 8 && load->payload_bytes <= PAYLOAD_LIMIT;
}

static bool hold_blocks(const struct load *load, berth_conn *connection, berth_resource *resource) {
    for (uint32_t i = 0; i < load->window; i++) {
        struct request_state *state = &states[i];
        if (berth_block_alloc(resource, BERTH_INPUT, load->payload_bytes, &state->input) !=
                BERTH_OK ||
            berth_block_alloc(resource, BERTH_OUTPUT, load->payload_bytes, &state->output) !=
                BERTH_OK)
            return false;
        state->written = berth_block_data(connection, state->input);
        state->read = berth_block_data(connection, state->output);
    }
    return true;
}

int main(int argc, char **argv) {
    struct load load = {.resource = "echo:local",
                        .operation = BERTH_OP_ECHO,
                        .window = 1,
                        .seconds = 1,
                        .payload_bytes = 64,
                        .timeout_ms = 5000};
    if (!parse(argc, argv, &load)) {
        usage(argv[0]);
        return 2;
    }
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    states = calloc(load.window, sizeof *states);
    free_states = calloc(load.window, sizeof *free_states);
    berth_connect_options options = BERTH_CONNECT_OPTIONS_INIT;
    options.client_name = "berth-echo-load";
    options.connect_timeout_ms = CONNECT_MILLIS;
    options.yield_micros = load.yield_micros;
    berth_open_options open_options = BERTH_OPEN_OPTIONS_INIT;
    open_options.timeout_ms = CONNECT_MILLIS;
    berth_conn *connection;
    berth_resource *resource;
    if (states == NULL || free_states == NULL ||
        berth_connect(load.socket, &options, &connection) != BERTH_OK ||
        berth_open(connection, load.resource, &open_options, &resource) != BERTH_OK ||
        (load.blocks && !hold_blocks(&load, connection, resource))) {
        fprintf(stderr, "%s\n", berth_last_error());
        return 1;
    }
    for (uint32_t i = 0; i < load.window; i++) {
        free_states[free_count++] = i;
    }
    int code = run(&load, connection, resource);
    berth_close(connection);
    free(states);
    free(free_states);
    return code;
}
