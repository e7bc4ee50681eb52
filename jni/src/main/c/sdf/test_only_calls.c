/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018-2023, 6.8: keys in the clear, for tests; and vendors' import of a key in the clear. */
#include "sdf/further_calls.h"
#include "sdf/rsa_layout.h"

#define NUMBER_BYTES 32

/* A private key: bits, and a field as wide as a coordinate. */
struct card_number {
    unsigned char bytes[sizeof(unsigned int) + ECC_FIELD_BYTES_MAX + SLACK_BYTES];
};

static unsigned char *number_in(jlong library, struct card_number *number) {
    return number->bytes + sizeof(unsigned int) + sdf_shape(library)->ecc_field_bytes -
           NUMBER_BYTES;
}

static void number_to_card(JNIEnv *env, jlong library, jbyteArray d, struct card_number *number) {
    unsigned int bits = 8 * NUMBER_BYTES;
    memset(number, 0, sizeof *number);
    memcpy(number->bytes, &bits, sizeof bits);
    (*env)->GetByteArrayRegion(env, d, 0, NUMBER_BYTES, (jbyte *)number_in(library, number));
}

/* False: not in the card's form. */
static bool number_from_card(JNIEnv *env, jlong library, struct card_number *number, jbyteArray d) {
    unsigned int bits;
    unsigned char prefix = 0;
    memcpy(&bits, number->bytes, sizeof bits);
    for (const unsigned char *at = number->bytes + sizeof bits; at < number_in(library, number);
         at++) {
        prefix |= *at;
    }
    put_bytes(env, d, 0, NUMBER_BYTES, number_in(library, number));
    return prefix == 0 && bits == 8 * NUMBER_BYTES;
}

static ECCrefPrivateKey *as_private_key(struct card_number *number) {
    return (ECCrefPrivateKey *)number->bytes;
}

SDF_GROUP_NATIVE(jint, TestOnly, importKey)
(JNIEnv *env, jclass c, jlong library, jlong session, jbyteArray plain, jlongArray key) {
    REQUIRE(ImportKey, session);
    jint length = (*env)->GetArrayLength(env, plain);
    struct scratch in;
    if (!scratch_copy(&in, env, plain, 0, length)) {
        return SDR_NOBUFFER;
    }
    void *handle = NULL;
    jint code =
        sdf_library(library)->ImportKey(card_handle(session), in.bytes, (unsigned)length, &handle);
    if (code == SDR_OK) {
        put_handle(env, key, handle);
    }
    scratch_release(&in);
    return code;
}

SDF_GROUP_NATIVE(jint, TestOnly, generateRsa)
(JNIEnv *env, jclass c, jlong library, jlong session, jint bits, jbyteArray ne,
 jbyteArray numbers) {
    REQUIRE(GenerateKeyPair_RSA, session);
    struct rsa_public_room public_key;
    struct rsa_private_room private_key;
    unsigned char plain[RSA_PRIVATE_BYTES];
    unsigned int said;
    size_t field_bytes = rsa_field_bytes(sdf_library(library));
    memset(&public_key, 0, sizeof public_key);
    memset(&private_key, 0, sizeof private_key);
    jint code = sdf_library(library)->GenerateKeyPair_RSA(card_handle(session), (unsigned)bits,
                                                          (RSArefPublicKey *)public_key.bytes,
                                                          (RSArefPrivateKey *)private_key.bytes);
    if (code == SDR_OK) {
        rsa_public_from_card(field_bytes, &public_key, &said, plain);
        put_bytes(env, ne, 0, RSA_PUBLIC_BYTES, plain);
        code = said == (unsigned)bits ? SDR_OK : SDR_OUTARGERR;
        rsa_private_from_card(field_bytes, &private_key, &said, plain);
        put_bytes(env, numbers, 0, RSA_PRIVATE_BYTES, plain);
    }
    explicit_bzero(&private_key, sizeof private_key);
    explicit_bzero(plain, sizeof plain);
    return code;
}

SDF_GROUP_NATIVE(jint, TestOnly, privateOperationRsa)
(JNIEnv *env, jclass c, jlong library, jlong session, jint bits, jbyteArray numbers, jbyteArray in,
 jbyteArray out, jintArray out_length) {
    REQUIRE(ExternalPrivateKeyOperation_RSA, session);
    struct rsa_private_room key;
    struct scratch plain;
    struct scratch from;
    struct scratch to;
    jint length = (*env)->GetArrayLength(env, in);
    jint room = (*env)->GetArrayLength(env, out);
    jint code = SDR_NOBUFFER;
    if (!scratch_copy(&plain, env, numbers, 0, RSA_PRIVATE_BYTES)) {
        return code;
    }
    bool fits = rsa_private_to_card(rsa_field_bytes(sdf_library(library)), (unsigned)bits,
                                    plain.bytes, &key);
    scratch_release(&plain);
    if (!fits) {
        code = SDR_INARGERR;
    } else if (scratch_copy(&from, env, in, 0, length)) {
        if (scratch_take(&to, (size_t)room)) {
            unsigned int written = (unsigned)room;
            code = sdf_library(library)->ExternalPrivateKeyOperation_RSA(
                card_handle(session), (RSArefPrivateKey *)key.bytes, from.bytes, (unsigned)length,
                to.bytes, &written);
            code = put_result(env, code, &to, written, room, out, 0, out_length);
            scratch_release(&to);
        }
        scratch_release(&from);
    }
    explicit_bzero(&key, sizeof key);
    return code;
}

SDF_GROUP_NATIVE(jint, TestOnly, generateEcc)
(JNIEnv *env, jclass c, jlong library, jlong session, jint algorithm, jint bits, jbyteArray xy,
 jbyteArray d) {
    REQUIRE(GenerateKeyPair_ECC, session);
    struct ecc_room public_key;
    struct card_number private_key;
    public_key_expected(sdf_shape(library), &public_key);
    memset(&private_key, 0, sizeof private_key);
    jint code = sdf_library(library)->GenerateKeyPair_ECC(
        card_handle(session), (unsigned)algorithm, (unsigned)bits, as_public_key(&public_key),
        as_private_key(&private_key));
    if (code == SDR_OK && (!point_from_card(env, library, &public_key, xy) ||
                           !number_from_card(env, library, &private_key, d))) {
        code = SDR_OUTARGERR;
    }
    explicit_bzero(&private_key, sizeof private_key);
    return code;
}

SDF_GROUP_NATIVE(jint, TestOnly, signEcc)
(JNIEnv *env, jclass c, jlong library, jlong session, jint algorithm, jbyteArray d,
 jbyteArray digest, jbyteArray rs) {
    REQUIRE(ExternalSign_ECC, session);
    struct ecc_room out;
    struct card_number key;
    struct scratch in;
    unsigned char plain[SIGNATURE_BYTES];
    jint length = (*env)->GetArrayLength(env, digest);
    if (!scratch_copy(&in, env, digest, 0, length)) {
        return SDR_NOBUFFER;
    }
    signature_expected(sdf_shape(library), &out);
    number_to_card(env, library, d, &key);
    jint code = sdf_library(library)->ExternalSign_ECC(card_handle(session), (unsigned)algorithm,
                                                       as_private_key(&key), in.bytes,
                                                       (unsigned)length, as_signature(&out));
    explicit_bzero(&key, sizeof key);
    scratch_release(&in);
    if (code == SDR_OK && !signature_from_card(sdf_shape(library), &out, plain)) {
        code = SDR_OUTARGERR;
    }
    if (code == SDR_OK) {
        put_bytes(env, rs, 0, SIGNATURE_BYTES, plain);
    }
    return code;
}

SDF_GROUP_NATIVE(jint, TestOnly, decryptEcc)
(JNIEnv *env, jclass c, jlong library, jlong session, jint algorithm, jbyteArray d,
 jbyteArray ciphertext, jbyteArray plaintext) {
    REQUIRE(ExternalDecrypt_ECC, session);
    size_t payload = payload_bytes(env, ciphertext);
    struct card_number key;
    struct scratch cipher;
    struct scratch out;
    jint code = SDR_NOBUFFER;
    if (!ciphertext_fits(sdf_shape(library), payload)) {
        return SDR_INARGERR;
    }
    if (!cipher_to_card(env, library, ciphertext, &cipher)) {
        return code;
    }
    if (scratch_take(&out, payload)) {
        unsigned int written = (unsigned)payload;
        number_to_card(env, library, d, &key);
        code = sdf_library(library)->ExternalDecrypt_ECC(
            card_handle(session), (unsigned)algorithm, as_private_key(&key),
            (ECCCipher *)cipher.bytes, out.bytes, &written);
        explicit_bzero(&key, sizeof key);
        if (code == SDR_OK && written != (unsigned)payload) {
            code = SDR_OUTARGERR;
        }
        if (code == SDR_OK) {
            put_bytes(env, plaintext, 0, (jint)payload, out.bytes);
        }
        scratch_release(&out);
    }
    scratch_release(&cipher);
    return code;
}

SDF_GROUP_NATIVE(jint, TestOnly, cipher)
(JNIEnv *env, jclass c, jlong library, jlong session, jboolean encrypting, jint algorithm,
 jbyteArray key, jbyteArray iv, jbyteArray in, jbyteArray out, jintArray out_length) {
    if (encrypting) {
        REQUIRE(ExternalKeyEncrypt, session);
    } else {
        REQUIRE(ExternalKeyDecrypt, session);
    }
    jint key_bytes = (*env)->GetArrayLength(env, key);
    jint iv_bytes = (*env)->GetArrayLength(env, iv);
    jint length = (*env)->GetArrayLength(env, in);
    jint room = (*env)->GetArrayLength(env, out);
    struct scratch plain_key = {0}, chaining = {0}, from = {0}, to = {0};
    jint code = SDR_NOBUFFER;
    if (scratch_copy(&plain_key, env, key, 0, key_bytes) &&
        scratch_copy(&chaining, env, iv, 0, iv_bytes) && scratch_copy(&from, env, in, 0, length) &&
        scratch_take(&to, (size_t)room)) {
        unsigned int written = (unsigned)room;
        code = (encrypting ? sdf_library(library)->ExternalKeyEncrypt
                           : sdf_library(library)->ExternalKeyDecrypt)(
            card_handle(session), (unsigned)algorithm, plain_key.bytes, (unsigned)key_bytes,
            chaining.bytes, (unsigned)iv_bytes, from.bytes, (unsigned)length, to.bytes, &written);
        code = put_result(env, code, &to, written, room, out, 0, out_length);
    }
    scratch_release(&plain_key);
    scratch_release(&chaining);
    scratch_release(&from);
    scratch_release(&to);
    return code;
}

SDF_GROUP_NATIVE(jint, TestOnly, initHmac)
(JNIEnv *env, jclass c, jlong library, jlong session, jint algorithm, jbyteArray key) {
    REQUIRE(ExternalKeyHMACInit, session);
    jint length = (*env)->GetArrayLength(env, key);
    struct scratch plain;
    if (!scratch_copy(&plain, env, key, 0, length)) {
        return SDR_NOBUFFER;
    }
    jint code = sdf_library(library)->ExternalKeyHMACInit(card_handle(session), (unsigned)algorithm,
                                                          plain.bytes, (unsigned)length);
    scratch_release(&plain);
    return code;
}
