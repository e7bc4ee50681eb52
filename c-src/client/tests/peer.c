/* SPDX-License-Identifier: Apache-2.0 */
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "doorbell.h"
#include "frame.h"
#include "peer_list.h"
#include "region.h"
#include "ring.h"

#define SESSIONS 64
#define SEGMENTS 32
#define HELD 256

struct peer_segment {
    uint8_t *base;
    uint64_t bytes;
};

struct peer_stream {
    bool active;
    struct berth_frame request;
    uint32_t parts;
    uint32_t part_bytes;
    uint32_t next;
    uint32_t credit;
};

struct peer_session {
    bool used;
    bool welcomed;
    int socket;
    int bell_in;
    int bell_out;
    uint64_t number;
    struct region client;
    struct region broker;
    struct ring_consumer requests;
    struct ring_producer responses;
    uint64_t sleep;
    uint64_t last_rung;
    uint32_t handles;
    uint32_t generation;
    struct peer_segment segments[SEGMENTS];
    struct peer_stream stream;
    struct berth_frame held[HELD];
    uint32_t held_count;
    bool going_away_said;
    bool mute;
};

static struct peer_options options;
static struct peer_counters *seen;
static struct peer_session sessions[SESSIONS];
static uint64_t last_session;
static bool stalled;
static bool declined;

_Noreturn static void give_up(const char *what) {
    fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
    _exit(99);
}

static int64_t broker_clock(void) {
    return clock_nanos() + options.clock_shift_nanos;
}

static int sealed_memory(size_t bytes, bool sealed) {
    int descriptor = memfd_create("peer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0 || ftruncate(descriptor, (off_t)bytes) != 0 ||
        (sealed &&
         fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)) {
        give_up("memfd");
    }
    return descriptor;
}

static int reopened(int descriptor, int flags) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    int result = open(path, flags | O_CLOEXEC);
    if (result < 0) {
        give_up(path);
    }
    return result;
}

static uint8_t *map(int descriptor, size_t bytes) {
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (base == MAP_FAILED) {
        give_up("mmap");
    }
    return base;
}

static int region_make(struct region *region, enum berth_region_kind kind, uint64_t session) {
    uint32_t page_bytes = (uint32_t)sysconf(_SC_PAGESIZE);
    size_t bytes = (size_t)page_bytes + options.ring_bytes;
    int descriptor = sealed_memory(bytes, options.greeting != PEER_UNSEALED);
    region->base = map(descriptor, bytes);
    region->bytes = bytes;
    region->ring = region->base + page_bytes;
    region->ring_bytes = options.ring_bytes;
    struct berth_region_header header = {
        .magic = BERTH_REGION_MAGIC ^ (options.greeting == PEER_WRONG_MAGIC),
        .major = 1,
        .kind = kind,
        .ring_offset = options.greeting == PEER_RING_OUTSIDE ? page_bytes * 2 : page_bytes,
        .ring_bytes = options.ring_bytes,
        .session = session,
        .broker_epoch = options.epoch + (options.greeting == PEER_WRONG_EPOCH),
    };
    memcpy(region->base, &header, sizeof header);
    return descriptor;
}

/* ---- Answers
 * ------------------------------------------------------------------------------------- */

static void wake_client(struct peer_session *session) {
    atomic_thread_fence(memory_order_seq_cst);
    uint64_t sleep = atomic_load(region_word(&session->client, BERTH_REGION_SLEEP));
    if ((sleep & 1) != 0 && sleep != session->last_rung) {
        session->last_rung = doorbell_ring(session->bell_out) ? sleep : 0;
        atomic_fetch_add(&seen->bells_rung, 1);
    }
}

static void respond(struct peer_session *session, const struct berth_frame *request,
                    const struct frame_blocks *request_blocks, uint32_t flags, uint32_t part,
                    uint32_t status, const void *payload, uint32_t bytes) {
    struct frame_blocks blocks = {0};
    flags |= request->flags & BERTH_FLAG_TRACE;
    if (request_blocks != NULL) {
        flags |= request->flags & BERTH_FLAG_OUTPUT;
        blocks = *request_blocks;
        blocks.trace_nanos[BERTH_TRACE_ANSWERED] = (uint64_t)broker_clock();
    }
    struct berth_frame frame = {
        .type = BERTH_FRAME_RESPONSE,
        .correlation = request->correlation,
        .flags = flags,
        .status = status,
        .reply_limit = (status & 0xffff) != BERTH_STATUS_OK ? PEER_DEVICE_CODE : 0,
        .payload_bytes = bytes,
        .part = part,
    };
    frame.length = (int32_t)(sizeof frame + frame_blocks_bytes(flags) + bytes);
    uint8_t *record;
    uint64_t position;
    if (ring_claim(&session->responses, (uint32_t)frame.length, &record, &position) != RING_OK) {
        /* The client's reservations must make this impossible. */
        atomic_fetch_add(&seen->violations, 1);
        return;
    }
    uint8_t *at = frame_write(record, &frame, &blocks);
    if (bytes != 0) {
        memcpy(at, payload, bytes);
    }
    ring_publish(&session->responses);
    wake_client(session);
}

static void respond_text(struct peer_session *session, const struct berth_frame *request,
                         uint32_t status, uint32_t reason, const char *text) {
    respond(session, request, NULL, 0, 0, (reason << 16) | status, text, (uint32_t)strlen(text));
}

static void stream_go_on(struct peer_session *session) {
    struct peer_stream *stream = &session->stream;
    uint8_t bytes[4096];
    while (stream->active && stream->next < stream->parts && stream->credit > 0) {
        memset(bytes, (int)stream->next, sizeof bytes);
        respond(session, &stream->request, NULL, BERTH_FLAG_MORE, stream->next, 0, bytes,
                stream->part_bytes);
        stream->next++;
        stream->credit--;
    }
    if (stream->active && stream->next == stream->parts) {
        respond(session, &stream->request, NULL, 0, stream->next, 0, NULL, 0);
        stream->active = false;
    }
}

static void echo(struct peer_session *session, const struct berth_frame *request,
                 struct frame_blocks *blocks, const uint8_t *payload) {
    uint32_t both = BERTH_FLAG_INPUT | BERTH_FLAG_OUTPUT;
    if ((request->flags & both) == both) {
        const struct berth_block_reference *in = &blocks->input;
        struct berth_block_reference *out = &blocks->output;
        const struct peer_segment *from = &session->segments[in->segment % SEGMENTS];
        const struct peer_segment *to = &session->segments[out->segment % SEGMENTS];
        if (from->base == NULL || to->base == NULL || in->offset + in->length > from->bytes ||
            out->offset + out->length > to->bytes) {
            atomic_fetch_add(&seen->violations, 1);
            return;
        }
        out->length = in->length < out->length ? in->length : out->length;
        memcpy(to->base + out->offset, from->base + in->offset, out->length);
    }
    respond(session, request, blocks, 0, 0, 0, payload, request->payload_bytes);
}

static void tell(struct peer_session *session, uint32_t kind, uint32_t reason, const char *text) {
    uint8_t bytes[512];
    struct control_writer writer;
    control_begin(&writer, bytes, sizeof bytes, kind, 0);
    control_u32(&writer, reason);
    control_str(&writer, text);
    control_end(&writer);
    control_send(session->socket, &writer);
}

static void session_drop(struct peer_session *session) {
    close(session->socket);
    if (session->welcomed) {
        close(session->bell_in);
        close(session->bell_out);
        region_unmap(&session->client);
        region_unmap(&session->broker);
        for (int i = 0; i < SEGMENTS; i++) {
            if (session->segments[i].base != NULL) {
                munmap(session->segments[i].base, session->segments[i].bytes);
            }
        }
    }
    *session = (struct peer_session){0};
    atomic_fetch_sub(&seen->open_sessions, 1);
}

static void release_held(void) {
    for (int i = 0; i < SESSIONS; i++) {
        struct peer_session *session = &sessions[i];
        while (session->used && session->held_count > 0) {
            struct berth_frame *request = &session->held[--session->held_count];
            uint32_t number = session->held_count;
            respond(session, request, NULL, 0, 0, 0, &number, sizeof number);
        }
    }
}

static void write_bad(struct peer_session *session, uint32_t operation) {
    uint8_t *record;
    uint64_t position;
    int32_t header[2] = {operation == PEER_BAD_LENGTH ? 4 : 64,
                         operation == PEER_BAD_TYPE ? 77 : 2};
    switch (operation) {
    case PEER_BAD_TAIL:
        atomic_store(region_word(&session->broker, BERTH_REGION_TAIL), UINT64_C(1) << 40);
        break;
    case PEER_BAD_HEAD:
        atomic_store(region_word(&session->broker, BERTH_REGION_HEAD), UINT64_C(1) << 40);
        break;
    default:
        if (ring_claim(&session->responses, 64, &record, &position) == RING_OK) {
            memset(record, 0, 64);
            memcpy(record, header, sizeof header);
            ring_publish(&session->responses);
        }
    }
    wake_client(session);
}

/* False: the session is gone. */
static bool special(struct peer_session *session, const struct berth_frame *request,
                    struct frame_blocks *blocks, const uint8_t *payload, uint32_t code) {
    static uint8_t filler[8192];
    struct berth_frame forged = *request;
    switch (code) {
    case PEER_MUTE:
        session->mute = true;
        return true;
    case PEER_SILENCE:
        return true;
    case PEER_DIE:
        ring_advance(&session->requests, (uint32_t)request->length);
        ring_release(&session->requests);
        _exit(0);
    case PEER_STALL:
        stalled = true;
        return true;
    case PEER_BAD_TAIL:
    case PEER_BAD_HEAD:
    case PEER_BAD_LENGTH:
    case PEER_BAD_TYPE:
        write_bad(session, code);
        return true;
    case PEER_LONG_ANSWER:
        respond(session, request, NULL, 0, 0, 0, filler, request->reply_limit + 512);
        return true;
    case PEER_MORE:
        respond(session, request, NULL, BERTH_FLAG_MORE, 0, 0, filler, 8);
        return true;
    case PEER_EXCESS_PART:
        for (uint32_t i = 0; i <= request->credit; i++) {
            respond(session, request, NULL, BERTH_FLAG_MORE, i, 0, filler, 8);
        }
        return true;
    case PEER_FOREIGN:
        forged.correlation += UINT64_C(1) << 16;
        respond(session, &forged, NULL, 0, 0, 0, filler, 8);
        forged.correlation = request->correlation + 1;
        respond(session, &forged, NULL, 0, 0, 0, filler, 8);
        forged.correlation = request->correlation | 0xffff;
        respond(session, &forged, NULL, 0, 0, 0, filler, 8);
        echo(session, request, blocks, payload);
        return true;
    case PEER_TWICE:
        echo(session, request, blocks, payload);
        echo(session, request, blocks, payload);
        return true;
    case PEER_FAIL:
        respond_text(session, request, BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_QUEUE_FULL,
                     "queue 512 >= 512\n");
        return true;
    case PEER_GOAWAY:
        tell(session, BERTH_KIND_GOAWAY, BERTH_REASON_GOING_AWAY, "reload");
        echo(session, request, blocks, payload);
        return true;
    case PEER_GOAWAY_HOLD:
        tell(session, BERTH_KIND_GOAWAY, BERTH_REASON_GOING_AWAY, "reload");
        session->held[session->held_count++] = *request;
        return true;
    case PEER_GOING_AWAY:
        if (!session->going_away_said) {
            session->going_away_said = true;
            respond_text(session, request, BERTH_STATUS_UNAVAILABLE, BERTH_REASON_GOING_AWAY,
                         "going away");
        } else {
            echo(session, request, blocks, payload);
        }
        return true;
    case PEER_TAKE:
        if ((request->flags & BERTH_FLAG_RESUBMITTED) != 0) {
            echo(session, request, blocks, payload);
        }
        return true;
    case PEER_DECLINE:
        if (!declined) {
            declined = true;
            tell(session, BERTH_KIND_GOAWAY, BERTH_REASON_GOING_AWAY, "reload");
            respond_text(session, request, BERTH_STATUS_UNAVAILABLE, BERTH_REASON_GOING_AWAY,
                         "going away");
        } else {
            echo(session, request, blocks, payload);
        }
        return true;
    case PEER_EXPEL:
        tell(session, BERTH_KIND_EXPELLED, BERTH_REASON_MALFORMED_FRAME, "for the test");
        session_drop(session);
        return false;
    case PEER_HOLD:
        session->held[session->held_count++] = *request;
        return true;
    case PEER_RELEASE:
        release_held();
        echo(session, request, blocks, payload);
        return true;
    case PEER_HANG_UP:
        session_drop(session);
        return false;
    default: {
        uint8_t reply[4096];
        size_t reply_bytes = 0;
        uint32_t status = BERTH_STATUS_UNIMPLEMENTED;
        if (options.execute != NULL) {
            status = options.execute(request->operation, payload, request->payload_bytes, reply,
                                     request->reply_limit, &reply_bytes);
        }
        respond(session, request, blocks, 0, 0, status, reply, (uint32_t)reply_bytes);
        return true;
    }
    }
}

static bool request_take(struct peer_session *session, const struct berth_frame *request,
                         struct frame_blocks *blocks, const uint8_t *payload) {
    atomic_fetch_add(&seen->requests, 1);
    if ((request->flags & BERTH_FLAG_RESUBMITTED) != 0) {
        atomic_fetch_add(&seen->resubmitted, 1);
    }
    if (request->deadline_nanos != 0 &&
        request->deadline_nanos > broker_clock() + 3600 * NANOS_PER_SECOND) {
        atomic_fetch_add(&seen->violations, 1);
    }
    if (request->operation == BERTH_OP_ECHO) {
        echo(session, request, blocks, payload);
        return true;
    }
    if (request->operation == BERTH_OP_COUNT) {
        struct peer_stream *stream = &session->stream;
        *stream =
            (struct peer_stream){.active = true, .request = *request, .credit = request->credit};
        memcpy(&stream->parts, payload, 4);
        memcpy(&stream->part_bytes, payload + 4, 4);
        stream_go_on(session);
        return true;
    }
    return special(session, request, blocks, payload, request->operation);
}

/* ---- Rings
 * --------------------------------------------------------------------------------------- */

static bool session_work(struct peer_session *session) {
    uint64_t tail;
    if (!session->welcomed || stalled || ring_look(&session->requests, &tail) != RING_OK) {
        return false;
    }
    const uint8_t *record, *payload;
    uint32_t length;
    int32_t type;
    /* The head moves before anything of the batch is answered: what is beyond it was certainly not
     * taken. */
    while (!stalled && ring_next(&session->requests, tail, &record, &length, &type) == RING_OK) {
        struct berth_frame frame;
        struct frame_blocks blocks;
        if (!frame_read(record, length, type, options.max_inline, &frame, &blocks, &payload)) {
            atomic_fetch_add(&seen->violations, 1);
            session_drop(session);
            return true;
        }
        uint8_t copy[8192];
        memcpy(copy, payload, frame.payload_bytes);
        if (type != BERTH_FRAME_REQUEST || frame.operation != PEER_DIE) {
            ring_advance(&session->requests, length);
            ring_release(&session->requests);
        }
        if (type == BERTH_FRAME_CANCEL) {
            atomic_fetch_add(&seen->cancels, 1);
            session->stream.active = false;
            if (!session->mute) {
                respond_text(session, &frame, BERTH_STATUS_CANCELLED, BERTH_REASON_CANCELLED,
                             "cancelled");
            }
        } else if (type == BERTH_FRAME_CREDIT) {
            atomic_fetch_add(&seen->credits, frame.credit);
            session->stream.credit += frame.credit;
            stream_go_on(session);
        } else if (!request_take(session, &frame, &blocks, copy)) {
            return true;
        }
    }
    return true;
}

static bool all_work(void) {
    bool any = false;
    for (int i = 0; i < SESSIONS; i++) {
        any |= sessions[i].used && session_work(&sessions[i]);
    }
    return any;
}

/* ---- Control
 * --------------------------------------------------------------------------------------- */

static void welcome(struct peer_session *session, uint64_t token) {
    session->number = ++last_session;
    int client = region_make(&session->client, BERTH_REGION_CLIENT, session->number);
    int broker = region_make(&session->broker, BERTH_REGION_BROKER, session->number);
    int to_broker[2], from_broker[2];
    if (pipe2(to_broker, O_CLOEXEC | O_NONBLOCK) != 0 ||
        pipe2(from_broker, O_CLOEXEC | O_NONBLOCK) != 0) {
        give_up("pipe");
    }
    int read_only = options.greeting == PEER_UNSEALED ? broker : reopened(broker, O_RDONLY);
    bool swapped = options.greeting == PEER_SWAPPED_BELLS;
    int descriptors[4] = {client, read_only, swapped ? from_broker[0] : to_broker[1],
                          swapped ? to_broker[1] : from_broker[0]};
    uint8_t bytes[512];
    struct control_writer writer;
    control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_WELCOME, token);
    control_u16(&writer, 1);
    control_u16(&writer, options.minor_zero ? 0 : 1);
    control_u64(&writer, session->number);
    control_u64(&writer, options.epoch);
    control_u64(&writer, (uint64_t)broker_clock());
    control_u32(&writer, options.ring_bytes);
    control_u32(&writer, options.ring_bytes);
    control_u32(&writer, options.max_inline);
    control_u32(&writer, options.max_in_flight);
    control_u32(&writer, options.yield_micros);
    control_u64(&writer, 0); /* a later minor's field */
    control_end(&writer);
    control_send_with(session->socket, &writer, descriptors,
                      options.greeting == PEER_FEW_DESCRIPTORS ? 3 : 4);
    close(client);
    close(broker);
    if (read_only != broker) {
        close(read_only);
    }
    close(to_broker[1]);
    close(from_broker[0]);
    session->bell_in = to_broker[0];
    session->bell_out = from_broker[1];
    session->requests = (struct ring_consumer){
        .buffer = session->client.ring,
        .bytes = options.ring_bytes,
        .tail_word = region_word(&session->client, BERTH_REGION_TAIL),
        .head_word = region_word(&session->broker, BERTH_REGION_HEAD),
    };
    session->responses = (struct ring_producer){
        .buffer = session->broker.ring,
        .bytes = options.ring_bytes,
        .tail_word = region_word(&session->broker, BERTH_REGION_TAIL),
        .head_word = region_word(&session->client, BERTH_REGION_HEAD),
    };
    session->welcomed = true;
}

static void greet(struct peer_session *session, uint64_t token) {
    uint8_t bytes[512];
    struct control_writer writer;
    switch (options.greeting) {
    case PEER_SILENT:
        break;
    case PEER_REFUSES:
        control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_REFUSED, token);
        control_u32(&writer, BERTH_STATUS_FAILED_PRECONDITION);
        control_u32(&writer, BERTH_REASON_VERSION_MISMATCH);
        control_str(&writer, "the broker speaks 9.0");
        control_end(&writer);
        control_send(session->socket, &writer);
        break;
    case PEER_GARBAGE:
        (void)!send(session->socket, "HTTP/1.1 400", 12, MSG_NOSIGNAL);
        break;
    case PEER_HANGS_UP:
        session_drop(session);
        break;
    default:
        welcome(session, token);
    }
}

static void open_resource(struct peer_session *session, uint64_t token,
                          struct control_reader *reader) {
    char name[256], on_behalf_of[256];
    uint32_t wanted = control_take_u32(reader);
    control_take_str(reader, name, sizeof name);
    control_take_str(reader, on_behalf_of, sizeof on_behalf_of);
    atomic_fetch_add(&seen->opens, 1);
    atomic_store(&seen->last_on_behalf_bytes, (unsigned)strlen(on_behalf_of));
    uint8_t bytes[512];
    struct control_writer writer;
    uint32_t granted = options.granted == NULL ? 0x7fff : options.granted(name);
    if (strncmp(name, "deny", 4) == 0) {
        control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_REFUSED, token);
        control_u32(&writer, BERTH_STATUS_PERMISSION_DENIED);
        control_u32(&writer, BERTH_REASON_NOT_PERMITTED);
        control_str(&writer, strcmp(name, "deny:named") == 0 ? "deny:named is not configured"
                                                             : "uid may not");
    } else if (granted == 0) {
        control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_REFUSED, token);
        control_u32(&writer, BERTH_STATUS_NOT_FOUND);
        control_u32(&writer, BERTH_REASON_UNKNOWN_RESOURCE);
        control_str(&writer, "no such resource");
    } else {
        control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_OPENED, token);
        control_u32(&writer, ++session->handles);
        control_u32(&writer, wanted == 0 ? granted : wanted & granted);
        control_u32(&writer, 0);
        control_u64(&writer, UINT64_C(30000000000));
        control_str(&writer, options.driver != NULL ? options.driver : "echo");
    }
    control_end(&writer);
    control_send(session->socket, &writer);
}

static void list_entries(struct peer_session *session, uint64_t token) {
    uint8_t bytes[4096];
    struct control_writer writer;
    uint32_t count = 0;
    while (options.entries[count].resource != NULL) {
        count++;
    }
    control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_LISTED, token);
    control_u32(&writer, 0);
    control_u32(&writer, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct peer_entry *entry = &options.entries[i];
        control_str(&writer, entry->resource);
        control_u32(&writer, options.granted == NULL ? 0x7fff : options.granted(entry->resource));
        control_str(&writer, entry->driver);
        control_u32(&writer, entry->kind == NULL ? 0 : 2);
        if (entry->kind != NULL) {
            control_str(&writer, "kind");
            control_str(&writer, entry->kind);
            control_str(&writer, "index");
            control_str(&writer, entry->index);
        }
    }
    control_end(&writer);
    control_send(session->socket, &writer);
}

static void list_names(struct peer_session *session, uint64_t token,
                       struct control_reader *reader) {
    static bool left;
    char sub[64];
    uint32_t after = control_take_u32(reader);
    control_take_str(reader, sub, sizeof sub);
    atomic_fetch_add(&seen->lists, 1);
    if (options.entries != NULL) {
        list_entries(session, token);
        return;
    }
    bool leaves = strcmp(sub, "leave") == 0, hangs_up = strcmp(sub, "hang-up") == 0;
    if (hangs_up && after != 0 && !left) {
        left = true;
        session_drop(session);
        return;
    }
    peer_list_answer(session->socket, token, after, sub);
    if (leaves && !left) {
        left = true;
        tell(session, BERTH_KIND_GOAWAY, BERTH_REASON_GOING_AWAY, "reload");
    }
}

static void add_segment(struct peer_session *session, uint64_t token,
                        struct control_reader *reader) {
    (void)control_take_u32(reader);
    uint32_t direction = control_take_u32(reader);
    uint64_t size = control_take_u64(reader);
    uint8_t bytes[512];
    struct control_writer writer;
    uint32_t number = SEGMENTS;
    uint64_t used = 0;
    for (uint32_t i = SEGMENTS; i-- > 0;) {
        if (session->segments[i].base == NULL) {
            number = i;
        } else {
            used += session->segments[i].bytes;
        }
    }
    if (options.mute_segments) {
        atomic_fetch_add(&seen->segments_unanswered, 1);
        return;
    }
    if (number == SEGMENTS || size > (64u << 20) ||
        (options.arena_bytes != 0 && used + size > options.arena_bytes)) {
        atomic_fetch_add(&seen->segments_refused, 1);
        control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_REFUSED, token);
        control_u32(&writer, BERTH_STATUS_RESOURCE_EXHAUSTED);
        control_u32(&writer, BERTH_REASON_BUDGET_EXCEEDED);
        control_str(&writer, "arena budget");
        control_end(&writer);
        control_send(session->socket, &writer);
        return;
    }
    int descriptor = sealed_memory(size, true);
    session->segments[number].base = map(descriptor, size);
    session->segments[number].bytes = size;
    int passed = direction == BERTH_INPUT ? descriptor : reopened(descriptor, O_RDONLY);
    control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_SEGMENT_ADDED, token);
    control_u32(&writer, number);
    control_u32(&writer, ++session->generation);
    control_u64(&writer, size);
    control_end(&writer);
    atomic_fetch_add(&seen->segments, 1);
    control_send_with(session->socket, &writer, &passed, 1);
    close(descriptor);
    if (passed != descriptor) {
        close(passed);
    }
}

static void wipe_pages(struct peer_session *session, uint64_t token,
                       struct control_reader *reader) {
    const struct peer_segment *segment = &session->segments[control_take_u32(reader) % SEGMENTS];
    uint32_t generation = control_take_u32(reader);
    uint64_t offset = control_take_u64(reader);
    uint64_t size = control_take_u64(reader);
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint8_t bytes[512];
    struct control_writer writer;
    if (options.minor_zero || segment->base == NULL || generation == 0 || size == 0 ||
        (offset | size) % page != 0 || offset > segment->bytes || size > segment->bytes - offset) {
        atomic_fetch_add(&seen->violations, 1);
        return;
    }
    if (options.mute_wipes) {
        atomic_fetch_add(&seen->wipes, 1);
        return;
    }
    if (options.refuse_wipes) {
        control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_REFUSED, token);
        control_u32(&writer, BERTH_STATUS_RESOURCE_EXHAUSTED);
        control_u32(&writer, BERTH_REASON_BUDGET_EXCEEDED);
        control_str(&writer, "not now");
    } else {
        memset(segment->base + offset, 0, size);
        control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_SEGMENT_WIPED, token);
    }
    control_end(&writer);
    control_send(session->socket, &writer);
    atomic_fetch_add(&seen->wipes, 1);
}

static void control_work(struct peer_session *session) {
    uint8_t bytes[CONTROL_BUFFER_BYTES];
    int descriptors[BERTH_CONTROL_MAX_DESCRIPTORS];
    size_t size, count;
    while (session->used) {
        enum control_io got =
            control_receive(session->socket, bytes, sizeof bytes, &size, descriptors, &count);
        if (got == CONTROL_LATER) {
            return;
        }
        struct control_reader reader;
        struct berth_control_header header;
        if (got == CONTROL_CLOSED || !control_open(&reader, bytes, size, &header)) {
            session_drop(session);
            return;
        }
        switch (header.kind) {
        case BERTH_KIND_HELLO:
            greet(session, header.token);
            break;
        case BERTH_KIND_OPEN:
            open_resource(session, header.token, &reader);
            break;
        case BERTH_KIND_LIST:
            list_names(session, header.token, &reader);
            break;
        case BERTH_KIND_CLOSE:
            atomic_fetch_add(&seen->closes, 1);
            break;
        case BERTH_KIND_SEGMENT_ADD:
            add_segment(session, header.token, &reader);
            break;
        case BERTH_KIND_SEGMENT_WIPE:
            wipe_pages(session, header.token, &reader);
            break;
        case BERTH_KIND_SEGMENT_DROP: {
            uint32_t number = control_take_u32(&reader) % SEGMENTS;
            if (session->segments[number].base != NULL) {
                munmap(session->segments[number].base, session->segments[number].bytes);
                session->segments[number].base = NULL;
            }
            atomic_fetch_add(&seen->segments_dropped, 1);
            break;
        }
        case BERTH_KIND_GOODBYE:
            atomic_fetch_add(&seen->goodbyes, 1);
            break;
        default:
            atomic_fetch_add(&seen->violations, 1);
        }
    }
}

static void accept_session(int listener) {
    int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    for (int i = 0; i < SESSIONS && socket >= 0; i++) {
        if (!sessions[i].used) {
            sessions[i] = (struct peer_session){.used = true, .socket = socket};
            /* In this order: who has seen the session counted sees it open. */
            atomic_fetch_add(&seen->open_sessions, 1);
            atomic_fetch_add(&seen->sessions, 1);
            return;
        }
    }
    if (socket >= 0) {
        close(socket);
    }
}

static void set_asleep(bool asleep) {
    for (int i = 0; i < SESSIONS; i++) {
        if (sessions[i].welcomed && ((sessions[i].sleep & 1) != 0) != asleep) {
            atomic_store(region_word(&sessions[i].broker, BERTH_REGION_SLEEP), ++sessions[i].sleep);
        }
    }
}

static void sleep_until_rung(int listener) {
    struct pollfd watched[1 + 2 * SESSIONS] = {{.fd = listener, .events = POLLIN}};
    nfds_t count = 1;
    set_asleep(true);
    atomic_thread_fence(memory_order_seq_cst);
    for (int i = 0; i < SESSIONS; i++) {
        watched[count++] =
            (struct pollfd){.fd = sessions[i].used ? sessions[i].socket : -1, .events = POLLIN};
        watched[count++] = (struct pollfd){.fd = sessions[i].welcomed ? sessions[i].bell_in : -1,
                                           .events = POLLIN};
    }
    if (!all_work()) {
        poll(watched, count, -1);
    }
    set_asleep(false);
    if (watched[0].revents != 0) {
        accept_session(listener);
    }
    for (int i = 0; i < SESSIONS; i++) {
        if (sessions[i].used && watched[2 + 2 * i].revents != 0) {
            doorbell_drain(sessions[i].bell_in);
        }
        if (sessions[i].used && watched[1 + 2 * i].revents != 0) {
            control_work(&sessions[i]);
        }
    }
}

_Noreturn static void serve(int listener) {
    for (;;) {
        int64_t until = clock_nanos() + (int64_t)options.yield_micros * NANOS_PER_MICRO;
        while (all_work()) {
            until = clock_nanos() + (int64_t)options.yield_micros * NANOS_PER_MICRO;
        }
        if (options.yield_micros != 0) {
            bool worked = false;
            while (!worked && clock_nanos() < until) {
                sched_yield();
                worked = all_work();
            }
            if (worked) {
                continue;
            }
        }
        sleep_until_rung(listener);
    }
}

struct peer peer_start(const struct peer_options *wanted) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", wanted->path);
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unlink(wanted->path);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 64) != 0) {
        give_up("listen");
    }
    struct peer_counters *counters =
        mmap(NULL, sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counters == MAP_FAILED) {
        give_up("mmap");
    }
    pid_t parent = getpid();
    pid_t process = fork();
    if (process < 0) {
        give_up("fork");
    }
    if (process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(0);
        }
        options = *wanted;
        options.ring_bytes = options.ring_bytes == 0 ? 65536 : options.ring_bytes;
        options.max_inline = options.max_inline == 0 ? 4096 : options.max_inline;
        options.max_in_flight = options.max_in_flight == 0 ? 256 : options.max_in_flight;
        options.epoch = options.epoch == 0 ? (uint64_t)getpid() : options.epoch;
        seen = counters;
        serve(listener);
    }
    close(listener);
    return (struct peer){.process = process, .seen = counters};
}

void peer_kill(struct peer *peer) {
    if (peer->process > 0) {
        kill(peer->process, SIGKILL);
        peer_wait(peer);
    }
}

void peer_wait(struct peer *peer) {
    if (peer->process > 0) {
        waitpid(peer->process, NULL, 0);
        peer->process = 0;
    }
}
