/* SPDX-License-Identifier: Apache-2.0 */
/* A request's slot: taken with the caller's wishes, given back when caller and broker are done. */
#include "connection.h"

#include <string.h>
#include <sys/mman.h>

#include "clock.h"
#include "error.h"

bool requests_allocate(struct berth_conn *connection) {
    uint32_t count = connection->max_in_flight;
    uint32_t copy_bytes = connection->current->max_inline_bytes;
    size_t slots_bytes = count * sizeof(struct slot);
    size_t bytes = slots_bytes + (size_t)count * copy_bytes;
    /* Copies of payloads are address space now, memory when first used, and no part of a core dump.
     */
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    (void)madvise(memory, bytes, MADV_DONTDUMP);
    /* Nor of a child: payloads may hold secrets, and it uses none of this. */
    (void)madvise(memory, bytes, MADV_WIPEONFORK);
    struct slot *slots = memory;
    for (uint32_t i = count; i-- > 0;) {
        slots[i].index = (uint16_t)i;
        list_init(&slots[i].node);
        slots[i].next_free = connection->free_slots;
        connection->free_slots = &slots[i];
    }
    connection->slots = slots;
    connection->slots_bytes = bytes;
    connection->slot_count = count;
    connection->copies = (uint8_t *)memory + slots_bytes;
    connection->copy_bytes = copy_bytes;
    return true;
}

berth_result request_take(struct berth_resource *resource, const berth_request *request,
                          enum slot_user user, int64_t now, struct slot **slot_out) {
    struct berth_conn *connection = resource->connection;
    if (request->struct_size != sizeof *request ||
        (request->payload == NULL && request->payload_bytes != 0) ||
        (request->reply == NULL && request->reply_limit != 0 && user != USER_STREAM) ||
        request->priority > BERTH_PRIORITY_BACKGROUND ||
        (request->flags & ~(uint32_t)(BERTH_IDEMPOTENT | BERTH_TRACED)) != 0) {
        return error_say(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_NONE,
                         "%s: a request with struct_size %zu (expected %zu), a missing buffer, an "
                         "unknown flag (%#x) or priority (%u)",
                         resource->name, request->struct_size, sizeof *request, request->flags,
                         request->priority);
    }
    uint32_t max_payload =
        connection->current != NULL && connection->current->phase != SESSION_GREETING
            ? connection->current->max_inline_bytes
            : connection->copy_bytes;
    if (request->payload_bytes > max_payload) {
        return error_say(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_PAYLOAD_TOO_LARGE,
                         "%s: a payload of %zu bytes > %u; larger data travels in blocks",
                         resource->name, request->payload_bytes, max_payload);
    }
    if (!connection->receiving && arena_is_written(connection, request->output.block)) {
        /* By a request that timed out, perhaps, and has ended since without anybody's look. */
        connection->receiving = true;
        (void)connection_tend(connection, now);
        connection->receiving = false;
    }
    struct slot *slot = connection->free_slots;
    if (slot == NULL) {
        return error_say(BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_QUEUE_FULL,
                         "%s: %u requests >= max_in_flight %u have not ended; poll completions "
                         "first",
                         resource->name, connection->slot_count, connection->slot_count);
    }
    slot->input_block = slot->output_block = 0;
    berth_result result = BERTH_OK;
    if (request->input.block.id != 0) {
        result =
            arena_pin(resource, &request->input, BERTH_INPUT, &slot->input, &slot->input_block);
    }
    if (result == BERTH_OK && request->output.block.id != 0) {
        result =
            arena_pin(resource, &request->output, BERTH_OUTPUT, &slot->output, &slot->output_block);
    }
    if (result != BERTH_OK) {
        arena_unpin(connection, slot->input_block, BERTH_INPUT);
        slot->input_block = 0;
        return result;
    }
    connection->free_slots = slot->next_free;
    slot->user = user;
    slot->on_wire = slot->queued = slot->ended = false;
    slot->was_taken = slot->resubmitted = slot->cancel_wanted = slot->owns_copy = false;
    slot->sequence = ++connection->last_sequence;
    slot->session = NULL;
    slot->resource = resource;
    resource->slots++;
    slot->submitted_nanos = now;
    uint32_t timeout_ms = request->timeout_ms == 0 ? DEFAULT_TIMEOUT_MILLIS : request->timeout_ms;
    slot->no_wire_deadline = timeout_ms == UINT32_MAX;
    slot->deadline_nanos =
        timeout_ms == UINT32_MAX ? NANOS_FOREVER : clock_after_millis(now, timeout_ms);
    slot->operation = request->operation;
    slot->flags = (request->flags & BERTH_IDEMPOTENT ? BERTH_FLAG_IDEMPOTENT : 0) |
                  (request->flags & BERTH_TRACED ? BERTH_FLAG_TRACE : 0) |
                  (slot->input_block != 0 ? BERTH_FLAG_INPUT : 0) |
                  (slot->output_block != 0 ? BERTH_FLAG_OUTPUT : 0) |
                  (user == USER_STREAM ? BERTH_FLAG_STREAM : 0);
    slot->priority = request->priority;
    slot->payload = request->payload;
    slot->payload_bytes = (uint32_t)request->payload_bytes;
    slot->reply = request->reply;
    slot->reply_limit =
        request->reply_limit < max_payload ? (uint32_t)request->reply_limit : max_payload;
    slot->reply_bytes_reserved = 0;
    slot->credit = 0;
    slot->next_part = 0;
    slot->stream = NULL;
    slot->user_data = NULL;
    slot->result = BERTH_OK;
    slot->bytes = 0;
    slot->output_bytes = 0;
    *slot_out = slot;
    return BERTH_OK;
}

/* The payload as a copy of the slot's own, for when the caller's buffer may not be used any more.
 */
bool request_keep_payload(struct berth_conn *connection, struct slot *slot) {
    if (slot->owns_copy || slot->payload_bytes == 0) {
        return true;
    }
    if (slot->payload_bytes > connection->copy_bytes || slot->payload == NULL) {
        return false;
    }
    uint8_t *copy = slot->payload_bytes <= SMALL_COPY_BYTES
                        ? slot->small_copy
                        : connection->copies + (size_t)slot->index * connection->copy_bytes;
    memcpy(copy, slot->payload, slot->payload_bytes);
    slot->payload = copy;
    slot->owns_copy = true;
    return true;
}

void request_free_if_over(struct berth_conn *connection, struct slot *slot) {
    if (slot->user != USER_NONE || slot->on_wire) {
        return;
    }
    if (slot->owns_copy) {
        /* Payloads may hold secrets; they are not left behind for whoever reads this process later.
         */
        explicit_bzero((void *)(uintptr_t)slot->payload, slot->payload_bytes);
        slot->owns_copy = false;
    }
    if ((slot->input_block | slot->output_block) != 0) {
        arena_unpin(connection, slot->input_block, BERTH_INPUT);
        arena_unpin(connection, slot->output_block, BERTH_OUTPUT);
        slot->input_block = slot->output_block = 0;
    }
    struct berth_resource *resource = slot->resource;
    slot->resource = NULL;
    slot->next_free = connection->free_slots;
    connection->free_slots = slot;
    resource->slots--;
    if (resource->released) {
        resource_free_if_over(resource);
    }
}

/* The caller is gone; what the broker still says about the request is dropped. */
void request_abandon(struct berth_conn *connection, struct slot *slot) {
    slot->user = USER_NONE;
    slot->reply = NULL;
    slot->stream = NULL;
    if (!slot->owns_copy) {
        slot->payload = NULL;
    }
    request_free_if_over(connection, slot);
}
