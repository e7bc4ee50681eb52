/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018, 6.3: keys agreed on with SM2, envelopes turned to another key. */
#include "sdf/further_calls.h"

SDF_GROUP_NATIVE(jint, Agreement, begin)
(JNIEnv *env, jclass c, jlong library, jlong session, jint index, jint key_bits, jbyteArray id,
 jbyteArray xy, jbyteArray temporary_xy, jlongArray agreement) {
    REQUIRE(GenerateAgreementDataWithECC, session);
    struct ecc_room own;
    struct ecc_room temporary;
    struct scratch own_id;
    jint id_bytes = (*env)->GetArrayLength(env, id);
    if (!scratch_copy(&own_id, env, id, 0, id_bytes)) {
        return SDR_NOBUFFER;
    }
    public_key_expected(sdf_shape(library), &own);
    public_key_expected(sdf_shape(library), &temporary);
    void *handle = NULL;
    jint code = sdf_library(library)->GenerateAgreementDataWithECC(
        card_handle(session), (unsigned)index, (unsigned)key_bits, own_id.bytes, (unsigned)id_bytes,
        as_public_key(&own), as_public_key(&temporary), &handle);
    scratch_release(&own_id);
    if (code != SDR_OK) {
        return code;
    }
    if (!point_from_card(env, library, &own, xy) ||
        !point_from_card(env, library, &temporary, temporary_xy)) {
        destroy_unheld(library, session, handle);
        return SDR_OUTARGERR;
    }
    put_handle(env, agreement, handle);
    return SDR_OK;
}

SDF_GROUP_NATIVE(jint, Agreement, finish)
(JNIEnv *env, jclass c, jlong library, jlong session, jbyteArray peer_id, jbyteArray peer_xy,
 jbyteArray peer_temporary_xy, jlong agreement, jlongArray key) {
    REQUIRE(GenerateKeyWithECC, session);
    REQUIRE(GenerateKeyWithECC, agreement);
    struct ecc_room peer;
    struct ecc_room temporary;
    struct scratch id;
    jint id_bytes = (*env)->GetArrayLength(env, peer_id);
    if (!scratch_copy(&id, env, peer_id, 0, id_bytes)) {
        return SDR_NOBUFFER;
    }
    read_public_key(env, library, peer_xy, &peer);
    read_public_key(env, library, peer_temporary_xy, &temporary);
    void *handle = NULL;
    jint code = sdf_library(library)->GenerateKeyWithECC(
        card_handle(session), id.bytes, (unsigned)id_bytes, as_public_key(&peer),
        as_public_key(&temporary), card_handle(agreement), &handle);
    if (code == SDR_OK) {
        put_handle(env, key, handle);
    }
    scratch_release(&id);
    return code;
}

SDF_GROUP_NATIVE(jint, Agreement, respond)
(JNIEnv *env, jclass c, jlong library, jlong session, jint index, jint key_bits, jbyteArray id,
 jbyteArray peer_id, jbyteArray peer_xy, jbyteArray peer_temporary_xy, jbyteArray xy,
 jbyteArray temporary_xy, jlongArray key) {
    REQUIRE(GenerateAgreementDataAndKeyWithECC, session);
    struct ecc_room peer, peer_temporary, own, own_temporary;
    struct scratch own_id;
    struct scratch other_id;
    jint id_bytes = (*env)->GetArrayLength(env, id);
    jint other_bytes = (*env)->GetArrayLength(env, peer_id);
    jint code = SDR_NOBUFFER;
    if (!scratch_copy(&own_id, env, id, 0, id_bytes)) {
        return code;
    }
    if (scratch_copy(&other_id, env, peer_id, 0, other_bytes)) {
        read_public_key(env, library, peer_xy, &peer);
        read_public_key(env, library, peer_temporary_xy, &peer_temporary);
        public_key_expected(sdf_shape(library), &own);
        public_key_expected(sdf_shape(library), &own_temporary);
        void *handle = NULL;
        code = sdf_library(library)->GenerateAgreementDataAndKeyWithECC(
            card_handle(session), (unsigned)index, (unsigned)key_bits, own_id.bytes,
            (unsigned)id_bytes, other_id.bytes, (unsigned)other_bytes, as_public_key(&peer),
            as_public_key(&peer_temporary), as_public_key(&own), as_public_key(&own_temporary),
            &handle);
        if (code == SDR_OK && (!point_from_card(env, library, &own, xy) ||
                               !point_from_card(env, library, &own_temporary, temporary_xy))) {
            destroy_unheld(library, session, handle);
            code = SDR_OUTARGERR;
        }
        if (code == SDR_OK) {
            put_handle(env, key, handle);
        }
        scratch_release(&other_id);
    }
    scratch_release(&own_id);
    return code;
}

SDF_GROUP_NATIVE(jint, Agreement, exchangeEnvelope)
(JNIEnv *env, jclass c, jlong library, jlong session, jint index, jint algorithm, jbyteArray xy,
 jbyteArray in, jbyteArray out) {
    REQUIRE(ExchangeDigitEnvelopeBaseOnECC, session);
    struct ecc_room key;
    struct scratch from;
    struct scratch to;
    jint code = SDR_NOBUFFER;
    if (!ciphertext_fits(sdf_shape(library), payload_bytes(env, in))) {
        return SDR_INARGERR;
    }
    read_public_key(env, library, xy, &key);
    if (!cipher_to_card(env, library, in, &from)) {
        return code;
    }
    if (cipher_expected(env, library, out, &to)) {
        code = sdf_library(library)->ExchangeDigitEnvelopeBaseOnECC(
            card_handle(session), (unsigned)index, (unsigned)algorithm, as_public_key(&key),
            (ECCCipher *)from.bytes, (ECCCipher *)to.bytes);
        if (code == SDR_OK) {
            code = cipher_from_card(env, library, &to, out);
        }
        scratch_release(&to);
    }
    scratch_release(&from);
    return code;
}
