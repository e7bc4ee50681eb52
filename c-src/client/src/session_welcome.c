/* SPDX-License-Identifier: Apache-2.0 */
/* WELCOME: what the broker offers is checked before any of it is used. */
#include "connection.h"

#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "doorbell.h"

#define LONGEST_YIELD_MICROS 1000

static bool welcome_adopt(struct berth_conn *connection, struct session *session,
                          struct control_reader *reader, const int *descriptors, size_t count,
                          const char **why) {
    uint16_t major = control_take_u16(reader);
    session->minor = control_take_u16(reader);
    session->number = control_take_u64(reader);
    session->broker_epoch = control_take_u64(reader);
    session->clock_offset_nanos =
        clock_offset(session->hello_nanos, control_take_u64(reader), clock_nanos());
    uint32_t request_ring_bytes = control_take_u32(reader);
    uint32_t response_ring_bytes = control_take_u32(reader);
    uint32_t max_inline_bytes = control_take_u32(reader);
    uint32_t max_in_flight = control_take_u32(reader);
    uint32_t yield_micros = control_take_u32(reader);
    if (reader->short_body || major != BERTH_PROTOCOL_MAJOR) {
        *why = "WELCOME is short or of another major version";
        return false;
    }
    if (count != BERTH_WELCOME_DESCRIPTORS) {
        *why = "WELCOME came without its four descriptors";
        return false;
    }
    if (!region_map(&session->mine, descriptors[BERTH_WELCOME_CLIENT_REGION], BERTH_REGION_CLIENT,
                    session->number, session->broker_epoch, why) ||
        !region_map(&session->theirs, descriptors[BERTH_WELCOME_BROKER_REGION], BERTH_REGION_BROKER,
                    session->number, session->broker_epoch, why)) {
        return false;
    }
    if (session->mine.ring_bytes != request_ring_bytes ||
        session->theirs.ring_bytes != response_ring_bytes || max_in_flight == 0 ||
        max_in_flight > UINT16_MAX + 1) {
        *why = "WELCOME's ring sizes or limits make no sense";
        return false;
    }
    if (!doorbell_adopt(descriptors[BERTH_WELCOME_BELL_TO_BROKER], true) ||
        !doorbell_adopt(descriptors[BERTH_WELCOME_BELL_FROM_BROKER], false)) {
        *why = "WELCOME's doorbells are no pipe ends of the right direction";
        return false;
    }
    /* A record of more than half a ring could wait for ever for room before the ring's end. */
    uint32_t record_limit =
        request_ring_bytes / 2 - sizeof(struct berth_frame) - BERTH_BLOCKS_MAX_BYTES;
    session->max_inline_bytes = max_inline_bytes < record_limit ? max_inline_bytes : record_limit;
    uint64_t longest_answer = berth_align8(sizeof(struct berth_frame) + BERTH_BLOCKS_MAX_BYTES +
                                           (uint64_t)max_inline_bytes);
    if (longest_answer >= response_ring_bytes) {
        *why = "WELCOME's response ring holds no answer of maxInlineBytes";
        return false;
    }
    session->reply_bytes_budget = response_ring_bytes - longest_answer;
    session->max_in_flight = max_in_flight;
    /* What a broker may make us burn is bounded here. */
    session->yield_micros =
        yield_micros < LONGEST_YIELD_MICROS ? yield_micros : LONGEST_YIELD_MICROS;
    session->requests = (struct ring_producer){
        .buffer = session->mine.ring,
        .bytes = session->mine.ring_bytes,
        .tail_word = region_word(&session->mine, BERTH_REGION_TAIL),
        .head_word = region_word(&session->theirs, BERTH_REGION_HEAD),
    };
    session->responses = (struct ring_consumer){
        .buffer = session->theirs.ring,
        .bytes = session->theirs.ring_bytes,
        .tail_word = region_word(&session->theirs, BERTH_REGION_TAIL),
        .head_word = region_word(&session->mine, BERTH_REGION_HEAD),
    };
    session->bell_out = descriptors[BERTH_WELCOME_BELL_TO_BROKER];
    session->bell_in = descriptors[BERTH_WELCOME_BELL_FROM_BROKER];
    if (connection->slots == NULL) {
        if (connection->max_in_flight > max_in_flight) {
            connection->max_in_flight = max_in_flight;
        }
        if (!requests_allocate(connection)) {
            *why = "no memory for the request slots";
            return false;
        }
    }
    return true;
}

void session_welcome(struct berth_conn *connection, struct session *session,
                     struct control_reader *reader, int *descriptors, size_t count) {
    const char *why = "WELCOME came twice";
    bool adopted = session->phase == SESSION_GREETING &&
                   welcome_adopt(connection, session, reader, descriptors, count, &why);
    for (size_t i = 0; i < count; i++) {
        /* The mappings stay without their descriptors; the bells are kept. */
        if (descriptors[i] != session->bell_in && descriptors[i] != session->bell_out) {
            close(descriptors[i]);
        }
    }
    if (!adopted) {
        session_fail(connection, session, true,
                     BERTH_RESULT(BERTH_STATUS_INTERNAL, BERTH_REASON_BAD_POSITION),
                     "the broker at %s is not to be believed: %s", connection->address.sun_path,
                     why);
        return;
    }
    session->phase = SESSION_OPEN;
    connection->failed_attempts = 0;
    loop_watch(connection, session);
    resources_forget_session(connection);
    resources_ask(connection);
}
