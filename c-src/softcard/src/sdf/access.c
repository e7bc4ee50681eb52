/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.2.8, 6.2.9: the right to use a private key, and 6.3: the public keys, which need
 * none. */
#include "sdf/call.h"

static int grant(struct call *call, uint32_t index, const uint8_t *password, size_t bytes) {
    struct session *session = call->session;
    const struct key_pair *pair;
    int status = card_pair(call->card, index, &pair);
    if (status != SDR_OK || session_has_right(session, pair))
        return status;
    if (!password_verifier_accepts(&pair->access, password, bytes))
        return SDR_PRKRERR;
    if (session->right_count == SESSION_RIGHTS_MOST)
        return SDR_NOBUFFER;
    session->rights[session->right_count++] = index;
    return SDR_OK;
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
    const struct key_pair *pair;
    int status = card_pair(call->card, index, &pair);
    for (unsigned i = 0; i < session->right_count; i++)
        if (session->rights[i] == index)
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
