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
/* Puts the data into the message, or into an INPUT block of its own if it is too long. */
berth_result exchange_put_data(struct exchange *exchange, berth_resource *resource, uint32_t field,
                               const void *data, size_t data_bytes);
/* Copies the OUTPUT block, into which the worker must have written exactly that much. */
bool exchange_block_data(const struct exchange *exchange, berth_resource *resource, void *to,
                         size_t bytes);
/* Wipes what we wrote and gives the blocks back. After a time-out the worker may still read: then
 * the memory stays as it is and out of use until its END; the session's memory is never given to
 * another session. */
void exchange_free_blocks(struct exchange *exchange, berth_resource *resource, berth_result result);

#endif
