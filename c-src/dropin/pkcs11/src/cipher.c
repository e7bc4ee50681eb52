/* SPDX-License-Identifier: Apache-2.0 */
/* Encryption and decryption, at once and in parts. */
#include "cipher.h"

#include <stdlib.h>
#include <string.h>

#include "gm.h"
#include "session.h"
#include "sm4.h"

static bool has(const struct operation *operation, enum mechanism_trait trait) {
    return (operation->mechanism.kind.traits & trait) != 0;
}

static bool encrypts(const struct operation *operation) {
    return operation->kind == OPERATION_ENCRYPT;
}

static CK_RV wrong_length(const struct operation *operation) {
    return encrypts(operation) ? CKR_DATA_LEN_RANGE : CKR_ENCRYPTED_DATA_LEN_RANGE;
}

/* Whether so many bytes in all can be worked on. */
static CK_RV check_length(const struct operation *operation, size_t bytes) {
    const struct mechanism *mechanism = &operation->mechanism;
    if (has(operation, TRAIT_PADDED)) {
        bool whole = bytes != 0 && bytes % BLOCK_BYTES == 0;
        return encrypts(operation) || whole ? CKR_OK : wrong_length(operation);
    }
    if (has(operation, TRAIT_CHAINED) && mechanism->kind.form != FORM_CTR &&
        bytes % BLOCK_BYTES != 0) {
        return wrong_length(operation);
    }
    if (mechanism->kind.form == FORM_GCM && !encrypts(operation) &&
        bytes < mechanism->tag_bits / 8) {
        return wrong_length(operation);
    }
    return CKR_OK;
}

/* The longest that the result can be, as SoftHSM says it; 0 = unknown, or nothing. */
static size_t bound_of(const struct operation *operation, size_t bytes) {
    const struct mechanism *mechanism = &operation->mechanism;
    if (mechanism->kind.family == FAMILY_RSA) {
        return operation->key.facts.modulus_bytes;
    }
    if (has(operation, TRAIT_PADDED) && encrypts(operation)) {
        return (bytes / BLOCK_BYTES + 1) * BLOCK_BYTES;
    }
    if (has(operation, TRAIT_CHAINED)) {
        return bytes;
    }
    if (mechanism->kind.form == FORM_GCM) {
        size_t tag = mechanism->tag_bits / 8;
        return encrypts(operation) ? bytes + tag : bytes - tag;
    }
    return 0;
}

/* ---- At once ----------------------------------------------------------------------------------
 */

static void write_whole(struct remote *remote, const struct key *key, void *context) {
    const struct operation *operation = context;
    mechanism_put(remote, 1, &operation->mechanism);
    object_put_reference(remote, 2, key);
    remote_data(remote, 3, operation->asked.bytes, operation->asked.used);
    /* What is not known in advance grows by padding and a tag at most. */
    size_t bound = bound_of(operation, operation->asked.used);
    remote_expect(remote, bound != 0 ? bound : operation->asked.used + 64);
}

static CK_RV make_whole(struct operation *operation, const uint8_t *data, size_t bytes) {
    if (operation->mechanism.kind.family == FAMILY_GM) {
        return gm_crypt(operation, data, bytes);
    }
    if (operation->mechanism.kind.family == FAMILY_SM4) {
        return encrypts(operation) ? sm4_seal(operation, data, bytes)
                                   : sm4_open(operation, data, bytes);
    }
    uint32_t which =
        mechanism_operation(&operation->mechanism, encrypts(operation) ? ACT_ENCRYPT : ACT_DECRYPT);
    if (which == 0) {
        return CKR_MECHANISM_INVALID;
    }
    CK_RV value = buffer_set(&operation->asked, data, bytes);
    if (value != CKR_OK) {
        return value;
    }
    struct remote remote;
    const uint8_t *made;
    size_t made_bytes;
    value = object_call(&remote, &operation->key, which, write_whole, operation);
    value = operation_refused(operation, bytes, value);
    value = value == CKR_OK ? remote_output(&remote, &made, &made_bytes) : value;
    value = value == CKR_OK ? buffer_set(&operation->result, made, made_bytes) : value;
    return remote_end(&remote, value);
}

/* Data of any length, piece by piece into out, which has room for the bound. */
static CK_RV chain_whole(struct operation *operation, const uint8_t *data, size_t bytes,
                         unsigned char *out, CK_ULONG *out_bytes) {
    size_t room = *out_bytes;
    CK_RV value = operation->wants_login ? CKR_USER_NOT_LOGGED_IN : CKR_OK;
    for (bool last = false; value == CKR_OK && !last;) {
        size_t piece = bytes < CIPHER_PIECE_BYTES ? bytes : CIPHER_PIECE_BYTES;
        size_t made = 0;
        last = piece == bytes;
        if (piece != 0 || has(operation, TRAIT_PADDED)) {
            value = cipher_piece(operation, data, piece, last, out, room, &made);
        }
        data += piece;
        bytes -= piece;
        out += made;
        room -= made;
    }
    if (value == CKR_OK) {
        *out_bytes -= room;
    }
    operation_end(operation);
    return value;
}

static CK_RV crypt(struct operation *operation, const uint8_t *data, size_t bytes,
                   unsigned char *out, CK_ULONG *out_bytes) {
    CK_RV value = check_length(operation, bytes);
    if (value != CKR_OK) {
        operation_end(operation);
        return value;
    }
    size_t bound = bound_of(operation, bytes);
    if (!has(operation, TRAIT_CHAINED)) {
        return operation_result(operation, make_whole, data, bytes, bound, out, out_bytes);
    }
    if (out == NULL || *out_bytes < bound) {
        *out_bytes = bound;
        return out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
    }
    return chain_whole(operation, data, bytes, out, out_bytes);
}

/* ---- In parts ---------------------------------------------------------------------------------
 */

/* How much of what has come can be worked on now. */
static size_t ripe(const struct operation *operation, size_t bytes) {
    size_t whole = bytes - bytes % BLOCK_BYTES;
    /* The last block holds the padding: it is known as the last only when the end is told. */
    bool keeps = has(operation, TRAIT_PADDED) && !encrypts(operation);
    return keeps && whole == bytes && whole != 0 ? whole - BLOCK_BYTES : whole;
}

static CK_RV work_on(struct operation *operation, unsigned char **out, size_t *room) {
    struct buffer *pending = &operation->data;
    size_t bytes = ripe(operation, pending->used);
    size_t made = 0;
    if (bytes == 0) {
        return CKR_OK;
    }
    CK_RV value = cipher_piece(operation, pending->bytes, bytes, false, *out, *room, &made);
    buffer_drop(pending, bytes);
    *out += made;
    *room -= made;
    return value;
}

static CK_RV chain_part(struct operation *operation, const uint8_t *part, size_t bytes,
                        unsigned char *out, CK_ULONG *out_bytes) {
    size_t will_come = ripe(operation, operation->data.used + bytes);
    if (out == NULL || *out_bytes < will_come) {
        *out_bytes = will_come;
        return out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
    }
    size_t room = *out_bytes;
    /* Pieces of what comes out must not land on what is still to go in. */
    uint8_t *copy = bytes > CIPHER_PIECE_BYTES / 2 ? malloc(bytes) : NULL;
    CK_RV value = bytes > CIPHER_PIECE_BYTES / 2 && copy == NULL ? CKR_HOST_MEMORY : CKR_OK;
    if (copy != NULL) {
        memcpy(copy, part, bytes);
        part = copy;
    }
    size_t left = bytes;
    operation->in_parts = true;
    while (value == CKR_OK && left > 0) {
        size_t piece = left < CIPHER_PIECE_BYTES / 2 ? left : CIPHER_PIECE_BYTES / 2;
        value = buffer_append(&operation->data, part, piece);
        value = value == CKR_OK ? work_on(operation, &out, &room) : value;
        part += piece;
        left -= piece;
    }
    if (copy != NULL) {
        explicit_bzero(copy, bytes);
        free(copy);
    }
    if (value == CKR_OK) {
        *out_bytes -= room;
    } else {
        operation_end(operation);
    }
    return value;
}

static CK_RV part(struct operation *operation, const uint8_t *data, size_t bytes,
                  unsigned char *out, CK_ULONG *out_bytes) {
    if (operation->wants_login) {
        operation_end(operation);
        return CKR_USER_NOT_LOGGED_IN;
    }
    if (has(operation, TRAIT_CHAINED)) {
        return chain_part(operation, data, bytes, out, out_bytes);
    }
    *out_bytes = 0; /* all comes at the end */
    return out == NULL ? CKR_OK : operation_collect(operation, data, bytes);
}

/* The last blocks of a chained cipher; at most two. */
static CK_RV make_last(struct operation *operation, const uint8_t *data, size_t bytes) {
    uint8_t out[2 * BLOCK_BYTES];
    size_t made = 0;
    CK_RV value = CKR_OK;
    if (bytes != 0 || has(operation, TRAIT_PADDED)) {
        value = cipher_piece(operation, data, bytes, true, out, sizeof out, &made);
    }
    value = value == CKR_OK ? buffer_set(&operation->result, out, made) : value;
    explicit_bzero(out, sizeof out);
    return value;
}

static CK_RV finish(struct operation *operation, unsigned char *out, CK_ULONG *out_bytes) {
    struct buffer *pending = &operation->data;
    CK_RV value = check_length(operation, pending->used);
    if (value != CKR_OK) {
        operation_end(operation);
        return value;
    }
    if (!has(operation, TRAIT_CHAINED)) {
        return operation_result(operation, make_whole, pending->bytes, pending->used,
                                bound_of(operation, pending->used), out, out_bytes);
    }
    return operation_result(operation, make_last, pending->bytes, pending->used, 0, out, out_bytes);
}

/* ---- What the application asks ---------------------------------------------------------------
 */

static CK_RV begin(CK_SESSION_HANDLE handle, enum operation_kind kind, CK_MECHANISM *mechanism,
                   CK_OBJECT_HANDLE key) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    return value != CKR_OK ? value
                           : session_leave(session, operation_begin(session, kind, mechanism, key));
}

static CK_RV do_whole(CK_SESSION_HANDLE handle, enum operation_kind kind, const uint8_t *in,
                      CK_ULONG in_bytes, unsigned char *out, CK_ULONG *out_bytes) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    if (!operation_arguments(in, in_bytes) || out_bytes == NULL) {
        return session_leave(session, CKR_ARGUMENTS_BAD);
    }
    value = operation_expect(&session->operation, kind, true);
    value = value == CKR_OK ? crypt(&session->operation, in, in_bytes, out, out_bytes) : value;
    return session_leave(session, value);
}

static CK_RV do_part(CK_SESSION_HANDLE handle, enum operation_kind kind, const uint8_t *in,
                     CK_ULONG in_bytes, unsigned char *out, CK_ULONG *out_bytes) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    struct operation *operation = &session->operation;
    if (!operation_arguments(in, in_bytes) || out_bytes == NULL) {
        value = CKR_ARGUMENTS_BAD;
    } else if (operation->kind == kind && !has(operation, TRAIT_PARTS)) {
        value = CKR_FUNCTION_NOT_SUPPORTED; /* RSA, as SoftHSM answers */
    } else {
        value = operation_expect(operation, kind, false);
        value = value == CKR_OK ? part(operation, in, in_bytes, out, out_bytes) : value;
    }
    return session_leave(session, value);
}

static CK_RV do_final(CK_SESSION_HANDLE handle, enum operation_kind kind, unsigned char *out,
                      CK_ULONG *out_bytes) {
    struct session *session;
    CK_RV value = session_enter(handle, &session);
    if (value != CKR_OK) {
        return value;
    }
    struct operation *operation = &session->operation;
    if (out_bytes == NULL) {
        value = CKR_ARGUMENTS_BAD;
    } else if (operation->kind == kind && !has(operation, TRAIT_PARTS)) {
        value = CKR_FUNCTION_NOT_SUPPORTED;
    } else {
        value = operation_expect(operation, kind, false);
        value = value == CKR_OK ? finish(operation, out, out_bytes) : value;
    }
    return session_leave(session, value);
}

EXPORTED CK_RV C_EncryptInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                             CK_OBJECT_HANDLE key) {
    return begin(session, OPERATION_ENCRYPT, mechanism, key);
}

EXPORTED CK_RV C_Encrypt(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG bytes,
                         unsigned char *out, CK_ULONG *out_bytes) {
    return do_whole(session, OPERATION_ENCRYPT, data, bytes, out, out_bytes);
}

EXPORTED CK_RV C_EncryptUpdate(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG bytes,
                               unsigned char *out, CK_ULONG *out_bytes) {
    return do_part(session, OPERATION_ENCRYPT, data, bytes, out, out_bytes);
}

EXPORTED CK_RV C_EncryptFinal(CK_SESSION_HANDLE session, unsigned char *out, CK_ULONG *out_bytes) {
    return do_final(session, OPERATION_ENCRYPT, out, out_bytes);
}

EXPORTED CK_RV C_DecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                             CK_OBJECT_HANDLE key) {
    return begin(session, OPERATION_DECRYPT, mechanism, key);
}

EXPORTED CK_RV C_Decrypt(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG bytes,
                         unsigned char *out, CK_ULONG *out_bytes) {
    return do_whole(session, OPERATION_DECRYPT, data, bytes, out, out_bytes);
}

EXPORTED CK_RV C_DecryptUpdate(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG bytes,
                               unsigned char *out, CK_ULONG *out_bytes) {
    return do_part(session, OPERATION_DECRYPT, data, bytes, out, out_bytes);
}

EXPORTED CK_RV C_DecryptFinal(CK_SESSION_HANDLE session, unsigned char *out, CK_ULONG *out_bytes) {
    return do_final(session, OPERATION_DECRYPT, out, out_bytes);
}
