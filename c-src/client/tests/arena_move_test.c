/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks that are held while their broker is reloaded, is killed, or has less room than the last.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "fixture.h"

#define LONG_MILLIS 30000

/* An input and an output for one request after the other, and where they lie. */
struct pair {
    struct fixture *fixture;
    uint64_t bytes;
    berth_block input;
    berth_block output;
    uint8_t *from;
    const uint8_t *to;
};

static struct pair pair_lease(struct fixture *fixture, uint64_t bytes) {
    struct pair pair = {.fixture = fixture, .bytes = bytes};
    CHECK_OK(berth_block_alloc(fixture->echo, BERTH_INPUT, bytes, &pair.input));
    CHECK_OK(berth_block_alloc(fixture->echo, BERTH_OUTPUT, bytes, &pair.output));
    pair.from = berth_block_data(fixture->connection, pair.input);
    pair.to = berth_block_data(fixture->connection, pair.output);
    return pair;
}

static void pair_free(struct pair *pair) {
    CHECK_OK(berth_block_free(pair->fixture->connection, pair->input));
    CHECK_OK(berth_block_free(pair->fixture->connection, pair->output));
}

static void pair_fill(struct pair *pair, unsigned seed) {
    for (uint64_t i = 0; i < pair->bytes; i++) {
        pair->from[i] = (uint8_t)(i * 31 + (i >> 8) + seed);
    }
}

static berth_request pair_request(const struct pair *pair, uint32_t operation) {
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = operation;
    request.timeout_ms = LONG_MILLIS;
    request.input = (berth_block_use){.block = pair->input, .bytes = pair->bytes};
    request.output = (berth_block_use){.block = pair->output, .bytes = pair->bytes};
    return request;
}

static berth_result pair_call(const struct pair *pair, uint32_t operation) {
    berth_request request = pair_request(pair, operation);
    berth_reply reply = BERTH_REPLY_INIT;
    berth_result result = berth_call(pair->fixture->echo, &request, &reply);
    CHECK(result != BERTH_OK || reply.output_bytes == pair->bytes);
    return result;
}

/* The pointers from the beginning show input and answer, whichever session the memory is of. */
static void pair_check(const struct pair *pair, unsigned seed) {
    struct berth_conn *connection = pair->fixture->connection;
    CHECK(berth_block_data(connection, pair->input) == pair->from);
    CHECK(berth_block_data(connection, pair->output) == pair->to);
    CHECK(memcmp(pair->from, pair->to, pair->bytes) == 0);
    CHECK(pair->from[pair->bytes - 1] ==
          (uint8_t)((pair->bytes - 1) * 31 + ((pair->bytes - 1) >> 8) + seed));
}

static void restart(struct fixture *fixture, const struct peer_options *options) {
    struct peer_options next = *options;
    peer_kill(&fixture->peer);
    next.path = fixture->path;
    fixture->peer = peer_start(&next);
}

/* GOAWAY, and the client in the next session. */
static void reload(struct fixture *fixture) {
    unsigned sessions = atomic_load(&fixture->peer.seen->sessions);
    CHECK_OK(fixture_call(fixture, PEER_GOAWAY, LONG_MILLIS, 0, NULL));
    while (atomic_load(&fixture->peer.seen->sessions) == sessions ||
           atomic_load(&fixture->peer.seen->open_sessions) != 1) {
        CHECK_OK(fixture_call(fixture, BERTH_OP_ECHO, LONG_MILLIS, 0, NULL));
    }
}

static berth_completion poll_one(struct fixture *fixture) {
    berth_completion completion;
    size_t count;
    CHECK_OK(berth_poll(fixture->connection, &completion, 1, LONG_MILLIS, &count));
    CHECK(count == 1);
    return completion;
}

static void blocks_that_are_held_go_over_to_the_next_broker_with_what_stands_in_them(void) {
    enum { PAIRS = 5 };
    static const uint64_t bytes[PAIRS] = {1, 5000, 300000, 4096, 3000000};
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct pair pairs[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
        pairs[i] = pair_lease(&fixture, bytes[i]);
    }
    for (unsigned round = 0; round < 4; round++) {
        for (int i = 0; i < PAIRS; i++) {
            pair_fill(&pairs[i], round + (unsigned)i);
        }
        if (round != 0) {
            reload(&fixture);
        }
        for (int i = 0; i < PAIRS; i++) {
            CHECK_OK(pair_call(&pairs[i], BERTH_OP_ECHO));
            pair_check(&pairs[i], round + (unsigned)i);
            /* Also what is written after the move. */
            pair_fill(&pairs[i], round + 99);
            CHECK_OK(pair_call(&pairs[i], BERTH_OP_ECHO));
            pair_check(&pairs[i], round + 99);
        }
    }
    for (int i = 0; i < PAIRS; i++) {
        pair_free(&pairs[i]);
        CHECK_RESULT(berth_block_free(fixture.connection, pairs[i].input), NOT_FOUND,
                     STALE_REFERENCE);
    }
    fixture_stop(&fixture);
}

static void blocks_that_are_held_survive_a_broker_that_is_killed(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct pair pair = pair_lease(&fixture, 100000);
    for (unsigned round = 0; round < 3; round++) {
        pair_fill(&pair, round);
        restart(&fixture, &(struct peer_options){0});
        CHECK_OK(pair_call(&pair, BERTH_OP_ECHO));
        pair_check(&pair, round);
    }
    fixture_stop(&fixture);
}

static void an_idempotent_request_with_blocks_is_sent_again_with_them(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct pair pair = pair_lease(&fixture, 100000);
    pair_fill(&pair, 7);
    berth_request request = pair_request(&pair, PEER_TAKE);
    request.flags = BERTH_IDEMPOTENT;
    CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
    fixture_await(&fixture.peer.seen->requests, 1);
    restart(&fixture, &(struct peer_options){0});
    berth_completion completion = poll_one(&fixture);
    CHECK_OK(completion.result);
    CHECK(completion.output_bytes == pair.bytes);
    CHECK(atomic_load(&fixture.peer.seen->resubmitted) == 1);
    pair_check(&pair, 7);
    fixture_stop(&fixture);
}

static void a_request_with_blocks_that_may_have_been_executed_ends_and_leaves_them_usable(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct pair pair = pair_lease(&fixture, 100000);
    pair_fill(&pair, 1);
    CHECK_RESULT(pair_call(&pair, PEER_HANG_UP), ABORTED, CONNECTION_LOST_OUTCOME_UNKNOWN);
    CHECK_OK(pair_call(&pair, BERTH_OP_ECHO));
    pair_check(&pair, 1);
    fixture_stop(&fixture);
}

static void what_was_certainly_not_taken_is_sent_again_with_its_blocks(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct pair pair = pair_lease(&fixture, 5000);
    pair_fill(&pair, 3);
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = PEER_STALL;
    request.timeout_ms = LONG_MILLIS;
    CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
    fixture_await(&fixture.peer.seen->requests, 1);
    request = pair_request(&pair, BERTH_OP_ECHO);
    CHECK_OK(berth_submit(fixture.echo, &request, &pair, NULL));
    restart(&fixture, &(struct peer_options){0});
    for (int i = 0; i < 2; i++) {
        berth_completion completion = poll_one(&fixture);
        if (completion.user_data == &pair) {
            CHECK_OK(completion.result);
        } else {
            CHECK_RESULT(completion.result, ABORTED, CONNECTION_LOST_OUTCOME_UNKNOWN);
        }
    }
    pair_check(&pair, 3);
    fixture_stop(&fixture);
}

static void what_a_leaving_broker_declined_is_sent_to_the_next_with_its_blocks(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct pair pair = pair_lease(&fixture, 5000);
    pair_fill(&pair, 5);
    CHECK_OK(pair_call(&pair, PEER_DECLINE));
    CHECK(atomic_load(&fixture.peer.seen->sessions) == 2);
    pair_check(&pair, 5);
    fixture_stop(&fixture);
}

static void only_an_output_is_not_moved_while_the_old_broker_may_write_to_it(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct pair pair = pair_lease(&fixture, 5000);
    struct pair other = pair_lease(&fixture, 5000);
    pair_fill(&pair, 8);
    uint32_t number;
    berth_request request = pair_request(&pair, PEER_GOAWAY_HOLD);
    request.reply = &number;
    request.reply_limit = sizeof number;
    CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
    fixture_await(&fixture.peer.seen->requests, 1);
    while (atomic_load(&fixture.peer.seen->sessions) < 2) {
        CHECK_OK(fixture_call(&fixture, BERTH_OP_ECHO, LONG_MILLIS, 0, NULL));
    }
    CHECK_RESULT(pair_call(&pair, BERTH_OP_ECHO), FAILED_PRECONDITION, BLOCK_PINNED);
    /* The input is read by both. */
    berth_block output = pair.output;
    pair.output = other.output;
    CHECK_OK(pair_call(&pair, BERTH_OP_ECHO));
    CHECK(memcmp(pair.from, other.to, pair.bytes) == 0);
    CHECK_OK(fixture_call(&fixture, PEER_RELEASE, LONG_MILLIS, 0, NULL));
    CHECK_OK(poll_one(&fixture).result);
    pair.output = output;
    CHECK_OK(pair_call(&pair, BERTH_OP_ECHO));
    pair_check(&pair, 8);
    fixture_stop(&fixture);
}

static void a_block_for_which_the_next_broker_has_no_room_is_told_and_keeps_its_content(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct pair large = pair_lease(&fixture, 1 << 20);
    struct pair small = pair_lease(&fixture, 5000);
    pair_fill(&large, 4);
    pair_fill(&small, 5);
    restart(&fixture, &(struct peer_options){.arena_bytes = 600000});
    for (int i = 0; i < 2; i++) {
        CHECK_RESULT(pair_call(&large, BERTH_OP_ECHO), RESOURCE_EXHAUSTED, BUDGET_EXCEEDED);
        CHECK(strstr(berth_last_error(), "block of 1048576 bytes") != NULL);
        CHECK(strstr(berth_last_error(), "arena budget") != NULL);
    }
    /* Others go on. */
    CHECK_OK(pair_call(&small, BERTH_OP_ECHO));
    pair_check(&small, 5);
    CHECK_OK(fixture_call(&fixture, BERTH_OP_ECHO, LONG_MILLIS, 0, NULL));
    /* With room it follows after all, with what stood in it. */
    restart(&fixture, &(struct peer_options){0});
    CHECK_OK(pair_call(&large, BERTH_OP_ECHO));
    pair_check(&large, 4);
    fixture_stop(&fixture);
}

static void a_request_in_flight_is_told_when_there_is_no_room_for_its_block(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct pair pair = pair_lease(&fixture, 1 << 20);
    pair_fill(&pair, 2);
    berth_request request = pair_request(&pair, PEER_TAKE);
    request.flags = BERTH_IDEMPOTENT;
    CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
    fixture_await(&fixture.peer.seen->requests, 1);
    restart(&fixture, &(struct peer_options){.arena_bytes = 600000});
    berth_completion completion = poll_one(&fixture);
    CHECK_RESULT(completion.result, RESOURCE_EXHAUSTED, BUDGET_EXCEEDED);
    printf("  %s\n", completion.text);
    restart(&fixture, &(struct peer_options){0});
    CHECK_OK(pair_call(&pair, BERTH_OP_ECHO));
    pair_check(&pair, 2);
    fixture_stop(&fixture);
}

static void a_small_block_follows_where_only_its_own_bytes_have_room(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct pair pair = pair_lease(&fixture, 5000);
    pair_fill(&pair, 6);
    restart(&fixture, &(struct peer_options){.arena_bytes = 20000}); /* no segment of 256 KiB */
    CHECK_OK(pair_call(&pair, BERTH_OP_ECHO));
    pair_check(&pair, 6);
    CHECK(atomic_load(&fixture.peer.seen->segments) == 2);
    fixture_stop(&fixture);
}

static void who_needs_no_memory_does_not_wait_for_those_who_do(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct pair pair = pair_lease(&fixture, 5000);
    pair_fill(&pair, 3);
    restart(&fixture, &(struct peer_options){.mute_segments = true});
    berth_request request = pair_request(&pair, BERTH_OP_ECHO);
    berth_ticket ticket;
    CHECK_OK(berth_submit(fixture.echo, &request, NULL, &ticket));
    for (int i = 0; i < 10; i++) {
        CHECK_OK(fixture_call(&fixture, BERTH_OP_ECHO, LONG_MILLIS, 0, NULL));
    }
    CHECK(atomic_load(&fixture.peer.seen->requests) == 10);
    CHECK(atomic_load(&fixture.peer.seen->segments_unanswered) == 2); /* each asked for once */
    CHECK_OK(berth_cancel(fixture.connection, ticket));
    CHECK_RESULT(poll_one(&fixture).result, CANCELLED, CANCELLED);
    request.timeout_ms = 20;
    CHECK_RESULT(berth_call(fixture.echo, &request, NULL), DEADLINE_EXCEEDED,
                 EXPIRED_BEFORE_DISPATCH);
    /* What was asked of a lost broker is asked of the next. */
    restart(&fixture, &(struct peer_options){0});
    CHECK_OK(pair_call(&pair, BERTH_OP_ECHO));
    pair_check(&pair, 3);
    fixture_stop(&fixture);
}

static void a_block_freed_while_its_request_waits_still_goes_with_it(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct pair pair = pair_lease(&fixture, 5000);
    struct pair check = pair_lease(&fixture, 5000);
    pair_fill(&pair, 9);
    pair.output = check.output;
    berth_request request = pair_request(&pair, PEER_TAKE);
    request.flags = BERTH_IDEMPOTENT;
    CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
    fixture_await(&fixture.peer.seen->requests, 1);
    CHECK_OK(berth_block_free(fixture.connection, pair.input));
    restart(&fixture, &(struct peer_options){0});
    CHECK_OK(poll_one(&fixture).result);
    pair_fill(&check, 9);
    CHECK(memcmp(check.from, check.to, check.bytes) == 0);
    fixture_stop(&fixture);
}

static void a_block_of_a_resource_given_back_does_not_follow(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_resource *other;
    berth_block block;
    other = fixture_open(fixture.connection, "echo:other");
    CHECK_OK(berth_block_alloc(other, BERTH_INPUT, 100, &block));
    uint8_t *data = berth_block_data(fixture.connection, block);
    data[0] = 42;
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = BERTH_OP_ECHO;
    request.timeout_ms = LONG_MILLIS;
    request.input.block = block;
    reload(&fixture);
    /* A block serves every resource of its worker, and follows for any of them. */
    CHECK_OK(berth_call(fixture.echo, &request, NULL));
    reload(&fixture);
    CHECK_OK(berth_release(other));
    CHECK_RESULT(berth_call(fixture.echo, &request, NULL), NOT_FOUND, STALE_REFERENCE);
    CHECK(data[0] == 42);
    CHECK_OK(berth_block_free(fixture.connection, block));
    fixture_stop(&fixture);
}

/* ---- What stays mapped -------------------------------------------------------------------------
 */

/* Mappings of the peer's memory; inode (if not 0): of that file only. */
static int mappings(unsigned long inode) {
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    char line[512];
    int count = 0;
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long found;
        if (strstr(line, "memfd:peer") != NULL &&
            sscanf(line, "%*s %*s %*s %*s %lu", &found) == 1 && (inode == 0 || inode == found)) {
            count++;
        }
    }
    fclose(maps);
    return count;
}

static unsigned long inode_at(const void *address) {
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    char line[512];
    unsigned long result = 0;
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from, to, inode;
        if (sscanf(line, "%lx-%lx %*s %*s %*s %lu", &from, &to, &inode) == 3 &&
            from <= (uintptr_t)address && (uintptr_t)address < to) {
            result = inode;
        }
    }
    fclose(maps);
    return result;
}

static void no_memory_of_an_old_broker_stays_when_its_blocks_have_moved(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct pair first = pair_lease(&fixture, 5000);
    struct pair second = pair_lease(&fixture, 100);
    struct pair cached = pair_lease(&fixture, 20000);
    pair_free(&cached);
    for (int round = 0; round < 3; round++) {
        unsigned long input = inode_at(first.from), output = inode_at(first.to);
        CHECK(mappings(input) != 0 && mappings(output) != 0);
        if (round == 1) {
            restart(&fixture, &(struct peer_options){0});
        } else {
            reload(&fixture);
        }
        CHECK_OK(pair_call(&first, BERTH_OP_ECHO));
        CHECK_OK(pair_call(&second, BERTH_OP_ECHO));
        CHECK(mappings(input) == 0 && mappings(output) == 0);
    }
    pair_free(&first);
    pair_free(&second);
    CHECK(mappings(0) == 4); /* two regions and the current session's two segments */
    /* And these serve again, at addresses of their own. */
    first = pair_lease(&fixture, 5000);
    pair_fill(&first, 1);
    CHECK_OK(pair_call(&first, BERTH_OP_ECHO));
    pair_check(&first, 1);
    CHECK(mappings(0) == 4);
    fixture_stop(&fixture);
}

static void a_block_that_has_moved_is_not_mapped_in_a_child(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct pair pair = pair_lease(&fixture, 5000);
    reload(&fixture);
    CHECK_OK(pair_call(&pair, BERTH_OP_ECHO));
    pid_t child = fork();
    if (child == 0) {
        unsigned char resident[4];
        CHECK(mincore(pair.from, 5000, resident) != 0 && errno == ENOMEM);
        CHECK(mappings(0) == 0);
        CHECK_OK(berth_close(fixture.connection));
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK_OK(pair_call(&pair, BERTH_OP_ECHO));
    fixture_stop(&fixture);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(blocks_that_are_held_go_over_to_the_next_broker_with_what_stands_in_them),
        TEST(blocks_that_are_held_survive_a_broker_that_is_killed),
        TEST(an_idempotent_request_with_blocks_is_sent_again_with_them),
        TEST(a_request_with_blocks_that_may_have_been_executed_ends_and_leaves_them_usable),
        TEST(what_was_certainly_not_taken_is_sent_again_with_its_blocks),
        TEST(what_a_leaving_broker_declined_is_sent_to_the_next_with_its_blocks),
        TEST(only_an_output_is_not_moved_while_the_old_broker_may_write_to_it),
        TEST(a_block_for_which_the_next_broker_has_no_room_is_told_and_keeps_its_content),
        TEST(a_request_in_flight_is_told_when_there_is_no_room_for_its_block),
        TEST(a_small_block_follows_where_only_its_own_bytes_have_room),
        TEST(who_needs_no_memory_does_not_wait_for_those_who_do),
        TEST(a_block_freed_while_its_request_waits_still_goes_with_it),
        TEST(a_block_of_a_resource_given_back_does_not_follow),
        TEST(no_memory_of_an_old_broker_stays_when_its_blocks_have_moved),
        TEST(a_block_that_has_moved_is_not_mapped_in_a_child),
    };
    return RUN_TESTS(tests, argc, argv);
}
