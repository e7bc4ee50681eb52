/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm_peer.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <berth/berth_hsm.h>

#include "protobuf.h"

/* GB/T 32907, A.1 */
const uint8_t HSM_PEER_KEY[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
                                  0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};

struct in {
    const uint8_t *bytes;
    size_t size;
};

static struct in in_field(const uint8_t *message, size_t size, uint32_t number) {
    struct in field;
    if (!protobuf_find_bytes(message, size, number, &field.bytes, &field.size)) {
        abort();
    }
    return field;
}

static uint32_t out_bytes(uint8_t *reply, size_t limit, size_t *reply_bytes, const void *data,
                          size_t bytes) {
    struct protobuf_writer writer = {.bytes = reply, .capacity = limit};
    protobuf_put_bytes(&writer, 1, data, bytes);
    *reply_bytes = writer.used;
    return writer.overflow ? BERTH_STATUS_OUT_OF_RANGE : BERTH_STATUS_OK;
}

static const EVP_CIPHER *cipher_of(uint64_t mode) {
    switch (mode) {
    case BERTH_SM4_ECB:
        return EVP_sm4_ecb();
    case BERTH_SM4_CBC:
        return EVP_sm4_cbc();
    case BERTH_SM4_CFB:
        return EVP_sm4_cfb128();
    case BERTH_SM4_OFB:
        return EVP_sm4_ofb();
    case BERTH_SM4_CTR:
        return EVP_sm4_ctr();
    default:
        return NULL;
    }
}

static bool run(uint64_t mode, bool encrypt, const uint8_t *key, const uint8_t *iv,
                const uint8_t *in, size_t bytes, uint8_t *out) {
    int done = 0;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    EVP_CipherInit_ex(cipher, cipher_of(mode), NULL, key, iv, encrypt);
    EVP_CIPHER_CTX_set_padding(cipher, 0);
    bool good = EVP_CipherUpdate(cipher, out, &done, in, (int)bytes) == 1 && (size_t)done == bytes;
    EVP_CIPHER_CTX_free(cipher);
    return good;
}

/* With which a following part continues, after whole blocks. */
static void continue_iv(uint64_t mode, bool encrypt, const uint8_t *in, const uint8_t *out,
                        size_t bytes, uint8_t iv[16]) {
    const uint8_t *last_in = in + bytes - 16, *last_out = out + bytes - 16;
    if (mode == BERTH_SM4_CTR) {
        for (size_t block = 0; block < bytes / 16; block++) {
            for (int i = 15; i >= 0 && ++iv[i] == 0; i--) {
            }
        }
    } else if (mode == BERTH_SM4_OFB) {
        for (int i = 0; i < 16; i++) {
            iv[i] = last_in[i] ^ last_out[i];
        }
    } else {
        memcpy(iv, encrypt ? last_out : last_in, 16);
    }
}

static uint32_t execute_sm4(bool encrypt, const uint8_t *request, size_t bytes, uint8_t *reply,
                            size_t limit, size_t *reply_bytes) {
    struct in wrapped = in_field(request, bytes, 1);
    struct in key = in_field(wrapped.bytes, wrapped.size, 1);
    struct in iv = in_field(request, bytes, 3);
    struct in data = in_field(request, bytes, 4);
    uint8_t result[4096 + 16], next_iv[16] = {0};
    uint64_t mode;
    protobuf_find_varint(request, bytes, 2, &mode);
    if (key.size < 16 || data.size > 4096 || cipher_of(mode) == NULL ||
        iv.size != (mode == BERTH_SM4_ECB ? 0 : 16)) {
        return BERTH_STATUS_INVALID_ARGUMENT;
    }
    if (iv.size == 16) {
        memcpy(next_iv, iv.bytes, 16);
    }
    /* What SM2 wraps has the key in its last bytes here. */
    if (!run(mode, encrypt, key.bytes + key.size - 16, iv.bytes, data.bytes, data.size, result)) {
        return BERTH_STATUS_INTERNAL;
    }
    /* Data in a block is not seen here: none, then, with which nothing changes. */
    bool continues = iv.size == 16 && data.size % 16 == 0;
    if (continues && data.size != 0) {
        continue_iv(mode, encrypt, data.bytes, result, data.size, next_iv);
    }
    struct protobuf_writer writer = {.bytes = reply, .capacity = limit};
    protobuf_put_bytes(&writer, 1, result, data.size);
    protobuf_put_bytes(&writer, 2, next_iv, continues ? 16 : 0);
    *reply_bytes = writer.used;
    return BERTH_STATUS_OK;
}

static uint32_t execute_mac(bool keyed_hash, const uint8_t *request, size_t bytes, uint8_t *reply,
                            size_t limit, size_t *reply_bytes) {
    struct in wrapped = in_field(request, bytes, 1);
    struct in key = in_field(wrapped.bytes, wrapped.size, 1);
    struct in iv = in_field(request, bytes, 2);
    struct in data = in_field(request, bytes, 3);
    uint8_t mac[4096], zeros[16] = {0};
    unsigned mac_bytes = 16;
    if (keyed_hash) {
        HMAC(EVP_sm3(), key.bytes, (int)key.size, data.bytes, data.size, mac, &mac_bytes);
        return out_bytes(reply, limit, reply_bytes, mac, mac_bytes);
    }
    if (key.size < 16 || data.size == 0 || data.size > sizeof mac || data.size % 16 != 0 ||
        !run(BERTH_SM4_CBC, true, key.bytes + key.size - 16, iv.size == 16 ? iv.bytes : zeros,
             data.bytes, data.size, mac)) {
        return BERTH_STATUS_INVALID_ARGUMENT;
    }
    return out_bytes(reply, limit, reply_bytes, mac + data.size - 16, 16);
}

/* x || y || SM3 of the plaintext || its inversion. */
static uint32_t execute_sm2(bool encrypt, const uint8_t *request, size_t bytes, uint8_t *reply,
                            size_t limit, size_t *reply_bytes) {
    struct in data = in_field(request, bytes, 1);
    size_t head = encrypt ? 0 : 96;
    uint8_t out[4096], hash[32];
    if (data.size <= head || data.size + 96 > sizeof out) {
        return BERTH_STATUS_INVALID_ARGUMENT;
    }
    size_t plain = data.size - head;
    uint8_t *to = encrypt ? out + 96 : out;
    for (size_t i = 0; i < plain; i++) {
        to[i] = data.bytes[head + i] ^ 0xff;
    }
    EVP_Digest(encrypt ? data.bytes : out, plain, hash, NULL, EVP_sm3(), NULL);
    if (encrypt) {
        memset(out, 1, 32);
        memset(out + 32, 2, 32);
        memcpy(out + 64, hash, 32);
    } else if (memcmp(hash, data.bytes + 64, 32) != 0) {
        return BERTH_STATUS_INVALID_ARGUMENT;
    }
    return out_bytes(reply, limit, reply_bytes, out, encrypt ? 96 + plain : plain);
}

uint32_t hsm_peer_execute(uint32_t operation, const uint8_t *request, size_t bytes, uint8_t *reply,
                          size_t limit, size_t *reply_bytes) {
    uint8_t digest[32], random[4096];
    uint64_t number;
    struct in data, signature;
    struct protobuf_writer writer = {.bytes = reply, .capacity = limit};
    switch (operation) {
    case BERTH_OP_SM3_DIGEST:
        data = in_field(request, bytes, 1);
        EVP_Digest(data.bytes, data.size, digest, NULL, EVP_sm3(), NULL);
        return out_bytes(reply, limit, reply_bytes, digest, 32);
    case BERTH_OP_SM4_ENCRYPT:
    case BERTH_OP_SM4_DECRYPT:
        return execute_sm4(operation == BERTH_OP_SM4_ENCRYPT, request, bytes, reply, limit,
                           reply_bytes);
    case BERTH_OP_HMAC_SM3:
    case BERTH_OP_SM4_MAC:
        return execute_mac(operation == BERTH_OP_HMAC_SM3, request, bytes, reply, limit,
                           reply_bytes);
    case BERTH_OP_RANDOM:
        protobuf_find_varint(request, bytes, 1, &number);
        RAND_bytes(random, (int)number);
        return out_bytes(reply, limit, reply_bytes, random, number);
    case BERTH_OP_GENERATE_KEY:
        protobuf_find_varint(request, bytes, 1, &number);
        return number != 128
                   ? BERTH_STATUS_INVALID_ARGUMENT
                   : out_bytes(reply, limit, reply_bytes, HSM_PEER_KEY, sizeof HSM_PEER_KEY);
    case BERTH_OP_SM2_SIGN: /* r = the digest, s = its inversion: a signature only this peer accepts
                             */
        data = in_field(request, bytes, 1);
        if (data.size == 0) {
            data = in_field(request, bytes, 2);
            EVP_Digest(data.bytes, data.size, digest, NULL, EVP_sm3(), NULL);
        } else {
            memcpy(digest, data.bytes, 32);
        }
        protobuf_put_bytes(&writer, 1, digest, 32);
        for (int i = 0; i < 32; i++) {
            digest[i] ^= 0xff;
        }
        protobuf_put_bytes(&writer, 2, digest, 32);
        *reply_bytes = writer.used;
        return BERTH_STATUS_OK;
    case BERTH_OP_SM2_VERIFY:
        data = in_field(request, bytes, 1);
        signature = in_field(request, bytes, 4);
        signature = in_field(signature.bytes, signature.size, 1);
        protobuf_put_varint(&writer, 1,
                            data.size == 32 && signature.size == 32 &&
                                memcmp(data.bytes, signature.bytes, 32) == 0);
        *reply_bytes = writer.used;
        return BERTH_STATUS_OK;
    case BERTH_OP_SM2_ENCRYPT:
    case BERTH_OP_SM2_DECRYPT:
        return execute_sm2(operation == BERTH_OP_SM2_ENCRYPT, request, bytes, reply, limit,
                           reply_bytes);
    case BERTH_OP_EXPORT_PUBLIC_KEY:
        protobuf_find_varint(request, bytes, 1, &number);
        memset(digest, 1 + (int)number, 32);
        protobuf_put_bytes(&writer, 1, digest, 32);
        protobuf_put_bytes(&writer, 2, digest, number == 1 ? 31 : 32); /* ill-sized for ENCRYPT */
        *reply_bytes = writer.used;
        return BERTH_STATUS_OK;
    default:
        return BERTH_STATUS_UNIMPLEMENTED;
    }
}
