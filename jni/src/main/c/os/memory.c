/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_native.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* The kernel takes 249 bytes of name; longer ones are its EINVAL, so a cut here would hide that. */
#define MEMFD_NAME_BYTES 512

OS_NATIVE(jint, Memory, memfdCreate0)(JNIEnv *env, jclass c, jbyteArray name, jint flags) {
    char text[MEMFD_NAME_BYTES];
    jsize length = (*env)->GetArrayLength(env, name);
    if (length >= MEMFD_NAME_BYTES) {
        return -ENAMETOOLONG;
    }
    (*env)->GetByteArrayRegion(env, name, 0, length, (jbyte *)text);
    text[length] = '\0';
    /* From kernel 6.3 a memfd can be born without execute permission for good; before, the flag is
       unknown and the call fails with EINVAL. */
    int fd = memfd_create(text, (unsigned)flags | MFD_NOEXEC_SEAL);
    if (fd < 0 && errno == EINVAL) {
        fd = memfd_create(text, (unsigned)flags);
    }
    return value_or_errno(fd);
}

OS_NATIVE(jint, Memory, addSeals)(JNIEnv *env, jclass c, jint fd, jint seals) {
    return value_or_errno(fcntl(fd, F_ADD_SEALS, seals));
}

OS_NATIVE(jint, Memory, seals)(JNIEnv *env, jclass c, jint fd) {
    return value_or_errno(fcntl(fd, F_GET_SEALS));
}

OS_NATIVE(jint, Memory, truncate)(JNIEnv *env, jclass c, jint fd, jlong bytes) {
    return value_or_errno(ftruncate(fd, bytes));
}

/* tmpfs gives back a whole range when a signal arrives while it allocates. In one large call a
   profiler's timer could thus starve it for ever; in pieces it always gets on. */
#define ALLOCATION_STEP_BYTES ((jlong)1 << 20)

OS_NATIVE(jint, Memory, allocate)
(JNIEnv *env, jclass c, jint fd, jlong offset, jlong bytes) {
    if (offset < 0 || bytes <= 0 || offset > LLONG_MAX - bytes) {
        return -EINVAL;
    }
    while (bytes > 0) {
        jlong step = bytes < ALLOCATION_STEP_BYTES ? bytes : ALLOCATION_STEP_BYTES;
        if (fallocate(fd, 0, offset, step) == 0) {
            offset += step;
            bytes -= step;
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

OS_NATIVE(jint, Memory, punchHole)
(JNIEnv *env, jclass c, jint fd, jlong offset, jlong bytes) {
    if (offset < 0 || bytes <= 0) {
        return -EINVAL;
    }
    int result;
    do {
        result = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, bytes);
    } while (result < 0 && errno == EINTR);
    return value_or_errno(result);
}

OS_NATIVE(jint, Memory, changeMode)(JNIEnv *env, jclass c, jint fd, jint mode) {
    return value_or_errno(fchmod(fd, (mode_t)mode));
}

OS_NATIVE(jlong, Memory, size)(JNIEnv *env, jclass c, jint fd) {
    struct stat status;
    return fstat(fd, &status) < 0 ? -(jlong)errno : (jlong)status.st_size;
}

OS_NATIVE(jlong, Memory, map)
(JNIEnv *env, jclass c, jint fd, jlong offset, jlong bytes, jint protection, jboolean populate) {
    if (offset < 0 || bytes <= 0) {
        return -EINVAL;
    }
    void *address = mmap(NULL, (size_t)bytes, protection & (PROT_READ | PROT_WRITE),
                         MAP_SHARED | (populate ? MAP_POPULATE : 0), fd, offset);
    return address == MAP_FAILED ? -(jlong)errno : (jlong)(uintptr_t)address;
}

OS_NATIVE(jint, Memory, unmap)(JNIEnv *env, jclass c, jlong address, jlong bytes) {
    return value_or_errno(munmap(pointer(address), (size_t)bytes));
}

OS_NATIVE(jint, Memory, advise)(JNIEnv *env, jclass c, jlong address, jlong bytes, jint advice) {
    return value_or_errno(madvise(pointer(address), (size_t)bytes, advice));
}

static jint reopen(jint fd, int access) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int copy = open(path, access | O_CLOEXEC);
    /* A closed descriptor has no entry there; say what is wrong, not how it was found out. */
    return copy < 0 && errno == ENOENT ? -EBADF : value_or_errno(copy);
}

OS_NATIVE(jint, Memory, reopenReadOnly)(JNIEnv *env, jclass c, jint fd) {
    return reopen(fd, O_RDONLY);
}

OS_NATIVE(jint, Memory, reopenReadWrite)(JNIEnv *env, jclass c, jint fd) {
    return reopen(fd, O_RDWR);
}

OS_NATIVE(jint, Memory, isOpenElsewhere)(JNIEnv *env, jclass c, jint fd) {
    /* Whoever opens the file while the lease is held makes the kernel send a signal. SIGIO would
       end the process; SIGURG is ignored unless somebody handles it. */
    if (fcntl(fd, F_SETSIG, SIGURG) < 0) {
        return -errno;
    }
    if (fcntl(fd, F_SETLEASE, F_WRLCK) < 0) {
        return errno == EAGAIN ? 1 : -errno;
    }
    return value_or_errno(fcntl(fd, F_SETLEASE, F_UNLCK));
}

OS_NATIVE(jint, Memory, pageBytes0)(JNIEnv *env, jclass c) {
    return (jint)sysconf(_SC_PAGESIZE);
}

OS_NATIVE(void, Memory, wipe)(JNIEnv *env, jclass c, jlong address, jlong bytes) {
    explicit_bzero(pointer(address), (size_t)bytes);
}

OS_NATIVE(jobject, Memory, view0)(JNIEnv *env, jclass c, jlong address, jlong bytes) {
    return (*env)->NewDirectByteBuffer(env, pointer(address), bytes);
}

OS_NATIVE(jlong, Memory, addressOf0)(JNIEnv *env, jclass c, jobject buffer) {
    return (jlong)(uintptr_t)(*env)->GetDirectBufferAddress(env, buffer);
}
