/* SPDX-License-Identifier: Apache-2.0 */
/* What this card does not have. */
#include "berth/sdf.h"

int SDF_CreateFile(void *hSessionHandle, unsigned char *pucFileName, unsigned int uiNameLen,
                   unsigned int uiFileSize) {
    (void)hSessionHandle, (void)pucFileName, (void)uiNameLen, (void)uiFileSize;
    return SDR_NOTSUPPORT;
}

int SDF_ReadFile(void *hSessionHandle, unsigned char *pucFileName, unsigned int uiNameLen,
                 unsigned int uiOffset, unsigned int *puiFileLength, unsigned char *pucBuffer) {
    (void)hSessionHandle, (void)pucFileName, (void)uiNameLen, (void)uiOffset;
    (void)puiFileLength, (void)pucBuffer;
    return SDR_NOTSUPPORT;
}

int SDF_WriteFile(void *hSessionHandle, unsigned char *pucFileName, unsigned int uiNameLen,
                  unsigned int uiOffset, unsigned int uiFileLength, unsigned char *pucBuffer) {
    (void)hSessionHandle, (void)pucFileName, (void)uiNameLen, (void)uiOffset;
    (void)uiFileLength, (void)pucBuffer;
    return SDR_NOTSUPPORT;
}

int SDF_DeleteFile(void *hSessionHandle, unsigned char *pucFileName, unsigned int uiNameLen) {
    (void)hSessionHandle, (void)pucFileName, (void)uiNameLen;
    return SDR_NOTSUPPORT;
}

/*
 * Annexes B and C. A C caller passes its arguments and takes them back by itself, so that an answer
 * needs to know none of them.
 */
#define NOT_SUPPORTED(name)                                                                        \
    BERTH_SDF_API int SDF_##name(void) {                                                           \
        return SDR_NOTSUPPORT;                                                                     \
    }                                                                                              \
    extern int SDF_##name(void)

NOT_SUPPORTED(ExportUserID_SM9);
NOT_SUPPORTED(GenerateEncMasterKeyPair_SM9);
NOT_SUPPORTED(GenerateKeyWithEMK_SM9);
NOT_SUPPORTED(GenerateKeyWithIMK_SM9);
NOT_SUPPORTED(ImportKeyWithISK_SM9);
NOT_SUPPORTED(GenerateAgreementDataWithSM9);
NOT_SUPPORTED(GenerateKeyWithSM9);
NOT_SUPPORTED(GenerateAgreementDataAndKeyWithSM9);
NOT_SUPPORTED(VerifyWithMasterEPK_SM9);
NOT_SUPPORTED(VerifyWithMasterIPK_SM9);
NOT_SUPPORTED(InternalSignWithMasterEPK_SM9);
NOT_SUPPORTED(InternalSignWithMasterIPK_SM9);
NOT_SUPPORTED(EncryptWithMasterEPK_SM9);
NOT_SUPPORTED(EncryptWithMasterIPK_SM9);
NOT_SUPPORTED(DecryptWithISK_SM9);
NOT_SUPPORTED(ExternalSign_SM9);
NOT_SUPPORTED(ExternalDecrypt_SM9);
NOT_SUPPORTED(GenerateKeywithIKE);
NOT_SUPPORTED(GenerateKeywithEPK_IKE);
NOT_SUPPORTED(GenerateKeywithIPSEC);
NOT_SUPPORTED(GenerateKeywithEPK_IPSEC);
NOT_SUPPORTED(GenerateKeywithSSL);
NOT_SUPPORTED(GenerateKeywithEPK_SSL);
