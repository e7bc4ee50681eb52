/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One vendor's PKCS #11 module, loaded, and what all calls into it have in common.
 *
 * Calls return the module's CK_RV, or OUT_OF_BOUNDS for an answer that cannot be: a length beyond
 * the room there was. Java has checked its own arrays; what a module says is checked here.
 */
#ifndef BERTH_PKCS11_MODULE_H
#define BERTH_PKCS11_MODULE_H

#include <jni.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stdint.h>

#include "sdf/scratch.h"

#define P11_NATIVE(type, method)                                                                   \
    JNIEXPORT type JNICALL Java_io_berth_jni_pkcs11_Pkcs11Natives_##method

/* Attributes and parameters travel in Java's byte arrays as the module gets them. */
_Static_assert(sizeof(CK_ULONG) == sizeof(uint64_t), "CK_ULONG is 8 bytes in packed templates");
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "numbers in packed templates are little-endian"
#endif

/* No CK_RV: the module's answer breaks the standard, and its session cannot be relied on. */
#define OUT_OF_BOUNDS ((jlong)-1)

/* More than any answer has; a module that names more is not believed. */
#define ANSWER_BYTES_MAX ((CK_ULONG)1 << 28)

struct p11_module {
    void *loaded;
    const CK_FUNCTION_LIST *functions;
    int version; /* of the interface that is used: (major << 8) | minor */
    int offered; /* the highest that C_GetInterface tells of, or `version` */
};

static inline const struct p11_module *p11_module(jlong module) {
    return (const struct p11_module *)(uintptr_t)module;
}

static inline const CK_FUNCTION_LIST *functions(jlong module) {
    return p11_module(module)->functions;
}

/* A module may leave out what it does not have. */
#define REQUIRE(module, function)                                                                  \
    do {                                                                                           \
        if (functions(module)->function == NULL) {                                                 \
            return (jlong)CKR_FUNCTION_NOT_SUPPORTED;                                              \
        }                                                                                          \
    } while (0)

static inline void put_long(JNIEnv *env, jlongArray to, CK_ULONG value) {
    jlong number = (jlong)value;
    (*env)->SetLongArrayRegion(env, to, 0, 1, &number);
}

/* Hands bytes to Java as element `index` of `to`. False: no memory, and an error is on its way. */
static inline bool put_array(JNIEnv *env, jobjectArray to, jsize index, const unsigned char *from,
                             CK_ULONG length) {
    jbyteArray bytes = (*env)->NewByteArray(env, (jsize)length);
    if (bytes == NULL) {
        return false;
    }
    (*env)->SetByteArrayRegion(env, bytes, 0, (jsize)length, (const jbyte *)from);
    (*env)->SetObjectArrayElement(env, to, index, bytes);
    (*env)->DeleteLocalRef(env, bytes);
    return true;
}

static inline bool put_longs(JNIEnv *env, jobjectArray to, const CK_ULONG *from, CK_ULONG count) {
    jlongArray numbers = (*env)->NewLongArray(env, (jsize)count);
    if (numbers == NULL) {
        return false;
    }
    (*env)->SetLongArrayRegion(env, numbers, 0, (jsize)count, (const jlong *)from);
    (*env)->SetObjectArrayElement(env, to, 0, numbers);
    (*env)->DeleteLocalRef(env, numbers);
    return true;
}

#endif
