/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_GUARD_BROKER_LINK_H
#define BERTH_GUARD_BROKER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guard_protocol.h"

/* No orders are read while something waits to be sent, so only what a worker's end makes can pile
   up: far fewer messages than this. */
enum { BROKER_LINK_QUEUE = 16 };

/* The connection to the broker, which may come and go. No call waits. */
struct broker_link {
    const char *socket_path;
    const char *guard_name;
    int fd;                  /* -1: not connected */
    uint64_t retry_at_ns;    /* NEVER_NS while connected */
    uint64_t retry_delay_ns; /* grows until a broker has said something sensible */
    uint64_t connected_at_ns;
    uint64_t alone_since_ns; /* NEVER_NS while connected */
    int last_connect_error;
    struct guard_message waiting[BROKER_LINK_QUEUE];
    size_t waiting_first;
    size_t waiting_count;
};

enum broker_link_event {
    BROKER_LINK_NOTHING,   /* no order is there, or ours must leave first */
    BROKER_LINK_ORDER,     /* *order is a well-formed message of an order's kind */
    BROKER_LINK_MALFORMED, /* complaint says why */
};

void broker_link_init(struct broker_link *link, const char *socket_path, const char *guard_name,
                      uint64_t now_ns);

/* Tries once if it is time. True if this call has connected: then HELLO is to be sent. */
bool broker_link_connect_if_due(struct broker_link *link, uint64_t now_ns);

/* Completes magic, version, time and name. Dropped if not connected. */
void broker_link_send(struct broker_link *link, struct guard_message message);

/* What poll(2) shall wait for on fd. */
short broker_link_poll_events(const struct broker_link *link);

/* Sends what waits; a connection that is found broken is closed. */
void broker_link_flush(struct broker_link *link);

enum broker_link_event broker_link_receive(struct broker_link *link, struct guard_message *order,
                                           char complaint[GUARD_TEXT_BYTES]);

void broker_link_close(struct broker_link *link, const char *reason);

#endif
