/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request to the worker that has the token: its message is built here, long data goes by shared
 * memory, and its result comes back as a CKR_ value. On the stack, wiped at the end: keys and
 * plaintext may stand in it.
 */
#ifndef BERTH_PKCS11_REMOTE_H
#define BERTH_PKCS11_REMOTE_H

#include <berth/berth.h>

#include "cryptoki.h"
#include "protobuf.h"

/* What the broker takes inline unless it is configured otherwise. */
#define REMOTE_MESSAGE_BYTES 4096
/* Data longer than this travels by shared memory, so that key, mechanism and heads have room. */
#define REMOTE_INLINE_BYTES 2048
/* The longest data of one request: parts of a multi-part operation are collected up to this. */
#define REMOTE_DATA_MAX_BYTES (UINT32_C(16) << 20)

struct remote {
    berth_resource *resource;
    struct protobuf_writer writer;
    uint8_t request[REMOTE_MESSAGE_BYTES];
    uint8_t reply[REMOTE_MESSAGE_BYTES];
    berth_block_use input;
    berth_block_use output;
    berth_reply result;
    bool gives_plaintext;
    CK_RV failure; /* while building: no room, too long */
};

void remote_begin(struct remote *remote, berth_resource *resource);
/* Field `field` is a message, whose fields are what is written until remote_close. */
size_t remote_open(struct remote *remote, uint32_t field);
void remote_close(struct remote *remote, size_t opened);
/* Puts data into the field, or into an INPUT block if it is long. */
void remote_data(struct remote *remote, uint32_t field, const void *data, size_t bytes);
/* The result may be that long: an OUTPUT block, if it does not fit into a reply. */
void remote_expect(struct remote *remote, size_t bytes);
/* Sends and waits. Work that did certainly not run because a worker or broker was being replaced is
 * sent again for some seconds. */
CK_RV remote_call(struct remote *remote, uint32_t operation);
/* Sends what no answer is needed for, waits a second at most, and ends it. */
void remote_tell(struct remote *remote, uint32_t operation);
/* Whether the last call ended because the policy does not allow it. */
bool remote_is_denied(const struct remote *remote);
/* Whether the last call ended because the worker does not know the object. */
bool remote_is_stale(const struct remote *remote);
/* A bytes field of the reply, valid until remote_end; CKR_DEVICE_ERROR if the reply is malformed.
 */
CK_RV remote_bytes(const struct remote *remote, uint32_t field, const uint8_t **bytes,
                   size_t *size);
CK_RV remote_number(const struct remote *remote, uint32_t field, uint64_t *number);
/* The data of a MechanismReply, wherever it is. */
CK_RV remote_output(const struct remote *remote, const uint8_t **bytes, size_t *size);
/* Ends it, whatever became of it, and hands value on. */
CK_RV remote_end(struct remote *remote, CK_RV value);

#endif
