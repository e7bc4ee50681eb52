/* SPDX-License-Identifier: Apache-2.0 */
#include "gm_token.h"

#include <string.h>

#include "crypto/der.h"

static EVP_PKEY *pair_of(const struct object *key) {
    struct sm2_point point;
    if (key->class == CKO_PRIVATE_KEY) {
        return sm2_private_key(key->value, &point);
    }
    memcpy(point.x, key->point + 1, SM2_NUMBER_BYTES);
    memcpy(point.y, key->point + 1 + SM2_NUMBER_BYTES, SM2_NUMBER_BYTES);
    return sm2_public_key(&point);
}

CK_RV gm_sm2_signing(const struct session *session, const unsigned char *e, CK_ULONG bytes,
                     unsigned char *out, CK_ULONG *room) {
    struct sm2_signature signature;
    unsigned char der[DER_SM2_SIGNATURE_MOST];
    if (bytes != DIGEST_BYTES) {
        return CKR_DATA_LEN_RANGE;
    }
    EVP_PKEY *key = pair_of(session->key);
    bool made = key != NULL && sm2_sign(key, e, &signature);
    EVP_PKEY_free(key);
    if (!made) {
        return CKR_FUNCTION_FAILED;
    }
    CK_ULONG length = 2 * SM2_NUMBER_BYTES;
    memcpy(der, &signature, length);
    if (session->type == SM2_SIGN_DER) {
        length = der_write_signature(der, signature.r, signature.s);
    }
    CK_RV code = gm_enough(room, length);
    if (code == CKR_OK) {
        memcpy(out, der, length);
    }
    return code;
}

CK_RV gm_sm2_verifying(const struct session *session, const unsigned char *e, CK_ULONG bytes,
                       const unsigned char *given, CK_ULONG given_bytes) {
    struct sm2_signature signature;
    struct der_reader reader = {given, given + given_bytes};
    if (bytes != DIGEST_BYTES) {
        return CKR_DATA_LEN_RANGE;
    }
    if (session->type == SM2_SIGN_DER) {
        if (!der_enter_sequence(&reader) || !der_read_integer32(&reader, signature.r) ||
            !der_read_integer32(&reader, signature.s)) {
            return CKR_SIGNATURE_INVALID;
        }
    } else if (given_bytes == sizeof signature) {
        memcpy(&signature, given, sizeof signature);
    } else {
        return CKR_SIGNATURE_LEN_RANGE;
    }
    EVP_PKEY *key = pair_of(session->key);
    bool valid = key != NULL && sm2_verify(key, e, &signature);
    EVP_PKEY_free(key);
    return valid ? CKR_OK : CKR_SIGNATURE_INVALID;
}

CK_RV gm_sm2_crypt(const struct session *session, bool encrypts, const unsigned char *in,
                   CK_ULONG bytes, unsigned char *out, CK_ULONG *room) {
    CK_ULONG skip = session->type == SM2_ENCRYPT_04 ? 1 : 0;
    CK_ULONG head_bytes = skip + sizeof(struct sm2_ciphertext_head);
    struct sm2_ciphertext_head head;
    if (!encrypts && bytes <= head_bytes) {
        return CKR_ENCRYPTED_DATA_LEN_RANGE;
    }
    CK_RV code = gm_enough(room, encrypts ? bytes + head_bytes : bytes - head_bytes);
    if (code != CKR_OK) {
        return code;
    }
    EVP_PKEY *key = pair_of(session->key);
    bool done;
    if (encrypts) {
        done = key != NULL && sm2_encrypt(key, in, bytes, &head, out + head_bytes);
        out[0] = 4;
        memcpy(out + skip, &head, sizeof head);
    } else {
        memcpy(&head, in + skip, sizeof head);
        done = key != NULL && (skip == 0 || in[0] == 4) &&
               sm2_decrypt(key, &head, in + head_bytes, bytes - head_bytes, out);
    }
    EVP_PKEY_free(key);
    return done ? CKR_OK : encrypts ? CKR_FUNCTION_FAILED : CKR_ENCRYPTED_DATA_INVALID;
}
