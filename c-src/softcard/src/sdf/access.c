/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.2.8, 6.2.9: the right to use a private key, and 6.3: the public keys, which need
 * none. */
#include "sdf/call.h"

/* What an index holds: an SM2 pair, an RSA pair, or both, each with its own password. */
struct accesses {
    const struct key_access *found[2];
    unsigned count;
};

static int accesses_at(struct call *call, uint32_t index, struct accesses *accesses) {
    const struct key_pair *pair;
    const struct rsa_pair *rsa_pair;
    accesses->count = 0;
    int status = card_pair(call->card, index, &pair);
    if (status == SDR_OK)
        accesses->found[accesses->count++] = &pair->access;
    else if (status != SDR_KEYNOTEXIST)
        return status;
    status = card_rsa_pair(call->card, index, &rsa_pair);
    if (status == SDR_OK)
        accesses->found[accesses->count++] = &rsa_pair->access;
    else if (status != SDR_KEYNOTEXIST)
        return status;
    return accesses->count == 0 ? SDR_KEYNOTEXIST : SDR_OK;
}

/* The password opens what it fits; the standard's call does not say which kind of key is meant. */
static int grant(struct call *call, uint32_t index, const uint8_t *password, size_t bytes) {
    struct session *session = call->session;
    struct accesses at;
    bool guarded = false, usable = false;
    int status = accesses_at(call, index, &at);
    for (unsigned i = 0; status == SDR_OK && i < at.count; i++) {
        if (at.found[i]->verifier.set == 0)
            continue;
        guarded = true;
        if (session_has_right(session, at.found[i])) {
            usable = true;
            continue;
        }
        if (!password_verifier_accepts(&at.found[i]->verifier, password, bytes))
            continue;
        if (session->right_count == SESSION_RIGHTS_MOST)
            return SDR_NOBUFFER;
        session->rights[session->right_count++] = at.found[i]->number;
        usable = true;
    }
    return status != SDR_OK ? status : usable || !guarded ? SDR_OK : SDR_PRKRERR;
}

int SDF_GetPrivateKeyAccessRight(void *hSessionHandle, unsigned int uiKeyIndex,
                                 unsigned char *pucPassword, unsigned int uiPwdLength) {
    struct call call;
    if (pucPassword == NULL || uiPwdLength == 0)
        return SDR_INARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_ACCESS);
    if (status != SDR_OK)
        return status;
    return call_end(&call, grant(&call, uiKeyIndex, pucPassword, uiPwdLength), NULL, 0);
}

static int give_back(struct call *call, uint32_t index) {
    struct session *session = call->session;
    struct accesses at;
    int status = accesses_at(call, index, &at);
    for (unsigned k = 0; status == SDR_OK && k < at.count; k++)
        for (unsigned i = 0; i < session->right_count; i++)
            if (session->rights[i] == at.found[k]->number)
                session->rights[i] = session->rights[--session->right_count];
    return status;
}

int SDF_ReleasePrivateKeyAccessRight(void *hSessionHandle, unsigned int uiKeyIndex) {
    struct call call;
    int status = call_begin(&call, hSessionHandle, OPERATION_ACCESS);
    if (status != SDR_OK)
        return status;
    return call_end(&call, give_back(&call, uiKeyIndex), NULL, 0);
}

static int export_key(void *session, uint32_t index, bool signing, ECCrefPublicKey *key) {
    struct call call;
    const struct key_pair *pair;
    if (key == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, session, OPERATION_EXPORT);
    if (status != SDR_OK)
        return status;
    status = card_pair(call.card, index, &pair);
    if (status == SDR_OK) {
        const struct sm2_point *point = signing ? &pair->signing_point : &pair->encryption_point;
        key->bits = 8 * SM2_NUMBER_BYTES;
        put_number(key->x, point->x);
        put_number(key->y, point->y);
    }
    return call_end(&call, status, key, sizeof *key);
}

int SDF_ExportSignPublicKey_ECC(void *hSessionHandle, unsigned int uiKeyIndex,
                                ECCrefPublicKey *pucPublicKey) {
    return export_key(hSessionHandle, uiKeyIndex, true, pucPublicKey);
}

int SDF_ExportEncPublicKey_ECC(void *hSessionHandle, unsigned int uiKeyIndex,
                               ECCrefPublicKey *pucPublicKey) {
    return export_key(hSessionHandle, uiKeyIndex, false, pucPublicKey);
}
