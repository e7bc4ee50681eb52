/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks: leasing, using, freeing, staleness, quarantine. */
#include <sched.h>
#include <unistd.h>

#include "check.h"
#include "fixture.h"

static berth_result copy_through(struct fixture *fixture, berth_block input, berth_block output,
                                 uint64_t bytes, uint32_t operation, uint32_t timeout_ms,
                                 berth_reply *reply) {
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = operation;
    request.timeout_ms = timeout_ms;
    request.input.block = input;
    request.input.bytes = bytes;
    request.output.block = output;
    return berth_call(fixture->echo, &request, reply);
}

static void blocks_carry_what_is_too_large_for_the_ring(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    for (uint64_t bytes = 1; bytes <= (8u << 20); bytes = bytes * 3 + 1) {
        berth_block input, output;
        CHECK_OK(berth_block_alloc(fixture.echo, BERTH_INPUT, bytes, &input));
        CHECK_OK(berth_block_alloc(fixture.echo, BERTH_OUTPUT, bytes, &output));
        CHECK(berth_block_bytes(fixture.connection, input) >= bytes);
        uint8_t *from = berth_block_data(fixture.connection, input);
        const uint8_t *to = berth_block_data(fixture.connection, output);
        for (uint64_t i = 0; i < bytes; i++) {
            from[i] = (uint8_t)(i * 31 + bytes);
        }
        berth_reply reply = BERTH_REPLY_INIT;
        CHECK_OK(
            copy_through(&fixture, input, output, bytes, BERTH_OP_ECHO, PATIENT_MILLIS, &reply));
        CHECK(reply.output_bytes == bytes && memcmp(from, to, bytes) == 0);
        CHECK_OK(berth_block_free(fixture.connection, input));
        CHECK_OK(berth_block_free(fixture.connection, output));
    }
    fixture_stop(&fixture);
}

static void freed_blocks_are_used_again_without_asking_the_broker(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    for (int i = 0; i < 10000; i++) {
        berth_block block;
        CHECK_OK(berth_block_alloc(fixture.echo, BERTH_INPUT, 4096, &block));
        CHECK_OK(berth_block_free(fixture.connection, block));
    }
    CHECK(atomic_load(&fixture.peer.seen->segments) == 1);
    fixture_stop(&fixture);
}

static void leased_blocks_never_overlap(void) {
    enum { BLOCKS = 300 };
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_block blocks[BLOCKS];
    for (unsigned i = 0; i < BLOCKS; i++) {
        uint64_t bytes = 1 + (i * 997) % 20000;
        CHECK_OK(berth_block_alloc(fixture.echo, BERTH_INPUT, bytes, &blocks[i]));
        memset(berth_block_data(fixture.connection, blocks[i]), (int)i,
               berth_block_bytes(fixture.connection, blocks[i]));
        if (i % 3 == 2) {
            CHECK_OK(berth_block_free(fixture.connection, blocks[i - 1]));
            blocks[i - 1].id = 0;
        }
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (blocks[i].id != 0) {
            const uint8_t *data = berth_block_data(fixture.connection, blocks[i]);
            uint64_t bytes = berth_block_bytes(fixture.connection, blocks[i]);
            CHECK(data[0] == (uint8_t)i && data[bytes - 1] == (uint8_t)i &&
                  data[bytes / 2] == (uint8_t)i);
        }
    }
    fixture_stop(&fixture);
}

static void a_freed_name_is_stale_for_ever(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_block first, second, none = {0}, wild = {UINT64_C(0xdeadbeefdeadbeef)};
    CHECK_OK(berth_block_alloc(fixture.echo, BERTH_INPUT, 100, &first));
    CHECK_OK(berth_block_free(fixture.connection, first));
    CHECK_RESULT(berth_block_free(fixture.connection, first), NOT_FOUND, STALE_REFERENCE);
    CHECK_OK(berth_block_alloc(fixture.echo, BERTH_INPUT, 100, &second)); /* the same memory */
    CHECK(first.id != second.id);
    CHECK(berth_block_data(fixture.connection, first) == NULL);
    CHECK(berth_block_data(fixture.connection, second) != NULL);
    CHECK_RESULT(copy_through(&fixture, first, none, 0, BERTH_OP_ECHO, 0, NULL), NOT_FOUND,
                 STALE_REFERENCE);
    CHECK_RESULT(berth_block_free(fixture.connection, none), NOT_FOUND, STALE_REFERENCE);
    CHECK_RESULT(berth_block_free(fixture.connection, wild), NOT_FOUND, STALE_REFERENCE);
    CHECK(berth_block_data(fixture.connection, wild) == NULL);
    fixture_stop(&fixture);
}

static void wrong_bounds_and_directions_are_refused(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_block input, output, none = {0};
    CHECK_OK(berth_block_alloc(fixture.echo, BERTH_INPUT, 4096, &input));
    CHECK_OK(berth_block_alloc(fixture.echo, BERTH_OUTPUT, 4096, &output));
    CHECK_RESULT(copy_through(&fixture, input, none, 4097, BERTH_OP_ECHO, 0, NULL),
                 INVALID_ARGUMENT, STALE_REFERENCE);
    CHECK_RESULT(copy_through(&fixture, output, none, 1, BERTH_OP_ECHO, 0, NULL), INVALID_ARGUMENT,
                 STALE_REFERENCE);
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = BERTH_OP_ECHO;
    request.input = (berth_block_use){.block = input, .offset = UINT64_MAX, .bytes = 2};
    CHECK_RESULT(berth_call(fixture.echo, &request, NULL), INVALID_ARGUMENT, STALE_REFERENCE);
    berth_block huge;
    CHECK_RESULT(berth_block_alloc(fixture.echo, BERTH_INPUT, 0, &huge), INVALID_ARGUMENT, NONE);
    CHECK_RESULT(berth_block_alloc(fixture.echo, BERTH_INPUT, UINT64_C(1) << 36, &huge),
                 RESOURCE_EXHAUSTED, BUDGET_EXCEEDED);
    CHECK_OK(berth_block_alloc(fixture.echo, BERTH_INPUT, 10, &huge)); /* the rest goes on */
    fixture_stop(&fixture);
}

static void a_block_of_a_timed_out_request_stays_out_of_use_until_its_end(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_block input = {0}, output, next;
    CHECK_OK(berth_block_alloc(fixture.echo, BERTH_OUTPUT, 4096, &output));
    const void *memory = berth_block_data(fixture.connection, output);
    CHECK_RESULT(copy_through(&fixture, input, output, 0, PEER_MUTE, 20, NULL), DEADLINE_EXCEEDED,
                 CALLER_TIMED_OUT);
    CHECK_RESULT(copy_through(&fixture, input, output, 0, BERTH_OP_ECHO, 0, NULL),
                 FAILED_PRECONDITION, BLOCK_PINNED);
    CHECK_OK(berth_block_free(fixture.connection, output));
    CHECK(berth_block_data(fixture.connection, output) == NULL);
    for (int i = 0; i < 8; i++) {
        CHECK_OK(berth_block_alloc(fixture.echo, BERTH_OUTPUT, 4096, &next));
        CHECK(berth_block_data(fixture.connection, next) != memory);
    }
    fixture_stop(&fixture);

    /* With SILENCE the CANCEL is answered by an END: then the memory may be used again. */
    fixture = fixture_start(&(struct peer_options){0});
    CHECK_OK(berth_block_alloc(fixture.echo, BERTH_OUTPUT, 4096, &output));
    memory = berth_block_data(fixture.connection, output);
    CHECK_RESULT(copy_through(&fixture, input, output, 0, PEER_SILENCE, 20, NULL),
                 DEADLINE_EXCEEDED, CALLER_TIMED_OUT);
    CHECK_OK(berth_block_free(fixture.connection, output));
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL)); /* its answer comes after the END */
    CHECK_OK(berth_block_alloc(fixture.echo, BERTH_OUTPUT, 4096, &next));
    CHECK(berth_block_data(fixture.connection, next) == memory);
    fixture_stop(&fixture);
}

static void a_block_of_a_timed_out_request_is_free_for_the_next_once_the_end_has_come(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_block input = {0}, output;
    CHECK_OK(berth_block_alloc(fixture.echo, BERTH_OUTPUT, 4096, &output));
    CHECK_RESULT(copy_through(&fixture, input, output, 0, PEER_SILENCE, 20, NULL),
                 DEADLINE_EXCEEDED, CALLER_TIMED_OUT);
    /* The END comes at the peer's leisure; nothing but this caller's next tries looks for it. */
    berth_result result;
    while (berth_reason_of(result = copy_through(&fixture, input, output, 0, BERTH_OP_ECHO,
                                                 PATIENT_MILLIS, NULL)) ==
           BERTH_REASON_BLOCK_PINNED) {
        sched_yield();
    }
    CHECK_OK(result);
    fixture_stop(&fixture);
}

static void releasing_a_resource_drops_its_segments(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_resource *other;
    berth_block first, second;
    other = fixture_open(fixture.connection, "echo:other");
    CHECK_OK(berth_block_alloc(other, BERTH_INPUT, 100, &first));
    CHECK_OK(berth_block_alloc(other, BERTH_OUTPUT, 100, &second));
    CHECK_OK(berth_block_free(fixture.connection, second));
    uint8_t *data = berth_block_data(fixture.connection, first);
    CHECK_OK(berth_release(other));
    fixture_await(&fixture.peer.seen->segments_dropped, 2);
    data[0] = 1; /* still leased, still mapped */
    CHECK_OK(berth_block_free(fixture.connection, first));
    CHECK_RESULT(berth_block_free(fixture.connection, first), NOT_FOUND, STALE_REFERENCE);
    fixture_stop(&fixture);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(blocks_carry_what_is_too_large_for_the_ring),
        TEST(freed_blocks_are_used_again_without_asking_the_broker),
        TEST(leased_blocks_never_overlap),
        TEST(a_freed_name_is_stale_for_ever),
        TEST(wrong_bounds_and_directions_are_refused),
        TEST(a_block_of_a_timed_out_request_stays_out_of_use_until_its_end),
        TEST(a_block_of_a_timed_out_request_is_free_for_the_next_once_the_end_has_come),
        TEST(releasing_a_resource_drops_its_segments),
    };
    return RUN_TESTS(tests, argc, argv);
}
