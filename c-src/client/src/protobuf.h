/* SPDX-License-Identifier: Apache-2.0 */
/* As much of protobuf's wire format as hsm.proto needs: varints and length-delimited fields with
 * numbers up to 15. */
#ifndef BERTH_CLIENT_PROTOBUF_H
#define BERTH_CLIENT_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct protobuf_writer {
    uint8_t *bytes;
    size_t capacity;
    size_t used;
    bool overflow;
};

/* Fields with the default value (0, empty) are left out, as proto3 does. */
void protobuf_put_varint(struct protobuf_writer *writer, uint32_t field, uint64_t value);
void protobuf_put_bytes(struct protobuf_writer *writer, uint32_t field, const void *value,
                        size_t bytes);

struct protobuf_field {
    uint32_t number;
    bool is_bytes;
    uint64_t varint;
    const uint8_t *bytes;
    size_t size;
};

struct protobuf_reader {
    const uint8_t *bytes;
    size_t size;
    size_t at;
    bool malformed;
};

/* The next field; false at the end or when malformed. Fixed 32- and 64-bit fields are passed over.
 */
bool protobuf_next(struct protobuf_reader *reader, struct protobuf_field *field);
/* The last bytes field of that number, or empty. False if the message is malformed. */
bool protobuf_find_bytes(const void *message, size_t size, uint32_t number, const uint8_t **bytes,
                         size_t *bytes_size);
bool protobuf_find_varint(const void *message, size_t size, uint32_t number, uint64_t *value);

#endif
