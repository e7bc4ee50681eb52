/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "pkcs11_calls.h"

static unsigned char data[600], signature[600];

static void inits(struct calls *c) {
    CK_MECHANISM rsa = {CKM_RSA_PKCS, NULL, 0}, ecdsa = {CKM_ECDSA, NULL, 0};
    CK_MECHANISM none = {0x7ffff, NULL, 0}, sha = {CKM_SHA256, NULL, 0};
    CK_MECHANISM pss = {CKM_SHA256_RSA_PKCS_PSS, NULL, 0};
    CK_SESSION_HANDLE s = c->session;
    CK_ULONG bytes = sizeof signature;
    printf("-- signatures\n");
    SAY("C_Sign without C_SignInit", c->f->C_Sign(s, data, 20, signature, &bytes));
    SAY("C_SignUpdate without C_SignInit", c->f->C_SignUpdate(s, data, 20));
    SAY("C_SignFinal without C_SignInit", c->f->C_SignFinal(s, signature, &bytes));
    SAY("C_Verify without C_VerifyInit", c->f->C_Verify(s, data, 20, signature, 256));
    SAY("C_VerifyFinal without C_VerifyInit", c->f->C_VerifyFinal(s, signature, 256));
    SAY("C_SignInit without mechanism", c->f->C_SignInit(s, NULL, c->rsa_private));
    SAY("C_SignInit of no session", c->f->C_SignInit(NO_SUCH_HANDLE, &rsa, c->rsa_private));
    SAY("C_SignInit with no key", c->f->C_SignInit(s, &rsa, NO_SUCH_HANDLE));
    SAY("C_SignInit with no mechanism", c->f->C_SignInit(s, &none, c->rsa_private));
    SAY("C_SignInit with a digest", c->f->C_SignInit(s, &sha, c->rsa_private));
    SAY("C_SignInit with ECDSA and an RSA key", c->f->C_SignInit(s, &ecdsa, c->rsa_private));
    settle(c);
    SAY("C_SignInit with RSA and an EC key", c->f->C_SignInit(s, &rsa, c->ec_private));
    settle(c);
    SAY("C_SignInit with RSA and an AES key", c->f->C_SignInit(s, &rsa, c->aes));
    settle(c);
    SAY("C_SignInit with a public key", c->f->C_SignInit(s, &rsa, c->rsa_public));
    settle(c);
    SAY("C_SignInit with PSS without parameter", c->f->C_SignInit(s, &pss, c->rsa_private));
    settle(c);
    SAY("C_VerifyInit with a private key", c->f->C_VerifyInit(s, &rsa, c->rsa_private));
    settle(c);
    SAY("C_VerifyInit with no key", c->f->C_VerifyInit(s, &rsa, NO_SUCH_HANDLE));
}

static void whole(struct calls *c, const char *name, CK_MECHANISM_TYPE type,
                  CK_OBJECT_HANDLE private_key, CK_OBJECT_HANDLE public_key, CK_ULONG too_long) {
    CK_MECHANISM m = {type, NULL, 0}, sha = {CKM_SHA256, NULL, 0};
    CK_SESSION_HANDLE s = c->session;
    CK_ULONG bytes = 0, made;
    settle(c);
    printf("-- %s\n", name);
    SAY("C_SignInit", c->f->C_SignInit(s, &m, private_key));
    SAY("C_SignInit again", c->f->C_SignInit(s, &m, private_key));
    SAY("C_VerifyInit meanwhile", c->f->C_VerifyInit(s, &m, public_key));
    SAY("C_DigestInit meanwhile", c->f->C_DigestInit(s, &sha));
    SAY("C_Encrypt meanwhile", c->f->C_Encrypt(s, data, 16, signature, &bytes));
    SAY_LENGTH("C_Sign for the length", c->f->C_Sign(s, data, 32, NULL, &bytes), bytes);
    bytes = 10;
    SAY_LENGTH("C_Sign with little room", c->f->C_Sign(s, data, 32, signature, &bytes), bytes);
    bytes = sizeof signature;
    SAY_LENGTH("C_Sign", c->f->C_Sign(s, data, 32, signature, &bytes), bytes);
    made = bytes;
    SAY("C_Sign again", c->f->C_Sign(s, data, 32, signature, &bytes));
    SAY("C_VerifyInit", c->f->C_VerifyInit(s, &m, public_key));
    SAY("C_Verify", c->f->C_Verify(s, data, 32, signature, made));
    SAY("C_Verify again", c->f->C_Verify(s, data, 32, signature, made));
    (void)c->f->C_VerifyInit(s, &m, public_key);
    SAY("C_Verify of a short signature", c->f->C_Verify(s, data, 32, signature, made - 1));
    SAY("C_Verify after a wrong one", c->f->C_Verify(s, data, 32, signature, made));
    (void)c->f->C_VerifyInit(s, &m, public_key);
    signature[made - 3] ^= 1;
    SAY("C_Verify of a wrong signature", c->f->C_Verify(s, data, 32, signature, made));
    (void)c->f->C_VerifyInit(s, &m, public_key);
    SAY("C_Verify of nothing", c->f->C_Verify(s, data, 32, NULL, made));
    SAY("C_Verify after that", c->f->C_Verify(s, data, 32, signature, made));
    (void)c->f->C_SignInit(s, &m, private_key);
    bytes = sizeof signature;
    if (too_long != 0) {
        bytes = sizeof signature;
        SAY("C_Sign of too much", c->f->C_Sign(s, data, too_long, signature, &bytes));
        SAY("C_Sign after that", c->f->C_Sign(s, data, 32, signature, &bytes));
        (void)c->f->C_SignInit(s, &m, private_key);
    }
    SAY("C_Sign of nothing", c->f->C_Sign(s, NULL, 32, signature, &bytes));
    SAY("C_Sign without length", c->f->C_Sign(s, data, 32, signature, NULL));
    (void)c->f->C_Sign(s, data, 32, signature, &bytes);
    (void)c->f->C_SignInit(s, &m, private_key);
    SAY("C_SignUpdate of whole data", c->f->C_SignUpdate(s, data, 32));
    bytes = sizeof signature;
    (void)c->f->C_SignFinal(s, signature, &bytes);
    (void)c->f->C_Sign(s, data, 32, signature, &bytes);
}

static void parts(struct calls *c) {
    CK_MECHANISM m = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_SESSION_HANDLE s = c->session;
    CK_ULONG bytes = 0;
    settle(c);
    printf("-- SHA256-RSA in parts\n");
    SAY("C_SignInit", c->f->C_SignInit(s, &m, c->rsa_private));
    SAY("C_SignUpdate", c->f->C_SignUpdate(s, data, 100));
    SAY("C_SignUpdate of nothing", c->f->C_SignUpdate(s, data, 0));
    SAY_LENGTH("C_SignFinal for the length", c->f->C_SignFinal(s, NULL, &bytes), bytes);
    bytes = 1;
    SAY_LENGTH("C_SignFinal with little room", c->f->C_SignFinal(s, signature, &bytes), bytes);
    bytes = sizeof signature;
    SAY_LENGTH("C_SignFinal", c->f->C_SignFinal(s, signature, &bytes), bytes);
    SAY("C_SignFinal again", c->f->C_SignFinal(s, signature, &bytes));
    SAY("C_SignUpdate after it", c->f->C_SignUpdate(s, data, 100));
    SAY("C_VerifyInit", c->f->C_VerifyInit(s, &m, c->rsa_public));
    SAY("C_VerifyUpdate", c->f->C_VerifyUpdate(s, data, 100));
    SAY("C_VerifyFinal", c->f->C_VerifyFinal(s, signature, 256));
    (void)c->f->C_VerifyInit(s, &m, c->rsa_public);
    (void)c->f->C_VerifyUpdate(s, data, 99);
    SAY("C_VerifyFinal of other data", c->f->C_VerifyFinal(s, signature, 256));
    (void)c->f->C_VerifyInit(s, &m, c->rsa_public);
    (void)c->f->C_VerifyUpdate(s, data, 99);
    SAY("C_VerifyFinal of a short signature", c->f->C_VerifyFinal(s, signature, 255));
    (void)c->f->C_SignInit(s, &m, c->rsa_private);
    (void)c->f->C_SignUpdate(s, data, 100);
    bytes = sizeof signature;
    SAY("C_Sign after C_SignUpdate", c->f->C_Sign(s, data, 100, signature, &bytes));
    SAY("C_SignFinal after that", c->f->C_SignFinal(s, signature, &bytes));
    (void)c->f->C_SignInit(s, &m, c->rsa_private);
    SAY_LENGTH("C_SignFinal of no data", c->f->C_SignFinal(s, signature, &bytes), bytes);
}

static void others(struct calls *c) {
    CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};
    CK_SESSION_HANDLE s = c->session;
    CK_ULONG bytes = sizeof signature;
    settle(c);
    printf("-- functions that few tokens have\n");
    SAY("C_SignRecoverInit", c->f->C_SignRecoverInit(s, &m, c->rsa_private));
    SAY("C_VerifyRecoverInit", c->f->C_VerifyRecoverInit(s, &m, c->rsa_public));
    SAY("C_DigestEncryptUpdate", c->f->C_DigestEncryptUpdate(s, data, 16, signature, &bytes));
    SAY("C_DecryptVerifyUpdate", c->f->C_DecryptVerifyUpdate(s, data, 16, signature, &bytes));
    SAY("C_GetOperationState", c->f->C_GetOperationState(s, signature, &bytes));
    SAY("C_DigestKey", c->f->C_DigestKey(s, c->aes));
}

void calls_of_signing(struct calls *c) {
    inits(c);
    whole(c, "RSA", CKM_RSA_PKCS, c->rsa_private, c->rsa_public, 300);
    whole(c, "SHA256-RSA", CKM_SHA256_RSA_PKCS, c->rsa_private, c->rsa_public, 0);
    whole(c, "ECDSA", CKM_ECDSA, c->ec_private, c->ec_public, 0);
    parts(c);
    others(c);
}
