/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/der.h"

#include <string.h>

enum { TAG_INTEGER = 0x02, TAG_OCTETS = 0x04, TAG_SEQUENCE = 0x30 };

static bool read_header(struct der_reader *reader, uint8_t tag, size_t *bytes) {
    if (reader->end - reader->at < 2 || reader->at[0] != tag)
        return false;
    size_t length = reader->at[1];
    reader->at += 2;
    if (length >= 0x80) {
        size_t length_bytes = length & 0x7f;
        if (length_bytes == 0 || length_bytes > 4 ||
            (size_t)(reader->end - reader->at) < length_bytes)
            return false;
        length = 0;
        for (size_t i = 0; i < length_bytes; i++)
            length = length << 8 | reader->at[i];
        reader->at += length_bytes;
    }
    if (length > (size_t)(reader->end - reader->at))
        return false;
    *bytes = length;
    return true;
}

bool der_enter_sequence(struct der_reader *reader) {
    size_t bytes;
    return read_header(reader, TAG_SEQUENCE, &bytes) && reader->at + bytes == reader->end;
}

bool der_read_integer32(struct der_reader *reader, uint8_t value[32]) {
    size_t bytes;
    if (!read_header(reader, TAG_INTEGER, &bytes) || bytes == 0 || (reader->at[0] & 0x80) != 0)
        return false;
    const uint8_t *digits = reader->at;
    reader->at += bytes;
    while (bytes > 0 && *digits == 0) {
        digits++;
        bytes--;
    }
    if (bytes > 32)
        return false;
    memset(value, 0, 32);
    memcpy(value + 32 - bytes, digits, bytes);
    return true;
}

bool der_read_octets(struct der_reader *reader, const uint8_t **octets, size_t *bytes) {
    if (!read_header(reader, TAG_OCTETS, bytes))
        return false;
    *octets = reader->at;
    reader->at += *bytes;
    return true;
}

static size_t header_bytes(size_t length) {
    return length < 0x80        ? 2
           : length < 0x100     ? 3
           : length < 0x10000   ? 4
           : length < 0x1000000 ? 5
                                : 6;
}

static uint8_t *write_header(uint8_t *out, uint8_t tag, size_t length) {
    *out++ = tag;
    size_t length_bytes = header_bytes(length) - 2;
    if (length_bytes == 0) {
        *out++ = (uint8_t)length;
        return out;
    }
    *out++ = (uint8_t)(0x80 | length_bytes);
    for (size_t i = length_bytes; i > 0; i--)
        *out++ = (uint8_t)(length >> (8 * (i - 1)));
    return out;
}

static size_t integer_bytes(const uint8_t value[32]) {
    size_t leading = 0;
    while (leading < 31 && value[leading] == 0)
        leading++;
    return 32 - leading + (value[leading] >> 7);
}

static uint8_t *write_integer(uint8_t *out, const uint8_t value[32]) {
    size_t bytes = integer_bytes(value);
    out = write_header(out, TAG_INTEGER, bytes);
    if (bytes == 33) {
        *out++ = 0;
        bytes = 32;
    }
    memcpy(out, value + 32 - bytes, bytes);
    return out + bytes;
}

static uint8_t *write_octets(uint8_t *out, const uint8_t *octets, size_t bytes) {
    out = write_header(out, TAG_OCTETS, bytes);
    memcpy(out, octets, bytes);
    return out + bytes;
}

size_t der_write_signature(uint8_t *out, const uint8_t r[32], const uint8_t s[32]) {
    uint8_t *at = write_header(out, TAG_SEQUENCE, 2 + integer_bytes(r) + 2 + integer_bytes(s));
    at = write_integer(at, r);
    at = write_integer(at, s);
    return (size_t)(at - out);
}

size_t der_ciphertext_most(size_t cipher_bytes) {
    return 6 + 35 + 35 + 34 + 6 + cipher_bytes;
}

size_t der_write_ciphertext(uint8_t *out, const uint8_t x[32], const uint8_t y[32],
                            const uint8_t hash[32], const uint8_t *cipher, size_t cipher_bytes) {
    size_t content = 2 + integer_bytes(x) + 2 + integer_bytes(y) + 2 + 32 +
                     header_bytes(cipher_bytes) + cipher_bytes;
    uint8_t *at = write_header(out, TAG_SEQUENCE, content);
    at = write_integer(at, x);
    at = write_integer(at, y);
    at = write_octets(at, hash, 32);
    at = write_octets(at, cipher, cipher_bytes);
    return (size_t)(at - out);
}
