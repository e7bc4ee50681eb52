/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GM/T 0018: session keys that two parties agree on with SM2 (GM/T 0003.3), and envelopes that are
 * turned from one key to another. The private key is that of the encryption pair; its access right
 * is needed.
 */
#ifndef BERTH_SDF_EXCHANGE_H
#define BERTH_SDF_EXCHANGE_H

#include <berth/sdf.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The sponsor's first step: gives out its public key and a fresh one for this agreement alone. The
 * agreement's handle belongs to the session; it is used up by SDF_GenerateKeyWithECC, or given up
 * with SDF_DestroyKey.
 */
BERTH_SDF_API int SDF_GenerateAgreementDataWithECC(void *hSessionHandle, unsigned int uiISKIndex,
                                                   unsigned int uiKeyBits,
                                                   unsigned char *pucSponsorID,
                                                   unsigned int uiSponsorIDLength,
                                                   ECCrefPublicKey *pucSponsorPublicKey,
                                                   ECCrefPublicKey *pucSponsorTmpPublicKey,
                                                   void **phAgreementHandle);

/* The sponsor's second step, with what the responder sent. A call that is refused leaves the
 * agreement as it is. */
BERTH_SDF_API int SDF_GenerateKeyWithECC(void *hSessionHandle, unsigned char *pucResponseID,
                                         unsigned int uiResponseIDLength,
                                         ECCrefPublicKey *pucResponsePublicKey,
                                         ECCrefPublicKey *pucResponseTmpPublicKey,
                                         void *hAgreementHandle, void **phKeyHandle);

/* All that the responder does: gives out its public keys, and has the session key. */
BERTH_SDF_API int SDF_GenerateAgreementDataAndKeyWithECC(
    void *hSessionHandle, unsigned int uiISKIndex, unsigned int uiKeyBits,
    unsigned char *pucResponseID, unsigned int uiResponseIDLength, unsigned char *pucSponsorID,
    unsigned int uiSponsorIDLength, ECCrefPublicKey *pucSponsorPublicKey,
    ECCrefPublicKey *pucSponsorTmpPublicKey, ECCrefPublicKey *pucResponsePublicKey,
    ECCrefPublicKey *pucResponseTmpPublicKey, void **phKeyHandle);

/*
 * Decrypts a session key with the encryption pair at uiKeyIndex and encrypts it for pucPublicKey;
 * uiAlgID is SGD_SM2_3. pucEncDataOut needs as much room in C as pucEncDataIn has.
 */
BERTH_SDF_API int SDF_ExchangeDigitEnvelopeBaseOnECC(void *hSessionHandle, unsigned int uiKeyIndex,
                                                     unsigned int uiAlgID,
                                                     ECCrefPublicKey *pucPublicKey,
                                                     ECCCipher *pucEncDataIn,
                                                     ECCCipher *pucEncDataOut);

/* In vendors' headers: a session key in the clear. */
BERTH_SDF_API int SDF_ImportKey(void *hSessionHandle, unsigned char *pucKey,
                                unsigned int uiKeyLength, void **phKeyHandle);

#ifdef __cplusplus
}
#endif

#endif
