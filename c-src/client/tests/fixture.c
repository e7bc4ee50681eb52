/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <dirent.h>
#include <sched.h>
#include <unistd.h>

#include "check.h"

struct peer fixture_peer(char path[108], const struct peer_options *options) {
    static unsigned number;
    const char *folder = getenv("TMPDIR");
    snprintf(path, 108, "%.64s/berth-test-%d-%u.sock", folder == NULL ? "/tmp" : folder,
             (int)getpid(), ++number);
    struct peer_options with_path = *options;
    with_path.path = path;
    return peer_start(&with_path);
}

berth_conn *fixture_connect(const char *path, const berth_connect_options *options) {
    berth_connect_options patient = BERTH_CONNECT_OPTIONS_INIT;
    berth_conn *connection;
    if (options != NULL) {
        patient = *options;
    }
    if (patient.connect_timeout_ms == 0) {
        patient.connect_timeout_ms = PATIENT_MILLIS;
    }
    CHECK_OK(berth_connect(path, &patient, &connection));
    return connection;
}

berth_resource *fixture_open(berth_conn *connection, const char *name) {
    berth_open_options patient = BERTH_OPEN_OPTIONS_INIT;
    berth_resource *resource;
    patient.timeout_ms = PATIENT_MILLIS;
    CHECK_OK(berth_open(connection, name, &patient, &resource));
    return resource;
}

struct fixture fixture_start_with(const struct peer_options *options,
                                  const berth_connect_options *connect_options) {
    struct fixture fixture;
    fixture.peer = fixture_peer(fixture.path, options);
    fixture.connection = fixture_connect(fixture.path, connect_options);
    fixture.echo = fixture_open(fixture.connection, "echo:test");
    return fixture;
}

struct fixture fixture_start(const struct peer_options *options) {
    return fixture_start_with(options, NULL);
}

void fixture_stop(struct fixture *fixture) {
    CHECK_OK(berth_close(fixture->connection));
    peer_kill(&fixture->peer);
    CHECK(atomic_load(&fixture->peer.seen->violations) == 0);
    unlink(fixture->path);
}

berth_result fixture_call(struct fixture *fixture, uint32_t operation, uint32_t timeout_ms,
                          uint32_t flags, berth_reply *reply) {
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = operation;
    request.timeout_ms = timeout_ms == 0 ? PATIENT_MILLIS : timeout_ms;
    request.flags = flags;
    return berth_call(fixture->echo, &request, reply);
}

void fixture_await(const atomic_uint *counter, unsigned value) {
    while (atomic_load(counter) < value) {
        sched_yield();
    }
}

int open_descriptors(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    CHECK(folder != NULL);
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}
