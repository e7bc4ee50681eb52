/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.3: session keys agreed on with SM2. */
#include "sdf/call.h"

#include "crypto/sm2_exchange.h"

#include <openssl/crypto.h>
#include <string.h>

enum { ID_BYTES_MOST = 8191 };

static bool id_fits(const uint8_t *id, size_t bytes) {
    return id != NULL && bytes >= 1 && bytes <= ID_BYTES_MOST;
}

static void put_public_key(const struct sm2_point *point, ECCrefPublicKey *key) {
    key->bits = 8 * SM2_NUMBER_BYTES;
    put_number(key->x, point->x);
    put_number(key->y, point->y);
}

/* A private number for one agreement, and its point. */
static bool make_temporary(uint8_t number[SM2_NUMBER_BYTES], struct sm2_point *point) {
    EVP_PKEY *key = sm2_generate(number) ? sm2_private_key(number, point) : NULL;
    EVP_PKEY_free(key);
    return key != NULL;
}

/* The pair that agrees: its encryption pair, if this session may use it. */
static int agreeing_pair(struct call *call, uint32_t index, uint32_t key_bits,
                         const struct key_pair **pair) {
    int status = card_pair(call->card, index, pair);
    if (status != SDR_OK)
        return status;
    if (!session_has_right(call->session, &(*pair)->access))
        return SDR_PARDENY;
    return key_bits % 8 == 0 && key_length_fits(key_bits / 8) ? SDR_OK : SDR_INARGERR;
}

static int sponsor(struct call *call, uint32_t index, uint32_t key_bits, const uint8_t *id,
                   size_t id_bytes, ECCrefPublicKey *public_key, ECCrefPublicKey *temporary_key,
                   void **handle) {
    const struct key_pair *pair;
    int status = agreeing_pair(call, index, key_bits, &pair);
    if (status != SDR_OK)
        return status;
    if (!id_fits(id, id_bytes))
        return SDR_INARGERR;
    struct agreement *agreement = agreement_make(id, id_bytes);
    if (agreement == NULL)
        return SDR_NOBUFFER;
    agreement->pair = pair;
    agreement->key_bits = key_bits;
    status = make_temporary(agreement->number, &agreement->temporary_point) ? SDR_OK : SDR_RANDERR;
    if (status == SDR_OK)
        status = session_add_agreement(call->session, agreement, handle);
    if (status != SDR_OK) {
        agreement_free(agreement);
        return status;
    }
    put_public_key(&pair->encryption_point, public_key);
    put_public_key(&agreement->temporary_point, temporary_key);
    return SDR_OK;
}

int SDF_GenerateAgreementDataWithECC(void *hSessionHandle, unsigned int uiISKIndex,
                                     unsigned int uiKeyBits, unsigned char *pucSponsorID,
                                     unsigned int uiSponsorIDLength,
                                     ECCrefPublicKey *pucSponsorPublicKey,
                                     ECCrefPublicKey *pucSponsorTmpPublicKey,
                                     void **phAgreementHandle) {
    struct call call;
    if (pucSponsorID == NULL)
        return SDR_INARGERR;
    if (pucSponsorPublicKey == NULL || pucSponsorTmpPublicKey == NULL || phAgreementHandle == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_KEY);
    if (status != SDR_OK)
        return status;
    status = sponsor(&call, uiISKIndex, uiKeyBits, pucSponsorID, uiSponsorIDLength,
                     pucSponsorPublicKey, pucSponsorTmpPublicKey, phAgreementHandle);
    return call_end(&call, status, pucSponsorTmpPublicKey, sizeof *pucSponsorTmpPublicKey);
}

/* Computes the key and gives the session a handle on it. */
static int agree(struct call *call, bool as_sponsor, const struct key_pair *pair,
                 const uint8_t temporary_number[SM2_NUMBER_BYTES], struct exchange_party *own,
                 const struct exchange_party *peer, uint32_t key_bits, void **handle) {
    uint8_t number[SM2_NUMBER_BYTES], key[KEY_BYTES_MOST];
    own->public_point = pair->encryption_point;
    int status =
        sm2_number_of(pair->encryption, number) &&
                sm2_exchange(as_sponsor, number, temporary_number, own, peer, key, key_bits / 8)
            ? SDR_OK
            : SDR_PKOPERR;
    if (status == SDR_OK)
        status = session_add_key(call->session, key, key_bits / 8, handle);
    OPENSSL_cleanse(number, sizeof number);
    OPENSSL_cleanse(key, sizeof key);
    return status;
}

static int peer_of(struct exchange_party *peer, const uint8_t *id, size_t id_bytes,
                   const ECCrefPublicKey *public_key, const ECCrefPublicKey *temporary_key) {
    if (!id_fits(id, id_bytes) || !point_of(public_key, &peer->public_point) ||
        !point_of(temporary_key, &peer->temporary_point))
        return SDR_INARGERR;
    peer->id = id;
    peer->id_bytes = id_bytes;
    return SDR_OK;
}

int SDF_GenerateKeyWithECC(void *hSessionHandle, unsigned char *pucResponseID,
                           unsigned int uiResponseIDLength, ECCrefPublicKey *pucResponsePublicKey,
                           ECCrefPublicKey *pucResponseTmpPublicKey, void *hAgreementHandle,
                           void **phKeyHandle) {
    struct call call;
    struct exchange_party peer;
    if (pucResponseID == NULL || pucResponsePublicKey == NULL || pucResponseTmpPublicKey == NULL)
        return SDR_INARGERR;
    if (phKeyHandle == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_KEY);
    if (status != SDR_OK)
        return status;
    const struct agreement *agreement = session_find_agreement(call.session, hAgreementHandle);
    if (agreement == NULL)
        status = SDR_KEYNOTEXIST;
    else if (!session_has_right(call.session, &agreement->pair->access))
        status = SDR_PARDENY;
    else
        status = peer_of(&peer, pucResponseID, uiResponseIDLength, pucResponsePublicKey,
                         pucResponseTmpPublicKey);
    if (status == SDR_OK) {
        struct exchange_party own = {.temporary_point = agreement->temporary_point,
                                     .id = agreement->id,
                                     .id_bytes = agreement->id_bytes};
        status = agree(&call, true, agreement->pair, agreement->number, &own, &peer,
                       agreement->key_bits, phKeyHandle);
    }
    if (status == SDR_OK) /* its private number serves once */
        session_destroy_agreement(call.session, hAgreementHandle);
    return call_end(&call, status, NULL, 0);
}

static int respond(struct call *call, uint32_t index, uint32_t key_bits, const uint8_t *id,
                   size_t id_bytes, const struct exchange_party *peer, ECCrefPublicKey *public_key,
                   ECCrefPublicKey *temporary_key, void **handle) {
    const struct key_pair *pair;
    uint8_t temporary_number[SM2_NUMBER_BYTES];
    struct exchange_party own = {.id = id, .id_bytes = id_bytes};
    int status = agreeing_pair(call, index, key_bits, &pair);
    if (status == SDR_OK && !id_fits(id, id_bytes))
        status = SDR_INARGERR;
    if (status == SDR_OK && !make_temporary(temporary_number, &own.temporary_point))
        status = SDR_RANDERR;
    if (status == SDR_OK)
        status = agree(call, false, pair, temporary_number, &own, peer, key_bits, handle);
    OPENSSL_cleanse(temporary_number, sizeof temporary_number);
    if (status == SDR_OK) {
        put_public_key(&own.public_point, public_key);
        put_public_key(&own.temporary_point, temporary_key);
    }
    return status;
}

int SDF_GenerateAgreementDataAndKeyWithECC(
    void *hSessionHandle, unsigned int uiISKIndex, unsigned int uiKeyBits,
    unsigned char *pucResponseID, unsigned int uiResponseIDLength, unsigned char *pucSponsorID,
    unsigned int uiSponsorIDLength, ECCrefPublicKey *pucSponsorPublicKey,
    ECCrefPublicKey *pucSponsorTmpPublicKey, ECCrefPublicKey *pucResponsePublicKey,
    ECCrefPublicKey *pucResponseTmpPublicKey, void **phKeyHandle) {
    struct call call;
    struct exchange_party peer;
    if (pucResponseID == NULL || pucSponsorID == NULL || pucSponsorPublicKey == NULL ||
        pucSponsorTmpPublicKey == NULL)
        return SDR_INARGERR;
    if (pucResponsePublicKey == NULL || pucResponseTmpPublicKey == NULL || phKeyHandle == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_KEY);
    if (status != SDR_OK)
        return status;
    status = peer_of(&peer, pucSponsorID, uiSponsorIDLength, pucSponsorPublicKey,
                     pucSponsorTmpPublicKey);
    if (status == SDR_OK)
        status = respond(&call, uiISKIndex, uiKeyBits, pucResponseID, uiResponseIDLength, &peer,
                         pucResponsePublicKey, pucResponseTmpPublicKey, phKeyHandle);
    return call_end(&call, status, pucResponseTmpPublicKey, sizeof *pucResponseTmpPublicKey);
}
