/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's reply that is no protobuf, or one of another shape. Fields lie within the message, and
 * what is written comes back. */
#include "input.h"

#include "protobuf.h"

#define FIELDS 15

static void reads_stay_inside(const uint8_t *bytes, size_t size) {
    struct protobuf_reader reader = {.bytes = bytes, .size = size};
    struct protobuf_field field;
    size_t at = 0;
    while (protobuf_next(&reader, &field)) {
        MUST(reader.at > at && reader.at <= size);
        at = reader.at;
        if (field.is_bytes) {
            MUST(field.size <= size);
            MUST(field.size == 0 ||
                 (field.bytes >= bytes && field.bytes + field.size <= bytes + size));
        }
    }
    MUST(reader.malformed || reader.at == size);
    for (uint32_t number = 0; number <= FIELDS; number++) {
        const uint8_t *found;
        size_t found_bytes;
        uint64_t value;
        if (protobuf_find_bytes(bytes, size, number, &found, &found_bytes)) {
            MUST(!reader.malformed);
            MUST(found_bytes == 0 || (found >= bytes && found + found_bytes <= bytes + size));
        }
        MUST(!protobuf_find_varint(bytes, size, number, &value) || !reader.malformed);
    }
}

static void what_is_written_comes_back(const uint8_t *bytes, size_t size) {
    struct input input = {.bytes = bytes, .left = size};
    uint8_t message[64], value[48];
    struct protobuf_writer writer = {.bytes = message, .capacity = sizeof message};
    uint32_t number = 1 + (uint32_t)input_number(&input, 1) % FIELDS;
    uint64_t varint = input_number(&input, 8);
    size_t value_bytes = input_take(&input, value, sizeof value);
    protobuf_put_varint(&writer, number, varint);
    protobuf_put_bytes(&writer, number % FIELDS + 1, value, value_bytes);
    if (writer.overflow) {
        return;
    }
    uint64_t read_varint;
    const uint8_t *read;
    size_t read_bytes;
    MUST(protobuf_find_varint(message, writer.used, number, &read_varint));
    MUST(read_varint == varint);
    MUST(protobuf_find_bytes(message, writer.used, number % FIELDS + 1, &read, &read_bytes));
    MUST(read_bytes == value_bytes && (value_bytes == 0 || memcmp(read, value, read_bytes) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    reads_stay_inside(bytes, size);
    what_is_written_comes_back(bytes, size);
    return 0;
}
