/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker's side of the protocol in a process of its own, for tests of the client: handshake,
 * rings, doorbells, echo, streams, segments, and every kind of bad behaviour, which the operation
 * of a request selects.
 */
#ifndef BERTH_CLIENT_TESTS_PEER_H
#define BERTH_CLIENT_TESTS_PEER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <berth/protocol.h>

enum peer_greeting {
    PEER_WELCOMES,
    PEER_SILENT,          /* accepts, answers nothing */
    PEER_REFUSES,         /* REFUSED version-mismatch */
    PEER_GARBAGE,         /* something that is no message */
    PEER_HANGS_UP,        /* closes the socket */
    PEER_WRONG_MAGIC,     /* region with another magic */
    PEER_WRONG_EPOCH,     /* region of another epoch */
    PEER_UNSEALED,        /* memory that could be truncated */
    PEER_RING_OUTSIDE,    /* ring does not lie in the region */
    PEER_FEW_DESCRIPTORS, /* WELCOME with three */
    PEER_SWAPPED_BELLS,   /* pipe ends of the wrong direction */
    PEER_GREETINGS
};

/* What the played device's library returned, in every END that is no success. */
#define PEER_DEVICE_CODE UINT32_C(0x0100000c)

/* Operations besides those of the echo driver; permission bit 0. */
enum peer_operation {
    PEER_SILENCE = 100, /* answers only a CANCEL */
    PEER_MUTE,          /* answers nothing, not even a CANCEL */
    PEER_DIE,           /* takes the request and dies */
    PEER_STALL,         /* takes this one, then nothing more from any session */
    PEER_BAD_TAIL,
    PEER_BAD_HEAD,
    PEER_BAD_LENGTH,
    PEER_BAD_TYPE,
    PEER_LONG_ANSWER, /* longer than what was reserved */
    PEER_MORE,        /* MORE to a request without STREAM */
    PEER_EXCESS_PART, /* a part without credit */
    PEER_FOREIGN,     /* answers for correlations that nobody asked, then the right one */
    PEER_TWICE,       /* two ENDs */
    PEER_FAIL,        /* RESOURCE_EXHAUSTED queue-full with a text */
    PEER_GOAWAY,      /* GOAWAY on the socket, then the answer */
    PEER_GOAWAY_HOLD, /* GOAWAY on the socket; the answer when PEER_RELEASE comes on any session */
    PEER_GOING_AWAY,  /* first time: END with going-away; then as ECHO */
    PEER_EXPEL,
    PEER_HOLD,    /* answered when PEER_RELEASE comes */
    PEER_RELEASE, /* answers all that are held, last first, then itself */
    PEER_HANG_UP, /* closes the session's socket and bells */
    PEER_TAKE,    /* no answer; as ECHO when it is sent again */
    PEER_DECLINE  /* first time: GOAWAY on the socket, END with going-away; then as ECHO */
};

/*
 * LIST is answered by the name of the sub-principal:
 *   ""       PEER_LISTED names of "list:0", "list:1" ... in pages of three, an empty page among
 * them refuse   REFUSED mute     not long     one name with PEER_LONG_ATTRIBUTE bytes of attribute
 *   endless  the same page again and again
 *   leave    as "", but after the first page GOAWAY, once
 *   hang-up  as "", but instead of the second page the end of the session, once
 *   short    a count beyond the message
 *   segment  SEGMENT_ADDED with a descriptor
 */
#define PEER_LISTED 10
#define PEER_LONG_ATTRIBUTE 60000

/* What the peer has seen; in memory shared with the test. */
struct peer_counters {
    atomic_uint sessions;
    atomic_uint open_sessions;
    atomic_uint goodbyes;
    atomic_uint opens;
    atomic_uint closes;
    atomic_uint lists;
    atomic_uint requests;
    atomic_uint resubmitted;
    atomic_uint cancels;
    atomic_uint credits;
    atomic_uint segments;
    atomic_uint segments_refused;
    atomic_uint segments_unanswered;
    atomic_uint segments_dropped;
    atomic_uint wipes;
    atomic_uint bells_rung; /* by the peer */
    atomic_uint violations; /* of the client */
    atomic_uint last_on_behalf_bytes;
};

/* A name that LIST tells; kind and index are NULL for a device. */
struct peer_entry {
    const char *resource;
    const char *driver;
    const char *kind;
    const char *index;
};

struct peer_options {
    const char *path;
    enum peer_greeting greeting;
    uint32_t ring_bytes;    /* 0 = 65 536 */
    uint32_t max_inline;    /* 0 = 4 096 */
    uint32_t max_in_flight; /* 0 = 256 */
    uint32_t yield_micros;  /* told to the client, and used */
    uint64_t arena_bytes;   /* of a session's segments; 0 = 64 MiB for each of them */
    bool mute_segments;     /* SEGMENT_ADD is not answered */
    bool minor_zero;        /* a protocol without SEGMENT_WIPE */
    bool refuse_wipes;
    bool mute_wipes; /* SEGMENT_WIPE is not answered */
    uint64_t epoch;
    int64_t clock_shift_nanos;        /* as if in another time namespace */
    const char *driver;               /* of every resource; NULL = "echo" */
    const struct peer_entry *entries; /* what LIST tells instead, up to one without a resource */
    /* What is granted on a resource, 0 = it is not known; NULL = everything. */
    uint32_t (*granted)(const char *resource);
    uint32_t (*execute)(uint32_t operation, const uint8_t *request, size_t bytes, uint8_t *reply,
                        size_t limit, size_t *reply_bytes); /* for other operations; status */
};

struct peer {
    pid_t process;
    struct peer_counters *seen;
};

/* Listens when it returns. */
struct peer peer_start(const struct peer_options *options);
/* SIGKILL, and reaps. Counters stay readable. */
void peer_kill(struct peer *peer);
/* Reaps a peer that ends by itself. */
void peer_wait(struct peer *peer);

#endif
