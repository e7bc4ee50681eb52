/* SPDX-License-Identifier: Apache-2.0 */
/* Submitting, polling, cancelling, event loops, streams. */
#include <poll.h>
#include <unistd.h>

#include "check.h"
#include "connection.h"
#include "fixture.h"

static berth_request echo_request(const void *payload, size_t bytes, void *reply, size_t limit) {
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = BERTH_OP_ECHO;
    request.timeout_ms = PATIENT_MILLIS;
    request.payload = payload;
    request.payload_bytes = bytes;
    request.reply = reply;
    request.reply_limit = limit;
    return request;
}

static void many_requests_complete_each_once_with_its_own_answer(void) {
    enum { WINDOW = 64, TOTAL = 20000 };
    struct fixture fixture = fixture_start(&(struct peer_options){.yield_micros = 20});
    static uint64_t replies[WINDOW];
    static unsigned completed[TOTAL];
    unsigned submitted = 0, done = 0, in_flight = 0;
    memset(completed, 0, sizeof completed);
    unsigned slot_of[WINDOW], free_slots = WINDOW;
    for (unsigned i = 0; i < WINDOW; i++) {
        slot_of[i] = i;
    }
    while (done < TOTAL) {
        while (in_flight < WINDOW && submitted < TOTAL) {
            unsigned slot = slot_of[--free_slots];
            uint64_t payload = submitted;
            berth_request request =
                echo_request(&payload, sizeof payload, &replies[slot], sizeof replies[slot]);
            CHECK_OK(berth_submit(fixture.echo, &request, (void *)(uintptr_t)submitted, NULL));
            payload = UINT64_MAX; /* ours again */
            submitted++;
            in_flight++;
        }
        berth_completion completions[WINDOW];
        size_t count;
        CHECK_OK(berth_poll(fixture.connection, completions, WINDOW, PATIENT_MILLIS, &count));
        CHECK(count > 0);
        for (size_t i = 0; i < count; i++) {
            CHECK_OK(completions[i].result);
            uint64_t *reply = completions[i].reply;
            CHECK(completions[i].bytes == 8 && *reply == (uintptr_t)completions[i].user_data);
            CHECK(completed[*reply]++ == 0);
            slot_of[free_slots++] = (unsigned)(reply - replies);
            in_flight--;
            done++;
        }
    }
    fixture_stop(&fixture);
}

enum { BATCH = 40, ROOM = 36 };

static void a_batch_goes_out_whole_as_far_as_there_is_room(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){.max_in_flight = ROOM});
    uint64_t payloads[BATCH], replies[BATCH];
    berth_request requests[BATCH];
    berth_submission submissions[BATCH];
    for (size_t i = 0; i < BATCH; i++) {
        payloads[i] = i;
        requests[i] =
            echo_request(&payloads[i], sizeof payloads[i], &replies[i], sizeof replies[i]);
        submissions[i] = (berth_submission){
            .resource = fixture.echo, .request = &requests[i], .user_data = &replies[i]};
    }
    size_t submitted;
    CHECK_RESULT(berth_submit_batch(fixture.connection, submissions, BATCH, &submitted),
                 RESOURCE_EXHAUSTED, QUEUE_FULL);
    CHECK(submitted == ROOM);
    fixture_await(&fixture.peer.seen->requests, ROOM); /* nothing is held back for a poll */
    berth_completion completions[BATCH];
    for (size_t done = 0, count; done < ROOM; done += count) {
        CHECK_OK(berth_poll(fixture.connection, completions, BATCH, PATIENT_MILLIS, &count));
        for (size_t i = 0; i < count; i++) {
            CHECK_OK(completions[i].result);
            CHECK(completions[i].user_data == &replies[done + i]);
            CHECK(completions[i].ticket.id == submissions[done + i].ticket.id);
            CHECK(replies[done + i] == done + i);
        }
    }
    CHECK_OK(berth_submit_batch(fixture.connection, submissions, 0, &submitted));
    CHECK(submitted == 0);
    fixture_stop(&fixture);
}

static void a_batch_stops_at_a_resource_of_another_connection(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct fixture other = fixture_start(&(struct peer_options){0});
    berth_request request = echo_request(NULL, 0, NULL, 0);
    berth_submission submissions[] = {{.resource = fixture.echo, .request = &request},
                                      {.resource = other.echo, .request = &request}};
    size_t submitted, count;
    CHECK_RESULT(berth_submit_batch(fixture.connection, submissions, 2, &submitted),
                 INVALID_ARGUMENT, NONE);
    CHECK(submitted == 1);
    berth_completion completion;
    CHECK_OK(berth_poll(fixture.connection, &completion, 1, PATIENT_MILLIS, &count));
    CHECK(count == 1);
    fixture_stop(&other);
    fixture_stop(&fixture);
}

static void a_poll_waits_for_as_many_as_it_asks_for_and_not_for_more_than_can_come(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    static const uint32_t operations[] = {PEER_HOLD, PEER_HOLD, PEER_HOLD, BERTH_OP_ECHO,
                                          BERTH_OP_ECHO};
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        berth_request request = echo_request(NULL, 0, NULL, 0);
        request.operation = operations[i];
        CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
    }
    berth_completion completions[8];
    size_t count;
    CHECK_OK(berth_poll_batch(fixture.connection, completions, 8, 2, PATIENT_MILLIS, &count));
    CHECK(count == 2);
    CHECK_OK(berth_poll_batch(fixture.connection, completions, 8, 2, 1, &count));
    CHECK(count == 0);
    CHECK_OK(fixture_call(&fixture, PEER_RELEASE, 0, 0, NULL));
    CHECK_OK(berth_poll_batch(fixture.connection, completions, 2, 8, PATIENT_MILLIS, &count));
    CHECK(count == 2); /* no more than there is room for */
    CHECK_OK(berth_poll_batch(fixture.connection, completions, 8, 8, -1, &count));
    CHECK(count == 1);
    fixture_stop(&fixture);
}

static void answers_may_come_in_any_order(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    uint32_t numbers[8];
    for (uintptr_t i = 0; i < 8; i++) {
        berth_request request = echo_request(NULL, 0, &numbers[i], sizeof numbers[i]);
        request.operation = PEER_HOLD;
        CHECK_OK(berth_submit(fixture.echo, &request, (void *)i, NULL));
    }
    CHECK_OK(fixture_call(&fixture, PEER_RELEASE, 0, 0, NULL));
    berth_completion completions[8];
    size_t count;
    CHECK_OK(berth_poll(fixture.connection, completions, 8, 0, &count));
    CHECK(count == 8);
    for (unsigned i = 0; i < 8; i++) {
        CHECK((uintptr_t)completions[i].user_data == 7 - i && numbers[i] == i);
    }
    fixture_stop(&fixture);
}

static void a_full_window_is_refused_at_once(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){.max_in_flight = 3});
    berth_request request = echo_request(NULL, 0, NULL, 0);
    request.operation = PEER_HOLD;
    for (int i = 0; i < 3; i++) {
        CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
    }
    CHECK_RESULT(berth_submit(fixture.echo, &request, NULL, NULL), RESOURCE_EXHAUSTED, QUEUE_FULL);
    fixture_stop(&fixture);
}

static void a_cancelled_request_completes_as_cancelled(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_request request = echo_request(NULL, 0, NULL, 0);
    request.operation = PEER_SILENCE;
    berth_ticket ticket;
    CHECK_OK(berth_submit(fixture.echo, &request, NULL, &ticket));
    CHECK_OK(berth_cancel(fixture.connection, ticket));
    berth_completion completion;
    size_t count;
    CHECK_OK(berth_poll(fixture.connection, &completion, 1, PATIENT_MILLIS, &count));
    CHECK(count == 1 && completion.ticket.id == ticket.id);
    CHECK_RESULT(completion.result, CANCELLED, CANCELLED);
    CHECK_RESULT(berth_cancel(fixture.connection, ticket), NOT_FOUND, NONE);
    ticket.id = 12345678901;
    CHECK_RESULT(berth_cancel(fixture.connection, ticket), NOT_FOUND, NONE);
    fixture_stop(&fixture);
}

static void a_submitted_request_ends_by_its_own_clock(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_request request = echo_request(NULL, 0, NULL, 0);
    request.operation = PEER_MUTE;
    request.timeout_ms = 20;
    CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
    berth_completion completion;
    size_t count;
    CHECK_OK(berth_poll(fixture.connection, &completion, 1, -1, &count));
    CHECK(count == 1);
    CHECK_RESULT(completion.result, DEADLINE_EXCEEDED, CALLER_TIMED_OUT);
    CHECK_OK(berth_poll(fixture.connection, &completion, 1, 5, &count));
    CHECK(count == 0);
    fixture_stop(&fixture);
}

/* The loop of berth_descriptor's description. */
static size_t loop_until_completion(berth_conn *connection, int descriptor,
                                    berth_completion *completions, size_t capacity,
                                    unsigned *sleeps) {
    for (;;) {
        size_t count;
        CHECK_OK(berth_poll(connection, completions, capacity, 0, &count));
        if (count != 0) {
            return count;
        }
        bool armed;
        CHECK_OK(berth_arm(connection, &armed));
        if (!armed) {
            continue;
        }
        struct pollfd watched = {.fd = descriptor, .events = POLLIN};
        CHECK(poll(&watched, 1, -1) == 1); /* without a time limit: a lost wake-up hangs here */
        ++*sleeps;
    }
}

static void an_event_loop_sleeps_and_is_woken(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    int descriptor;
    unsigned sleeps = 0;
    bool armed;
    CHECK_RESULT(berth_arm(fixture.connection, &armed), FAILED_PRECONDITION, NONE);
    CHECK_OK(berth_descriptor(fixture.connection, &descriptor));
    uint64_t got;
    for (uint64_t i = 0; i < 20000; i++) {
        berth_request request = echo_request(&i, sizeof i, &got, sizeof got);
        CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
        berth_completion completion;
        CHECK(loop_until_completion(fixture.connection, descriptor, &completion, 1, &sleeps) == 1);
        CHECK_OK(completion.result);
        CHECK(got == i);
    }
    printf("  %u sleeps\n", sleeps);
    CHECK(sleeps > 0);
    fixture_stop(&fixture);
}

static void an_event_loop_is_woken_by_a_deadline_and_by_a_lost_broker(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    int descriptor;
    unsigned sleeps = 0;
    CHECK_OK(berth_descriptor(fixture.connection, &descriptor));
    berth_completion completion;
    berth_request request = echo_request(NULL, 0, NULL, 0);
    request.operation = PEER_MUTE;
    request.timeout_ms = 20;
    CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
    CHECK(loop_until_completion(fixture.connection, descriptor, &completion, 1, &sleeps) == 1);
    CHECK_RESULT(completion.result, DEADLINE_EXCEEDED, CALLER_TIMED_OUT);

    request.operation = PEER_DIE;
    request.timeout_ms = PATIENT_MILLIS;
    CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
    CHECK(loop_until_completion(fixture.connection, descriptor, &completion, 1, &sleeps) == 1);
    CHECK_RESULT(completion.result, ABORTED, CONNECTION_LOST_OUTCOME_UNKNOWN);

    /* Nobody listens any more: what is submitted now waits for a broker, until one is there. */
    request.operation = BERTH_OP_ECHO;
    CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
    peer_wait(&fixture.peer);
    fixture.peer = peer_start(&(struct peer_options){.path = fixture.path});
    CHECK(loop_until_completion(fixture.connection, descriptor, &completion, 1, &sleeps) == 1);
    CHECK_OK(completion.result);
    fixture_stop(&fixture);
}

static berth_stream *count_stream(struct fixture *fixture, uint32_t parts, uint32_t bytes,
                                  uint32_t credit, bool manual) {
    uint32_t payload[2] = {parts, bytes};
    berth_request request = echo_request(payload, sizeof payload, NULL, 256);
    request.operation = BERTH_OP_COUNT;
    berth_stream *stream;
    CHECK_OK(berth_stream_open(fixture->echo, &request, credit, manual, &stream));
    return stream;
}

static void a_stream_brings_all_parts_in_order(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){.yield_micros = 20});
    for (uint32_t credit = 1; credit <= 16; credit *= 4) {
        berth_stream *stream = count_stream(&fixture, 200, 100, credit, false);
        uint8_t buffer[256], expected[100];
        berth_part part = BERTH_PART_INIT;
        for (uint32_t i = 0; i < 200; i++) {
            memset(expected, (int)i, sizeof expected);
            CHECK_OK(berth_stream_next(stream, buffer, sizeof buffer, -1, &part));
            CHECK(part.number == i && part.bytes == 100 && !part.end);
            CHECK(memcmp(buffer, expected, sizeof expected) == 0);
        }
        CHECK_OK(berth_stream_next(stream, buffer, sizeof buffer, -1, &part));
        CHECK(part.end && part.bytes == 0 && part.result == BERTH_OK);
        CHECK_RESULT(berth_stream_next(stream, buffer, sizeof buffer, -1, &part), OUT_OF_RANGE,
                     NONE);
        CHECK_OK(berth_stream_close(stream));
    }
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    fixture_stop(&fixture);
}

static void a_stream_pauses_without_credit(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_stream *stream = count_stream(&fixture, 5, 8, 2, true);
    uint8_t buffer[256];
    berth_part part = BERTH_PART_INIT;
    CHECK_RESULT(berth_stream_grant(stream, 1), RESOURCE_EXHAUSTED, REPLY_SPACE);
    for (uint32_t i = 0; i < 5; i++) {
        if (i == 2 || i == 4) {
            CHECK_RESULT(berth_stream_next(stream, buffer, sizeof buffer, 5, &part),
                         DEADLINE_EXCEEDED, NONE);
            CHECK_OK(berth_stream_grant(stream, 2));
        }
        CHECK_OK(berth_stream_next(stream, buffer, sizeof buffer, -1, &part));
        CHECK(part.number == i);
    }
    CHECK_OK(berth_stream_next(stream, buffer, sizeof buffer, -1, &part));
    CHECK(part.end);
    CHECK(atomic_load(&fixture.peer.seen->credits) == 4);
    CHECK_OK(berth_stream_close(stream));
    fixture_stop(&fixture);
}

static void a_part_too_long_for_the_buffer_stays_next(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_stream *stream = count_stream(&fixture, 1, 100, 2, false);
    uint8_t buffer[256];
    berth_part part = BERTH_PART_INIT;
    CHECK_RESULT(berth_stream_next(stream, buffer, 99, -1, &part), OUT_OF_RANGE, REPLY_TOO_LARGE);
    CHECK_OK(berth_stream_next(stream, buffer, 100, -1, &part));
    CHECK(part.bytes == 100);
    CHECK_OK(berth_stream_close(stream));
    fixture_stop(&fixture);
}

static void an_abandoned_stream_is_cancelled_and_its_slot_comes_back(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){.max_in_flight = 1});
    for (unsigned i = 0; i < 5; i++) {
        berth_stream *stream = count_stream(&fixture, 1000, 100, 4, false);
        uint8_t buffer[256];
        berth_part part = BERTH_PART_INIT;
        CHECK_OK(berth_stream_next(stream, buffer, sizeof buffer, -1, &part));
        CHECK_OK(berth_stream_close(stream));
        CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL)); /* waits for the only slot */
    }
    fixture_stop(&fixture);
}

static void a_part_without_credit_ends_the_session(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_request request = echo_request(NULL, 0, NULL, 256);
    request.operation = PEER_EXCESS_PART;
    berth_stream *stream;
    CHECK_OK(berth_stream_open(fixture.echo, &request, 2, true, &stream));
    uint8_t buffer[256];
    berth_part part = BERTH_PART_INIT;
    CHECK_OK(berth_stream_next(stream, buffer, sizeof buffer, -1, &part));
    CHECK_OK(berth_stream_next(stream, buffer, sizeof buffer, -1, &part));
    CHECK_OK(berth_stream_next(stream, buffer, sizeof buffer, -1, &part));
    CHECK(part.end);
    CHECK_RESULT(part.result, ABORTED, CONNECTION_LOST_OUTCOME_UNKNOWN);
    CHECK_OK(berth_stream_close(stream));
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    fixture_stop(&fixture);
}

static void reply_space_is_never_overdrawn(void) {
    /* 8 KiB of ring, 1 KiB answers: about six at once; the peer counts an answer without room as a
     * violation. */
    struct fixture fixture =
        fixture_start(&(struct peer_options){.ring_bytes = 8192, .max_inline = 1024});
    static uint8_t replies[100][1024];
    uint8_t payload[1024] = {0};
    unsigned done = 0;
    for (uintptr_t i = 0; i < 100; i++) {
        payload[0] = (uint8_t)i;
        berth_request request =
            echo_request(payload, sizeof payload, replies[i], sizeof replies[i]);
        CHECK_OK(berth_submit(fixture.echo, &request, (void *)i, NULL));
    }
    while (done < 100) {
        berth_completion completions[16];
        size_t count;
        CHECK_OK(berth_poll(fixture.connection, completions, 16, PATIENT_MILLIS, &count));
        CHECK(count != 0);
        for (size_t i = 0; i < count; i++, done++) {
            CHECK_OK(completions[i].result);
            CHECK(replies[(uintptr_t)completions[i].user_data][0] ==
                  (uint8_t)(uintptr_t)completions[i].user_data);
        }
    }
    berth_request request = echo_request(NULL, 0, replies, 1024);
    berth_stream *stream;
    CHECK_OK(berth_stream_open(fixture.echo, &request, 64, false, &stream));
    berth_part part = BERTH_PART_INIT;
    uint8_t buffer[1024];
    CHECK_OK(berth_stream_next(stream, buffer, sizeof buffer, -1, &part));
    CHECK(part.end);
    CHECK_RESULT(part.result, RESOURCE_EXHAUSTED, REPLY_SPACE);
    CHECK_OK(berth_stream_close(stream));
    fixture_stop(&fixture);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(many_requests_complete_each_once_with_its_own_answer),
        TEST(a_batch_goes_out_whole_as_far_as_there_is_room),
        TEST(a_batch_stops_at_a_resource_of_another_connection),
        TEST(a_poll_waits_for_as_many_as_it_asks_for_and_not_for_more_than_can_come),
        TEST(answers_may_come_in_any_order),
        TEST(a_full_window_is_refused_at_once),
        TEST(a_cancelled_request_completes_as_cancelled),
        TEST(a_submitted_request_ends_by_its_own_clock),
        TEST(an_event_loop_sleeps_and_is_woken),
        TEST(an_event_loop_is_woken_by_a_deadline_and_by_a_lost_broker),
        TEST(a_stream_brings_all_parts_in_order),
        TEST(a_stream_pauses_without_credit),
        TEST(a_part_too_long_for_the_buffer_stays_next),
        TEST(an_abandoned_stream_is_cancelled_and_its_slot_comes_back),
        TEST(a_part_without_credit_ends_the_session),
        TEST(reply_space_is_never_overdrawn),
    };
    sleep_limit_millis = 3600 * 1000; /* a lost wake-up shall hang, not heal */
    return RUN_TESTS(tests, argc, argv);
}
