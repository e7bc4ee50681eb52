/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GM/T 0018 6.3: session keys for another party, whose public key the program has. Only that party
 * could unwrap them again, so the worker holds them.
 */
#include <string.h>

#include "hsm_exchange.h"
#include "keys/wrap.h"
#include "layout.h"
#include "rsa/rsa.h"

enum { ENVELOPE_BYTES_MOST = 512 };

struct envelope {
    uint8_t bytes[ENVELOPE_BYTES_MOST];
    size_t size;
};

/* A name that may make a key, and if there is one also use it: the key is used through no other. */
static int find_maker(const struct call *call, char under[NAME_BYTES]) {
    static const uint32_t wanted[] = {
        MAY(WRAP) | MAY(ENCRYPT) | MAY(DECRYPT) | MAY(MAC), MAY(WRAP) | MAY(ENCRYPT) | MAY(DECRYPT),
        MAY(WRAP) | MAY(ENCRYPT), MAY(WRAP) | MAY(DECRYPT), MAY(WRAP)};
    int status = SDR_PARDENY;
    for (size_t i = 0; status == SDR_PARDENY && i < sizeof wanted / sizeof wanted[0]; i++) {
        status = catalogue_any(call->link, wanted[i], under);
    }
    return status;
}

static int read_reply(const struct exchange *exchange, uint64_t *number,
                      struct envelope *envelope) {
    const uint8_t *bytes;
    if (!protobuf_find_varint(exchange->reply, exchange->result.bytes, 1, number) ||
        !protobuf_find_bytes(exchange->reply, exchange->result.bytes, 2, &bytes, &envelope->size) ||
        *number == 0 || envelope->size == 0 || envelope->size > sizeof envelope->bytes) {
        return SDR_UNKNOWERR;
    }
    memcpy(envelope->bytes, bytes, envelope->size);
    return SDR_OK;
}

/* For one of the keys; the caller has room for `envelope_bytes` and no other length. */
static int generate(const struct call *call, uint32_t bits, const berth_sm2_public_key *sm2_key,
                    const struct rsa_public_key *rsa_key, size_t envelope_bytes,
                    struct envelope *envelope, void **handle, const char *what) {
    struct exchange exchange;
    char under[NAME_BYTES];
    berth_resource *resource;
    uint64_t number = 0;
    int status = find_maker(call, under);
    if (status == SDR_OK) {
        status = code_of(link_resource(call->link, under, &resource), under);
    }
    if (status != SDR_OK) {
        return status;
    }
    exchange_begin(&exchange, MESSAGE_BYTES);
    protobuf_put_varint(&exchange.writer, 1, bits);
    exchange_put_public_key(&exchange.writer, 2, sm2_key);
    if (rsa_key != NULL) {
        rsa_write_public_key(&exchange.writer, 3, rsa_key);
    }
    status = code_of(
        exchange_call(&exchange, resource, BERTH_OP_GENERATE_KEY_FOR, call->timeout_ms), what);
    if (status == SDR_OK) {
        status = read_reply(&exchange, &number, envelope);
    }
    exchange_end(&exchange);
    if (status == SDR_OK && envelope->size != envelope_bytes) {
        struct held useless = held_new(number);
        held_release(call->session, under, &useless);
        status = SDR_UNKNOWERR;
    }
    return status == SDR_OK ? session_key_hold(call, under, bits / 8, number, handle) : status;
}

BERTH_SDF_API int SDF_GenerateKeyWithEPK_RSA(void *hSessionHandle, unsigned int uiKeyBits,
                                             RSArefPublicKey *pucPublicKey, unsigned char *pucKey,
                                             unsigned int *puiKeyLength, void **phKeyHandle) {
    struct call call;
    struct rsa_public_key key;
    struct envelope envelope;
    if (pucPublicKey == NULL) {
        return SDR_INARGERR;
    }
    if (pucKey == NULL || puiKeyLength == NULL || phKeyHandle == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    status = rsa_get_public_key(pucPublicKey, &key) ? generated_bits(uiKeyBits) : SDR_KEYERR;
    if (status == SDR_OK) {
        status = generate(&call, uiKeyBits, NULL, &key, key.modulus_bytes, &envelope, phKeyHandle,
                          "SDF_GenerateKeyWithEPK_RSA");
    }
    if (status == SDR_OK) {
        memcpy(pucKey, envelope.bytes, envelope.size);
        *puiKeyLength = (unsigned)envelope.size;
    }
    return call_end(&call, status);
}

BERTH_SDF_API int SDF_GenerateKeyWithEPK_ECC(void *hSessionHandle, unsigned int uiKeyBits,
                                             unsigned int uiAlgID, ECCrefPublicKey *pucPublicKey,
                                             ECCCipher *pucKey, void **phKeyHandle) {
    struct call call;
    berth_sm2_public_key key;
    struct envelope envelope;
    if (pucPublicKey == NULL || pucKey == NULL || phKeyHandle == NULL) {
        return pucPublicKey == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    if (uiAlgID != SGD_SM2_3) {
        status = SDR_ALGNOTSUPPORT;
    } else {
        status = get_public_key(pucPublicKey, &key) ? generated_bits(uiKeyBits) : SDR_INARGERR;
    }
    if (status == SDR_OK) {
        status = generate(&call, uiKeyBits, &key, NULL,
                          BERTH_SM2_CIPHERTEXT_OVERHEAD_BYTES + uiKeyBits / 8, &envelope,
                          phKeyHandle, "SDF_GenerateKeyWithEPK_ECC");
    }
    if (status == SDR_OK) {
        put_ciphertext(pucKey, envelope.bytes, envelope.size);
    }
    return call_end(&call, status);
}
