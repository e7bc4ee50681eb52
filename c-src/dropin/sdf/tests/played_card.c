/* SPDX-License-Identifier: Apache-2.0 */
#include "played_card.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <berth/berth_hsm.h>

#include "hsm_peer.h"
#include "protobuf.h"

enum { BLOCK = BERTH_SM4_BLOCK_BYTES, HELD_MOST = 4096, DATA_MOST = 4096, KEY_MOST = 32 };
#define STALE BERTH_RESULT(BERTH_STATUS_NOT_FOUND, BERTH_REASON_STALE_HANDLE)

struct in {
    const uint8_t *bytes;
    size_t size;
};

struct answer {
    struct protobuf_writer writer;
    size_t *bytes;
};

static struct in field(struct in message, uint32_t number) {
    struct in found;
    if (!protobuf_find_bytes(message.bytes, message.size, number, &found.bytes, &found.size)) {
        abort();
    }
    return found;
}

static uint64_t varint(struct in message, uint32_t number) {
    uint64_t value;
    if (!protobuf_find_varint(message.bytes, message.size, number, &value)) {
        abort();
    }
    return value;
}

static uint32_t done(struct answer *answer) {
    *answer->bytes = answer->writer.used;
    return answer->writer.overflow ? BERTH_STATUS_OUT_OF_RANGE : BERTH_STATUS_OK;
}

static uint32_t done_with(struct answer *answer, const void *data, size_t bytes) {
    protobuf_put_bytes(&answer->writer, 1, data, bytes);
    return done(answer);
}

/* ---- What the card holds
 * -------------------------------------------------------------------------------------- */

struct key {
    size_t bytes; /* 0: nothing is held */
    uint8_t key[KEY_MOST];
};
static struct key held[HELD_MOST];

static uint64_t hold_key(const uint8_t *key, size_t bytes) {
    static uint32_t next;
    uint32_t slot = ++next % HELD_MOST;
    held[slot].bytes = bytes;
    memcpy(held[slot].key, key, bytes);
    return (uint64_t)getpid() << 16 | slot;
}

static uint64_t hold(void) {
    return hold_key(HSM_PEER_KEY, sizeof HSM_PEER_KEY);
}

static struct key *find_held(uint64_t number) {
    struct key *found = &held[number % HELD_MOST];
    return number >> 16 == (uint64_t)getpid() && found->bytes != 0 ? found : NULL;
}

/* With the key itself, as its own wrapping, instead of the number of one that is held. */
static uint32_t named_otherwise(uint32_t operation, uint32_t number_field, struct in request,
                                struct answer *answer) {
    uint8_t message[DATA_MOST], key[KEY_MOST + 8];
    struct protobuf_writer writer = {.bytes = message, .capacity = sizeof message};
    struct protobuf_writer wrapped = {.bytes = key, .capacity = sizeof key};
    struct protobuf_reader reader = {.bytes = request.bytes, .size = request.size};
    struct protobuf_field each;
    uint64_t number = varint(request, number_field);
    const struct key *named = number == 0 ? NULL : find_held(number);
    if (number != 0 && named == NULL) {
        return STALE;
    }
    if (number != 0) {
        protobuf_put_bytes(&wrapped, 1, named->key, named->bytes);
        protobuf_put_bytes(&writer, 1, key, wrapped.used);
    }
    while (protobuf_next(&reader, &each)) {
        if (each.is_bytes) {
            protobuf_put_bytes(&writer, each.number, each.bytes, each.size);
        } else if (each.number != number_field) {
            protobuf_put_varint(&writer, each.number, each.varint);
        }
    }
    return hsm_peer_execute(operation, message, writer.used, answer->writer.bytes,
                            answer->writer.capacity, answer->bytes);
}

static void put_point(struct protobuf_writer *writer, uint32_t number, uint8_t fill) {
    uint8_t coordinate[32], bytes[80];
    struct protobuf_writer inner = {.bytes = bytes, .capacity = sizeof bytes};
    memset(coordinate, fill, sizeof coordinate);
    protobuf_put_bytes(&inner, 1, coordinate, sizeof coordinate);
    protobuf_put_bytes(&inner, 2, coordinate, sizeof coordinate);
    protobuf_put_bytes(writer, number, bytes, inner.used);
}

/* For an SM2 key x || y || hash || data without any of it, for RSA as long as the modulus. */
static uint32_t generate_for(struct in request, struct answer *answer) {
    uint8_t envelope[PLAYED_RSA_BYTES] = {7};
    struct in rsa = field(request, 3);
    protobuf_put_varint(&answer->writer, 1, hold());
    protobuf_put_bytes(&answer->writer, 2, envelope,
                       rsa.size == 0 ? 96 + varint(request, 1) / 8 : field(rsa, 1).size);
    return done(answer);
}

/* It wraps nothing: what it calls wrapped is the key. */
static uint32_t generate_long(struct answer *answer) {
    uint8_t key[KEY_MOST];
    memset(key, 0x5C, sizeof key);
    return done_with(answer, key, sizeof key);
}

static uint32_t exchange_envelope(struct in request, struct answer *answer) {
    struct in envelope = field(request, 1), rsa = field(request, 3);
    if (envelope.bytes[0] == 0xEE) {
        return BERTH_STATUS_INVALID_ARGUMENT;
    }
    return done_with(answer, envelope.bytes, rsa.size == 0 ? envelope.size : field(rsa, 1).size);
}

static uint32_t begin_agreement(struct answer *answer) {
    protobuf_put_varint(&answer->writer, 1, hold());
    put_point(&answer->writer, 2, 0x21);
    put_point(&answer->writer, 3, 0x22);
    return done(answer);
}

static uint32_t finish_agreement(struct in request, struct answer *answer) {
    struct key *agreement = find_held(varint(request, 1));
    if (agreement == NULL) {
        return STALE;
    }
    if (field(field(request, 3), 1).bytes[0] == 0xEE) {
        return BERTH_STATUS_INVALID_ARGUMENT;
    }
    agreement->bytes = 0;
    protobuf_put_varint(&answer->writer, 1, hold());
    return done(answer);
}

static uint32_t respond(struct answer *answer) {
    protobuf_put_varint(&answer->writer, 1, hold());
    put_point(&answer->writer, 3, 0x31);
    put_point(&answer->writer, 4, 0x32);
    return done(answer);
}

static uint32_t release(struct in request, struct answer *answer) {
    struct key *found = find_held(varint(field(request, 1), 1));
    if (found == NULL) {
        return STALE;
    }
    found->bytes = 0;
    return done(answer);
}

/* ---- RSA
 * ---------------------------------------------------------------------------------------- */

static uint32_t export_rsa(struct in request, struct answer *answer) {
    static const uint8_t exponent[3] = {1, 0, 1};
    uint8_t modulus[PLAYED_RSA_BYTES];
    memset(modulus, varint(request, 1) == BERTH_KEY_SIGN ? 0xC1 : 0xC3, sizeof modulus);
    protobuf_put_bytes(&answer->writer, 1, modulus, sizeof modulus);
    protobuf_put_bytes(&answer->writer, 2, exponent, sizeof exponent);
    return done(answer);
}

static uint32_t raise(struct in data, size_t modulus_bytes, struct answer *answer) {
    uint8_t out[PLAYED_RSA_BYTES] = {0};
    if (data.size > modulus_bytes) {
        return BERTH_STATUS_INVALID_ARGUMENT;
    }
    for (size_t i = 0; i < data.size; i++) {
        out[modulus_bytes - data.size + i] = (uint8_t)~data.bytes[i];
    }
    return done_with(answer, out, modulus_bytes);
}

static uint32_t rsa(struct in request, struct answer *answer) {
    struct in another = field(request, 4);
    return raise(field(request, 3), another.size == 0 ? PLAYED_RSA_BYTES : field(another, 1).size,
                 answer);
}

/* ---- Sealed messages and hashes
 * ---------------------------------------------------------------------------------------- */

static bool counter_mode(struct in request, const uint8_t *in, size_t bytes, uint8_t *out) {
    struct in iv = field(request, 4);
    uint8_t counter[BLOCK] = {0};
    int made = 0;
    bool gcm = varint(request, 3) == 1;
    if (iv.size < 7 || iv.size > 13) {
        return false;
    }
    memcpy(counter + (gcm ? 0 : 1), iv.bytes, iv.size);
    counter[0] = gcm ? counter[0] : (uint8_t)(14 - iv.size);
    counter[BLOCK - 1] = gcm ? 2 : 1;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool good = EVP_EncryptInit_ex(cipher, EVP_sm4_ctr(), NULL, HSM_PEER_KEY, counter) == 1 &&
                EVP_EncryptUpdate(cipher, out, &made, in, (int)bytes) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return good && (size_t)made == bytes;
}

static void tag_of(struct in request, const uint8_t *plain, size_t bytes, uint8_t tag[32]) {
    struct in iv = field(request, 4), aad = field(request, 5);
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    EVP_DigestInit_ex(hash, EVP_sm3(), NULL);
    EVP_DigestUpdate(hash, iv.bytes, iv.size);
    EVP_DigestUpdate(hash, aad.bytes, aad.size);
    EVP_DigestUpdate(hash, plain, bytes);
    EVP_DigestFinal_ex(hash, tag, NULL);
    EVP_MD_CTX_free(hash);
}

static uint32_t seal(bool sealing, struct in request, struct answer *answer) {
    struct in data = field(request, 6), told = field(request, 7);
    uint8_t out[DATA_MOST], tag[32];
    uint64_t number = varint(request, 2);
    if (number != 0 && find_held(number) == NULL) {
        return STALE;
    }
    if (data.size > sizeof out || !counter_mode(request, data.bytes, data.size, out)) {
        return BERTH_STATUS_INVALID_ARGUMENT;
    }
    tag_of(request, sealing ? data.bytes : out, data.size, tag);
    if (!sealing && (told.size > 16 || memcmp(told.bytes, tag, told.size) != 0)) {
        return BERTH_STATUS_INVALID_ARGUMENT;
    }
    protobuf_put_bytes(&answer->writer, 1, out, data.size);
    if (sealing) {
        protobuf_put_bytes(&answer->writer, 2, tag, varint(request, 8));
    }
    return done(answer);
}

/* SHA-256; it has no SHA-1. */
static uint32_t digest(struct in request, struct answer *answer) {
    struct in data = field(request, 3);
    uint8_t made[32];
    if (varint(field(request, 1), 1) != 0x250) {
        return BERTH_RESULT(BERTH_STATUS_UNIMPLEMENTED, BERTH_REASON_ALGORITHM_DISABLED);
    }
    EVP_Digest(data.bytes, data.size, made, NULL, EVP_sha256(), NULL);
    return done_with(answer, made, sizeof made);
}

/* Not what the library says of itself. */
static uint32_t token_info(struct answer *answer) {
    protobuf_put_bytes(&answer->writer, 1, "a card", 6);
    protobuf_put_varint(&answer->writer, 11, PLAYED_ASYMMETRIC);
    protobuf_put_varint(&answer->writer, 12, PLAYED_BITS);
    protobuf_put_varint(&answer->writer, 13, PLAYED_SYMMETRIC);
    protobuf_put_varint(&answer->writer, 14, PLAYED_HASHES);
    return done(answer);
}

/* ---- For tests only
 * ---------------------------------------------------------------------------------------- */

static uint32_t test_pair(struct in request, struct answer *answer) {
    uint8_t private_key[3 * 512 + 5 * 256] = {0}, modulus[PLAYED_RSA_BYTES], bytes[300];
    struct protobuf_writer inner = {.bytes = bytes, .capacity = sizeof bytes};
    uint64_t bits = varint(request, 1);
    if (bits == 0) {
        put_point(&answer->writer, 1, 0x41);
        memset(private_key, 0x42, 32);
        protobuf_put_bytes(&answer->writer, 3, private_key, 32);
        return done(answer);
    }
    if (bits > 2048) {
        return BERTH_STATUS_INVALID_ARGUMENT;
    }
    memset(modulus, 0xC5, sizeof modulus);
    protobuf_put_bytes(&inner, 1, modulus, bits / 8);
    protobuf_put_bytes(&inner, 2, "\1\0\1", 3);
    protobuf_put_bytes(&answer->writer, 2, bytes, inner.used);
    memcpy(private_key + 512 - bits / 8, modulus, bits / 8);
    memcpy(private_key + 1024 - 3, "\1\0\1", 3);
    memset(private_key + 3 * 512 + 4 * 256 + 255, 0x77, 1);
    protobuf_put_bytes(&answer->writer, 3, private_key, sizeof private_key);
    return done(answer);
}

static uint32_t test_private_key(struct in request, struct answer *answer) {
    struct in e = field(request, 2), ciphertext = field(request, 3), number = field(request, 4);
    uint8_t signature[64] = {0};
    if (e.size != 0) {
        memcpy(signature, e.bytes, 32);
        return done_with(answer, signature, sizeof signature);
    }
    return ciphertext.size > 96 ? done_with(answer, ciphertext.bytes + 96, ciphertext.size - 96)
                                : raise(number, number.size, answer);
}

/* The operation of a wrapped key that is its own wrapping; the answer has no chaining value. */
static uint32_t test_cipher(struct in request, struct answer *answer) {
    uint8_t message[DATA_MOST], key[32], made[DATA_MOST];
    struct protobuf_writer writer = {.bytes = message, .capacity = sizeof message};
    struct protobuf_writer wrapped = {.bytes = key, .capacity = sizeof key};
    struct in own = field(request, 1), iv = field(request, 3), data = field(request, 4);
    size_t made_bytes = 0;
    protobuf_put_bytes(&wrapped, 1, own.bytes, own.size);
    protobuf_put_bytes(&writer, 1, key, wrapped.used);
    protobuf_put_varint(&writer, 2, varint(request, 2));
    protobuf_put_bytes(&writer, 3, iv.bytes, iv.size);
    protobuf_put_bytes(&writer, 4, data.bytes, data.size);
    uint32_t status =
        hsm_peer_execute(varint(request, 5) != 0 ? BERTH_OP_SM4_DECRYPT : BERTH_OP_SM4_ENCRYPT,
                         message, writer.used, made, sizeof made, &made_bytes);
    struct in whole = {.bytes = made, .size = made_bytes};
    struct in result = status == BERTH_STATUS_OK ? field(whole, 1) : (struct in){0};
    return status == BERTH_STATUS_OK ? done_with(answer, result.bytes, result.size) : status;
}

static uint32_t test_import(struct in request, struct answer *answer) {
    struct in key = field(request, 1);
    if (key.size == 0 || key.size > KEY_MOST) {
        return BERTH_STATUS_INVALID_ARGUMENT;
    }
    protobuf_put_varint(&answer->writer, 1, hold_key(key.bytes, key.size));
    return done(answer);
}

static uint32_t test_hmac(struct in request, struct answer *answer) {
    struct in key = field(request, 1), data = field(request, 2);
    uint8_t mac[32];
    unsigned bytes = 0;
    if (HMAC(EVP_sm3(), key.bytes, (int)key.size, data.bytes, data.size, mac, &bytes) == NULL) {
        abort();
    }
    return done_with(answer, mac, bytes);
}

uint32_t played_card_execute(uint32_t operation, const uint8_t *request_bytes, size_t bytes,
                             uint8_t *reply, size_t limit, size_t *reply_bytes) {
    struct in request = {.bytes = request_bytes, .size = bytes};
    struct answer answer = {.writer = {.bytes = reply, .capacity = limit}, .bytes = reply_bytes};
    switch (operation) {
    case BERTH_OP_SM4_ENCRYPT:
    case BERTH_OP_SM4_DECRYPT:
        return named_otherwise(operation, 5, request, &answer);
    case BERTH_OP_SM4_MAC:
    case BERTH_OP_HMAC_SM3:
        return named_otherwise(operation, 4, request, &answer);
    case BERTH_OP_GENERATE_KEY_FOR:
        return generate_for(request, &answer);
    case BERTH_OP_EXCHANGE_ENVELOPE:
        return exchange_envelope(request, &answer);
    case BERTH_OP_BEGIN_AGREEMENT:
        return begin_agreement(&answer);
    case BERTH_OP_FINISH_AGREEMENT:
        return finish_agreement(request, &answer);
    case BERTH_OP_RESPOND_TO_AGREEMENT:
        return respond(&answer);
    case BERTH_OP_RELEASE_OBJECT:
        return release(request, &answer);
    case BERTH_OP_EXPORT_RSA_PUBLIC_KEY:
        return export_rsa(request, &answer);
    case BERTH_OP_RSA_RAW_SIGN:
    case BERTH_OP_RSA_RAW_DECRYPT:
    case BERTH_OP_RSA_ENCRYPT:
        return rsa(request, &answer);
    case BERTH_OP_SM4_SEAL:
    case BERTH_OP_SM4_OPEN:
        return seal(operation == BERTH_OP_SM4_SEAL, request, &answer);
    case BERTH_OP_DIGEST:
        return digest(request, &answer);
    case BERTH_OP_TOKEN_INFO:
        return token_info(&answer);
    case BERTH_OP_TEST_GENERATE_PAIR:
        return test_pair(request, &answer);
    case BERTH_OP_TEST_PRIVATE_KEY:
        return test_private_key(request, &answer);
    case BERTH_OP_TEST_CIPHER:
        return test_cipher(request, &answer);
    case BERTH_OP_TEST_IMPORT_KEY:
        return test_import(request, &answer);
    case BERTH_OP_TEST_HMAC:
        return test_hmac(request, &answer);
    case BERTH_OP_GENERATE_KEY:
        if (varint(request, 1) == 8 * KEY_MOST) {
            return generate_long(&answer);
        }
        return hsm_peer_execute(operation, request_bytes, bytes, reply, limit, reply_bytes);
    default:
        return hsm_peer_execute(operation, request_bytes, bytes, reply, limit, reply_bytes);
    }
}
