/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that uses a PKCS #11 module, a token's own or one that stands for it: one thread and
 * one session for each request in flight.
 *
 *   pkcs11_load MODULE TOKEN_LABEL OPERATION SESSIONS [PIN_FILE]
 *
 * OPERATION: p256-sign (CKM_ECDSA with the key labelled "ec"), rsa2048-sign (CKM_SHA256_RSA_PKCS
 * with "rsa"), random-32. Without a PIN_FILE it does not log in. Every request is another one; the
 * first and the last signature of each session in a run are verified afterwards, by the module.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>

#include "child_protocol.h"
#include "lanes.h"
#include "loading.h"

#define MESSAGE_BYTES 32u
#define SIGNATURE_BYTES 512u
#define MOST_SLOTS 64u

static CK_FUNCTION_LIST *module;

struct result {
    CK_BYTE message[MESSAGE_BYTES];
    CK_BYTE signature[SIGNATURE_BYTES];
    CK_ULONG signature_bytes;
};

struct session {
    CK_SESSION_HANDLE handle;
    CK_OBJECT_HANDLE private_key;
    CK_OBJECT_HANDLE public_key;
    CK_MECHANISM mechanism;
    uint32_t number;
    struct result first;
    struct result last;
};

static void expect_ok(CK_RV code, const char *call) {
    if (code != CKR_OK) {
        fprintf(stderr, "pkcs11_load: %s returned 0x%08lx\n", call, code);
        exit(1);
    }
}

static struct session *begin(void *at, uint64_t start_nanos, uint64_t serial) {
    struct session *session = at;
    memcpy(session->last.message, &start_nanos, sizeof start_nanos);
    memcpy(session->last.message + 8, &serial, sizeof serial);
    memcpy(session->last.message + 16, &session->number, sizeof session->number);
    return session;
}

static bool sign(void *at, uint64_t start_nanos, uint64_t serial) {
    struct session *session = begin(at, start_nanos, serial);
    session->last.signature_bytes = SIGNATURE_BYTES;
    return module->C_SignInit(session->handle, &session->mechanism, session->private_key) ==
               CKR_OK &&
           module->C_Sign(session->handle, session->last.message, MESSAGE_BYTES,
                          session->last.signature, &session->last.signature_bytes) == CKR_OK;
}

static void remember_first(void *at) {
    struct session *session = at;
    memcpy(&session->first, &session->last, sizeof session->first);
}

static unsigned wrong_signatures(void *at) {
    struct session *session = at;
    unsigned wrong = 0;
    struct result *const both[] = {&session->first, &session->last};
    for (unsigned i = 0; i < 2; i++) {
        wrong += module->C_VerifyInit(session->handle, &session->mechanism, session->public_key) !=
                     CKR_OK ||
                 module->C_Verify(session->handle, both[i]->message, MESSAGE_BYTES,
                                  both[i]->signature, both[i]->signature_bytes) != CKR_OK;
    }
    return wrong;
}

static bool draw(void *at, uint64_t start_nanos, uint64_t serial) {
    struct session *session = begin(at, start_nanos, serial);
    return module->C_GenerateRandom(session->handle, session->last.signature, MESSAGE_BYTES) ==
           CKR_OK;
}

static unsigned wrong_numbers(void *at) {
    struct session *session = at;
    return memcmp(session->first.message, session->last.message, MESSAGE_BYTES) != 0 &&
           memcmp(session->first.signature, session->last.signature, MESSAGE_BYTES) == 0;
}

static const struct operation {
    const char *name;
    const char *key; /* label; NULL: none */
    CK_MECHANISM_TYPE mechanism;
    struct work work;
} operations[] = {
    {"p256-sign", "ec", CKM_ECDSA, {sign, remember_first, wrong_signatures}},
    {"rsa2048-sign", "rsa", CKM_SHA256_RSA_PKCS, {sign, remember_first, wrong_signatures}},
    {"random-32", NULL, 0, {draw, remember_first, wrong_numbers}},
};

static const struct operation *operation_named(const char *name) {
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    }
    fprintf(stderr, "pkcs11_load: no operation '%s'\n", name);
    exit(2);
}

static CK_SLOT_ID slot_of(const char *label) {
    CK_SLOT_ID slots[MOST_SLOTS];
    CK_ULONG count = MOST_SLOTS;
    expect_ok(module->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;
        if (module->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
            memcmp(info.label, label, strlen(label)) == 0 &&
            (strlen(label) == sizeof info.label || info.label[strlen(label)] == ' '))
            return slots[i];
    }
    fprintf(stderr, "pkcs11_load: no token '%s' in %lu slots\n", label, count);
    exit(1);
}

static CK_OBJECT_HANDLE find(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, const char *label) {
    CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &class, sizeof class},
                             {CKA_LABEL, (void *)(uintptr_t)label, strlen(label)}};
    CK_OBJECT_HANDLE object;
    CK_ULONG count = 0;
    expect_ok(module->C_FindObjectsInit(session, wanted, 2), "C_FindObjectsInit");
    expect_ok(module->C_FindObjects(session, &object, 1, &count), "C_FindObjects");
    expect_ok(module->C_FindObjectsFinal(session), "C_FindObjectsFinal");
    if (count != 1) {
        fprintf(stderr, "pkcs11_load: no object '%s' of class %lu\n", label, class);
        exit(1);
    }
    return object;
}

static void log_in(CK_SESSION_HANDLE session, const char *pin_file) {
    char pin[64];
    FILE *file = fopen(pin_file, "r");
    if (file == NULL || fgets(pin, sizeof pin, file) == NULL)
        fail(pin_file);
    fclose(file);
    expect_ok(module->C_Login(session, CKU_USER, (CK_UTF8CHAR *)pin, strcspn(pin, "\n")),
              "C_Login");
}

int main(int argc, char **argv) {
    static void *sessions[MOST_LANES];
    die_with_parent();
    unsigned long count = argc == 5 || argc == 6 ? strtoul(argv[4], NULL, 10) : 0;
    if (count < 1 || count > MOST_LANES) {
        fprintf(stderr,
                "usage: pkcs11_load MODULE TOKEN_LABEL OPERATION SESSIONS (1..%u) [PIN_FILE]\n",
                MOST_LANES);
        return 2;
    }
    const struct operation *operation = operation_named(argv[3]);
    CK_RV (*get_functions)(CK_FUNCTION_LIST **);
    *(void **)&get_functions = load_symbol(load_library(argv[1]), "C_GetFunctionList");
    expect_ok(get_functions(&module), "C_GetFunctionList");
    CK_C_INITIALIZE_ARGS threads = {.flags = CKF_OS_LOCKING_OK};
    expect_ok(module->C_Initialize(&threads), "C_Initialize");
    CK_SLOT_ID slot = slot_of(argv[2]);
    for (uint32_t i = 0; i < count; i++) {
        struct session *session = calloc(1, sizeof *session);
        if (session == NULL)
            fail("calloc");
        sessions[i] = session;
        session->number = i;
        session->mechanism.mechanism = operation->mechanism;
        expect_ok(module->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session->handle),
                  "C_OpenSession");
        if (i == 0 && argc == 6)
            log_in(session->handle, argv[5]);
        if (operation->key != NULL) {
            session->private_key = find(session->handle, CKO_PRIVATE_KEY, operation->key);
            session->public_key = find(session->handle, CKO_PUBLIC_KEY, operation->key);
        }
    }
    serve_lanes(&operation->work, sessions, (uint32_t)count);
    return 0;
}
