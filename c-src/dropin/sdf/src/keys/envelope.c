/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018-2012 6.3: a session key under a pair of the card's comes out under another's key. */
#include <string.h>

#include "hsm_exchange.h"
#include "keys/wrap.h"
#include "layout.h"
#include "rsa/rsa.h"

enum { OVERHEAD = BERTH_SM2_CIPHERTEXT_OVERHEAD_BYTES };

/* *out_bytes: room on entry. SDR_ENCDATAERR: no envelope for this key. */
static int exchange_envelope(const struct call *call, berth_resource *resource,
                             const berth_sm2_public_key *sm2_key,
                             const struct rsa_public_key *rsa_key, const uint8_t *in,
                             size_t in_bytes, uint8_t *out, size_t *out_bytes, const char *what) {
    struct exchange exchange;
    exchange_begin(&exchange, MESSAGE_BYTES);
    protobuf_put_bytes(&exchange.writer, 1, in, in_bytes);
    exchange_put_public_key(&exchange.writer, 2, sm2_key);
    if (rsa_key != NULL) {
        rsa_write_public_key(&exchange.writer, 3, rsa_key);
    }
    berth_result result =
        exchange_call(&exchange, resource, BERTH_OP_EXCHANGE_ENVELOPE, call->timeout_ms);
    if (result == BERTH_OK) {
        result = exchange_data(&exchange, out, out_bytes);
    }
    exchange_end(&exchange);
    return code_of(result, what);
}

static int turn_rsa(const struct call *call, uint32_t index, const RSArefPublicKey *to,
                    const uint8_t *in, size_t in_bytes, uint8_t *out, unsigned *out_bytes) {
    struct rsa_public_key key;
    berth_resource *resource;
    uint8_t made[RSAref_MAX_LEN];
    size_t made_bytes = sizeof made;
    if (!rsa_get_public_key(to, &key)) {
        return SDR_KEYERR;
    }
    int status = call_key(call, KEY_RSA, index, MAY(UNWRAP), &resource);
    if (status != SDR_OK) {
        return status;
    }
    if (in_bytes == 0 || in_bytes > RSAref_MAX_LEN) {
        return SDR_INARGERR;
    }
    status = exchange_envelope(call, resource, NULL, &key, in, in_bytes, made, &made_bytes,
                               "SDF_ExchangeDigitEnvelopeBaseOnRSA");
    if (status == SDR_ENCDATAERR) {
        return rsa_why_refused(call, resource, BERTH_KEY_ENCRYPT, in_bytes, SDR_ENCDATAERR);
    }
    /* The caller has room for its key's modulus and no other length. */
    if (status == SDR_OK && made_bytes != key.modulus_bytes) {
        status = SDR_UNKNOWERR;
    }
    if (status == SDR_OK) {
        memcpy(out, made, made_bytes);
        *out_bytes = (unsigned)made_bytes;
    }
    return status;
}

BERTH_SDF_API int SDF_ExchangeDigitEnvelopeBaseOnRSA(void *hSessionHandle, unsigned int uiKeyIndex,
                                                     RSArefPublicKey *pucPublicKey,
                                                     unsigned char *pucDEInput,
                                                     unsigned int uiDELength,
                                                     unsigned char *pucDEOutput,
                                                     unsigned int *puiDELength) {
    struct call call;
    if (pucPublicKey == NULL || pucDEInput == NULL) {
        return SDR_INARGERR;
    }
    if (pucDEOutput == NULL || puiDELength == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    return call_end(&call, turn_rsa(&call, uiKeyIndex, pucPublicKey, pucDEInput, uiDELength,
                                    pucDEOutput, puiDELength));
}

static int turn_sm2(const struct call *call, uint32_t index, uint32_t algorithm,
                    const ECCrefPublicKey *to, const ECCCipher *from, ECCCipher *out) {
    berth_sm2_public_key key;
    berth_resource *resource;
    uint8_t in[OVERHEAD + HMAC_KEY_BYTES], made[OVERHEAD + HMAC_KEY_BYTES];
    size_t made_bytes = sizeof made;
    unsigned untrusted_length = from->L;
    if (algorithm != SGD_SM2_3) {
        return SDR_ALGNOTSUPPORT;
    }
    if (!get_public_key(to, &key) || !key_length_fits(untrusted_length)) {
        return SDR_INARGERR;
    }
    int status = call_key(call, KEY_SM2, index, MAY(UNWRAP), &resource);
    if (status != SDR_OK) {
        return status;
    }
    if (!get_ciphertext(from, untrusted_length, in)) {
        return SDR_ENCDATAERR;
    }
    status = exchange_envelope(call, resource, &key, NULL, in, OVERHEAD + untrusted_length, made,
                               &made_bytes, "SDF_ExchangeDigitEnvelopeBaseOnECC");
    if (status == SDR_OK && made_bytes != OVERHEAD + untrusted_length) {
        status = SDR_UNKNOWERR;
    }
    if (status == SDR_OK) {
        put_ciphertext(out, made, made_bytes);
    }
    return status;
}

BERTH_SDF_API int SDF_ExchangeDigitEnvelopeBaseOnECC(void *hSessionHandle, unsigned int uiKeyIndex,
                                                     unsigned int uiAlgID,
                                                     ECCrefPublicKey *pucPublicKey,
                                                     ECCCipher *pucEncDataIn,
                                                     ECCCipher *pucEncDataOut) {
    struct call call;
    if (pucPublicKey == NULL || pucEncDataIn == NULL || pucEncDataOut == NULL) {
        return pucEncDataOut == NULL ? SDR_OUTARGERR : SDR_INARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    return call_end(
        &call, turn_sm2(&call, uiKeyIndex, uiAlgID, pucPublicKey, pucEncDataIn, pucEncDataOut));
}
