/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm_exchange.h"

#include <string.h>

#include "connection.h"
#include "error.h"

void exchange_begin(struct exchange *exchange, size_t reply_limit) {
    exchange->reply_limit = reply_limit;
    exchange->flags = BERTH_IDEMPOTENT;
    exchange->gives_plaintext = false;
    exchange->writer =
        (struct protobuf_writer){.bytes = exchange->request, .capacity = MESSAGE_BYTES};
    exchange->input = exchange->output = (berth_block_use){0};
}

void exchange_end(struct exchange *exchange) {
    explicit_bzero(exchange->request, exchange->writer.used);
    explicit_bzero(exchange->reply, sizeof exchange->reply);
}

berth_result exchange_call(struct exchange *exchange, berth_resource *resource, uint32_t operation,
                           uint32_t timeout_ms) {
    if (exchange->writer.overflow) {
        return error_say(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_PAYLOAD_TOO_LARGE,
                         "the message is longer than %d bytes", MESSAGE_BYTES);
    }
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = operation;
    exchange->gives_plaintext = BERTH_OPERATION_BIT(operation) == BERTH_BIT_DECRYPT;
    request.flags = exchange->flags;
    request.timeout_ms = timeout_ms;
    request.payload = exchange->request;
    request.payload_bytes = exchange->writer.used;
    request.reply = exchange->reply;
    request.reply_limit = exchange->reply_limit;
    request.input = exchange->input;
    request.output = exchange->output;
    exchange->result = (berth_reply)BERTH_REPLY_INIT;
    return berth_call(resource, &request, &exchange->result);
}

berth_result exchange_malformed(const char *message) {
    return error_say(BERTH_STATUS_INTERNAL, BERTH_REASON_DRIVER_ERROR,
                     "the worker's %s has missing or ill-sized fields", message);
}

bool exchange_field(const struct exchange *exchange, uint32_t number, void *to, size_t bytes) {
    const uint8_t *field;
    size_t size;
    if (!protobuf_find_bytes(exchange->reply, exchange->result.bytes, number, &field, &size) ||
        size != bytes) {
        return false;
    }
    memcpy(to, field, bytes);
    return true;
}

berth_result exchange_data(const struct exchange *exchange, void *to, size_t *bytes) {
    const uint8_t *field;
    size_t size;
    if (!protobuf_find_bytes(exchange->reply, exchange->result.bytes, 1, &field, &size)) {
        return exchange_malformed("Bytes");
    }
    if (size > *bytes) {
        size_t room = *bytes;
        *bytes = size;
        return error_say(BERTH_STATUS_OUT_OF_RANGE, BERTH_REASON_REPLY_TOO_LARGE,
                         "a result of %zu bytes > %zu that the buffer holds", size, room);
    }
    if (size != 0) {
        memcpy(to, field, size);
    }
    *bytes = size;
    return BERTH_OK;
}

void exchange_put_public_key(struct protobuf_writer *writer, uint32_t field,
                             const berth_sm2_public_key *key) {
    if (key != NULL) {
        uint8_t bytes[2 * BERTH_SM2_COORDINATE_BYTES + 8];
        struct protobuf_writer inner = {.bytes = bytes, .capacity = sizeof bytes};
        protobuf_put_bytes(&inner, 1, key->x, sizeof key->x);
        protobuf_put_bytes(&inner, 2, key->y, sizeof key->y);
        protobuf_put_bytes(writer, field, bytes, inner.used);
    }
}

void exchange_put_wrapped_key(struct protobuf_writer *writer, uint32_t field,
                              const berth_wrapped_key *key) {
    uint8_t bytes[BERTH_WRAPPED_KEY_MAX_BYTES + 8];
    struct protobuf_writer inner = {.bytes = bytes, .capacity = sizeof bytes};
    protobuf_put_bytes(&inner, 1, key->blob,
                       key->bytes <= BERTH_WRAPPED_KEY_MAX_BYTES ? key->bytes
                                                                 : BERTH_WRAPPED_KEY_MAX_BYTES);
    protobuf_put_bytes(writer, field, bytes, inner.used);
}

void exchange_put_key(struct protobuf_writer *writer, uint32_t held_field,
                      const struct exchange_key *key) {
    if (key->wrapped != NULL) {
        exchange_put_wrapped_key(writer, 1, key->wrapped);
    } else {
        protobuf_put_varint(writer, held_field, key->session_key);
    }
}

berth_result exchange_put_block_of_two(struct exchange *exchange, berth_resource *resource,
                                       const void *first, size_t first_bytes, const void *second,
                                       size_t second_bytes) {
    size_t bytes = first_bytes + second_bytes;
    berth_result result = berth_block_alloc(resource, BERTH_INPUT, bytes, &exchange->input.block);
    uint8_t *memory =
        result == BERTH_OK ? berth_block_data(resource->connection, exchange->input.block) : NULL;
    if (memory != NULL) {
        memcpy(memory, first, first_bytes);
        if (second_bytes != 0) {
            memcpy(memory + first_bytes, second, second_bytes);
        }
        exchange->input.bytes = bytes;
    }
    return result;
}

berth_result exchange_put_block(struct exchange *exchange, berth_resource *resource,
                                const void *data, size_t data_bytes) {
    return exchange_put_block_of_two(exchange, resource, data, data_bytes, NULL, 0);
}

berth_result exchange_put_data(struct exchange *exchange, berth_resource *resource, uint32_t field,
                               const void *data, size_t data_bytes) {
    if (data_bytes <= INLINE_DATA_BYTES) {
        protobuf_put_bytes(&exchange->writer, field, data, data_bytes);
        return BERTH_OK;
    }
    return exchange_put_block(exchange, resource, data, data_bytes);
}

bool exchange_block_data(const struct exchange *exchange, berth_resource *resource, void *to,
                         size_t bytes) {
    const void *memory = berth_block_data(resource->connection, exchange->output.block);
    if (memory == NULL || exchange->result.output_bytes != bytes) {
        return false;
    }
    memcpy(to, memory, bytes);
    return true;
}

void exchange_free_blocks(struct exchange *exchange, berth_resource *resource) {
    struct berth_conn *connection = resource->connection;
    if (exchange->input.block.id != 0) {
        (void)berth_block_free_wiped(connection, exchange->input.block, exchange->input.bytes);
    }
    if (exchange->output.block.id == 0) {
        return;
    }
    if (exchange->gives_plaintext) {
        (void)berth_block_free_wiped(connection, exchange->output.block, exchange->output.bytes);
    } else {
        (void)berth_block_free(connection, exchange->output.block);
    }
}
