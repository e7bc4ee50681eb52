/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_native.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

OS_NATIVE(jint, ProcessControl, setThreadName0)(JNIEnv *env, jclass c, jbyteArray name) {
    char text[16] = {0}; /* The kernel's limit, with the NUL. */
    jsize length = (*env)->GetArrayLength(env, name);
    (*env)->GetByteArrayRegion(env, name, 0, length < 15 ? length : 15, (jbyte *)text);
    return value_or_errno(prctl(PR_SET_NAME, text));
}

OS_NATIVE(jint, ProcessControl, setDumpable)(JNIEnv *env, jclass c, jboolean dumpable) {
    return value_or_errno(prctl(PR_SET_DUMPABLE, dumpable ? 1L : 0L, 0L, 0L, 0L));
}

OS_NATIVE(jint, ProcessControl, dumpable)(JNIEnv *env, jclass c) {
    return value_or_errno(prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L));
}

OS_NATIVE(jint, ProcessControl, kill)(JNIEnv *env, jclass c, jint pid, jint number) {
    return value_or_errno(kill(pid, number));
}

OS_NATIVE(jint, ProcessControl, limit0)(JNIEnv *env, jclass c, jint resource, jlongArray pair) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) < 0) {
        return -errno;
    }
    jlong values[2] = {(jlong)limit.rlim_cur, (jlong)limit.rlim_max};
    (*env)->SetLongArrayRegion(env, pair, 0, 2, values);
    return 0;
}

OS_NATIVE(jint, ProcessControl, setLimit)
(JNIEnv *env, jclass c, jint resource, jlong soft, jlong hard) {
    struct rlimit limit = {.rlim_cur = (rlim_t)soft, .rlim_max = (rlim_t)hard};
    return value_or_errno(setrlimit(resource, &limit));
}

static jlong nanos_of(struct timeval time) {
    return (jlong)time.tv_sec * 1000000000 + (jlong)time.tv_usec * 1000;
}

OS_NATIVE(jint, ProcessControl, threadUse)(JNIEnv *env, jclass c, jlongArray pair) {
    struct rusage usage;
    if (getrusage(RUSAGE_THREAD, &usage) < 0) {
        return -errno;
    }
    jlong values[2] = {nanos_of(usage.ru_utime) + nanos_of(usage.ru_stime), (jlong)usage.ru_nvcsw};
    (*env)->SetLongArrayRegion(env, pair, 0, 2, values);
    return 0;
}

OS_NATIVE(jint, ProcessControl, uid)(JNIEnv *env, jclass c) {
    return (jint)getuid();
}

OS_NATIVE(jint, ProcessControl, effectiveUid)(JNIEnv *env, jclass c) {
    return (jint)geteuid();
}

OS_NATIVE(jint, ProcessControl, gid)(JNIEnv *env, jclass c) {
    return (jint)getgid();
}

OS_NATIVE(jint, ProcessControl, effectiveGid)(JNIEnv *env, jclass c) {
    return (jint)getegid();
}

OS_NATIVE(jint, ProcessControl, umask)(JNIEnv *env, jclass c, jint mode) {
    return (jint)umask((mode_t)mode);
}
