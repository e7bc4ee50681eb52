/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the 2023 edition of GM/T 0018 (6.8) keeps for tests and debugging, "not for real service":
 * here keys stand in the clear in the caller's memory. A service in front of a card denies them
 * unless it is told otherwise.
 */
#ifndef BERTH_SDF_TEST_ONLY_H
#define BERTH_SDF_TEST_ONLY_H

#include <berth/sdf.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 1024 or 2048 bits, exponent 65537. */
BERTH_SDF_API int SDF_GenerateKeyPair_RSA(void *hSessionHandle, unsigned int uiKeyBits,
                                          RSArefPublicKey *pucPublicKey,
                                          RSArefPrivateKey *pucPrivateKey);
/* uiAlgID is SGD_SM2 or one of its uses; 256 bits. */
BERTH_SDF_API int SDF_GenerateKeyPair_ECC(void *hSessionHandle, unsigned int uiAlgID,
                                          unsigned int uiKeyBits, ECCrefPublicKey *pucPublicKey,
                                          ECCrefPrivateKey *pucPrivateKey);

BERTH_SDF_API int
SDF_ExternalPrivateKeyOperation_RSA(void *hSessionHandle, RSArefPrivateKey *pucPrivateKey,
                                    unsigned char *pucDataInput, unsigned int uiInputLength,
                                    unsigned char *pucDataOutput, unsigned int *puiOutputLength);
BERTH_SDF_API int SDF_ExternalSign_ECC(void *hSessionHandle, unsigned int uiAlgID,
                                       ECCrefPrivateKey *pucPrivateKey, unsigned char *pucData,
                                       unsigned int uiDataLength, ECCSignature *pucSignature);
BERTH_SDF_API int SDF_ExternalDecrypt_ECC(void *hSessionHandle, unsigned int uiAlgID,
                                          ECCrefPrivateKey *pucPrivateKey, ECCCipher *pucEncData,
                                          unsigned char *pucData, unsigned int *puiDataLength);

/* The key has 16 bytes. What was begun goes on with SDF_EncryptUpdate and so on. */
BERTH_SDF_API int SDF_ExternalKeyEncrypt(void *hSessionHandle, unsigned int uiAlgID,
                                         unsigned char *pucKey, unsigned int uiKeyLength,
                                         unsigned char *pucIV, unsigned int uiIVLength,
                                         unsigned char *pucData, unsigned int uiDataLength,
                                         unsigned char *pucEncData, unsigned int *puiEncDataLength);
BERTH_SDF_API int SDF_ExternalKeyDecrypt(void *hSessionHandle, unsigned int uiAlgID,
                                         unsigned char *pucKey, unsigned int uiKeyLength,
                                         unsigned char *pucIV, unsigned int uiIVLength,
                                         unsigned char *pucEncData, unsigned int uiEncDataLength,
                                         unsigned char *pucData, unsigned int *puiDataLength);
BERTH_SDF_API int SDF_ExternalKeyEncryptInit(void *hSessionHandle, unsigned int uiAlgID,
                                             unsigned char *pucKey, unsigned int uiKeyLength,
                                             unsigned char *pucIV, unsigned int uiIVLength);
BERTH_SDF_API int SDF_ExternalKeyDecryptInit(void *hSessionHandle, unsigned int uiAlgID,
                                             unsigned char *pucKey, unsigned int uiKeyLength,
                                             unsigned char *pucIV, unsigned int uiIVLength);
/* A key of 1 byte or more. */
BERTH_SDF_API int SDF_ExternalKeyHMACInit(void *hSessionHandle, unsigned int uiAlgID,
                                          unsigned char *pucKey, unsigned int uiKeyLength);

#ifdef __cplusplus
}
#endif

#endif
