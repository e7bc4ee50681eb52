/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018, 6.3 and 6.4: RSA. */
#include "sdf/further_calls.h"
#include "sdf/rsa_layout.h"

typedef int export_function(void *session, unsigned int index, RSArefPublicKey *key);

static jint export_public_key(JNIEnv *env, jlong library, export_function *export, jlong session,
                              jint index, jintArray to_bits, jbyteArray ne) {
    struct rsa_public_room key;
    unsigned char plain[RSA_PUBLIC_BYTES];
    unsigned int bits;
    memset(&key, 0, sizeof key);
    jint code = export(card_handle(session), (unsigned)index, (RSArefPublicKey *)key.bytes);
    if (code != SDR_OK) {
        return code;
    }
    rsa_public_from_card(rsa_field_bytes(sdf_library(library)), &key, &bits, plain);
    jint said = (jint)bits;
    (*env)->SetIntArrayRegion(env, to_bits, 0, 1, &said);
    put_bytes(env, ne, 0, RSA_PUBLIC_BYTES, plain);
    return SDR_OK;
}

SDF_GROUP_NATIVE(jint, Rsa, exportPublicKey)
(JNIEnv *env, jclass c, jlong library, jlong session, jboolean signing, jint index, jintArray bits,
 jbyteArray ne) {
    if (signing) {
        REQUIRE(ExportSignPublicKey_RSA, session);
    } else {
        REQUIRE(ExportEncPublicKey_RSA, session);
    }
    return export_public_key(env, library,
                             signing ? sdf_library(library)->ExportSignPublicKey_RSA
                                     : sdf_library(library)->ExportEncPublicKey_RSA,
                             session, index, bits, ne);
}

static bool read_public_key_rsa(JNIEnv *env, jlong library, jint bits, jbyteArray ne,
                                struct rsa_public_room *key) {
    unsigned char plain[RSA_PUBLIC_BYTES];
    (*env)->GetByteArrayRegion(env, ne, 0, RSA_PUBLIC_BYTES, (jbyte *)plain);
    return rsa_public_to_card(rsa_field_bytes(sdf_library(library)), (unsigned)bits, plain, key);
}

typedef int internal_function(void *session, unsigned int index, unsigned char *in,
                              unsigned int length, unsigned char *out, unsigned int *out_length);
typedef int internal_with_usage(void *session, unsigned int index, unsigned int usage,
                                unsigned char *in, unsigned int length, unsigned char *out,
                                unsigned int *out_length);
typedef void any_function(void);

/* With the argument list of the card's dialect. */
static int call_internal(const struct sdf_library *library, internal_function *internal,
                         void *session, unsigned int index, unsigned int usage, unsigned char *in,
                         unsigned int length, unsigned char *out, unsigned int *out_length) {
    if (library->shape.internal_rsa == THIRD_KEY_USAGE) {
        internal_with_usage *with_usage = (internal_with_usage *)(any_function *)internal;
        return with_usage(session, index, usage, in, length, out, out_length);
    }
    return internal(session, index, in, length, out, out_length);
}

/* Whichever of the functions is asked for; exactly one is given. */
static jint operate(JNIEnv *env, jlong library, jlong session, internal_function *internal,
                    jint index, jint usage, struct rsa_public_room *external, jbyteArray in,
                    jbyteArray out, jintArray out_length) {
    jint length = (*env)->GetArrayLength(env, in);
    jint room = (*env)->GetArrayLength(env, out);
    struct scratch from;
    struct scratch to;
    jint code = SDR_NOBUFFER;
    if (!scratch_copy(&from, env, in, 0, length)) {
        return code;
    }
    if (scratch_take(&to, (size_t)room)) {
        unsigned int written = (unsigned)room;
        code = internal != NULL
                   ? call_internal(sdf_library(library), internal, card_handle(session),
                                   (unsigned)index, (unsigned)usage, from.bytes, (unsigned)length,
                                   to.bytes, &written)
                   : sdf_library(library)->ExternalPublicKeyOperation_RSA(
                         card_handle(session), (RSArefPublicKey *)external->bytes, from.bytes,
                         (unsigned)length, to.bytes, &written);
        code = put_result(env, code, &to, written, room, out, 0, out_length);
        scratch_release(&to);
    }
    scratch_release(&from);
    return code;
}

SDF_GROUP_NATIVE(jint, Rsa, internalOperation)
(JNIEnv *env, jclass c, jlong library, jlong session, jboolean private_key, jint index, jint usage,
 jbyteArray in, jbyteArray out, jintArray out_length) {
    if (private_key) {
        REQUIRE(InternalPrivateKeyOperation_RSA, session);
    } else {
        REQUIRE(InternalPublicKeyOperation_RSA, session);
    }
    return operate(env, library, session,
                   private_key ? sdf_library(library)->InternalPrivateKeyOperation_RSA
                               : sdf_library(library)->InternalPublicKeyOperation_RSA,
                   index, usage, NULL, in, out, out_length);
}

SDF_GROUP_NATIVE(jint, Rsa, externalOperation)
(JNIEnv *env, jclass c, jlong library, jlong session, jint bits, jbyteArray ne, jbyteArray in,
 jbyteArray out, jintArray out_length) {
    REQUIRE(ExternalPublicKeyOperation_RSA, session);
    struct rsa_public_room key;
    if (!read_public_key_rsa(env, library, bits, ne, &key)) {
        return SDR_INARGERR;
    }
    return operate(env, library, session, NULL, 0, 0, &key, in, out, out_length);
}

/* A new session key under the card's pair, or under a key from outside if `ne` is given. */
SDF_GROUP_NATIVE(jint, Rsa, generateKey)
(JNIEnv *env, jclass c, jlong library, jlong session, jint index, jint bits, jbyteArray ne,
 jint key_bits, jbyteArray wrapped, jintArray wrapped_length, jlongArray key) {
    struct rsa_public_room public_key;
    if (ne == NULL) {
        REQUIRE(GenerateKeyWithIPK_RSA, session);
    } else {
        REQUIRE(GenerateKeyWithEPK_RSA, session);
        if (!read_public_key_rsa(env, library, bits, ne, &public_key)) {
            return SDR_INARGERR;
        }
    }
    jint room = (*env)->GetArrayLength(env, wrapped);
    struct scratch out;
    if (!scratch_take(&out, (size_t)room)) {
        return SDR_NOBUFFER;
    }
    unsigned int length = (unsigned)room;
    void *handle = NULL;
    jint code =
        ne == NULL
            ? sdf_library(library)->GenerateKeyWithIPK_RSA(card_handle(session), (unsigned)index,
                                                           (unsigned)key_bits, out.bytes, &length,
                                                           &handle)
            : sdf_library(library)->GenerateKeyWithEPK_RSA(card_handle(session), (unsigned)key_bits,
                                                           (RSArefPublicKey *)public_key.bytes,
                                                           out.bytes, &length, &handle);
    if (code == SDR_OK) {
        code = put_result(env, code, &out, length, room, wrapped, 0, wrapped_length);
        if (code == SDR_OK) {
            put_handle(env, key, handle);
        } else {
            destroy_unheld(library, session, handle);
        }
    }
    scratch_release(&out);
    return code;
}

SDF_GROUP_NATIVE(jint, Rsa, importKey)
(JNIEnv *env, jclass c, jlong library, jlong session, jint index, jbyteArray wrapped,
 jlongArray key) {
    REQUIRE(ImportKeyWithISK_RSA, session);
    jint length = (*env)->GetArrayLength(env, wrapped);
    struct scratch in;
    if (!scratch_copy(&in, env, wrapped, 0, length)) {
        return SDR_NOBUFFER;
    }
    void *handle = NULL;
    jint code = sdf_library(library)->ImportKeyWithISK_RSA(card_handle(session), (unsigned)index,
                                                           in.bytes, (unsigned)length, &handle);
    if (code == SDR_OK) {
        put_handle(env, key, handle);
    }
    scratch_release(&in);
    return code;
}

SDF_GROUP_NATIVE(jint, Rsa, exchangeEnvelope)
(JNIEnv *env, jclass c, jlong library, jlong session, jint index, jint bits, jbyteArray ne,
 jbyteArray in, jbyteArray out, jintArray out_length) {
    REQUIRE(ExchangeDigitEnvelopeBaseOnRSA, session);
    struct rsa_public_room key;
    if (!read_public_key_rsa(env, library, bits, ne, &key)) {
        return SDR_INARGERR;
    }
    jint length = (*env)->GetArrayLength(env, in);
    jint room = (*env)->GetArrayLength(env, out);
    struct scratch from;
    struct scratch to;
    jint code = SDR_NOBUFFER;
    if (!scratch_copy(&from, env, in, 0, length)) {
        return code;
    }
    if (scratch_take(&to, (size_t)room)) {
        unsigned int written = (unsigned)room;
        code = sdf_library(library)->ExchangeDigitEnvelopeBaseOnRSA(
            card_handle(session), (unsigned)index, (RSArefPublicKey *)key.bytes, from.bytes,
            (unsigned)length, to.bytes, &written);
        code = put_result(env, code, &to, written, room, out, 0, out_length);
        scratch_release(&to);
    }
    scratch_release(&from);
    return code;
}
