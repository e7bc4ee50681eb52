/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void put(struct control_writer *writer, const void *value, size_t bytes) {
    if (writer->overflow || writer->capacity - writer->used < bytes) {
        writer->overflow = true;
        return;
    }
    memcpy(writer->bytes + writer->used, value, bytes);
    writer->used += bytes;
}

void control_begin(struct control_writer *writer, uint8_t *bytes, size_t capacity, uint32_t kind,
                   uint64_t token) {
    struct berth_control_header header = {
        .magic = BERTH_CONTROL_MAGIC, .kind = kind, .token = token};
    *writer = (struct control_writer){.bytes = bytes, .capacity = capacity};
    put(writer, &header, sizeof header);
}

void control_u16(struct control_writer *writer, uint16_t value) {
    put(writer, &value, sizeof value);
}

void control_u32(struct control_writer *writer, uint32_t value) {
    put(writer, &value, sizeof value);
}

void control_u64(struct control_writer *writer, uint64_t value) {
    put(writer, &value, sizeof value);
}

void control_str(struct control_writer *writer, const char *text) {
    size_t bytes = strlen(text);
    if (bytes > UINT16_MAX) {
        writer->overflow = true;
        return;
    }
    control_u16(writer, (uint16_t)bytes);
    put(writer, text, bytes);
}

bool control_end(struct control_writer *writer) {
    if (writer->overflow) {
        return false;
    }
    uint32_t body_bytes = (uint32_t)(writer->used - sizeof(struct berth_control_header));
    memcpy(writer->bytes + offsetof(struct berth_control_header, body_bytes), &body_bytes,
           sizeof body_bytes);
    return true;
}

static void take(struct control_reader *reader, void *value, size_t bytes) {
    if (reader->short_body || reader->size - reader->at < bytes) {
        reader->short_body = true;
        memset(value, 0, bytes);
        return;
    }
    memcpy(value, reader->bytes + reader->at, bytes);
    reader->at += bytes;
}

bool control_open(struct control_reader *reader, const uint8_t *bytes, size_t size,
                  struct berth_control_header *header) {
    *reader = (struct control_reader){.bytes = bytes, .size = size};
    take(reader, header, sizeof *header);
    return !reader->short_body && header->magic == BERTH_CONTROL_MAGIC &&
           header->body_bytes == size - sizeof *header;
}

uint16_t control_take_u16(struct control_reader *reader) {
    uint16_t value;
    take(reader, &value, sizeof value);
    return value;
}

uint32_t control_take_u32(struct control_reader *reader) {
    uint32_t value;
    take(reader, &value, sizeof value);
    return value;
}

uint64_t control_take_u64(struct control_reader *reader) {
    uint64_t value;
    take(reader, &value, sizeof value);
    return value;
}

void control_take_str(struct control_reader *reader, char *text, size_t bytes) {
    uint16_t length = control_take_u16(reader);
    text[0] = '\0';
    if (reader->short_body || reader->size - reader->at < length) {
        reader->short_body = true;
        return;
    }
    size_t kept = length < bytes - 1 ? length : bytes - 1;
    memcpy(text, reader->bytes + reader->at, kept);
    text[kept] = '\0';
    for (size_t i = 0; i < kept; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
            text[i] = '?';
        }
    }
    reader->at += length;
}

enum control_io control_send(int socket, const struct control_writer *writer) {
    return control_send_with(socket, writer, NULL, 0);
}

enum control_io control_send_with(int socket, const struct control_writer *writer,
                                  const int *descriptors, size_t count) {
    struct iovec vector = {.iov_base = writer->bytes, .iov_len = writer->used};
    union {
        struct cmsghdr header;
        uint8_t bytes[CMSG_SPACE(sizeof(int) * BERTH_CONTROL_MAX_DESCRIPTORS)];
    } ancillary;
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (count != 0) {
        memset(&ancillary, 0, sizeof ancillary);
        message.msg_control = ancillary.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * count);
    }
    for (;;) {
        if (sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
            return CONTROL_OK;
        }
        if (errno != EINTR) {
            return errno == EAGAIN || errno == ENOBUFS ? CONTROL_LATER : CONTROL_CLOSED;
        }
    }
}

static void take_descriptors(struct msghdr *message, int descriptors[BERTH_CONTROL_MAX_DESCRIPTORS],
                             size_t *count) {
    *count = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t present = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < present; i++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof descriptor);
            if (*count < BERTH_CONTROL_MAX_DESCRIPTORS) {
                descriptors[(*count)++] = descriptor;
            } else {
                close(descriptor);
            }
        }
    }
}

enum control_io control_receive(int socket, uint8_t *bytes, size_t capacity, size_t *size,
                                int descriptors[BERTH_CONTROL_MAX_DESCRIPTORS], size_t *count) {
    struct iovec vector = {.iov_base = bytes, .iov_len = capacity};
    union {
        struct cmsghdr header;
        uint8_t bytes[CMSG_SPACE(sizeof(int) * BERTH_CONTROL_MAX_DESCRIPTORS)];
    } ancillary;
    for (;;) {
        struct msghdr message = {.msg_iov = &vector,
                                 .msg_iovlen = 1,
                                 .msg_control = ancillary.bytes,
                                 .msg_controllen = sizeof ancillary.bytes};
        ssize_t received = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (received < 0) {
            if (errno == EINTR) {
                continue;
            }
            *count = 0;
            return errno == EAGAIN ? CONTROL_LATER : CONTROL_CLOSED;
        }
        take_descriptors(&message, descriptors, count);
        bool truncated = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
        if (received == 0 || truncated) {
            for (size_t i = 0; i < *count; i++) {
                close(descriptors[i]);
            }
            *count = 0;
            errno = truncated ? EPROTO : ECONNRESET;
            return CONTROL_CLOSED;
        }
        *size = (size_t)received;
        return CONTROL_OK;
    }
}
