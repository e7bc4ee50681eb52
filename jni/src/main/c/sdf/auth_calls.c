/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018-2023: authenticated encryption. */
#include "sdf/further_calls.h"

#define TAG_ROOM_BYTES 64

/* What a call reads besides the message. */
struct given {
    struct scratch iv;
    struct scratch aad;
    unsigned iv_bytes;
    unsigned aad_bytes;
};

static bool take_given(JNIEnv *env, jbyteArray iv, jbyteArray aad, struct given *given) {
    given->iv_bytes = (unsigned)(*env)->GetArrayLength(env, iv);
    given->aad_bytes = (unsigned)(*env)->GetArrayLength(env, aad);
    if (!scratch_copy(&given->iv, env, iv, 0, (jint)given->iv_bytes)) {
        return false;
    }
    if (scratch_copy(&given->aad, env, aad, 0, (jint)given->aad_bytes)) {
        return true;
    }
    scratch_release(&given->iv);
    return false;
}

static void give_back(struct given *given) {
    scratch_release(&given->iv);
    scratch_release(&given->aad);
}

/* The tag is written when encrypting and read when decrypting. */
static jint run(JNIEnv *env, jlong library, bool encrypting, jlong session, jlong key,
                jint algorithm, struct given *given, jbyteArray tag_array, jintArray tag_length,
                jbyteArray in, jint in_offset, jint bytes, jbyteArray out, jint out_offset,
                jintArray out_length) {
    struct scratch from;
    struct scratch to;
    unsigned char tag[TAG_ROOM_BYTES + SLACK_BYTES] = {0};
    unsigned tag_bytes = (unsigned)(*env)->GetArrayLength(env, tag_array);
    jint code = SDR_NOBUFFER;
    if (!scratch_copy(&from, env, in, in_offset, bytes)) {
        return code;
    }
    if (scratch_take(&to, (size_t)bytes)) {
        unsigned length = (unsigned)bytes;
        unsigned told_bytes = tag_bytes;
        if (!encrypting) {
            (*env)->GetByteArrayRegion(env, tag_array, 0, (jint)tag_bytes, (jbyte *)tag);
        }
        code = encrypting
                   ? sdf_library(library)->AuthEnc(
                         card_handle(session), card_handle(key), (unsigned)algorithm,
                         given->iv.bytes, given->iv_bytes, given->aad.bytes, given->aad_bytes,
                         from.bytes, (unsigned)bytes, to.bytes, &length, tag, &told_bytes)
                   : sdf_library(library)->AuthDec(
                         card_handle(session), card_handle(key), (unsigned)algorithm,
                         given->iv.bytes, given->iv_bytes, given->aad.bytes, given->aad_bytes, tag,
                         &told_bytes, from.bytes, (unsigned)bytes, to.bytes, &length);
        if (code == SDR_OK && told_bytes > tag_bytes) {
            code = SDR_OUTARGERR;
        }
        code = put_result(env, code, &to, length, bytes, out, out_offset, out_length);
        if (code == SDR_OK && encrypting) {
            jint written = (jint)told_bytes;
            put_bytes(env, tag_array, 0, written, tag);
            (*env)->SetIntArrayRegion(env, tag_length, 0, 1, &written);
        }
        scratch_release(&to);
    }
    scratch_release(&from);
    return code;
}

SDF_GROUP_NATIVE(jint, Sealing, seal)
(JNIEnv *env, jclass c, jlong library, jlong session, jlong key, jint algorithm, jbyteArray iv,
 jbyteArray aad, jbyteArray in, jint in_offset, jint bytes, jbyteArray out, jint out_offset,
 jintArray out_length, jbyteArray tag, jintArray tag_length) {
    REQUIRE(AuthEnc, session);
    REQUIRE(AuthEnc, key);
    struct given given;
    if (!take_given(env, iv, aad, &given)) {
        return SDR_NOBUFFER;
    }
    jint code = run(env, library, true, session, key, algorithm, &given, tag, tag_length, in,
                    in_offset, bytes, out, out_offset, out_length);
    give_back(&given);
    return code;
}

SDF_GROUP_NATIVE(jint, Sealing, open)
(JNIEnv *env, jclass c, jlong library, jlong session, jlong key, jint algorithm, jbyteArray iv,
 jbyteArray aad, jbyteArray tag, jbyteArray in, jint in_offset, jint bytes, jbyteArray out,
 jint out_offset, jintArray out_length) {
    REQUIRE(AuthDec, session);
    REQUIRE(AuthDec, key);
    struct given given;
    if (!take_given(env, iv, aad, &given)) {
        return SDR_NOBUFFER;
    }
    jint code = run(env, library, false, session, key, algorithm, &given, tag, NULL, in, in_offset,
                    bytes, out, out_offset, out_length);
    give_back(&given);
    return code;
}

SDF_GROUP_NATIVE(jint, Sealing, init)
(JNIEnv *env, jclass c, jlong library, jlong session, jlong key, jint algorithm, jbyteArray iv,
 jbyteArray aad, jbyteArray tag, jint total_bytes) {
    struct given given;
    unsigned char copied[TAG_ROOM_BYTES] = {0};
    if (tag == NULL) {
        REQUIRE(AuthEncInit, session);
        REQUIRE(AuthEncInit, key);
    } else {
        REQUIRE(AuthDecInit, session);
        REQUIRE(AuthDecInit, key);
    }
    if (!take_given(env, iv, aad, &given)) {
        return SDR_NOBUFFER;
    }
    jint code;
    if (tag == NULL) {
        code = sdf_library(library)->AuthEncInit(
            card_handle(session), card_handle(key), (unsigned)algorithm, given.iv.bytes,
            given.iv_bytes, given.aad.bytes, given.aad_bytes, (unsigned)total_bytes);
    } else {
        jint tag_bytes = (*env)->GetArrayLength(env, tag);
        (*env)->GetByteArrayRegion(env, tag, 0, tag_bytes, (jbyte *)copied);
        code = sdf_library(library)->AuthDecInit(
            card_handle(session), card_handle(key), (unsigned)algorithm, given.iv.bytes,
            given.iv_bytes, given.aad.bytes, given.aad_bytes, copied, (unsigned)tag_bytes,
            (unsigned)total_bytes);
    }
    give_back(&given);
    return code;
}

SDF_GROUP_NATIVE(jint, Sealing, sealFinal)
(JNIEnv *env, jclass c, jlong library, jlong session, jbyteArray last, jintArray last_length,
 jbyteArray tag_array, jintArray tag_length) {
    REQUIRE(AuthEncFinal, session);
    unsigned char tag[TAG_ROOM_BYTES + SLACK_BYTES] = {0};
    unsigned tag_bytes = (unsigned)(*env)->GetArrayLength(env, tag_array);
    unsigned told_bytes = tag_bytes;
    jint room = (*env)->GetArrayLength(env, last);
    unsigned length = (unsigned)room;
    struct scratch out;
    if (!scratch_take(&out, (size_t)room)) {
        return SDR_NOBUFFER;
    }
    jint code = sdf_library(library)->AuthEncFinal(card_handle(session), out.bytes, &length, tag,
                                                   &told_bytes);
    if (code == SDR_OK && told_bytes > tag_bytes) {
        code = SDR_OUTARGERR;
    }
    code = put_result(env, code, &out, length, room, last, 0, last_length);
    if (code == SDR_OK) {
        jint written = (jint)told_bytes;
        put_bytes(env, tag_array, 0, written, tag);
        (*env)->SetIntArrayRegion(env, tag_length, 0, 1, &written);
    }
    scratch_release(&out);
    return code;
}
