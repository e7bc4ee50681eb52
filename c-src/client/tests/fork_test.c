/* SPDX-License-Identifier: Apache-2.0 */
/* Connections and children. */
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "fixture.h"
#include "fork.h"
#include "own_memory.h"

static void wait_for(pid_t child) {
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void every_call_of_a_child_is_told_forked(struct fixture *fixture, berth_block block,
                                                 berth_ticket ticket, berth_stream *stream) {
    berth_resource *resource;
    berth_completion completion;
    berth_block other;
    berth_stream *other_stream;
    berth_part part = BERTH_PART_INIT;
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = BERTH_OP_ECHO;
    request.reply_limit = 1;
    size_t count;
    int descriptor;
    bool armed;
    CHECK(fixture_call(fixture, 1, 0, 0, NULL) == BERTH_FORKED);
    CHECK(berth_open(fixture->connection, "echo:x", NULL, &resource) == BERTH_FORKED);
    CHECK(berth_permissions(fixture->echo) == 0);
    CHECK(berth_submit(fixture->echo, &request, NULL, NULL) == BERTH_FORKED);
    CHECK(berth_poll(fixture->connection, &completion, 1, 0, &count) == BERTH_FORKED);
    CHECK(berth_cancel(fixture->connection, ticket) == BERTH_FORKED);
    CHECK(berth_descriptor(fixture->connection, &descriptor) == BERTH_FORKED);
    CHECK(berth_arm(fixture->connection, &armed) == BERTH_FORKED);
    CHECK(berth_block_alloc(fixture->echo, BERTH_INPUT, 1, &other) == BERTH_FORKED);
    CHECK(berth_block_data(fixture->connection, block) == NULL);
    CHECK(berth_block_free(fixture->connection, block) == BERTH_FORKED);
    CHECK(berth_stream_open(fixture->echo, &request, 1, false, &other_stream) == BERTH_FORKED);
    CHECK(berth_stream_next(stream, NULL, 0, 0, &part) == BERTH_FORKED);
    CHECK(berth_stream_grant(stream, 1) == BERTH_FORKED);
    CHECK(berth_stream_close(stream) == BERTH_FORKED);
    CHECK(berth_release(fixture->echo) == BERTH_FORKED);
}

static void child_works_on_its_own(const char *path) {
    berth_conn *connection = fixture_connect(path, NULL);
    struct fixture own = {.connection = connection, .echo = fixture_open(connection, "echo:child")};
    for (int i = 0; i < 100; i++) {
        CHECK_OK(fixture_call(&own, 1, 0, 0, NULL));
    }
    CHECK_OK(berth_close(connection));
}

static void fork_and_use(bool by_number) {
    fork_detect_by_process_number(by_number);
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    berth_block block;
    berth_ticket ticket = {0};
    CHECK_OK(berth_block_alloc(fixture.echo, BERTH_INPUT, 100, &block));
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = PEER_SILENCE;
    request.reply_limit = 8;
    request.timeout_ms = PATIENT_MILLIS;
    berth_stream *stream;
    CHECK_OK(berth_stream_open(fixture.echo, &request, 1, false, &stream));
    int descriptor;
    CHECK_OK(berth_descriptor(fixture.connection, &descriptor));
    pid_t child = fork();
    if (child == 0) {
        every_call_of_a_child_is_told_forked(&fixture, block, ticket, stream);
        child_works_on_its_own(fixture.path);
        CHECK_OK(berth_close(fixture.connection));
        exit(0);
    }
    wait_for(child);
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    CHECK_OK(berth_stream_close(stream));
    fixture_stop(&fixture);
    fork_detect_by_process_number(false);
}

static void a_child_is_told_and_may_connect_anew(void) {
    fork_and_use(false);
}

static void a_child_is_told_also_where_the_kernel_wipes_no_page(void) {
    fork_and_use(true);
}

static void payloads_of_the_parents_requests_are_not_in_a_child(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    enum { SMALL_SEED = 1, LONG_SEED = 2 };
    uint8_t payload[1000] = {0};
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = PEER_MUTE;
    request.timeout_ms = PATIENT_MILLIS;
    request.payload = payload;
    for (uint32_t seed = SMALL_SEED; seed <= LONG_SEED; seed++) {
        own_memory_needle(seed, payload);
        request.payload_bytes = seed == SMALL_SEED ? OWN_MEMORY_NEEDLE_BYTES : sizeof payload;
        CHECK_OK(berth_submit(fixture.echo, &request, NULL, NULL));
        explicit_bzero(payload, sizeof payload);
        CHECK(own_memory_has(seed));
    }
    pid_t child = fork();
    if (child == 0) {
        CHECK(!own_memory_has(SMALL_SEED) && !own_memory_has(LONG_SEED));
        CHECK_OK(berth_close(fixture.connection));
        exit(0);
    }
    wait_for(child);
    fixture_stop(&fixture);
}

/* As PHP-FPM: a master that may have connected, workers that come and go and connect on first use.
 */
static void workers_of_a_forking_server_connect_for_themselves(void) {
    enum { WORKERS = 6 };
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    for (int round = 0; round < 3; round++) {
        pid_t workers[WORKERS];
        for (int i = 0; i < WORKERS; i++) {
            workers[i] = fork();
            if (workers[i] == 0) {
                CHECK(fixture_call(&fixture, 1, 0, 0, NULL) == BERTH_FORKED);
                child_works_on_its_own(fixture.path);
                pid_t grandchild = fork();
                if (grandchild == 0) {
                    CHECK(fixture_call(&fixture, 1, 0, 0, NULL) == BERTH_FORKED);
                    child_works_on_its_own(fixture.path);
                    exit(0);
                }
                wait_for(grandchild);
                exit(0);
            }
        }
        CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
        for (int i = 0; i < WORKERS; i++) {
            wait_for(workers[i]);
        }
    }
    CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL));
    CHECK(atomic_load(&fixture.peer.seen->sessions) == 1 + 3 * WORKERS * 2);
    fixture_stop(&fixture);
}

static void the_broker_sees_the_parents_end_although_a_child_lives(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    int hold[2];
    CHECK(pipe(hold) == 0);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        close(hold[1]);
        _exit(read(hold[0], &byte, 1) == 0 ? 0 : 1); /* lives until the parent lets go */
    }
    CHECK_OK(berth_close(fixture.connection));
    fixture.connection = NULL;
    while (atomic_load(&fixture.peer.seen->open_sessions) != 0) {
        sched_yield();
    }
    close(hold[0]);
    close(hold[1]);
    wait_for(child);
    fixture_stop(&fixture);
}

static atomic_bool calling;

static void *call_until_told(void *argument) {
    struct fixture *fixture = argument;
    while (atomic_load(&calling)) {
        CHECK_OK(fixture_call(fixture, 1, 0, 0, NULL));
    }
    return NULL;
}

static void forking_while_other_threads_call_is_safe(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    pthread_t threads[3];
    atomic_store(&calling, true);
    for (int i = 0; i < 3; i++) {
        CHECK(pthread_create(&threads[i], NULL, call_until_told, &fixture) == 0);
    }
    for (int i = 0; i < 50; i++) {
        pid_t child = fork();
        if (child == 0) {
            CHECK(fixture_call(&fixture, 1, 0, 0, NULL) == BERTH_FORKED);
            child_works_on_its_own(fixture.path);
            _exit(0);
        }
        wait_for(child);
    }
    atomic_store(&calling, false);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    fixture_stop(&fixture);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(a_child_is_told_and_may_connect_anew),
        TEST(a_child_is_told_also_where_the_kernel_wipes_no_page),
        TEST(payloads_of_the_parents_requests_are_not_in_a_child),
        TEST(workers_of_a_forking_server_connect_for_themselves),
        TEST(the_broker_sees_the_parents_end_although_a_child_lives),
        TEST(forking_while_other_threads_call_is_safe),
    };
    return RUN_TESTS(tests, argc, argv);
}
