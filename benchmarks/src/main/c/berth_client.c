/* SPDX-License-Identifier: Apache-2.0 */
#include "berth_client.h"

#include <stdio.h>
#include <stdlib.h>

#define FAILURES_TOLD 3

void bench_expect_ok(berth_result result, const char *call) {
    if (result == BERTH_OK)
        return;
    fprintf(stderr, "%s: %s\n", call, berth_last_error());
    exit(1);
}

void bench_tell_failure(berth_result result, const char *text) {
    static int told;
    if (told++ < FAILURES_TOLD)
        fprintf(stderr, "failed: %s %s: %s\n", berth_status_name(result), berth_reason_name(result),
                text);
}

berth_conn *bench_connect(const char *socket, uint32_t ring_bytes) {
    berth_conn *connection;
    berth_connect_options options = BERTH_CONNECT_OPTIONS_INIT;
    options.client_name = "bench";
    options.request_ring_bytes = ring_bytes;
    options.response_ring_bytes = ring_bytes;
    bench_expect_ok(berth_connect(socket, &options, &connection), "berth_connect");
    return connection;
}

berth_resource *bench_open(berth_conn *connection, const char *name) {
    berth_resource *resource;
    bench_expect_ok(berth_open(connection, name, NULL, &resource), "berth_open");
    return resource;
}
