/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018-2023: messages in pieces. Which function is meant is SdfPieces.Kind's ordinal. */
#include "sdf/further_calls.h"

enum kind { ENCRYPT, DECRYPT, SEAL, OPEN, MAC, HMAC };

#define IV_ROOM_BYTES 64

typedef int update_function(void *session, unsigned char *in, unsigned int length,
                            unsigned char *out, unsigned int *out_length);
typedef int feed_function(void *session, unsigned char *in, unsigned int length);
typedef int final_function(void *session, unsigned char *out, unsigned int *out_length);
typedef int init_function(void *session, void *key, unsigned int algorithm, unsigned char *iv,
                          unsigned int iv_length);

SDF_GROUP_NATIVE(jint, Pieces, init)
(JNIEnv *env, jclass c, jlong library, jlong session, jint kind, jlong key, jint algorithm,
 jbyteArray iv_array) {
    const struct sdf_library *card = sdf_library(library);
    init_function *init = kind == ENCRYPT   ? card->EncryptInit
                          : kind == DECRYPT ? card->DecryptInit
                          : kind == MAC     ? card->CalculateMACInit
                                            : NULL;
    unsigned char iv[IV_ROOM_BYTES + SLACK_BYTES] = {0};
    if (init == NULL && (kind != HMAC || card->HMACInit == NULL)) {
        return SDR_NOTSUPPORT;
    }
    if (session == 0 || key == 0) {
        return SDR_INARGERR;
    }
    if (kind == HMAC) {
        return card->HMACInit(card_handle(session), card_handle(key), (unsigned)algorithm);
    }
    jint iv_bytes = (*env)->GetArrayLength(env, iv_array);
    (*env)->GetByteArrayRegion(env, iv_array, 0, iv_bytes, (jbyte *)iv);
    return init(card_handle(session), card_handle(key), (unsigned)algorithm, iv,
                (unsigned)iv_bytes);
}

SDF_GROUP_NATIVE(jint, Pieces, update)
(JNIEnv *env, jclass c, jlong library, jlong session, jint kind, jbyteArray in, jint in_offset,
 jint bytes, jbyteArray out, jint out_offset, jint room, jintArray out_length) {
    const struct sdf_library *card = sdf_library(library);
    update_function *update = kind == ENCRYPT   ? card->EncryptUpdate
                              : kind == DECRYPT ? card->DecryptUpdate
                              : kind == SEAL    ? card->AuthEncUpdate
                              : kind == OPEN    ? card->AuthDecUpdate
                                                : NULL;
    struct scratch from;
    struct scratch to;
    jint code = SDR_NOBUFFER;
    if (update == NULL) {
        return SDR_NOTSUPPORT;
    }
    if (session == 0) {
        return SDR_INARGERR;
    }
    if (!scratch_copy(&from, env, in, in_offset, bytes)) {
        return code;
    }
    if (scratch_take(&to, (size_t)room)) {
        unsigned length = (unsigned)room;
        code = update(card_handle(session), from.bytes, (unsigned)bytes, to.bytes, &length);
        code = put_result(env, code, &to, length, room, out, out_offset, out_length);
        scratch_release(&to);
    }
    scratch_release(&from);
    return code;
}

SDF_GROUP_NATIVE(jint, Pieces, feed)
(JNIEnv *env, jclass c, jlong library, jlong session, jint kind, jbyteArray in, jint offset,
 jint bytes) {
    const struct sdf_library *card = sdf_library(library);
    feed_function *feed = kind == MAC    ? card->CalculateMACUpdate
                          : kind == HMAC ? card->HMACUpdate
                                         : NULL;
    struct scratch from;
    if (feed == NULL) {
        return SDR_NOTSUPPORT;
    }
    if (session == 0) {
        return SDR_INARGERR;
    }
    if (!scratch_copy(&from, env, in, offset, bytes)) {
        return SDR_NOBUFFER;
    }
    jint code = feed(card_handle(session), from.bytes, (unsigned)bytes);
    scratch_release(&from);
    return code;
}

SDF_GROUP_NATIVE(jint, Pieces, finish)
(JNIEnv *env, jclass c, jlong library, jlong session, jint kind, jbyteArray out,
 jintArray out_length) {
    const struct sdf_library *card = sdf_library(library);
    final_function *finish = kind == ENCRYPT   ? card->EncryptFinal
                             : kind == DECRYPT ? card->DecryptFinal
                             : kind == OPEN    ? card->AuthDecFinal
                             : kind == MAC     ? card->CalculateMACFinal
                             : kind == HMAC    ? card->HMACFinal
                                               : NULL;
    jint room = (*env)->GetArrayLength(env, out);
    struct scratch to;
    if (finish == NULL) {
        return SDR_NOTSUPPORT;
    }
    if (session == 0) {
        return SDR_INARGERR;
    }
    if (!scratch_take(&to, (size_t)room)) {
        return SDR_NOBUFFER;
    }
    unsigned length = (unsigned)room;
    jint code = finish(card_handle(session), to.bytes, &length);
    code = put_result(env, code, &to, length, room, out, 0, out_length);
    scratch_release(&to);
    return code;
}
