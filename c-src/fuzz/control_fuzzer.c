/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A broker that says whatever it likes on the control socket, with whatever descriptors, before and
 * after WELCOME, while a resource, a segment and the names are being asked for. No descriptor is
 * left open, whoever was asking is told or goes on waiting.
 *
 * The first byte says whether the session is greeted in order; then come datagrams: a byte for what
 * travels along, two for the length, the bytes.
 */
#include "input.h"

#include <unistd.h>

#include "clock.h"
#include "connection.h"
#include "control.h"
#include "fixture.h"
#include "inline_broker.h"
#include "listing.h"

#define RING_BYTES 4096
#define ASK_TOKEN UINT64_C(0x1122334455667788) /* the golden vectors' */

static void tell(struct inline_broker *broker, struct input *input) {
    uint8_t bytes[CONTROL_BUFFER_BYTES];
    uint64_t wish = input_number(input, 1);
    size_t size = input_take(input, bytes, (size_t)input_number(input, 2) % sizeof bytes);
    if ((wish & 1) != 0 && size >= sizeof(struct berth_control_header)) { /* right so far */
        uint32_t magic = BERTH_CONTROL_MAGIC;
        uint32_t body_bytes = (uint32_t)(size - sizeof(struct berth_control_header));
        memcpy(bytes, &magic, sizeof magic);
        memcpy(bytes + 8, &body_bytes, sizeof body_bytes);
    }
    if (size == 0) {
        return; /* the end of the connection, which the other steps reach as well */
    }
    /* None, the four in order, one region, or as many as there may be. */
    int descriptors[BERTH_CONTROL_MAX_DESCRIPTORS];
    static const size_t counts[] = {0, BERTH_WELCOME_DESCRIPTORS, 1, BERTH_CONTROL_MAX_DESCRIPTORS};
    size_t count = counts[(wish >> 1) & 3];
    for (size_t i = 0; i < count; i++) {
        descriptors[i] = broker->descriptors[(i + (wish >> 3)) % BERTH_WELCOME_DESCRIPTORS];
    }
    struct control_writer writer = {.bytes = bytes, .capacity = size, .used = size};
    (void)control_send_with(broker->socket, &writer, descriptors, count);
}

static void close_descriptor(struct ask *ask) {
    if (ask->descriptor >= 0) {
        close(ask->descriptor);
        ask->descriptor = -1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    int descriptors_before = open_descriptors();
    struct input input = {.bytes = bytes, .left = size};
    struct inline_broker broker = {
        .ring_bytes = RING_BYTES, .max_inline_bytes = 1024, .max_in_flight = 4};
    struct ask ask = {.token = ASK_TOKEN, .descriptor = -1};
    struct ask listing = {.token = ASK_TOKEN + 2, .descriptor = -1, .lists = true};
    berth_resource *resource = NULL;
    if (input_number(&input, 1) % 2 == 0) {
        inline_broker_greet(&broker);
    } else {
        inline_broker_connect(&broker);
        resource = inline_broker_open(&broker, "echo:fuzz");
        resource->state = RESOURCE_ASKED;
        resource->token = ASK_TOKEN + 1;
    }
    berth_conn *connection = broker.connection;
    ask.session = connection->current;
    listing.session = connection->current;
    list_append(&connection->asks, &ask.node);
    list_append(&connection->asks, &listing.node);
    while (input.left != 0) {
        tell(&broker, &input);
        connection->last_control_look_nanos = 0;
        (void)connection_tend(connection, clock_nanos());
        if (ask.answered) {
            close_descriptor(&ask);
            ask.answered = false;
        }
        if (listing.answered) {
            MUST(listing.descriptor == -1);
            listing_free(listing.page);
            listing.page = NULL;
            listing.answered = false;
        }
    }
    list_remove(&ask.node);
    list_remove(&listing.node);
    MUST(berth_release(resource) == BERTH_OK);
    inline_broker_close(&broker);
    MUST(open_descriptors() == descriptors_before);
    return 0;
}
