/* SPDX-License-Identifier: Apache-2.0 */
#include "inline_broker.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"
#include "clock.h"
#include "connection.h"
#include "control.h"
#include "frame.h"

static int region_make(struct region *region, enum berth_region_kind kind, uint32_t ring_bytes) {
    uint32_t page_bytes = (uint32_t)sysconf(_SC_PAGESIZE);
    size_t bytes = (size_t)page_bytes + ring_bytes;
    int descriptor = memfd_create("inline-broker", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    CHECK(descriptor >= 0 && ftruncate(descriptor, (off_t)bytes) == 0);
    CHECK(fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0);
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    CHECK(base != MAP_FAILED);
    *region = (struct region){.base = base,
                              .bytes = bytes,
                              .ring = (uint8_t *)base + page_bytes,
                              .ring_bytes = ring_bytes};
    struct berth_region_header header = {.magic = BERTH_REGION_MAGIC,
                                         .major = BERTH_PROTOCOL_MAJOR,
                                         .kind = kind,
                                         .ring_offset = page_bytes,
                                         .ring_bytes = ring_bytes,
                                         .session = INLINE_BROKER_SESSION,
                                         .broker_epoch = INLINE_BROKER_EPOCH};
    memcpy(base, &header, sizeof header);
    return descriptor;
}

static void make_session(struct inline_broker *broker) {
    int to_broker[2], from_broker[2];
    CHECK(pipe2(to_broker, O_CLOEXEC | O_NONBLOCK) == 0);
    CHECK(pipe2(from_broker, O_CLOEXEC | O_NONBLOCK) == 0);
    broker->descriptors[BERTH_WELCOME_CLIENT_REGION] =
        region_make(&broker->client, BERTH_REGION_CLIENT, broker->ring_bytes);
    broker->descriptors[BERTH_WELCOME_BROKER_REGION] =
        region_make(&broker->broker, BERTH_REGION_BROKER, broker->ring_bytes);
    broker->descriptors[BERTH_WELCOME_BELL_TO_BROKER] = to_broker[1];
    broker->descriptors[BERTH_WELCOME_BELL_FROM_BROKER] = from_broker[0];
    broker->bell_in = to_broker[0];
    broker->bell_out = from_broker[1];
    broker->requests = (struct ring_consumer){
        .buffer = broker->client.ring,
        .bytes = broker->ring_bytes,
        .tail_word = region_word(&broker->client, BERTH_REGION_TAIL),
        .head_word = region_word(&broker->broker, BERTH_REGION_HEAD),
    };
    broker->responses = (struct ring_producer){
        .buffer = broker->broker.ring,
        .bytes = broker->ring_bytes,
        .tail_word = region_word(&broker->broker, BERTH_REGION_TAIL),
        .head_word = region_word(&broker->client, BERTH_REGION_HEAD),
    };
}

void inline_broker_welcome(struct inline_broker *broker) {
    uint8_t bytes[256];
    struct control_writer writer;
    control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_WELCOME, 0);
    control_u16(&writer, BERTH_PROTOCOL_MAJOR);
    control_u16(&writer, BERTH_PROTOCOL_MINOR);
    control_u64(&writer, INLINE_BROKER_SESSION);
    control_u64(&writer, INLINE_BROKER_EPOCH);
    control_u64(&writer, (uint64_t)clock_nanos());
    control_u32(&writer, broker->ring_bytes);
    control_u32(&writer, broker->ring_bytes);
    control_u32(&writer, broker->max_inline_bytes);
    control_u32(&writer, broker->max_in_flight);
    control_u32(&writer, 0);
    CHECK(control_end(&writer));
    inline_broker_tell(broker, bytes, writer.used, broker->descriptors, BERTH_WELCOME_DESCRIPTORS);
}

static const char *socket_path(char path[108]) {
    static unsigned number;
    const char *folder = getenv("TMPDIR");
    snprintf(path, 108, "%.64s/berth-inline-%d-%u.sock", folder == NULL ? "/tmp" : folder,
             (int)getpid(), ++number);
    return path;
}

void inline_broker_greet(struct inline_broker *broker) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    berth_connect_options options = BERTH_CONNECT_OPTIONS_INIT;
    struct fork_mark mark;
    options.no_reconnect = 1;
    options.yield_micros = -1;
    socket_path(address.sun_path);
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
          listen(listener, 1) == 0);
    CHECK(fork_mark_process(&mark));
    broker->connection = connection_new(address.sun_path, &options);
    CHECK(broker->connection != NULL);
    broker->connection->mark = mark;
    broker->connection->no_reconnect = true;
    session_start(broker->connection, clock_nanos());
    CHECK(broker->connection->current != NULL);
    broker->socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK(broker->socket >= 0);
    unlink(address.sun_path);
    close(listener);
    make_session(broker);
}

void inline_broker_connect(struct inline_broker *broker) {
    inline_broker_greet(broker);
    inline_broker_welcome(broker);
    session_read_control(broker->connection, broker->connection->current, clock_nanos());
    CHECK(broker->connection->current->phase == SESSION_OPEN);
}

void inline_broker_tell(struct inline_broker *broker, const void *bytes, size_t size,
                        const int *descriptors, size_t count) {
    struct control_writer writer = {
        .bytes = (uint8_t *)(uintptr_t)bytes, .capacity = size, .used = size};
    CHECK(control_send_with(broker->socket, &writer, descriptors, count) == CONTROL_OK);
}

berth_resource *inline_broker_open(struct inline_broker *broker, const char *name) {
    uint8_t bytes[256];
    struct control_writer writer;
    /* Sent before it is asked for: the client looks for an answer before it waits for one. */
    control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_OPENED,
                  broker->connection->last_token + 1);
    control_u32(&writer, 1);
    control_u32(&writer, 0x7fff);
    control_u32(&writer, 0);
    control_u64(&writer, UINT64_C(30000000000));
    control_str(&writer, "echo");
    CHECK(control_end(&writer));
    inline_broker_tell(broker, bytes, writer.used, NULL, 0);
    berth_resource *resource;
    CHECK_OK(berth_open(broker->connection, name, NULL, &resource));
    return resource;
}

static void respond(struct inline_broker *broker, uint64_t correlation, const void *payload,
                    uint32_t bytes) {
    struct berth_frame frame = {.type = BERTH_FRAME_RESPONSE,
                                .length = (int32_t)(sizeof frame + bytes),
                                .correlation = correlation,
                                .payload_bytes = bytes};
    uint8_t *record;
    uint64_t position;
    CHECK(ring_claim(&broker->responses, (uint32_t)frame.length, &record, &position) == RING_OK);
    uint8_t *at = frame_write(record, &frame, NULL);
    if (bytes != 0) {
        memcpy(at, payload, bytes);
    }
}

void inline_broker_answer(struct inline_broker *broker, uint64_t correlation, const void *payload,
                          uint32_t bytes) {
    respond(broker, correlation, payload, bytes);
    ring_publish(&broker->responses);
}

size_t inline_broker_echo(struct inline_broker *broker) {
    uint64_t tail;
    size_t answered = 0;
    if (ring_look(&broker->requests, &tail) != RING_OK) {
        return 0;
    }
    const uint8_t *record, *payload;
    uint32_t length;
    int32_t type;
    while (ring_next(&broker->requests, tail, &record, &length, &type) == RING_OK) {
        struct berth_frame frame;
        struct frame_blocks blocks;
        CHECK(
            frame_read(record, length, type, broker->max_inline_bytes, &frame, &blocks, &payload));
        if (type == BERTH_FRAME_REQUEST) {
            respond(broker, frame.correlation, payload, frame.payload_bytes);
            answered++;
        }
        ring_advance(&broker->requests, length);
    }
    ring_release(&broker->requests);
    ring_publish(&broker->responses);
    return answered;
}

void inline_broker_close(struct inline_broker *broker) {
    CHECK_OK(berth_close(broker->connection));
    for (int i = 0; i < BERTH_WELCOME_DESCRIPTORS; i++) {
        close(broker->descriptors[i]);
    }
    close(broker->socket);
    close(broker->bell_in);
    close(broker->bell_out);
    munmap(broker->client.base, broker->client.bytes);
    munmap(broker->broker.base, broker->broker.bytes);
}
