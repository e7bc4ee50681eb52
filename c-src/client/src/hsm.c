/* SPDX-License-Identifier: Apache-2.0 */
/* Typed HSM calls: messages of shm-protocol/src/main/proto/hsm.proto around berth_call. */
#include <berth/berth_hsm.h>

#include <string.h>

#include "connection.h"
#include "error.h"
#include "protobuf.h"

/* The longest message that is built here; the broker's limit may be lower and is then told by
 * berth_call. */
#define MESSAGE_BYTES 4096
/* Data up to this travels in the message, with room for key, iv and field heads. */
#define INLINE_DATA_BYTES 2048

/* Enough for a signature, a public key, a digest. */
#define SHORT_REPLY_BYTES 128

/* One call's buffers. On the stack, wiped at the end: they may hold plaintext. */
struct exchange {
    struct protobuf_writer writer;
    uint8_t request[MESSAGE_BYTES];
    uint8_t reply[MESSAGE_BYTES];
    size_t reply_limit; /* reply space is reserved for this much */
    berth_block_use input;
    berth_block_use output;
    berth_reply result;
};

static void exchange_begin(struct exchange *exchange, size_t reply_limit) {
    exchange->reply_limit = reply_limit;
    exchange->writer =
        (struct protobuf_writer){.bytes = exchange->request, .capacity = MESSAGE_BYTES};
    exchange->input = exchange->output = (berth_block_use){0};
}

static void exchange_end(struct exchange *exchange) {
    explicit_bzero(exchange->request, exchange->writer.used);
    explicit_bzero(exchange->reply, sizeof exchange->reply);
}

static berth_result exchange_call(struct exchange *exchange, berth_resource *resource,
                                  uint32_t operation, uint32_t timeout_ms) {
    if (exchange->writer.overflow) {
        return error_say(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_PAYLOAD_TOO_LARGE,
                         "the message is longer than %d bytes", MESSAGE_BYTES);
    }
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = operation;
    request.flags = BERTH_IDEMPOTENT;
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

static berth_result malformed_reply(const char *message) {
    return error_say(BERTH_STATUS_INTERNAL, BERTH_REASON_DRIVER_ERROR,
                     "the worker's %s has missing or ill-sized fields", message);
}

/* Copies field `number` of the reply, which must be exactly that long. */
static bool reply_field(const struct exchange *exchange, uint32_t number, void *to, size_t bytes) {
    const uint8_t *field;
    size_t size;
    if (!protobuf_find_bytes(exchange->reply, exchange->result.bytes, number, &field, &size) ||
        size != bytes) {
        return false;
    }
    memcpy(to, field, bytes);
    return true;
}

/* The reply is a Bytes message: its data, at most *bytes. */
static berth_result reply_data(const struct exchange *exchange, void *to, size_t *bytes) {
    const uint8_t *field;
    size_t size;
    if (!protobuf_find_bytes(exchange->reply, exchange->result.bytes, 1, &field, &size)) {
        return malformed_reply("Bytes");
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

static void put_public_key(struct protobuf_writer *writer, uint32_t field,
                           const berth_sm2_public_key *key) {
    if (key != NULL) {
        uint8_t bytes[2 * BERTH_SM2_COORDINATE_BYTES + 8];
        struct protobuf_writer inner = {.bytes = bytes, .capacity = sizeof bytes};
        protobuf_put_bytes(&inner, 1, key->x, sizeof key->x);
        protobuf_put_bytes(&inner, 2, key->y, sizeof key->y);
        protobuf_put_bytes(writer, field, bytes, inner.used);
    }
}

static void put_wrapped_key(struct protobuf_writer *writer, uint32_t field,
                            const berth_wrapped_key *key) {
    uint8_t bytes[BERTH_WRAPPED_KEY_MAX_BYTES + 8];
    struct protobuf_writer inner = {.bytes = bytes, .capacity = sizeof bytes};
    protobuf_put_bytes(&inner, 1, key->blob,
                       key->bytes <= BERTH_WRAPPED_KEY_MAX_BYTES ? key->bytes
                                                                 : BERTH_WRAPPED_KEY_MAX_BYTES);
    protobuf_put_bytes(writer, field, bytes, inner.used);
}

/* ---- SM2
 * ------------------------------------------------------------------------------------------- */

static berth_result sign(struct exchange *exchange, berth_resource *key, uint8_t *signature,
                         uint32_t timeout_ms) {
    berth_result result = exchange_call(exchange, key, BERTH_OP_SM2_SIGN, timeout_ms);
    if (result == BERTH_OK && (!reply_field(exchange, 1, signature, BERTH_SM2_COORDINATE_BYTES) ||
                               !reply_field(exchange, 2, signature + BERTH_SM2_COORDINATE_BYTES,
                                            BERTH_SM2_COORDINATE_BYTES))) {
        result = malformed_reply("Sm2Signature");
    }
    exchange_end(exchange);
    return result;
}

berth_result berth_sm2_sign(berth_resource *key, const uint8_t digest[BERTH_SM3_BYTES],
                            uint8_t signature[BERTH_SM2_SIGNATURE_BYTES], uint32_t timeout_ms) {
    struct exchange exchange;
    exchange_begin(&exchange, SHORT_REPLY_BYTES);
    protobuf_put_bytes(&exchange.writer, 1, digest, BERTH_SM3_BYTES);
    return sign(&exchange, key, signature, timeout_ms);
}

berth_result berth_sm2_sign_message(berth_resource *key, const void *message, size_t message_bytes,
                                    const char *id, uint8_t signature[BERTH_SM2_SIGNATURE_BYTES],
                                    uint32_t timeout_ms) {
    struct exchange exchange;
    exchange_begin(&exchange, SHORT_REPLY_BYTES);
    protobuf_put_bytes(&exchange.writer, 2, message, message_bytes);
    protobuf_put_bytes(&exchange.writer, 3, id, id == NULL ? 0 : strlen(id));
    return sign(&exchange, key, signature, timeout_ms);
}

berth_result berth_sm2_verify(berth_resource *key, const uint8_t digest[BERTH_SM3_BYTES],
                              const uint8_t signature[BERTH_SM2_SIGNATURE_BYTES],
                              const berth_sm2_public_key *public_key, bool *valid,
                              uint32_t timeout_ms) {
    struct exchange exchange;
    uint8_t bytes[BERTH_SM2_SIGNATURE_BYTES + 8];
    struct protobuf_writer inner = {.bytes = bytes, .capacity = sizeof bytes};
    *valid = false;
    exchange_begin(&exchange, SHORT_REPLY_BYTES);
    protobuf_put_bytes(&exchange.writer, 1, digest, BERTH_SM3_BYTES);
    protobuf_put_bytes(&inner, 1, signature, BERTH_SM2_COORDINATE_BYTES);
    protobuf_put_bytes(&inner, 2, signature + BERTH_SM2_COORDINATE_BYTES,
                       BERTH_SM2_COORDINATE_BYTES);
    protobuf_put_bytes(&exchange.writer, 4, bytes, inner.used);
    put_public_key(&exchange.writer, 5, public_key);
    berth_result result = exchange_call(&exchange, key, BERTH_OP_SM2_VERIFY, timeout_ms);
    uint64_t said;
    if (result == BERTH_OK) {
        if (protobuf_find_varint(exchange.reply, exchange.result.bytes, 1, &said)) {
            *valid = said == 1;
        } else {
            result = malformed_reply("Sm2VerifyReply");
        }
    }
    exchange_end(&exchange);
    return result;
}

berth_result berth_sm2_encrypt(berth_resource *key, const void *plaintext, size_t plaintext_bytes,
                               const berth_sm2_public_key *public_key, void *ciphertext,
                               size_t *ciphertext_bytes, uint32_t timeout_ms) {
    struct exchange exchange;
    exchange_begin(&exchange, MESSAGE_BYTES);
    protobuf_put_bytes(&exchange.writer, 1, plaintext, plaintext_bytes);
    put_public_key(&exchange.writer, 2, public_key);
    berth_result result = exchange_call(&exchange, key, BERTH_OP_SM2_ENCRYPT, timeout_ms);
    if (result == BERTH_OK) {
        result = reply_data(&exchange, ciphertext, ciphertext_bytes);
    }
    exchange_end(&exchange);
    return result;
}

berth_result berth_sm2_decrypt(berth_resource *key, const void *ciphertext, size_t ciphertext_bytes,
                               void *plaintext, size_t *plaintext_bytes, uint32_t timeout_ms) {
    struct exchange exchange;
    exchange_begin(&exchange, MESSAGE_BYTES);
    protobuf_put_bytes(&exchange.writer, 1, ciphertext, ciphertext_bytes);
    berth_result result = exchange_call(&exchange, key, BERTH_OP_SM2_DECRYPT, timeout_ms);
    if (result == BERTH_OK) {
        result = reply_data(&exchange, plaintext, plaintext_bytes);
    }
    exchange_end(&exchange);
    return result;
}

/* ---- Data that may travel in blocks
 * ------------------------------------------------------------------ */

/* Puts the data into the message, or into an INPUT block of its own if it is too long. */
static berth_result put_data(struct exchange *exchange, berth_resource *resource, uint32_t field,
                             const void *data, size_t data_bytes) {
    if (data_bytes <= INLINE_DATA_BYTES) {
        protobuf_put_bytes(&exchange->writer, field, data, data_bytes);
        return BERTH_OK;
    }
    berth_result result =
        berth_block_alloc(resource, BERTH_INPUT, data_bytes, &exchange->input.block);
    void *memory =
        result == BERTH_OK ? berth_block_data(resource->connection, exchange->input.block) : NULL;
    if (memory != NULL) {
        memcpy(memory, data, data_bytes);
        exchange->input.bytes = data_bytes;
    }
    return result;
}

/* Wipes what we wrote and gives the blocks back. After a time-out the worker may still read: then
 * the memory stays as it is and out of use until its END; the session's memory is never given to
 * another session. */
static void free_blocks(struct exchange *exchange, berth_resource *resource, berth_result result) {
    struct berth_conn *connection = resource->connection;
    if (exchange->input.block.id != 0) {
        void *memory = berth_block_data(connection, exchange->input.block);
        if (memory != NULL && berth_reason_of(result) != BERTH_REASON_CALLER_TIMED_OUT) {
            explicit_bzero(memory, exchange->input.bytes);
        }
        (void)berth_block_free(connection, exchange->input.block);
    }
    if (exchange->output.block.id != 0) {
        (void)berth_block_free(connection, exchange->output.block);
    }
}

static berth_result take_sm4_result(struct exchange *exchange, berth_resource *kek,
                                    enum berth_sm4_mode mode, uint8_t *iv, size_t data_bytes,
                                    void *result_data) {
    bool good;
    if (exchange->output.block.id != 0) {
        const void *memory = berth_block_data(kek->connection, exchange->output.block);
        good = memory != NULL && exchange->result.output_bytes == data_bytes;
        if (good) {
            memcpy(result_data, memory, data_bytes);
        }
    } else {
        good = reply_field(exchange, 1, result_data, data_bytes);
    }
    if (good && mode != BERTH_SM4_ECB) {
        good = reply_field(exchange, 2, iv, BERTH_SM4_BLOCK_BYTES);
    }
    return good ? BERTH_OK : malformed_reply("Sm4Reply");
}

static berth_result sm4(uint32_t operation, berth_resource *kek, const berth_wrapped_key *key,
                        enum berth_sm4_mode mode, uint8_t *iv, const void *data, size_t data_bytes,
                        void *result_data, uint32_t timeout_ms) {
    if ((iv == NULL) != (mode == BERTH_SM4_ECB) ||
        (mode <= BERTH_SM4_CBC && data_bytes % BERTH_SM4_BLOCK_BYTES != 0)) {
        return error_say(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_NONE,
                         "SM4: an iv is needed except for ECB, and ECB and CBC take multiples of "
                         "16 bytes (%zu)",
                         data_bytes);
    }
    struct exchange exchange;
    exchange_begin(&exchange, MESSAGE_BYTES);
    put_wrapped_key(&exchange.writer, 1, key);
    protobuf_put_varint(&exchange.writer, 2, mode);
    protobuf_put_bytes(&exchange.writer, 3, iv, iv == NULL ? 0 : BERTH_SM4_BLOCK_BYTES);
    berth_result result = put_data(&exchange, kek, 4, data, data_bytes);
    if (result == BERTH_OK && exchange.input.block.id != 0) {
        result = berth_block_alloc(kek, BERTH_OUTPUT, data_bytes, &exchange.output.block);
        exchange.output.bytes = data_bytes;
    }
    if (result == BERTH_OK) {
        result = exchange_call(&exchange, kek, operation, timeout_ms);
    }
    if (result == BERTH_OK) {
        result = take_sm4_result(&exchange, kek, mode, iv, data_bytes, result_data);
    }
    free_blocks(&exchange, kek, result);
    exchange_end(&exchange);
    return result;
}

berth_result berth_sm4_encrypt(berth_resource *kek, const berth_wrapped_key *key,
                               enum berth_sm4_mode mode, uint8_t iv[BERTH_SM4_BLOCK_BYTES],
                               const void *data, size_t data_bytes, void *result,
                               uint32_t timeout_ms) {
    return sm4(BERTH_OP_SM4_ENCRYPT, kek, key, mode, iv, data, data_bytes, result, timeout_ms);
}

berth_result berth_sm4_decrypt(berth_resource *kek, const berth_wrapped_key *key,
                               enum berth_sm4_mode mode, uint8_t iv[BERTH_SM4_BLOCK_BYTES],
                               const void *data, size_t data_bytes, void *result,
                               uint32_t timeout_ms) {
    return sm4(BERTH_OP_SM4_DECRYPT, kek, key, mode, iv, data, data_bytes, result, timeout_ms);
}

berth_result berth_sm3(berth_resource *resource, const void *data, size_t data_bytes,
                       const berth_sm2_public_key *public_key, const char *id,
                       uint8_t digest[BERTH_SM3_BYTES], uint32_t timeout_ms) {
    struct exchange exchange;
    exchange_begin(&exchange, SHORT_REPLY_BYTES);
    berth_result result = put_data(&exchange, resource, 1, data, data_bytes);
    protobuf_put_bytes(&exchange.writer, 2, id, id == NULL ? 0 : strlen(id));
    put_public_key(&exchange.writer, 3, public_key);
    if (result == BERTH_OK) {
        result = exchange_call(&exchange, resource, BERTH_OP_SM3_DIGEST, timeout_ms);
    }
    if (result == BERTH_OK && !reply_field(&exchange, 1, digest, BERTH_SM3_BYTES)) {
        result = malformed_reply("Bytes");
    }
    free_blocks(&exchange, resource, result);
    exchange_end(&exchange);
    return result;
}

berth_result berth_mac(berth_resource *kek, const berth_wrapped_key *key,
                       enum berth_mac_algorithm algorithm, const uint8_t *iv, const void *data,
                       size_t data_bytes, void *mac, size_t *mac_bytes, uint32_t timeout_ms) {
    struct exchange exchange;
    exchange_begin(&exchange, MESSAGE_BYTES);
    put_wrapped_key(&exchange.writer, 1, key);
    protobuf_put_bytes(&exchange.writer, 2, iv, iv == NULL ? 0 : BERTH_SM4_BLOCK_BYTES);
    berth_result result = put_data(&exchange, kek, 3, data, data_bytes);
    if (result == BERTH_OK) {
        result = exchange_call(
            &exchange, kek, algorithm == BERTH_MAC_HMAC_SM3 ? BERTH_OP_HMAC_SM3 : BERTH_OP_SM4_MAC,
            timeout_ms);
    }
    if (result == BERTH_OK) {
        result = reply_data(&exchange, mac, mac_bytes);
    }
    free_blocks(&exchange, kek, result);
    exchange_end(&exchange);
    return result;
}

/* ---- Random numbers and keys
 * --------------------------------------------------------------------------- */

berth_result berth_random(berth_resource *resource, void *buffer, size_t bytes,
                          uint32_t timeout_ms) {
    berth_result result = BERTH_OK;
    for (size_t done = 0; done < bytes && result == BERTH_OK;) {
        struct exchange exchange;
        size_t wanted = bytes - done < INLINE_DATA_BYTES ? bytes - done : INLINE_DATA_BYTES;
        exchange_begin(&exchange, MESSAGE_BYTES);
        protobuf_put_varint(&exchange.writer, 1, wanted);
        result = exchange_call(&exchange, resource, BERTH_OP_RANDOM, timeout_ms);
        if (result == BERTH_OK && !reply_field(&exchange, 1, (uint8_t *)buffer + done, wanted)) {
            result = malformed_reply("Bytes");
        }
        exchange_end(&exchange);
        done += wanted;
    }
    return result;
}

berth_result berth_export_public_key(berth_resource *key, enum berth_key_usage usage,
                                     berth_sm2_public_key *public_key, uint32_t timeout_ms) {
    struct exchange exchange;
    exchange_begin(&exchange, SHORT_REPLY_BYTES);
    protobuf_put_varint(&exchange.writer, 1, usage);
    berth_result result = exchange_call(&exchange, key, BERTH_OP_EXPORT_PUBLIC_KEY, timeout_ms);
    if (result == BERTH_OK && (!reply_field(&exchange, 1, public_key->x, sizeof public_key->x) ||
                               !reply_field(&exchange, 2, public_key->y, sizeof public_key->y))) {
        result = malformed_reply("Sm2PublicKey");
    }
    exchange_end(&exchange);
    return result;
}

berth_result berth_generate_key(berth_resource *kek, uint32_t bits, berth_wrapped_key *key,
                                uint32_t timeout_ms) {
    struct exchange exchange;
    exchange_begin(&exchange, MESSAGE_BYTES);
    protobuf_put_varint(&exchange.writer, 1, bits);
    berth_result result = exchange_call(&exchange, kek, BERTH_OP_GENERATE_KEY, timeout_ms);
    size_t blob_bytes = sizeof key->blob;
    if (result == BERTH_OK) {
        result = reply_data(&exchange, key->blob, &blob_bytes); /* WrappedKey.blob is field 1 */
        key->bytes = result == BERTH_OK ? (uint32_t)blob_bytes : 0;
    }
    exchange_end(&exchange);
    return result;
}
