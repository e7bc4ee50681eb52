/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018-2012, 6.4: asymmetric operations. */
#include "sdf/calls.h"

static void read_signature(JNIEnv *env, jlong library, jbyteArray rs, struct ecc_room *signature) {
    unsigned char plain[SIGNATURE_BYTES];
    (*env)->GetByteArrayRegion(env, rs, 0, SIGNATURE_BYTES, (jbyte *)plain);
    signature_to_card(sdf_shape(library), plain, signature);
}

SDF_NATIVE(jint, internalSign)
(JNIEnv *env, jclass c, jlong library, jlong session, jint index, jbyteArray digest,
 jbyteArray rs) {
    REQUIRE(InternalSign_ECC, session);
    struct ecc_room out;
    struct scratch in;
    jint length = (*env)->GetArrayLength(env, digest);
    if (!scratch_copy(&in, env, digest, 0, length)) {
        return SDR_NOBUFFER;
    }
    signature_expected(sdf_shape(library), &out);
    jint code = sdf_library(library)->InternalSign_ECC(
        card_handle(session), (unsigned)index, in.bytes, (unsigned)length, as_signature(&out));
    scratch_release(&in);
    if (code != SDR_OK) {
        return code;
    }
    unsigned char plain[SIGNATURE_BYTES];
    if (!signature_from_card(sdf_shape(library), &out, plain)) {
        return SDR_OUTARGERR;
    }
    put_bytes(env, rs, 0, SIGNATURE_BYTES, plain);
    return SDR_OK;
}

SDF_NATIVE(jint, internalVerify)
(JNIEnv *env, jclass c, jlong library, jlong session, jint index, jbyteArray digest,
 jbyteArray rs) {
    REQUIRE(InternalVerify_ECC, session);
    struct ecc_room signature;
    struct scratch in;
    jint length = (*env)->GetArrayLength(env, digest);
    if (!scratch_copy(&in, env, digest, 0, length)) {
        return SDR_NOBUFFER;
    }
    read_signature(env, library, rs, &signature);
    jint code =
        sdf_library(library)->InternalVerify_ECC(card_handle(session), (unsigned)index, in.bytes,
                                                 (unsigned)length, as_signature(&signature));
    scratch_release(&in);
    return code;
}

SDF_NATIVE(jint, externalVerify)
(JNIEnv *env, jclass c, jlong library, jlong session, jint algorithm, jbyteArray xy,
 jbyteArray digest, jbyteArray rs) {
    REQUIRE(ExternalVerify_ECC, session);
    struct ecc_room signature;
    struct ecc_room key;
    struct scratch in;
    jint length = (*env)->GetArrayLength(env, digest);
    if (!scratch_copy(&in, env, digest, 0, length)) {
        return SDR_NOBUFFER;
    }
    read_signature(env, library, rs, &signature);
    read_public_key(env, library, xy, &key);
    jint code = sdf_library(library)->ExternalVerify_ECC(
        card_handle(session), (unsigned)algorithm, as_public_key(&key), in.bytes, (unsigned)length,
        as_signature(&signature));
    scratch_release(&in);
    return code;
}

/* With a public key encrypts for it, else for the pair at index. */
static jint encrypt(JNIEnv *env, jlong library, jlong session, struct ecc_room *key, jint index,
                    jint algorithm, jbyteArray plaintext, jbyteArray ciphertext) {
    jint length = (*env)->GetArrayLength(env, plaintext);
    size_t payload = (size_t)length;
    struct scratch in;
    struct scratch cipher;
    struct scratch plain;
    jint code = SDR_NOBUFFER;
    if (!ciphertext_fits(sdf_shape(library), payload)) {
        return SDR_INARGERR;
    }
    if (!scratch_copy(&in, env, plaintext, 0, length)) {
        return code;
    }
    if (scratch_take(&cipher, cipher_room_bytes(payload))) {
        if (scratch_take(&plain, payload + CIPHERTEXT_OVERHEAD_BYTES)) {
            ECCCipher *out = (ECCCipher *)cipher.bytes;
            ciphertext_expected(sdf_shape(library), cipher.bytes, cipher.size);
            code = key != NULL ? sdf_library(library)->ExternalEncrypt_ECC(
                                     card_handle(session), (unsigned)algorithm, as_public_key(key),
                                     in.bytes, (unsigned)length, out)
                               : call_internal_encrypt(sdf_library(library), card_handle(session),
                                                       (unsigned)index, (unsigned)algorithm,
                                                       in.bytes, (unsigned)length, out);
            if (code == SDR_OK && !ciphertext_from_card(sdf_shape(library), cipher.bytes,
                                                        cipher.size, payload, plain.bytes)) {
                code = SDR_OUTARGERR;
            }
            if (code == SDR_OK) {
                put_bytes(env, ciphertext, 0, length + CIPHERTEXT_OVERHEAD_BYTES, plain.bytes);
            }
            scratch_release(&plain);
        }
        scratch_release(&cipher);
    }
    scratch_release(&in);
    return code;
}

SDF_NATIVE(jint, externalEncrypt)
(JNIEnv *env, jclass c, jlong library, jlong session, jint algorithm, jbyteArray xy,
 jbyteArray plaintext, jbyteArray ciphertext) {
    REQUIRE(ExternalEncrypt_ECC, session);
    struct ecc_room key;
    read_public_key(env, library, xy, &key);
    return encrypt(env, library, session, &key, 0, algorithm, plaintext, ciphertext);
}

SDF_NATIVE(jint, internalEncrypt)
(JNIEnv *env, jclass c, jlong library, jlong session, jint index, jint algorithm,
 jbyteArray plaintext, jbyteArray ciphertext) {
    REQUIRE(InternalEncrypt_ECC, session);
    return encrypt(env, library, session, NULL, index, algorithm, plaintext, ciphertext);
}

SDF_NATIVE(jint, internalDecrypt)
(JNIEnv *env, jclass c, jlong library, jlong session, jint index, jint algorithm,
 jbyteArray ciphertext, jbyteArray plaintext) {
    REQUIRE(InternalDecrypt_ECC, session);
    jint length = (*env)->GetArrayLength(env, ciphertext);
    jint payload = length - CIPHERTEXT_OVERHEAD_BYTES;
    struct scratch in;
    struct scratch cipher;
    struct scratch out;
    jint code = SDR_NOBUFFER;
    if (!ciphertext_fits(sdf_shape(library), (size_t)payload)) {
        return SDR_INARGERR;
    }
    if (!scratch_copy(&in, env, ciphertext, 0, length)) {
        return code;
    }
    if (scratch_take(&cipher, cipher_room_bytes((size_t)payload))) {
        if (scratch_take(&out, (size_t)payload)) {
            unsigned int written = (unsigned)payload;
            ciphertext_to_card(sdf_shape(library), in.bytes, (size_t)payload, cipher.bytes);
            code = call_internal_decrypt(sdf_library(library), card_handle(session),
                                         (unsigned)index, (unsigned)algorithm,
                                         (ECCCipher *)cipher.bytes, out.bytes, &written);
            /* SM2 neither pads nor shortens. */
            if (code == SDR_OK && written != (unsigned)payload) {
                code = SDR_OUTARGERR;
            }
            if (code == SDR_OK) {
                put_bytes(env, plaintext, 0, payload, out.bytes);
            }
            scratch_release(&out);
        }
        scratch_release(&cipher);
    }
    scratch_release(&in);
    return code;
}
