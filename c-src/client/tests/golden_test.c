/* SPDX-License-Identifier: Apache-2.0 */
/* The layout, byte for byte, against shm-protocol/golden/vectors.txt, which the Java side reads as
 * well. */
#include "check.h"
#include "control.h"
#include "frame.h"
#include "listing.h"
#include "region.h"
#include "ring.h"
#include "vectors.h"

#define TOKEN UINT64_C(0x1122334455667788)
#define SESSION UINT64_C(0x0102030405060708)
#define EPOCH UINT64_C(0x1112131415161718)
#define CLOCK UINT64_C(0x2122232425262728)

static void expect(const char *kind, const char *name, const void *bytes, size_t count) {
    uint8_t golden[VECTOR_BYTES];
    size_t golden_count = vector(kind, name, golden);
    if (golden_count != count || memcmp(golden, bytes, count) != 0) {
        const uint8_t *ours = bytes;
        size_t at = 0;
        while (at < count && at < golden_count && ours[at] == golden[at]) {
            at++;
        }
        fprintf(stderr, "%s %s: %zu bytes, golden %zu, differ at %zu\n", kind, name, count,
                golden_count, at);
        exit(1);
    }
}

static uint8_t message_bytes[CONTROL_BUFFER_BYTES];

static struct control_writer begin(uint32_t kind) {
    struct control_writer writer;
    control_begin(&writer, message_bytes, sizeof message_bytes, kind, TOKEN);
    return writer;
}

static void end(struct control_writer *writer, const char *name) {
    CHECK(control_end(writer));
    expect("message", name, writer->bytes, writer->used);
}

static void messages_of_the_client_are_written_byte_for_byte(void) {
    struct control_writer writer = begin(BERTH_KIND_HELLO);
    control_u16(&writer, 1);
    control_u16(&writer, 0);
    control_u32(&writer, 65536);
    control_u32(&writer, 131072);
    control_str(&writer, "payments-\xe5\xba\x94\xe7\x94\xa8");
    end(&writer, "hello");

    writer = begin(BERTH_KIND_OPEN);
    control_u32(&writer, 0x206);
    control_str(&writer, "hsm:payments/sign-key-1");
    control_str(&writer, "tenant-a");
    end(&writer, "open");

    writer = begin(BERTH_KIND_CLOSE);
    control_u32(&writer, 0x00010002);
    end(&writer, "close");

    writer = begin(BERTH_KIND_SEGMENT_ADD);
    control_u32(&writer, 0x00010002);
    control_u32(&writer, BERTH_INPUT);
    control_u64(&writer, 4u << 20);
    end(&writer, "segment-add");

    writer = begin(BERTH_KIND_SEGMENT_DROP);
    control_u32(&writer, 3);
    control_u32(&writer, 4);
    end(&writer, "segment-drop");

    writer = begin(BERTH_KIND_SEGMENT_WIPE);
    control_u32(&writer, 3);
    control_u32(&writer, 4);
    control_u64(&writer, 0x10000);
    control_u64(&writer, 0x4000);
    end(&writer, "segment-wipe");

    writer = begin(BERTH_KIND_GOODBYE);
    end(&writer, "goodbye");

    writer = begin(BERTH_KIND_LIST);
    control_u32(&writer, 0x00010002);
    control_str(&writer, "tenant-a");
    end(&writer, "list");
}

static struct control_reader read_message(const char *name, uint32_t kind) {
    static uint8_t bytes[VECTOR_BYTES];
    size_t size = vector("message", name, bytes);
    struct control_reader reader;
    struct berth_control_header header;
    CHECK(control_open(&reader, bytes, size, &header));
    CHECK(header.kind == kind && header.token == TOKEN && header.reserved == 0);
    return reader;
}

static void read_whole(const struct control_reader *reader) {
    CHECK(!reader->short_body && reader->at == reader->size);
}

static void messages_of_the_broker_are_read_field_for_field(void) {
    char text[64];
    struct control_reader reader = read_message("welcome", BERTH_KIND_WELCOME);
    CHECK(control_take_u16(&reader) == 1 && control_take_u16(&reader) == 0);
    CHECK(control_take_u64(&reader) == SESSION && control_take_u64(&reader) == EPOCH);
    CHECK(control_take_u64(&reader) == CLOCK);
    CHECK(control_take_u32(&reader) == 65536 && control_take_u32(&reader) == 131072);
    CHECK(control_take_u32(&reader) == 4096 && control_take_u32(&reader) == 1024);
    CHECK(control_take_u32(&reader) == 50);
    read_whole(&reader);

    reader = read_message("opened", BERTH_KIND_OPENED);
    CHECK(control_take_u32(&reader) == 0x00010002 && control_take_u32(&reader) == 0x206);
    CHECK(control_take_u32(&reader) == 1 && control_take_u64(&reader) == UINT64_C(30000000000));
    control_take_str(&reader, text, sizeof text);
    CHECK(strcmp(text, "hsm/sdf") == 0);
    read_whole(&reader);

    reader = read_message("closed", BERTH_KIND_CLOSED);
    read_whole(&reader);

    reader = read_message("segment-wiped", BERTH_KIND_SEGMENT_WIPED);
    read_whole(&reader);

    reader = read_message("segment-added", BERTH_KIND_SEGMENT_ADDED);
    CHECK(control_take_u32(&reader) == 3 && control_take_u32(&reader) == 4);
    CHECK(control_take_u64(&reader) == 4u << 20);
    read_whole(&reader);

    reader = read_message("refused", BERTH_KIND_REFUSED);
    CHECK(control_take_u32(&reader) == BERTH_STATUS_PERMISSION_DENIED);
    CHECK(control_take_u32(&reader) == BERTH_REASON_NOT_PERMITTED);
    control_take_str(&reader, text, sizeof text);
    CHECK(strcmp(text, "uid 1000 may not") == 0);
    read_whole(&reader);

    reader = read_message("goaway", BERTH_KIND_GOAWAY);
    CHECK(control_take_u32(&reader) == BERTH_REASON_GOING_AWAY);
    control_take_str(&reader, text, sizeof text);
    CHECK(strcmp(text, "reload") == 0);
    read_whole(&reader);

    reader = read_message("expelled", BERTH_KIND_EXPELLED);
    CHECK(control_take_u32(&reader) == BERTH_REASON_MALFORMED_FRAME);
    control_take_str(&reader, text, sizeof text);
    CHECK(strcmp(text, "frame of 8 bytes") == 0);
    read_whole(&reader);

    reader = read_message("listed", BERTH_KIND_LISTED);
    struct listing *page;
    CHECK(listing_read(&reader, &page) == LISTING_OK);
    CHECK(page->next == 5 && page->count == 2 && page->following == NULL);
    const berth_listed *entry = &page->entries[0];
    CHECK(strcmp(entry->resource, "hsm:payments") == 0 && entry->permissions == 0);
    CHECK(strcmp(entry->driver, "hsm/sdf") == 0 && entry->attribute_count == 0);
    entry = &page->entries[1];
    CHECK(strcmp(entry->resource, "hsm:payments/sign-key-1") == 0 && entry->permissions == 0x206);
    CHECK(strcmp(entry->driver, "hsm/sdf") == 0 && entry->attribute_count == 1);
    CHECK(strcmp(entry->attributes[0].key, "algorithm") == 0);
    CHECK(strcmp(entry->attributes[0].value, "sm2") == 0);
    listing_free(page);
}

static void no_cut_message_is_taken_for_whole(void) {
    static const char *const names[] = {"welcome", "opened", "segment-added", "refused", "listed"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        uint8_t bytes[VECTOR_BYTES];
        size_t size = vector("message", names[i], bytes);
        for (size_t cut = 0; cut < size; cut++) {
            struct control_reader reader;
            struct berth_control_header header;
            CHECK(!control_open(&reader, bytes, cut, &header)); /* bodyBytes does not fit */
        }
    }
}

/* Reads the golden frame, checks what the vectors' maker put in, writes it again. */
static struct berth_frame frame_round_trip(const char *name, struct frame_blocks *blocks) {
    static uint8_t padded[VECTOR_BYTES] __attribute__((aligned(8)));
    uint8_t again[VECTOR_BYTES];
    size_t size = vector("frame", name, padded);
    int32_t header[2];
    memcpy(header, padded, sizeof header);
    CHECK((size_t)header[0] == size);
    struct berth_frame frame;
    const uint8_t *payload;
    CHECK(frame_read(padded, (uint32_t)header[0], header[1], 4096, &frame, blocks, &payload));
    uint8_t *at = frame_write(again, &frame, blocks);
    memcpy(at, payload, frame.payload_bytes);
    expect("frame", name, again, (size_t)(at - again) + frame.payload_bytes);
    return frame;
}

static void frames_are_read_and_written_byte_for_byte(void) {
    struct frame_blocks blocks;
    struct berth_frame frame = frame_round_trip("request", &blocks);
    CHECK(frame.type == BERTH_FRAME_REQUEST && frame.payload_bytes == 10);
    CHECK((uint64_t)frame.deadline_nanos == CLOCK && frame.handle == 0x00010002);
    CHECK(frame.operation == BERTH_OP_ECHO && frame.flags == 0 && frame.priority == 1);
    CHECK(frame.reply_limit == 256 && (frame.correlation & 0xffff) == 9);

    frame = frame_round_trip("request-with-blocks", &blocks);
    CHECK((frame.flags &
           (BERTH_FLAG_TRACE | BERTH_FLAG_INPUT | BERTH_FLAG_OUTPUT | BERTH_FLAG_SESSION)) ==
          (BERTH_FLAG_TRACE | BERTH_FLAG_INPUT | BERTH_FLAG_OUTPUT | BERTH_FLAG_SESSION));
    CHECK(frame.priority == BERTH_PRIORITY_NORMAL && frame.credit == 5);
    CHECK(blocks.input.segment == 3 && blocks.input.generation == 4 && blocks.session == SESSION);

    frame = frame_round_trip("response-more", &blocks);
    CHECK(frame.flags == BERTH_FLAG_MORE && frame.part == 2 && frame.payload_bytes == 4);

    frame = frame_round_trip("response-with-blocks", &blocks);
    CHECK(frame.flags == (BERTH_FLAG_TRACE | BERTH_FLAG_OUTPUT) && frame.payload_bytes == 2);
    for (uint64_t stage = 0; stage < BERTH_TRACE_BYTES / 8; stage++) {
        CHECK(blocks.trace_nanos[stage] == UINT64_C(0x3132333435363730) + 8 * stage);
    }
    CHECK(blocks.output.segment == 5 && blocks.output.generation == 6);
    CHECK(blocks.output.offset == 0x3000 && blocks.output.length == 0x1234);

    frame = frame_round_trip("credit", &blocks);
    CHECK(frame.type == BERTH_FRAME_CREDIT && frame.credit == 7);
    frame = frame_round_trip("cancel", &blocks);
    CHECK(frame.type == BERTH_FRAME_CANCEL && (frame.correlation & 0xffff) == 9);

    /* Between broker and worker; a worker in C would read these. */
    frame = frame_round_trip("bind", &blocks);
    CHECK(frame.type == BERTH_FRAME_BIND && frame.handle == 11 && frame.epoch == 9);
    frame = frame_round_trip("session-closed", &blocks);
    CHECK(frame.type == BERTH_FRAME_SESSION_CLOSED && blocks.session == SESSION);
    frame = frame_round_trip("goaway", &blocks);
    CHECK(frame.type == BERTH_FRAME_GOAWAY && frame.payload_bytes == 0);

    frame = frame_round_trip("response-queue-full", &blocks);
    CHECK(frame.type == BERTH_FRAME_RESPONSE);
    CHECK(frame.status == BERTH_RESULT(BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_QUEUE_FULL));
}

static void region_headers_are_laid_out_byte_for_byte(void) {
    static const struct {
        const char *name;
        uint32_t kind;
        uint64_t session;
    } regions[] = {{"client", BERTH_REGION_CLIENT, SESSION},
                   {"broker", BERTH_REGION_BROKER, SESSION},
                   {"worker", BERTH_REGION_WORKER, 9}};
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        uint8_t bytes[BERTH_REGION_HEADER_BYTES] = {0};
        struct berth_region_header header = {.magic = BERTH_REGION_MAGIC,
                                             .major = 1,
                                             .kind = regions[i].kind,
                                             .ring_offset = 4096,
                                             .ring_bytes = 4096,
                                             .session = regions[i].session,
                                             .broker_epoch = EPOCH};
        memcpy(bytes, &header, sizeof header);
        expect("header", regions[i].name, bytes, sizeof bytes);
    }
}

static void a_wrapping_ring_is_written_and_read_byte_for_byte(void) {
    static uint8_t memory[4096] __attribute__((aligned(8)));
    static const uint32_t lengths[] = {10, 3000, 1500};
    shared_word tail = 0, head = 0;
    struct ring_producer producer = {
        .buffer = memory, .bytes = sizeof memory, .tail_word = &tail, .head_word = &head};
    struct ring_consumer consumer = {
        .buffer = memory, .bytes = sizeof memory, .tail_word = &tail, .head_word = &head};
    for (size_t i = 0; i < 3; i++) {
        uint8_t *record;
        uint64_t position, seen_tail;
        CHECK(ring_claim(&producer, lengths[i], &record, &position) == RING_OK);
        int32_t header[2] = {(int32_t)lengths[i], 1};
        memcpy(record, header, sizeof header);
        for (uint32_t j = 8; j < lengths[i]; j++) {
            record[j] = (uint8_t)(lengths[i] + j);
        }
        ring_publish(&producer);
        const uint8_t *got;
        uint32_t length;
        int32_t type;
        CHECK(ring_look(&consumer, &seen_tail) == RING_OK);
        CHECK(ring_next(&consumer, seen_tail, &got, &length, &type) == RING_OK);
        CHECK(length == lengths[i] && type == 1 && got == record);
        ring_advance(&consumer, length);
        CHECK(ring_next(&consumer, seen_tail, &got, &length, &type) == RING_EMPTY);
        ring_release(&consumer);
    }
    expect("ring", "wrapped", memory, sizeof memory);
}

static void reasons_have_the_fixed_names(void) {
    for (uint32_t reason = 0; reason < BERTH_REASON_COUNT; reason++) {
        char number[16];
        snprintf(number, sizeof number, "%u", reason);
        CHECK(strcmp(vector_text("reason", number), berth_protocol_reason_name(reason)) == 0);
    }
}

static void status_codes_have_the_fixed_names(void) {
    for (uint32_t status = 0; status < BERTH_STATUS_COUNT; status++) {
        char number[16];
        snprintf(number, sizeof number, "%u", status);
        CHECK(strcmp(vector_text("status", number), berth_protocol_status_name(status)) == 0);
    }
}

static void operations_have_the_numbers_of_the_table(void) {
#define NUMBERED(name)                                                                             \
    { #name, BERTH_OP_##name }
    static const struct {
        const char *name;
        uint32_t number;
    } operations[] = {
        NUMBERED(SM2_SIGN),
        NUMBERED(SM2_VERIFY),
        NUMBERED(SM2_ENCRYPT),
        NUMBERED(SM2_DECRYPT),
        NUMBERED(SM4_ENCRYPT),
        NUMBERED(SM4_DECRYPT),
        NUMBERED(SM3_DIGEST),
        NUMBERED(SM4_MAC),
        NUMBERED(HMAC_SM3),
        NUMBERED(RANDOM),
        NUMBERED(EXPORT_PUBLIC_KEY),
        NUMBERED(GENERATE_KEY),
        NUMBERED(RSA_SIGN),
        NUMBERED(EC_SIGN),
        NUMBERED(OTHER_SIGN),
        NUMBERED(RSA_VERIFY),
        NUMBERED(EC_VERIFY),
        NUMBERED(OTHER_VERIFY),
        NUMBERED(MAC_VERIFY),
        NUMBERED(RSA_ENCRYPT),
        NUMBERED(RSA_DECRYPT),
        NUMBERED(AES_ENCRYPT),
        NUMBERED(AES_DECRYPT),
        NUMBERED(OTHER_ENCRYPT),
        NUMBERED(OTHER_DECRYPT),
        NUMBERED(DIGEST),
        NUMBERED(MAC),
        NUMBERED(FIND_OBJECTS),
        NUMBERED(GET_ATTRIBUTES),
        NUMBERED(TOKEN_INFO),
        NUMBERED(CHECK_PIN),
        NUMBERED(RELEASE_OBJECT),
        NUMBERED(WRAP_KEY),
        NUMBERED(GENERATE_SESSION_KEY),
        NUMBERED(UNWRAP_KEY),
        NUMBERED(CREATE_SESSION_OBJECT),
        NUMBERED(SET_SESSION_ATTRIBUTES),
        NUMBERED(CREATE_OBJECT),
        NUMBERED(GENERATE_OBJECT),
        NUMBERED(DESTROY_OBJECT),
        NUMBERED(SET_ATTRIBUTES),
        NUMBERED(DERIVE_KEY),
        NUMBERED(SM4_SEAL),
        NUMBERED(SM4_OPEN),
        NUMBERED(GENERATE_KEY_FOR),
        NUMBERED(EXCHANGE_ENVELOPE),
        NUMBERED(BEGIN_AGREEMENT),
        NUMBERED(FINISH_AGREEMENT),
        NUMBERED(RESPOND_TO_AGREEMENT),
        NUMBERED(EXPORT_RSA_PUBLIC_KEY),
        NUMBERED(TEST_GENERATE_PAIR),
        NUMBERED(TEST_PRIVATE_KEY),
        NUMBERED(TEST_CIPHER),
        NUMBERED(TEST_IMPORT_KEY),
        NUMBERED(TEST_HMAC),
        NUMBERED(RSA_RAW_SIGN),
        NUMBERED(RSA_RAW_DECRYPT),
        NUMBERED(ECHO),
        NUMBERED(COUNT),
        NUMBERED(DELAY),
        NUMBERED(TOUCH),
        NUMBERED(ONCE),
        NUMBERED(CRASH),
        NUMBERED(HANG),
        NUMBERED(SCRIBBLE),
        NUMBERED(EXIT),
    };
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        char number[16];
        snprintf(number, sizeof number, "%08x", operations[i].number);
        CHECK(strcmp(vector_text("operation", operations[i].name), number) == 0);
    }
}

static void a_padding_is_accepted_only_where_one_is_needed(void) {
    static uint8_t memory[4096] __attribute__((aligned(8)));
    shared_word tail, head = 0;
    static const struct {
        uint64_t position;
        int32_t length;
        enum ring_status expected;
    } cases[] = {{4096 - 64, 64, RING_EMPTY},
                 {4096 - 64, 56, RING_VIOLATION},
                 {4096 - 64, 72, RING_VIOLATION},
                 {4096, 4096, RING_VIOLATION},
                 {4096 - 8, 8, RING_EMPTY}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ring_consumer consumer = {.buffer = memory,
                                         .bytes = sizeof memory,
                                         .position = cases[i].position,
                                         .tail_word = &tail,
                                         .head_word = &head};
        int32_t header[2] = {cases[i].length, BERTH_RECORD_PADDING};
        memcpy(memory + (cases[i].position & 4095), header, sizeof header);
        uint64_t end = cases[i].position + (uint64_t)cases[i].length;
        const uint8_t *record;
        uint32_t length;
        int32_t type;
        CHECK(ring_next(&consumer, end, &record, &length, &type) == cases[i].expected);
    }
}

static uint64_t random_state = 88172645463325252u;

static uint64_t random_next(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

/* Whatever a producer writes, the consumer stays inside the ring: the sanitizers watch. */
static void no_content_of_a_ring_leads_outside_it(void) {
    enum { BYTES = 4096 };
    uint8_t *memory = aligned_alloc(4096, BYTES);
    CHECK(memory != NULL);
    unsigned violations = 0, frames = 0;
    for (int round = 0; round < 200000; round++) {
        shared_word tail, head = 0;
        struct ring_consumer consumer = {
            .buffer = memory, .bytes = BYTES, .tail_word = &tail, .head_word = &head};
        consumer.position = (random_next() % 1024) * 8;
        uint32_t index = (uint32_t)(consumer.position & (BYTES - 1));
        /* Lengths and types near the boundaries, else noise. */
        for (uint32_t at = index; at < BYTES; at += 8 + (uint32_t)(random_next() % 64) * 8) {
            uint64_t noise = random_next();
            int32_t header[2] = {(int32_t)(noise % 5 == 0   ? BYTES - at + (noise >> 60) - 8
                                           : noise % 5 == 1 ? noise >> 32
                                                            : 64 + (noise >> 32) % 200),
                                 (int32_t)(noise % 7) - 1};
            memcpy(memory + at, header, sizeof header);
            if (at + 64 <= BYTES) {
                uint32_t fields[2] = {(uint32_t)(noise >> 40) & 0x7f, 0};
                memcpy(memory + at + 32, fields, 4);
                uint32_t payload_bytes = (uint32_t)header[0] - 64 - frame_blocks_bytes(fields[0]);
                memcpy(memory + at + 44, &payload_bytes, 4);
            }
        }
        atomic_store(&tail, consumer.position + (random_next() % (BYTES / 8 + 2)) * 8);
        uint64_t seen_tail;
        enum ring_status status = ring_look(&consumer, &seen_tail);
        const uint8_t *record, *payload;
        uint32_t length;
        int32_t type;
        while (status == RING_OK &&
               (status = ring_next(&consumer, seen_tail, &record, &length, &type)) == RING_OK) {
            struct berth_frame frame;
            struct frame_blocks blocks;
            CHECK(record >= memory && record + length <= memory + BYTES);
            if (frame_read(record, length, type, BYTES, &frame, &blocks, &payload)) {
                CHECK(payload + frame.payload_bytes <= memory + BYTES);
                frames++;
            }
            ring_advance(&consumer, length);
        }
        violations += status == RING_VIOLATION;
    }
    printf("  %u violations, %u well-formed frames\n", violations, frames);
    CHECK(violations > 1000 && frames > 1000);
    free(memory);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(messages_of_the_client_are_written_byte_for_byte),
        TEST(messages_of_the_broker_are_read_field_for_field),
        TEST(no_cut_message_is_taken_for_whole),
        TEST(frames_are_read_and_written_byte_for_byte),
        TEST(region_headers_are_laid_out_byte_for_byte),
        TEST(a_wrapping_ring_is_written_and_read_byte_for_byte),
        TEST(status_codes_have_the_fixed_names),
        TEST(reasons_have_the_fixed_names),
        TEST(operations_have_the_numbers_of_the_table),
        TEST(a_padding_is_accepted_only_where_one_is_needed),
        TEST(no_content_of_a_ring_leads_outside_it),
    };
    if (argc < 2) {
        fprintf(stderr, "usage: %s vectors.txt [TEST...]\n", argv[0]);
        return 2;
    }
    vectors_use(argv[1]);
    return RUN_TESTS(tests, argc - 1, argv + 1);
}
