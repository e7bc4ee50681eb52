/* SPDX-License-Identifier: Apache-2.0 */
/* SM4 in all its modes. */
#include "gm_token.h"

#include <openssl/crypto.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/algorithms.h"

static const EVP_CIPHER *cipher_of(CK_MECHANISM_TYPE type) {
    switch (type) {
    case SM4_CBC:
        return algorithms()->sm4_cbc;
    case SM4_CFB:
        return algorithms()->sm4_cfb;
    case SM4_OFB:
        return algorithms()->sm4_ofb;
    case SM4_CTR:
        return algorithms()->sm4_ctr;
    default:
        return algorithms()->sm4_ecb;
    }
}

bool gm_run_cipher(CK_MECHANISM_TYPE type, const unsigned char *key, const unsigned char *iv,
                   bool encrypts, const unsigned char *in, CK_ULONG bytes, unsigned char *out) {
    int made = 0, rest = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool done = context != NULL &&
                EVP_CipherInit_ex(context, cipher_of(type), NULL, key, iv, encrypts) == 1 &&
                EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
                EVP_CipherUpdate(context, out, &made, in, (int)bytes) == 1 &&
                EVP_CipherFinal_ex(context, out + made, &rest) == 1 &&
                (CK_ULONG)made + (CK_ULONG)rest == bytes;
    EVP_CIPHER_CTX_free(context);
    return done;
}

static CK_RV auth_crypt(const struct session *session, bool encrypts, const unsigned char *in,
                        CK_ULONG bytes, unsigned char *out, CK_ULONG *room) {
    enum aead_mode mode = session->type == SM4_GCM ? AEAD_GCM : AEAD_CCM;
    CK_ULONG plain = encrypts ? bytes : bytes - session->tag_bytes;
    unsigned char tag[AEAD_TAG_BYTES_MOST];
    struct aead aead;
    if (!encrypts && bytes < session->tag_bytes) {
        return CKR_ENCRYPTED_DATA_LEN_RANGE;
    }
    if (mode == AEAD_CCM && session->data_bytes != plain) {
        return CKR_DATA_LEN_RANGE;
    }
    CK_RV code = gm_enough(room, encrypts ? plain + session->tag_bytes : plain);
    if (code != CKR_OK) {
        return code;
    }
    struct aead_message message = {.key = session->key->value,
                                   .iv = session->iv,
                                   .iv_bytes = session->iv_bytes,
                                   .aad = session->aad,
                                   .aad_bytes = session->aad_bytes,
                                   .total_bytes = plain,
                                   .tag_bytes = session->tag_bytes};
    bool done = aead_make(&aead) && aead_accepts(mode, &message) &&
                aead_begin(&aead, mode, encrypts, &message) && aead_update(&aead, in, plain, out) &&
                aead_finish(&aead, tag);
    aead_free(&aead);
    if (!done) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    if (encrypts) {
        memcpy(out + plain, tag, session->tag_bytes);
        return CKR_OK;
    }
    if (CRYPTO_memcmp(tag, in + plain, session->tag_bytes) != 0) {
        OPENSSL_cleanse(out, plain);
        return CKR_ENCRYPTED_DATA_INVALID;
    }
    return CKR_OK;
}

CK_RV gm_crypt(struct session *session, bool encrypts, const unsigned char *in, CK_ULONG bytes,
               unsigned char *out, CK_ULONG *room) {
    if (session->type == SM2_ENCRYPT || session->type == SM2_ENCRYPT_04) {
        return gm_sm2_crypt(session, encrypts, in, bytes, out, room);
    }
    if (session->key->type != KEY_SM4) {
        return CKR_KEY_TYPE_INCONSISTENT;
    }
    if (session->type == SM4_GCM || session->type == SM4_CCM) {
        return auth_crypt(session, encrypts, in, bytes, out, room);
    }
    if (session->type < SM4_ECB || session->type > SM4_CTR) {
        return CKR_MECHANISM_INVALID;
    }
    if ((session->type == SM4_ECB || session->type == SM4_CBC) && bytes % 16 != 0) {
        return encrypts ? CKR_DATA_LEN_RANGE : CKR_ENCRYPTED_DATA_LEN_RANGE;
    }
    CK_RV code = gm_enough(room, bytes);
    if (code != CKR_OK) {
        return code;
    }
    return gm_run_cipher(session->type, session->key->value, session->iv, encrypts, in, bytes, out)
               ? CKR_OK
               : CKR_FUNCTION_FAILED;
}
