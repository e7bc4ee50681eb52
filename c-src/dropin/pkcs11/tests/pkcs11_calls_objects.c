/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "pkcs11_calls.h"

static unsigned char value[600];
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS secret = CKO_SECRET_KEY, public_class = CKO_PUBLIC_KEY;
static CK_KEY_TYPE aes_type = CKK_AES;

static void attributes(struct calls *c) {
    CK_ATTRIBUTE class = {CKA_CLASS, value, sizeof value}, modulus = {CKA_MODULUS, NULL, 0};
    CK_ATTRIBUTE small = {CKA_MODULUS, value, 5}, exponent = {CKA_PRIVATE_EXPONENT, value, 600};
    CK_ATTRIBUTE key = {CKA_VALUE, value, sizeof value}, unknown = {0x7ffff, value, 600};
    CK_ATTRIBUTE mixed[] = {{CKA_CLASS, value, 8}, {CKA_MODULUS, value + 8, 5}, {CKA_ID, NULL, 0}};
    CK_ATTRIBUTE of_other = {CKA_EC_POINT, value, sizeof value};
    CK_SESSION_HANDLE s = c->session;
    settle(c);
    printf("-- attributes\n");
    SAY("C_GetAttributeValue of no object",
        c->f->C_GetAttributeValue(s, NO_SUCH_HANDLE, &class, 1));
    SAY("C_GetAttributeValue of no session",
        c->f->C_GetAttributeValue(NO_SUCH_HANDLE, c->aes, &class, 1));
    SAY("C_GetAttributeValue without template", c->f->C_GetAttributeValue(s, c->aes, NULL, 1));
    SAY_LENGTH("C_GetAttributeValue of CKA_CLASS", c->f->C_GetAttributeValue(s, c->aes, &class, 1),
               class.ulValueLen);
    SAY_LENGTH("C_GetAttributeValue for the length",
               c->f->C_GetAttributeValue(s, c->rsa_public, &modulus, 1), modulus.ulValueLen);
    SAY_LENGTH("C_GetAttributeValue with little room",
               c->f->C_GetAttributeValue(s, c->rsa_public, &small, 1), small.ulValueLen);
    SAY_LENGTH("C_GetAttributeValue of a secret exponent",
               c->f->C_GetAttributeValue(s, c->rsa_private, &exponent, 1), exponent.ulValueLen);
    SAY_LENGTH("C_GetAttributeValue of a secret value",
               c->f->C_GetAttributeValue(s, c->aes, &key, 1), key.ulValueLen);
    SAY_LENGTH("C_GetAttributeValue of none", c->f->C_GetAttributeValue(s, c->aes, &unknown, 1),
               unknown.ulValueLen);
    SAY_LENGTH("C_GetAttributeValue of another type's",
               c->f->C_GetAttributeValue(s, c->rsa_public, &of_other, 1), of_other.ulValueLen);
    SAY_LENGTH("C_GetAttributeValue of three, one with little room",
               c->f->C_GetAttributeValue(s, c->rsa_public, mixed, 3), mixed[1].ulValueLen);
    class = (CK_ATTRIBUTE){CKA_CLASS, &secret, sizeof secret};
    SAY("C_SetAttributeValue of no object",
        c->f->C_SetAttributeValue(s, NO_SUCH_HANDLE, &class, 1));
    SAY("C_SetAttributeValue without template", c->f->C_SetAttributeValue(s, c->aes, NULL, 1));
    SAY("C_SetAttributeValue of CKA_CLASS", c->f->C_SetAttributeValue(s, c->aes, &class, 1));
}

static void searches(struct calls *c) {
    CK_OBJECT_HANDLE found[16];
    CK_ATTRIBUTE none = {CKA_LABEL, (void *)(uintptr_t) "nothing", 7};
    CK_SESSION_HANDLE s = c->session;
    CK_ULONG count = 16;
    settle(c);
    printf("-- searches\n");
    SAY("C_FindObjects without C_FindObjectsInit", c->f->C_FindObjects(s, found, 16, &count));
    SAY("C_FindObjectsFinal without C_FindObjectsInit", c->f->C_FindObjectsFinal(s));
    SAY("C_FindObjectsInit without template", c->f->C_FindObjectsInit(s, NULL, 1));
    SAY("C_FindObjectsInit of no session", c->f->C_FindObjectsInit(NO_SUCH_HANDLE, NULL, 0));
    SAY("C_FindObjectsInit", c->f->C_FindObjectsInit(s, NULL, 0));
    SAY("C_FindObjectsInit again", c->f->C_FindObjectsInit(s, NULL, 0));
    SAY("C_FindObjects without count", c->f->C_FindObjects(s, found, 16, NULL));
    SAY("C_FindObjects to nowhere", c->f->C_FindObjects(s, NULL, 16, &count));
    SAY_LENGTH("C_FindObjects of two", c->f->C_FindObjects(s, found, 2, &count), count);
    SAY_LENGTH("C_FindObjects of the rest", c->f->C_FindObjects(s, found, 16, &count), count);
    SAY_LENGTH("C_FindObjects at the end", c->f->C_FindObjects(s, found, 16, &count), count);
    SAY("C_FindObjectsFinal", c->f->C_FindObjectsFinal(s));
    SAY("C_FindObjectsInit for nothing", c->f->C_FindObjectsInit(s, &none, 1));
    SAY_LENGTH("C_FindObjects of nothing", c->f->C_FindObjects(s, found, 16, &count), count);
    (void)c->f->C_FindObjectsFinal(s);
}

static void making(struct calls *c) {
    CK_ATTRIBUTE aes[] = {{CKA_CLASS, &secret, sizeof secret},
                          {CKA_KEY_TYPE, &aes_type, sizeof aes_type},
                          {CKA_VALUE, value, 16},
                          {CKA_TOKEN, &no, 1}};
    CK_ATTRIBUTE on_token[] = {{CKA_CLASS, &secret, sizeof secret},
                               {CKA_KEY_TYPE, &aes_type, sizeof aes_type},
                               {CKA_VALUE, value, 16},
                               {CKA_TOKEN, &yes, 1},
                               {CKA_LABEL, (void *)(uintptr_t) "made", 4}};
    CK_ATTRIBUTE no_type[] = {{CKA_CLASS, &public_class, sizeof public_class}};
    CK_ATTRIBUTE label = {CKA_LABEL, (void *)(uintptr_t) "copy", 4};
    CK_OBJECT_HANDLE made = 0, copy = 0;
    CK_SESSION_HANDLE s = c->session, read_only = 0;
    CK_ULONG size = 0;
    settle(c);
    printf("-- objects\n");
    SAY("C_CreateObject without template", c->f->C_CreateObject(s, NULL, 1, &made));
    SAY("C_CreateObject to nowhere", c->f->C_CreateObject(s, aes, 4, NULL));
    SAY("C_CreateObject without class", c->f->C_CreateObject(s, aes + 1, 3, &made));
    SAY("C_CreateObject without key type", c->f->C_CreateObject(s, no_type, 1, &made));
    SAY("C_CreateObject without value", c->f->C_CreateObject(s, aes, 2, &made));
    SAY("C_CreateObject of no session", c->f->C_CreateObject(NO_SUCH_HANDLE, aes, 4, &made));
    SAY("C_OpenSession to read",
        c->f->C_OpenSession(c->slot, CKF_SERIAL_SESSION, NULL, NULL, &read_only));
    SAY("C_CreateObject on the token in it", c->f->C_CreateObject(read_only, on_token, 5, &made));
    SAY("C_DestroyObject of the token's in it", c->f->C_DestroyObject(read_only, c->aes));
    SAY("C_CloseSession", c->f->C_CloseSession(read_only));
    SAY("C_CreateObject", c->f->C_CreateObject(s, aes, 4, &made));
    SAY_LENGTH("C_GetObjectSize", c->f->C_GetObjectSize(s, made, &size), size);
    SAY("C_GetObjectSize of none", c->f->C_GetObjectSize(s, NO_SUCH_HANDLE, &size));
    SAY("C_CopyObject of none", c->f->C_CopyObject(s, NO_SUCH_HANDLE, &label, 1, &copy));
    SAY("C_CopyObject without template", c->f->C_CopyObject(s, made, NULL, 1, &copy));
    SAY("C_CopyObject", c->f->C_CopyObject(s, made, &label, 1, &copy));
    SAY("C_DestroyObject of the copy", c->f->C_DestroyObject(s, copy));
    SAY("C_DestroyObject", c->f->C_DestroyObject(s, made));
    SAY("C_DestroyObject again", c->f->C_DestroyObject(s, made));
    SAY("C_DestroyObject of none", c->f->C_DestroyObject(s, NO_SUCH_HANDLE));
}

void calls_of_objects(struct calls *c) {
    attributes(c);
    searches(c);
    making(c);
}
