/* SPDX-License-Identifier: Apache-2.0 */
#include "cipher/seal.h"

#include <string.h>

enum {
    GCM_TAG_BYTES_LEAST = 12,
    CCM_TAG_BYTES_LEAST = 4,
    CCM_IV_BYTES_LEAST = 7,
    CCM_IV_BYTES_MOST = 13,
    BESIDE_DATA_BYTES_MOST = 1024, /* so much fits into a message with the longest inline data */
    INLINE_AAD_BYTES_MOST = 3072
};

int seal_mode_of(uint32_t algorithm, enum seal_mode *mode) {
    switch (algorithm) {
    case SGD_SM4_GCM:
        *mode = SEAL_GCM;
        return SDR_OK;
    case SGD_SM4_CCM:
        *mode = SEAL_CCM;
        return SDR_OK;
    default:
        return (algorithm & SGD_SM4) != 0 ? SDR_ALGMODNOTSUPPORT : SDR_ALGNOTSUPPORT;
    }
}

bool seal_accepts(const struct seal_message *message, uint64_t data_bytes) {
    size_t iv = message->iv_bytes, tag = message->tag_bytes;
    if (message->iv == NULL || (message->aad == NULL && message->aad_bytes != 0) ||
        message->aad_bytes > SEAL_AAD_BYTES_MOST || tag > SEAL_TAG_BYTES_MOST) {
        return false;
    }
    if (message->mode == SEAL_GCM) {
        return iv >= 1 && iv <= SEAL_IV_BYTES_MOST && tag >= GCM_TAG_BYTES_LEAST;
    }
    if (iv < CCM_IV_BYTES_LEAST || iv > CCM_IV_BYTES_MOST || tag < CCM_TAG_BYTES_LEAST ||
        tag % 2 != 0) {
        return false;
    }
    unsigned length_bytes = 15 - (unsigned)iv; /* the nonce leaves so many for the length */
    return length_bytes >= 8 || data_bytes >> (8 * length_bytes) == 0;
}

/* A short message travels as it is, one with long data or much beside it in blocks. */
static berth_result put(struct exchange *exchange, berth_resource *resource,
                        const struct session_key *key, const struct seal_message *message,
                        const uint8_t *in, size_t bytes) {
    struct exchange_key named = session_key_named(key);
    exchange_begin(exchange, MESSAGE_BYTES);
    exchange_put_key(&exchange->writer, 2, &named);
    protobuf_put_varint(&exchange->writer, 3, message->mode);
    protobuf_put_bytes(&exchange->writer, 4, message->iv, message->iv_bytes);
    bool long_aad = message->aad_bytes > INLINE_AAD_BYTES_MOST;
    bool crowded = message->iv_bytes + message->aad_bytes > BESIDE_DATA_BYTES_MOST;
    if (long_aad) {
        protobuf_put_varint(&exchange->writer, 9, message->aad_bytes);
    } else {
        protobuf_put_bytes(&exchange->writer, 5, message->aad, message->aad_bytes);
    }
    berth_result result = long_aad ? exchange_put_block_of_two(exchange, resource, message->aad,
                                                               message->aad_bytes, in, bytes)
                          : bytes != 0 && crowded
                              ? exchange_put_block(exchange, resource, in, bytes)
                              : exchange_put_data(exchange, resource, 6, in, bytes);
    if (result == BERTH_OK && exchange->input.block.id != 0 && bytes != 0) {
        result = berth_block_alloc(resource, BERTH_OUTPUT, bytes, &exchange->output.block);
        exchange->output.bytes = bytes;
    }
    return result;
}

/* Field 1 of both replies, or the OUTPUT block. */
static bool take(const struct exchange *exchange, berth_resource *resource, uint8_t *out,
                 size_t bytes) {
    return bytes == 0                       ? true
           : exchange->output.block.id != 0 ? exchange_block_data(exchange, resource, out, bytes)
                                            : exchange_field(exchange, 1, out, bytes);
}

int seal_run(const struct call *call, struct session_key *key, const struct seal_message *message,
             const uint8_t *in, size_t bytes, uint8_t *out, uint8_t *tag, const char *what) {
    struct exchange exchange;
    berth_resource *resource;
    uint8_t made[SEAL_TAG_BYTES_MOST];
    int status = session_key_resource(call, key, &resource);
    if (status != SDR_OK) {
        return status;
    }
    berth_result result = put(&exchange, resource, key, message, in, bytes);
    protobuf_put_varint(&exchange.writer, 8, message->tag_bytes);
    if (result == BERTH_OK) {
        result = exchange_call(&exchange, resource, BERTH_OP_SM4_SEAL, call->timeout_ms);
    }
    status = session_key_code(key, result, what);
    if (status == SDR_OK && (!exchange_field(&exchange, 2, made, message->tag_bytes) ||
                             !take(&exchange, resource, out, bytes))) {
        status = SDR_UNKNOWERR;
    }
    if (status == SDR_OK) {
        memcpy(tag, made, message->tag_bytes);
    }
    exchange_free_blocks(&exchange, resource);
    exchange_end(&exchange);
    return status;
}

int seal_open(const struct call *call, struct session_key *key, const struct seal_message *message,
              const uint8_t *tag, const uint8_t *in, size_t bytes, uint8_t *out, const char *what) {
    struct exchange exchange;
    berth_resource *resource;
    int status = session_key_resource(call, key, &resource);
    if (status != SDR_OK) {
        return status;
    }
    berth_result result = put(&exchange, resource, key, message, in, bytes);
    protobuf_put_bytes(&exchange.writer, 7, tag, message->tag_bytes);
    if (result == BERTH_OK) {
        result = exchange_call(&exchange, resource, BERTH_OP_SM4_OPEN, call->timeout_ms);
    }
    status = session_key_code(key, result, what);
    if (status == SDR_OK && !take(&exchange, resource, out, bytes)) {
        status = SDR_UNKNOWERR;
    }
    exchange_free_blocks(&exchange, resource);
    exchange_end(&exchange);
    return status;
}
