/* SPDX-License-Identifier: Apache-2.0 */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#include "remote.h"

static bool reserve(struct buffer *buffer, size_t wanted) {
    if (wanted <= buffer->capacity) {
        return true;
    }
    size_t capacity = buffer->capacity == 0 ? 256 : buffer->capacity;
    while (capacity < wanted) {
        capacity *= 2;
    }
    uint8_t *bytes = malloc(capacity); /* realloc would leave the old bytes where they were */
    if (bytes == NULL) {
        return false;
    }
    struct buffer old = *buffer;
    if (old.used != 0) {
        memcpy(bytes, old.bytes, old.used);
    }
    *buffer = (struct buffer){bytes, old.used, capacity};
    buffer_free(&old);
    return true;
}

CK_RV buffer_append(struct buffer *buffer, const void *bytes, size_t count) {
    if (count > REMOTE_DATA_MAX_BYTES - buffer->used) {
        return CKR_DATA_LEN_RANGE;
    }
    if (!reserve(buffer, buffer->used + count)) {
        return CKR_HOST_MEMORY;
    }
    if (count != 0) {
        memcpy(buffer->bytes + buffer->used, bytes, count);
        buffer->used += count;
    }
    return CKR_OK;
}

CK_RV buffer_set(struct buffer *buffer, const void *bytes, size_t count) {
    buffer->used = 0;
    return buffer_append(buffer, bytes, count);
}

bool buffer_is(const struct buffer *buffer, const void *bytes, size_t count) {
    return buffer->used == count && (count == 0 || memcmp(buffer->bytes, bytes, count) == 0);
}

void buffer_drop(struct buffer *buffer, size_t count) {
    if (count != 0) {
        memmove(buffer->bytes, buffer->bytes + count, buffer->used - count);
        buffer->used -= count;
    }
}

void buffer_free(struct buffer *buffer) {
    if (buffer->bytes != NULL) {
        explicit_bzero(buffer->bytes, buffer->capacity);
        free(buffer->bytes);
    }
    *buffer = (struct buffer){0};
}
