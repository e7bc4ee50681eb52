/* SPDX-License-Identifier: Apache-2.0 */
#include "remote.h"

#include <string.h>
#include <time.h>

#include "broker.h"
#include "return_value.h"

/* How long work waits for a worker or broker that is being replaced, and how often it asks. */
#define PATIENCE_MILLIS 10000
#define PAUSE_MILLIS 20
/* And what is only told, and matters to nobody but the worker. */
#define TELL_MILLIS 1000

void remote_begin(struct remote *remote, berth_resource *resource) {
    remote->resource = resource;
    remote->writer =
        (struct protobuf_writer){.bytes = remote->request, .capacity = sizeof remote->request};
    remote->input = remote->output = (berth_block_use){0};
    remote->result = (berth_reply)BERTH_REPLY_INIT;
    remote->gives_plaintext = false;
    remote->failure = CKR_OK;
}

size_t remote_open(struct remote *remote, uint32_t field) {
    /* The length comes in front of what it counts: one byte is kept for it. */
    protobuf_put_bytes(&remote->writer, field, "", 1);
    return remote->writer.used;
}

void remote_close(struct remote *remote, size_t opened) {
    struct protobuf_writer *writer = &remote->writer;
    if (writer->overflow) {
        return;
    }
    size_t bytes = writer->used - opened;
    uint8_t *length = writer->bytes + opened - 2; /* remote_open wrote a length of 1 and one byte */
    if (bytes < 0x80) {
        length[0] = (uint8_t)bytes;
        memmove(length + 1, length + 2, bytes);
        writer->used--;
    } else { /* messages are shorter than 2^14 */
        length[0] = (uint8_t)((bytes & 0x7f) | 0x80);
        length[1] = (uint8_t)(bytes >> 7);
    }
}

void remote_data(struct remote *remote, uint32_t field, const void *data, size_t bytes) {
    if (bytes <= REMOTE_INLINE_BYTES) {
        protobuf_put_bytes(&remote->writer, field, data, bytes);
        return;
    }
    if (bytes > REMOTE_DATA_MAX_BYTES) {
        remote->failure = CKR_DATA_LEN_RANGE;
        return;
    }
    berth_result result =
        berth_block_alloc(remote->resource, BERTH_INPUT, bytes, &remote->input.block);
    void *memory = result == BERTH_OK ? broker_block_data(remote->input.block) : NULL;
    if (memory == NULL) {
        remote->failure =
            result == BERTH_OK ? CKR_DEVICE_MEMORY : return_value(result, broker_device_code());
        return;
    }
    memcpy(memory, data, bytes);
    remote->input.bytes = bytes;
}

void remote_expect(struct remote *remote, size_t bytes) {
    /* Beside the data a reply holds a chaining value and heads. */
    if (bytes <= REMOTE_MESSAGE_BYTES - 128 || remote->failure != CKR_OK) {
        return;
    }
    berth_result result =
        berth_block_alloc(remote->resource, BERTH_OUTPUT, bytes, &remote->output.block);
    if (result != BERTH_OK) {
        remote->failure = return_value(result, broker_device_code());
    }
    remote->output.bytes = bytes;
}

/* Who may run twice: what AT_MOST_ONCE and NOT_RESTORABLE say in docs/PROTOCOL.md, section 6, may
 * not. */
static bool is_repeatable(uint32_t operation) {
    switch (operation) {
    case BERTH_OP_CHECK_PIN:
    case BERTH_OP_RELEASE_OBJECT:
    case BERTH_OP_SET_SESSION_ATTRIBUTES:
    case BERTH_OP_CREATE_OBJECT:
    case BERTH_OP_GENERATE_OBJECT:
    case BERTH_OP_DESTROY_OBJECT:
    case BERTH_OP_SET_ATTRIBUTES:
        return false;
    default:
        return true;
    }
}

static int64_t now_millis(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static CK_RV call_for(struct remote *remote, uint32_t operation, uint32_t timeout_ms,
                      int64_t patience_ms) {
    if (remote->failure != CKR_OK) {
        return remote->failure;
    }
    if (remote->writer.overflow) {
        return CKR_DATA_LEN_RANGE;
    }
    berth_request request = BERTH_REQUEST_INIT;
    request.operation = operation;
    remote->gives_plaintext = BERTH_OPERATION_BIT(operation) == BERTH_BIT_DECRYPT;
    request.flags = is_repeatable(operation) ? BERTH_IDEMPOTENT : 0;
    request.timeout_ms = timeout_ms;
    request.payload = remote->request;
    request.payload_bytes = remote->writer.used;
    request.reply = remote->reply;
    request.reply_limit = sizeof remote->reply;
    request.input = remote->input;
    request.output = remote->output;
    int64_t until = now_millis() + patience_ms;
    for (;;) {
        remote->result = (berth_reply)BERTH_REPLY_INIT;
        berth_result result = berth_call(remote->resource, &request, &remote->result);
        remote->result.result = result;
        if (!return_is_passing(result) || now_millis() >= until) {
            broker_say(operation, result);
            return return_value(result, broker_device_code());
        }
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MILLIS * 1000000L}, NULL);
    }
}

CK_RV remote_call(struct remote *remote, uint32_t operation) {
    return call_for(remote, operation, UINT32_MAX /* the policy's longest */, PATIENCE_MILLIS);
}

void remote_tell(struct remote *remote, uint32_t operation) {
    (void)remote_end(remote, call_for(remote, operation, TELL_MILLIS, 0));
}

bool remote_is_denied(const struct remote *remote) {
    return berth_status_of(remote->result.result) == BERTH_STATUS_PERMISSION_DENIED;
}

bool remote_is_stale(const struct remote *remote) {
    return berth_reason_of(remote->result.result) == BERTH_REASON_STALE_HANDLE;
}

CK_RV remote_bytes(const struct remote *remote, uint32_t field, const uint8_t **bytes,
                   size_t *size) {
    return protobuf_find_bytes(remote->reply, remote->result.bytes, field, bytes, size)
               ? CKR_OK
               : CKR_DEVICE_ERROR;
}

CK_RV remote_number(const struct remote *remote, uint32_t field, uint64_t *number) {
    return protobuf_find_varint(remote->reply, remote->result.bytes, field, number)
               ? CKR_OK
               : CKR_DEVICE_ERROR;
}

CK_RV remote_output(const struct remote *remote, const uint8_t **bytes, size_t *size) {
    CK_RV value = remote_bytes(remote, 1, bytes, size);
    if (value == CKR_OK && *size == 0 && remote->output.block.id != 0) {
        *size = remote->result.output_bytes;
        *bytes = *size <= remote->output.bytes ? broker_block_data(remote->output.block) : NULL;
        value = *bytes != NULL ? CKR_OK : CKR_DEVICE_ERROR;
    }
    return value;
}

CK_RV remote_end(struct remote *remote, CK_RV value) {
    if (remote->input.block.id != 0) {
        broker_block_free(remote->input.block, remote->input.bytes);
    }
    if (remote->output.block.id != 0) {
        broker_block_free(remote->output.block, remote->gives_plaintext ? remote->output.bytes : 0);
    }
    explicit_bzero(remote->request, remote->writer.used);
    explicit_bzero(remote->reply, remote->result.bytes < sizeof remote->reply
                                      ? remote->result.bytes
                                      : sizeof remote->reply);
    return value;
}
