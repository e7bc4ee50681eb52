/* SPDX-License-Identifier: Apache-2.0 */
/* One vendor's library, loaded: the functions that it has, and in which shape they are called. */
#ifndef BERTH_SDF_LIBRARY_H
#define BERTH_SDF_LIBRARY_H

#include <jni.h>
#include <stdint.h>

#include <berth/sdf.h>

#include "sdf/further_functions.h"
#include "sdf/shape.h"

#define SDF_NATIVE(type, method) JNIEXPORT type JNICALL Java_io_berth_jni_sdf_SdfNatives_##method
/* The same of a group's own class of native methods. */
#define SDF_GROUP_NATIVE(type, group, method)                                                      \
    JNIEXPORT type JNICALL Java_io_berth_jni_sdf_##group##Natives_##method

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

struct sdf_library {
    void *loaded;
    struct sdf_shape shape;
#define SDF_MEMBER(name) __typeof__(SDF_##name) *name;
    SDF_CALLED(SDF_MEMBER)
    SDF_FURTHER(SDF_MEMBER)
#undef SDF_MEMBER
};

static inline const struct sdf_library *sdf_library(jlong library) {
    return (const struct sdf_library *)(uintptr_t)library;
}

#endif
