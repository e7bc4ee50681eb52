/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of PKCS #11's functions in any order, with handles good and bad, pointers that are NULL,
 * lengths that do not fit, against a played token that fails, forgets and comes back. Outputs get
 * exactly the room that the call is told, so that the address sanitizer sees a byte too many.
 */
#include <limits.h>

#include "cryptoki.h"
#include "input.h"
#include "played_token.h"

#define SM4(number) (CKM_VENDOR_DEFINED + (number))
#define SESSIONS 4
#define OBJECTS 8
#define DATA_BYTES 5000

static CK_SESSION_HANDLE sessions[SESSIONS];
static CK_OBJECT_HANDLE objects[OBJECTS];
static CK_SLOT_ID slots[2];
static unsigned char data[DATA_BYTES];

static CK_SESSION_HANDLE session(struct input *input) {
    uint64_t which = input_number(input, 1);
    return which < 200 ? sessions[which % SESSIONS] : which;
}

static CK_OBJECT_HANDLE object(struct input *input) {
    uint64_t which = input_number(input, 1);
    return which < 200 ? objects[which % OBJECTS] : which;
}

/* A length that fits, or one that does not. */
static CK_ULONG length(struct input *input, bool *fits) {
    uint64_t length = input_number(input, 2);
    *fits = length <= DATA_BYTES;
    return *fits ? (CK_ULONG)length : length % 2 == 0 ? ULONG_MAX : ULONG_MAX - 64;
}

struct out {
    unsigned char *bytes;
    CK_ULONG room;
    CK_ULONG told;
};

/* NULL one time in four. */
static struct out out(struct input *input) {
    uint64_t room = input_number(input, 2) % (2 * DATA_BYTES);
    struct out out = {.room = (CK_ULONG)room, .told = (CK_ULONG)room};
    out.bytes = input_number(input, 1) % 4 == 0 ? NULL : malloc(out.room + (out.room == 0));
    return out;
}

static void judge(struct out *out, CK_RV value) {
    if (value == CKR_OK && out->bytes != NULL) {
        MUST(out->told <= out->room);
    }
    free(out->bytes);
}

typedef CK_RV (*worker)(CK_SESSION_HANDLE, unsigned char *, CK_ULONG, unsigned char *, CK_ULONG *);
typedef CK_RV (*ender)(CK_SESSION_HANDLE, unsigned char *, CK_ULONG *);

static void work(struct input *input) {
    static const worker workers[] = {C_Sign,          C_Encrypt, C_Decrypt,      C_Digest,
                                     C_EncryptUpdate, C_Decrypt, C_DecryptUpdate};
    bool fits;
    worker chosen = workers[input_number(input, 1) % (sizeof workers / sizeof workers[0])];
    CK_SESSION_HANDLE in = session(input);
    CK_ULONG bytes = length(input, &fits);
    /* A length that no memory has is only harmless if nothing reads: then there is no pointer, or
     * it is so long that it must be refused. */
    unsigned char *from = input_number(input, 1) % 8 == 0 ? NULL : data;
    struct out to = out(input);
    judge(&to, chosen(in, from, bytes, to.bytes, input_number(input, 1) == 0 ? NULL : &to.told));
}

static void end(struct input *input) {
    static const ender enders[] = {C_SignFinal, C_EncryptFinal, C_DecryptFinal, C_DigestFinal};
    ender chosen = enders[input_number(input, 1) % 4];
    CK_SESSION_HANDLE in = session(input);
    struct out to = out(input);
    judge(&to, chosen(in, to.bytes, input_number(input, 1) == 0 ? NULL : &to.told));
}

static void update(struct input *input) {
    bool fits;
    CK_SESSION_HANDLE in = session(input);
    CK_ULONG bytes = length(input, &fits);
    unsigned char *from = input_number(input, 1) % 8 == 0 ? NULL : data;
    switch (input_number(input, 1) % 5) {
    case 0:
        C_SignUpdate(in, from, bytes);
        break;
    case 1:
        C_VerifyUpdate(in, from, bytes);
        break;
    case 2:
        C_DigestUpdate(in, from, bytes);
        break;
    case 3:
        C_Verify(in, data, 32, from, bytes);
        break;
    default:
        C_VerifyFinal(in, from, bytes);
    }
}

static void begin(struct input *input) {
    static const CK_MECHANISM_TYPE types[] = {
        CKM_RSA_PKCS,     CKM_SHA256_RSA_PKCS, CKM_SHA256_RSA_PKCS_PSS,
        CKM_ECDSA,        CKM_SHA256_HMAC,     CKM_SHA256,
        CKM_AES_ECB,      CKM_AES_CBC,         CKM_AES_CBC_PAD,
        CKM_AES_CTR,      CKM_AES_GCM,         CKM_VENDOR_DEFINED + 0x8104,
        CKM_AES_KEY_WRAP, CKM_RSA_PKCS_OAEP,   CKM_VENDOR_DEFINED + 0x8201,
        SM4(0x108),       SM4(0x109),          SM4(0x10c),
        SM4(0x10f),       SM4(0x425201)};
    unsigned char parameter[sizeof(CK_GCM_PARAMS) + 8] = {0};
    CK_ATTRIBUTE nothing = {0};
    CK_SESSION_HANDLE in = session(input);
    CK_MECHANISM mechanism = {types[input_number(input, 1) % (sizeof types / sizeof types[0])],
                              parameter, 0};
    bool right = input_number(input, 1) % 4 != 0;
    bool gcm_like = mechanism.mechanism == CKM_AES_GCM || mechanism.mechanism == SM4(0x10f);
    bool ctr_like = mechanism.mechanism == CKM_AES_CTR || mechanism.mechanism == SM4(0x425201);
    if (right && gcm_like) {
        CK_GCM_PARAMS gcm = {data, 12, 96, data, input_number(input, 1), 128};
        memcpy(parameter, &gcm, sizeof gcm);
        mechanism.ulParameterLen = sizeof gcm;
    } else if (right && ctr_like) {
        CK_AES_CTR_PARAMS counter = {input_number(input, 1) % 140, {0}};
        memcpy(parameter, &counter, sizeof counter);
        mechanism.ulParameterLen = sizeof counter;
    } else { /* without pointers: zeros and what comes */
        mechanism.ulParameterLen = right ? 16 : input_number(input, 1) % sizeof parameter;
        if (!gcm_like && mechanism.mechanism != CKM_RSA_PKCS_OAEP) {
            input_take(input, parameter, mechanism.ulParameterLen);
        }
        if (input_number(input, 1) % 8 == 0) {
            mechanism.pParameter = NULL;
        }
    }
    CK_OBJECT_HANDLE key = object(input);
    switch (input_number(input, 1) % 6) {
    case 0:
        C_SignInit(in, &mechanism, key);
        break;
    case 1:
        C_VerifyInit(in, &mechanism, key);
        break;
    case 2:
        C_EncryptInit(in, &mechanism, key);
        break;
    case 3:
        C_DecryptInit(in, &mechanism, key);
        break;
    case 4:
        C_DigestInit(in, &mechanism);
        break;
    default:
        C_UnwrapKey(in, &mechanism, key, data, input_number(input, 1), &nothing, 0,
                    &objects[input_number(input, 1) % OBJECTS]);
    }
}

/* A template with values that are nowhere, too long or of another type. */
static CK_ULONG template(struct input *input, CK_ATTRIBUTE *templ) {
    static const CK_ATTRIBUTE_TYPE types[] = {
        CKA_CLASS,     CKA_KEY_TYPE,    CKA_VALUE_LEN, CKA_TOKEN, CKA_PRIVATE,
        CKA_SENSITIVE, CKA_EXTRACTABLE, CKA_LABEL,     CKA_ID,    CKA_VALUE};
    CK_ULONG count = input_number(input, 1) % 4;
    for (CK_ULONG i = 0; i < count; i++) {
        bool fits;
        uint64_t shape = input_number(input, 1);
        CK_ULONG wild = length(input, &fits);
        templ[i] = (CK_ATTRIBUTE){types[shape % (sizeof types / sizeof types[0])],
                                  shape % 16 == 0 ? NULL : data, shape % 8 == 1 ? wild : shape % 9};
    }
    return count;
}

/* Keys are made, wrapped, taken back; objects, too. */
static void make(struct input *input) {
    static const CK_MECHANISM_TYPE types[] = {SM4(0x107), SM4(0x108), CKM_AES_KEY_GEN,
                                              CKM_AES_KEY_WRAP};
    CK_ATTRIBUTE templ[4];
    CK_SESSION_HANDLE in = session(input);
    CK_OBJECT_HANDLE key = object(input), other = object(input);
    CK_OBJECT_HANDLE *made =
        input_number(input, 1) % 16 == 0 ? NULL : &objects[input_number(input, 1) % OBJECTS];
    CK_ULONG count = template(input, templ);
    CK_ATTRIBUTE *at = input_number(input, 1) % 16 == 0 ? NULL : templ;
    CK_MECHANISM mechanism = {types[input_number(input, 1) % 4], NULL, 0};
    CK_MECHANISM *with = input_number(input, 1) % 16 == 0 ? NULL : &mechanism;
    bool fits;
    CK_ULONG bytes = length(input, &fits);
    struct out to = {0};
    switch (input_number(input, 1) % 6) {
    case 0:
    case 1:
        C_GenerateKey(in, with, at, count, made);
        break;
    case 2:
        to = out(input);
        judge(&to, C_WrapKey(in, with, key, other, to.bytes,
                             input_number(input, 1) % 16 == 0 ? NULL : &to.told));
        break;
    case 3:
        C_UnwrapKey(in, with, key, input_number(input, 1) % 8 == 0 ? NULL : data, bytes, at, count,
                    made);
        break;
    case 4:
        C_CreateObject(in, at, count, made);
        break;
    default:
        C_SetAttributeValue(in, key, at, count);
    }
}

static void search(struct input *input) {
    CK_OBJECT_CLASS class = input_number(input, 1);
    CK_ATTRIBUTE templ[] = {{CKA_CLASS, &class, sizeof class}, {CKA_ID, NULL, 0}};
    CK_SESSION_HANDLE in = session(input);
    CK_ULONG count;
    if (input_number(input, 1) % 8 == 0) {
        templ[1].ulValueLen = ULONG_MAX;
    }
    C_FindObjectsInit(in, templ, input_number(input, 1) % 3);
    if (C_FindObjects(in, objects, input_number(input, 1) % (OBJECTS + 1), &count) == CKR_OK) {
        MUST(count <= OBJECTS);
    }
    if (input_number(input, 1) % 4 != 0) {
        C_FindObjectsFinal(in);
    }
}

static void look(struct input *input) {
    CK_SESSION_HANDLE in = session(input);
    CK_OBJECT_HANDLE of = object(input);
    CK_ATTRIBUTE attributes[2];
    unsigned char *values[2];
    for (int i = 0; i < 2; i++) {
        CK_ULONG room = input_number(input, 1);
        values[i] = input_number(input, 1) % 4 == 0 ? NULL : malloc(room + 1);
        attributes[i] = (CK_ATTRIBUTE){input_number(input, 2), values[i], room};
    }
    C_GetAttributeValue(in, of, attributes, input_number(input, 1) % 3);
    free(values[0]);
    free(values[1]);
    if (input_number(input, 1) % 8 == 0) {
        C_DestroyObject(in, of);
    }
}

static void come_and_go(struct input *input) {
    uint64_t which = input_number(input, 1) % SESSIONS;
    switch (input_number(input, 1) % 8) {
    case 0:
        C_CloseSession(sessions[which]);
        break;
    case 1:
        C_Login(sessions[which], input_number(input, 1) % 3, (unsigned char *)(uintptr_t)PLAYED_PIN,
                input_number(input, 1) % 9);
        break;
    case 2:
        C_Logout(sessions[which]);
        break;
    case 3:
        C_CloseAllSessions(slots[0]);
        break;
    case 4:
        played_lose_worker();
        break;
    case 5:
        played.failures = (unsigned)input_number(input, 1) % 4;
        played.failure = BERTH_RESULT(input_number(input, 1) % BERTH_STATUS_COUNT,
                                      input_number(input, 1) % BERTH_REASON_COUNT);
        played.device_code = (uint32_t)input_number(input, 2);
        if (played.failure % BERTH_STATUS_COUNT == 0) {
            played.failure |= BERTH_STATUS_INTERNAL;
        }
        break;
    case 6:
        played_destroy("ec");
        break;
    default:
        C_OpenSession(slots[input_number(input, 1) % 2],
                      CKF_SERIAL_SESSION | (input_number(input, 1) % 2 ? CKF_RW_SESSION : 0), NULL,
                      NULL, &sessions[which]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static void (*const acts[])(struct input *) = {work,   end,  update, begin,      begin,
                                                   search, look, make,   come_and_go};
    struct input input = {bytes, size};
    CK_ULONG count = 2;
    played_reset();
    played.login_required = input_number(&input, 1) % 2;
    MUST(C_Initialize(NULL) == CKR_OK);
    MUST(C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK && count == 2);
    for (int i = 0; i < SESSIONS; i++) {
        MUST(C_OpenSession(slots[i % 2], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                           &sessions[i]) == CKR_OK);
    }
    for (int i = 0; i < 200 && input.left > 0; i++) {
        acts[input_number(&input, 1) % (sizeof acts / sizeof acts[0])](&input);
    }
    played.failures = 0;
    MUST(C_Finalize(NULL) == CKR_OK);
    return 0;
}
