/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that grow, and are wiped when they go: plaintext and keys stand here. */
#ifndef BERTH_PKCS11_BUFFER_H
#define BERTH_PKCS11_BUFFER_H

#include "cryptoki.h"

struct buffer {
    uint8_t *bytes;
    size_t used;
    size_t capacity;
};

/* CKR_DATA_LEN_RANGE beyond REMOTE_DATA_MAX_BYTES, CKR_HOST_MEMORY. */
CK_RV buffer_append(struct buffer *buffer, const void *bytes, size_t count);
CK_RV buffer_set(struct buffer *buffer, const void *bytes, size_t count);
bool buffer_is(const struct buffer *buffer, const void *bytes, size_t count);
/* The first bytes go. */
void buffer_drop(struct buffer *buffer, size_t count);
void buffer_free(struct buffer *buffer);

#endif
