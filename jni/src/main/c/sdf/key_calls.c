/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018-2012, 6.3: key management. */
#include "sdf/calls.h"

typedef int export_function(void *session, unsigned int index, ECCrefPublicKey *key);

static jint export_public_key(JNIEnv *env, export_function *export, jlong library, jlong session,
                              jint index, jbyteArray xy) {
    struct ecc_room exported;
    unsigned char plain[PUBLIC_KEY_BYTES];
    public_key_expected(sdf_shape(library), &exported);
    int code = export(card_handle(session), (unsigned)index, as_public_key(&exported));
    if (code != SDR_OK) {
        return code;
    }
    if (!public_key_from_card(sdf_shape(library), &exported, plain)) {
        return SDR_OUTARGERR;
    }
    put_bytes(env, xy, 0, PUBLIC_KEY_BYTES, plain);
    return SDR_OK;
}

SDF_NATIVE(jint, exportSignPublicKey)
(JNIEnv *env, jclass c, jlong library, jlong session, jint index, jbyteArray xy) {
    REQUIRE(ExportSignPublicKey_ECC, session);
    return export_public_key(env, sdf_library(library)->ExportSignPublicKey_ECC, library, session,
                             index, xy);
}

SDF_NATIVE(jint, exportEncPublicKey)
(JNIEnv *env, jclass c, jlong library, jlong session, jint index, jbyteArray xy) {
    REQUIRE(ExportEncPublicKey_ECC, session);
    return export_public_key(env, sdf_library(library)->ExportEncPublicKey_ECC, library, session,
                             index, xy);
}

/*
 * Hands a new session key to Java, with its wrapped form. A key whose wrapped form cannot be read
 * is destroyed again: nobody would hold its handle.
 */
static jint hand_over(JNIEnv *env, jlong library, jlong session, void *key, jlongArray handle,
                      const struct scratch *cipher, jbyteArray wrapped) {
    jint length = (*env)->GetArrayLength(env, wrapped);
    struct scratch plain;
    if (!scratch_take(&plain, (size_t)length)) {
        return SDR_NOBUFFER;
    }
    jint code = SDR_OK;
    if (ciphertext_from_card(sdf_shape(library), cipher->bytes, cipher->size,
                             (size_t)(length - CIPHERTEXT_OVERHEAD_BYTES), plain.bytes)) {
        put_bytes(env, wrapped, 0, length, plain.bytes);
        put_handle(env, handle, key);
    } else {
        code = SDR_OUTARGERR;
        if (sdf_library(library)->DestroyKey != NULL) {
            (void)sdf_library(library)->DestroyKey(card_handle(session), key);
        }
    }
    scratch_release(&plain);
    return code;
}

SDF_NATIVE(jint, generateKeyWithIpk)
(JNIEnv *env, jclass c, jlong library, jlong session, jint index, jint bits, jbyteArray wrapped,
 jlongArray key) {
    REQUIRE(GenerateKeyWithIPK_ECC, session);
    struct scratch cipher;
    if (!ciphertext_fits(sdf_shape(library), (size_t)bits / 8)) {
        return SDR_INARGERR;
    }
    if (!scratch_take(&cipher, cipher_room_bytes((size_t)bits / 8))) {
        return SDR_NOBUFFER;
    }
    ciphertext_expected(sdf_shape(library), cipher.bytes, cipher.size);
    void *handle = NULL;
    jint code = sdf_library(library)->GenerateKeyWithIPK_ECC(
        card_handle(session), (unsigned)index, (unsigned)bits, (ECCCipher *)cipher.bytes, &handle);
    if (code == SDR_OK) {
        code = hand_over(env, library, session, handle, key, &cipher, wrapped);
    }
    scratch_release(&cipher);
    return code;
}

SDF_NATIVE(jint, generateKeyWithEpk)
(JNIEnv *env, jclass c, jlong library, jlong session, jint bits, jint algorithm, jbyteArray xy,
 jbyteArray wrapped, jlongArray key) {
    REQUIRE(GenerateKeyWithEPK_ECC, session);
    struct ecc_room public_key;
    read_public_key(env, library, xy, &public_key);
    struct scratch cipher;
    if (!ciphertext_fits(sdf_shape(library), (size_t)bits / 8)) {
        return SDR_INARGERR;
    }
    if (!scratch_take(&cipher, cipher_room_bytes((size_t)bits / 8))) {
        return SDR_NOBUFFER;
    }
    ciphertext_expected(sdf_shape(library), cipher.bytes, cipher.size);
    void *handle = NULL;
    jint code = sdf_library(library)->GenerateKeyWithEPK_ECC(
        card_handle(session), (unsigned)bits, (unsigned)algorithm, as_public_key(&public_key),
        (ECCCipher *)cipher.bytes, &handle);
    if (code == SDR_OK) {
        code = hand_over(env, library, session, handle, key, &cipher, wrapped);
    }
    scratch_release(&cipher);
    return code;
}

SDF_NATIVE(jint, importKeyWithIsk)
(JNIEnv *env, jclass c, jlong library, jlong session, jint index, jbyteArray wrapped,
 jlongArray key) {
    REQUIRE(ImportKeyWithISK_ECC, session);
    jint length = (*env)->GetArrayLength(env, wrapped);
    size_t payload = (size_t)(length - CIPHERTEXT_OVERHEAD_BYTES);
    struct scratch plain;
    struct scratch cipher;
    if (!ciphertext_fits(sdf_shape(library), payload)) {
        return SDR_INARGERR;
    }
    if (!scratch_copy(&plain, env, wrapped, 0, length)) {
        return SDR_NOBUFFER;
    }
    jint code = SDR_NOBUFFER;
    if (scratch_take(&cipher, cipher_room_bytes(payload))) {
        void *handle = NULL;
        ciphertext_to_card(sdf_shape(library), plain.bytes, payload, cipher.bytes);
        code = sdf_library(library)->ImportKeyWithISK_ECC(card_handle(session), (unsigned)index,
                                                          (ECCCipher *)cipher.bytes, &handle);
        if (code == SDR_OK) {
            put_handle(env, key, handle);
        }
        scratch_release(&cipher);
    }
    scratch_release(&plain);
    return code;
}

SDF_NATIVE(jint, generateKeyWithKek)
(JNIEnv *env, jclass c, jlong library, jlong session, jint bits, jint algorithm, jint kek_index,
 jbyteArray wrapped, jintArray wrapped_length, jlongArray key) {
    REQUIRE(GenerateKeyWithKEK, session);
    jint room = (*env)->GetArrayLength(env, wrapped);
    struct scratch out;
    if (!scratch_take(&out, (size_t)room)) {
        return SDR_NOBUFFER;
    }
    unsigned int length = (unsigned)room;
    void *handle = NULL;
    jint code = sdf_library(library)->GenerateKeyWithKEK(card_handle(session), (unsigned)bits,
                                                         (unsigned)algorithm, (unsigned)kek_index,
                                                         out.bytes, &length, &handle);
    if (code == SDR_OK && length > (unsigned)room) {
        code = SDR_OUTARGERR;
        if (sdf_library(library)->DestroyKey != NULL) {
            (void)sdf_library(library)->DestroyKey(card_handle(session), handle);
        }
    }
    if (code == SDR_OK) {
        jint written = (jint)length;
        put_bytes(env, wrapped, 0, written, out.bytes);
        (*env)->SetIntArrayRegion(env, wrapped_length, 0, 1, &written);
        put_handle(env, key, handle);
    }
    scratch_release(&out);
    return code;
}

SDF_NATIVE(jint, importKeyWithKek)
(JNIEnv *env, jclass c, jlong library, jlong session, jint algorithm, jint kek_index,
 jbyteArray wrapped, jlongArray key) {
    REQUIRE(ImportKeyWithKEK, session);
    jint length = (*env)->GetArrayLength(env, wrapped);
    struct scratch in;
    if (!scratch_copy(&in, env, wrapped, 0, length)) {
        return SDR_NOBUFFER;
    }
    void *handle = NULL;
    jint code = sdf_library(library)->ImportKeyWithKEK(card_handle(session), (unsigned)algorithm,
                                                       (unsigned)kek_index, in.bytes,
                                                       (unsigned)length, &handle);
    if (code == SDR_OK) {
        put_handle(env, key, handle);
    }
    scratch_release(&in);
    return code;
}

SDF_NATIVE(jint, destroyKey)(JNIEnv *env, jclass c, jlong library, jlong session, jlong key) {
    REQUIRE(DestroyKey, session);
    REQUIRE(DestroyKey, key);
    return sdf_library(library)->DestroyKey(card_handle(session), card_handle(key));
}
