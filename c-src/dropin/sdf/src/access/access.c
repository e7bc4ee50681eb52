/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GM/T 0018 6.2.8, 6.2.9: the right to use a private key. Who has it is said by the broker's
 * policy; the card's own password stays with the worker. The program's is neither sent nor copied
 * nor compared.
 */
#include "session/call.h"

static int answer(const struct call *call, enum key_kind kind, uint32_t index, uint32_t wanted,
                  int refused) {
    char name[NAME_BYTES];
    uint32_t permissions = 0;
    int status = catalogue_find(call->link, kind, index, wanted, name);
    if (status == SDR_OK) {
        status = code_of(link_permissions(call->link, name, &permissions), name);
    }
    return status == SDR_OK && (permissions & wanted) == 0 ? refused : status;
}

/* SM2 and RSA count their pairs apart, and the call does not say which is meant: it is whichever
 * may be used. */
static int answer_pair(void *session_handle, uint32_t index, uint32_t wanted, int refused) {
    struct call call;
    int status = call_begin(&call, session_handle);
    if (status != SDR_OK) {
        return status;
    }
    status = answer(&call, KEY_SM2, index, wanted, refused);
    if (status == SDR_KEYNOTEXIST || status == SDR_PARDENY) {
        int of_rsa = answer(&call, KEY_RSA, index, wanted, refused);
        status = of_rsa == SDR_KEYNOTEXIST ? status : of_rsa;
    }
    return call_end(&call, status);
}

static int answer_kek(void *session_handle, uint32_t index, uint32_t wanted, int refused) {
    struct call call;
    int status = call_begin(&call, session_handle);
    return status == SDR_OK ? call_end(&call, answer(&call, KEY_KEK, index, wanted, refused))
                            : status;
}

static const uint32_t PRIVATE_USE =
    MAY(SIGN) | MAY(DECRYPT) | MAY(ENCRYPT) | MAY(MAC) | MAY(AGREE) | MAY(UNWRAP) | MAY(RAW);
static const uint32_t ANY_USE = UINT32_MAX;

BERTH_SDF_API int SDF_GetPrivateKeyAccessRight(void *hSessionHandle, unsigned int uiKeyIndex,
                                               unsigned char *pucPassword,
                                               unsigned int uiPwdLength) {
    if (pucPassword == NULL || uiPwdLength == 0) {
        return SDR_INARGERR;
    }
    return answer_pair(hSessionHandle, uiKeyIndex, PRIVATE_USE, SDR_PARDENY);
}

/* The right is the policy's, so nothing is given back; only a wrong index is told. */
BERTH_SDF_API int SDF_ReleasePrivateKeyAccessRight(void *hSessionHandle, unsigned int uiKeyIndex) {
    return answer_pair(hSessionHandle, uiKeyIndex, ANY_USE, SDR_OK);
}

/* Not in the standard, but many programs look for them. */
BERTH_SDF_API int SDF_GetKEKAccessRight(void *hSessionHandle, unsigned int uiKeyIndex,
                                        unsigned char *pucPassword, unsigned int uiPwdLength) {
    if (pucPassword == NULL || uiPwdLength == 0) {
        return SDR_INARGERR;
    }
    return answer_kek(hSessionHandle, uiKeyIndex, PRIVATE_USE, SDR_PARDENY);
}

BERTH_SDF_API int SDF_ReleaseKEKAccessRight(void *hSessionHandle, unsigned int uiKeyIndex) {
    return answer_kek(hSessionHandle, uiKeyIndex, ANY_USE, SDR_OK);
}
