/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RSA functions of GM/T 0018. The operations on the bare numbers take and give exactly as many
 * bytes as the modulus has, and pad nothing: PKCS #1, PSS and OAEP are the caller's.
 *
 * An index holds a signing and an encryption pair as it does for SM2; the two kinds of key are
 * counted apart. The standard does not say which of the two pairs the operations on the bare
 * numbers use: here it is the signing pair.
 */
#ifndef BERTH_SDF_RSA_H
#define BERTH_SDF_RSA_H

#include <berth/sdf.h>

#ifdef __cplusplus
extern "C" {
#endif

BERTH_SDF_API int SDF_ExportSignPublicKey_RSA(void *hSessionHandle, unsigned int uiKeyIndex,
                                              RSArefPublicKey *pucPublicKey);
BERTH_SDF_API int SDF_ExportEncPublicKey_RSA(void *hSessionHandle, unsigned int uiKeyIndex,
                                             RSArefPublicKey *pucPublicKey);

/*
 * A fresh session key, encrypted in PKCS #1 v1.5 for the encryption pair at uiIPKIndex. pucKey
 * needs room for the modulus; *puiKeyLength is only written.
 */
BERTH_SDF_API int SDF_GenerateKeyWithIPK_RSA(void *hSessionHandle, unsigned int uiIPKIndex,
                                             unsigned int uiKeyBits, unsigned char *pucKey,
                                             unsigned int *puiKeyLength, void **phKeyHandle);
BERTH_SDF_API int SDF_GenerateKeyWithEPK_RSA(void *hSessionHandle, unsigned int uiKeyBits,
                                             RSArefPublicKey *pucPublicKey, unsigned char *pucKey,
                                             unsigned int *puiKeyLength, void **phKeyHandle);

/* SDR_ENCDATAERR, whatever is wrong with what was decrypted. */
BERTH_SDF_API int SDF_ImportKeyWithISK_RSA(void *hSessionHandle, unsigned int uiISKIndex,
                                           unsigned char *pucKey, unsigned int uiKeyLength,
                                           void **phKeyHandle);

/* Decrypts a session key with the encryption pair at uiKeyIndex and encrypts it for pucPublicKey,
 * both in PKCS #1 v1.5. */
BERTH_SDF_API int SDF_ExchangeDigitEnvelopeBaseOnRSA(void *hSessionHandle, unsigned int uiKeyIndex,
                                                     RSArefPublicKey *pucPublicKey,
                                                     unsigned char *pucDEInput,
                                                     unsigned int uiDELength,
                                                     unsigned char *pucDEOutput,
                                                     unsigned int *puiDELength);

BERTH_SDF_API int
SDF_ExternalPublicKeyOperation_RSA(void *hSessionHandle, RSArefPublicKey *pucPublicKey,
                                   unsigned char *pucDataInput, unsigned int uiInputLength,
                                   unsigned char *pucDataOutput, unsigned int *puiOutputLength);
BERTH_SDF_API int SDF_InternalPublicKeyOperation_RSA(void *hSessionHandle, unsigned int uiKeyIndex,
                                                     unsigned char *pucDataInput,
                                                     unsigned int uiInputLength,
                                                     unsigned char *pucDataOutput,
                                                     unsigned int *puiOutputLength);
BERTH_SDF_API int SDF_InternalPrivateKeyOperation_RSA(void *hSessionHandle, unsigned int uiKeyIndex,
                                                      unsigned char *pucDataInput,
                                                      unsigned int uiInputLength,
                                                      unsigned char *pucDataOutput,
                                                      unsigned int *puiOutputLength);

#ifdef __cplusplus
}
#endif

#endif
