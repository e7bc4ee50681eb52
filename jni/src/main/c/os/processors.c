/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_native.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(unsigned long) == sizeof(jlong),
               "the kernel's processor mask is made of 64-bit words here");

/* The raw call, because glibc's wrapper hides how many bytes the kernel needs and filled in. */
OS_NATIVE(jint, Processors, affinityMask)(JNIEnv *env, jclass c, jlongArray mask) {
    size_t bytes = (size_t)(*env)->GetArrayLength(env, mask) * sizeof(jlong);
    jlong *words = calloc(1, bytes > 0 ? bytes : 1);
    if (words == NULL) {
        return -ENOMEM;
    }
    long filled = syscall(SYS_sched_getaffinity, 0, bytes, words);
    jint result = value_or_errno(filled);
    if (filled >= 0) {
        (*env)->SetLongArrayRegion(env, mask, 0, (jsize)(bytes / sizeof(jlong)), words);
    }
    free(words);
    return result;
}

OS_NATIVE(jint, Processors, threadId)(JNIEnv *env, jclass c) {
    return (jint)syscall(SYS_gettid);
}

OS_NATIVE(jlong, Processors, monotonicNanos)(JNIEnv *env, jclass c) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now); /* Cannot fail with a clock that every kernel has. */
    return (jlong)now.tv_sec * 1000000000LL + now.tv_nsec;
}
