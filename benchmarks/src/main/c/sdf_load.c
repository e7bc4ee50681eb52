/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that uses a GM/T 0018 library, a card's own or Berth's in its place: one thread and one
 * session for each request in flight.
 *
 *   sdf_load LIBRARY OPERATION SESSIONS
 *
 * OPERATION: sm2-sign, sm2-verify, sm4-cbc-1k, sm4-cbc-64k, sm3-64k, random-32; with the key, and
 * the key-encryption key, of index 1. Every request is another one. The first and the last result
 * of each session in a run are checked afterwards, by the card: signatures are verified,
 * ciphertexts decrypted, digests computed again in other pieces; random numbers must differ.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "berth/sdf.h"
#include "child_protocol.h"
#include "lanes.h"
#include "loading.h"

#define KEY_INDEX 1u
#define DIGEST_BYTES 32u
#define BLOCK_BYTES 16u
#define LONG_BYTES 65536u
#define SHORT_BYTES 1024u
#define RANDOM_BYTES 32u

#define SDF_USED(X)                                                                                \
    X(OpenDevice)                                                                                  \
    X(OpenSession)                                                                                 \
    X(InternalSign_ECC)                                                                            \
    X(InternalVerify_ECC)                                                                          \
    X(GenerateKeyWithKEK)                                                                          \
    X(Encrypt)                                                                                     \
    X(Decrypt)                                                                                     \
    X(HashInit)                                                                                    \
    X(HashUpdate)                                                                                  \
    X(HashFinal)                                                                                   \
    X(GenerateRandom)

static struct {
#define MEMBER(name) __typeof__(SDF_##name) *name;
    SDF_USED(MEMBER)
#undef MEMBER
} sdf;

struct result {
    unsigned char bytes[LONG_BYTES];
    ECCSignature signature;
    uint64_t start_nanos;
    uint64_t serial;
};

struct session {
    void *handle;
    void *key;
    uint32_t number;
    unsigned data_bytes;
    unsigned char data[LONG_BYTES];
    struct result first;
    struct result last;
};

static void expect_ok(int status, const char *call) {
    if (status != SDR_OK) {
        fprintf(stderr, "sdf_load: %s returned 0x%08x\n", call, (unsigned)status);
        exit(1);
    }
}

static void stamp(struct session *session, const struct result *result) {
    memcpy(session->data, &result->start_nanos, sizeof result->start_nanos);
    memcpy(session->data + 8, &result->serial, sizeof result->serial);
    memcpy(session->data + 16, &session->number, sizeof session->number);
}

static struct session *begin(void *at, uint64_t start_nanos, uint64_t serial) {
    struct session *session = at;
    session->last.start_nanos = start_nanos;
    session->last.serial = serial;
    stamp(session, &session->last);
    return session;
}

static void remember_first(void *at) {
    struct session *session = at;
    memcpy(&session->first, &session->last, sizeof session->first);
}

static unsigned wrong_of_both(struct session *session,
                              bool (*right)(struct session *, struct result *)) {
    unsigned wrong = 0;
    struct result *const both[] = {&session->first, &session->last};
    for (unsigned i = 0; i < 2; i++) {
        stamp(session, both[i]);
        wrong += !right(session, both[i]);
    }
    return wrong;
}

static bool sign(void *at, uint64_t start_nanos, uint64_t serial) {
    struct session *session = begin(at, start_nanos, serial);
    return sdf.InternalSign_ECC(session->handle, KEY_INDEX, session->data, DIGEST_BYTES,
                                &session->last.signature) == SDR_OK;
}

static bool signature_is_right(struct session *session, struct result *result) {
    return sdf.InternalVerify_ECC(session->handle, KEY_INDEX, session->data, DIGEST_BYTES,
                                  &result->signature) == SDR_OK;
}

static unsigned wrong_signatures(void *at) {
    return wrong_of_both(at, signature_is_right);
}

/* One good signature, made once, verified over and over: a card does not remember. */
static bool verify(void *at, uint64_t start_nanos, uint64_t serial) {
    struct session *session = at;
    session->last.start_nanos = start_nanos;
    session->last.serial = serial;
    return sdf.InternalVerify_ECC(session->handle, KEY_INDEX, session->data, DIGEST_BYTES,
                                  &session->last.signature) == SDR_OK;
}

static unsigned wrong_verdicts(void *at) {
    struct session *session = at;
    ECCSignature spoilt = session->last.signature;
    spoilt.s[ECCref_MAX_LEN - 1] ^= 1;
    return sdf.InternalVerify_ECC(session->handle, KEY_INDEX, session->data, DIGEST_BYTES,
                                  &spoilt) == SDR_OK;
}

static bool encrypt(void *at, uint64_t start_nanos, uint64_t serial) {
    struct session *session = begin(at, start_nanos, serial);
    unsigned char iv[BLOCK_BYTES] = {0};
    unsigned written = session->data_bytes;
    return sdf.Encrypt(session->handle, session->key, SGD_SM4_CBC, iv, session->data,
                       session->data_bytes, session->last.bytes, &written) == SDR_OK &&
           written == session->data_bytes;
}

static bool ciphertext_is_right(struct session *session, struct result *result) {
    static _Thread_local unsigned char plain[LONG_BYTES];
    unsigned char iv[BLOCK_BYTES] = {0};
    unsigned written = session->data_bytes;
    return sdf.Decrypt(session->handle, session->key, SGD_SM4_CBC, iv, result->bytes,
                       session->data_bytes, plain, &written) == SDR_OK &&
           memcmp(plain, session->data, session->data_bytes) == 0;
}

static unsigned wrong_ciphertexts(void *at) {
    return wrong_of_both(at, ciphertext_is_right);
}

static bool hash(struct session *session, unsigned piece, unsigned char *digest) {
    unsigned written = DIGEST_BYTES;
    if (sdf.HashInit(session->handle, SGD_SM3, NULL, NULL, 0) != SDR_OK)
        return false;
    for (unsigned at = 0; at < session->data_bytes; at += piece) {
        if (sdf.HashUpdate(session->handle, session->data + at, piece) != SDR_OK)
            return false;
    }
    return sdf.HashFinal(session->handle, digest, &written) == SDR_OK && written == DIGEST_BYTES;
}

static bool digest(void *at, uint64_t start_nanos, uint64_t serial) {
    struct session *session = begin(at, start_nanos, serial);
    return hash(session, session->data_bytes, session->last.bytes);
}

static bool digest_is_right(struct session *session, struct result *result) {
    unsigned char again[DIGEST_BYTES];
    return hash(session, session->data_bytes / 4, again) &&
           memcmp(again, result->bytes, sizeof again) == 0;
}

static unsigned wrong_digests(void *at) {
    return wrong_of_both(at, digest_is_right);
}

static bool draw(void *at, uint64_t start_nanos, uint64_t serial) {
    struct session *session = begin(at, start_nanos, serial);
    return sdf.GenerateRandom(session->handle, RANDOM_BYTES, session->last.bytes) == SDR_OK;
}

static unsigned wrong_numbers(void *at) {
    struct session *session = at;
    return session->first.serial != session->last.serial &&
           memcmp(session->first.bytes, session->last.bytes, RANDOM_BYTES) == 0;
}

static const struct operation {
    const char *name;
    unsigned data_bytes;
    struct work work;
} operations[] = {
    {"sm2-sign", DIGEST_BYTES, {sign, remember_first, wrong_signatures}},
    {"sm2-verify", DIGEST_BYTES, {verify, remember_first, wrong_verdicts}},
    {"sm4-cbc-1k", SHORT_BYTES, {encrypt, remember_first, wrong_ciphertexts}},
    {"sm4-cbc-64k", LONG_BYTES, {encrypt, remember_first, wrong_ciphertexts}},
    {"sm3-64k", LONG_BYTES, {digest, remember_first, wrong_digests}},
    {"random-32", RANDOM_BYTES, {draw, remember_first, wrong_numbers}},
};

static const struct operation *operation_named(const char *name) {
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    }
    fprintf(stderr, "sdf_load: no operation '%s'\n", name);
    exit(2);
}

static void *open_session(void *device, const struct operation *operation, uint32_t number) {
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL)
        fail("calloc");
    session->number = number;
    session->data_bytes = operation->data_bytes;
    expect_ok(sdf.OpenSession(device, &session->handle), "SDF_OpenSession");
    if (operation->work.perform == encrypt) {
        unsigned char wrapped[256];
        unsigned wrapped_bytes = sizeof wrapped;
        expect_ok(sdf.GenerateKeyWithKEK(session->handle, 128, SGD_SM4_ECB, KEY_INDEX, wrapped,
                                         &wrapped_bytes, &session->key),
                  "SDF_GenerateKeyWithKEK");
    }
    if (operation->work.perform == verify && !sign(session, 0, 0)) {
        fprintf(stderr, "sdf_load: no signature to verify\n");
        exit(1);
    }
    return session;
}

int main(int argc, char **argv) {
    static void *sessions[MOST_LANES];
    void *device;
    die_with_parent();
    unsigned long count = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    if (count < 1 || count > MOST_LANES) {
        fprintf(stderr, "usage: sdf_load LIBRARY OPERATION SESSIONS (1..%u)\n", MOST_LANES);
        return 2;
    }
    const struct operation *operation = operation_named(argv[2]);
    void *library = load_library(argv[1]);
    /* POSIX lets an object pointer of dlsym be stored as a function pointer; ISO C has no cast for
     * it. */
#define RESOLVE(name) *(void **)&sdf.name = load_symbol(library, "SDF_" #name);
    SDF_USED(RESOLVE)
#undef RESOLVE
    expect_ok(sdf.OpenDevice(&device), "SDF_OpenDevice");
    for (uint32_t i = 0; i < count; i++)
        sessions[i] = open_session(device, operation, i);
    serve_lanes(&operation->work, sessions, (uint32_t)count);
    return 0;
}
