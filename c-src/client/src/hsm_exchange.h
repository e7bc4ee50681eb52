/* SPDX-License-Identifier: Apache-2.0 */
/* One typed call: its message, its data, its reply. */
#ifndef BERTH_CLIENT_HSM_EXCHANGE_H
#define BERTH_CLIENT_HSM_EXCHANGE_H

#include <berth/berth_hsm.h>

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
    uint32_t flags;     /* idempotent, unless it is changed */
    bool gives_plaintext;
    berth_block_use input;
    berth_block_use output;
    berth_reply result;
};

void exchange_begin(struct exchange *exchange, size_t reply_limit);
void exchange_end(struct exchange *exchange);
berth_result exchange_call(struct exchange *exchange, berth_resource *resource, uint32_t operation,
                           uint32_t timeout_ms);
berth_result exchange_malformed(const char *message);
/* Copies field `number` of the reply, which must be exactly that long. */
bool exchange_field(const struct exchange *exchange, uint32_t number, void *to, size_t bytes);
/* The reply is a Bytes message: its data, at most *bytes. */
berth_result exchange_data(const struct exchange *exchange, void *to, size_t *bytes);
void exchange_put_public_key(struct protobuf_writer *writer, uint32_t field,
                             const berth_sm2_public_key *key);
void exchange_put_wrapped_key(struct protobuf_writer *writer, uint32_t field,
                              const berth_wrapped_key *key);

/* The key of an SM4 or MAC request: as the card wrapped it, or one that the worker holds for this
 * session. */
struct exchange_key {
    const berth_wrapped_key *wrapped; /* NULL: session_key */
    uint64_t session_key;
};
/* As field 1 or, of one that is held, as field `held_field`. */
void exchange_put_key(struct protobuf_writer *writer, uint32_t held_field,
                      const struct exchange_key *key);
/* As berth_sm4_encrypt, berth_sm4_decrypt and berth_mac, with either kind of key. */
berth_result exchange_sm4(uint32_t operation, berth_resource *resource,
                          const struct exchange_key *key, enum berth_sm4_mode mode, uint8_t *iv,
                          const void *data, size_t data_bytes, void *result_data,
                          uint32_t timeout_ms);
berth_result exchange_mac(berth_resource *resource, const struct exchange_key *key,
                          enum berth_mac_algorithm algorithm, const uint8_t *iv, const void *data,
                          size_t data_bytes, void *mac, size_t *mac_bytes, uint32_t timeout_ms);

/* Puts both, one behind the other, into an INPUT block; the second may be nothing. */
berth_result exchange_put_block_of_two(struct exchange *exchange, berth_resource *resource,
                                       const void *first, size_t first_bytes, const void *second,
                                       size_t second_bytes);
/* Puts the data into an INPUT block. */
berth_result exchange_put_block(struct exchange *exchange, berth_resource *resource,
                                const void *data, size_t data_bytes);
/* Puts the data into the message, or into an INPUT block of its own if it is too long. */
berth_result exchange_put_data(struct exchange *exchange, berth_resource *resource, uint32_t field,
                               const void *data, size_t data_bytes);
/* Copies the OUTPUT block, into which the worker must have written exactly that much. */
bool exchange_block_data(const struct exchange *exchange, berth_resource *resource, void *to,
                         size_t bytes);
/* Gives the blocks back, to be wiped where they carried plaintext or keys. */
void exchange_free_blocks(struct exchange *exchange, berth_resource *resource);

#endif
