/* SPDX-License-Identifier: Apache-2.0 */
/* As openHiTLS' sdf4j calls a card: encryption names no algorithm, decryption a key type, which is
 * that of encryption keys; HMAC-SM3 has a number of its own. */
#include "dialect/dialect.h"

enum { KEY_TYPE_ENCRYPTION = SGD_SM2_3, SM3_HMAC = 0x00100001 };

CORE(InternalEncrypt_ECC);
CORE(InternalDecrypt_ECC);
CORE(CalculateMAC);

int openhitls_InternalEncrypt_ECC(void *session, unsigned int index, unsigned char *data,
                                  unsigned int bytes, ECCCipher *cipher)
    EXPORTED_AS(InternalEncrypt_ECC);
int openhitls_InternalDecrypt_ECC(void *session, unsigned int index, unsigned int key_type,
                                  ECCCipher *cipher, unsigned char *data, unsigned int *bytes)
    EXPORTED_AS(InternalDecrypt_ECC);
int openhitls_CalculateMAC(void *session, void *key, unsigned int algorithm, unsigned char *iv,
                           unsigned char *data, unsigned int bytes, unsigned char *mac,
                           unsigned int *mac_bytes) EXPORTED_AS(CalculateMAC);

int openhitls_InternalEncrypt_ECC(void *session, unsigned int index, unsigned char *data,
                                  unsigned int bytes, ECCCipher *cipher) {
    return core_InternalEncrypt_ECC(session, index, SGD_SM2_3, data, bytes, cipher);
}

int openhitls_InternalDecrypt_ECC(void *session, unsigned int index, unsigned int key_type,
                                  ECCCipher *cipher, unsigned char *data, unsigned int *bytes) {
    if (key_type != KEY_TYPE_ENCRYPTION)
        return SDR_KEYTYPEERR;
    return core_InternalDecrypt_ECC(session, index, SGD_SM2_3, cipher, data, bytes);
}

int openhitls_CalculateMAC(void *session, void *key, unsigned int algorithm, unsigned char *iv,
                           unsigned char *data, unsigned int bytes, unsigned char *mac,
                           unsigned int *mac_bytes) {
    if (algorithm == SGD_SM3)
        return SDR_ALGNOTSUPPORT;
    return core_CalculateMAC(session, key, algorithm == SM3_HMAC ? SGD_SM3 : algorithm, iv, data,
                             bytes, mac, mac_bytes);
}
