/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Berth's own client for the echo benchmarks, over libberth.
 *
 *   berth_echo SOCKET RESOURCE SESSIONS
 *
 * Each session is a connection of its own. One request at a time on one session is a blocking
 * berth_call; everything else is submitted and polled, with the load's window per session. One
 * session blocks in berth_poll; several are served by an event loop that looks, yields, and then
 * sleeps on their descriptors. All requests are idempotent: what a lost worker or broker costs is
 * time, not answers.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "berth_client.h"
#include "child_protocol.h"

#define MESSAGE_BYTES 64u
#define MOST_SESSIONS 1024u
#define MOST_WINDOW 1024u
#define POLL_BATCH 64u
#define POLL_MILLIS 100
#define READY_BATCH 64
/* How long several sessions are looked at before they sleep: as long as a berth_call yields, and
 * where answers take longer, as thousands in flight do, twice as long as they took lately. */
#define LEAST_PATIENCE_NANOS (300 * 1000u)
#define MOST_PATIENCE_NANOS (5 * 1000 * 1000u)

struct message {
    uint64_t correlation;
    uint64_t session;
    uint64_t filling[(MESSAGE_BYTES - 16u) / 8u];
};

_Static_assert(sizeof(struct message) == MESSAGE_BYTES, "the echo is 64 bytes");

struct slot {
    struct message sent;
    struct message reply;
    uint64_t sent_at;
    berth_request request; /* the same every time but for what stands in sent */
};

struct session {
    berth_conn *connection;
    berth_resource *resource;
    uint64_t number;
    uint64_t next_correlation;
    bool asleep;
    uint32_t in_flight;
    uint32_t free_count;
    struct slot **free_slots;
    struct slot *slots;
};

struct client {
    uint32_t count;
    uint32_t window; /* slots that the sessions have */
    int epoll;
    uint64_t last_answer;
    uint64_t usual_latency;
    struct session sessions[MOST_SESSIONS];
    uint32_t awake_count;
    struct session *awake[MOST_SESSIONS];
    berth_completion completions[POLL_BATCH];
    berth_submission submissions[POLL_BATCH];
};

static void fill(struct message *message, struct session *session) {
    message->correlation = session->next_correlation++;
    message->session = session->number;
    for (size_t i = 0; i < sizeof message->filling / 8u; i++)
        message->filling[i] = message->correlation + i * UINT64_C(0x9E3779B97F4A7C15);
}

static berth_request request_of(struct slot *slot) {
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = BERTH_OP_ECHO;
    request.flags = BERTH_IDEMPOTENT;
    request.timeout_ms = BENCH_TIMEOUT_MILLIS;
    request.payload = &slot->sent;
    request.payload_bytes = MESSAGE_BYTES;
    request.reply = &slot->reply;
    request.reply_limit = MESSAGE_BYTES;
    return request;
}

static bool is_right(const struct slot *slot, berth_result result, uint32_t bytes,
                     const char *text) {
    if (result != BERTH_OK) {
        bench_tell_failure(result, text);
        return false;
    }
    return bytes == MESSAGE_BYTES && memcmp(&slot->reply, &slot->sent, MESSAGE_BYTES) == 0;
}

static void record_answer(struct outcome *outcome, uint64_t *last_answer, uint64_t now) {
    if (now - *last_answer > outcome->longest_gap_nanos)
        outcome->longest_gap_nanos = now - *last_answer;
    *last_answer = now;
}

/* ---- one request at a time ---- */

static void call(struct session *session, struct outcome *outcome, uint64_t *last_answer) {
    struct slot *slot = &session->slots[0];
    fill(&slot->sent, session);
    berth_reply reply = BERTH_REPLY_INIT;
    uint64_t before = now_nanos();
    berth_result result = berth_call(session->resource, &slot->request, &reply);
    uint64_t after = now_nanos();
    if (is_right(slot, result, reply.bytes, reply.text)) {
        outcome->operations++;
        histogram_record(&outcome->latency, after - before);
        record_answer(outcome, last_answer, after);
    } else {
        outcome->failed++;
    }
}

static void run_calls(struct session *session, const struct load *load, struct outcome *outcome) {
    uint64_t start = now_nanos();
    uint64_t last_answer = start;
    uint64_t due = start;
    while (last_answer - start < load->duration_nanos) {
        if (load->interval_nanos > 0) {
            due += load->interval_nanos;
            if (due - start > load->duration_nanos)
                break;
            sleep_until_nanos(due);
            last_answer = now_nanos(); /* the pause between two requests is no gap */
        }
        uint64_t failed_before = outcome->failed;
        call(session, outcome, &last_answer);
        if (outcome->failed > failed_before && now_nanos() - start >= load->duration_nanos)
            break;
    }
    outcome->elapsed_nanos = now_nanos() - start;
}

/* ---- several in flight ---- */

/* Sends until the window is full or there is no room for more. */
static void submit(struct client *client, struct session *session, uint32_t window, uint64_t now,
                   struct outcome *outcome) {
    while (session->in_flight < window) {
        size_t count = 0, submitted;
        while (count < POLL_BATCH && session->in_flight + count < window) {
            struct slot *slot = session->free_slots[session->free_count - 1 - count];
            fill(&slot->sent, session);
            slot->sent_at = now;
            client->submissions[count++] = (berth_submission){
                .resource = session->resource, .request = &slot->request, .user_data = slot};
        }
        berth_result result =
            berth_submit_batch(session->connection, client->submissions, count, &submitted);
        session->free_count -= (uint32_t)submitted;
        session->in_flight += (uint32_t)submitted;
        if (berth_status_of(result) == BERTH_STATUS_RESOURCE_EXHAUSTED && session->in_flight > 0)
            return;
        if (result != BERTH_OK) {
            bench_tell_failure(result, berth_last_error());
            outcome->failed++;
            return;
        }
    }
}

/* Takes what is there; operations that are not to be counted are given a NULL outcome. */
static size_t take(struct client *client, struct session *session, int timeout_ms,
                   struct outcome *outcome, struct outcome *rest) {
    size_t count;
    bench_expect_ok(berth_poll_batch(session->connection, client->completions, POLL_BATCH,
                                     client->window / 4, timeout_ms, &count),
                    "berth_poll_batch");
    if (count == 0)
        return 0;
    uint64_t now = now_nanos();
    struct outcome *into = outcome != NULL ? outcome : rest;
    for (size_t i = 0; i < count; i++) {
        const berth_completion *completion = &client->completions[i];
        struct slot *slot = completion->user_data;
        if (is_right(slot, completion->result, completion->bytes, completion->text)) {
            uint64_t latency = now - slot->sent_at;
            into->operations++;
            histogram_record(&into->latency, latency);
            record_answer(into, &client->last_answer, now);
            client->usual_latency += latency / 64 - client->usual_latency / 64;
        } else {
            into->failed++;
        }
        session->free_slots[session->free_count++] = slot;
        session->in_flight--;
    }
    return count;
}

static uint32_t in_flight(const struct client *client) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < client->count; i++)
        sum += client->sessions[i].in_flight;
    return sum;
}

/* Takes what a session has and asks anew. Returns how much it had. */
static size_t look(struct client *client, struct session *session, uint32_t window,
                   struct outcome *outcome, struct outcome *rest) {
    size_t sum = 0, count;
    while ((count = take(client, session, 0, outcome, rest)) > 0) {
        sum += count;
        if (outcome != NULL)
            submit(client, session, window, now_nanos(), outcome);
    }
    return sum;
}

static uint64_t patience(const struct client *client) {
    uint64_t nanos = 2 * client->usual_latency;
    return nanos < LEAST_PATIENCE_NANOS  ? LEAST_PATIENCE_NANOS
           : nanos > MOST_PATIENCE_NANOS ? MOST_PATIENCE_NANOS
                                         : nanos;
}

/* Puts those sessions to sleep that have nothing more; the others stay awake. */
static void arm(struct client *client) {
    uint32_t left = 0;
    for (uint32_t i = 0; i < client->awake_count; i++) {
        struct session *session = client->awake[i];
        bench_expect_ok(berth_arm(session->connection, &session->asleep), "berth_arm");
        if (!session->asleep)
            client->awake[left++] = session;
    }
    client->awake_count = left;
}

static void wake(struct client *client, struct session *session) {
    if (session->asleep) {
        session->asleep = false;
        client->awake[client->awake_count++] = session;
    }
}

/*
 * Several sessions: an event loop that looks at those that were active lately, and has itself woken
 * by the others. As berth_call does for one session, it gives the processor away for a while before
 * it sleeps: as long as answers come, nobody rings.
 */
static void run_sessions(struct client *client, const struct load *load, struct outcome *outcome,
                         struct outcome *rest) {
    uint64_t start = now_nanos();
    uint64_t last_progress = start;
    client->last_answer = start;
    for (uint32_t i = 0; i < client->count; i++) {
        wake(client, &client->sessions[i]);
        submit(client, &client->sessions[i], load->window, start, outcome);
    }
    for (uint64_t now = now_nanos();; now = now_nanos()) {
        bool measuring = now - start < load->duration_nanos;
        if (!measuring && outcome->elapsed_nanos == 0)
            outcome->elapsed_nanos = now - start;
        size_t taken = 0;
        for (uint32_t i = 0; i < client->awake_count; i++)
            taken += look(client, client->awake[i], load->window, measuring ? outcome : NULL, rest);
        /* What is still in flight at the end is awaited, so that the next run starts with nothing.
         */
        bool over = !measuring && in_flight(client) == 0;
        if (taken > 0)
            last_progress = now;
        if (!over && now - last_progress < patience(client)) {
            sched_yield();
            continue;
        }
        arm(client);
        if (client->awake_count > 0)
            continue;
        if (over)
            break;
        struct epoll_event ready[READY_BATCH];
        int count = epoll_wait(client->epoll, ready, READY_BATCH, POLL_MILLIS);
        for (int i = 0; i < count; i++)
            wake(client, ready[i].data.ptr);
        last_progress = now_nanos();
    }
}

/* One session blocks in berth_poll, which is the shorter way. */
static void run_session(struct client *client, const struct load *load, struct outcome *outcome,
                        struct outcome *rest) {
    struct session *session = &client->sessions[0];
    uint64_t start = now_nanos();
    client->last_answer = start;
    for (uint64_t now = start; now - start < load->duration_nanos; now = now_nanos()) {
        submit(client, session, load->window, now, outcome);
        take(client, session, POLL_MILLIS, outcome, rest);
    }
    outcome->elapsed_nanos = now_nanos() - start;
    while (session->in_flight > 0)
        take(client, session, POLL_MILLIS, NULL, rest);
}

/* ---- */

static void make_slots(struct session *session, uint32_t window) {
    free(session->slots);
    free(session->free_slots);
    session->slots = calloc(window, sizeof *session->slots);
    session->free_slots = calloc(window, sizeof *session->free_slots);
    if (session->slots == NULL || session->free_slots == NULL)
        fail("calloc");
    session->free_count = 0;
    for (uint32_t i = 0; i < window; i++) {
        session->slots[i].request = request_of(&session->slots[i]);
        session->free_slots[session->free_count++] = &session->slots[i];
    }
}

static void open_sessions(struct client *client, const char *socket, const char *resource) {
    client->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (client->epoll < 0)
        fail("epoll_create1");
    for (uint32_t i = 0; i < client->count; i++) {
        struct session *session = &client->sessions[i];
        int descriptor;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = session};
        session->number = i;
        session->asleep = true;
        /* A thousand sessions with large rings would ask for memory that they have no use for. */
        session->connection = bench_connect(socket, client->count == 1 ? BENCH_RING_BYTES : 0);
        session->resource = bench_open(session->connection, resource);
        if (client->count == 1)
            continue;
        bench_expect_ok(berth_descriptor(session->connection, &descriptor), "berth_descriptor");
        if (epoll_ctl(client->epoll, EPOLL_CTL_ADD, descriptor, &event) != 0)
            fail("epoll_ctl");
    }
}

static void run_load(struct client *client, const struct load *load, struct outcome *outcome) {
    static struct outcome rest; /* of what ends after the run */
    if (load->window == 0 || load->window > MOST_WINDOW) {
        fprintf(stderr, "berth_echo: a window of %u is outside 1..%u\n", load->window, MOST_WINDOW);
        exit(2);
    }
    for (uint32_t i = 0; client->window != load->window && i < client->count; i++)
        make_slots(&client->sessions[i], load->window);
    client->window = load->window;
    memset(outcome, 0, sizeof *outcome);
    memset(&rest, 0, sizeof rest);
    if (client->count == 1 && load->window == 1)
        run_calls(&client->sessions[0], load, outcome);
    else if (client->count == 1)
        run_session(client, load, outcome, &rest);
    else
        run_sessions(client, load, outcome, &rest);
    outcome->failed += rest.failed;
}

int main(int argc, char **argv) {
    static struct client client;
    static struct outcome outcome;
    struct load load;
    die_with_parent();
    client.count = argc == 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
    if (client.count < 1 || client.count > MOST_SESSIONS) {
        fprintf(stderr, "usage: berth_echo SOCKET RESOURCE SESSIONS (1..%u)\n", MOST_SESSIONS);
        return 2;
    }
    open_sessions(&client, argv[1], argv[2]);
    say_ready();
    while (next_run(&load)) {
        run_load(&client, &load, &outcome);
        say_result(&outcome);
    }
    for (uint32_t i = 0; i < client.count; i++) {
        bench_expect_ok(berth_close(client.sessions[i].connection), "berth_close");
        free(client.sessions[i].slots);
        free(client.sessions[i].free_slots);
    }
    return 0;
}
