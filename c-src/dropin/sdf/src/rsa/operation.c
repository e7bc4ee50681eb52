/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GM/T 0018 6.4: RSA on bare numbers, as long as the modulus; PKCS #1, PSS and OAEP are the
 * program's. What is raised to the private power is signed and decrypted at once, so the policy
 * must grant just that (`raw`). On a card with two pairs it is the signing one, unless the policy
 * lets this user decrypt and not sign. The public key's operation is asked for as an encryption.
 */
#include "rsa/rsa.h"

#include <string.h>

#include "hsm_exchange.h"

enum { NUMBER_BYTES_MOST = 512, CKM_RSA_X_509 = 3 };
#define DECRYPT_OR_SIGN (MAY(DECRYPT) | MAY(SIGN))

/*
 * `another` NULL: the resource's own key. The number that comes back is as long as the modulus; a
 * request with a shorter one was none of this interface.
 */
static berth_result raise(const struct call *call, berth_resource *resource, uint32_t operation,
                          const struct rsa_public_key *another, const uint8_t *in, size_t bytes,
                          uint8_t *out, bool *fits) {
    struct exchange exchange;
    uint8_t mechanism[4];
    struct protobuf_writer inner = {.bytes = mechanism, .capacity = sizeof mechanism};
    exchange_begin(&exchange, MESSAGE_BYTES);
    protobuf_put_varint(&inner, 1, CKM_RSA_X_509);
    protobuf_put_bytes(&exchange.writer, 1, mechanism, inner.used);
    protobuf_put_bytes(&exchange.writer, 3, in, bytes);
    if (another != NULL) {
        rsa_write_public_key(&exchange.writer, 4, another);
    }
    berth_result result = exchange_call(&exchange, resource, operation, call->timeout_ms);
    *fits = result == BERTH_OK && exchange_field(&exchange, 1, out, bytes);
    exchange_end(&exchange);
    return result;
}

/* Bytes, MechanismReply: `data` is field 1 of both. */
static int operate(const struct call *call, berth_resource *resource, uint32_t operation,
                   const struct rsa_public_key *another, const uint8_t *in, size_t bytes,
                   uint8_t *out, int too_large, const char *what) {
    bool fits = false;
    berth_result result = raise(call, resource, operation, another, in, bytes, out, &fits);
    if (result == BERTH_OK) {
        return fits ? SDR_OK : SDR_INARGERR;
    }
    int status = code_of(result, what);
    if (!refused_by_worker(result)) {
        return status;
    }
    return another != NULL ? too_large
                           : rsa_why_refused(call, resource, BERTH_KEY_SIGN, bytes, too_large);
}

static bool length_fits(size_t bytes) {
    return bytes != 0 && bytes <= NUMBER_BYTES_MOST;
}

BERTH_SDF_API int
SDF_ExternalPublicKeyOperation_RSA(void *hSessionHandle, RSArefPublicKey *pucPublicKey,
                                   unsigned char *pucDataInput, unsigned int uiInputLength,
                                   unsigned char *pucDataOutput, unsigned int *puiOutputLength) {
    struct call call;
    struct rsa_public_key key;
    berth_resource *resource;
    if (pucPublicKey == NULL || pucDataInput == NULL) {
        return SDR_INARGERR;
    }
    if (pucDataOutput == NULL || puiOutputLength == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    if (!rsa_get_public_key(pucPublicKey, &key)) {
        status = SDR_KEYERR;
    } else if (uiInputLength != key.modulus_bytes) {
        status = SDR_INARGERR;
    } else {
        status = call_any(&call, MAY(ENCRYPT), &resource);
    }
    if (status == SDR_OK) {
        status = operate(&call, resource, BERTH_OP_RSA_ENCRYPT, &key, pucDataInput, uiInputLength,
                         pucDataOutput, SDR_PKOPERR, "SDF_ExternalPublicKeyOperation_RSA");
    }
    if (status == SDR_OK) {
        *puiOutputLength = uiInputLength;
    }
    return call_end(&call, status);
}

static int internal(void *session, uint32_t index, uint32_t wanted, const uint8_t *in,
                    unsigned bytes, uint8_t *out, unsigned *out_bytes, const char *what) {
    struct call call;
    char name[NAME_BYTES];
    berth_resource *resource = NULL;
    uint32_t permissions = 0;
    bool private_key = wanted != MAY(ENCRYPT);
    if (in == NULL || out == NULL || out_bytes == NULL) {
        return in == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    }
    int status = call_begin(&call, session);
    if (status != SDR_OK) {
        return status;
    }
    status = catalogue_find(call.link, KEY_RSA, index, wanted, name);
    if (status == SDR_OK) {
        status = code_of(link_resource(call.link, name, &resource), name);
    }
    if (status == SDR_OK) {
        status = code_of(link_permissions(call.link, name, &permissions), name);
    }
    if (status == SDR_OK && !length_fits(bytes)) {
        status = SDR_INARGERR;
    }
    if (status == SDR_OK) {
        uint32_t operation = !private_key ? BERTH_OP_RSA_ENCRYPT
                             : (permissions & DECRYPT_OR_SIGN) == MAY(DECRYPT)
                                 ? BERTH_OP_RSA_RAW_DECRYPT
                                 : BERTH_OP_RSA_RAW_SIGN;
        status = operate(&call, resource, operation, NULL, in, bytes, out,
                         private_key ? SDR_SKOPERR : SDR_PKOPERR, what);
    }
    if (status == SDR_OK) {
        *out_bytes = bytes;
    }
    return call_end(&call, status);
}

BERTH_SDF_API int SDF_InternalPublicKeyOperation_RSA(void *hSessionHandle, unsigned int uiKeyIndex,
                                                     unsigned char *pucDataInput,
                                                     unsigned int uiInputLength,
                                                     unsigned char *pucDataOutput,
                                                     unsigned int *puiOutputLength) {
    return internal(hSessionHandle, uiKeyIndex, MAY(ENCRYPT), pucDataInput, uiInputLength,
                    pucDataOutput, puiOutputLength, "SDF_InternalPublicKeyOperation_RSA");
}

BERTH_SDF_API int SDF_InternalPrivateKeyOperation_RSA(void *hSessionHandle, unsigned int uiKeyIndex,
                                                      unsigned char *pucDataInput,
                                                      unsigned int uiInputLength,
                                                      unsigned char *pucDataOutput,
                                                      unsigned int *puiOutputLength) {
    return internal(hSessionHandle, uiKeyIndex, MAY(RAW), pucDataInput, uiInputLength,
                    pucDataOutput, puiOutputLength, "SDF_InternalPrivateKeyOperation_RSA");
}
