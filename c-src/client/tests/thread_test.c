/* SPDX-License-Identifier: Apache-2.0 */
/* Several threads on one connection. Also built with -fsanitize=thread. */
#include <pthread.h>
#include <stdatomic.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include "check.h"
#include "connection.h"
#include "fixture.h"

#define THREADS 8

struct work {
    struct fixture *fixture;
    unsigned number;
    unsigned calls;
    atomic_uint *done;
    uint32_t flags;
};

static void call_once(const struct work *work, unsigned i) {
    uint64_t sent[4] = {work->number, i, ~(uint64_t)i, work->number ^ i}, got[4] = {0};
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = BERTH_OP_ECHO;
    request.payload = sent;
    request.payload_bytes = sizeof sent;
    request.reply = got;
    request.reply_limit = sizeof got;
    request.timeout_ms = PATIENT_MILLIS;
    request.flags = work->flags;
    berth_reply reply = BERTH_REPLY_INIT;
    CHECK_OK(berth_call(work->fixture->echo, &request, &reply));
    CHECK(reply.bytes == sizeof sent && memcmp(sent, got, sizeof sent) == 0);
}

static void *call_many(void *argument) {
    const struct work *work = argument;
    for (unsigned i = 0; i < work->calls; i++) {
        call_once(work, i);
        if (work->done != NULL) {
            atomic_fetch_add(work->done, 1);
        }
    }
    return NULL;
}

static void start(pthread_t *threads, struct work *works, struct fixture *fixture, unsigned calls,
                  atomic_uint *done, uint32_t flags) {
    for (unsigned i = 0; i < THREADS; i++) {
        works[i] = (struct work){
            .fixture = fixture, .number = i, .calls = calls, .done = done, .flags = flags};
        CHECK(pthread_create(&threads[i], NULL, call_many, &works[i]) == 0);
    }
}

static void join(pthread_t *threads) {
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void each_thread_gets_its_own_answers(void) {
    pthread_t threads[THREADS];
    struct work works[THREADS];
    for (uint32_t yield_micros = 0; yield_micros <= 50; yield_micros += 50) {
        struct fixture fixture =
            fixture_start(&(struct peer_options){.yield_micros = yield_micros});
        start(threads, works, &fixture, 2000, NULL, 0);
        join(threads);
        fixture_stop(&fixture);
    }
}

static void threads_wait_for_slots_of_a_small_window(void) {
    pthread_t threads[THREADS];
    struct work works[THREADS];
    struct fixture fixture = fixture_start(&(struct peer_options){.max_in_flight = 2});
    start(threads, works, &fixture, 500, NULL, 0);
    join(threads);
    fixture_stop(&fixture);
}

static void threads_survive_the_brokers_deaths(void) {
    pthread_t threads[THREADS];
    struct work works[THREADS];
    atomic_uint done = 0;
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    start(threads, works, &fixture, 1000, &done, BERTH_IDEMPOTENT);
    for (unsigned i = 1; i <= 5; i++) {
        fixture_await(&done, i * 1000);
        peer_kill(&fixture.peer);
        fixture.peer = peer_start(&(struct peer_options){.path = fixture.path});
    }
    join(threads);
    fixture_stop(&fixture);
}

static void a_short_call_is_not_held_up_by_a_long_one(void) {
    /* One thread receives for all and waits long; the others' calls must end on their own time. */
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    pthread_t thread;
    struct work work = {.fixture = &fixture, .number = 1, .calls = 50};
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = PEER_HOLD;
    request.timeout_ms = PATIENT_MILLIS;
    CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
    CHECK(pthread_create(&thread, NULL, call_many, &work) == 0);
    CHECK_RESULT(fixture_call(&fixture, PEER_MUTE, 30, 0, NULL), DEADLINE_EXCEEDED,
                 CALLER_TIMED_OUT);
    pthread_join(thread, NULL);
    CHECK_OK(fixture_call(&fixture, PEER_RELEASE, 0, 0, NULL));
    berth_completion completion;
    size_t count;
    CHECK_OK(berth_poll(fixture.connection, &completion, 1, PATIENT_MILLIS, &count));
    CHECK(count == 1);
    fixture_stop(&fixture);
}

static void *poll_one(void *what) {
    static berth_completion completion;
    const struct fixture *fixture = what;
    size_t count;
    CHECK_OK(berth_poll(fixture->connection, &completion, 1, -1, &count));
    CHECK(count == 1);
    return &completion;
}

static void await_sleeping_receiver(struct fixture *fixture) {
    for (bool asleep = false; !asleep;) {
        sched_yield();
        pthread_mutex_lock(&fixture->connection->lock);
        asleep = fixture->connection->receiver_asleep;
        pthread_mutex_unlock(&fixture->connection->lock);
    }
}

static void a_request_submitted_beside_a_sleeping_poll_ends_on_its_own_time(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, poll_one, &fixture) == 0);
    await_sleeping_receiver(&fixture);
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = PEER_MUTE;
    request.timeout_ms = 30;
    CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
    void *completion;
    pthread_join(thread, &completion);
    CHECK_RESULT(((berth_completion *)completion)->result, DEADLINE_EXCEEDED, CALLER_TIMED_OUT);
    fixture_stop(&fixture);
}

static void an_event_loop_runs_beside_blocking_threads(void) {
    pthread_t threads[THREADS];
    struct work works[THREADS];
    struct fixture fixture = fixture_start(&(struct peer_options){.yield_micros = 20});
    int descriptor;
    CHECK_OK(berth_descriptor(fixture.connection, &descriptor));
    start(threads, works, &fixture, 1000, NULL, 0);
    uint64_t got;
    for (uint64_t i = 0; i < 2000; i++) {
        berth_request request = BERTH_REQUEST_INIT;
        request.operation = BERTH_OP_ECHO;
        request.payload = &i;
        request.payload_bytes = sizeof i;
        request.reply = &got;
        request.reply_limit = sizeof got;
        request.timeout_ms = PATIENT_MILLIS;
        CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
        berth_completion completion;
        size_t count = 0;
        while (count == 0) {
            CHECK_OK(berth_poll(fixture.connection, &completion, 1, 0, &count));
            bool armed = false;
            if (count == 0) {
                CHECK_OK(berth_arm(fixture.connection, &armed));
            }
            if (armed) {
                struct pollfd watched = {.fd = descriptor, .events = POLLIN};
                CHECK(poll(&watched, 1, -1) == 1);
            }
        }
        CHECK_OK(completion.result);
        CHECK(got == i);
    }
    join(threads);
    fixture_stop(&fixture);
}

static void *open_and_release(void *argument) {
    const struct work *work = argument;
    for (unsigned i = 0; i < work->calls; i++) {
        berth_resource *resource;
        berth_block block;
        resource = fixture_open(work->fixture->connection, "echo:more");
        CHECK_OK(berth_block_alloc(resource, BERTH_INPUT, 4096, &block));
        memset(berth_block_data(work->fixture->connection, block), 1, 4096);
        CHECK_OK(berth_block_free(work->fixture->connection, block));
        CHECK_OK(berth_release(resource));
    }
    return NULL;
}

static void names_and_blocks_come_and_go_beside_calls(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct work calls = {.fixture = &fixture, .number = 1, .calls = 1000};
    struct work opens = {.fixture = &fixture, .number = 2, .calls = 200};
    pthread_t first, second, third;
    CHECK(pthread_create(&first, NULL, call_many, &calls) == 0);
    CHECK(pthread_create(&second, NULL, open_and_release, &opens) == 0);
    CHECK(pthread_create(&third, NULL, open_and_release, &opens) == 0);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    pthread_join(third, NULL);
    CHECK(atomic_load(&fixture.peer.seen->segments) == 400);
    fixture_stop(&fixture);
}

/* Its blocks from the beginning to the end, while others make the broker go away. */
static void *call_with_held_blocks(void *argument) {
    enum { BYTES = 6000 };
    const struct work *work = argument;
    struct berth_conn *connection = work->fixture->connection;
    berth_request request = BERTH_REQUEST_INIT;
    CHECK_OK(berth_block_alloc(work->fixture->echo, BERTH_INPUT, BYTES, &request.input.block));
    CHECK_OK(berth_block_alloc(work->fixture->echo, BERTH_OUTPUT, BYTES, &request.output.block));
    uint8_t *from = berth_block_data(connection, request.input.block);
    const uint8_t *to = berth_block_data(connection, request.output.block);
    request.operation = BERTH_OP_ECHO;
    request.flags = work->flags;
    request.timeout_ms = PATIENT_MILLIS;
    request.input.bytes = BYTES;
    for (unsigned i = 0; i < work->calls; i++) {
        memset(from, (int)(work->number * 31 + i), BYTES);
        from[i % BYTES]++;
        CHECK_OK(berth_call(work->fixture->echo, &request, NULL));
        CHECK(memcmp(from, to, BYTES) == 0);
        if (work->done != NULL) {
            atomic_fetch_add(work->done, 1);
        }
    }
    CHECK_OK(berth_block_free(connection, request.input.block));
    CHECK_OK(berth_block_free(connection, request.output.block));
    return NULL;
}

static void held_blocks_follow_beside_calls_and_new_blocks(void) {
    enum { HOLDERS = 3 };
    struct fixture fixture = fixture_start(&(struct peer_options){.yield_micros = 20});
    struct work works[HOLDERS];
    struct work opens = {.fixture = &fixture, .calls = 60};
    pthread_t holders[HOLDERS], opener;
    for (unsigned i = 0; i < HOLDERS; i++) {
        works[i] = (struct work){.fixture = &fixture, .number = i + 1, .calls = 600};
        CHECK(pthread_create(&holders[i], NULL, call_with_held_blocks, &works[i]) == 0);
    }
    CHECK(pthread_create(&opener, NULL, open_and_release, &opens) == 0);
    for (int i = 0; i < 300; i++) {
        uint32_t operation = i % 10 == 5 ? PEER_GOAWAY : BERTH_OP_ECHO;
        CHECK_OK(fixture_call(&fixture, operation, 0, 0, NULL));
    }
    for (unsigned i = 0; i < HOLDERS; i++) {
        pthread_join(holders[i], NULL);
    }
    pthread_join(opener, NULL);
    printf("  %u sessions\n", atomic_load(&fixture.peer.seen->sessions));
    fixture_stop(&fixture);
}

static void held_blocks_follow_when_the_broker_dies_under_load(void) {
    enum { HOLDERS = 3, CALLS = 600 };
    struct fixture fixture = fixture_start(&(struct peer_options){.yield_micros = 20});
    pthread_t holders[HOLDERS];
    struct work works[HOLDERS];
    atomic_uint done = 0;
    for (unsigned i = 0; i < HOLDERS; i++) {
        works[i] = (struct work){.fixture = &fixture,
                                 .number = i + 1,
                                 .calls = CALLS,
                                 .done = &done,
                                 .flags = BERTH_IDEMPOTENT};
        CHECK(pthread_create(&holders[i], NULL, call_with_held_blocks, &works[i]) == 0);
    }
    unsigned deaths = 0;
    while (atomic_load(&done) < HOLDERS * CALLS) {
        if (atomic_load(&fixture.peer.seen->requests) < 50) {
            sched_yield();
            continue;
        }
        peer_kill(&fixture.peer);
        fixture.peer = peer_start(&(struct peer_options){.path = fixture.path, .yield_micros = 20});
        deaths++;
    }
    for (unsigned i = 0; i < HOLDERS; i++) {
        pthread_join(holders[i], NULL);
    }
    printf("  %u deaths\n", deaths);
    fixture_stop(&fixture);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(each_thread_gets_its_own_answers),
        TEST(threads_wait_for_slots_of_a_small_window),
        TEST(threads_survive_the_brokers_deaths),
        TEST(a_short_call_is_not_held_up_by_a_long_one),
        TEST(a_request_submitted_beside_a_sleeping_poll_ends_on_its_own_time),
        TEST(an_event_loop_runs_beside_blocking_threads),
        TEST(names_and_blocks_come_and_go_beside_calls),
        TEST(held_blocks_follow_beside_calls_and_new_blocks),
        TEST(held_blocks_follow_when_the_broker_dies_under_load),
    };
    sleep_limit_millis = 3600 * 1000; /* a lost wake-up shall hang, not heal */
    return RUN_TESTS(tests, argc, argv);
}
