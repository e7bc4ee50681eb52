/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A broker that writes whatever it likes into its ring and its words, while requests of all kinds
 * are in flight. Whatever it writes, every request ends exactly once, and nothing outside the
 * replies is touched.
 *
 * The input is a list of steps: one byte says which, what follows belongs to it.
 */
#include "input.h"

#include <sys/socket.h>

#include "connection.h"
#include "control.h"
#include "inline_broker.h"

#define WINDOW 16
#define REPLY_BYTES 96
#define RING_BYTES 4096

enum step {
    STEP_SUBMIT,
    STEP_ECHO,
    STEP_FRAME, /* a header and a payload from the input, to one of the waiting requests */
    STEP_TAIL,
    STEP_HEAD,
    STEP_SCRIBBLE,
    STEP_POLL,
    STEP_STREAM,
    STEP_GOAWAY,
    STEPS
};

struct pending {
    uint8_t *reply; /* of exactly the limit's size, so that a byte too many is noticed */
    bool waiting;
};

static struct inline_broker broker;
static berth_resource *echo;
static berth_stream *stream;
static struct pending pending[WINDOW];
static size_t waiting;
static bool lied;      /* positions are not those of what was written any more */
static size_t goaways; /* sent, perhaps not read yet */

static void submit(struct input *input) {
    static const uint8_t payload[200];
    berth_request request = BERTH_REQUEST_INIT;
    uint64_t wish = input_number(input, 1);
    request.operation = BERTH_OP_ECHO;
    request.flags = wish & (BERTH_IDEMPOTENT | BERTH_TRACED);
    request.timeout_ms = 60000;
    request.payload = payload;
    request.payload_bytes = (wish & 4) != 0 ? sizeof payload : 8;
    if ((wish & 8) != 0) {
        if (stream == NULL) {
            request.reply_limit = REPLY_BYTES;
            (void)berth_stream_open(echo, &request, 3, (wish & 16) != 0, &stream);
        }
        return;
    }
    for (size_t i = 0; i < WINDOW; i++) {
        struct pending *one = &pending[i];
        if (one->waiting) {
            continue;
        }
        request.reply_limit = (wish & 16) != 0 ? REPLY_BYTES : 1;
        request.reply = one->reply = malloc(request.reply_limit);
        MUST(one->reply != NULL);
        if (berth_submit(echo, &request, one, NULL) == BERTH_OK) {
            one->waiting = true;
            waiting++;
        } else {
            free(one->reply);
        }
        return;
    }
}

static void poll_once(void) {
    berth_completion completions[WINDOW];
    size_t count;
    MUST(berth_poll(broker.connection, completions, WINDOW, 0, &count) == BERTH_OK);
    for (size_t i = 0; i < count; i++) {
        struct pending *one = completions[i].user_data;
        MUST(one >= pending && one < pending + WINDOW && one->waiting);
        MUST(completions[i].reply == one->reply);
        MUST(memchr(completions[i].text, '\0', sizeof completions[i].text) != NULL);
        one->waiting = false;
        waiting--;
        free(one->reply);
    }
}

static void frame(struct input *input) {
    struct berth_frame header = {0};
    uint8_t body[512];
    uint64_t wish = input_number(input, 1);
    input_take(input, &header, sizeof header);
    size_t body_bytes = input_take(input, body, (size_t)input_number(input, 1));
    if ((wish & 1) != 0) { /* someone is waiting for it */
        const struct slot *slot = &broker.connection->slots[(wish >> 4) % WINDOW];
        header.correlation = slot->correlation;
    }
    if ((wish & 2) != 0) { /* what is announced is there */
        uint32_t blocks = frame_blocks_bytes(header.flags);
        header.type = BERTH_FRAME_RESPONSE;
        header.payload_bytes = body_bytes < blocks ? 0 : (uint32_t)body_bytes - blocks;
        body_bytes = header.payload_bytes + blocks;
    }
    if ((wish & 4) != 0) { /* it went well */
        header.status = BERTH_STATUS_OK;
    }
    header.length = (int32_t)(sizeof header + body_bytes);
    uint8_t *record;
    uint64_t position;
    if (!lied &&
        ring_claim(&broker.responses, (uint32_t)header.length, &record, &position) == RING_OK) {
        memcpy(record, &header, sizeof header);
        memcpy(record + sizeof header, body, body_bytes);
        ring_publish(&broker.responses);
    }
}

static void stream_step(struct input *input) {
    uint8_t buffer[REPLY_BYTES];
    berth_part part = BERTH_PART_INIT;
    if (stream == NULL) {
        return;
    }
    switch (input_number(input, 1) % 4) {
    case 0:
    case 1:
        (void)berth_stream_next(stream, buffer, sizeof buffer, 0, &part);
        MUST(part.bytes <= sizeof buffer);
        break;
    case 2:
        (void)berth_stream_grant(stream, (uint32_t)input_number(input, 1));
        break;
    default:
        MUST(berth_stream_close(stream) == BERTH_OK);
        stream = NULL;
    }
}

static void go_away(void) {
    uint8_t bytes[64];
    struct control_writer writer;
    control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_GOAWAY, 0);
    control_u32(&writer, BERTH_REASON_GOING_AWAY);
    control_str(&writer, "");
    MUST(control_end(&writer));
    (void)control_send(broker.socket, &writer); /* the client may have left */
    goaways++;
    broker.connection->last_control_look_nanos = 0;
}

static void step(struct input *input) {
    uint8_t noise[64];
    switch (input_number(input, 1) % STEPS) {
    case STEP_SUBMIT:
        submit(input);
        break;
    case STEP_ECHO:
        poll_once(); /* what was written before has made room, unless the session is over */
        if (!lied && (broker.connection->current != NULL || broker.connection->leaving != NULL)) {
            inline_broker_echo(&broker);
        }
        break;
    case STEP_FRAME:
        frame(input);
        break;
    case STEP_TAIL:
        lied = true;
        atomic_store(region_word(&broker.broker, BERTH_REGION_TAIL), input_number(input, 8));
        break;
    case STEP_HEAD:
        lied = true;
        atomic_store(region_word(&broker.broker, BERTH_REGION_HEAD), input_number(input, 8));
        break;
    case STEP_SCRIBBLE: {
        uint64_t at = input_number(input, 2) % (RING_BYTES - sizeof noise);
        size_t bytes = input_take(input, noise, (size_t)input_number(input, 1) % sizeof noise);
        memcpy(broker.broker.ring + at, noise, bytes);
        break;
    }
    case STEP_POLL:
        poll_once();
        break;
    case STEP_STREAM:
        stream_step(input);
        break;
    case STEP_GOAWAY:
        go_away();
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct input input = {.bytes = bytes, .left = size};
    broker = (struct inline_broker){
        .ring_bytes = RING_BYTES, .max_inline_bytes = 1024, .max_in_flight = WINDOW};
    lied = false;
    goaways = 0;
    inline_broker_connect(&broker);
    echo = inline_broker_open(&broker, "echo:fuzz");
    while (input.left != 0) {
        step(&input);
    }
    /* The broker dies: nobody is left waiting once the client has read what was said before. */
    MUST(shutdown(broker.socket, SHUT_RDWR) == 0);
    for (size_t i = 0; i < 3 + goaways / CONTROL_MESSAGES_A_LOOK; i++) {
        broker.connection->last_control_look_nanos = 0;
        poll_once();
    }
    MUST(waiting == 0);
    MUST(broker.connection->current == NULL && broker.connection->leaving == NULL);
    MUST(berth_stream_close(stream) == BERTH_OK);
    stream = NULL;
    for (uint32_t i = 0; i < broker.connection->slot_count; i++) {
        MUST(broker.connection->slots[i].user == USER_NONE);
    }
    MUST(berth_release(echo) == BERTH_OK);
    inline_broker_close(&broker);
    return 0;
}
