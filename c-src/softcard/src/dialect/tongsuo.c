/* SPDX-License-Identifier: Apache-2.0 */
/* As Tongsuo's SDF methods call a card: the operations of an index's encryption pair name no
 * algorithm. */
#include "dialect/dialect.h"

CORE(InternalEncrypt_ECC);
CORE(InternalDecrypt_ECC);

int tongsuo_InternalEncrypt_ECC(void *session, unsigned int index, unsigned char *data,
                                unsigned int bytes, ECCCipher *cipher)
    EXPORTED_AS(InternalEncrypt_ECC);
int tongsuo_InternalDecrypt_ECC(void *session, unsigned int index, ECCCipher *cipher,
                                unsigned char *data, unsigned int *bytes)
    EXPORTED_AS(InternalDecrypt_ECC);

int tongsuo_InternalEncrypt_ECC(void *session, unsigned int index, unsigned char *data,
                                unsigned int bytes, ECCCipher *cipher) {
    return core_InternalEncrypt_ECC(session, index, SGD_SM2_3, data, bytes, cipher);
}

int tongsuo_InternalDecrypt_ECC(void *session, unsigned int index, ECCCipher *cipher,
                                unsigned char *data, unsigned int *bytes) {
    return core_InternalDecrypt_ECC(session, index, SGD_SM2_3, cipher, data, bytes);
}
