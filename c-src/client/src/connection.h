/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a connection is made of, and who may touch it.
 *
 *   connection ── current session ── two regions, two doorbells, a control socket    (one broker
 * process) │     └─ leaving session    after GOAWAY, until its last request ended ├── slots one per
 * request that is not over, at the broker or in this process ├── resources  names and what the
 * current session calls them ├── asks       control messages whose answer is awaited └── arena
 * segments and blocks
 *
 * One mutex guards all of it and is held for short stretches without a blocking call. Receiving is
 * done by one waiting thread at a time (connection->receiving), for all: it alone looks at the
 * rings without the mutex, and it alone ends sessions.
 */
#ifndef BERTH_CLIENT_CONNECTION_H
#define BERTH_CLIENT_CONNECTION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>

#include <berth/berth.h>

#include "arena.h"
#include "fork.h"
#include "frame.h"
#include "list.h"
#include "region.h"
#include "ring.h"

#define DEFAULT_TIMEOUT_MILLIS 1000
#define DEFAULT_CONTROL_TIMEOUT_MILLIS 5000
#define DEFAULT_MAX_IN_FLIGHT 4096
/* How much one look at a control socket reads, so that whoever fills it does not keep the receiver.
 */
#define CONTROL_MESSAGES_A_LOOK 64
/* The protocol's minor version with SEGMENT_WIPE. */
#define MINOR_WITH_WIPE 1
#define FIRST_PAUSE_MILLIS 10
#define LONGEST_PAUSE_MILLIS 100

/*
 * GREETING --WELCOME--> OPEN --GOAWAY--> LEAVING
 *     any of them --end of file, violation, EXPELLED, REFUSED--> failed (a flag; the receiver then
 * ends the session)
 */
enum session_phase { SESSION_GREETING, SESSION_OPEN, SESSION_LEAVING };

struct session {
    enum session_phase phase;
    bool failed;
    bool declined; /* it answered going-away: GOAWAY must be waiting on the socket */
    bool violated; /* its rings are not to be believed any more */
    berth_result failure;
    char failure_text[256];
    int64_t started_nanos;
    int64_t hello_nanos; /* when HELLO was sent */
    int64_t phase_deadline_nanos;
    int socket;
    int bell_out;
    int bell_in;
    bool bell_rung; /* heard, and not emptied since */
    struct region mine;
    struct region theirs;
    struct ring_producer requests;
    struct ring_consumer responses;
    uint64_t number;
    uint32_t minor; /* of the protocol: the lower one of both sides */
    uint64_t broker_epoch;
    int64_t clock_offset_nanos; /* broker's clock = own clock + this */
    uint32_t max_inline_bytes;
    uint32_t max_in_flight;
    uint32_t yield_micros;
    uint64_t sleep;     /* own sleep word */
    uint64_t last_rung; /* the broker's sleep for which the bell was rung; 0 = none (never odd) */
    uint64_t reply_bytes_reserved;
    uint64_t reply_bytes_budget;
    uint32_t open_requests;
};

enum slot_user { USER_NONE, USER_CALL, USER_ASYNC, USER_STREAM };

/* A payload up to this length is kept in its slot, a longer one in the connection's copies. */
#define SMALL_COPY_BYTES 128

/*
 * A request. Two lives: the caller's (user) and the broker's (on_wire, until the END). A slot is
 * free when both are over, so that a late END never meets a stranger and a timed-out request's
 * block is not used again too early.
 *
 * What every request touches comes first; a slot is an odd number of cache lines long, so that the
 * slots' first lines do not compete for a few sets of the cache.
 */
struct slot {
    _Alignas(64) struct list_node node; /* in connection->queue or connection->done */
    struct slot *next_free;
    struct session *session;
    struct berth_resource *resource;
    uint64_t sequence;
    uint64_t correlation;
    uint16_t index;
    enum slot_user user;
    bool on_wire;
    bool queued;    /* waits to be sent */
    bool ended;     /* result is set, the user has not taken it yet */
    bool was_taken; /* an earlier broker may have executed it */
    bool resubmitted;
    bool cancel_wanted;
    bool owns_copy; /* payload points to a copy of the library's own */
    bool no_wire_deadline;
    uint32_t wire_handle;
    uint32_t operation;
    uint32_t flags;
    uint32_t priority;
    int64_t deadline_nanos;
    int64_t submitted_nanos;
    uint64_t record_position;
    const void *payload; /* the caller's during a blocking call, else the copy */
    void *reply;
    void *user_data;
    struct berth_stream *stream;
    uint32_t payload_bytes;
    uint32_t reply_limit;
    uint64_t reply_unit_bytes; /* reply space of one part */
    uint64_t reply_bytes_reserved;
    uint64_t output_bytes;
    uint32_t credit; /* stream: parts that the broker may still send */
    uint32_t next_part;
    uint32_t input_block; /* index + 1 in the arena, 0 = none */
    uint32_t output_block;
    uint32_t bytes;
    berth_result result;
    _Alignas(64) uint8_t small_copy[SMALL_COPY_BYTES];
    struct berth_block_reference input;
    struct berth_block_reference output;
    uint64_t trace_nanos[BERTH_TRACE_STAMPS]; /* set with BERTH_FLAG_TRACE only */
    char text[BERTH_ERROR_TEXT_BYTES + 4];    /* set with a result other than OK only */
    uint32_t device_code;                     /* likewise */
};
_Static_assert(sizeof(struct slot) / 64 % 2 == 1, "an odd number of cache lines");

/* A control message whose answer somebody waits for. */
struct ask {
    struct list_node node;
    uint64_t token;
    struct session *session;
    bool lists; /* it is a LIST, else a SEGMENT_ADD */
    bool answered;
    berth_result result;
    char text[256];
    uint32_t segment;
    uint32_t generation;
    uint64_t bytes;
    int descriptor;       /* owned by who asked; -1 = none */
    struct listing *page; /* of LISTED: owned by who asked */
    /* If nobody waits: called with the answer, unlinks the ask. Not called if the session ends. */
    void (*then)(struct berth_conn *connection, struct ask *ask);
};

/* Memory that blocks need to follow to the current session (arena_move.c). */
enum wish_state { WISH_NONE, WISH_ASKED, WISH_REFUSED };
struct segment_wish {
    enum wish_state state;
    enum berth_direction direction;
    struct berth_resource *resource;
    uint64_t opening; /* the resource's token then: what an earlier session said does not count */
    uint64_t bytes;
    uint64_t refused_at; /* the connection's last sequence then: later requests ask anew */
    struct ask ask;
};

enum resource_state { RESOURCE_WANTED, RESOURCE_ASKED, RESOURCE_OPEN, RESOURCE_REFUSED };

struct berth_resource {
    struct list_node node;
    struct berth_conn *connection;
    enum resource_state state;
    bool released;
    uint32_t slots; /* that refer to it */
    uint64_t token;
    uint32_t handle;
    uint32_t permissions;
    uint32_t priority_ceiling;
    uint64_t max_deadline_nanos;
    uint32_t permissions_wanted;
    int64_t service_nanos; /* moving average of what a call takes */
    uint32_t calls_blocked;
    char *name;
    char *on_behalf_of;
    char driver[64];
    berth_result refusal;
    char refusal_text[256];
    struct segment_wish wishes[2]; /* for inputs, for outputs */
};

typedef bool (*wait_test)(void *what);

struct berth_conn {
    pthread_mutex_t lock;
    struct list_node registry;
    struct fork_mark mark;
    struct sockaddr_un address;
    char *client_name;
    uint32_t request_ring_bytes;
    uint32_t response_ring_bytes;
    uint32_t max_in_flight;
    uint32_t connect_timeout_ms;
    int32_t yield_micros;
    bool no_reconnect;

    struct session *current;
    struct session *leaving;
    uint32_t failed_attempts;
    uint32_t pause_millis;
    int64_t next_attempt_nanos;
    int64_t last_control_look_nanos;
    uint32_t looks_put_off;
    berth_result down; /* why there is no session */
    char down_text[256];

    struct slot *slots; /* a mapping, the copies behind them */
    size_t slots_bytes;
    uint32_t slot_count;
    struct slot *free_slots;
    uint64_t last_sequence;
    uint8_t *copies; /* one of copy_bytes for each slot */
    uint32_t copy_bytes;
    struct list_node queue;
    struct list_node done;
    uint32_t done_count;
    uint32_t async_count;        /* asynchronous requests whose completion was not polled yet */
    int64_t next_deadline_nanos; /* of asynchronous requests: no later than the earliest */
    bool cancels_wanted;

    struct list_node resources;
    struct list_node asks;
    uint64_t last_token;
    uint8_t *control_bytes; /* BERTH_CONTROL_MAX_BYTES: what is read from a control socket */
    struct arena arena;

    bool receiving;
    bool receiver_asleep;
    int64_t asleep_until_nanos;
    struct list_node followers;
    int wake; /* eventfd: gets the receiver out of poll */

    int loop; /* epoll descriptor given to event loops, -1 = not asked for */
    int loop_event;
    int loop_timer;
    int64_t loop_timer_nanos; /* when it fires; 0 = not set */
    bool loop_armed;
};

/* connection.c: without a session yet, and unknown to the fork handlers. NULL: no memory or
 * descriptors. */
struct berth_conn *connection_new(const char *path, const berth_connect_options *options);

/* session.c: a session's life. All with the mutex. */
void session_fail(struct berth_conn *connection, struct session *session, bool violated,
                  berth_result result, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void session_start(struct berth_conn *connection, int64_t now);
void session_end(struct berth_conn *connection, struct session *session, int64_t now);
void session_close_descriptors(struct session *session);
/* Empties the bell that was heard, if any, and ends the sleep that it was rung for: before the next
 * arming, as a byte that is left would make no edge, and not before what it was rung for is taken,
 * which it would hold up. False: the broker is gone and the session failed; the sessions may have
 * moved. */
bool session_empty_bell(struct berth_conn *connection, struct session *session);
void session_arm(struct session *session);
void session_disarm(struct session *session);
enum control_io_result { ASK_SENT, ASK_LATER, ASK_FAILED };
struct control_writer;
enum control_io_result session_tell(struct berth_conn *connection, struct session *session,
                                    struct control_writer *writer);

struct control_reader;
/* session_welcome.c: takes up the session, or fails it; the descriptors are its own now. With the
 * mutex. */
void session_welcome(struct berth_conn *connection, struct session *session,
                     struct control_reader *reader, int *descriptors, size_t count);

/* session_messages.c: reads and follows what waits on the control socket. With the mutex. */
void session_read_control(struct berth_conn *connection, struct session *session, int64_t now);

/* request_slot.c: a request's slot. All with the mutex. */
bool requests_allocate(struct berth_conn *connection);
berth_result request_take(struct berth_resource *resource, const berth_request *request,
                          enum slot_user user, int64_t now, struct slot **slot);
bool request_keep_payload(struct berth_conn *connection, struct slot *slot);
void request_abandon(struct berth_conn *connection, struct slot *slot);
void request_free_if_over(struct berth_conn *connection, struct slot *slot);

/* request_send.c: into the ring. All with the mutex. */
/* Puts the request into the ring, or queues it behind those who wait for room or for a broker. The
 * broker sees it with the next requests_publish, which the caller owes before it gives up the
 * mutex. */
void request_dispatch(struct berth_conn *connection, struct slot *slot);
/* Makes what stands in the ring visible, and wakes a broker that sleeps. */
void requests_publish(struct berth_conn *connection);
void request_enqueue(struct berth_conn *connection, struct slot *slot);
void request_cancel(struct berth_conn *connection, struct slot *slot);
void requests_pump(struct berth_conn *connection);
bool request_send_credit(struct berth_conn *connection, struct slot *slot, uint32_t parts);

/* request_end.c: ends other than the broker's answer. All with the mutex. */
void request_end(struct berth_conn *connection, struct slot *slot, berth_result result,
                 const char *text);
void request_end_by_clock(struct berth_conn *connection, struct slot *slot);
void requests_expire(struct berth_conn *connection, int64_t now);
void requests_lose_session(struct berth_conn *connection, struct session *session);

/* response.c: what the broker answers. */
bool session_drain(struct berth_conn *connection, struct session *session);

extern uint32_t sleep_limit_millis;
/* receive.c: waiting. Called and left with the mutex; now and the deadline are on the own clock. */
bool wait_until(struct berth_conn *connection, wait_test ready, void *what, int64_t now,
                int64_t deadline_nanos, int64_t yield_nanos);
/* To be called by who leaves without having waited: somebody else may have to receive now. */
void receiver_leave(struct berth_conn *connection);
bool connection_tend(struct berth_conn *connection, int64_t now);
void receiver_wake(struct berth_conn *connection);

/* follow.c. With the mutex. */
/* Returns when woken, or at the deadline; the caller looks why. */
void follow(struct berth_conn *connection, wait_test ready, void *what, int64_t deadline_nanos);
void followers_wake_ready(struct berth_conn *connection);
/* One that still waits becomes the receiver. */
void followers_promote(struct berth_conn *connection);

/* resource.c */
void resources_ask(struct berth_conn *connection);
void resources_forget_session(struct berth_conn *connection);
void resource_free_if_over(struct berth_resource *resource);

/* eventloop.c */
void loop_watch(struct berth_conn *connection, struct session *session);
void loop_rearm(struct berth_conn *connection);
void loop_disarm(struct berth_conn *connection);
void loop_notify(struct berth_conn *connection);

/* stream.c */
void stream_take_part(struct berth_stream *stream, const uint8_t *payload, uint32_t bytes);
void stream_take_end(struct berth_stream *stream, const uint8_t *payload, uint32_t bytes);
uint32_t stream_room(const struct berth_stream *stream);

static inline int64_t session_yield_nanos(const struct berth_conn *connection) {
    if (connection->yield_micros != 0) {
        return connection->yield_micros < 0 ? 0 : (int64_t)connection->yield_micros * 1000;
    }
    return connection->current == NULL ? 0 : (int64_t)connection->current->yield_micros * 1000;
}

#endif
