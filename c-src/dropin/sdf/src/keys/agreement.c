/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GM/T 0018 6.3: session keys agreed on with SM2. The sponsor's private number, and later the key,
 * exist in the card alone: the worker holds them, and whoever comes after its end is told
 * SDR_BERTH_KEY_LOST.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hsm_exchange.h"
#include "keys/wrap.h"
#include "layout.h"

struct agreement {
    struct object object; /* its owner is the session */
    char under[NAME_BYTES];
    unsigned key_bytes; /* of the key that will be agreed on */
    struct held held;
};

static void destroy(struct object *object) {
    struct agreement *agreement = (struct agreement *)object;
    held_release((struct session *)object->owner, agreement->under, &agreement->held);
    free(agreement);
}

static int make_handle(const struct call *call, const char *under, unsigned key_bytes,
                       uint64_t number, void **handle) {
    struct held held = held_new(number);
    struct agreement *agreement = calloc(1, sizeof *agreement);
    if (agreement == NULL) {
        held_release(call->session, under, &held);
        return SDR_NOBUFFER;
    }
    agreement->object = (struct object){.owner = &call->session->object, .destroy = destroy};
    snprintf(agreement->under, sizeof agreement->under, "%s", under);
    agreement->key_bytes = key_bytes;
    agreement->held = held;
    void *made = handle_make(HANDLE_AGREEMENT, &agreement->object);
    if (made == NULL) {
        destroy(&agreement->object);
        return SDR_NOBUFFER;
    }
    *handle = made;
    return SDR_OK;
}

/* One of the interface's and of the protocol's: an empty one would be another. */
static bool id_fits(const uint8_t *id, size_t bytes) {
    return id != NULL && bytes >= 1 && bytes <= ID_BYTES_MOST;
}

static int agreeing_key(const struct call *call, uint32_t index, uint32_t bits,
                        char under[NAME_BYTES], berth_resource **resource) {
    int status = catalogue_find(call->link, KEY_SM2, index, MAY(AGREE), under);
    if (status == SDR_OK) {
        status = code_of(link_resource(call->link, under, resource), under);
    }
    return status == SDR_OK ? generated_bits(bits) : status;
}

/* Number and two public keys, as Agreement (fields 2, 3) and SessionKey (3, 4) have them. */
static int read_reply(const struct exchange *exchange, uint32_t keys_from, uint64_t *number,
                      berth_sm2_public_key keys[2]) {
    const uint8_t *reply = exchange->reply;
    size_t bytes = exchange->result.bytes;
    if (!protobuf_find_varint(reply, bytes, 1, number) || *number == 0) {
        return SDR_UNKNOWERR;
    }
    for (uint32_t i = 0; i < 2 && keys != NULL; i++) {
        const uint8_t *key, *x, *y;
        size_t key_bytes, x_bytes, y_bytes;
        if (!protobuf_find_bytes(reply, bytes, keys_from + i, &key, &key_bytes) ||
            !protobuf_find_bytes(key, key_bytes, 1, &x, &x_bytes) ||
            !protobuf_find_bytes(key, key_bytes, 2, &y, &y_bytes) || x_bytes != sizeof keys[i].x ||
            y_bytes != sizeof keys[i].y) {
            return SDR_UNKNOWERR;
        }
        memcpy(keys[i].x, x, x_bytes);
        memcpy(keys[i].y, y, y_bytes);
    }
    return SDR_OK;
}

static int begin(const struct call *call, uint32_t index, uint32_t bits, const uint8_t *id,
                 size_t id_bytes, ECCrefPublicKey *public_key, ECCrefPublicKey *temporary_key,
                 void **handle) {
    struct exchange exchange;
    char under[NAME_BYTES];
    berth_resource *resource;
    berth_sm2_public_key keys[2];
    uint64_t number = 0;
    int status = agreeing_key(call, index, bits, under, &resource);
    if (status == SDR_OK && !id_fits(id, id_bytes)) {
        status = SDR_INARGERR;
    }
    if (status != SDR_OK) {
        return status;
    }
    exchange_begin(&exchange, MESSAGE_BYTES);
    protobuf_put_varint(&exchange.writer, 1, bits);
    protobuf_put_bytes(&exchange.writer, 2, id, id_bytes);
    status = code_of(exchange_call(&exchange, resource, BERTH_OP_BEGIN_AGREEMENT, call->timeout_ms),
                     "SDF_GenerateAgreementDataWithECC");
    if (status == SDR_OK) {
        status = read_reply(&exchange, 2, &number, keys);
    }
    exchange_end(&exchange);
    if (status == SDR_OK) {
        status = make_handle(call, under, bits / 8, number, handle);
    }
    if (status == SDR_OK) {
        put_public_key(public_key, &keys[0]);
        put_public_key(temporary_key, &keys[1]);
    }
    return status;
}

BERTH_SDF_API int SDF_GenerateAgreementDataWithECC(void *hSessionHandle, unsigned int uiISKIndex,
                                                   unsigned int uiKeyBits,
                                                   unsigned char *pucSponsorID,
                                                   unsigned int uiSponsorIDLength,
                                                   ECCrefPublicKey *pucSponsorPublicKey,
                                                   ECCrefPublicKey *pucSponsorTmpPublicKey,
                                                   void **phAgreementHandle) {
    struct call call;
    if (pucSponsorID == NULL) {
        return SDR_INARGERR;
    }
    if (pucSponsorPublicKey == NULL || pucSponsorTmpPublicKey == NULL ||
        phAgreementHandle == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    return call_end(&call, begin(&call, uiISKIndex, uiKeyBits, pucSponsorID, uiSponsorIDLength,
                                 pucSponsorPublicKey, pucSponsorTmpPublicKey, phAgreementHandle));
}

/* The private number serves once: the request is not sent again when its outcome is not known. */
static int finish(const struct call *call, struct agreement *agreement, const uint8_t *id,
                  size_t id_bytes, const berth_sm2_public_key keys[2], uint64_t *number) {
    static const char what[] = "SDF_GenerateKeyWithECC";
    struct exchange exchange;
    berth_resource *resource;
    int status = code_of(link_resource(call->link, agreement->under, &resource), agreement->under);
    if (status != SDR_OK) {
        return status;
    }
    exchange_begin(&exchange, MESSAGE_BYTES);
    exchange.flags = 0;
    protobuf_put_varint(&exchange.writer, 1, agreement->held.number);
    protobuf_put_bytes(&exchange.writer, 2, id, id_bytes);
    exchange_put_public_key(&exchange.writer, 3, &keys[0]);
    exchange_put_public_key(&exchange.writer, 4, &keys[1]);
    berth_result result =
        exchange_call(&exchange, resource, BERTH_OP_FINISH_AGREEMENT, call->timeout_ms);
    status = held_code(&agreement->held, result, what);
    if (status == SDR_OK) {
        status = read_reply(&exchange, 0, number, NULL);
    }
    exchange_end(&exchange);
    return status;
}

/* A call that is refused leaves the agreement as it is. */
static int agree(const struct call *call, void *handle, const uint8_t *id, size_t id_bytes,
                 const ECCrefPublicKey *public_key, const ECCrefPublicKey *temporary_key,
                 void **key_handle) {
    berth_sm2_public_key keys[2];
    uint64_t number = 0;
    struct agreement *agreement = handle_take(HANDLE_AGREEMENT, handle, &call->session->object);
    if (agreement == NULL) {
        return SDR_KEYNOTEXIST;
    }
    int status = SDR_OK;
    if (held_is_gone(&agreement->held)) {
        status = SDR_BERTH_KEY_LOST;
    } else if (!id_fits(id, id_bytes) || !get_public_key(public_key, &keys[0]) ||
               !get_public_key(temporary_key, &keys[1])) {
        status = SDR_INARGERR;
    } else {
        status = finish(call, agreement, id, id_bytes, keys, &number);
    }
    if (status == SDR_OK) {
        agreement->held.lost = true; /* used up: there is nothing to give back */
        (void)handle_remove(HANDLE_AGREEMENT, handle, &call->session->object);
        status = session_key_hold(call, agreement->under, agreement->key_bytes, number, key_handle);
    }
    handle_release(&agreement->object);
    return status;
}

BERTH_SDF_API int SDF_GenerateKeyWithECC(void *hSessionHandle, unsigned char *pucResponseID,
                                         unsigned int uiResponseIDLength,
                                         ECCrefPublicKey *pucResponsePublicKey,
                                         ECCrefPublicKey *pucResponseTmpPublicKey,
                                         void *hAgreementHandle, void **phKeyHandle) {
    struct call call;
    if (pucResponseID == NULL || pucResponsePublicKey == NULL || pucResponseTmpPublicKey == NULL) {
        return SDR_INARGERR;
    }
    if (phKeyHandle == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    return call_end(&call, agree(&call, hAgreementHandle, pucResponseID, uiResponseIDLength,
                                 pucResponsePublicKey, pucResponseTmpPublicKey, phKeyHandle));
}

struct sponsor {
    const uint8_t *id;
    size_t id_bytes;
    berth_sm2_public_key keys[2];
};

static int respond(const struct call *call, uint32_t index, uint32_t bits, const uint8_t *id,
                   size_t id_bytes, const struct sponsor *sponsor, berth_sm2_public_key keys[2],
                   void **handle) {
    static const char what[] = "SDF_GenerateAgreementDataAndKeyWithECC";
    struct exchange exchange;
    char under[NAME_BYTES];
    berth_resource *resource;
    uint64_t number = 0;
    int status = agreeing_key(call, index, bits, under, &resource);
    if (status == SDR_OK && !id_fits(id, id_bytes)) {
        status = SDR_INARGERR;
    }
    if (status != SDR_OK) {
        return status;
    }
    exchange_begin(&exchange, MESSAGE_BYTES);
    protobuf_put_varint(&exchange.writer, 1, bits);
    protobuf_put_bytes(&exchange.writer, 2, id, id_bytes);
    protobuf_put_bytes(&exchange.writer, 3, sponsor->id, sponsor->id_bytes);
    exchange_put_public_key(&exchange.writer, 4, &sponsor->keys[0]);
    exchange_put_public_key(&exchange.writer, 5, &sponsor->keys[1]);
    berth_result result =
        exchange_call(&exchange, resource, BERTH_OP_RESPOND_TO_AGREEMENT, call->timeout_ms);
    status = code_of(result, what);
    if (status == SDR_OK) {
        status = read_reply(&exchange, 3, &number, keys);
    }
    exchange_end(&exchange);
    return status == SDR_OK ? session_key_hold(call, under, bits / 8, number, handle) : status;
}

BERTH_SDF_API int SDF_GenerateAgreementDataAndKeyWithECC(
    void *hSessionHandle, unsigned int uiISKIndex, unsigned int uiKeyBits,
    unsigned char *pucResponseID, unsigned int uiResponseIDLength, unsigned char *pucSponsorID,
    unsigned int uiSponsorIDLength, ECCrefPublicKey *pucSponsorPublicKey,
    ECCrefPublicKey *pucSponsorTmpPublicKey, ECCrefPublicKey *pucResponsePublicKey,
    ECCrefPublicKey *pucResponseTmpPublicKey, void **phKeyHandle) {
    struct call call;
    struct sponsor sponsor = {.id = pucSponsorID, .id_bytes = uiSponsorIDLength};
    berth_sm2_public_key keys[2];
    if (pucResponseID == NULL || pucSponsorID == NULL || pucSponsorPublicKey == NULL ||
        pucSponsorTmpPublicKey == NULL) {
        return SDR_INARGERR;
    }
    if (pucResponsePublicKey == NULL || pucResponseTmpPublicKey == NULL || phKeyHandle == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    if (!id_fits(pucSponsorID, uiSponsorIDLength) ||
        !get_public_key(pucSponsorPublicKey, &sponsor.keys[0]) ||
        !get_public_key(pucSponsorTmpPublicKey, &sponsor.keys[1])) {
        status = SDR_INARGERR;
    } else {
        status = respond(&call, uiISKIndex, uiKeyBits, pucResponseID, uiResponseIDLength, &sponsor,
                         keys, phKeyHandle);
    }
    if (status == SDR_OK) {
        put_public_key(pucResponsePublicKey, &keys[0]);
        put_public_key(pucResponseTmpPublicKey, &keys[1]);
    }
    return call_end(&call, status);
}
