/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device interface of GM/T 0018 (SDF), as far as the software card offers it, in the layout
 * that most cards share: packed structures, integers in host order, big numbers big-endian and
 * right-aligned in fields of 64 bytes (a 256-bit value fills bytes 32..63 and bytes 0..31 are
 * zero).
 *
 * Vendors differ from this header in constants, structures and even argument lists. A caller that
 * loads a vendor's library by path takes the types of the functions from here
 * (`__typeof__(SDF_OpenDevice) *open_device`) only when the card's dialect says that they fit, and
 * treats a symbol it does not find as SDR_NOTSUPPORT.
 *
 * Clause numbers are those of the 2012 edition: 6.2 device management, 6.3 key management, 6.4
 * asymmetric operations, 6.5 symmetric operations, 6.6 hash operations.
 *
 * Every function returns SDR_OK or an SDR_ code. Threads: different sessions may be used by
 * different threads at once; one session belongs to one thread at a time. Processes: handles do not
 * survive fork(); a child opens the device anew.
 */
#ifndef BERTH_SDF_H
#define BERTH_SDF_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define BERTH_SDF_API __attribute__((visibility("default")))
#else
#define BERTH_SDF_API
#endif

/* Return codes, annex A. */
#define SDR_OK 0x0
#define SDR_BASE 0x01000000
#define SDR_UNKNOWERR (SDR_BASE + 0x01)
#define SDR_NOTSUPPORT (SDR_BASE + 0x02)
#define SDR_COMMFAIL (SDR_BASE + 0x03)
#define SDR_HARDFAIL (SDR_BASE + 0x04)
#define SDR_OPENDEVICE (SDR_BASE + 0x05)
#define SDR_OPENSESSION (SDR_BASE + 0x06)
#define SDR_PARDENY (SDR_BASE + 0x07)
#define SDR_KEYNOTEXIST (SDR_BASE + 0x08)
#define SDR_ALGNOTSUPPORT (SDR_BASE + 0x09)
#define SDR_ALGMODNOTSUPPORT (SDR_BASE + 0x0A)
#define SDR_PKOPERR (SDR_BASE + 0x0B)
#define SDR_SKOPERR (SDR_BASE + 0x0C)
#define SDR_SIGNERR (SDR_BASE + 0x0D)
#define SDR_VERIFYERR (SDR_BASE + 0x0E)
#define SDR_SYMOPERR (SDR_BASE + 0x0F)
#define SDR_STEPERR (SDR_BASE + 0x10)
#define SDR_FILESIZEERR (SDR_BASE + 0x11)
#define SDR_FILENOEXIST (SDR_BASE + 0x12)
#define SDR_FILEOFSERR (SDR_BASE + 0x13)
#define SDR_KEYTYPEERR (SDR_BASE + 0x14)
#define SDR_KEYERR (SDR_BASE + 0x15)
#define SDR_ENCDATAERR (SDR_BASE + 0x16)
#define SDR_RANDERR (SDR_BASE + 0x17)
#define SDR_PRKRERR (SDR_BASE + 0x18)
#define SDR_MACERR (SDR_BASE + 0x19)
#define SDR_FILEEXISTS (SDR_BASE + 0x1A)
#define SDR_FILEWERR (SDR_BASE + 0x1B)
#define SDR_NOBUFFER (SDR_BASE + 0x1C)
#define SDR_INARGERR (SDR_BASE + 0x1D)
#define SDR_OUTARGERR (SDR_BASE + 0x1E)
#define SDR_USERIDERR (SDR_BASE + 0x1F)

/* Algorithm identifiers, GM/T 0006. A family and a mode are or-ed together. */
#define SGD_ECB 0x00000001
#define SGD_CBC 0x00000002
#define SGD_CFB 0x00000004
#define SGD_OFB 0x00000008
#define SGD_MAC 0x00000010
#define SGD_CTR 0x00000020 /* not in the standard; a common extension */

#define SGD_SM4 0x00000400
#define SGD_SM4_ECB (SGD_SM4 | SGD_ECB)
#define SGD_SM4_CBC (SGD_SM4 | SGD_CBC)
#define SGD_SM4_CFB (SGD_SM4 | SGD_CFB)
#define SGD_SM4_OFB (SGD_SM4 | SGD_OFB)
#define SGD_SM4_MAC (SGD_SM4 | SGD_MAC)
#define SGD_SM4_CTR (SGD_SM4 | SGD_CTR)
#define SGD_SM4_GCM 0x02000400 /* 2023 edition */
#define SGD_SM4_CCM 0x04000400

#define SGD_RSA 0x00010000

#define SGD_SM2 0x00020100
#define SGD_SM2_1 0x00020200 /* signature */
#define SGD_SM2_2 0x00020400 /* key exchange */
#define SGD_SM2_3 0x00020800 /* encryption */

#define SGD_SM3 0x00000001
#define SGD_SHA1 0x00000002
#define SGD_SHA256 0x00000004
#define SGD_SM3_HMAC 0x00100001 /* 2023 edition; older cards know HMAC-SM3 as SGD_SM3 */

#define RSAref_MAX_BITS 2048
#define RSAref_MAX_LEN ((RSAref_MAX_BITS + 7) / 8)
#define RSAref_MAX_PBITS ((RSAref_MAX_BITS + 1) / 2)
#define RSAref_MAX_PLEN ((RSAref_MAX_PBITS + 7) / 8)

#define ECCref_MAX_BITS 512
#define ECCref_MAX_LEN ((ECCref_MAX_BITS + 7) / 8)

#pragma pack(push, 1)

/* 100 bytes. The strings are padded with zeros and not always terminated. */
typedef struct DeviceInfo_st {
    unsigned char IssuerName[40];
    unsigned char DeviceName[16];
    unsigned char DeviceSerial[16]; /* date 8, batch 3, serial 5 digits */
    unsigned int DeviceVersion;
    unsigned int StandardVersion;
    unsigned int AsymAlgAbility[2]; /* algorithms or-ed; the longest modulus in bits */
    unsigned int SymAlgAbility;     /* families and modes or-ed */
    unsigned int HashAlgAbility;
    unsigned int BufferSize; /* the most bytes that one call takes */
} DEVICEINFO;

/* 516 bytes. Numbers are right-aligned. */
typedef struct RSArefPublicKey_st {
    unsigned int bits;
    unsigned char m[RSAref_MAX_LEN];
    unsigned char e[RSAref_MAX_LEN];
} RSArefPublicKey;

/* 1412 bytes. */
typedef struct RSArefPrivateKey_st {
    unsigned int bits;
    unsigned char m[RSAref_MAX_LEN];
    unsigned char e[RSAref_MAX_LEN];
    unsigned char d[RSAref_MAX_LEN];
    unsigned char prime[2][RSAref_MAX_PLEN];
    unsigned char pexp[2][RSAref_MAX_PLEN]; /* d mod (prime - 1) */
    unsigned char coef[RSAref_MAX_PLEN];    /* prime[1]^-1 mod prime[0] */
} RSArefPrivateKey;

/* 132 bytes. */
typedef struct ECCrefPublicKey_st {
    unsigned int bits;
    unsigned char x[ECCref_MAX_LEN];
    unsigned char y[ECCref_MAX_LEN];
} ECCrefPublicKey;

/* 68 bytes. */
typedef struct ECCrefPrivateKey_st {
    unsigned int bits;
    unsigned char K[ECCref_MAX_LEN];
} ECCrefPrivateKey;

/* An SM2 ciphertext, C1 | C3 | C2: 164 + L bytes, of which the caller provides all. */
typedef struct ECCCipher_st {
    unsigned char x[ECCref_MAX_LEN];
    unsigned char y[ECCref_MAX_LEN];
    unsigned char M[32]; /* C3, the hash */
    unsigned int L;      /* bytes of C */
    unsigned char C[1];  /* C2, as long as the plaintext */
} ECCCipher;

/* 128 bytes. */
typedef struct ECCSignature_st {
    unsigned char r[ECCref_MAX_LEN];
    unsigned char s[ECCref_MAX_LEN];
} ECCSignature;

#pragma pack(pop)

/* --- 6.2 device management
 * ------------------------------------------------------------------------------------ */

/*
 * Opens the card and takes what exclusivity its driver asks for. SDR_OPENDEVICE: not there, held by
 * another process, or its store cannot be opened; the reason stands on stderr.
 */
BERTH_SDF_API int SDF_OpenDevice(void **phDeviceHandle);

/* Closes the device and every session still open on it, wiping their keys. */
BERTH_SDF_API int SDF_CloseDevice(void *hDeviceHandle);

/* A session of its own state: hash, cipher, session keys, access rights. SDR_OPENSESSION: the
 * card's slots are used up. */
BERTH_SDF_API int SDF_OpenSession(void *hDeviceHandle, void **phSessionHandle);

/* Destroys the session's keys, gives its access rights back and frees its slot. */
BERTH_SDF_API int SDF_CloseSession(void *hSessionHandle);

BERTH_SDF_API int SDF_GetDeviceInfo(void *hSessionHandle, DEVICEINFO *pstDeviceInfo);

/* uiLength bytes, at most the card's limit at once (SDR_INARGERR beyond it). */
BERTH_SDF_API int SDF_GenerateRandom(void *hSessionHandle, unsigned int uiLength,
                                     unsigned char *pucRandom);

/*
 * Lets this session use the private keys at uiKeyIndex until it is closed or the right is given
 * back. SDR_PRKRERR: wrong password. A key that was made without a password needs no right; asking
 * for one succeeds.
 */
BERTH_SDF_API int SDF_GetPrivateKeyAccessRight(void *hSessionHandle, unsigned int uiKeyIndex,
                                               unsigned char *pucPassword,
                                               unsigned int uiPwdLength);

BERTH_SDF_API int SDF_ReleasePrivateKeyAccessRight(void *hSessionHandle, unsigned int uiKeyIndex);

/* --- 6.3 key management
 * --------------------------------------------------------------------------------------- */

/* Index 0 is the device's own pair. Each index holds two pairs: one signs, one decrypts. */
BERTH_SDF_API int SDF_ExportSignPublicKey_ECC(void *hSessionHandle, unsigned int uiKeyIndex,
                                              ECCrefPublicKey *pucPublicKey);
BERTH_SDF_API int SDF_ExportEncPublicKey_ECC(void *hSessionHandle, unsigned int uiKeyIndex,
                                             ECCrefPublicKey *pucPublicKey);

/*
 * A fresh session key, encrypted for the pair at uiIPKIndex. pucKey needs room for uiKeyBits / 8
 * bytes in C. The handle belongs to the session that made it.
 */
BERTH_SDF_API int SDF_GenerateKeyWithIPK_ECC(void *hSessionHandle, unsigned int uiIPKIndex,
                                             unsigned int uiKeyBits, ECCCipher *pucKey,
                                             void **phKeyHandle);

/* The same, encrypted for a public key from outside; uiAlgID is SGD_SM2_3. */
BERTH_SDF_API int SDF_GenerateKeyWithEPK_ECC(void *hSessionHandle, unsigned int uiKeyBits,
                                             unsigned int uiAlgID, ECCrefPublicKey *pucPublicKey,
                                             ECCCipher *pucKey, void **phKeyHandle);

/* Decrypts a session key with the encryption pair at uiISKIndex; needs that key's access right. */
BERTH_SDF_API int SDF_ImportKeyWithISK_ECC(void *hSessionHandle, unsigned int uiISKIndex,
                                           ECCCipher *pucKey, void **phKeyHandle);

/*
 * A fresh session key, also given out encrypted under a key-encryption key: uiAlgID SGD_SM4_ECB, or
 * SGD_SM4_CBC with a zero IV. pucKey needs room for uiKeyBits / 8 bytes; *puiKeyLength is only
 * written.
 */
BERTH_SDF_API int SDF_GenerateKeyWithKEK(void *hSessionHandle, unsigned int uiKeyBits,
                                         unsigned int uiAlgID, unsigned int uiKEKIndex,
                                         unsigned char *pucKey, unsigned int *puiKeyLength,
                                         void **phKeyHandle);
BERTH_SDF_API int SDF_ImportKeyWithKEK(void *hSessionHandle, unsigned int uiAlgID,
                                       unsigned int uiKEKIndex, unsigned char *pucKey,
                                       unsigned int uiKeyLength, void **phKeyHandle);

/* Wipes a session key. SDR_KEYNOTEXIST: not a key of this session. */
BERTH_SDF_API int SDF_DestroyKey(void *hSessionHandle, void *hKeyHandle);

/* --- 6.4 asymmetric operations
 * -------------------------------------------------------------------------------- */

/* pucData is the 32-byte e = SM3(Z | M), not the message. uiAlgID is SGD_SM2_1. SDR_VERIFYERR: the
 * signature is not of this key and e. */
BERTH_SDF_API int SDF_ExternalVerify_ECC(void *hSessionHandle, unsigned int uiAlgID,
                                         ECCrefPublicKey *pucPublicKey, unsigned char *pucData,
                                         unsigned int uiDataLength, ECCSignature *pucSignature);

/* Signs the 32-byte e with the signing pair at uiISKIndex. SDR_PARDENY: the key has a password and
 * the session no right. */
BERTH_SDF_API int SDF_InternalSign_ECC(void *hSessionHandle, unsigned int uiISKIndex,
                                       unsigned char *pucData, unsigned int uiDataLength,
                                       ECCSignature *pucSignature);

BERTH_SDF_API int SDF_InternalVerify_ECC(void *hSessionHandle, unsigned int uiIPKIndex,
                                         unsigned char *pucData, unsigned int uiDataLength,
                                         ECCSignature *pucSignature);

/* SM2 encryption, uiAlgID SGD_SM2_3; pucEncData needs room for uiDataLength bytes in C. */
BERTH_SDF_API int SDF_ExternalEncrypt_ECC(void *hSessionHandle, unsigned int uiAlgID,
                                          ECCrefPublicKey *pucPublicKey, unsigned char *pucData,
                                          unsigned int uiDataLength, ECCCipher *pucEncData);

/* Not in the standard; the form with an algorithm argument is the most common among cards. Both use
 * the encryption pair. */
BERTH_SDF_API int SDF_InternalEncrypt_ECC(void *hSessionHandle, unsigned int uiIPKIndex,
                                          unsigned int uiAlgID, unsigned char *pucData,
                                          unsigned int uiDataLength, ECCCipher *pucEncData);

/* pucData needs room for pucEncData->L bytes; *puiDataLength is only written. SDR_ENCDATAERR: not a
 * ciphertext for this key. */
BERTH_SDF_API int SDF_InternalDecrypt_ECC(void *hSessionHandle, unsigned int uiISKIndex,
                                          unsigned int uiAlgID, ECCCipher *pucEncData,
                                          unsigned char *pucData, unsigned int *puiDataLength);

/* --- 6.5 symmetric operations
 * --------------------------------------------------------------------------------- */

/*
 * SM4 in the mode of uiAlgID. There is no padding: for ECB and CBC the length is a multiple of 16.
 * pucIV (16 bytes; ignored for ECB) is replaced by the one that continues the stream, which holds
 * after whole blocks only. The output is as long as the input and may be the same buffer; its
 * length is only written.
 */
BERTH_SDF_API int SDF_Encrypt(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                              unsigned char *pucIV, unsigned char *pucData,
                              unsigned int uiDataLength, unsigned char *pucEncData,
                              unsigned int *puiEncDataLength);
BERTH_SDF_API int SDF_Decrypt(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                              unsigned char *pucIV, unsigned char *pucEncData,
                              unsigned int uiEncDataLength, unsigned char *pucData,
                              unsigned int *puiDataLength);

/*
 * SGD_SM4_MAC: the last block of SM4-CBC over whole blocks, 16 bytes; pucIV is replaced by it, so
 * that a long message can be fed in pieces. SGD_SM3: HMAC-SM3 under the session key, 32 bytes;
 * pucIV is ignored.
 */
BERTH_SDF_API int SDF_CalculateMAC(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                                   unsigned char *pucIV, unsigned char *pucData,
                                   unsigned int uiDataLength, unsigned char *pucMAC,
                                   unsigned int *puiMACLength);

/* --- 6.6 hash operations
 * -------------------------------------------------------------------------------------- */

/*
 * One running hash per session; a second HashInit starts over. With a public key and an id the hash
 * begins with Z, so that the result is the e that SM2 signs; with NULL it is the plain hash:
 * SGD_SM3, SGD_SHA1, SGD_SHA256.
 */
BERTH_SDF_API int SDF_HashInit(void *hSessionHandle, unsigned int uiAlgID,
                               ECCrefPublicKey *pucPublicKey, unsigned char *pucID,
                               unsigned int uiIDLength);
/* SDR_STEPERR: no HashInit before. */
BERTH_SDF_API int SDF_HashUpdate(void *hSessionHandle, unsigned char *pucData,
                                 unsigned int uiDataLength);
/* As many bytes as the hash has; *puiHashLength is only written. */
BERTH_SDF_API int SDF_HashFinal(void *hSessionHandle, unsigned char *pucHash,
                                unsigned int *puiHashLength);

#ifdef __cplusplus
}
#endif

#include <berth/sdf_2023.h>
#include <berth/sdf_annex.h>
#include <berth/sdf_exchange.h>
#include <berth/sdf_rsa.h>
#include <berth/sdf_test_only.h>

#endif
