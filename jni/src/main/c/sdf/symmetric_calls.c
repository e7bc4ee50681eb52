/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018-2012, 6.5 and 6.6: symmetric and hash operations. */
#include "sdf/calls.h"

#define IV_BYTES 16
#define DIGEST_ROOM_BYTES 64

/*
 * The IV as the card gets it: always a buffer of its own, because some cards write the next one
 * into it and some do not (the caller chains it by itself), and some look at it even for ECB.
 */
struct iv {
    unsigned char bytes[IV_BYTES + SLACK_BYTES];
};

static void read_iv(JNIEnv *env, jbyteArray from, struct iv *iv) {
    memset(iv, 0, sizeof *iv);
    if (from != NULL) {
        (*env)->GetByteArrayRegion(env, from, 0, IV_BYTES, (jbyte *)iv->bytes);
    }
}

typedef int symmetric_function(void *session, void *key, unsigned int algorithm, unsigned char *iv,
                               unsigned char *in, unsigned int in_length, unsigned char *out,
                               unsigned int *out_length);

static unsigned char *at(jlong address) {
    return (unsigned char *)(uintptr_t)address;
}

SDF_NATIVE(jint, cipherAt)
(JNIEnv *env, jclass c, jlong library, jboolean encrypting, jlong session, jlong key,
 jint algorithm, jbyteArray iv_bytes, jlong in, jint in_bytes, jlong out, jintArray out_length) {
    symmetric_function *function =
        encrypting ? sdf_library(library)->Encrypt : sdf_library(library)->Decrypt;
    unsigned int length = (unsigned)in_bytes;
    struct iv iv;
    if (function == NULL) {
        return SDR_NOTSUPPORT;
    }
    if (session == 0 || key == 0) {
        return SDR_INARGERR;
    }
    read_iv(env, iv_bytes, &iv);
    jint code = function(card_handle(session), card_handle(key), (unsigned)algorithm, iv.bytes,
                         at(in), (unsigned)in_bytes, at(out), &length);
    explicit_bzero(&iv, sizeof iv);
    if (code == SDR_OK && length > (unsigned)in_bytes) {
        code = SDR_OUTARGERR;
    }
    if (code == SDR_OK) {
        jint written = (jint)length;
        (*env)->SetIntArrayRegion(env, out_length, 0, 1, &written);
    }
    return code;
}

SDF_NATIVE(jlong, address)
(JNIEnv *env, jclass c, jobject direct) {
    return (jlong)(uintptr_t)(*env)->GetDirectBufferAddress(env, direct);
}

SDF_NATIVE(void, wipe)
(JNIEnv *env, jclass c, jlong address, jint bytes) {
    explicit_bzero(at(address), (size_t)bytes);
}

SDF_NATIVE(jint, calculateMac)
(JNIEnv *env, jclass c, jlong library, jlong session, jlong key, jint algorithm,
 jbyteArray iv_bytes, jbyteArray in, jint in_offset, jint in_bytes, jbyteArray mac,
 jintArray mac_length) {
    REQUIRE(CalculateMAC, session);
    REQUIRE(CalculateMAC, key);
    unsigned char out[DIGEST_ROOM_BYTES + SLACK_BYTES] = {0};
    jint array_room = (*env)->GetArrayLength(env, mac);
    unsigned int room = array_room < DIGEST_ROOM_BYTES ? (unsigned)array_room : DIGEST_ROOM_BYTES;
    unsigned int length = room;
    struct iv iv;
    struct scratch from;
    if (!scratch_copy(&from, env, in, in_offset, in_bytes)) {
        return SDR_NOBUFFER;
    }
    read_iv(env, iv_bytes, &iv);
    jint code = sdf_library(library)->CalculateMAC(card_handle(session), card_handle(key),
                                                   (unsigned)algorithm, iv.bytes, from.bytes,
                                                   (unsigned)in_bytes, out, &length);
    scratch_release(&from);
    if (code == SDR_OK && length > room) {
        code = SDR_OUTARGERR;
    }
    if (code == SDR_OK) {
        jint written = (jint)length;
        put_bytes(env, mac, 0, written, out);
        (*env)->SetIntArrayRegion(env, mac_length, 0, 1, &written);
    }
    explicit_bzero(&iv, sizeof iv);
    explicit_bzero(out, sizeof out);
    return code;
}

SDF_NATIVE(jint, hashInit)
(JNIEnv *env, jclass c, jlong library, jlong session, jint algorithm, jbyteArray xy,
 jbyteArray id) {
    REQUIRE(HashInit, session);
    if (xy == NULL) {
        return sdf_library(library)->HashInit(card_handle(session), (unsigned)algorithm, NULL, NULL,
                                              0);
    }
    struct ecc_room key;
    struct scratch name;
    jint length = (*env)->GetArrayLength(env, id);
    if (!scratch_copy(&name, env, id, 0, length)) {
        return SDR_NOBUFFER;
    }
    read_public_key(env, library, xy, &key);
    jint code = sdf_library(library)->HashInit(card_handle(session), (unsigned)algorithm,
                                               as_public_key(&key), name.bytes, (unsigned)length);
    scratch_release(&name);
    return code;
}

SDF_NATIVE(jint, hashUpdate)
(JNIEnv *env, jclass c, jlong library, jlong session, jbyteArray data, jint offset, jint bytes) {
    REQUIRE(HashUpdate, session);
    struct scratch in;
    if (!scratch_copy(&in, env, data, offset, bytes)) {
        return SDR_NOBUFFER;
    }
    jint code = sdf_library(library)->HashUpdate(card_handle(session), in.bytes, (unsigned)bytes);
    scratch_release(&in);
    return code;
}

SDF_NATIVE(jint, hashUpdateAt)
(JNIEnv *env, jclass c, jlong library, jlong session, jlong data, jint bytes) {
    REQUIRE(HashUpdate, session);
    return sdf_library(library)->HashUpdate(card_handle(session), at(data), (unsigned)bytes);
}

SDF_NATIVE(jint, hashFinal)
(JNIEnv *env, jclass c, jlong library, jlong session, jbyteArray hash, jintArray hash_length) {
    REQUIRE(HashFinal, session);
    unsigned char out[DIGEST_ROOM_BYTES + SLACK_BYTES] = {0};
    jint room = (*env)->GetArrayLength(env, hash);
    unsigned int length = (unsigned)room;
    jint code = sdf_library(library)->HashFinal(card_handle(session), out, &length);
    if (code == SDR_OK && (length > (unsigned)room || length > DIGEST_ROOM_BYTES)) {
        code = SDR_OUTARGERR;
    }
    if (code == SDR_OK) {
        jint written = (jint)length;
        put_bytes(env, hash, 0, written, out);
        (*env)->SetIntArrayRegion(env, hash_length, 0, 1, &written);
    }
    explicit_bzero(out, sizeof out);
    return code;
}
