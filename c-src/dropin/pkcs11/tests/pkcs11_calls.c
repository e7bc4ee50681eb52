/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11_calls.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CK_RV say(const char *what, CK_RV value, CK_ULONG length) {
    if (length == NO_LENGTH) {
        printf("%s: 0x%08lX\n", what, value);
    } else if (length == CK_UNAVAILABLE_INFORMATION) {
        printf("%s: 0x%08lX unavailable\n", what, value);
    } else {
        printf("%s: 0x%08lX %lu\n", what, value, length);
    }
    fflush(stdout); /* where it crashed is seen */
    return value;
}

void settle(struct calls *c) {
    unsigned char in[16] = {0}, out[1024];
    CK_SESSION_HANDLE s = c->session;
    CK_ULONG length = sizeof out;
    (void)c->f->C_Sign(s, in, sizeof in, out, &length);
    length = sizeof out;
    (void)c->f->C_SignFinal(s, out, &length);
    (void)c->f->C_Verify(s, in, sizeof in, out, 1);
    (void)c->f->C_VerifyFinal(s, out, 1);
    length = sizeof out;
    (void)c->f->C_Encrypt(s, in, sizeof in, out, &length);
    length = sizeof out;
    (void)c->f->C_EncryptFinal(s, out, &length);
    length = sizeof out;
    (void)c->f->C_Decrypt(s, in, sizeof in, out, &length);
    length = sizeof out;
    (void)c->f->C_DecryptFinal(s, out, &length);
    length = sizeof out;
    (void)c->f->C_DigestFinal(s, out, &length);
    (void)c->f->C_FindObjectsFinal(s);
}

void calls_before_and_after(struct calls *c) {
    CK_ULONG count = 0;
    CK_INFO info;
    CK_SESSION_HANDLE session;
    SAY("uninitialised C_GetInfo", c->f->C_GetInfo(&info));
    SAY("uninitialised C_GetSlotList", c->f->C_GetSlotList(CK_TRUE, NULL, &count));
    SAY("uninitialised C_OpenSession",
        c->f->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session));
    SAY("uninitialised C_Sign", c->f->C_Sign(1, NULL, 0, NULL, &count));
    SAY("uninitialised C_CloseSession", c->f->C_CloseSession(1));
    SAY("uninitialised C_Finalize", c->f->C_Finalize(NULL));
}

static void initialise(struct calls *c) {
    CK_C_INITIALIZE_ARGS half = {0};
    int something = 0;
    half.CreateMutex = (CK_CREATEMUTEX)(uintptr_t)&something;
    SAY("C_Initialize with half of the functions for locks", c->f->C_Initialize(&half));
    half = (CK_C_INITIALIZE_ARGS){.flags = CKF_OS_LOCKING_OK, .pReserved = &something};
    SAY("C_Initialize with something reserved", c->f->C_Initialize(&half));
    SAY("C_Initialize", c->f->C_Initialize(NULL));
    SAY("C_Initialize again", c->f->C_Initialize(NULL));
    SAY("C_Finalize with something reserved", c->f->C_Finalize(&something));
}

static void find_slot(struct calls *c) {
    CK_SLOT_ID slots[16];
    CK_TOKEN_INFO info;
    CK_ULONG count = 16;
    if (c->f->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK) {
        exit(2);
    }
    for (CK_ULONG i = 0; i < count; i++) {
        if (c->f->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
            memcmp(info.label, "bank ", 5) == 0) {
            c->slot = slots[i];
            return;
        }
    }
    fprintf(stderr, "no token labelled 'bank'\n");
    exit(2);
}

static CK_OBJECT_HANDLE find(struct calls *c, const char *label, CK_OBJECT_CLASS class) {
    CK_ATTRIBUTE templ[] = {{CKA_LABEL, (void *)(uintptr_t)label, strlen(label)},
                            {CKA_CLASS, &class, sizeof class}};
    CK_OBJECT_HANDLE found = 0;
    CK_ULONG count = 0;
    if (c->f->C_FindObjectsInit(c->session, templ, 2) != CKR_OK ||
        c->f->C_FindObjects(c->session, &found, 1, &count) != CKR_OK ||
        c->f->C_FindObjectsFinal(c->session) != CKR_OK || count != 1) {
        fprintf(stderr, "no object labelled '%s'\n", label);
        exit(2);
    }
    return found;
}

int main(int argc, char **argv) {
    struct calls c = {0};
    CK_C_GetFunctionList get;
    if (argc != 3) {
        fprintf(stderr, "usage: %s MODULE PIN\n", argv[0]);
        return 2;
    }
    void *module = dlopen(argv[1], RTLD_NOW);
    void *symbol = module == NULL ? NULL : dlsym(module, "C_GetFunctionList");
    if (symbol == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    memcpy(&get, &symbol, sizeof get);
    SAY("C_GetFunctionList to nowhere", get(NULL));
    if (get(&c.f) != CKR_OK) {
        return 2;
    }
    c.pin = (unsigned char *)argv[2];
    c.pin_bytes = strlen(argv[2]);
    calls_before_and_after(&c);
    initialise(&c);
    find_slot(&c);
    calls_of_slots_and_sessions(&c);
    c.rsa_private = find(&c, "rsa-1", CKO_PRIVATE_KEY);
    c.rsa_public = find(&c, "rsa-1", CKO_PUBLIC_KEY);
    c.ec_private = find(&c, "ec-1", CKO_PRIVATE_KEY);
    c.ec_public = find(&c, "ec-1", CKO_PUBLIC_KEY);
    c.aes = find(&c, "aes-1", CKO_SECRET_KEY);
    calls_of_signing(&c);
    calls_of_ciphers(&c);
    calls_of_objects(&c);
    calls_of_keys(&c);
    settle(&c);
    printf("-- the end\n");
    SAY("C_Logout", c.f->C_Logout(c.session));
    SAY("C_Logout again", c.f->C_Logout(c.session));
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_RV after = c.f->C_SignInit(c.session, &mechanism, c.rsa_private);
    SAY("C_SignInit after C_Logout", after);
    SAY("C_CloseAllSessions", c.f->C_CloseAllSessions(c.slot));
    SAY("C_CloseSession of one that is closed", c.f->C_CloseSession(c.session));
    SAY("C_Finalize", c.f->C_Finalize(NULL));
    calls_before_and_after(&c);
    return 0;
}
