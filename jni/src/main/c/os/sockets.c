/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_native.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

/* The kernel's own limit for one message (SCM_MAX_FD). */
#define DESCRIPTORS_MAX 253

union control_buffer {
    struct cmsghdr alignment;
    char bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS_MAX)];
};

/* Returns the address's length, or a negated errno. */
static int fill_address(JNIEnv *env, jbyteArray path, struct sockaddr_un *address) {
    jsize length = (*env)->GetArrayLength(env, path);
    if (length <= 0) {
        return -EINVAL; /* An empty path would ask the kernel for an abstract name of its choice. */
    }
    if ((size_t)length >= sizeof address->sun_path) {
        return -ENAMETOOLONG;
    }
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    (*env)->GetByteArrayRegion(env, path, 0, length, (jbyte *)address->sun_path);
    return (int)(offsetof(struct sockaddr_un, sun_path) + (size_t)length + 1);
}

static int close_with(int fd, int error) {
    close(fd);
    return -error;
}

OS_NATIVE(jint, Sockets, listen0)
(JNIEnv *env, jclass c, jbyteArray path, jint backlog, jint mode) {
    struct sockaddr_un address;
    int length = fill_address(env, path, &address);
    if (length < 0) {
        return length;
    }
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    /* Linux makes the file with the socket's own mode less the umask, so that it is never wider
       than asked for; the chmod then undoes the umask. Nobody can connect before the listen. */
    if (fchmod(fd, (mode_t)mode) < 0 ||
        bind(fd, (struct sockaddr *)&address, (socklen_t)length) < 0) {
        return close_with(fd, errno);
    }
    if (chmod(address.sun_path, (mode_t)mode) < 0 || listen(fd, backlog) < 0) {
        int error = errno;
        unlink(address.sun_path);
        return close_with(fd, error);
    }
    return fd;
}

OS_NATIVE(jint, Sockets, connect0)(JNIEnv *env, jclass c, jbyteArray path) {
    struct sockaddr_un address;
    int length = fill_address(env, path, &address);
    if (length < 0) {
        return length;
    }
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    if (connect(fd, (struct sockaddr *)&address, (socklen_t)length) < 0) {
        return close_with(fd, errno);
    }
    return fd;
}

OS_NATIVE(jint, Sockets, accept)(JNIEnv *env, jclass c, jint fd) {
    return value_or_errno(accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

OS_NATIVE(jint, Sockets, pair)(JNIEnv *env, jclass c, jintArray both) {
    int fds[2];
    if ((*env)->GetArrayLength(env, both) < 2) {
        return -EINVAL;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0) {
        return -errno;
    }
    (*env)->SetIntArrayRegion(env, both, 0, 2, fds);
    return 0;
}

OS_NATIVE(jint, Sockets, send)
(JNIEnv *env, jclass c, jint fd, jlong address, jint bytes, jintArray descriptors, jint count) {
    union control_buffer control;
    struct iovec part = {.iov_base = pointer(address), .iov_len = (size_t)bytes};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (bytes < 0 || count < 0 || count > DESCRIPTORS_MAX ||
        (count > 0 && (descriptors == NULL || (*env)->GetArrayLength(env, descriptors) < count))) {
        return -EINVAL;
    }
    if (count > 0) {
        size_t payload = sizeof(int) * (size_t)count;
        memset(&control, 0, CMSG_SPACE(payload));
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(payload);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(payload);
        (*env)->GetIntArrayRegion(env, descriptors, 0, count, (jint *)CMSG_DATA(header));
    }
    return value_or_errno(sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
}

static int collect_descriptors(struct msghdr *message, int *fds) {
    int count = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
            int here = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            memcpy(fds + count, CMSG_DATA(header), sizeof(int) * (size_t)here);
            count += here;
        }
    }
    return count;
}

OS_NATIVE(jlong, Sockets, receive)
(JNIEnv *env, jclass c, jint fd, jlong address, jint capacity, jintArray descriptors) {
    union control_buffer control;
    int fds[DESCRIPTORS_MAX + 1];
    struct iovec part = {.iov_base = pointer(address), .iov_len = (size_t)capacity};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    int room = descriptors == NULL ? 0 : (*env)->GetArrayLength(env, descriptors);
    if (capacity < 0) {
        return -EINVAL;
    }
    if (room > DESCRIPTORS_MAX) {
        room = DESCRIPTORS_MAX;
    }
    if (room > 0) {
        message.msg_control = &control;
        /* CMSG_LEN, not CMSG_SPACE: its rounding up would let one descriptor too many in. */
        message.msg_controllen = CMSG_LEN(sizeof(int) * (size_t)room);
    }
    ssize_t bytes = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (bytes < 0) {
        return -errno;
    }
    int count = room > 0 ? collect_descriptors(&message, fds) : 0;
    int error = 0;
    if (message.msg_flags & MSG_CTRUNC) {
        error = EPROTO;
    } else if (message.msg_flags & MSG_TRUNC) {
        error = EMSGSIZE;
    }
    /* An empty packet reads like the end of the connection and is reported as it; what came with
       it must not stay open. */
    if (error != 0 || bytes == 0) {
        for (int i = 0; i < count; i++) {
            close(fds[i]);
        }
        return -error;
    }
    if (count > 0) {
        (*env)->SetIntArrayRegion(env, descriptors, 0, count, fds);
    }
    return (jlong)count << 32 | bytes;
}

OS_NATIVE(jint, Sockets, peerCredentials0)(JNIEnv *env, jclass c, jint fd, jintArray uidGidPid) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) {
        return -errno;
    }
    jint values[3] = {(jint)peer.uid, (jint)peer.gid, (jint)peer.pid};
    (*env)->SetIntArrayRegion(env, uidGidPid, 0, 3, values);
    return 0;
}

/* Returns how many groups there are; they are filled in only if all of them fit. */
OS_NATIVE(jint, Sockets, peerGroups0)(JNIEnv *env, jclass c, jint fd, jintArray groups) {
    jsize room = (*env)->GetArrayLength(env, groups);
    socklen_t length = (socklen_t)((size_t)room * sizeof(gid_t));
    gid_t *found = malloc(length > 0 ? length : 1);
    if (found == NULL) {
        return -ENOMEM;
    }
    jint result;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, found, &length) == 0) {
        result = (jint)(length / sizeof(gid_t));
        (*env)->SetIntArrayRegion(env, groups, 0, result, (const jint *)found);
    } else {
        result = errno == ERANGE ? (jint)(length / sizeof(gid_t)) : -errno;
    }
    free(found);
    return result;
}

OS_NATIVE(jint, Sockets, shutdown)(JNIEnv *env, jclass c, jint fd, jint how) {
    return value_or_errno(shutdown(fd, how));
}
