/* SPDX-License-Identifier: Apache-2.0 */
#include "protobuf.h"

#include <string.h>

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

static void put_raw_varint(struct protobuf_writer *writer, uint64_t value) {
    do {
        if (writer->overflow || writer->used == writer->capacity) {
            writer->overflow = true;
            return;
        }
        writer->bytes[writer->used++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value != 0);
}

void protobuf_put_varint(struct protobuf_writer *writer, uint32_t field, uint64_t value) {
    if (value != 0) {
        put_raw_varint(writer, field << 3 | WIRE_VARINT);
        put_raw_varint(writer, value);
    }
}

void protobuf_put_bytes(struct protobuf_writer *writer, uint32_t field, const void *value,
                        size_t bytes) {
    if (bytes == 0) {
        return;
    }
    put_raw_varint(writer, field << 3 | WIRE_BYTES);
    put_raw_varint(writer, bytes);
    if (writer->overflow || writer->capacity - writer->used < bytes) {
        writer->overflow = true;
        return;
    }
    memcpy(writer->bytes + writer->used, value, bytes);
    writer->used += bytes;
}

static bool take_varint(struct protobuf_reader *reader, uint64_t *value) {
    *value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (reader->at == reader->size) {
            return false;
        }
        uint8_t byte = reader->bytes[reader->at++];
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            return true;
        }
    }
    return false;
}

static bool take_sized(struct protobuf_reader *reader, struct protobuf_field *field,
                       uint64_t size) {
    if (size > reader->size - reader->at) {
        return false;
    }
    field->bytes = reader->bytes + reader->at;
    field->size = (size_t)size;
    reader->at += (size_t)size;
    return true;
}

bool protobuf_next(struct protobuf_reader *reader, struct protobuf_field *field) {
    while (!reader->malformed && reader->at < reader->size) {
        uint64_t tag, size;
        *field = (struct protobuf_field){0};
        bool good = take_varint(reader, &tag) && tag >> 3 != 0 && tag >> 3 <= UINT32_MAX;
        bool skip = false;
        field->number = (uint32_t)(tag >> 3);
        switch (good ? (int)(tag & 7) : -1) {
        case WIRE_VARINT:
            good = take_varint(reader, &field->varint);
            break;
        case WIRE_BYTES:
            field->is_bytes = true;
            good = take_varint(reader, &size) && take_sized(reader, field, size);
            break;
        case WIRE_FIXED64:
        case WIRE_FIXED32:
            skip = true;
            good = take_sized(reader, field, (tag & 7) == WIRE_FIXED64 ? 8 : 4);
            break;
        default:
            good = false;
        }
        reader->malformed = !good;
        if (good && !skip) {
            return true;
        }
    }
    return false;
}

bool protobuf_find_bytes(const void *message, size_t size, uint32_t number, const uint8_t **bytes,
                         size_t *bytes_size) {
    struct protobuf_reader reader = {.bytes = message, .size = size};
    struct protobuf_field field;
    *bytes = NULL;
    *bytes_size = 0;
    while (protobuf_next(&reader, &field)) {
        if (field.number == number && field.is_bytes) {
            *bytes = field.bytes;
            *bytes_size = field.size;
        }
    }
    return !reader.malformed;
}

bool protobuf_find_varint(const void *message, size_t size, uint32_t number, uint64_t *value) {
    struct protobuf_reader reader = {.bytes = message, .size = size};
    struct protobuf_field field;
    *value = 0;
    while (protobuf_next(&reader, &field)) {
        if (field.number == number && !field.is_bytes) {
            *value = field.varint;
        }
    }
    return !reader.malformed;
}
