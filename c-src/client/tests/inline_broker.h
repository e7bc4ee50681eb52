/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker's side of one session in the client's own process and thread: what it does happens
 * between two calls of the client, nowhere else. For fuzzing and for measuring the client alone.
 */
#ifndef BERTH_CLIENT_TESTS_INLINE_BROKER_H
#define BERTH_CLIENT_TESTS_INLINE_BROKER_H

#include <berth/berth.h>

#include "region.h"
#include "ring.h"

#define INLINE_BROKER_SESSION 1
#define INLINE_BROKER_EPOCH 7

struct inline_broker {
    uint32_t ring_bytes; /* both rings'; set before inline_broker_connect, as are the next two */
    uint32_t max_inline_bytes;
    uint32_t max_in_flight;
    berth_conn *connection;
    int descriptors[BERTH_WELCOME_DESCRIPTORS]; /* what WELCOME hands over */
    int socket;
    int bell_in;
    int bell_out;
    struct region client;
    struct region broker;
    struct ring_consumer requests;
    struct ring_producer responses;
};

/* Makes broker->connection, which does not reconnect, and the session's memory and pipes; HELLO has
 * been sent then. */
void inline_broker_greet(struct inline_broker *broker);
/* Sends the WELCOME that belongs to it. */
void inline_broker_welcome(struct inline_broker *broker);
/* Both, and the client takes it up. */
void inline_broker_connect(struct inline_broker *broker);
berth_resource *inline_broker_open(struct inline_broker *broker, const char *name);
/* Sends one datagram to the client. */
void inline_broker_tell(struct inline_broker *broker, const void *bytes, size_t size,
                        const int *descriptors, size_t count);
/* Answers every request that waits with its own payload; returns how many. Publishes once. */
size_t inline_broker_echo(struct inline_broker *broker);
/* Puts an answer with that payload into the ring. */
void inline_broker_answer(struct inline_broker *broker, uint64_t correlation, const void *payload,
                          uint32_t bytes);
/* Closes the client's end first. */
void inline_broker_close(struct inline_broker *broker);

#endif
