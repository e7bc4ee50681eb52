/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf/argument_lists.h"

typedef void any_function(void);
typedef int encrypt_without_third(void *session, unsigned index, unsigned char *data,
                                  unsigned length, ECCCipher *cipher);
typedef int decrypt_without_third(void *session, unsigned index, ECCCipher *cipher,
                                  unsigned char *data, unsigned *length);

int call_internal_encrypt(const struct sdf_library *library, void *session, unsigned index,
                          unsigned algorithm, unsigned char *data, unsigned length,
                          ECCCipher *cipher) {
    if (library->shape.internal_encrypt == THIRD_ABSENT) {
        encrypt_without_third *encrypt =
            (encrypt_without_third *)(any_function *)library->InternalEncrypt_ECC;
        return encrypt(session, index, data, length, cipher);
    }
    return library->InternalEncrypt_ECC(session, index, algorithm, data, length, cipher);
}

int call_internal_decrypt(const struct sdf_library *library, void *session, unsigned index,
                          unsigned algorithm, ECCCipher *cipher, unsigned char *data,
                          unsigned *length) {
    if (library->shape.internal_decrypt == THIRD_ABSENT) {
        decrypt_without_third *decrypt =
            (decrypt_without_third *)(any_function *)library->InternalDecrypt_ECC;
        return decrypt(session, index, cipher, data, length);
    }
    unsigned third = library->shape.internal_decrypt == THIRD_KEY_TYPE
                         ? library->shape.decrypt_key_type
                         : algorithm;
    return library->InternalDecrypt_ECC(session, index, third, cipher, data, length);
}
