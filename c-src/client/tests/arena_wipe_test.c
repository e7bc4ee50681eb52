/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks that carried secrets: what is in their memory after they were given back. */
#include <sched.h>
#include <unistd.h>

#include "check.h"
#include "fixture.h"

#define BYTES 10000 /* not whole pages, of a block of 16 384 */
#define SECRET 0x5a

static berth_result copy_through(struct fixture *fixture, berth_block input, berth_block output,
                                 uint32_t operation, uint32_t timeout_ms) {
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = operation;
    request.timeout_ms = timeout_ms;
    request.input.block = input;
    request.output.block = output;
    return berth_call(fixture->echo, &request, NULL);
}

static bool all_are(const volatile uint8_t *memory, size_t bytes, uint8_t value) {
    for (size_t i = 0; i < bytes; i++) {
        if (memory[i] != value) {
            return false;
        }
    }
    return true;
}

static uint8_t *secret_input(struct fixture *fixture, berth_block *input) {
    CHECK_OK(berth_block_alloc(fixture->echo, BERTH_INPUT, BYTES, input));
    uint8_t *memory = berth_block_data(fixture->connection, *input);
    memset(memory, SECRET, berth_block_bytes(fixture->connection, *input));
    return memory;
}

/* Until the broker has been asked so often: who calls hears of answers, and asks for more. */
static void await_wipes(struct fixture *fixture, unsigned wipes) {
    while (atomic_load(&fixture->peer.seen->wipes) < wipes) {
        CHECK_OK(fixture_call(fixture, 1, 0, 0, NULL));
    }
}

/* An output with a secret in it; its memory stays mapped when it is given back. */
static const uint8_t *secret_output(struct fixture *fixture, berth_block *output) {
    berth_block input;
    (void)secret_input(fixture, &input);
    CHECK_OK(berth_block_alloc(fixture->echo, BERTH_OUTPUT, BYTES, output));
    const uint8_t *memory = berth_block_data(fixture->connection, *output);
    uint64_t bytes = berth_block_bytes(fixture->connection, *output);
    CHECK_OK(copy_through(fixture, input, *output, BERTH_OP_ECHO, PATIENT_MILLIS));
    CHECK(all_are(memory, bytes, SECRET));
    CHECK_OK(berth_block_free(fixture->connection, input));
    return memory;
}

static void an_input_is_wiped_as_far_as_was_asked(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_block input;
    const uint8_t *memory = secret_input(&fixture, &input);
    uint64_t bytes = berth_block_bytes(fixture.connection, input);
    CHECK_OK(berth_block_free_wiped(fixture.connection, input, BYTES));
    CHECK(all_are(memory, BYTES, 0) && all_are(memory + BYTES, bytes - BYTES, SECRET));
    CHECK_RESULT(berth_block_free_wiped(fixture.connection, input, 0), NOT_FOUND, STALE_REFERENCE);

    memory = secret_input(&fixture, &input);
    CHECK_OK(berth_block_free_wiped(fixture.connection, input, 0));
    CHECK(all_are(memory, bytes, 0));

    memory = secret_input(&fixture, &input);
    CHECK_OK(berth_block_free_wiped(fixture.connection, input, UINT64_MAX));
    CHECK(all_are(memory, bytes, 0));

    memory = secret_input(&fixture, &input); /* the same record, given back without */
    CHECK_OK(berth_block_free(fixture.connection, input));
    CHECK(all_are(memory, bytes, SECRET));
    CHECK(atomic_load(&fixture.peer.seen->wipes) == 0);
    fixture_stop(&fixture);
}

static void an_input_that_may_still_be_read_is_wiped_after_the_end(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_block input, none = {0};
    const uint8_t *memory = secret_input(&fixture, &input);
    CHECK_RESULT(copy_through(&fixture, input, none, PEER_MUTE, 20), DEADLINE_EXCEEDED,
                 CALLER_TIMED_OUT);
    CHECK_OK(berth_block_free_wiped(fixture.connection, input, BYTES));
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    CHECK(all_are(memory, BYTES, SECRET));
    fixture_stop(&fixture);

    fixture = fixture_start(&(struct peer_options){0});
    memory = secret_input(&fixture, &input);
    CHECK_RESULT(copy_through(&fixture, input, none, PEER_SILENCE, 20), DEADLINE_EXCEEDED,
                 CALLER_TIMED_OUT);
    CHECK_OK(berth_block_free_wiped(fixture.connection, input, BYTES));
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL)); /* its answer comes after the END */
    CHECK(all_are(memory, BYTES, 0));
    fixture_stop(&fixture);
}

static void an_output_is_wiped_by_the_broker_before_it_is_used_again(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_block output, other;
    for (unsigned round = 1; round <= 50; round++) {
        const uint8_t *memory = secret_output(&fixture, &output);
        CHECK_OK(berth_block_free_wiped(fixture.connection, output, BYTES));
        CHECK(berth_block_data(fixture.connection, output) == NULL);
        CHECK_OK(berth_block_alloc(fixture.echo, BERTH_OUTPUT, BYTES, &other));
        CHECK(all_are(berth_block_data(fixture.connection, other), BYTES, 0));
        await_wipes(&fixture, round);
        CHECK(all_are(memory, BYTES, 0));
        CHECK_OK(berth_block_free(fixture.connection, other));
    }
    CHECK(atomic_load(&fixture.peer.seen->segments) == 2); /* wiped memory is used again */
    fixture_stop(&fixture);
}

static void nobody_pays_who_does_not_ask_for_it(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_block output, other;
    const uint8_t *memory = secret_output(&fixture, &output);
    CHECK_OK(berth_block_free(fixture.connection, output));
    CHECK_OK(berth_block_alloc(fixture.echo, BERTH_OUTPUT, BYTES, &other));
    CHECK(berth_block_data(fixture.connection, other) == memory && all_are(memory, BYTES, SECRET));
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    CHECK(atomic_load(&fixture.peer.seen->wipes) == 0);
    fixture_stop(&fixture);
}

static void an_output_that_may_still_be_written_is_wiped_after_the_end(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_block output, input = {0};
    const uint8_t *memory = secret_output(&fixture, &output);
    CHECK_RESULT(copy_through(&fixture, input, output, PEER_SILENCE, 20), DEADLINE_EXCEEDED,
                 CALLER_TIMED_OUT);
    CHECK_OK(berth_block_free_wiped(fixture.connection, output, BYTES));
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL)); /* its answer comes after the END */
    await_wipes(&fixture, 1);
    CHECK(all_are(memory, BYTES, 0));
    fixture_stop(&fixture);
}

static void who_needs_the_last_memory_waits_until_it_is_wiped(void) {
    enum { ALL = 1 << 20, SMALLEST_SEGMENT = 1 << 18 };
    struct fixture fixture =
        fixture_start(&(struct peer_options){.arena_bytes = ALL + SMALLEST_SEGMENT});
    berth_block output;
    for (int round = 0; round < 50; round++) {
        CHECK_OK(berth_block_alloc(fixture.echo, BERTH_OUTPUT, ALL, &output));
        CHECK_OK(berth_block_free_wiped(fixture.connection, output, ALL));
    }
    CHECK(atomic_load(&fixture.peer.seen->segments) == 1);
    fixture_stop(&fixture);
}

static void a_broker_that_cannot_wipe_is_not_asked(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){.minor_zero = true});
    berth_block output, other;
    const uint8_t *memory = secret_output(&fixture, &output);
    CHECK_OK(berth_block_free_wiped(fixture.connection, output, BYTES));
    CHECK_OK(berth_block_alloc(fixture.echo, BERTH_OUTPUT, BYTES, &other));
    CHECK(berth_block_data(fixture.connection, other) == memory);
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    fixture_stop(&fixture); /* without a violation */
}

static void memory_that_the_broker_would_not_wipe_is_not_used_again(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){.refuse_wipes = true});
    enum { BLOCKS = 40 }; /* more than are asked for at once */
    const void *refused[BLOCKS];
    berth_block output;
    for (unsigned i = 0; i < BLOCKS; i++) {
        CHECK_OK(berth_block_alloc(fixture.echo, BERTH_OUTPUT, BYTES, &output));
        refused[i] = berth_block_data(fixture.connection, output);
        for (unsigned k = 0; k < i; k++) {
            CHECK(refused[i] != refused[k]);
        }
        CHECK_OK(berth_block_free_wiped(fixture.connection, output, BYTES));
        await_wipes(&fixture, i + 1);
    }
    CHECK_OK(berth_release(fixture.echo));
    fixture_stop(&fixture);
}

static void blocks_that_wait_for_it_end_with_their_session_or_resource(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){.mute_wipes = true});
    enum { BLOCKS = 40, ASKED_AT_ONCE = 32, ROUNDS = 3 };
    berth_block output;
    for (unsigned round = 1; round <= ROUNDS; round++) {
        for (int i = 0; i < BLOCKS; i++) {
            CHECK_OK(berth_block_alloc(fixture.echo, BERTH_OUTPUT, BYTES, &output));
            CHECK_OK(berth_block_free_wiped(fixture.connection, output, BYTES));
        }
        /* The next session's blocks are asked for although the last one's were not answered. */
        fixture_await(&fixture.peer.seen->wipes, round * ASKED_AT_ONCE);
        if (round < ROUNDS) {
            (void)fixture_call(&fixture, PEER_HANG_UP, 0, 0, NULL);
            CHECK_OK(fixture_call(&fixture, 1, 0, BERTH_IDEMPOTENT, NULL));
        }
    }
    CHECK_OK(berth_release(fixture.echo));
    fixture.echo = fixture_open(fixture.connection, "echo:other");
    CHECK_OK(berth_block_alloc(fixture.echo, BERTH_OUTPUT, BYTES, &output));
    CHECK_OK(berth_block_free_wiped(fixture.connection, output, BYTES));
    fixture_await(&fixture.peer.seen->wipes, ROUNDS * ASKED_AT_ONCE + 1);
    CHECK(atomic_load(&fixture.peer.seen->wipes) == ROUNDS * ASKED_AT_ONCE + 1);
    fixture_stop(&fixture);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(an_input_is_wiped_as_far_as_was_asked),
        TEST(an_input_that_may_still_be_read_is_wiped_after_the_end),
        TEST(an_output_is_wiped_by_the_broker_before_it_is_used_again),
        TEST(nobody_pays_who_does_not_ask_for_it),
        TEST(an_output_that_may_still_be_written_is_wiped_after_the_end),
        TEST(who_needs_the_last_memory_waits_until_it_is_wiped),
        TEST(a_broker_that_cannot_wipe_is_not_asked),
        TEST(memory_that_the_broker_would_not_wipe_is_not_used_again),
        TEST(blocks_that_wait_for_it_end_with_their_session_or_resource),
    };
    return RUN_TESTS(tests, argc, argv);
}
