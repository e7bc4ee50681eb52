/* SPDX-License-Identifier: Apache-2.0 */
/* A broker that dies, goes away, hangs up, comes back. */
#include <signal.h>
#include <unistd.h>

#include "check.h"
#include "fixture.h"

static void restart(struct fixture *fixture) {
    peer_kill(&fixture->peer);
    fixture->peer = peer_start(&(struct peer_options){.path = fixture->path});
}

static void an_idempotent_call_survives_the_brokers_death(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = PEER_HOLD;
    request.flags = BERTH_IDEMPOTENT;
    request.timeout_ms = PATIENT_MILLIS;
    uint32_t payload = 7, got = 99;
    request.payload = &payload;
    request.payload_bytes = sizeof payload;
    request.reply = &got;
    request.reply_limit = sizeof got;
    CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
    payload = 0; /* the library kept its own */
    fixture_await(&fixture.peer.seen->requests, 1);
    restart(&fixture);
    /* Receives for both: the held one is sent again, then this one releases it. */
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    fixture_await(&fixture.peer.seen->requests, 2);
    CHECK_OK(fixture_call(&fixture, PEER_RELEASE, 0, 0, NULL));
    berth_completion completion;
    size_t count;
    CHECK_OK(berth_poll(fixture.connection, &completion, 1, PATIENT_MILLIS, &count));
    CHECK(count == 1);
    CHECK_OK(completion.result);
    CHECK(atomic_load(&fixture.peer.seen->resubmitted) == 1);
    fixture_stop(&fixture);
}

static void a_taken_call_that_is_not_idempotent_has_an_unknown_outcome(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_reply reply = BERTH_REPLY_INIT;
    CHECK_RESULT(fixture_call(&fixture, PEER_DIE, 0, 0, &reply), ABORTED,
                 CONNECTION_LOST_OUTCOME_UNKNOWN);
    CHECK(reply.text[0] != '\0');
    peer_wait(&fixture.peer);
    fixture.peer = peer_start(&(struct peer_options){.path = fixture.path});
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    CHECK(atomic_load(&fixture.peer.seen->resubmitted) == 0);
    fixture_stop(&fixture);
}

static void what_was_certainly_not_taken_is_sent_again_whatever_it_is(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_request request = BERTH_REQUEST_INIT;
    request.timeout_ms = PATIENT_MILLIS;
    request.operation = PEER_STALL;
    CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
    fixture_await(&fixture.peer.seen->requests, 1);
    /* The peer takes nothing any more: these stay beyond its head. The payload then exists in the
     * ring only. */
    uint64_t got[5];
    for (uint64_t i = 0; i < 5; i++) {
        request.operation = BERTH_OP_ECHO;
        request.payload = &i;
        request.payload_bytes = sizeof i;
        request.reply = &got[i];
        request.reply_limit = sizeof got[i];
        CHECK_OK(berth_submit(fixture.echo, &request, (void *)(uintptr_t)(i + 1), NULL));
    }
    restart(&fixture);
    unsigned answered = 0, unknown = 0;
    while (answered + unknown < 6) {
        berth_completion completions[6];
        size_t count;
        CHECK_OK(berth_poll(fixture.connection, completions, 6, PATIENT_MILLIS, &count));
        CHECK(count != 0);
        for (size_t i = 0; i < count; i++) {
            if (completions[i].user_data == NULL) {
                CHECK_RESULT(completions[i].result, ABORTED, CONNECTION_LOST_OUTCOME_UNKNOWN);
                unknown++;
            } else {
                CHECK_OK(completions[i].result);
                answered++;
            }
        }
    }
    CHECK(unknown == 1);
    for (uint64_t i = 0; i < 5; i++) {
        CHECK(got[i] == i);
    }
    CHECK(atomic_load(&fixture.peer.seen->resubmitted) == 0);
    fixture_stop(&fixture);
}

static void without_a_broker_calls_end_unavailable_in_their_time(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    peer_kill(&fixture.peer);
    unlink(fixture.path);
    for (int i = 0; i < 3; i++) {
        CHECK_RESULT(fixture_call(&fixture, 1, 30, 0, NULL), UNAVAILABLE, CONNECTION_LOST);
    }
    printf("  %s\n", berth_last_error());
    fixture.peer = peer_start(&(struct peer_options){.path = fixture.path});
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    fixture_stop(&fixture);
}

static void a_connection_without_reconnect_ends_for_good(void) {
    berth_connect_options options = BERTH_CONNECT_OPTIONS_INIT;
    options.no_reconnect = 1;
    struct fixture fixture = fixture_start_with(&(struct peer_options){0}, &options);
    CHECK_RESULT(fixture_call(&fixture, PEER_DIE, 0, BERTH_IDEMPOTENT, NULL), ABORTED,
                 CONNECTION_LOST_OUTCOME_UNKNOWN);
    CHECK_RESULT(fixture_call(&fixture, 1, 0, 0, NULL), UNAVAILABLE, CONNECTION_LOST);
    berth_resource *resource;
    CHECK_RESULT(berth_open(fixture.connection, "echo:again", NULL, &resource), UNAVAILABLE,
                 CONNECTION_LOST);
    fixture_stop(&fixture);
}

static void an_expelled_client_is_told_why_and_comes_back(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    CHECK_RESULT(fixture_call(&fixture, PEER_EXPEL, 0, 0, NULL), ABORTED,
                 CONNECTION_LOST_OUTCOME_UNKNOWN);
    CHECK(strstr(berth_last_error(), "for the test") != NULL);
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    CHECK_RESULT(fixture_call(&fixture, PEER_HANG_UP, 0, 0, NULL), ABORTED,
                 CONNECTION_LOST_OUTCOME_UNKNOWN);
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    CHECK(atomic_load(&fixture.peer.seen->sessions) == 3);
    fixture_stop(&fixture);
}

static void after_goaway_the_old_finishes_while_the_new_begins(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = PEER_GOAWAY_HOLD;
    request.timeout_ms = PATIENT_MILLIS;
    uint32_t got;
    request.reply = &got;
    request.reply_limit = sizeof got;
    CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
    fixture_await(&fixture.peer.seen->requests, 1);
    while (atomic_load(&fixture.peer.seen->sessions) < 2) {
        CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    }
    CHECK(atomic_load(&fixture.peer.seen->open_sessions) == 2);
    /* On the new session; the answer comes over the old. */
    CHECK_OK(fixture_call(&fixture, PEER_RELEASE, 0, 0, NULL));
    berth_completion completion;
    size_t count;
    CHECK_OK(berth_poll(fixture.connection, &completion, 1, PATIENT_MILLIS, &count));
    CHECK(count == 1);
    CHECK_OK(completion.result);
    while (atomic_load(&fixture.peer.seen->goodbyes) < 1) {
        CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    }
    CHECK(atomic_load(&fixture.peer.seen->resubmitted) == 0);
    fixture_stop(&fixture);
}

static void many_goaways_under_load_fail_nothing(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){.yield_micros = 20});
    /* Sessions that are asked to go faster than they settle are left before they were used: how
     * many there will be is the machine's affair, but that they go on coming is not. */
    for (uint32_t i = 0; i < 3000 || atomic_load(&fixture.peer.seen->sessions) <= 5; i++) {
        uint32_t got = 0;
        berth_request request = BERTH_REQUEST_INIT;
        request.operation = i % 100 == 50 ? PEER_GOAWAY : BERTH_OP_ECHO;
        request.timeout_ms = PATIENT_MILLIS;
        request.payload = &i;
        request.payload_bytes = sizeof i;
        request.reply = &got;
        request.reply_limit = sizeof got;
        CHECK_OK(berth_call(fixture.echo, &request, NULL));
        CHECK(got == i);
    }
    printf("  %u sessions\n", atomic_load(&fixture.peer.seen->sessions));
    fixture_stop(&fixture);
}

static void what_a_leaving_broker_declined_is_sent_to_the_next(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    CHECK_OK(fixture_call(&fixture, PEER_GOING_AWAY, 0, 0, NULL));
    CHECK(atomic_load(&fixture.peer.seen->requests) == 2);
    fixture_stop(&fixture);

    /* Also when it was submitted and is not idempotent: declined means not executed. */
    fixture = fixture_start(&(struct peer_options){0});
    uint64_t payload = 77, got = 0;
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = PEER_GOING_AWAY;
    request.timeout_ms = PATIENT_MILLIS;
    request.payload = &payload;
    request.payload_bytes = sizeof payload;
    request.reply = &got;
    request.reply_limit = sizeof got;
    CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
    payload = 0;
    berth_completion completion;
    size_t count;
    CHECK_OK(berth_poll(fixture.connection, &completion, 1, PATIENT_MILLIS, &count));
    CHECK(count == 1 && got == 77);
    CHECK_OK(completion.result);
    fixture_stop(&fixture);
}

static void a_killed_broker_under_load_loses_and_doubles_nothing(void) {
    enum { TOTAL = 2000, WINDOW = 16 };
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    static uint64_t replies[TOTAL];
    static unsigned completed[TOTAL];
    unsigned submitted = 0, done = 0;
    while (done < TOTAL) {
        while (submitted - done < WINDOW && submitted < TOTAL) {
            uint64_t payload = submitted;
            berth_request request = BERTH_REQUEST_INIT;
            request.operation = BERTH_OP_ECHO;
            request.flags = BERTH_IDEMPOTENT;
            request.timeout_ms = PATIENT_MILLIS;
            request.payload = &payload;
            request.payload_bytes = sizeof payload;
            request.reply = &replies[submitted];
            request.reply_limit = sizeof replies[0];
            CHECK_OK(berth_submit(fixture.echo, &request, (void *)(uintptr_t)submitted, NULL));
            submitted++;
            if (submitted % 400 == 0) {
                restart(&fixture);
            }
        }
        berth_completion completions[WINDOW];
        size_t count;
        CHECK_OK(berth_poll(fixture.connection, completions, WINDOW, PATIENT_MILLIS, &count));
        CHECK(count != 0);
        for (size_t i = 0; i < count; i++, done++) {
            CHECK_OK(completions[i].result);
            uintptr_t number = (uintptr_t)completions[i].user_data;
            CHECK(replies[number] == number && completed[number]++ == 0);
        }
    }
    fixture_stop(&fixture);
}

static void a_dying_broker_raises_no_sigpipe(void) {
    /* SIGPIPE has its default action here: if one came, the test would be gone. */
    signal(SIGPIPE, SIG_DFL);
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    for (int i = 0; i < 20; i++) {
        peer_kill(&fixture.peer);
        berth_request request = BERTH_REQUEST_INIT;
        request.operation = BERTH_OP_ECHO;
        request.timeout_ms = PATIENT_MILLIS;
        CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL)); /* rings a bell nobody hears */
        fixture.peer = peer_start(&(struct peer_options){.path = fixture.path});
        berth_completion completion;
        size_t count;
        CHECK_OK(berth_poll(fixture.connection, &completion, 1, PATIENT_MILLIS, &count));
        CHECK(count == 1);
        CHECK_OK(completion.result);
    }
    sigset_t pending;
    sigpending(&pending);
    CHECK(sigismember(&pending, SIGPIPE) == 0);
    fixture_stop(&fixture);
}

static void reconnecting_leaks_no_descriptor(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    int before = open_descriptors();
    for (int i = 0; i < 10; i++) {
        restart(&fixture);
        CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    }
    CHECK(open_descriptors() == before);
    fixture_stop(&fixture);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(an_idempotent_call_survives_the_brokers_death),
        TEST(a_taken_call_that_is_not_idempotent_has_an_unknown_outcome),
        TEST(what_was_certainly_not_taken_is_sent_again_whatever_it_is),
        TEST(without_a_broker_calls_end_unavailable_in_their_time),
        TEST(a_connection_without_reconnect_ends_for_good),
        TEST(an_expelled_client_is_told_why_and_comes_back),
        TEST(after_goaway_the_old_finishes_while_the_new_begins),
        TEST(many_goaways_under_load_fail_nothing),
        TEST(what_a_leaving_broker_declined_is_sent_to_the_next),
        TEST(a_killed_broker_under_load_loses_and_doubles_nothing),
        TEST(a_dying_broker_raises_no_sigpipe),
        TEST(reconnecting_leaks_no_descriptor),
    };
    return RUN_TESTS(tests, argc, argv);
}
