/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Berth protocol as constants and layouts: docs/PROTOCOL.md, version 1.0, byte by byte. Nothing
 * here depends on libberth; the guard, workers written in C and the tests use it as well.
 *
 * The layouts are read and written in place on little-endian hosts; others are refused at compile
 * time.
 */
#ifndef BERTH_PROTOCOL_H
#define BERTH_PROTOCOL_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Berth's shared memory is little-endian"
#endif

#ifdef __cplusplus
#define BERTH_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define BERTH_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

#define BERTH_PROTOCOL_MAJOR 1
#define BERTH_PROTOCOL_MINOR 1

/* ---- 1. Control socket ------------------------------------------------------------------------
 */

#define BERTH_CONTROL_MAGIC UINT32_C(0x48545242) /* "BRTH" */
#define BERTH_CONTROL_MAX_BYTES 65536
#define BERTH_CONTROL_MAX_DESCRIPTORS 5

struct berth_control_header {
    uint32_t magic;
    uint32_t kind;
    uint32_t body_bytes;
    uint32_t reserved;
    uint64_t token;
};
BERTH_STATIC_ASSERT(sizeof(struct berth_control_header) == 24, "control header");

enum berth_control_kind {
    BERTH_KIND_HELLO = 1,
    BERTH_KIND_OPEN = 2,
    BERTH_KIND_CLOSE = 3,
    BERTH_KIND_SEGMENT_ADD = 4,
    BERTH_KIND_SEGMENT_DROP = 5,
    BERTH_KIND_GOODBYE = 6,
    BERTH_KIND_LIST = 7,
    BERTH_KIND_SEGMENT_WIPE = 8, /* since minor 1 */
    BERTH_KIND_WORKER_HELLO = 33,
    BERTH_KIND_WORKER_READY = 34,
    BERTH_KIND_WORKER_FAILED = 35,
    BERTH_KIND_SEGMENT_MAPPED = 36,
    BERTH_KIND_SEGMENT_RELEASED = 37,
    BERTH_KIND_WELCOME = 65,
    BERTH_KIND_OPENED = 66,
    BERTH_KIND_CLOSED = 67,
    BERTH_KIND_SEGMENT_ADDED = 68,
    BERTH_KIND_REFUSED = 69,
    BERTH_KIND_GOAWAY = 70,
    BERTH_KIND_EXPELLED = 71,
    BERTH_KIND_LISTED = 72,
    BERTH_KIND_SEGMENT_WIPED = 73,
    BERTH_KIND_WORKER_WELCOME = 97,
    BERTH_KIND_SEGMENT_MAP = 98,
    BERTH_KIND_SEGMENT_UNMAP = 99
};

/* Order of the descriptors that come with WELCOME. */
enum berth_welcome_descriptor {
    BERTH_WELCOME_CLIENT_REGION,
    BERTH_WELCOME_BROKER_REGION,
    BERTH_WELCOME_BELL_TO_BROKER,
    BERTH_WELCOME_BELL_FROM_BROKER,
    BERTH_WELCOME_DESCRIPTORS
};

/* ---- 2. Regions -------------------------------------------------------------------------------
 */

#define BERTH_REGION_MAGIC UINT64_C(0x4E4F494745524842) /* "BHREGION" */

enum berth_region_kind {
    BERTH_REGION_CLIENT = 1,
    BERTH_REGION_BROKER = 2,
    BERTH_REGION_WORKER = 3
};

struct berth_region_header {
    uint64_t magic;
    uint32_t major;
    uint32_t minor;
    uint32_t kind;
    uint32_t ring_offset;
    uint32_t ring_bytes;
    uint32_t reserved;
    uint64_t session;
    uint64_t broker_epoch;
};
BERTH_STATIC_ASSERT(sizeof(struct berth_region_header) == 48, "region header");
BERTH_STATIC_ASSERT(offsetof(struct berth_region_header, kind) == 16, "region kind");
BERTH_STATIC_ASSERT(offsetof(struct berth_region_header, ring_offset) == 20, "region ring offset");
BERTH_STATIC_ASSERT(offsetof(struct berth_region_header, session) == 32, "region session");
BERTH_STATIC_ASSERT(offsetof(struct berth_region_header, broker_epoch) == 40, "region epoch");

/* The shared words; each stands on a 128-byte line of its own. */
#define BERTH_REGION_TAIL 128
#define BERTH_REGION_HEAD 256
#define BERTH_REGION_SLEEP 384
#define BERTH_REGION_HEARTBEAT 512
#define BERTH_REGION_SIGNAL 640
#define BERTH_REGION_HEADER_BYTES 768

/* ---- 3. Rings ---------------------------------------------------------------------------------
 */

#define BERTH_RING_MIN_BYTES UINT32_C(4096)
#define BERTH_RING_MAX_BYTES (UINT32_C(1) << 30)
#define BERTH_RECORD_ALIGNMENT 8
#define BERTH_RECORD_HEADER_BYTES 8
#define BERTH_RECORD_PADDING (-1)
/* A sleeper looks again after this long even if nobody rang. */
#define BERTH_SLEEP_LIMIT_MILLIS 5000

static inline uint64_t berth_align8(uint64_t bytes) {
    return (bytes + 7) & ~UINT64_C(7);
}

/* ---- 4. Frames --------------------------------------------------------------------------------
 */

enum berth_frame_type {
    BERTH_FRAME_REQUEST = 1,
    BERTH_FRAME_RESPONSE = 2,
    BERTH_FRAME_CREDIT = 3,
    BERTH_FRAME_CANCEL = 4,
    BERTH_FRAME_BIND = 16,
    BERTH_FRAME_SESSION_CLOSED = 17,
    BERTH_FRAME_GOAWAY = 18
};

enum berth_frame_flag {
    BERTH_FLAG_IDEMPOTENT = 1 << 0,
    BERTH_FLAG_MORE = 1 << 1,
    BERTH_FLAG_STREAM = 1 << 2,
    BERTH_FLAG_TRACE = 1 << 3,
    BERTH_FLAG_INPUT = 1 << 4,
    BERTH_FLAG_OUTPUT = 1 << 5,
    BERTH_FLAG_SESSION = 1 << 6,
    BERTH_FLAG_RETRIED = 1 << 7,
    BERTH_FLAG_RESUBMITTED = 1 << 8
};

struct berth_frame {
    int32_t length;
    int32_t type;
    uint64_t correlation;
    int64_t deadline_nanos;
    uint32_t handle;
    uint32_t operation;
    uint32_t flags;
    uint32_t priority;
    uint32_t status;
    uint32_t payload_bytes;
    uint32_t reply_limit;
    uint32_t credit;
    uint32_t part;
    uint32_t epoch;
};
BERTH_STATIC_ASSERT(sizeof(struct berth_frame) == 64, "frame header");
BERTH_STATIC_ASSERT(offsetof(struct berth_frame, correlation) == 8, "correlation");
BERTH_STATIC_ASSERT(offsetof(struct berth_frame, deadline_nanos) == 16, "deadline");
BERTH_STATIC_ASSERT(offsetof(struct berth_frame, handle) == 24, "handle");
BERTH_STATIC_ASSERT(offsetof(struct berth_frame, operation) == 28, "operation");
BERTH_STATIC_ASSERT(offsetof(struct berth_frame, flags) == 32, "flags");
BERTH_STATIC_ASSERT(offsetof(struct berth_frame, priority) == 36, "priority");
BERTH_STATIC_ASSERT(offsetof(struct berth_frame, status) == 40, "status");
BERTH_STATIC_ASSERT(offsetof(struct berth_frame, payload_bytes) == 44, "payload bytes");
BERTH_STATIC_ASSERT(offsetof(struct berth_frame, reply_limit) == 48, "reply limit");
BERTH_STATIC_ASSERT(offsetof(struct berth_frame, credit) == 52, "credit");
BERTH_STATIC_ASSERT(offsetof(struct berth_frame, part) == 56, "part");
BERTH_STATIC_ASSERT(offsetof(struct berth_frame, epoch) == 60, "epoch");

/* The blocks that may follow the header, in this order. */
enum berth_trace_stamp {
    BERTH_TRACE_SUBMITTED,
    BERTH_TRACE_RECEIVED,
    BERTH_TRACE_DISPATCHED,
    BERTH_TRACE_STARTED,
    BERTH_TRACE_FINISHED,
    BERTH_TRACE_ANSWERED,
    BERTH_TRACE_STAMPS
};

struct berth_block_reference {
    uint32_t segment;
    uint32_t generation;
    uint64_t offset;
    uint64_t length;
};
BERTH_STATIC_ASSERT(sizeof(struct berth_block_reference) == 24, "block reference");

#define BERTH_TRACE_BYTES 48
#define BERTH_REFERENCE_BYTES 24
#define BERTH_SESSION_BLOCK_BYTES 8
#define BERTH_BLOCKS_MAX_BYTES                                                                     \
    (BERTH_TRACE_BYTES + 2 * BERTH_REFERENCE_BYTES + BERTH_SESSION_BLOCK_BYTES)
BERTH_STATIC_ASSERT(BERTH_BLOCKS_MAX_BYTES == 104, "blocks");

/* An error's text always fits into this many bytes of payload. */
#define BERTH_ERROR_TEXT_BYTES 192

enum berth_priority {
    BERTH_PRIORITY_INTERACTIVE = 0,
    BERTH_PRIORITY_NORMAL = 1,
    BERTH_PRIORITY_BULK = 2,
    BERTH_PRIORITY_BACKGROUND = 3
};

enum berth_direction { BERTH_INPUT = 1, BERTH_OUTPUT = 2 };

enum berth_permission_bit {
    BERTH_BIT_CALL = 0,
    BERTH_BIT_SIGN = 1,
    BERTH_BIT_VERIFY = 2,
    BERTH_BIT_ENCRYPT = 3,
    BERTH_BIT_DECRYPT = 4,
    BERTH_BIT_DIGEST = 5,
    BERTH_BIT_MAC = 6,
    BERTH_BIT_RANDOM = 7,
    BERTH_BIT_EXPORT = 8,
    BERTH_BIT_WRAP = 9,
    BERTH_BIT_UNWRAP = 10,
    BERTH_BIT_INFER = 11,
    BERTH_BIT_QUERY = 12,
    BERTH_BIT_UPDATE = 13,
    BERTH_BIT_MANAGE = 14,
    BERTH_BIT_AGREE = 15,
    BERTH_BIT_RAW = 16 /* RSA without padding with a private key: it signs and decrypts anything */
};
#define BERTH_PERMISSION(bit) (UINT32_C(1) << (bit))
#define BERTH_OPERATION(bit, code) (((uint32_t)(bit) << 16) | (uint32_t)(code))
#define BERTH_OPERATION_BIT(operation) ((uint32_t)(operation) >> 16)

enum berth_replay_class {
    BERTH_REPLAY_PURE = 0,
    BERTH_REPLAY_RANDOMISED = 1,
    BERTH_REPLAY_RESTORABLE = 2,
    BERTH_REPLAY_NOT_RESTORABLE = 3,
    BERTH_REPLAY_AT_MOST_ONCE = 4
};

enum berth_status {
    BERTH_STATUS_OK = 0,
    BERTH_STATUS_CANCELLED = 1,
    BERTH_STATUS_UNKNOWN = 2,
    BERTH_STATUS_INVALID_ARGUMENT = 3,
    BERTH_STATUS_DEADLINE_EXCEEDED = 4,
    BERTH_STATUS_NOT_FOUND = 5,
    BERTH_STATUS_ALREADY_EXISTS = 6,
    BERTH_STATUS_PERMISSION_DENIED = 7,
    BERTH_STATUS_RESOURCE_EXHAUSTED = 8,
    BERTH_STATUS_FAILED_PRECONDITION = 9,
    BERTH_STATUS_ABORTED = 10,
    BERTH_STATUS_OUT_OF_RANGE = 11,
    BERTH_STATUS_UNIMPLEMENTED = 12,
    BERTH_STATUS_INTERNAL = 13,
    BERTH_STATUS_UNAVAILABLE = 14,
    BERTH_STATUS_DATA_LOSS = 15,
    BERTH_STATUS_UNAUTHENTICATED = 16,
    BERTH_STATUS_COUNT
};

enum berth_reason {
    BERTH_REASON_NONE = 0,
    BERTH_REASON_QUEUE_FULL = 1,
    BERTH_REASON_PRINCIPAL_LIMIT = 2,
    BERTH_REASON_REPLY_SPACE = 3,
    BERTH_REASON_EXPIRED_BEFORE_DISPATCH = 4,
    BERTH_REASON_EXPIRED_IN_FLIGHT = 5,
    BERTH_REASON_CALLER_TIMED_OUT = 6,
    BERTH_REASON_WORKER_LOST_OUTCOME_UNKNOWN = 7,
    BERTH_REASON_WORKER_UNAVAILABLE = 8,
    BERTH_REASON_DEVICE_GIVEN_UP = 9,
    BERTH_REASON_DEVICE_RELEASED = 10,
    BERTH_REASON_REQUEST_KILLS_WORKER = 11,
    BERTH_REASON_NOT_PERMITTED = 12,
    BERTH_REASON_STALE_HANDLE = 13,
    BERTH_REASON_PAYLOAD_TOO_LARGE = 14,
    BERTH_REASON_MALFORMED_FRAME = 15,
    BERTH_REASON_UNKNOWN_OPERATION = 16,
    BERTH_REASON_CANCELLED = 17,
    BERTH_REASON_STALE_REFERENCE = 18,
    BERTH_REASON_BLOCK_PINNED = 19,
    BERTH_REASON_GOING_AWAY = 20,
    BERTH_REASON_CONNECTION_LOST_OUTCOME_UNKNOWN = 21,
    BERTH_REASON_CONNECTION_LOST = 22,
    BERTH_REASON_AUDIT_UNAVAILABLE = 23,
    BERTH_REASON_UNKNOWN_RESOURCE = 24,
    BERTH_REASON_BUDGET_EXCEEDED = 25,
    BERTH_REASON_VERSION_MISMATCH = 26,
    BERTH_REASON_SESSION_LIMIT = 27,
    BERTH_REASON_DUPLICATE_CORRELATION = 28,
    BERTH_REASON_DRIVER_ERROR = 29,
    BERTH_REASON_ALGORITHM_DISABLED = 30,
    BERTH_REASON_FORKED = 31,
    BERTH_REASON_RESPONSE_OVERRUN = 32,
    BERTH_REASON_REPLY_TOO_LARGE = 33,
    BERTH_REASON_BAD_POSITION = 34,
    BERTH_REASON_DUPLICATE_ATTACH = 35,
    BERTH_REASON_SHUTTING_DOWN = 36,
    BERTH_REASON_COUNT
};

/* Names as in docs/PROTOCOL.md; NULL for a number that this version does not know. */
static inline const char *berth_protocol_reason_name(uint32_t reason) {
    static const char *const names[BERTH_REASON_COUNT] = {
        "none",
        "queue-full",
        "principal-limit",
        "reply-space",
        "expired-before-dispatch",
        "expired-in-flight",
        "caller-timed-out",
        "worker-lost-outcome-unknown",
        "worker-unavailable",
        "device-given-up",
        "device-released",
        "request-kills-worker",
        "not-permitted",
        "stale-handle",
        "payload-too-large",
        "malformed-frame",
        "unknown-operation",
        "cancelled",
        "stale-reference",
        "block-pinned",
        "going-away",
        "connection-lost-outcome-unknown",
        "connection-lost",
        "audit-unavailable",
        "unknown-resource",
        "budget-exceeded",
        "version-mismatch",
        "session-limit",
        "duplicate-correlation",
        "driver-error",
        "algorithm-disabled",
        "forked",
        "response-overrun",
        "reply-too-large",
        "bad-position",
        "duplicate-attach",
        "shutting-down",
    };
    return reason < BERTH_REASON_COUNT ? names[reason] : NULL;
}

static inline const char *berth_protocol_status_name(uint32_t status) {
    static const char *const names[BERTH_STATUS_COUNT] = {
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    };
    return status < BERTH_STATUS_COUNT ? names[status] : NULL;
}

/* ---- 6. HSM operations, 7. echo operations -----------------------------------------------------
 */

#define BERTH_OP_SM2_SIGN BERTH_OPERATION(BERTH_BIT_SIGN, 1)
#define BERTH_OP_SM2_VERIFY BERTH_OPERATION(BERTH_BIT_VERIFY, 1)
#define BERTH_OP_SM2_ENCRYPT BERTH_OPERATION(BERTH_BIT_ENCRYPT, 1)
#define BERTH_OP_SM2_DECRYPT BERTH_OPERATION(BERTH_BIT_DECRYPT, 1)
#define BERTH_OP_SM4_ENCRYPT BERTH_OPERATION(BERTH_BIT_ENCRYPT, 2)
#define BERTH_OP_SM4_DECRYPT BERTH_OPERATION(BERTH_BIT_DECRYPT, 2)
#define BERTH_OP_SM3_DIGEST BERTH_OPERATION(BERTH_BIT_DIGEST, 1)
#define BERTH_OP_SM4_MAC BERTH_OPERATION(BERTH_BIT_MAC, 1)
#define BERTH_OP_HMAC_SM3 BERTH_OPERATION(BERTH_BIT_MAC, 2)
#define BERTH_OP_RANDOM BERTH_OPERATION(BERTH_BIT_RANDOM, 1)
#define BERTH_OP_EXPORT_PUBLIC_KEY BERTH_OPERATION(BERTH_BIT_EXPORT, 1)
#define BERTH_OP_GENERATE_KEY BERTH_OPERATION(BERTH_BIT_WRAP, 1)
#define BERTH_OP_RSA_SIGN BERTH_OPERATION(BERTH_BIT_SIGN, 2)
#define BERTH_OP_EC_SIGN BERTH_OPERATION(BERTH_BIT_SIGN, 3)
#define BERTH_OP_OTHER_SIGN BERTH_OPERATION(BERTH_BIT_SIGN, 4)
#define BERTH_OP_RSA_VERIFY BERTH_OPERATION(BERTH_BIT_VERIFY, 2)
#define BERTH_OP_EC_VERIFY BERTH_OPERATION(BERTH_BIT_VERIFY, 3)
#define BERTH_OP_OTHER_VERIFY BERTH_OPERATION(BERTH_BIT_VERIFY, 4)
#define BERTH_OP_MAC_VERIFY BERTH_OPERATION(BERTH_BIT_VERIFY, 5)
#define BERTH_OP_RSA_ENCRYPT BERTH_OPERATION(BERTH_BIT_ENCRYPT, 3)
#define BERTH_OP_RSA_DECRYPT BERTH_OPERATION(BERTH_BIT_DECRYPT, 3)
#define BERTH_OP_AES_ENCRYPT BERTH_OPERATION(BERTH_BIT_ENCRYPT, 4)
#define BERTH_OP_AES_DECRYPT BERTH_OPERATION(BERTH_BIT_DECRYPT, 4)
#define BERTH_OP_OTHER_ENCRYPT BERTH_OPERATION(BERTH_BIT_ENCRYPT, 5)
#define BERTH_OP_OTHER_DECRYPT BERTH_OPERATION(BERTH_BIT_DECRYPT, 5)
#define BERTH_OP_DIGEST BERTH_OPERATION(BERTH_BIT_DIGEST, 2)
#define BERTH_OP_MAC BERTH_OPERATION(BERTH_BIT_MAC, 3)
#define BERTH_OP_FIND_OBJECTS BERTH_OPERATION(BERTH_BIT_EXPORT, 2)
#define BERTH_OP_GET_ATTRIBUTES BERTH_OPERATION(BERTH_BIT_EXPORT, 3)
#define BERTH_OP_TOKEN_INFO BERTH_OPERATION(BERTH_BIT_EXPORT, 4)
#define BERTH_OP_CHECK_PIN BERTH_OPERATION(BERTH_BIT_EXPORT, 5)
#define BERTH_OP_RELEASE_OBJECT BERTH_OPERATION(BERTH_BIT_EXPORT, 6)
#define BERTH_OP_WRAP_KEY BERTH_OPERATION(BERTH_BIT_WRAP, 2)
#define BERTH_OP_GENERATE_SESSION_KEY BERTH_OPERATION(BERTH_BIT_WRAP, 3)
#define BERTH_OP_UNWRAP_KEY BERTH_OPERATION(BERTH_BIT_UNWRAP, 1)
#define BERTH_OP_CREATE_SESSION_OBJECT BERTH_OPERATION(BERTH_BIT_UNWRAP, 2)
#define BERTH_OP_SET_SESSION_ATTRIBUTES BERTH_OPERATION(BERTH_BIT_UNWRAP, 3)
#define BERTH_OP_CREATE_OBJECT BERTH_OPERATION(BERTH_BIT_MANAGE, 1)
#define BERTH_OP_GENERATE_OBJECT BERTH_OPERATION(BERTH_BIT_MANAGE, 2)
#define BERTH_OP_DESTROY_OBJECT BERTH_OPERATION(BERTH_BIT_MANAGE, 3)
#define BERTH_OP_SET_ATTRIBUTES BERTH_OPERATION(BERTH_BIT_MANAGE, 4)
#define BERTH_OP_DERIVE_KEY BERTH_OPERATION(BERTH_BIT_AGREE, 1)
#define BERTH_OP_SM4_SEAL BERTH_OPERATION(BERTH_BIT_ENCRYPT, 6)
#define BERTH_OP_SM4_OPEN BERTH_OPERATION(BERTH_BIT_DECRYPT, 6)
#define BERTH_OP_GENERATE_KEY_FOR BERTH_OPERATION(BERTH_BIT_WRAP, 4)
#define BERTH_OP_EXCHANGE_ENVELOPE BERTH_OPERATION(BERTH_BIT_UNWRAP, 4)
#define BERTH_OP_BEGIN_AGREEMENT BERTH_OPERATION(BERTH_BIT_AGREE, 2)
#define BERTH_OP_FINISH_AGREEMENT BERTH_OPERATION(BERTH_BIT_AGREE, 3)
#define BERTH_OP_RESPOND_TO_AGREEMENT BERTH_OPERATION(BERTH_BIT_AGREE, 4)
#define BERTH_OP_EXPORT_RSA_PUBLIC_KEY BERTH_OPERATION(BERTH_BIT_EXPORT, 7)
#define BERTH_OP_TEST_GENERATE_PAIR BERTH_OPERATION(BERTH_BIT_CALL, 16)
#define BERTH_OP_TEST_PRIVATE_KEY BERTH_OPERATION(BERTH_BIT_CALL, 17)
#define BERTH_OP_TEST_CIPHER BERTH_OPERATION(BERTH_BIT_CALL, 18)
#define BERTH_OP_TEST_IMPORT_KEY BERTH_OPERATION(BERTH_BIT_CALL, 19)
#define BERTH_OP_TEST_HMAC BERTH_OPERATION(BERTH_BIT_CALL, 20)
#define BERTH_OP_RSA_RAW_SIGN BERTH_OPERATION(BERTH_BIT_RAW, 1)
#define BERTH_OP_RSA_RAW_DECRYPT BERTH_OPERATION(BERTH_BIT_RAW, 2)

#define BERTH_OP_ECHO BERTH_OPERATION(BERTH_BIT_CALL, 1)
#define BERTH_OP_COUNT BERTH_OPERATION(BERTH_BIT_CALL, 2)
#define BERTH_OP_DELAY BERTH_OPERATION(BERTH_BIT_CALL, 3)
#define BERTH_OP_TOUCH BERTH_OPERATION(BERTH_BIT_CALL, 4)
#define BERTH_OP_ONCE BERTH_OPERATION(BERTH_BIT_CALL, 5)
#define BERTH_OP_CRASH BERTH_OPERATION(BERTH_BIT_CALL, 32)
#define BERTH_OP_HANG BERTH_OPERATION(BERTH_BIT_CALL, 33)
#define BERTH_OP_SCRIBBLE BERTH_OPERATION(BERTH_BIT_CALL, 34)
#define BERTH_OP_EXIT BERTH_OPERATION(BERTH_BIT_CALL, 35)

#endif
