/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the control socket (docs/PROTOCOL.md, 1): building, taking apart, sending and
 * receiving with descriptors. */
#ifndef BERTH_CLIENT_CONTROL_H
#define BERTH_CLIENT_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#include <berth/protocol.h>

/* Of what this client says: its names are short. What it hears may be as long as a datagram. */
#define CONTROL_BUFFER_BYTES 8192

struct control_writer {
    uint8_t *bytes;
    size_t capacity;
    size_t used;
    bool overflow;
};

void control_begin(struct control_writer *writer, uint8_t *bytes, size_t capacity, uint32_t kind,
                   uint64_t token);
void control_u16(struct control_writer *writer, uint16_t value);
void control_u32(struct control_writer *writer, uint32_t value);
void control_u64(struct control_writer *writer, uint64_t value);
void control_str(struct control_writer *writer, const char *text);
/* Fills in the body's size; false if it did not fit. */
bool control_end(struct control_writer *writer);

struct control_reader {
    const uint8_t *bytes;
    size_t size;
    size_t at;
    bool short_body;
};

/* Checks the header; false if the datagram is not a message of this protocol. */
bool control_open(struct control_reader *reader, const uint8_t *bytes, size_t size,
                  struct berth_control_header *header);
uint16_t control_take_u16(struct control_reader *reader);
uint32_t control_take_u32(struct control_reader *reader);
uint64_t control_take_u64(struct control_reader *reader);
/* Copies a str, cut to what fits, terminated, control characters replaced (it ends up in logs). */
void control_take_str(struct control_reader *reader, char *text, size_t bytes);

enum control_io { CONTROL_OK, CONTROL_LATER, CONTROL_CLOSED };

enum control_io control_send(int socket, const struct control_writer *writer);
/* Sends descriptors as well; what the client never does, but its tests' peer. */
enum control_io control_send_with(int socket, const struct control_writer *writer,
                                  const int *descriptors, size_t count);
/*
 * Receives one datagram without waiting. descriptors gets *count close-on-exec descriptors, which
 * the caller owns. A truncated datagram or descriptor list counts as CONTROL_CLOSED with errno
 * EPROTO.
 */
enum control_io control_receive(int socket, uint8_t *bytes, size_t capacity, size_t *size,
                                int descriptors[BERTH_CONTROL_MAX_DESCRIPTORS], size_t *count);

#endif
