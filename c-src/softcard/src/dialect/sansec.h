/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface of Sansec's cards (swsds.h of 2009 and 2015): numbers of 32 bytes, another order in
 * a ciphertext, which has room for 136 bytes of data, and other numbers for algorithms. The family
 * 0x400, SM4 to all other cards, is AES here. Codes are unsigned.
 */
#ifndef BERTH_SOFTCARD_SANSEC_H
#define BERTH_SOFTCARD_SANSEC_H

#include "dialect/dialect.h"

enum {
    SANSEC_NUMBER_BYTES = 32,
    SANSEC_CIPHER_BYTES = 136,
    SANSEC_AES = 0x400,
    SANSEC_SM4 = 0x2000,
    SANSEC_SM2_SIGN = 0x20100,
    SANSEC_SM2_ENCRYPT = 0x20400,
    SANSEC_FAMILY_MASK = ~0xFF,
};

#pragma pack(push, 1)

/* 68 bytes. */
struct sansec_public_key {
    unsigned int bits;
    unsigned char x[SANSEC_NUMBER_BYTES];
    unsigned char y[SANSEC_NUMBER_BYTES];
};

/* 236 bytes. */
struct sansec_cipher {
    int clength;
    unsigned char x[SANSEC_NUMBER_BYTES];
    unsigned char y[SANSEC_NUMBER_BYTES];
    unsigned char C[SANSEC_CIPHER_BYTES];
    unsigned char M[SANSEC_NUMBER_BYTES];
};

/* 64 bytes. */
struct sansec_signature {
    unsigned char r[SANSEC_NUMBER_BYTES];
    unsigned char s[SANSEC_NUMBER_BYTES];
};

#pragma pack(pop)

unsigned sansec_GetDeviceInfo(void *session, DEVICEINFO *info) EXPORTED_AS(GetDeviceInfo);

unsigned sansec_ExportSignPublicKey_ECC(void *session, unsigned index,
                                        struct sansec_public_key *key)
    EXPORTED_AS(ExportSignPublicKey_ECC);
unsigned sansec_ExportEncPublicKey_ECC(void *session, unsigned index, struct sansec_public_key *key)
    EXPORTED_AS(ExportEncPublicKey_ECC);
unsigned sansec_GenerateKeyWithIPK_ECC(void *session, unsigned index, unsigned bits,
                                       struct sansec_cipher *wrapped, void **key)
    EXPORTED_AS(GenerateKeyWithIPK_ECC);
unsigned sansec_GenerateKeyWithEPK_ECC(void *session, unsigned bits, unsigned algorithm,
                                       struct sansec_public_key *public_key,
                                       struct sansec_cipher *wrapped, void **key)
    EXPORTED_AS(GenerateKeyWithEPK_ECC);
unsigned sansec_ImportKeyWithISK_ECC(void *session, unsigned index, struct sansec_cipher *wrapped,
                                     void **key) EXPORTED_AS(ImportKeyWithISK_ECC);
unsigned sansec_GenerateKeyWithKEK(void *session, unsigned bits, unsigned algorithm, unsigned kek,
                                   unsigned char *wrapped, unsigned *wrapped_bytes, void **key)
    EXPORTED_AS(GenerateKeyWithKEK);
unsigned sansec_ImportKeyWithKEK(void *session, unsigned algorithm, unsigned kek,
                                 unsigned char *wrapped, unsigned bytes, void **key)
    EXPORTED_AS(ImportKeyWithKEK);

unsigned sansec_ExternalVerify_ECC(void *session, unsigned algorithm, struct sansec_public_key *key,
                                   unsigned char *e, unsigned bytes,
                                   struct sansec_signature *signature)
    EXPORTED_AS(ExternalVerify_ECC);
unsigned sansec_InternalSign_ECC(void *session, unsigned index, unsigned char *e, unsigned bytes,
                                 struct sansec_signature *signature) EXPORTED_AS(InternalSign_ECC);
unsigned sansec_InternalVerify_ECC(void *session, unsigned index, unsigned char *e, unsigned bytes,
                                   struct sansec_signature *signature)
    EXPORTED_AS(InternalVerify_ECC);
/* SDR_INARGERR beyond 136 bytes of data. */
unsigned sansec_ExternalEncrypt_ECC(void *session, unsigned algorithm,
                                    struct sansec_public_key *key, unsigned char *data,
                                    unsigned bytes, struct sansec_cipher *cipher)
    EXPORTED_AS(ExternalEncrypt_ECC);
unsigned sansec_InternalEncrypt_ECC(void *session, unsigned index, unsigned algorithm,
                                    unsigned char *data, unsigned bytes,
                                    struct sansec_cipher *cipher) EXPORTED_AS(InternalEncrypt_ECC);
unsigned sansec_InternalDecrypt_ECC(void *session, unsigned index, unsigned algorithm,
                                    struct sansec_cipher *cipher, unsigned char *data,
                                    unsigned *bytes) EXPORTED_AS(InternalDecrypt_ECC);

unsigned sansec_Encrypt(void *session, void *key, unsigned algorithm, unsigned char *iv,
                        unsigned char *in, unsigned bytes, unsigned char *out, unsigned *out_bytes)
    EXPORTED_AS(Encrypt);
unsigned sansec_Decrypt(void *session, void *key, unsigned algorithm, unsigned char *iv,
                        unsigned char *in, unsigned bytes, unsigned char *out, unsigned *out_bytes)
    EXPORTED_AS(Decrypt);
unsigned sansec_CalculateMAC(void *session, void *key, unsigned algorithm, unsigned char *iv,
                             unsigned char *data, unsigned bytes, unsigned char *mac,
                             unsigned *mac_bytes) EXPORTED_AS(CalculateMAC);

unsigned sansec_HashInit(void *session, unsigned algorithm, struct sansec_public_key *key,
                         unsigned char *id, unsigned id_bytes) EXPORTED_AS(HashInit);

#endif
