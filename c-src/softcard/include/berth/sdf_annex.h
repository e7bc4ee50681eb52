/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GM/T 0018 6.7, the card's file area. The software card has none: all answer SDR_NOTSUPPORT, and
 * so do the functions of annexes B (SM9) and C (VPN), which are there as symbols and not declared,
 * because no two public headers agree on their structures.
 */
#ifndef BERTH_SDF_ANNEX_H
#define BERTH_SDF_ANNEX_H

#include <berth/sdf.h>

#ifdef __cplusplus
extern "C" {
#endif

BERTH_SDF_API int SDF_CreateFile(void *hSessionHandle, unsigned char *pucFileName,
                                 unsigned int uiNameLen, unsigned int uiFileSize);
BERTH_SDF_API int SDF_ReadFile(void *hSessionHandle, unsigned char *pucFileName,
                               unsigned int uiNameLen, unsigned int uiOffset,
                               unsigned int *puiFileLength, unsigned char *pucBuffer);
BERTH_SDF_API int SDF_WriteFile(void *hSessionHandle, unsigned char *pucFileName,
                                unsigned int uiNameLen, unsigned int uiOffset,
                                unsigned int uiFileLength, unsigned char *pucBuffer);
BERTH_SDF_API int SDF_DeleteFile(void *hSessionHandle, unsigned char *pucFileName,
                                 unsigned int uiNameLen);

#ifdef __cplusplus
}
#endif

#endif
