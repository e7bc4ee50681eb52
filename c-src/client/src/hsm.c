/* SPDX-License-Identifier: Apache-2.0 */
/* Typed HSM calls: messages of shm-protocol/src/main/proto/hsm.proto around berth_call. */
#include <berth/berth_hsm.h>

#include <string.h>

#include "error.h"
#include "hsm_exchange.h"

/* ---- SM2
 * ------------------------------------------------------------------------------------------- */

static berth_result sign(struct exchange *exchange, berth_resource *key, uint8_t *signature,
                         uint32_t timeout_ms) {
    berth_result result = exchange_call(exchange, key, BERTH_OP_SM2_SIGN, timeout_ms);
    if (result == BERTH_OK &&
        (!exchange_field(exchange, 1, signature, BERTH_SM2_COORDINATE_BYTES) ||
         !exchange_field(exchange, 2, signature + BERTH_SM2_COORDINATE_BYTES,
                         BERTH_SM2_COORDINATE_BYTES))) {
        result = exchange_malformed("Sm2Signature");
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
    exchange_put_public_key(&exchange.writer, 5, public_key);
    berth_result result = exchange_call(&exchange, key, BERTH_OP_SM2_VERIFY, timeout_ms);
    uint64_t said;
    if (result == BERTH_OK) {
        if (protobuf_find_varint(exchange.reply, exchange.result.bytes, 1, &said)) {
            *valid = said == 1;
        } else {
            result = exchange_malformed("Sm2VerifyReply");
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
    exchange_put_public_key(&exchange.writer, 2, public_key);
    berth_result result = exchange_call(&exchange, key, BERTH_OP_SM2_ENCRYPT, timeout_ms);
    if (result == BERTH_OK) {
        result = exchange_data(&exchange, ciphertext, ciphertext_bytes);
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
        result = exchange_data(&exchange, plaintext, plaintext_bytes);
    }
    exchange_end(&exchange);
    return result;
}

/* ---- SM4, SM3, MAC
 * ------------------------------------------------------------------ */

static berth_result take_sm4_result(struct exchange *exchange, berth_resource *kek,
                                    enum berth_sm4_mode mode, uint8_t *iv, size_t data_bytes,
                                    void *result_data) {
    bool good = exchange->output.block.id != 0
                    ? exchange_block_data(exchange, kek, result_data, data_bytes)
                    : exchange_field(exchange, 1, result_data, data_bytes);
    /* Behind a last block that is not full nothing can follow, and no value comes. */
    if (good && mode != BERTH_SM4_ECB && data_bytes % BERTH_SM4_BLOCK_BYTES == 0) {
        good = exchange_field(exchange, 2, iv, BERTH_SM4_BLOCK_BYTES);
    }
    return good ? BERTH_OK : exchange_malformed("Sm4Reply");
}

berth_result exchange_sm4(uint32_t operation, berth_resource *kek, const struct exchange_key *key,
                          enum berth_sm4_mode mode, uint8_t *iv, const void *data,
                          size_t data_bytes, void *result_data, uint32_t timeout_ms) {
    if ((iv == NULL) != (mode == BERTH_SM4_ECB) ||
        (mode <= BERTH_SM4_CBC && data_bytes % BERTH_SM4_BLOCK_BYTES != 0)) {
        return error_say(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_NONE,
                         "SM4: an iv is needed except for ECB, and ECB and CBC take multiples of "
                         "16 bytes (%zu)",
                         data_bytes);
    }
    struct exchange exchange;
    exchange_begin(&exchange, MESSAGE_BYTES);
    exchange_put_key(&exchange.writer, 5, key);
    protobuf_put_varint(&exchange.writer, 2, mode);
    protobuf_put_bytes(&exchange.writer, 3, iv, iv == NULL ? 0 : BERTH_SM4_BLOCK_BYTES);
    berth_result result = exchange_put_data(&exchange, kek, 4, data, data_bytes);
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
    exchange_free_blocks(&exchange, kek);
    exchange_end(&exchange);
    return result;
}

berth_result berth_sm4_encrypt(berth_resource *kek, const berth_wrapped_key *key,
                               enum berth_sm4_mode mode, uint8_t iv[BERTH_SM4_BLOCK_BYTES],
                               const void *data, size_t data_bytes, void *result,
                               uint32_t timeout_ms) {
    return exchange_sm4(BERTH_OP_SM4_ENCRYPT, kek, &(struct exchange_key){.wrapped = key}, mode, iv,
                        data, data_bytes, result, timeout_ms);
}

berth_result berth_sm4_decrypt(berth_resource *kek, const berth_wrapped_key *key,
                               enum berth_sm4_mode mode, uint8_t iv[BERTH_SM4_BLOCK_BYTES],
                               const void *data, size_t data_bytes, void *result,
                               uint32_t timeout_ms) {
    return exchange_sm4(BERTH_OP_SM4_DECRYPT, kek, &(struct exchange_key){.wrapped = key}, mode, iv,
                        data, data_bytes, result, timeout_ms);
}

berth_result berth_sm3(berth_resource *resource, const void *data, size_t data_bytes,
                       const berth_sm2_public_key *public_key, const char *id,
                       uint8_t digest[BERTH_SM3_BYTES], uint32_t timeout_ms) {
    struct exchange exchange;
    exchange_begin(&exchange, SHORT_REPLY_BYTES);
    berth_result result = exchange_put_data(&exchange, resource, 1, data, data_bytes);
    protobuf_put_bytes(&exchange.writer, 2, id, id == NULL ? 0 : strlen(id));
    exchange_put_public_key(&exchange.writer, 3, public_key);
    if (result == BERTH_OK) {
        result = exchange_call(&exchange, resource, BERTH_OP_SM3_DIGEST, timeout_ms);
    }
    if (result == BERTH_OK && !exchange_field(&exchange, 1, digest, BERTH_SM3_BYTES)) {
        result = exchange_malformed("Bytes");
    }
    exchange_free_blocks(&exchange, resource);
    exchange_end(&exchange);
    return result;
}

berth_result berth_mac(berth_resource *kek, const berth_wrapped_key *key,
                       enum berth_mac_algorithm algorithm, const uint8_t *iv, const void *data,
                       size_t data_bytes, void *mac, size_t *mac_bytes, uint32_t timeout_ms) {
    return exchange_mac(kek, &(struct exchange_key){.wrapped = key}, algorithm, iv, data,
                        data_bytes, mac, mac_bytes, timeout_ms);
}

berth_result exchange_mac(berth_resource *kek, const struct exchange_key *key,
                          enum berth_mac_algorithm algorithm, const uint8_t *iv, const void *data,
                          size_t data_bytes, void *mac, size_t *mac_bytes, uint32_t timeout_ms) {
    struct exchange exchange;
    exchange_begin(&exchange, MESSAGE_BYTES);
    exchange_put_key(&exchange.writer, 4, key);
    protobuf_put_bytes(&exchange.writer, 2, iv, iv == NULL ? 0 : BERTH_SM4_BLOCK_BYTES);
    berth_result result = exchange_put_data(&exchange, kek, 3, data, data_bytes);
    if (result == BERTH_OK) {
        result = exchange_call(
            &exchange, kek, algorithm == BERTH_MAC_HMAC_SM3 ? BERTH_OP_HMAC_SM3 : BERTH_OP_SM4_MAC,
            timeout_ms);
    }
    if (result == BERTH_OK) {
        result = exchange_data(&exchange, mac, mac_bytes);
    }
    exchange_free_blocks(&exchange, kek);
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
        if (result == BERTH_OK && !exchange_field(&exchange, 1, (uint8_t *)buffer + done, wanted)) {
            result = exchange_malformed("Bytes");
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
    if (result == BERTH_OK &&
        (!exchange_field(&exchange, 1, public_key->x, sizeof public_key->x) ||
         !exchange_field(&exchange, 2, public_key->y, sizeof public_key->y))) {
        result = exchange_malformed("Sm2PublicKey");
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
        result = exchange_data(&exchange, key->blob, &blob_bytes); /* WrappedKey.blob is field 1 */
        key->bytes = result == BERTH_OK ? (uint32_t)blob_bytes : 0;
    }
    exchange_end(&exchange);
    return result;
}
