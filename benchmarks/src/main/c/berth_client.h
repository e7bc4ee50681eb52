/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_BENCH_BERTH_CLIENT_H
#define BERTH_BENCH_BERTH_CLIENT_H

#include <berth/berth.h>

#define BENCH_RING_BYTES (256u * 1024u)
/* Beyond this a request counts as failed; the mark for a lost broker is 5 s as well. */
#define BENCH_TIMEOUT_MILLIS 5000u

/* A connection with rings of ring_bytes each (0: the broker's default). Ends the process when it
 * fails. */
berth_conn *bench_connect(const char *socket, uint32_t ring_bytes);
berth_resource *bench_open(berth_conn *connection, const char *name);

/* Ends the process with libberth's sentence unless the result is OK. */
void bench_expect_ok(berth_result result, const char *call);

/* The first few failures of a process are told on standard error, so that failed_ops has a reason.
 */
void bench_tell_failure(berth_result result, const char *text);

#endif
