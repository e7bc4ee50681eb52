/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that calls the GM/T 0018 interface in any order, with handles of any kind and age, null
 * pointers and lengths that cannot be, against a played card. Nothing is read or written beyond
 * what the program gave; whatever is out of order gets a code.
 *
 * Each call is a byte for the function, one for its handles, one for what is null, two for the
 * length, one for a number; data is what follows.
 */
#include "input.h"

#include <unistd.h>

#include "sdf_calls.h"

enum { DEVICES = 2, SESSIONS = 4, KEYS = 4, HANDLES = DEVICES + SESSIONS + KEYS };

static void *handles[HANDLES];

static void manage(const struct call *call, unsigned function) {
    switch (function) {
    case 0:
        (void)SDF_OpenSession(handles[call->number % DEVICES], call->made);
        break;
    case 1:
        (void)SDF_OpenSession(call->any, call->made);
        break;
    case 2:
        (void)SDF_CloseSession(call->any);
        break;
    case 3:
        (void)SDF_DestroyKey(call->session, call->any);
        break;
    case 4:
        (void)SDF_GetDeviceInfo(call->session, null_or(call, 0, call->out));
        break;
    case 5:
        (void)SDF_GetPrivateKeyAccessRight(call->session, call->number % 4, call->data,
                                           call->bytes);
        break;
    case 6:
        (void)SDF_GenerateKeyWithKEK(call->session, call->number % 3 * 128, algorithm(call), KEK,
                                     null_or(call, 0, call->out),
                                     null_or(call, 1, (void *)&call->out_bytes), call->made);
        break;
    case 7:
        (void)SDF_ImportKeyWithKEK(call->session, algorithm(call), KEK, call->data, call->bytes,
                                   call->made);
        break;
    default:
        ((ECCCipher *)call->more)->L = call->bytes;
        (void)SDF_ImportKeyWithISK_ECC(call->session, call->number % 4,
                                       null_or(call, 0, call->more), call->made);
    }
}

static void sm2(struct call *call, unsigned function) {
    unsigned index = call->number % 4;
    ECCrefPublicKey key = {.bits = 256};
    memcpy(key.x + 32, call->more, 32);
    ECCrefPublicKey *given = null_or(call, 1, (call->number & 64) != 0 ? (void *)call->more : &key);
    void *other = null_or(call, 0, call->more + 200);
    switch (function) {
    case 0:
        (void)SDF_InternalSign_ECC(call->session, index, call->data, call->bytes,
                                   null_or(call, 0, call->out));
        break;
    case 1:
        (void)SDF_InternalVerify_ECC(call->session, index, call->data, call->bytes, other);
        break;
    case 2:
        (void)SDF_ExternalVerify_ECC(call->session, algorithm(call), given, call->data, call->bytes,
                                     other);
        break;
    case 3:
        (void)SDF_ExternalEncrypt_ECC(call->session, algorithm(call), given, call->data,
                                      call->bytes, null_or(call, 0, call->out));
        break;
    case 4:
        (void)SDF_InternalEncrypt_ECC(call->session, index, algorithm(call), call->data,
                                      call->bytes, null_or(call, 0, call->out));
        break;
    case 5:
        ((ECCCipher *)call->more)->L = call->bytes;
        (void)SDF_InternalDecrypt_ECC(call->session, index, algorithm(call),
                                      null_or(call, 0, call->more), null_or(call, 1, call->out),
                                      null_or(call, 2, &call->out_bytes));
        break;
    default:
        (void)SDF_ExportSignPublicKey_ECC(call->session, index, null_or(call, 0, call->out));
    }
}

static void hash(struct call *call, unsigned function) {
    unsigned *out_bytes = null_or(call, 2, &call->out_bytes);
    switch (function) {
    case 0:
        (void)SDF_HashInit(call->session, algorithm(call), null_or(call, 1, call->more), call->data,
                           call->bytes);
        break;
    case 1:
        (void)SDF_HashUpdate(call->session, call->data, call->bytes);
        break;
    case 2:
        (void)SDF_HashFinal(call->session, null_or(call, 0, call->out), out_bytes);
        break;
    case 3:
        (void)SDF_HMACInit(call->session, call->key, algorithm(call));
        break;
    case 4:
        (void)SDF_HMACUpdate(call->session, call->data, call->bytes);
        break;
    default:
        (void)SDF_HMACFinal(call->session, null_or(call, 0, call->out), out_bytes);
    }
}

static void cipher(struct call *call, unsigned function) {
    unsigned *out_bytes = null_or(call, 2, &call->out_bytes);
    unsigned char *out = null_or(call, 0, call->out);
    unsigned char *iv = null_or(call, 1, call->more);
    switch (function) {
    case 0:
        (void)SDF_Encrypt(call->session, call->key, algorithm(call), iv, call->data, call->bytes,
                          out, out_bytes);
        break;
    case 1:
        (void)SDF_Decrypt(call->session, call->key, algorithm(call), iv, call->data, call->bytes,
                          out, out_bytes);
        break;
    case 2:
        (void)SDF_CalculateMAC(call->session, call->key, algorithm(call), iv, call->data,
                               call->bytes, out, out_bytes);
        break;
    case 3:
        (void)SDF_EncryptInit(call->session, call->key, algorithm(call), iv, 16);
        break;
    case 4:
        (void)SDF_EncryptUpdate(call->session, call->data, call->bytes, out, out_bytes);
        break;
    case 5:
        (void)SDF_EncryptFinal(call->session, out, out_bytes);
        break;
    case 6:
        (void)SDF_DecryptInit(call->session, call->key, algorithm(call), iv, 16);
        break;
    case 7:
        (void)SDF_DecryptUpdate(call->session, call->data, call->bytes, out, out_bytes);
        break;
    case 8:
        (void)SDF_CalculateMACInit(call->session, call->key, algorithm(call), iv, 16);
        break;
    case 9:
        (void)SDF_CalculateMACUpdate(call->session, call->data, call->bytes);
        break;
    default:
        (void)SDF_CalculateMACFinal(call->session, out, out_bytes);
    }
}

static void one_call(struct input *input) {
    static unsigned char more[ROOM + 256], out[ROOM + 256];
    struct call call = {.more = more, .out = out};
    unsigned function = (unsigned)input_number(input, 1);
    unsigned which = (unsigned)input_number(input, 1);
    unsigned nulls = (unsigned)input_number(input, 1);
    call.bytes = (unsigned)input_number(input, 2);
    call.number = (unsigned)input_number(input, 1);
    /* Mostly of the right kind, so that something happens. */
    call.any = handles[which % HANDLES];
    call.session = (which & 128) != 0 ? call.any : handles[DEVICES + which % SESSIONS];
    call.key = (which & 64) != 0 ? call.any : handles[DEVICES + SESSIONS + which / 4 % KEYS];
    bool makes_session = function % 8 == 0 && function / 8 % 9 < 2;
    call.made = (nulls & 128) != 0 ? NULL
                : makes_session    ? &handles[DEVICES + call.number % SESSIONS]
                                   : &handles[DEVICES + SESSIONS + call.number % KEYS];
    for (int i = 0; i < 4; i++) {
        call.null[i] = (nulls & 15u) == 1u << i; /* seldom, and one at a time */
    }
    call.out_bytes = 0xA5A5A5A5;
    /* What is longer than any limit is refused before it is looked at: then there need be none. */
    bool impossible = call.bytes > 4096;
    call.bytes = impossible ? call.bytes * 65537u : call.bytes;
    size_t room = impossible ? 1 : call.bytes;
    call.data = call.null[3] ? NULL : malloc(room == 0 ? 1 : room);
    memset(more, 0, sizeof more);
    if (call.data != NULL) {
        memset(call.data, 0, room == 0 ? 1 : room);
        (void)input_take(input, call.data, room < 64 ? room : 64);
    }
    (void)input_take(input, more, 64);
    switch (function % 8) {
    case 0:
        manage(&call, function / 8 % 9);
        break;
    case 1:
        sm2(&call, function / 8 % 7);
        break;
    case 2:
        hash(&call, function / 8 % 6);
        break;
    case 3:
        cipher(&call, function / 8 % 11);
        break;
    case 4:
        call_rsa(&call, function / 8);
        break;
    case 5:
        call_another(&call, function / 8);
        break;
    case 6:
        call_seal(&call, function / 8);
        break;
    default:
        call_test_only(&call, function / 8);
    }
    free(call.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static struct sdf sdf;
    struct input input = {.bytes = bytes, .left = size};
    if (sdf.device == NULL) {
        sdf = sdf_start_with(4096);
    }
    memset(handles, 0, sizeof handles);
    MUST(SDF_OpenDevice(&handles[0]) == SDR_OK);
    MUST(SDF_OpenDevice(&handles[1]) == SDR_OK);
    MUST(SDF_OpenSession(handles[0], &handles[DEVICES]) == SDR_OK);
    struct sdf own = {.session = handles[DEVICES]};
    handles[DEVICES + SESSIONS] = sdf_key(&own);
    while (input.left != 0) {
        one_call(&input);
    }
    MUST(SDF_CloseDevice(handles[0]) == SDR_OK);
    MUST(SDF_CloseDevice(handles[1]) == SDR_OK);
    for (int i = DEVICES; i < HANDLES; i++) {
        MUST(SDF_CloseSession(handles[i]) == SDR_OPENSESSION); /* nothing outlives its device */
    }
    return 0;
}
