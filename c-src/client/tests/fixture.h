/* SPDX-License-Identifier: Apache-2.0 */
/* A peer, a connection to it and a resource. */
#ifndef BERTH_CLIENT_TESTS_FIXTURE_H
#define BERTH_CLIENT_TESTS_FIXTURE_H

#include <berth/berth.h>

#include "peer.h"

struct fixture {
    char path[108];
    struct peer peer;
    berth_conn *connection;
    berth_resource *echo;
};

/* For what shall succeed: a machine that does not get to it in so long fails everything else too.
 */
#define PATIENT_MILLIS 60000

/* options->path is replaced; connecting and opening are patient. */
struct fixture fixture_start(const struct peer_options *options);
struct fixture fixture_start_with(const struct peer_options *options,
                                  const berth_connect_options *connect_options);
/* The same by hand; options may be NULL. */
berth_conn *fixture_connect(const char *path, const berth_connect_options *options);
berth_resource *fixture_open(berth_conn *connection, const char *name);
/* Closes the connection (if not NULL) and kills the peer; fails if the peer saw a violation of the
 * protocol. */
void fixture_stop(struct fixture *fixture);
/* Only a peer, at a fresh path. */
struct peer fixture_peer(char path[108], const struct peer_options *options);
/* A call without payload; timeout 0 = patient. */
berth_result fixture_call(struct fixture *fixture, uint32_t operation, uint32_t timeout_ms,
                          uint32_t flags, berth_reply *reply);
/* Until the counter has at least that value; the test's own time limit is ctest's. */
void fixture_await(const atomic_uint *counter, unsigned value);
int open_descriptors(void);

#endif
