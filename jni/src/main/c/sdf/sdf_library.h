/* SPDX-License-Identifier: Apache-2.0 */
/* One vendor's library, loaded: the functions that it has. */
#ifndef BERTH_SDF_LIBRARY_H
#define BERTH_SDF_LIBRARY_H

#include <jni.h>
#include <stdint.h>

#include <berth/sdf.h>

#define SDF_NATIVE(type, method) JNIEXPORT type JNICALL Java_io_berth_jni_sdf_SdfNatives_##method

/* The functions that are called. */
#define SDF_CALLED(X)                                                                              \
    X(OpenDevice)                                                                                  \
    X(CloseDevice)                                                                                 \
    X(OpenSession)                                                                                 \
    X(CloseSession)                                                                                \
    X(GetDeviceInfo)                                                                               \
    X(GenerateRandom)                                                                              \
    X(GetPrivateKeyAccessRight)                                                                    \
    X(ReleasePrivateKeyAccessRight)                                                                \
    X(ExportSignPublicKey_ECC)                                                                     \
    X(ExportEncPublicKey_ECC)                                                                      \
    X(GenerateKeyWithIPK_ECC)                                                                      \
    X(GenerateKeyWithEPK_ECC)                                                                      \
    X(ImportKeyWithISK_ECC)                                                                        \
    X(GenerateKeyWithKEK)                                                                          \
    X(ImportKeyWithKEK)                                                                            \
    X(DestroyKey)                                                                                  \
    X(ExternalVerify_ECC)                                                                          \
    X(InternalSign_ECC)                                                                            \
    X(InternalVerify_ECC)                                                                          \
    X(ExternalEncrypt_ECC)                                                                         \
    X(InternalEncrypt_ECC)                                                                         \
    X(InternalDecrypt_ECC)                                                                         \
    X(Encrypt)                                                                                     \
    X(Decrypt)                                                                                     \
    X(CalculateMAC)                                                                                \
    X(HashInit)                                                                                    \
    X(HashUpdate)                                                                                  \
    X(HashFinal)

/* The rest of the 2012 edition: only reported. */
#define SDF_REPORTED(X)                                                                            \
    X(ExportSignPublicKey_RSA)                                                                     \
    X(ExportEncPublicKey_RSA)                                                                      \
    X(GenerateKeyPair_RSA)                                                                         \
    X(GenerateKeyWithIPK_RSA)                                                                      \
    X(GenerateKeyWithEPK_RSA)                                                                      \
    X(ImportKeyWithISK_RSA)                                                                        \
    X(ExchangeDigitEnvelopeBaseOnRSA)                                                              \
    X(GenerateKeyPair_ECC)                                                                         \
    X(GenerateAgreementDataWithECC)                                                                \
    X(GenerateKeyWithECC)                                                                          \
    X(GenerateAgreementDataAndKeyWithECC)                                                          \
    X(ExchangeDigitEnvelopeBaseOnECC)                                                              \
    X(ExternalPublicKeyOperation_RSA)                                                              \
    X(InternalPublicKeyOperation_RSA)                                                              \
    X(InternalPrivateKeyOperation_RSA)                                                             \
    X(CreateFile)                                                                                  \
    X(ReadFile)                                                                                    \
    X(WriteFile)                                                                                   \
    X(DeleteFile)

struct sdf_library {
    void *loaded;
#define SDF_MEMBER(name) __typeof__(SDF_##name) *name;
    SDF_CALLED(SDF_MEMBER)
#undef SDF_MEMBER
};

static inline const struct sdf_library *sdf_library(jlong library) {
    return (const struct sdf_library *)(uintptr_t)library;
}

#endif
