/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting, opening, blocking calls. */
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "clock.h"
#include "connection.h"
#include "fixture.h"

static void an_echo_comes_back_as_it_was_sent(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){.yield_micros = 50});
    for (uint32_t bytes = 0; bytes <= 4096; bytes += 61) {
        uint8_t sent[4096], got[4096];
        for (uint32_t i = 0; i < bytes; i++) {
            sent[i] = (uint8_t)(i * 7 + bytes);
        }
        berth_request request = BERTH_REQUEST_INIT;
        request.operation = BERTH_OP_ECHO;
        request.timeout_ms = PATIENT_MILLIS;
        request.payload = sent;
        request.payload_bytes = bytes;
        request.reply = got;
        request.reply_limit = sizeof got;
        berth_reply reply = BERTH_REPLY_INIT;
        CHECK_OK(berth_call(fixture.echo, &request, &reply));
        CHECK(reply.bytes == bytes && memcmp(sent, got, bytes) == 0);
    }
    fixture_stop(&fixture);
}

static void a_missing_broker_is_told_at_once(void) {
    berth_conn *connection;
    CHECK_RESULT(berth_connect("/nonexistent/broker.sock", NULL, &connection), UNAVAILABLE,
                 CONNECTION_LOST);
    CHECK(connection == NULL);
    CHECK(strstr(berth_last_error(), "/nonexistent/broker.sock") != NULL);
}

static void a_broker_that_greets_wrongly_is_refused(void) {
    static const struct {
        enum peer_greeting greeting;
        berth_result expected;
    } cases[] = {
        {PEER_SILENT, BERTH_RESULT(BERTH_STATUS_DEADLINE_EXCEEDED, BERTH_REASON_CALLER_TIMED_OUT)},
        {PEER_REFUSES,
         BERTH_RESULT(BERTH_STATUS_FAILED_PRECONDITION, BERTH_REASON_VERSION_MISMATCH)},
        {PEER_GARBAGE, BERTH_RESULT(BERTH_STATUS_INTERNAL, BERTH_REASON_MALFORMED_FRAME)},
        {PEER_HANGS_UP, BERTH_RESULT(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST)},
        {PEER_WRONG_MAGIC, BERTH_RESULT(BERTH_STATUS_INTERNAL, BERTH_REASON_BAD_POSITION)},
        {PEER_WRONG_EPOCH, BERTH_RESULT(BERTH_STATUS_INTERNAL, BERTH_REASON_BAD_POSITION)},
        {PEER_UNSEALED, BERTH_RESULT(BERTH_STATUS_INTERNAL, BERTH_REASON_BAD_POSITION)},
        {PEER_RING_OUTSIDE, BERTH_RESULT(BERTH_STATUS_INTERNAL, BERTH_REASON_BAD_POSITION)},
        {PEER_FEW_DESCRIPTORS, BERTH_RESULT(BERTH_STATUS_INTERNAL, BERTH_REASON_BAD_POSITION)},
        {PEER_SWAPPED_BELLS, BERTH_RESULT(BERTH_STATUS_INTERNAL, BERTH_REASON_BAD_POSITION)},
    };
    int before = open_descriptors();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[108];
        struct peer peer =
            fixture_peer(path, &(struct peer_options){.greeting = cases[i].greeting});
        berth_connect_options options = BERTH_CONNECT_OPTIONS_INIT;
        options.connect_timeout_ms = cases[i].greeting == PEER_SILENT ? 50 : PATIENT_MILLIS;
        berth_conn *connection;
        berth_result result = berth_connect(path, &options, &connection);
        printf("  %s\n", berth_last_error());
        CHECK(result == cases[i].expected);
        CHECK(connection == NULL);
        peer_kill(&peer);
        unlink(path);
    }
    CHECK(open_descriptors() == before);
}

static void a_refused_name_is_told_once_with_the_brokers_reason(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_resource *resource;
    CHECK_RESULT(berth_open(fixture.connection, "deny:this", NULL, &resource), PERMISSION_DENIED,
                 NOT_PERMITTED);
    CHECK(resource == NULL && strcmp(berth_last_error(), "deny:this: uid may not") == 0);
    CHECK_RESULT(berth_open(fixture.connection, "deny:named", NULL, &resource), PERMISSION_DENIED,
                 NOT_PERMITTED);
    CHECK(resource == NULL && strcmp(berth_last_error(), "deny:named is not configured") == 0);
    fixture_stop(&fixture);
}

static void a_resource_tells_what_was_granted(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_resource *resource;
    berth_open_options options = BERTH_OPEN_OPTIONS_INIT;
    options.permissions = BERTH_PERMISSION(BERTH_BIT_SIGN);
    options.on_behalf_of = "tenant";
    CHECK_OK(berth_open(fixture.connection, "hsm:a/b", &options, &resource));
    CHECK(berth_permissions(resource) == BERTH_PERMISSION(BERTH_BIT_SIGN));
    CHECK(atomic_load(&fixture.peer.seen->last_on_behalf_bytes) == 6);
    char driver[8];
    CHECK_OK(berth_driver(resource, driver, sizeof driver));
    CHECK(strcmp(driver, "echo") == 0);
    CHECK_OK(berth_release(resource));
    fixture_await(&fixture.peer.seen->closes, 1);
    fixture_stop(&fixture);
}

static void an_error_arrives_with_status_reason_and_text(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_reply reply = BERTH_REPLY_INIT;
    CHECK_RESULT(fixture_call(&fixture, PEER_FAIL, 0, 0, &reply), RESOURCE_EXHAUSTED, QUEUE_FULL);
    CHECK(strcmp(reply.text, "queue 512 >= 512?") == 0); /* control characters do not get through */
    CHECK(reply.bytes == 0);
    CHECK(reply.device_code == PEER_DEVICE_CODE);
    CHECK(berth_last_device_code() == PEER_DEVICE_CODE);
    CHECK_RESULT(fixture_call(&fixture, PEER_SILENCE, 20, 0, &reply), DEADLINE_EXCEEDED,
                 CALLER_TIMED_OUT);
    CHECK(reply.device_code == 0); /* no device's doing */
    CHECK(berth_last_device_code() == 0);
    fixture_stop(&fixture);
}

static void a_call_ends_by_its_own_clock_and_the_slot_comes_back(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){.max_in_flight = 2});
    for (unsigned i = 0; i < 6; i++) {
        /* SILENCE answers the CANCEL, so that the slot is over at the broker as well. */
        CHECK_RESULT(fixture_call(&fixture, PEER_SILENCE, 20, 0, NULL), DEADLINE_EXCEEDED,
                     CALLER_TIMED_OUT);
        fixture_await(&fixture.peer.seen->cancels, i + 1);
        CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL)); /* in the other; it comes after the END */
    }
    fixture_stop(&fixture);
}

static void slots_that_never_end_leave_a_clear_refusal(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){.max_in_flight = 2});
    CHECK_RESULT(fixture_call(&fixture, PEER_MUTE, 10, 0, NULL), DEADLINE_EXCEEDED,
                 CALLER_TIMED_OUT);
    CHECK_RESULT(fixture_call(&fixture, PEER_MUTE, 10, 0, NULL), DEADLINE_EXCEEDED,
                 CALLER_TIMED_OUT);
    fixture_await(&fixture.peer.seen->cancels, 2);
    CHECK_RESULT(fixture_call(&fixture, 1, 10, 0, NULL), RESOURCE_EXHAUSTED, QUEUE_FULL);
    CHECK(strstr(berth_last_error(), "max_in_flight 2") != NULL);
    fixture_stop(&fixture);
}

static void an_answer_longer_than_the_buffer_is_refused_not_cut(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    uint8_t sent[100] = {1}, got[50];
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = BERTH_OP_ECHO;
    request.payload = sent;
    request.timeout_ms = PATIENT_MILLIS;
    request.payload_bytes = sizeof sent;
    request.reply = got;
    request.reply_limit = sizeof got;
    CHECK_RESULT(berth_call(fixture.echo, &request, NULL), OUT_OF_RANGE, REPLY_TOO_LARGE);
    fixture_stop(&fixture);
}

static void a_payload_over_the_limit_is_refused_here(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){.max_inline = 256});
    uint8_t sent[257] = {0};
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = BERTH_OP_ECHO;
    request.payload = sent;
    request.payload_bytes = sizeof sent;
    CHECK_RESULT(berth_call(fixture.echo, &request, NULL), INVALID_ARGUMENT, PAYLOAD_TOO_LARGE);
    CHECK(atomic_load(&fixture.peer.seen->requests) == 0);
    fixture_stop(&fixture);
}

static void answers_for_strangers_are_dropped(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    for (int i = 0; i < 100; i++) {
        CHECK_OK(fixture_call(&fixture, PEER_FOREIGN, 0, 0, NULL));
        CHECK_OK(fixture_call(&fixture, PEER_TWICE, 0, 0, NULL));
    }
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    fixture_stop(&fixture);
}

static void nonsense_from_the_broker_ends_the_session_only(void) {
    static const uint32_t operations[] = {PEER_BAD_TAIL, PEER_BAD_LENGTH, PEER_BAD_TYPE,
                                          PEER_LONG_ANSWER, PEER_MORE};
    struct fixture fixture = fixture_start(&(struct peer_options){.yield_micros = 20});
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        CHECK_RESULT(fixture_call(&fixture, operations[i], 0, 0, NULL), ABORTED,
                     CONNECTION_LOST_OUTCOME_UNKNOWN);
        printf("  %s\n", berth_last_error());
        CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL)); /* a new session */
    }
    fixture_stop(&fixture);
}

static void a_broker_in_another_time_namespace_sees_right_deadlines(void) {
    /* The peer counts a deadline more than an hour ahead of its clock as a violation. */
    struct fixture fixture =
        fixture_start(&(struct peer_options){.clock_shift_nanos = -INT64_C(86400) * 1000000000});
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    fixture_stop(&fixture);
}

static void a_brokers_time_between_hello_and_welcome_means_one_clock(void) {
    CHECK(clock_offset(1000, 1000, 9000) == 0);
    CHECK(clock_offset(1000, 5000, 9000) == 0);
    CHECK(clock_offset(1000, 9000, 9000) == 0);
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    CHECK(fixture.connection->current->clock_offset_nanos == 0);
    fixture_stop(&fixture);
}

static void another_clock_is_taken_to_be_read_in_the_middle_of_the_round_trip(void) {
    int64_t day = INT64_C(86400) * 1000000000;
    CHECK(clock_offset(1000, (uint64_t)day + 5000, 9000) == day);
    CHECK(clock_offset(day + 1000, 5000, day + 9000) == -day);
    CHECK(clock_offset(1000, 9001, 9000) == 4001);
    CHECK(clock_offset(1000, 999, 9000) == -4001);
    CHECK(clock_offset(0, UINT64_C(1) << 63, 0) == INT64_MIN);
}

static void a_traced_call_brings_its_stamps(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = BERTH_OP_ECHO;
    request.timeout_ms = PATIENT_MILLIS;
    request.flags = BERTH_TRACED;
    berth_reply reply = BERTH_REPLY_INIT;
    CHECK_OK(berth_call(fixture.echo, &request, &reply));
    CHECK(reply.trace_nanos[BERTH_TRACE_SUBMITTED] != 0);
    CHECK(reply.trace_nanos[BERTH_TRACE_ANSWERED] >= reply.trace_nanos[BERTH_TRACE_SUBMITTED]);
    fixture_stop(&fixture);
}

static void closing_says_goodbye_and_leaks_no_descriptor(void) {
    int before = open_descriptors();
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    int descriptor;
    CHECK_OK(berth_descriptor(fixture.connection, &descriptor));
    CHECK_OK(berth_close(fixture.connection));
    fixture.connection = NULL;
    fixture_await(&fixture.peer.seen->goodbyes, 1);
    CHECK(open_descriptors() == before);
    fixture_stop(&fixture);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(an_echo_comes_back_as_it_was_sent),
        TEST(a_missing_broker_is_told_at_once),
        TEST(a_broker_that_greets_wrongly_is_refused),
        TEST(a_refused_name_is_told_once_with_the_brokers_reason),
        TEST(a_resource_tells_what_was_granted),
        TEST(an_error_arrives_with_status_reason_and_text),
        TEST(a_call_ends_by_its_own_clock_and_the_slot_comes_back),
        TEST(slots_that_never_end_leave_a_clear_refusal),
        TEST(an_answer_longer_than_the_buffer_is_refused_not_cut),
        TEST(a_payload_over_the_limit_is_refused_here),
        TEST(answers_for_strangers_are_dropped),
        TEST(nonsense_from_the_broker_ends_the_session_only),
        TEST(a_broker_in_another_time_namespace_sees_right_deadlines),
        TEST(a_brokers_time_between_hello_and_welcome_means_one_clock),
        TEST(another_clock_is_taken_to_be_read_in_the_middle_of_the_round_trip),
        TEST(a_traced_call_brings_its_stamps),
        TEST(closing_says_goodbye_and_leaks_no_descriptor),
    };
    return RUN_TESTS(tests, argc, argv);
}
