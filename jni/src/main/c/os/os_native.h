/* SPDX-License-Identifier: Apache-2.0 */
/* What the operating-system natives share: their names, and the one way in which they report. */
#ifndef BERTH_OS_NATIVE_H
#define BERTH_OS_NATIVE_H

#include <errno.h>
#include <jni.h>
#include <stdint.h>

#define OS_NATIVE(type, class_name, method)                                                        \
    JNIEXPORT type JNICALL Java_io_berth_jni_os_##class_name##_##method

/* A system call's result as Java gets it: the value, or the negated errno. */
static inline jint value_or_errno(long result) {
    return result < 0 ? -errno : (jint)result;
}

static inline void *pointer(jlong address) {
    return (void *)(uintptr_t)address;
}

#endif
