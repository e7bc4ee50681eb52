/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "pkcs11_calls.h"

static unsigned char value[600], out[600];
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS secret = CKO_SECRET_KEY;
static CK_KEY_TYPE aes_type = CKK_AES;

static CK_OBJECT_HANDLE generation(struct calls *c) {
    CK_MECHANISM aes = {CKM_AES_KEY_GEN, NULL, 0}, none = {0x7ffff, NULL, 0};
    CK_MECHANISM rsa = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
    CK_ULONG sixteen = 16, seventeen = 17;
    CK_ATTRIBUTE right[] = {{CKA_VALUE_LEN, &sixteen, sizeof sixteen},
                            {CKA_EXTRACTABLE, &yes, 1},
                            {CKA_ENCRYPT, &yes, 1},
                            {CKA_WRAP, &yes, 1},
                            {CKA_UNWRAP, &yes, 1}};
    CK_ATTRIBUTE odd = {CKA_VALUE_LEN, &seventeen, sizeof seventeen};
    CK_ATTRIBUTE pair = {CKA_ENCRYPT, &yes, 1};
    CK_OBJECT_HANDLE key = 0, other = 0;
    CK_SESSION_HANDLE s = c->session;
    settle(c);
    printf("-- generated keys\n");
    SAY("C_GenerateKey without mechanism", c->f->C_GenerateKey(s, NULL, right, 5, &key));
    SAY("C_GenerateKey with no mechanism", c->f->C_GenerateKey(s, &none, right, 5, &key));
    SAY("C_GenerateKey of a pair", c->f->C_GenerateKey(s, &rsa, right, 5, &key));
    SAY("C_GenerateKey without length", c->f->C_GenerateKey(s, &aes, NULL, 0, &key));
    SAY("C_GenerateKey of 17 bytes", c->f->C_GenerateKey(s, &aes, &odd, 1, &key));
    SAY("C_GenerateKey to nowhere", c->f->C_GenerateKey(s, &aes, right, 5, NULL));
    SAY("C_GenerateKeyPair without modulus bits",
        c->f->C_GenerateKeyPair(s, &rsa, &pair, 1, NULL, 0, &key, &other));
    SAY("C_GenerateKeyPair of one key",
        c->f->C_GenerateKeyPair(s, &aes, &pair, 1, NULL, 0, &key, &other));
    SAY("C_GenerateKey", c->f->C_GenerateKey(s, &aes, right, 5, &key));
    return key;
}

static void wrapping(struct calls *c, CK_OBJECT_HANDLE key) {
    CK_MECHANISM wrap = {CKM_AES_KEY_WRAP, NULL, 0}, none = {0x7ffff, NULL, 0};
    CK_ATTRIBUTE templ[] = {{CKA_CLASS, &secret, sizeof secret},
                            {CKA_KEY_TYPE, &aes_type, sizeof aes_type}};
    CK_OBJECT_HANDLE made = 0;
    CK_SESSION_HANDLE s = c->session;
    CK_ULONG length = 0;
    settle(c);
    printf("-- wrapped keys\n");
    SAY("C_WrapKey without mechanism", c->f->C_WrapKey(s, NULL, key, key, out, &length));
    SAY("C_WrapKey with no mechanism", c->f->C_WrapKey(s, &none, key, key, out, &length));
    SAY("C_WrapKey with no key", c->f->C_WrapKey(s, &wrap, NO_SUCH_HANDLE, key, out, &length));
    SAY("C_WrapKey of no key", c->f->C_WrapKey(s, &wrap, key, NO_SUCH_HANDLE, out, &length));
    SAY("C_WrapKey with a key for something else",
        c->f->C_WrapKey(s, &wrap, c->ec_public, key, out, &length));
    SAY_LENGTH("C_WrapKey for the length", c->f->C_WrapKey(s, &wrap, key, key, NULL, &length),
               length);
    length = 3;
    SAY_LENGTH("C_WrapKey with little room", c->f->C_WrapKey(s, &wrap, key, key, out, &length),
               length);
    length = sizeof out;
    SAY_LENGTH("C_WrapKey", c->f->C_WrapKey(s, &wrap, key, key, out, &length), length);
    SAY("C_UnwrapKey with no mechanism",
        c->f->C_UnwrapKey(s, &none, key, out, length, templ, 2, &made));
    SAY("C_UnwrapKey with no key",
        c->f->C_UnwrapKey(s, &wrap, NO_SUCH_HANDLE, out, length, templ, 2, &made));
    SAY("C_UnwrapKey of nothing", c->f->C_UnwrapKey(s, &wrap, key, NULL, length, templ, 2, &made));
    SAY("C_UnwrapKey to nowhere", c->f->C_UnwrapKey(s, &wrap, key, out, length, templ, 2, NULL));
    SAY("C_UnwrapKey without class", c->f->C_UnwrapKey(s, &wrap, key, out, length, NULL, 0, &made));
    SAY("C_UnwrapKey", c->f->C_UnwrapKey(s, &wrap, key, out, length, templ, 2, &made));
    out[3] ^= 1;
    SAY("C_UnwrapKey of what is none",
        c->f->C_UnwrapKey(s, &wrap, key, out, length, templ, 2, &made));
    SAY("C_DeriveKey with no mechanism", c->f->C_DeriveKey(s, &none, key, templ, 2, &made));
    SAY("C_DeriveKey with no key", c->f->C_DeriveKey(s, &wrap, NO_SUCH_HANDLE, templ, 2, &made));
}

/* A pair of the session whose private key wants the PIN for each operation. */
static void always_authenticate(struct calls *c) {
    static const unsigned char curve[] = {0x06, 0x08, 0x2a, 0x86, 0x48,
                                          0xce, 0x3d, 0x03, 0x01, 0x07};
    CK_MECHANISM generate = {CKM_EC_KEY_PAIR_GEN, NULL, 0}, ecdsa = {CKM_ECDSA, NULL, 0};
    CK_ATTRIBUTE public_templ[] = {{CKA_EC_PARAMS, (void *)(uintptr_t)curve, sizeof curve},
                                   {CKA_TOKEN, &no, 1}};
    CK_ATTRIBUTE private_templ[] = {{CKA_ALWAYS_AUTHENTICATE, &yes, 1},
                                    {CKA_TOKEN, &no, 1},
                                    {CKA_PRIVATE, &yes, 1},
                                    {CKA_SIGN, &yes, 1}};
    CK_OBJECT_HANDLE public_key = 0, private_key = 0;
    CK_SESSION_HANDLE s = c->session;
    CK_ULONG length = sizeof out;
    unsigned char wrong[] = "00000000";
    settle(c);
    printf("-- a PIN for each operation\n");
    SAY("C_GenerateKeyPair", c->f->C_GenerateKeyPair(s, &generate, public_templ, 2, private_templ,
                                                     4, &public_key, &private_key));
    SAY("C_SignInit", c->f->C_SignInit(s, &ecdsa, private_key));
    SAY("C_Sign without C_Login", c->f->C_Sign(s, value, 32, out, &length));
    SAY("C_Sign after that", c->f->C_Sign(s, value, 32, out, &length));
    SAY("C_SignInit again", c->f->C_SignInit(s, &ecdsa, private_key));
    SAY("C_Login with a wrong PIN", c->f->C_Login(s, CKU_CONTEXT_SPECIFIC, wrong, 8));
    length = sizeof out;
    SAY("C_Sign after that", c->f->C_Sign(s, value, 32, out, &length));
    (void)c->f->C_SignInit(s, &ecdsa, private_key);
    SAY("C_Login", c->f->C_Login(s, CKU_CONTEXT_SPECIFIC, c->pin, c->pin_bytes));
    length = sizeof out;
    SAY_LENGTH("C_Sign", c->f->C_Sign(s, value, 32, out, &length), length);
    (void)c->f->C_SignInit(s, &ecdsa, private_key);
    SAY("C_Sign of another operation", c->f->C_Sign(s, value, 32, out, &length));
}

void calls_of_keys(struct calls *c) {
    CK_OBJECT_HANDLE key = generation(c);
    wrapping(c, key);
    always_authenticate(c);
}
