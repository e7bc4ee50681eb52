/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SM4 through a PKCS #11 module, line by line: each command answers the CK_RV of the call that
 * decided, and behind CKR_OK what came out, in hexadecimal. The first slot whose token has keys
 * that wrap is used.
 *
 *   generate                              a new key; its wrapped form
 *   unwrap BLOB                           takes a wrapped key
 *   encrypt | decrypt MODE PIECE DATA IV AAD TAG_BITS
 *       MODE ecb, cbc, cbc-pad, ctr or gcm; PIECE 0: at once, else bytes of each part. `-` is
 * nothing.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cryptoki.h"

/* As docs/DROP-IN.md tells programs. */
#define SM4_KEY_TYPE (CKK_VENDOR_DEFINED + 0x106UL)
#define SM4(number) (CKM_VENDOR_DEFINED + (number))
#define SM4_KEY_GEN SM4(0x107UL)
#define SM4_ECB SM4(0x108UL)
#define SM4_CBC SM4(0x109UL)
#define SM4_CBC_PAD SM4(0x10cUL)
#define SM4_GCM SM4(0x10fUL)
#define SM4_CTR SM4(0x425201UL)

struct bytes {
    unsigned char *at;
    CK_ULONG count;
};

static struct {
    CK_FUNCTION_LIST *f;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE kek;
    CK_OBJECT_HANDLE key;
} token;

static void fail(const char *why) {
    fprintf(stderr, "%s\n", why);
    exit(2);
}

static struct bytes room(CK_ULONG count) {
    struct bytes made = {malloc(count + 1), count}; /* nothing has an address, too */
    if (made.at == NULL) {
        fail("no memory");
    }
    return made;
}

static unsigned char digit(char c) {
    static const char digits[] = "0123456789abcdef";
    const char *found = c == '\0' ? NULL : strchr(digits, c);
    if (found == NULL) {
        fail("not hexadecimal");
    }
    return (unsigned char)(found - digits);
}

static struct bytes from_hex(const char *text) {
    size_t digits = strcmp(text, "-") == 0 ? 0 : strlen(text);
    struct bytes made = room(digits / 2);
    for (size_t i = 0; i < made.count; i++) {
        made.at[i] = (unsigned char)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
    }
    return made;
}

static void answer(CK_RV value, struct bytes out) {
    printf("0x%08lX ", value);
    for (CK_ULONG i = 0; value == CKR_OK && i < out.count; i++) {
        printf("%02x", out.at[i]);
    }
    printf("\n");
    fflush(stdout);
}

/* ---- Keys --------------------------------------------------------------------------------------
 */

static bool find_kek(CK_SLOT_ID slot) {
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE templ[] = {{CKA_CLASS, &class, sizeof class}, {CKA_WRAP, &yes, sizeof yes}};
    CK_ULONG count = 0;
    if (token.f->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                               &token.session) != CKR_OK) {
        return false;
    }
    bool found = token.f->C_FindObjectsInit(token.session, templ, 2) == CKR_OK &&
                 token.f->C_FindObjects(token.session, &token.kek, 1, &count) == CKR_OK &&
                 token.f->C_FindObjectsFinal(token.session) == CKR_OK && count == 1;
    if (!found) {
        (void)token.f->C_CloseSession(token.session);
    }
    return found;
}

static void open_token(void) {
    CK_SLOT_ID slots[16];
    CK_ULONG count = 16;
    if (token.f->C_Initialize(NULL) != CKR_OK ||
        token.f->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK) {
        fail("no slots");
    }
    for (CK_ULONG i = 0; i < count; i++) {
        if (find_kek(slots[i])) {
            return;
        }
    }
    fail("no slot has a key that wraps");
}

static void generate(void) {
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE templ[] = {{CKA_EXTRACTABLE, &yes, sizeof yes}};
    CK_MECHANISM generating = {SM4_KEY_GEN, NULL, 0}, wrapping = {SM4_ECB, NULL, 0};
    struct bytes blob = room(256);
    CK_RV value = token.f->C_GenerateKey(token.session, &generating, templ, 1, &token.key);
    value = value == CKR_OK ? token.f->C_WrapKey(token.session, &wrapping, token.kek, token.key,
                                                 blob.at, &blob.count)
                            : value;
    answer(value, blob);
    free(blob.at);
}

static void unwrap(const char *hex) {
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = SM4_KEY_TYPE;
    CK_ATTRIBUTE templ[] = {{CKA_CLASS, &class, sizeof class}, {CKA_KEY_TYPE, &type, sizeof type}};
    CK_MECHANISM wrapping = {SM4_ECB, NULL, 0};
    struct bytes blob = from_hex(hex);
    CK_RV value = token.f->C_UnwrapKey(token.session, &wrapping, token.kek, blob.at, blob.count,
                                       templ, 2, &token.key);
    answer(value, (struct bytes){blob.at, 0});
    free(blob.at);
}

/* ---- Ciphers -----------------------------------------------------------------------------------
 */

/* Every part is asked for its length first, as programs do. */
static CK_RV in_parts(bool encrypts, struct bytes in, CK_ULONG piece, struct bytes *out) {
    CK_C_EncryptUpdate update = encrypts ? token.f->C_EncryptUpdate : token.f->C_DecryptUpdate;
    CK_C_EncryptFinal last = encrypts ? token.f->C_EncryptFinal : token.f->C_DecryptFinal;
    CK_ULONG used = 0, made = 0;
    for (CK_ULONG at = 0; at < in.count; at += piece) {
        CK_ULONG bytes = in.count - at < piece ? in.count - at : piece;
        CK_RV value = update(token.session, in.at + at, bytes, NULL, &made);
        if (value == CKR_OK && made > out->count - used) {
            return CKR_GENERAL_ERROR;
        }
        value = value == CKR_OK ? update(token.session, in.at + at, bytes, out->at + used, &made)
                                : value;
        if (value != CKR_OK) {
            return value;
        }
        used += made;
    }
    made = out->count - used;
    CK_RV value = last(token.session, out->at + used, &made);
    out->count = used + made;
    return value;
}

static CK_RV crypt(bool encrypts, CK_MECHANISM *mechanism, struct bytes in, CK_ULONG piece,
                   struct bytes *out) {
    CK_RV value = encrypts ? token.f->C_EncryptInit(token.session, mechanism, token.key)
                           : token.f->C_DecryptInit(token.session, mechanism, token.key);
    if (value != CKR_OK) {
        return value;
    }
    if (piece != 0) {
        return in_parts(encrypts, in, piece, out);
    }
    return encrypts ? token.f->C_Encrypt(token.session, in.at, in.count, out->at, &out->count)
                    : token.f->C_Decrypt(token.session, in.at, in.count, out->at, &out->count);
}

static void cipher(bool encrypts, char **words) {
    struct bytes in = from_hex(words[2]), iv = from_hex(words[3]), aad = from_hex(words[4]);
    struct bytes out = room(in.count + 64);
    CK_AES_CTR_PARAMS counter = {128, {0}};
    CK_GCM_PARAMS gcm = {iv.at,  iv.count,  8 * iv.count,
                         aad.at, aad.count, strtoul(words[5], NULL, 10)};
    CK_MECHANISM mechanism = {SM4_ECB, NULL, 0};
    memcpy(counter.cb, iv.at, iv.count < 16 ? iv.count : 16);
    if (strcmp(words[0], "cbc") == 0 || strcmp(words[0], "cbc-pad") == 0) {
        mechanism = (CK_MECHANISM){words[0][3] == 0 ? SM4_CBC : SM4_CBC_PAD, iv.at, iv.count};
    } else if (strcmp(words[0], "ctr") == 0) {
        mechanism = (CK_MECHANISM){SM4_CTR, &counter, sizeof counter};
    } else if (strcmp(words[0], "gcm") == 0) {
        mechanism = (CK_MECHANISM){SM4_GCM, &gcm, sizeof gcm};
    } else if (strcmp(words[0], "ecb") != 0) {
        fail("a mode that is none");
    }
    CK_RV value = crypt(encrypts, &mechanism, in, strtoul(words[1], NULL, 10), &out);
    answer(value, out);
    free(in.at);
    free(iv.at);
    free(aad.at);
    free(out.at);
}

static void obey(char *line) {
    char *words[8] = {NULL};
    unsigned count = 0;
    for (char *word = strtok(line, " \n"); word != NULL && count < 8; word = strtok(NULL, " \n")) {
        words[count++] = word;
    }
    if (count == 1 && strcmp(words[0], "generate") == 0) {
        generate();
    } else if (count == 2 && strcmp(words[0], "unwrap") == 0) {
        unwrap(words[1]);
    } else if (count == 7 && strcmp(words[0], "encrypt") == 0) {
        cipher(true, words + 1);
    } else if (count == 7 && strcmp(words[0], "decrypt") == 0) {
        cipher(false, words + 1);
    } else {
        fail("a command that is none");
    }
}

int main(int argc, char **argv) {
    CK_C_GetFunctionList get;
    char *line = NULL;
    size_t capacity = 0;
    void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
    void *symbol = library == NULL ? NULL : dlsym(library, "C_GetFunctionList");
    if (symbol == NULL) {
        fail("usage: berth-pkcs11-sm4 MODULE");
    }
    memcpy(&get, &symbol, sizeof get);
    if (get(&token.f) != CKR_OK) {
        fail("no functions");
    }
    open_token();
    while (getline(&line, &capacity, stdin) > 0) {
        obey(line);
    }
    free(line);
    return token.f->C_Finalize(NULL) == CKR_OK ? 0 : 1;
}
