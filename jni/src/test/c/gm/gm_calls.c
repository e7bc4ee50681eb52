/* SPDX-License-Identifier: Apache-2.0 */
/* Encryption, signatures, MACs and digests, each at once. */
#include "gm_token.h"

#include <openssl/hmac.h>

#include "crypto/algorithms.h"

/* An operation ends with its call, unless that only lacks room. */
static CK_RV ended(struct session *session, CK_RV code) {
    if (code != CKR_BUFFER_TOO_SMALL) {
        session->active = 0;
    }
    return code;
}

CK_RV gm_encrypt_init(CK_SESSION_HANDLE handle, CK_MECHANISM *m, CK_OBJECT_HANDLE key) {
    return gm_begin(handle, m, key, USE_ENCRYPT);
}

CK_RV gm_decrypt_init(CK_SESSION_HANDLE handle, CK_MECHANISM *m, CK_OBJECT_HANDLE key) {
    return gm_begin(handle, m, key, USE_DECRYPT);
}

CK_RV gm_sign_init(CK_SESSION_HANDLE handle, CK_MECHANISM *m, CK_OBJECT_HANDLE key) {
    return gm_begin(handle, m, key, USE_SIGN);
}

CK_RV gm_verify_init(CK_SESSION_HANDLE handle, CK_MECHANISM *m, CK_OBJECT_HANDLE key) {
    return gm_begin(handle, m, key, USE_VERIFY);
}

CK_RV gm_encrypt(CK_SESSION_HANDLE handle, unsigned char *in, CK_ULONG bytes, unsigned char *out,
                 CK_ULONG *room) {
    struct session *session = gm_at(handle);
    return session == NULL || session->active != USE_ENCRYPT
               ? CKR_OPERATION_NOT_INITIALIZED
               : ended(session, gm_crypt(session, true, in, bytes, out, room));
}

CK_RV gm_decrypt(CK_SESSION_HANDLE handle, unsigned char *in, CK_ULONG bytes, unsigned char *out,
                 CK_ULONG *room) {
    struct session *session = gm_at(handle);
    return session == NULL || session->active != USE_DECRYPT
               ? CKR_OPERATION_NOT_INITIALIZED
               : ended(session, gm_crypt(session, false, in, bytes, out, room));
}

CK_RV gm_sign(CK_SESSION_HANDLE handle, unsigned char *in, CK_ULONG bytes, unsigned char *out,
              CK_ULONG *room) {
    struct session *session = gm_at(handle);
    unsigned made = 0;
    if (session == NULL || session->active != USE_SIGN) {
        return CKR_OPERATION_NOT_INITIALIZED;
    }
    if (session->type != HMAC_SM3) {
        return ended(session, gm_sm2_signing(session, in, bytes, out, room));
    }
    CK_RV code = gm_enough(room, DIGEST_BYTES);
    if (code == CKR_OK && HMAC(algorithms()->sm3, session->key->value, (int)session->key->bytes, in,
                               bytes, out, &made) == NULL) {
        code = CKR_FUNCTION_FAILED;
    }
    return ended(session, code);
}

CK_RV gm_verify(CK_SESSION_HANDLE handle, unsigned char *in, CK_ULONG bytes,
                unsigned char *signature, CK_ULONG signature_bytes) {
    struct session *session = gm_at(handle);
    return session == NULL || session->active != USE_VERIFY
               ? CKR_OPERATION_NOT_INITIALIZED
               : ended(session, gm_sm2_verifying(session, in, bytes, signature, signature_bytes));
}

CK_RV gm_digest_init(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism) {
    struct session *session = gm_at(handle);
    if (session == NULL) {
        return CKR_SESSION_HANDLE_INVALID;
    }
    return mechanism->mechanism == SM3 && mechanism->ulParameterLen == 0 ? CKR_OK
                                                                         : CKR_MECHANISM_INVALID;
}

CK_RV gm_digest(CK_SESSION_HANDLE handle, unsigned char *in, CK_ULONG bytes, unsigned char *out,
                CK_ULONG *room) {
    CK_RV code = gm_at(handle) == NULL ? CKR_SESSION_HANDLE_INVALID : gm_enough(room, DIGEST_BYTES);
    return code == CKR_OK && EVP_Digest(in, bytes, out, NULL, algorithms()->sm3, NULL) != 1
               ? CKR_FUNCTION_FAILED
               : code;
}
