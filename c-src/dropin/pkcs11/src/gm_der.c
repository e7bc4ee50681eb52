/* SPDX-License-Identifier: Apache-2.0 */
#include "gm_der.h"

#include <string.h>

#define NUMBER_BYTES 32
#define HASH_BYTES 32
#define RAW_HEAD_BYTES (2 * NUMBER_BYTES + HASH_BYTES)

enum { DER_INTEGER = 0x02, DER_OCTETS = 0x04, DER_SEQUENCE = 0x30 };

static CK_RV put_head(struct buffer *der, int tag, size_t bytes) {
    uint8_t head[5] = {(uint8_t)tag};
    size_t used = 1;
    if (bytes < 0x80) {
        head[used++] = (uint8_t)bytes;
    } else {
        size_t octets = bytes > 0xffff ? 3 : bytes > 0xff ? 2 : 1;
        head[used++] = (uint8_t)(0x80 | octets);
        while (octets-- > 0) {
            head[used++] = (uint8_t)(bytes >> (8 * octets));
        }
    }
    return buffer_append(der, head, used);
}

static CK_RV put(struct buffer *der, int tag, const uint8_t *bytes, size_t count) {
    CK_RV value = put_head(der, tag, count);
    return value == CKR_OK ? buffer_append(der, bytes, count) : value;
}

/* The shortest form, with a zero in front of a set sign bit. */
static CK_RV put_number(struct buffer *der, const uint8_t number[NUMBER_BYTES]) {
    uint8_t padded[NUMBER_BYTES + 1] = {0};
    size_t from = 0;
    memcpy(padded + 1, number, NUMBER_BYTES);
    while (from < NUMBER_BYTES && padded[from] == 0 && (padded[from + 1] & 0x80) == 0) {
        from++;
    }
    return put(der, DER_INTEGER, padded + from, sizeof padded - from);
}

static CK_RV put_sequence(struct buffer *der, const struct buffer *content) {
    der->used = 0;
    return put(der, DER_SEQUENCE, content->bytes, content->used);
}

CK_RV gm_der_signature(const uint8_t signature[64], struct buffer *der) {
    struct buffer content = {0};
    CK_RV value = put_number(&content, signature);
    value = value == CKR_OK ? put_number(&content, signature + NUMBER_BYTES) : value;
    value = value == CKR_OK ? put_sequence(der, &content) : value;
    buffer_free(&content);
    return value;
}

CK_RV gm_der_ciphertext(const uint8_t *raw, size_t bytes, struct buffer *der) {
    struct buffer content = {0};
    if (bytes < RAW_HEAD_BYTES) {
        return CKR_DEVICE_ERROR;
    }
    CK_RV value = put_number(&content, raw);
    value = value == CKR_OK ? put_number(&content, raw + NUMBER_BYTES) : value;
    value = value == CKR_OK ? put(&content, DER_OCTETS, raw + 2 * NUMBER_BYTES, HASH_BYTES) : value;
    value = value == CKR_OK
                ? put(&content, DER_OCTETS, raw + RAW_HEAD_BYTES, bytes - RAW_HEAD_BYTES)
                : value;
    value = value == CKR_OK ? put_sequence(der, &content) : value;
    buffer_free(&content);
    return value;
}

struct reader {
    const uint8_t *at;
    size_t left;
};

static bool take(struct reader *reader, int tag, struct reader *content) {
    if (reader->left < 2 || reader->at[0] != tag) {
        return false;
    }
    size_t head = 2;
    size_t bytes = reader->at[1];
    if (bytes > 0x7f) {
        size_t octets = bytes & 0x7f;
        if (octets == 0 || octets > 3 || reader->left < 2 + octets) {
            return false;
        }
        bytes = 0;
        for (size_t i = 0; i < octets; i++) {
            bytes = bytes << 8 | reader->at[2 + i];
        }
        head += octets;
    }
    if (bytes > reader->left - head) {
        return false;
    }
    *content = (struct reader){reader->at + head, bytes};
    reader->at += head + bytes;
    reader->left -= head + bytes;
    return true;
}

static bool take_number(struct reader *reader, uint8_t number[NUMBER_BYTES]) {
    struct reader content;
    if (!take(reader, DER_INTEGER, &content) || content.left == 0 || (content.at[0] & 0x80) != 0) {
        return false;
    }
    while (content.left > 0 && content.at[0] == 0) {
        content.at++;
        content.left--;
    }
    if (content.left > NUMBER_BYTES) {
        return false;
    }
    memset(number, 0, NUMBER_BYTES);
    if (content.left != 0) {
        memcpy(number + NUMBER_BYTES - content.left, content.at, content.left);
    }
    return true;
}

bool gm_der_signature_read(const uint8_t *der, size_t bytes, uint8_t signature[64]) {
    struct reader all = {der, bytes}, content;
    return take(&all, DER_SEQUENCE, &content) && all.left == 0 &&
           take_number(&content, signature) && take_number(&content, signature + NUMBER_BYTES) &&
           content.left == 0;
}

CK_RV gm_der_ciphertext_read(const uint8_t *der, size_t bytes, struct buffer *raw) {
    struct reader all = {der, bytes}, content, hash, text;
    uint8_t point[2 * NUMBER_BYTES];
    if (!take(&all, DER_SEQUENCE, &content) || all.left != 0 || !take_number(&content, point) ||
        !take_number(&content, point + NUMBER_BYTES) || !take(&content, DER_OCTETS, &hash) ||
        hash.left != HASH_BYTES || !take(&content, DER_OCTETS, &text) || content.left != 0) {
        return CKR_ENCRYPTED_DATA_INVALID;
    }
    CK_RV value = buffer_set(raw, point, sizeof point);
    value = value == CKR_OK ? buffer_append(raw, hash.at, hash.left) : value;
    return value == CKR_OK ? buffer_append(raw, text.at, text.left) : value;
}
