/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "hsm_exchange.h"
#include "layout.h"
#include "rsa/rsa.h"
#include "test_only/test_only.h"

int test_device(const struct call *call, berth_resource **resource) {
    const char *name = link_device(call->link);
    return code_of(link_resource(call->link, name, resource), name);
}

static bool is_sm2(uint32_t algorithm) {
    return algorithm == SGD_SM2 || algorithm == SGD_SM2_1 || algorithm == SGD_SM2_2 ||
           algorithm == SGD_SM2_3;
}

/* rsa_bits 0: of SM2. */
static int generate(const struct call *call, struct exchange *exchange, uint32_t rsa_bits,
                    const char *what) {
    berth_resource *resource;
    int status = test_device(call, &resource);
    if (status == SDR_OK) {
        protobuf_put_varint(&exchange->writer, 1, rsa_bits);
        status = code_of(
            exchange_call(exchange, resource, BERTH_OP_TEST_GENERATE_PAIR, call->timeout_ms), what);
    }
    return status;
}

static bool find(const struct exchange *exchange, uint32_t field, const uint8_t **bytes,
                 size_t *size) {
    return protobuf_find_bytes(exchange->reply, exchange->result.bytes, field, bytes, size);
}

static int take_sm2(const struct exchange *exchange, ECCrefPublicKey *public_key,
                    ECCrefPrivateKey *private_key) {
    const uint8_t *key, *x, *y, *number;
    size_t key_bytes, x_bytes, y_bytes, number_bytes;
    if (!find(exchange, 1, &key, &key_bytes) || !find(exchange, 3, &number, &number_bytes) ||
        !protobuf_find_bytes(key, key_bytes, 1, &x, &x_bytes) ||
        !protobuf_find_bytes(key, key_bytes, 2, &y, &y_bytes) ||
        x_bytes != BERTH_SM2_COORDINATE_BYTES || y_bytes != BERTH_SM2_COORDINATE_BYTES ||
        number_bytes != BERTH_SM2_COORDINATE_BYTES) {
        return SDR_UNKNOWERR;
    }
    public_key->bits = private_key->bits = 8 * BERTH_SM2_COORDINATE_BYTES;
    put_number(public_key->x, x);
    put_number(public_key->y, y);
    put_number(private_key->K, number);
    return SDR_OK;
}

BERTH_SDF_API int SDF_GenerateKeyPair_ECC(void *hSessionHandle, unsigned int uiAlgID,
                                          unsigned int uiKeyBits, ECCrefPublicKey *pucPublicKey,
                                          ECCrefPrivateKey *pucPrivateKey) {
    struct call call;
    struct exchange exchange;
    if (pucPublicKey == NULL || pucPrivateKey == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    exchange_begin(&exchange, MESSAGE_BYTES);
    if (!is_sm2(uiAlgID)) {
        status = SDR_ALGNOTSUPPORT;
    } else if (uiKeyBits != 8 * BERTH_SM2_COORDINATE_BYTES) {
        status = SDR_INARGERR;
    } else {
        status = generate(&call, &exchange, 0, "SDF_GenerateKeyPair_ECC");
    }
    if (status == SDR_OK) {
        status = take_sm2(&exchange, pucPublicKey, pucPrivateKey);
    }
    exchange_end(&exchange);
    return call_end(&call, status);
}

/* From a wider field. False: the number does not fit. */
static bool narrow(uint8_t *to, size_t to_bytes, const uint8_t **from, size_t from_bytes) {
    bool fits = true;
    for (size_t i = 0; i < from_bytes - to_bytes; i++) {
        fits = fits && (*from)[i] == 0;
    }
    memcpy(to, *from + from_bytes - to_bytes, to_bytes);
    *from += from_bytes;
    return fits;
}

static int take_rsa(const struct exchange *exchange, RSArefPublicKey *public_key,
                    RSArefPrivateKey *private_key) {
    struct rsa_public_key key;
    const uint8_t *from;
    size_t bytes;
    if (!find(exchange, 2, &from, &bytes)) {
        return SDR_UNKNOWERR;
    }
    int status = rsa_read_public_key(from, bytes, &key);
    if (status != SDR_OK || !find(exchange, 3, &from, &bytes) || bytes != TEST_RSA_KEY_BYTES) {
        return status == SDR_OK ? SDR_UNKNOWERR : status;
    }
    rsa_put_public_key(public_key, &key);
    private_key->bits = public_key->bits;
    bool fits = narrow(private_key->m, RSAref_MAX_LEN, &from, TEST_RSA_NUMBER_BYTES) &&
                narrow(private_key->e, RSAref_MAX_LEN, &from, TEST_RSA_NUMBER_BYTES) &&
                narrow(private_key->d, RSAref_MAX_LEN, &from, TEST_RSA_NUMBER_BYTES);
    for (int i = 0; fits && i < 2; i++) {
        fits = narrow(private_key->prime[i], RSAref_MAX_PLEN, &from, TEST_RSA_PRIME_BYTES);
    }
    for (int i = 0; fits && i < 2; i++) {
        fits = narrow(private_key->pexp[i], RSAref_MAX_PLEN, &from, TEST_RSA_PRIME_BYTES);
    }
    fits = fits && narrow(private_key->coef, RSAref_MAX_PLEN, &from, TEST_RSA_PRIME_BYTES);
    return fits ? SDR_OK : SDR_KEYTYPEERR;
}

BERTH_SDF_API int SDF_GenerateKeyPair_RSA(void *hSessionHandle, unsigned int uiKeyBits,
                                          RSArefPublicKey *pucPublicKey,
                                          RSArefPrivateKey *pucPrivateKey) {
    struct call call;
    struct exchange exchange;
    if (pucPublicKey == NULL || pucPrivateKey == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    exchange_begin(&exchange, MESSAGE_BYTES);
    status = uiKeyBits == 0 || uiKeyBits > RSAref_MAX_BITS
                 ? SDR_INARGERR
                 : generate(&call, &exchange, uiKeyBits, "SDF_GenerateKeyPair_RSA");
    if (status == SDR_OK) {
        status = take_rsa(&exchange, pucPublicKey, pucPrivateKey);
    }
    exchange_end(&exchange);
    return call_end(&call, status);
}
