/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of mechanisms, and how an operation begins. */
#include "gm_token.h"

#include <string.h>

struct ccm_parameters { /* CK_CCM_PARAMS of PKCS #11 2.40, which p11-kit's header does not have */
    CK_ULONG data_bytes;
    unsigned char *nonce;
    CK_ULONG nonce_bytes;
    unsigned char *aad;
    CK_ULONG aad_bytes;
    CK_ULONG mac_bytes;
};

static CK_RV take_parameter(struct session *session, const CK_MECHANISM *mechanism) {
    session->iv_bytes = session->aad_bytes = session->tag_bytes = 0;
    switch (mechanism->mechanism) {
    case SM4_CBC:
    case SM4_CFB:
    case SM4_OFB:
        if (mechanism->ulParameterLen != 16) {
            return CKR_MECHANISM_PARAM_INVALID;
        }
        memcpy(session->iv, mechanism->pParameter, 16);
        return CKR_OK;
    case SM4_CTR: {
        const CK_AES_CTR_PARAMS *counter = mechanism->pParameter;
        if (mechanism->ulParameterLen != COUNTER_PARAMETER_BYTES || counter->ulCounterBits != 128) {
            return CKR_MECHANISM_PARAM_INVALID;
        }
        memcpy(session->iv, counter->cb, 16);
        return CKR_OK;
    }
    case SM4_GCM: {
        const CK_GCM_PARAMS *gcm = mechanism->pParameter;
        if (mechanism->ulParameterLen != sizeof *gcm || gcm->ulIvLen > sizeof session->iv ||
            gcm->ulAADLen > sizeof session->aad) {
            return CKR_MECHANISM_PARAM_INVALID;
        }
        memcpy(session->iv, gcm->pIv, session->iv_bytes = gcm->ulIvLen);
        if (gcm->ulAADLen != 0) {
            memcpy(session->aad, gcm->pAAD, session->aad_bytes = gcm->ulAADLen);
        }
        session->tag_bytes = gcm->ulTagBits / 8;
        return CKR_OK;
    }
    case SM4_CCM: {
        const struct ccm_parameters *ccm = mechanism->pParameter;
        if (mechanism->ulParameterLen != sizeof *ccm || ccm->nonce_bytes > 13 ||
            ccm->aad_bytes > sizeof session->aad) {
            return CKR_MECHANISM_PARAM_INVALID;
        }
        memcpy(session->iv, ccm->nonce, session->iv_bytes = ccm->nonce_bytes);
        if (ccm->aad_bytes != 0) {
            memcpy(session->aad, ccm->aad, session->aad_bytes = ccm->aad_bytes);
        }
        session->tag_bytes = ccm->mac_bytes;
        session->data_bytes = ccm->data_bytes;
        return CKR_OK;
    }
    default:
        return mechanism->ulParameterLen == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
    }
}

CK_RV gm_begin(CK_SESSION_HANDLE handle, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
               CK_ULONG use) {
    struct session *session = gm_at(handle);
    if (session == NULL) {
        return CKR_SESSION_HANDLE_INVALID;
    }
    if (session->active != 0) {
        return CKR_OPERATION_ACTIVE;
    }
    session->key = gm_object(key);
    if (session->key == NULL) {
        return CKR_KEY_HANDLE_INVALID;
    }
    if ((session->key->uses & use) == 0) {
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    }
    CK_RV code = take_parameter(session, mechanism);
    session->type = mechanism->mechanism;
    session->active = code == CKR_OK ? use : 0;
    return code;
}

CK_RV gm_enough(CK_ULONG *room, CK_ULONG wanted) {
    CK_ULONG had = *room;
    *room = wanted;
    return had < wanted ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}
