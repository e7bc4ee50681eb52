/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GM/T 0018 6.6: SM3, plain or beginning with SM2's Z, SHA-1 and SHA-256. The card computes it: the
 * data is kept here and sent as one request at the end, which a worker's restart does not disturb.
 * What does not fit is refused, not computed here: SDR_NOBUFFER, and the hash is over.
 */
#include <string.h>

#include "hsm_exchange.h"
#include "layout.h"
#include "session/call.h"

enum { CKM_SHA_1 = 0x220, CKM_SHA256 = 0x250, SHA1_BYTES = 20, SHA256_BYTES = 32 };
_Static_assert((int)SHA256_BYTES == BERTH_SM3_BYTES, "no hash is longer");

static size_t digest_bytes(uint32_t algorithm) {
    return algorithm == SGD_SM3      ? BERTH_SM3_BYTES
           : algorithm == SGD_SHA1   ? SHA1_BYTES
           : algorithm == SGD_SHA256 ? SHA256_BYTES
                                     : 0;
}

/* As berth_sm3, for ids that may contain zeros. */
static void put_sm3(struct exchange *exchange, const struct hash_state *hash) {
    if (hash->with_z) {
        protobuf_put_bytes(&exchange->writer, 2, hash->id, hash->id_bytes);
        exchange_put_public_key(&exchange->writer, 3, &hash->signer);
    }
}

static void put_mechanism(struct exchange *exchange, uint32_t algorithm) {
    uint8_t bytes[8];
    struct protobuf_writer mechanism = {.bytes = bytes, .capacity = sizeof bytes};
    protobuf_put_varint(&mechanism, 1, algorithm == SGD_SHA1 ? CKM_SHA_1 : CKM_SHA256);
    protobuf_put_bytes(&exchange->writer, 1, bytes, mechanism.used);
}

static berth_result digest(berth_resource *resource, const struct hash_state *hash,
                           uint8_t result_digest[BERTH_SM3_BYTES], uint32_t timeout_ms) {
    struct exchange exchange;
    bool sm3 = hash->algorithm == SGD_SM3;
    exchange_begin(&exchange, SHORT_REPLY_BYTES);
    berth_result result =
        exchange_put_data(&exchange, resource, sm3 ? 1 : 3, hash->data.bytes, hash->data.used);
    if (sm3) {
        put_sm3(&exchange, hash);
    } else {
        put_mechanism(&exchange, hash->algorithm);
    }
    if (result == BERTH_OK) {
        result = exchange_call(&exchange, resource, sm3 ? BERTH_OP_SM3_DIGEST : BERTH_OP_DIGEST,
                               timeout_ms);
    }
    if (result == BERTH_OK &&
        !exchange_field(&exchange, 1, result_digest, digest_bytes(hash->algorithm))) {
        result = exchange_malformed("Bytes");
    }
    exchange_free_blocks(&exchange, resource);
    exchange_end(&exchange);
    return result;
}

/* Whether the card has it is said at the beginning: asked by the hash of nothing, once a session.
 */
static int ask_for(const struct call *call, uint32_t algorithm) {
    struct hash_state nothing = {.algorithm = algorithm};
    uint8_t ignored[BERTH_SM3_BYTES];
    berth_resource *resource;
    if (algorithm == SGD_SM3 || (call->session->card_hashes & algorithm) != 0) {
        return SDR_OK;
    }
    int status = call_any(call, MAY(DIGEST), &resource);
    if (status != SDR_OK) {
        return status;
    }
    berth_result result = digest(resource, &nothing, ignored, call->timeout_ms);
    status = code_of(result, "SDF_HashInit");
    if (status == SDR_OK) {
        call->session->card_hashes |= algorithm;
    }
    return berth_status_of(result) == BERTH_STATUS_UNIMPLEMENTED ? SDR_ALGNOTSUPPORT : status;
}

static int start(struct call *call, uint32_t algorithm, const ECCrefPublicKey *signer,
                 const uint8_t *id, size_t id_bytes) {
    struct hash_state *hash = &call->session->hash;
    berth_sm2_public_key key;
    hash_end(hash);
    if (digest_bytes(algorithm) == 0) {
        return SDR_ALGNOTSUPPORT;
    }
    if (signer != NULL && (algorithm != SGD_SM3 || id == NULL || id_bytes == 0 ||
                           id_bytes > ID_BYTES_MOST || !get_public_key(signer, &key))) {
        return SDR_INARGERR;
    }
    int status = ask_for(call, algorithm);
    if (status != SDR_OK) {
        return status;
    }
    hash->running = true;
    hash->algorithm = algorithm;
    hash->with_z = signer != NULL;
    if (hash->with_z) {
        hash->signer = key;
        memcpy(hash->id, id, id_bytes);
        hash->id_bytes = id_bytes;
    }
    return SDR_OK;
}

/* Starts over when a hash is running. */
BERTH_SDF_API int SDF_HashInit(void *hSessionHandle, unsigned int uiAlgID,
                               ECCrefPublicKey *pucPublicKey, unsigned char *pucID,
                               unsigned int uiIDLength) {
    struct call call;
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    return call_end(&call, start(&call, uiAlgID, pucPublicKey, pucID, uiIDLength));
}

BERTH_SDF_API int SDF_HashUpdate(void *hSessionHandle, unsigned char *pucData,
                                 unsigned int uiDataLength) {
    struct call call;
    if (pucData == NULL && uiDataLength != 0) {
        return SDR_INARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    struct hash_state *hash = &call.session->hash;
    size_t most = link_config(call.link)->buffer_bytes;
    if (!hash->running) {
        status = SDR_STEPERR;
    } else if (uiDataLength > most) {
        status = SDR_INARGERR;
    } else if (uiDataLength > most - hash->data.used ||
               !kept_append(&hash->data, pucData, uiDataLength)) {
        status = SDR_NOBUFFER;
        hash_end(hash);
    }
    return call_end(&call, status);
}

/* *puiHashLength is only written. */
BERTH_SDF_API int SDF_HashFinal(void *hSessionHandle, unsigned char *pucHash,
                                unsigned int *puiHashLength) {
    struct call call;
    uint8_t made[BERTH_SM3_BYTES];
    berth_resource *resource;
    if (pucHash == NULL || puiHashLength == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    struct hash_state *hash = &call.session->hash;
    if (!hash->running) {
        return call_end(&call, SDR_STEPERR);
    }
    status = call_any(&call, MAY(DIGEST), &resource);
    if (status == SDR_OK) {
        status = code_of(digest(resource, hash, made, call.timeout_ms), "SDF_HashFinal");
    }
    if (status == SDR_OK) {
        memcpy(pucHash, made, digest_bytes(hash->algorithm));
        *puiHashLength = (unsigned)digest_bytes(hash->algorithm);
    }
    hash_end(hash);
    return call_end(&call, status);
}
