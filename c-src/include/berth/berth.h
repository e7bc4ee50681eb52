/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libberth: the C client of Berth.
 *
 * A connection speaks with one broker over two shared rings and two doorbells. A resource is a name
 * that the broker's policy lets this process use, for instance "hsm:payments/sign-key-1". A request
 * is one operation on a resource; it ends exactly once, at the latest at its own deadline on this
 * process's clock.
 *
 * Threads. Every function may be called by any thread at any time, also concurrently on one
 * connection, except: berth_close must be the last call on its connection, berth_release the last
 * on its resource and berth_stream_close the last on its stream, and a stream is used by one thread
 * at a time. No function but berth_list calls back into the application, and none may be called
 * from a signal handler. While several threads wait, one of them receives for all.
 *
 * Fork. A connection belongs to the process that made it. In a child every function returns
 * BERTH_FORKED (the child's copies of its descriptors are closed at the fork, its memory is not
 * mapped there); the child may call berth_connect for a connection of its own, and berth_close on
 * the inherited one to free its heap memory. Pointers from berth_block_data must not be used in a
 * child.
 *
 * Results. Functions return a berth_result: 0 or status and reason of docs/PROTOCOL.md in one
 * number. A sentence about the last failure of this thread is in berth_last_error().
 *
 * Structures that the application fills start with struct_size, to be set to sizeof the structure
 * (the _INIT macros do it), so that a later library recognises an older application. Zeros are the
 * defaults everywhere.
 *
 * Signals. The library raises and changes none: a broker that dies while it is being woken does not
 * cause SIGPIPE.
 */
#ifndef BERTH_BERTH_H
#define BERTH_BERTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <berth/protocol.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define BERTH_API __attribute__((visibility("default")))
#else
#define BERTH_API
#endif

#define BERTH_VERSION_MAJOR 0
#define BERTH_VERSION_MINOR 1

/* (enum berth_reason << 16) | enum berth_status. */
typedef uint32_t berth_result;

#define BERTH_RESULT(status, reason) (((uint32_t)(reason) << 16) | (uint32_t)(status))
#define BERTH_OK UINT32_C(0)
#define BERTH_FORKED BERTH_RESULT(BERTH_STATUS_FAILED_PRECONDITION, BERTH_REASON_FORKED)

static inline enum berth_status berth_status_of(berth_result result) {
    return (enum berth_status)(result & 0xffff);
}
static inline enum berth_reason berth_reason_of(berth_result result) {
    return (enum berth_reason)(result >> 16);
}

/* "RESOURCE_EXHAUSTED" and "queue-full"; never NULL ("?" for a number of a later version). */
BERTH_API const char *berth_status_name(berth_result result);
BERTH_API const char *berth_reason_name(berth_result result);
/* What went wrong in this thread's last failing call, with names, numbers and what to do. Valid
 * until the thread's next call. Never NULL. */
BERTH_API const char *berth_last_error(void);
/* What the device's library itself returned (SDR_..., CKR_...), if that is why this thread's last
 * failing call failed; otherwise 0. */
BERTH_API uint32_t berth_last_device_code(void);
/* "0.1.0" */
BERTH_API const char *berth_version(void);

typedef struct berth_conn berth_conn;
typedef struct berth_resource berth_resource;
typedef struct berth_stream berth_stream;

/* ---- Connection -------------------------------------------------------------------------------
 */

typedef struct berth_connect_options {
    size_t struct_size;
    const char *client_name;      /* for the broker's logs; NULL = the program's name */
    uint32_t request_ring_bytes;  /* wish, a power of two; 0 = the broker's default */
    uint32_t response_ring_bytes; /* wish, a power of two; 0 = the broker's default */
    uint32_t
        max_in_flight; /* unfinished requests; 0 = as many as the broker allows, at most 4 096 */
    uint32_t connect_timeout_ms; /* for the handshake; 0 = 5 000 */
    uint32_t no_reconnect;       /* 1 = a lost broker ends the connection for good */
    int32_t yield_micros; /* how long a waiter yields before it blocks; 0 = as the broker says, -1 =
                             not at all */
} berth_connect_options;
#define BERTH_CONNECT_OPTIONS_INIT                                                                 \
    { .struct_size = sizeof(berth_connect_options) }

/*
 * Connects to the broker at path. NULL or "": $BERTH_SOCKET, else /run/berth/broker.sock if it
 * exists, else $XDG_RUNTIME_DIR/berth/broker.sock (where a broker of an ordinary user sits), else
 * /run/berth/broker.sock; a variable that is not an absolute path is ignored, and a set-uid program
 * looks at none. The choice is made once, here. options may be NULL. Fails at once with UNAVAILABLE
 * connection-lost if nobody listens there. Afterwards a lost broker is found again by the library
 * itself, see berth_call.
 */
BERTH_API berth_result berth_connect(const char *path, const berth_connect_options *options,
                                     berth_conn **connection);

/* Says goodbye and frees everything: resources, blocks and streams of this connection are invalid
 * afterwards. NULL is allowed. */
BERTH_API berth_result berth_close(berth_conn *connection);

/* ---- Resource ---------------------------------------------------------------------------------
 */

typedef struct berth_open_options {
    size_t struct_size;
    uint32_t permissions; /* BERTH_PERMISSION(BERTH_BIT_SIGN) | ...; 0 = whatever is granted */
    uint32_t timeout_ms;  /* 0 = 5 000 */
    const char
        *on_behalf_of; /* sub-principal, for a uid with the right to delegate; NULL = itself */
} berth_open_options;
#define BERTH_OPEN_OPTIONS_INIT                                                                    \
    { .struct_size = sizeof(berth_open_options) }

BERTH_API berth_result berth_open(berth_conn *connection, const char *name,
                                  const berth_open_options *options, berth_resource **resource);

/* What the policy granted: permission bits. 0 if the resource could not be opened again after a
 * reconnect. */
BERTH_API uint32_t berth_permissions(berth_resource *resource);
/* "hsm/sdf"; copied into text (at most bytes, always terminated). */
BERTH_API berth_result berth_driver(berth_resource *resource, char *text, size_t bytes);

/* What the catalogue says of a name: "algorithm", "kind", "index", "public_key", "id", "label",
 * "certificate" (base64). */
typedef struct berth_attribute {
    const char *key;
    const char *value;
} berth_attribute;

typedef struct berth_listed {
    const char *resource;
    uint32_t permissions; /* 0: a device of which only names below it may be opened */
    const char *driver;
    size_t attribute_count;
    const berth_attribute *attributes;
} berth_listed;

/*
 * Tells, one by one, the names that the policy lets this process (or on_behalf_of; NULL = itself)
 * open: each device, then its keys. `each` is called by this thread before berth_list returns, may
 * call any function but berth_close of this connection, and returns false to hear no more; what an
 * entry points to is gone when it returns. It is called only once all is known: nothing is told
 * twice, and nothing at all if the result is not BERTH_OK. timeout_ms 0 = 5 000.
 */
BERTH_API berth_result berth_list(berth_conn *connection, const char *on_behalf_of,
                                  bool (*each)(void *context, const berth_listed *entry),
                                  void *context, uint32_t timeout_ms);

/* Gives the resource back. Its unfinished requests still end by themselves. Its blocks become
 * stale, and what stood in them is gone. NULL is allowed. */
BERTH_API berth_result berth_release(berth_resource *resource);

/* ---- Arena blocks: data that is too large to travel in a ring ----------------------------------
 */

/*
 * A block is named by value. Every use of a freed block's name is answered with NOT_FOUND
 * stale-reference, never a crash. id 0 names no block.
 *
 * A block outlives its broker. When another one has taken over, by a reload or after a loss, the
 * next request that names the block moves it into memory of the new session before it is sent, an
 * input with its content; name and address stay the same. Until then an output shows the last
 * answer, from the move to the end of the request its content is undefined. If the new session has
 * no room (RESOURCE_EXHAUSTED budget-exceeded), that request ends so, the block stays as it is, and
 * a later request tries again. Only an output that an unfinished request at the old broker may
 * still write to cannot move (FAILED_PRECONDITION block-pinned).
 *
 * Any thread may use a block; its content has no order of its own between threads. From the request
 * that names a block until its end was seen (its return, its completion, its last part), an input
 * is not to be written and an output not to be read: the move happens at any moment between.
 */
typedef struct berth_block {
    uint64_t id;
} berth_block;

/*
 * Leases a block of at least `bytes` in memory shared with the resource's worker: BERTH_INPUT is
 * written by this process and read by the worker, BERTH_OUTPUT the other way round. Memory comes in
 * segments of a power of two, asked of the broker on demand (one round trip, up to 5 s); blocks are
 * cut and cached locally, each of a power of two and at least one page. The content of a new block
 * is undefined: nothing of another session is in it, but perhaps something of an earlier block of
 * this one.
 */
BERTH_API berth_result berth_block_alloc(berth_resource *resource, enum berth_direction direction,
                                         uint64_t bytes, berth_block *block);
/* The block's memory in this process; NULL if the block is stale. The address is the same at every
 * call and valid until berth_block_free, whatever becomes of the broker. An OUTPUT block is
 * read-only. */
BERTH_API void *berth_block_data(berth_conn *connection, berth_block block);
/* Usable bytes, 0 if the block is stale. */
BERTH_API uint64_t berth_block_bytes(berth_conn *connection, berth_block block);
/* Gives the block back. While a request that named it has not ended at the broker (also one that
 * timed out here), the memory stays out of use. */
BERTH_API berth_result berth_block_free(berth_conn *connection, berth_block block);
/*
 * The same for a block that carried keys or plaintext, in its first so many bytes (0 = anywhere):
 * these are zeros before the memory is used again, for whatever it may be. An INPUT is overwritten
 * by this process, at once or, while a request that named it has not ended at the broker, after
 * that END. An OUTPUT may only be read here: the broker is asked to overwrite it, which nobody
 * waits for; a broker that does not know how (protocol minor 0) leaves it. Memory of a lost session
 * is not in this process any more after either function.
 */
BERTH_API berth_result berth_block_free_wiped(berth_conn *connection, berth_block block,
                                              uint64_t bytes);

/* ---- Requests ---------------------------------------------------------------------------------
 */

typedef struct berth_block_use {
    berth_block block; /* id 0 = none */
    uint64_t offset;   /* within the block */
    uint64_t bytes;    /* 0 = up to the block's end */
} berth_block_use;

enum berth_request_flag {
    /* May be executed twice: the broker repeats it after a worker's death, the library after a
       broker's. */
    BERTH_IDEMPOTENT = 1 << 0,
    /* Ask for the time stamps of the request's stages. */
    BERTH_TRACED = 1 << 1
};

typedef struct berth_request {
    size_t struct_size;
    uint32_t operation;  /* BERTH_OPERATION(bit, code) */
    uint32_t flags;      /* enum berth_request_flag */
    uint32_t priority;   /* enum berth_priority; 0 = interactive */
    uint32_t timeout_ms; /* 0 = 1 000; UINT32_MAX = as long as the handle allows */
    const void *payload;
    size_t payload_bytes; /* at most the broker's maxInlineBytes, usually 4 096 */
    void *reply; /* where the answer goes; for berth_submit it must live until the completion is
                    polled */
    size_t reply_limit; /* room there; at most maxInlineBytes counts */
    berth_block_use input;
    berth_block_use output;
} berth_request;
#define BERTH_REQUEST_INIT                                                                         \
    { .struct_size = sizeof(berth_request) }

typedef struct berth_reply {
    size_t struct_size;
    berth_result result;
    uint32_t bytes;                           /* written to request.reply; 0 unless OK */
    uint64_t output_bytes;                    /* written to the OUTPUT block */
    uint64_t trace_nanos[BERTH_TRACE_STAMPS]; /* with BERTH_TRACED: the broker's clock */
    char text[BERTH_ERROR_TEXT_BYTES + 4];    /* unless OK: what happened; always terminated */
    uint32_t device_code; /* unless OK: the device library's own return code; 0 = not its doing */
} berth_reply;
#define BERTH_REPLY_INIT                                                                           \
    { .struct_size = sizeof(berth_reply) }

/*
 * Calls and waits. Returns reply->result (reply may be NULL if result and text in
 * berth_last_error() are enough).
 *
 * The payload is copied once, straight into the ring, the answer once, straight into
 * request->reply; nothing is allocated. If all slots or the reply space are taken, the call waits
 * for room within its time.
 *
 * When the broker is lost, the library reconnects with a growing pause while requests wait, opens
 * the resources again and sends again what is BERTH_IDEMPOTENT or was certainly not taken. The rest
 * ends ABORTED connection-lost-outcome-unknown. Blocks of a request that is sent again go with it;
 * if there is no room for them, it ends with that error, also if the lost broker had begun it.
 *
 * Ends by its own clock: DEADLINE_EXCEEDED caller-timed-out (sent, no answer in time),
 * DEADLINE_EXCEEDED expired-before-dispatch (never sent: no room, or no memory yet for its blocks),
 * UNAVAILABLE connection-lost (never sent: no broker).
 */
BERTH_API berth_result berth_call(berth_resource *resource, const berth_request *request,
                                  berth_reply *reply);

/* ---- Asynchronous requests ---------------------------------------------------------------------
 */

typedef struct berth_ticket {
    uint64_t id;
} berth_ticket;

typedef struct berth_completion {
    void *user_data;
    berth_ticket ticket;
    void *reply; /* as in the request */
    berth_result result;
    uint32_t bytes;
    uint64_t output_bytes;
    uint64_t trace_nanos[BERTH_TRACE_STAMPS];
    char text[BERTH_ERROR_TEXT_BYTES + 4];
    uint32_t device_code;
} berth_completion;

/*
 * Sends without waiting. The payload may be changed as soon as this returns; request->reply and
 * blocks belong to the request until its completion was polled. Fails at once with
 * RESOURCE_EXHAUSTED (queue-full: max_in_flight reached; reply-space) and then has no completion.
 * ticket may be NULL.
 */
BERTH_API berth_result berth_submit(berth_resource *resource, const berth_request *request,
                                    void *user_data, berth_ticket *ticket);

typedef struct berth_submission {
    berth_resource *resource;
    const berth_request *request;
    void *user_data;
    berth_ticket ticket; /* set by berth_submit_batch */
} berth_submission;

/*
 * Submits several requests, in order and each as berth_submit does, for less than the sum: one look
 * at the clock and one publication for many of them. All resources must be of this connection.
 * Stops at the first request that is refused and returns why; *submitted tells how many before it
 * were taken and will complete. Nothing is held back: what was taken is under way on return.
 */
BERTH_API berth_result berth_submit_batch(berth_conn *connection, berth_submission *submissions,
                                          size_t count, size_t *submitted);

/*
 * Takes up to `capacity` completions; waits for the first one at most timeout_ms (0 = look only, <
 * 0 = for ever). BERTH_OK with *count 0 means that the time passed. Requests whose deadline passed
 * complete here, too.
 */
BERTH_API berth_result berth_poll(berth_conn *connection, berth_completion *completions,
                                  size_t capacity, int timeout_ms, size_t *count);

/*
 * As berth_poll, but waits until at_least completions are there, or all that can come, or the time
 * has passed; then takes what there is. For pipelines: who is woken for every single answer pays
 * for it, and so does everybody behind.
 */
BERTH_API berth_result berth_poll_batch(berth_conn *connection, berth_completion *completions,
                                        size_t capacity, size_t at_least, int timeout_ms,
                                        size_t *count);

/* Asks to end a request early. Its completion still comes: CANCELLED, or its ordinary end if that
 * was first. NOT_FOUND if it has ended. */
BERTH_API berth_result berth_cancel(berth_conn *connection, berth_ticket ticket);

/*
 * A descriptor for event loops (epoll, Swoole, asyncio, libuv): readable = call berth_poll. It
 * stays the same over reconnects, is closed by berth_close, must not be read, and is useful only
 * together with berth_arm, because the broker wakes only who said that it sleeps:
 *
 *     for (;;) {
 *         size_t count;
 *         do {
 *             berth_poll(connection, completions, 64, 0, &count); // disarms, too
 *             handle(completions, count);                         // may berth_submit
 *         } while (count != 0);
 *         bool armed;
 *         berth_arm(connection, &armed); // the last thing before the sleep
 *         if (!armed) continue;          // something came meanwhile
 *         epoll_wait(epoll, &event, 1, -1);
 *     }
 *
 * asyncio: loop.add_reader(fd, pump); Swoole: Swoole\Event::add($fd, pump), where pump is the inner
 * do-while followed by berth_arm, repeated while not armed; call pump also after every berth_submit
 * outside of it. Deadlines and reconnects make the descriptor readable as well. Another thread may
 * use blocking calls meanwhile.
 *
 * A loop over many connections whose answers come fast does better not to sleep after each: poll
 * all that have something in flight, call sched_yield when none had anything, and only when that
 * went on for as long as answers usually take, arm them all and wait. Nobody rings for who is not
 * armed; ringing and being woken cost several times what an answer does.
 */
BERTH_API berth_result berth_descriptor(berth_conn *connection, int *descriptor);
BERTH_API berth_result berth_arm(berth_conn *connection, bool *armed);

/* ---- Streamed replies --------------------------------------------------------------------------
 */

typedef struct berth_part {
    size_t struct_size;
    uint32_t number; /* from 0 */
    uint32_t bytes;
    bool end; /* the last one; result tells how the request ended */
    berth_result result;
    char text[BERTH_ERROR_TEXT_BYTES + 4];
    uint32_t device_code;
} berth_part;
#define BERTH_PART_INIT                                                                            \
    { .struct_size = sizeof(berth_part) }

/*
 * Sends a request whose answer comes in parts of at most request->reply_limit bytes (request->reply
 * is not used). The worker may be `credit` parts ahead of berth_stream_next; a part taken is
 * granted anew by the library, unless manual_grant: then the caller grants. request->timeout_ms
 * counts for the whole stream.
 */
BERTH_API berth_result berth_stream_open(berth_resource *resource, const berth_request *request,
                                         uint32_t credit, bool manual_grant, berth_stream **stream);

/*
 * Waits for the next part, at most timeout_ms (< 0 = until the stream's deadline), and copies it to
 * buffer (limit bytes; a longer part is OUT_OF_RANGE reply-too-large and stays next). Returns
 * BERTH_OK with a part; after part->end further calls return OUT_OF_RANGE. DEADLINE_EXCEEDED none =
 * timeout_ms passed without a part, the stream goes on. The end may carry a last piece of data
 * (part->bytes) or none.
 */
BERTH_API berth_result berth_stream_next(berth_stream *stream, void *buffer, size_t limit,
                                         int timeout_ms, berth_part *part);
/* Allows `parts` more. RESOURCE_EXHAUSTED if more would be under way or waiting than the stream was
 * opened with. */
BERTH_API berth_result berth_stream_grant(berth_stream *stream, uint32_t parts);
/* Ends the stream (cancelling what is left) and frees it. NULL is allowed. */
BERTH_API berth_result berth_stream_close(berth_stream *stream);

#ifdef __cplusplus
}
#endif

#endif
