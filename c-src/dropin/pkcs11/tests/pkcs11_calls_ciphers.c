/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "pkcs11_calls.h"

static unsigned char in[600], out[700], hidden[700];

typedef CK_RV (*initialiser)(CK_SESSION_HANDLE, CK_MECHANISM *, CK_OBJECT_HANDLE);

static void wrong_inits(struct calls *c) {
    unsigned char iv[16] = {0};
    CK_MECHANISM none = {0x7ffff, NULL, 0}, cbc = {CKM_AES_CBC, iv, 15}, gcm = {CKM_AES_GCM, iv, 3};
    CK_MECHANISM ctr = {CKM_AES_CTR, NULL, 0}, ecb = {CKM_AES_ECB, NULL, 0};
    CK_MECHANISM oaep = {CKM_RSA_PKCS_OAEP, NULL, 0};
    CK_SESSION_HANDLE s = c->session;
    CK_ULONG bytes = sizeof out;
    settle(c);
    printf("-- ciphers\n");
    SAY("C_Encrypt without C_EncryptInit", c->f->C_Encrypt(s, in, 16, out, &bytes));
    SAY("C_EncryptUpdate without C_EncryptInit", c->f->C_EncryptUpdate(s, in, 16, out, &bytes));
    SAY("C_EncryptFinal without C_EncryptInit", c->f->C_EncryptFinal(s, out, &bytes));
    SAY("C_Decrypt without C_DecryptInit", c->f->C_Decrypt(s, in, 16, out, &bytes));
    SAY("C_EncryptInit without mechanism", c->f->C_EncryptInit(s, NULL, c->aes));
    SAY("C_EncryptInit with no mechanism", c->f->C_EncryptInit(s, &none, c->aes));
    SAY("C_EncryptInit with no key", c->f->C_EncryptInit(s, &ecb, NO_SUCH_HANDLE));
    SAY("C_EncryptInit with an RSA key", c->f->C_EncryptInit(s, &ecb, c->rsa_public));
    SAY("C_EncryptInit with a private key", c->f->C_EncryptInit(s, &ecb, c->rsa_private));
    SAY("C_EncryptInit with a short IV", c->f->C_EncryptInit(s, &cbc, c->aes));
    SAY("C_EncryptInit with half a parameter", c->f->C_EncryptInit(s, &gcm, c->aes));
    SAY("C_EncryptInit without parameter", c->f->C_EncryptInit(s, &ctr, c->aes));
    SAY("C_EncryptInit with OAEP without parameter", c->f->C_EncryptInit(s, &oaep, c->rsa_public));
    SAY("C_DecryptInit with a public key", c->f->C_DecryptInit(s, &oaep, c->rsa_public));
}

static void at_once(struct calls *c, const char *name, CK_MECHANISM m, CK_ULONG bytes) {
    CK_SESSION_HANDLE s = c->session;
    CK_ULONG length = 0, made;
    settle(c);
    printf("-- %s\n", name);
    SAY("C_EncryptInit", c->f->C_EncryptInit(s, &m, c->aes));
    SAY("C_EncryptInit again", c->f->C_EncryptInit(s, &m, c->aes));
    SAY_LENGTH("C_Encrypt for the length", c->f->C_Encrypt(s, in, bytes, NULL, &length), length);
    length = 3;
    SAY_LENGTH("C_Encrypt with little room", c->f->C_Encrypt(s, in, bytes, out, &length), length);
    length = sizeof hidden;
    SAY_LENGTH("C_Encrypt", c->f->C_Encrypt(s, in, bytes, hidden, &length), length);
    made = length;
    SAY("C_Encrypt again", c->f->C_Encrypt(s, in, bytes, out, &length));
    (void)c->f->C_EncryptInit(s, &m, c->aes);
    SAY("C_Encrypt of nothing", c->f->C_Encrypt(s, NULL, 16, out, &length));
    SAY("C_Encrypt without length", c->f->C_Encrypt(s, in, bytes, out, NULL));
    (void)c->f->C_Encrypt(s, in, bytes, out, &length);
    SAY("C_DecryptInit", c->f->C_DecryptInit(s, &m, c->aes));
    SAY_LENGTH("C_Decrypt for the length", c->f->C_Decrypt(s, hidden, made, NULL, &length), length);
    length = sizeof out;
    SAY_LENGTH("C_Decrypt", c->f->C_Decrypt(s, hidden, made, out, &length), length);
    SAY("C_Decrypt again", c->f->C_Decrypt(s, hidden, made, out, &length));
}

static void odd(struct calls *c, const char *name, CK_MECHANISM m) {
    CK_SESSION_HANDLE s = c->session;
    CK_ULONG length = sizeof out;
    settle(c);
    printf("-- %s, odd lengths\n", name);
    (void)c->f->C_EncryptInit(s, &m, c->aes);
    SAY_LENGTH("C_Encrypt of 17 bytes", c->f->C_Encrypt(s, in, 17, out, &length), length);
    SAY("C_Encrypt after that", c->f->C_Encrypt(s, in, 16, out, &length));
    length = sizeof out;
    (void)c->f->C_DecryptInit(s, &m, c->aes);
    SAY("C_Decrypt of 17 bytes", c->f->C_Decrypt(s, in, 17, out, &length));
    length = sizeof out;
    (void)c->f->C_DecryptInit(s, &m, c->aes);
    SAY("C_Decrypt of what is no ciphertext", c->f->C_Decrypt(s, in, 32, out, &length));
}

static void in_parts(struct calls *c, const char *name, CK_MECHANISM m) {
    CK_SESSION_HANDLE s = c->session;
    CK_ULONG length = sizeof out;
    settle(c);
    printf("-- %s, in parts\n", name);
    SAY("C_EncryptInit", c->f->C_EncryptInit(s, &m, c->aes));
    SAY_LENGTH("C_EncryptUpdate of 5", c->f->C_EncryptUpdate(s, in, 5, out, &length), length);
    length = 0;
    SAY_LENGTH("C_EncryptUpdate for the length", c->f->C_EncryptUpdate(s, in, 30, NULL, &length),
               length);
    length = 1;
    SAY_LENGTH("C_EncryptUpdate with little room", c->f->C_EncryptUpdate(s, in, 30, out, &length),
               length);
    length = sizeof out;
    SAY_LENGTH("C_EncryptUpdate of 30", c->f->C_EncryptUpdate(s, in, 30, out, &length), length);
    length = sizeof out;
    SAY("C_EncryptUpdate of nothing", c->f->C_EncryptUpdate(s, NULL, 30, out, &length));
    SAY("C_Encrypt after C_EncryptUpdate", c->f->C_Encrypt(s, in, 16, out, &length));
    length = sizeof out;
    SAY_LENGTH("C_EncryptFinal with a rest", c->f->C_EncryptFinal(s, out, &length), length);
    SAY("C_EncryptFinal again", c->f->C_EncryptFinal(s, out, &length));
    (void)c->f->C_EncryptInit(s, &m, c->aes);
    length = sizeof out;
    SAY_LENGTH("C_EncryptUpdate of 32", c->f->C_EncryptUpdate(s, in, 32, hidden, &length), length);
    length = sizeof out;
    SAY_LENGTH("C_EncryptFinal for the length", c->f->C_EncryptFinal(s, NULL, &length), length);
    length = sizeof out;
    SAY_LENGTH("C_EncryptFinal", c->f->C_EncryptFinal(s, out, &length), length);
    (void)c->f->C_DecryptInit(s, &m, c->aes);
    length = sizeof out;
    SAY_LENGTH("C_DecryptUpdate of 32", c->f->C_DecryptUpdate(s, hidden, 32, out, &length), length);
    length = sizeof out;
    SAY("C_DecryptFinal", c->f->C_DecryptFinal(s, out, &length));
}

static void rsa(struct calls *c) {
    CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};
    CK_SESSION_HANDLE s = c->session;
    CK_ULONG length = 0;
    settle(c);
    printf("-- RSA encryption\n");
    SAY("C_EncryptInit", c->f->C_EncryptInit(s, &m, c->rsa_public));
    SAY_LENGTH("C_Encrypt for the length", c->f->C_Encrypt(s, in, 20, NULL, &length), length);
    length = sizeof hidden;
    SAY_LENGTH("C_Encrypt", c->f->C_Encrypt(s, in, 20, hidden, &length), length);
    (void)c->f->C_EncryptInit(s, &m, c->rsa_public);
    length = sizeof out;
    SAY("C_Encrypt of too much", c->f->C_Encrypt(s, in, 300, out, &length));
    (void)c->f->C_EncryptInit(s, &m, c->rsa_public);
    SAY("C_EncryptUpdate", c->f->C_EncryptUpdate(s, in, 20, out, &length));
    SAY("C_EncryptFinal", c->f->C_EncryptFinal(s, out, &length));
    (void)c->f->C_Encrypt(s, in, 20, out, &length);
    length = sizeof out;
    SAY("C_DecryptInit", c->f->C_DecryptInit(s, &m, c->rsa_private));
    SAY_LENGTH("C_Decrypt for the length", c->f->C_Decrypt(s, hidden, 256, NULL, &length), length);
    length = sizeof out;
    SAY_LENGTH("C_Decrypt", c->f->C_Decrypt(s, hidden, 256, out, &length), length);
    (void)c->f->C_DecryptInit(s, &m, c->rsa_private);
    length = sizeof out;
    SAY("C_Decrypt of a short ciphertext", c->f->C_Decrypt(s, hidden, 255, out, &length));
}

static void digests(struct calls *c) {
    CK_MECHANISM m = {CKM_SHA256, NULL, 0}, none = {0x7ffff, NULL, 0},
                 rsa = {CKM_RSA_PKCS, NULL, 0};
    CK_SESSION_HANDLE s = c->session;
    CK_ULONG length = 0;
    settle(c);
    printf("-- digests and random bytes\n");
    SAY("C_Digest without C_DigestInit", c->f->C_Digest(s, in, 3, out, &length));
    SAY("C_DigestFinal without C_DigestInit", c->f->C_DigestFinal(s, out, &length));
    SAY("C_DigestInit without mechanism", c->f->C_DigestInit(s, NULL));
    SAY("C_DigestInit with none", c->f->C_DigestInit(s, &none));
    SAY("C_DigestInit with RSA", c->f->C_DigestInit(s, &rsa));
    SAY("C_DigestInit", c->f->C_DigestInit(s, &m));
    SAY_LENGTH("C_Digest for the length", c->f->C_Digest(s, in, 3, NULL, &length), length);
    length = 31;
    SAY_LENGTH("C_Digest with little room", c->f->C_Digest(s, in, 3, out, &length), length);
    SAY_LENGTH("C_Digest", c->f->C_Digest(s, in, 3, out, &length), length);
    (void)c->f->C_DigestInit(s, &m);
    SAY("C_DigestUpdate", c->f->C_DigestUpdate(s, in, 3));
    SAY("C_DigestUpdate of nothing", c->f->C_DigestUpdate(s, NULL, 3));
    SAY("C_Digest after C_DigestUpdate", c->f->C_Digest(s, in, 3, out, &length));
    length = 5;
    SAY_LENGTH("C_DigestFinal with little room", c->f->C_DigestFinal(s, out, &length), length);
    SAY_LENGTH("C_DigestFinal", c->f->C_DigestFinal(s, out, &length), length);
    SAY("C_GenerateRandom", c->f->C_GenerateRandom(s, out, 32));
    SAY("C_GenerateRandom to nowhere", c->f->C_GenerateRandom(s, NULL, 32));
    SAY("C_GenerateRandom of no session", c->f->C_GenerateRandom(NO_SUCH_HANDLE, out, 32));
}

void calls_of_ciphers(struct calls *c) {
    static unsigned char iv[16], aad[5];
    CK_GCM_PARAMS gcm = {iv, 12, 96, aad, sizeof aad, 128};
    CK_AES_CTR_PARAMS ctr = {128, {0}};
    CK_MECHANISM ecb = {CKM_AES_ECB, NULL, 0}, cbc = {CKM_AES_CBC, iv, sizeof iv};
    CK_MECHANISM pad = {CKM_AES_CBC_PAD, iv, sizeof iv};
    wrong_inits(c);
    at_once(c, "AES-ECB", ecb, 64);
    at_once(c, "AES-CBC", cbc, 64);
    at_once(c, "AES-CBC-PAD", pad, 61);
    at_once(c, "AES-CTR", (CK_MECHANISM){CKM_AES_CTR, &ctr, sizeof ctr}, 61);
    at_once(c, "AES-GCM", (CK_MECHANISM){CKM_AES_GCM, &gcm, sizeof gcm}, 61);
    odd(c, "AES-ECB", ecb);
    odd(c, "AES-CBC", cbc);
    odd(c, "AES-CBC-PAD", pad);
    odd(c, "AES-GCM", (CK_MECHANISM){CKM_AES_GCM, &gcm, sizeof gcm});
    in_parts(c, "AES-CBC", cbc);
    in_parts(c, "AES-CBC-PAD", pad);
    in_parts(c, "AES-CTR", (CK_MECHANISM){CKM_AES_CTR, &ctr, sizeof ctr});
    rsa(c);
    digests(c);
}
