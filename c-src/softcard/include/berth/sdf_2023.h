/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the 2023 edition of GM/T 0018 adds: authenticated encryption, and messages in pieces.
 *
 * A session has at most one running cipher (Encrypt, Decrypt, AuthEnc, AuthDec), one running block
 * cipher MAC and one running HMAC, besides its hash; an Init starts over. It keeps a copy of the
 * key. Without an Init before, or after a Final or an error, Update and Final answer SDR_STEPERR.
 * Lengths of what comes out are only written.
 */
#ifndef BERTH_SDF_2023_H
#define BERTH_SDF_2023_H

#include <berth/sdf.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * SGD_SM4_GCM: an IV of 1 byte or more (12 are best), a tag of 12 to 16 bytes. SGD_SM4_CCM: an IV
 * of 7 to 13 bytes, a tag of 4, 6, ... 16. *puiTagLength is the wanted length; 16 or more means 16.
 */
BERTH_SDF_API int SDF_AuthEnc(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                              unsigned char *pucStartVar, unsigned int uiStartVarLength,
                              unsigned char *pucAad, unsigned int uiAadLength,
                              unsigned char *pucData, unsigned int uiDataLength,
                              unsigned char *pucEncData, unsigned int *puiEncDataLength,
                              unsigned char *pucTag, unsigned int *puiTagLength);

/* SDR_MACERR: not what was encrypted under this key, IV and additional data; pucData is wiped. */
BERTH_SDF_API int SDF_AuthDec(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                              unsigned char *pucStartVar, unsigned int uiStartVarLength,
                              unsigned char *pucAad, unsigned int uiAadLength,
                              unsigned char *pucTag, unsigned int *puiTagLength,
                              unsigned char *pucEncData, unsigned int uiEncDataLength,
                              unsigned char *pucData, unsigned int *puiDataLength);

/*
 * In pieces of any length. ECB and CBC hold back what is not a whole block, so that an Update gives
 * up to 15 bytes more than it takes; nothing is padded, and a Final with a part of a block left is
 * SDR_INARGERR. The IV has 16 bytes (ECB: none).
 */
BERTH_SDF_API int SDF_EncryptInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                                  unsigned char *pucIV, unsigned int uiIVLength);
BERTH_SDF_API int SDF_EncryptUpdate(void *hSessionHandle, unsigned char *pucData,
                                    unsigned int uiDataLength, unsigned char *pucEncData,
                                    unsigned int *puiEncDataLength);
BERTH_SDF_API int SDF_EncryptFinal(void *hSessionHandle, unsigned char *pucLastEncData,
                                   unsigned int *puiLastEncDataLength);
BERTH_SDF_API int SDF_DecryptInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                                  unsigned char *pucIV, unsigned int uiIVLength);
BERTH_SDF_API int SDF_DecryptUpdate(void *hSessionHandle, unsigned char *pucEncData,
                                    unsigned int uiEncDataLength, unsigned char *pucData,
                                    unsigned int *puiDataLength);
BERTH_SDF_API int SDF_DecryptFinal(void *hSessionHandle, unsigned char *pucLastData,
                                   unsigned int *puiLastDataLength);

/* SGD_SM4_MAC, 16 bytes, over whole blocks altogether. */
BERTH_SDF_API int SDF_CalculateMACInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                                       unsigned char *pucIV, unsigned int uiIVLength);
BERTH_SDF_API int SDF_CalculateMACUpdate(void *hSessionHandle, unsigned char *pucData,
                                         unsigned int uiDataLength);
BERTH_SDF_API int SDF_CalculateMACFinal(void *hSessionHandle, unsigned char *pucMAC,
                                        unsigned int *puiMACLength);

/*
 * uiTotalLength is the length of the whole message, which CCM must know. The tag has 16 bytes.
 * Decryption in pieces gives out plaintext before it is known to be genuine: whoever cannot take it
 * back uses SDF_AuthDec.
 */
BERTH_SDF_API int SDF_AuthEncInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                                  unsigned char *pucStartVar, unsigned int uiStartVarLength,
                                  unsigned char *pucAad, unsigned int uiAadLength,
                                  unsigned int uiTotalLength);
BERTH_SDF_API int SDF_AuthEncUpdate(void *hSessionHandle, unsigned char *pucData,
                                    unsigned int uiDataLength, unsigned char *pucEncData,
                                    unsigned int *puiEncDataLength);
BERTH_SDF_API int SDF_AuthEncFinal(void *hSessionHandle, unsigned char *pucLastEncData,
                                   unsigned int *puiLastEncDataLength, unsigned char *pucTag,
                                   unsigned int *puiTagLength);
BERTH_SDF_API int SDF_AuthDecInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                                  unsigned char *pucStartVar, unsigned int uiStartVarLength,
                                  unsigned char *pucAad, unsigned int uiAadLength,
                                  unsigned char *pucTag, unsigned int uiTagLength,
                                  unsigned int uiTotalLength);
BERTH_SDF_API int SDF_AuthDecUpdate(void *hSessionHandle, unsigned char *pucEncData,
                                    unsigned int uiEncDataLength, unsigned char *pucData,
                                    unsigned int *puiDataLength);
BERTH_SDF_API int SDF_AuthDecFinal(void *hSessionHandle, unsigned char *pucLastData,
                                   unsigned int *puiLastDataLength);

/* SGD_SM3_HMAC, or SGD_SM3 as CalculateMAC knows it: 32 bytes. */
BERTH_SDF_API int SDF_HMACInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID);
BERTH_SDF_API int SDF_HMACUpdate(void *hSessionHandle, unsigned char *pucData,
                                 unsigned int uiDataLength);
BERTH_SDF_API int SDF_HMACFinal(void *hSessionHandle, unsigned char *pucHMac,
                                unsigned int *puiHMacLength);

#ifdef __cplusplus
}
#endif

#endif
