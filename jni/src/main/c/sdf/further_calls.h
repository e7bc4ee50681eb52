/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of further functions share: SM2's structures read from and written to Java. */
#ifndef BERTH_SDF_FURTHER_CALLS_H
#define BERTH_SDF_FURTHER_CALLS_H

#include "sdf/calls.h"

static inline bool point_from_card(JNIEnv *env, jlong library, const struct ecc_room *point,
                                   jbyteArray xy) {
    unsigned char plain[PUBLIC_KEY_BYTES];
    if (!public_key_from_card(sdf_shape(library), point, plain)) {
        return false; /* not in the card's form */
    }
    put_bytes(env, xy, 0, PUBLIC_KEY_BYTES, plain);
    return true;
}

static inline size_t payload_bytes(JNIEnv *env, jbyteArray ciphertext) {
    return (size_t)((*env)->GetArrayLength(env, ciphertext) - CIPHERTEXT_OVERHEAD_BYTES);
}

/* A card's ciphertext for it to read; released by the caller. */
static inline bool cipher_to_card(JNIEnv *env, jlong library, jbyteArray ciphertext,
                                  struct scratch *cipher) {
    size_t payload = payload_bytes(env, ciphertext);
    struct scratch plain;
    if (!scratch_take(cipher, cipher_room_bytes(payload))) {
        return false;
    }
    if (!scratch_copy(&plain, env, ciphertext, 0, (*env)->GetArrayLength(env, ciphertext))) {
        scratch_release(cipher);
        return false;
    }
    ciphertext_to_card(sdf_shape(library), plain.bytes, payload, cipher->bytes);
    scratch_release(&plain);
    return true;
}

/* A card's ciphertext for it to fill; released by the caller. */
static inline bool cipher_expected(JNIEnv *env, jlong library, jbyteArray ciphertext,
                                   struct scratch *cipher) {
    if (!scratch_take(cipher, cipher_room_bytes(payload_bytes(env, ciphertext)))) {
        return false;
    }
    ciphertext_expected(sdf_shape(library), cipher->bytes, cipher->size);
    return true;
}

/* SDR_OK, SDR_OUTARGERR, SDR_NOBUFFER. */
static inline jint cipher_from_card(JNIEnv *env, jlong library, const struct scratch *cipher,
                                    jbyteArray ciphertext) {
    jint length = (*env)->GetArrayLength(env, ciphertext);
    struct scratch plain;
    if (!scratch_take(&plain, (size_t)length)) {
        return SDR_NOBUFFER;
    }
    jint code = SDR_OUTARGERR;
    if (ciphertext_from_card(sdf_shape(library), cipher->bytes, cipher->size,
                             payload_bytes(env, ciphertext), plain.bytes)) {
        put_bytes(env, ciphertext, 0, length, plain.bytes);
        code = SDR_OK;
    }
    scratch_release(&plain);
    return code;
}

/* A key whose other results cannot be read: nobody would hold its handle. */
static inline void destroy_unheld(jlong library, jlong session, void *key) {
    if (sdf_library(library)->DestroyKey != NULL) {
        (void)sdf_library(library)->DestroyKey(card_handle(session), key);
    }
}

/* What a card says that it wrote, against the room it had. */
static inline jint put_result(JNIEnv *env, jint code, const struct scratch *out, unsigned length,
                              jint room, jbyteArray to, jint offset, jintArray to_length) {
    if (code != SDR_OK) {
        return code;
    }
    if (length > (unsigned)room) {
        return SDR_OUTARGERR;
    }
    jint written = (jint)length;
    put_bytes(env, to, offset, written, out->bytes);
    (*env)->SetIntArrayRegion(env, to_length, 0, 1, &written);
    return SDR_OK;
}

#endif
