/* SPDX-License-Identifier: Apache-2.0 */
/* Which cipher a number of Sansec's means. */
#include "dialect/sansec.h"

#include "dialect/sansec_aes.h"

CORE(GetDeviceInfo);
CORE(GenerateKeyWithKEK);
CORE(ImportKeyWithKEK);
CORE(Encrypt);
CORE(Decrypt);
CORE(CalculateMAC);

enum { UNKNOWN_ALGORITHM = 0 };

static bool is_aes(unsigned algorithm) {
    return (algorithm & SANSEC_FAMILY_MASK) == SANSEC_AES;
}

static unsigned mode_of(unsigned algorithm) {
    return algorithm & ~(unsigned)SANSEC_FAMILY_MASK;
}

/* Sansec's SM4 as the core's; any other number is unknown there. */
static unsigned sm4(unsigned algorithm) {
    return (algorithm & SANSEC_FAMILY_MASK) == SANSEC_SM4 ? SGD_SM4 | mode_of(algorithm)
                                                          : UNKNOWN_ALGORITHM;
}

unsigned sansec_GetDeviceInfo(void *session, DEVICEINFO *info) {
    int status = core_GetDeviceInfo(session, info);
    if (status == SDR_OK) {
        info->AsymAlgAbility[0] = SANSEC_SM2_SIGN | SANSEC_SM2_ENCRYPT;
        info->AsymAlgAbility[1] = 256;
        info->SymAlgAbility =
            SANSEC_AES | SANSEC_SM4 | SGD_ECB | SGD_CBC | SGD_CFB | SGD_OFB | SGD_MAC | SGD_CTR;
        info->HashAlgAbility = SGD_SM3;
    }
    return (unsigned)status;
}

unsigned sansec_GenerateKeyWithKEK(void *session, unsigned bits, unsigned algorithm, unsigned kek,
                                   unsigned char *wrapped, unsigned *wrapped_bytes, void **key) {
    if (is_aes(algorithm))
        return aes_generate_under_kek(session, bits, mode_of(algorithm), kek, wrapped,
                                      wrapped_bytes, key);
    return (unsigned)core_GenerateKeyWithKEK(session, bits, sm4(algorithm), kek, wrapped,
                                             wrapped_bytes, key);
}

unsigned sansec_ImportKeyWithKEK(void *session, unsigned algorithm, unsigned kek,
                                 unsigned char *wrapped, unsigned bytes, void **key) {
    if (is_aes(algorithm))
        return aes_import_under_kek(session, mode_of(algorithm), kek, wrapped, bytes, key);
    return (unsigned)core_ImportKeyWithKEK(session, sm4(algorithm), kek, wrapped, bytes, key);
}

unsigned sansec_Encrypt(void *session, void *key, unsigned algorithm, unsigned char *iv,
                        unsigned char *in, unsigned bytes, unsigned char *out,
                        unsigned *out_bytes) {
    if (is_aes(algorithm))
        return aes_cipher(session, true, key, mode_of(algorithm), iv, in, bytes, out, out_bytes);
    return (unsigned)core_Encrypt(session, key, sm4(algorithm), iv, in, bytes, out, out_bytes);
}

unsigned sansec_Decrypt(void *session, void *key, unsigned algorithm, unsigned char *iv,
                        unsigned char *in, unsigned bytes, unsigned char *out,
                        unsigned *out_bytes) {
    if (is_aes(algorithm))
        return aes_cipher(session, false, key, mode_of(algorithm), iv, in, bytes, out, out_bytes);
    return (unsigned)core_Decrypt(session, key, sm4(algorithm), iv, in, bytes, out, out_bytes);
}

unsigned sansec_CalculateMAC(void *session, void *key, unsigned algorithm, unsigned char *iv,
                             unsigned char *data, unsigned bytes, unsigned char *mac,
                             unsigned *mac_bytes) {
    if (is_aes(algorithm) && mode_of(algorithm) == SGD_MAC)
        return aes_mac(session, key, iv, data, bytes, mac, mac_bytes);
    return (unsigned)core_CalculateMAC(session, key,
                                       algorithm == SGD_SM3 ? SGD_SM3 : sm4(algorithm), iv, data,
                                       bytes, mac, mac_bytes);
}
