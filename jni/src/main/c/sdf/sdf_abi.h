/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device interface of GM/T 0018-2012 as a card's library exports it: packed structures,
 * integers in host order, big numbers big-endian and right-aligned in fields of 64 bytes. Nothing
 * here is linked: the prototypes only give types to what is found by name at run time.
 *
 * H session, u unsigned int, b byte. In and out lengths are as the standard has them; what a card
 * really reads and writes is not to be trusted (see calls.h).
 */
#ifndef BERTH_SDF_ABI_H
#define BERTH_SDF_ABI_H

/* Return codes, annex A; those that this side gives itself. */
#define SDR_OK 0x00000000
#define SDR_NOTSUPPORT 0x01000002
#define SDR_NOBUFFER 0x0100001C
#define SDR_INARGERR 0x0100001D
#define SDR_OUTARGERR 0x0100001E

#define ECCref_MAX_LEN 64

#pragma pack(push, 1)

/* 5.1, 100 bytes. Texts are padded with zeros and not always terminated. */
typedef struct DeviceInfo_st {
    unsigned char IssuerName[40];
    unsigned char DeviceName[16];
    unsigned char DeviceSerial[16];
    unsigned int DeviceVersion;
    unsigned int StandardVersion;
    unsigned int AsymAlgAbility[2];
    unsigned int SymAlgAbility;
    unsigned int HashAlgAbility;
    unsigned int BufferSize;
} DEVICEINFO;

/* 5.3, 132 bytes. */
typedef struct ECCrefPublicKey_st {
    unsigned int bits;
    unsigned char x[ECCref_MAX_LEN];
    unsigned char y[ECCref_MAX_LEN];
} ECCrefPublicKey;

/* 5.4, 164 + L bytes: C1 | C3 | C2. */
typedef struct ECCCipher_st {
    unsigned char x[ECCref_MAX_LEN];
    unsigned char y[ECCref_MAX_LEN];
    unsigned char M[32];
    unsigned int L;
    unsigned char C[1];
} ECCCipher;

/* 5.5, 128 bytes. */
typedef struct ECCSignature_st {
    unsigned char r[ECCref_MAX_LEN];
    unsigned char s[ECCref_MAX_LEN];
} ECCSignature;

#pragma pack(pop)

/* 6.2 device management */
int SDF_OpenDevice(void **device);
int SDF_CloseDevice(void *device);
int SDF_OpenSession(void *device, void **session);
int SDF_CloseSession(void *session);
int SDF_GetDeviceInfo(void *session, DEVICEINFO *info);
int SDF_GenerateRandom(void *session, unsigned int length, unsigned char *random);
int SDF_GetPrivateKeyAccessRight(void *session, unsigned int index, unsigned char *password,
                                 unsigned int length);
int SDF_ReleasePrivateKeyAccessRight(void *session, unsigned int index);

/* 6.3 key management */
int SDF_ExportSignPublicKey_ECC(void *session, unsigned int index, ECCrefPublicKey *key);
int SDF_ExportEncPublicKey_ECC(void *session, unsigned int index, ECCrefPublicKey *key);
int SDF_GenerateKeyWithIPK_ECC(void *session, unsigned int index, unsigned int bits,
                               ECCCipher *wrapped, void **key);
int SDF_GenerateKeyWithEPK_ECC(void *session, unsigned int bits, unsigned int algorithm,
                               ECCrefPublicKey *public_key, ECCCipher *wrapped, void **key);
int SDF_ImportKeyWithISK_ECC(void *session, unsigned int index, ECCCipher *wrapped, void **key);
int SDF_GenerateKeyWithKEK(void *session, unsigned int bits, unsigned int algorithm,
                           unsigned int kek_index, unsigned char *wrapped, unsigned int *length,
                           void **key);
int SDF_ImportKeyWithKEK(void *session, unsigned int algorithm, unsigned int kek_index,
                         unsigned char *wrapped, unsigned int length, void **key);
int SDF_DestroyKey(void *session, void *key);

/* 6.4 asymmetric operations; the Internal pair is common among cards but not in the standard, and
   here in the form with an algorithm argument. */
int SDF_ExternalVerify_ECC(void *session, unsigned int algorithm, ECCrefPublicKey *key,
                           unsigned char *data, unsigned int length, ECCSignature *signature);
int SDF_InternalSign_ECC(void *session, unsigned int index, unsigned char *data,
                         unsigned int length, ECCSignature *signature);
int SDF_InternalVerify_ECC(void *session, unsigned int index, unsigned char *data,
                           unsigned int length, ECCSignature *signature);
int SDF_ExternalEncrypt_ECC(void *session, unsigned int algorithm, ECCrefPublicKey *key,
                            unsigned char *data, unsigned int length, ECCCipher *cipher);
int SDF_InternalEncrypt_ECC(void *session, unsigned int index, unsigned int algorithm,
                            unsigned char *data, unsigned int length, ECCCipher *cipher);
int SDF_InternalDecrypt_ECC(void *session, unsigned int index, unsigned int algorithm,
                            ECCCipher *cipher, unsigned char *data, unsigned int *length);

/* 6.5 symmetric operations */
int SDF_Encrypt(void *session, void *key, unsigned int algorithm, unsigned char *iv,
                unsigned char *in, unsigned int in_length, unsigned char *out,
                unsigned int *out_length);
int SDF_Decrypt(void *session, void *key, unsigned int algorithm, unsigned char *iv,
                unsigned char *in, unsigned int in_length, unsigned char *out,
                unsigned int *out_length);
int SDF_CalculateMAC(void *session, void *key, unsigned int algorithm, unsigned char *iv,
                     unsigned char *in, unsigned int in_length, unsigned char *mac,
                     unsigned int *mac_length);

/* 6.6 hash operations */
int SDF_HashInit(void *session, unsigned int algorithm, ECCrefPublicKey *key, unsigned char *id,
                 unsigned int id_length);
int SDF_HashUpdate(void *session, unsigned char *data, unsigned int length);
int SDF_HashFinal(void *session, unsigned char *hash, unsigned int *length);

#endif
