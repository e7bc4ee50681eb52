/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.3: public keys of the card's RSA pairs. */
#include "rsa/rsa.h"

#include <string.h>

#include "hsm_exchange.h"

enum { BITS_LEAST = 512 };

static size_t skip_zeros(const uint8_t *number, size_t bytes) {
    size_t zeros = 0;
    while (zeros < bytes && number[zeros] == 0) {
        zeros++;
    }
    return zeros;
}

static unsigned bit_length(const uint8_t *number, size_t bytes) {
    unsigned bits = 8 * (unsigned)bytes;
    for (unsigned top = bytes == 0 ? 0x80 : number[0]; top < 0x80; top <<= 1) {
        bits--;
    }
    return bits;
}

static size_t take_number(const uint8_t field[RSAref_MAX_LEN], uint8_t number[RSAref_MAX_LEN]) {
    size_t zeros = skip_zeros(field, RSAref_MAX_LEN);
    memcpy(number, field + zeros, RSAref_MAX_LEN - zeros);
    return RSAref_MAX_LEN - zeros;
}

static bool odd(const uint8_t *number, size_t bytes) {
    return bytes != 0 && (number[bytes - 1] & 1) != 0;
}

static bool less(const struct rsa_public_key *key) {
    return key->exponent_bytes != key->modulus_bytes
               ? key->exponent_bytes < key->modulus_bytes
               : memcmp(key->exponent, key->modulus, key->modulus_bytes) < 0;
}

bool rsa_get_public_key(const RSArefPublicKey *from, struct rsa_public_key *key) {
    key->modulus_bytes = take_number(from->m, key->modulus);
    key->exponent_bytes = take_number(from->e, key->exponent);
    bool exponent_fits = odd(key->exponent, key->exponent_bytes) &&
                         (key->exponent_bytes > 1 || key->exponent[0] > 1) && less(key);
    return from->bits >= BITS_LEAST && odd(key->modulus, key->modulus_bytes) &&
           bit_length(key->modulus, key->modulus_bytes) == from->bits && exponent_fits;
}

static void put_number_right(uint8_t field[RSAref_MAX_LEN], const uint8_t *number, size_t bytes) {
    memset(field, 0, RSAref_MAX_LEN - bytes);
    memcpy(field + RSAref_MAX_LEN - bytes, number, bytes);
}

void rsa_put_public_key(RSArefPublicKey *to, const struct rsa_public_key *key) {
    to->bits = bit_length(key->modulus, key->modulus_bytes);
    put_number_right(to->m, key->modulus, key->modulus_bytes);
    put_number_right(to->e, key->exponent, key->exponent_bytes);
}

void rsa_write_public_key(struct protobuf_writer *writer, uint32_t field,
                          const struct rsa_public_key *key) {
    uint8_t bytes[2 * RSAref_MAX_LEN + 8];
    struct protobuf_writer inner = {.bytes = bytes, .capacity = sizeof bytes};
    protobuf_put_bytes(&inner, 1, key->modulus, key->modulus_bytes);
    protobuf_put_bytes(&inner, 2, key->exponent, key->exponent_bytes);
    protobuf_put_bytes(writer, field, bytes, inner.used);
}

/* Without leading zeros, whatever came. False: too long. */
static bool read_number(const uint8_t *message, size_t bytes, uint32_t field,
                        uint8_t number[RSAref_MAX_LEN], size_t *number_bytes) {
    const uint8_t *found;
    size_t size = 0;
    *number_bytes = 0;
    if (!protobuf_find_bytes(message, bytes, field, &found, &size)) {
        return true; /* no message: no number */
    }
    size_t zeros = skip_zeros(found, size);
    if (size - zeros > RSAref_MAX_LEN) {
        return false;
    }
    *number_bytes = size - zeros;
    if (*number_bytes != 0) {
        memcpy(number, found + zeros, *number_bytes);
    }
    return true;
}

int rsa_read_public_key(const uint8_t *message, size_t bytes, struct rsa_public_key *key) {
    if (!read_number(message, bytes, 1, key->modulus, &key->modulus_bytes) ||
        !read_number(message, bytes, 2, key->exponent, &key->exponent_bytes)) {
        return SDR_KEYTYPEERR;
    }
    return key->modulus_bytes == 0 || key->exponent_bytes == 0 ? SDR_UNKNOWERR : SDR_OK;
}

int rsa_export(const struct call *call, berth_resource *resource, enum berth_key_usage usage,
               struct rsa_public_key *key, const char *what) {
    struct exchange exchange;
    exchange_begin(&exchange, MESSAGE_BYTES);
    protobuf_put_varint(&exchange.writer, 1, usage);
    int status = code_of(
        exchange_call(&exchange, resource, BERTH_OP_EXPORT_RSA_PUBLIC_KEY, call->timeout_ms), what);
    if (status == SDR_OK) {
        status = rsa_read_public_key(exchange.reply, exchange.result.bytes, key);
    }
    exchange_end(&exchange);
    return status;
}

int rsa_why_refused(const struct call *call, berth_resource *resource, enum berth_key_usage usage,
                    size_t bytes, int otherwise) {
    struct rsa_public_key key;
    int status = rsa_export(call, resource, usage, &key, "SDF_ExportPublicKey_RSA");
    return status == SDR_OK && key.modulus_bytes != bytes ? SDR_INARGERR : otherwise;
}

static int export_key(void *session, uint32_t index, enum berth_key_usage usage,
                      RSArefPublicKey *to, const char *what) {
    struct call call;
    berth_resource *resource;
    struct rsa_public_key key;
    if (to == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, session);
    if (status != SDR_OK) {
        return status;
    }
    status = call_key(&call, KEY_RSA, index, MAY(EXPORT), &resource);
    if (status == SDR_OK) {
        status = rsa_export(&call, resource, usage, &key, what);
    }
    if (status == SDR_OK) {
        rsa_put_public_key(to, &key);
    }
    return call_end(&call, status);
}

BERTH_SDF_API int SDF_ExportSignPublicKey_RSA(void *hSessionHandle, unsigned int uiKeyIndex,
                                              RSArefPublicKey *pucPublicKey) {
    return export_key(hSessionHandle, uiKeyIndex, BERTH_KEY_SIGN, pucPublicKey,
                      "SDF_ExportSignPublicKey_RSA");
}

BERTH_SDF_API int SDF_ExportEncPublicKey_RSA(void *hSessionHandle, unsigned int uiKeyIndex,
                                             RSArefPublicKey *pucPublicKey) {
    return export_key(hSessionHandle, uiKeyIndex, BERTH_KEY_ENCRYPT, pucPublicKey,
                      "SDF_ExportEncPublicKey_RSA");
}
