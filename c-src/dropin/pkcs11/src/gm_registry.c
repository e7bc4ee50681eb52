/* SPDX-License-Identifier: Apache-2.0 */
#include "gm_registry.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "default_mechanisms.h" /* made of docs/mechanisms/berth-pkcs11.mechanisms */
#include "mechanism_table.h"

#define FILE_MAX_BYTES (64 << 10)
#define WORDS_MAX 4

static const char *const names[GM_USES] = {
    [GM_SM3_SM2] = "sm3-sm2",
    [GM_SM3_SM2_DER] = "sm3-sm2-der",
    [GM_SM3_SM2_ID] = "sm3-sm2-id",
    [GM_SM3_SM2_ID_DER] = "sm3-sm2-id-der",
    [GM_SM2_SIGN] = "sm2-sign",
    [GM_SM2_SIGN_DER] = "sm2-sign-der",
    [GM_SM2_ENCRYPT] = "sm2-encrypt",
    [GM_SM2_ENCRYPT_DER] = "sm2-encrypt-der",
    [GM_SM3] = "sm3",
    [GM_SM4_KEY_GEN] = "sm4-key-gen",
    [GM_SM4_ECB] = "sm4-ecb",
    [GM_SM4_CBC] = "sm4-cbc",
    [GM_SM4_CBC_PAD] = "sm4-cbc-pad",
    [GM_SM4_CTR] = "sm4-ctr",
    [GM_SM4_GCM] = "sm4-gcm",
    [GM_SM2_KEY_TYPE] = "sm2-key-type",
    [GM_SM4_KEY_TYPE] = "sm4-key-type",
};

/* What the driver of tokens reads in the same file, and this module has not. */
static const char *const overlooked[] = {"hmac-sm3", "sm4-cfb",  "sm4-ofb",
                                         "sm4-ccm",  "sm4-wrap", "other"};

static CK_ULONG numbers[GM_USES];

struct reading {
    const char *name; /* of the file */
    unsigned line;
    CK_ULONG numbers[GM_USES];
};

static CK_RV wrong(const struct reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static CK_RV wrong(const struct reading *reading, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "libberth-pkcs11: %s:%u: %s\n", reading->name, reading->line, text);
    return CKR_GENERAL_ERROR;
}

static bool is_overlooked(const char *name) {
    for (size_t i = 0; i < sizeof overlooked / sizeof overlooked[0]; i++) {
        if (strcmp(name, overlooked[i]) == 0) {
            return true;
        }
    }
    return false;
}

static enum gm_use use_named(const char *name) {
    enum gm_use use = 0;
    while (use < GM_USES && strcmp(name, names[use]) != 0) {
        use++;
    }
    return use;
}

/* The parameter's form is the mechanism's here; how SM2's results are written, the line can say. */
static CK_RV take_word(const struct reading *reading, const char *word, enum gm_use *use) {
    static const char *const known[] = {"parameter=none", "parameter=iv",  "parameter=ctr",
                                        "parameter=gcm",  "parameter=ccm", "output=raw",
                                        "output=raw04",   "output=der"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(word, known[i]) == 0) {
            if (strcmp(word, "output=der") == 0 && *use == GM_SM2_SIGN) {
                *use = GM_SM2_SIGN_DER;
            } else if (strcmp(word, "output=raw04") == 0 && *use == GM_SM2_ENCRYPT) {
                *use = GM_USES; /* a form that this module does not write */
            }
            return CKR_OK;
        }
    }
    return wrong(reading, "'%s', expected parameter=... or output=...", word);
}

static CK_RV take_number(struct reading *reading, enum gm_use use, const char *word) {
    char *end;
    errno = 0;
    unsigned long number = strtoul(word, &end, 0);
    if (errno != 0 || *end != '\0' || word[0] == '-' || number > UINT32_MAX) {
        return wrong(reading, "number '%s', expected as 0x80000101", word);
    }
    if (use == GM_USES) {
        return CKR_OK;
    }
    if (reading->numbers[use] != CK_UNAVAILABLE_INFORMATION) {
        return wrong(reading, "%s a second time", names[use]);
    }
    for (enum gm_use other = 0; use < GM_MECHANISMS && other < GM_MECHANISMS; other++) {
        if (reading->numbers[other] == number) {
            return wrong(reading, "%s has the number of %s", names[use], names[other]);
        }
    }
    if (use < GM_MECHANISMS && mechanism_is_standard(number)) {
        return wrong(reading, "0x%08lX is a mechanism of the standard's", number);
    }
    reading->numbers[use] = number;
    return CKR_OK;
}

static CK_RV take_line(struct reading *reading, char *line) {
    char *words[WORDS_MAX], *rest = NULL;
    unsigned count = 0;
    line[strcspn(line, "#")] = '\0';
    for (char *word = strtok_r(line, " \t\r", &rest); word != NULL;
         word = strtok_r(NULL, " \t\r", &rest)) {
        if (count == WORDS_MAX) {
            return wrong(reading, "more than %d words", WORDS_MAX);
        }
        words[count++] = word;
    }
    if (count == 0) {
        return CKR_OK;
    }
    enum gm_use use = use_named(words[0]);
    if (use == GM_USES && !is_overlooked(words[0])) {
        return wrong(reading, "'%s' is no name of a mechanism", words[0]);
    }
    if (count == 1) {
        return wrong(reading, "expected NAME NUMBER [parameter=...] [output=...]");
    }
    for (unsigned i = 2; i < count; i++) {
        CK_RV value = take_word(reading, words[i], &use);
        if (value != CKR_OK) {
            return value;
        }
    }
    return take_number(reading, use, words[1]);
}

/* Objects of pairs and of key-encryption keys bear the types even where no mechanism is named. */
static CK_RV check_whole(struct reading *reading) {
    for (enum gm_use use = GM_SM2_KEY_TYPE; use <= GM_SM4_KEY_TYPE; use++) {
        if (reading->numbers[use] == CK_UNAVAILABLE_INFORMATION) {
            return wrong(reading, "there is no %s", names[use]);
        }
    }
    return CKR_OK;
}

CK_RV gm_registry_take(const char *text, const char *name) {
    struct reading reading = {.name = name};
    char *copy = strdup(text), *rest = copy;
    CK_RV value = copy == NULL ? CKR_HOST_MEMORY : CKR_OK;
    for (enum gm_use use = 0; use < GM_USES; use++) {
        reading.numbers[use] = CK_UNAVAILABLE_INFORMATION;
    }
    while (value == CKR_OK && rest != NULL) {
        char *line = strsep(&rest, "\n");
        reading.line++;
        value = take_line(&reading, line);
    }
    free(copy);
    value = value == CKR_OK ? check_whole(&reading) : value;
    if (value == CKR_OK) {
        memcpy(numbers, reading.numbers, sizeof numbers);
    }
    return value;
}

static CK_RV take_file(const char *path) {
    struct reading reading = {.name = path};
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return wrong(&reading, "%s", strerror(errno));
    }
    char *text = malloc(FILE_MAX_BYTES + 1);
    size_t bytes = text == NULL ? 0 : fread(text, 1, FILE_MAX_BYTES + 1, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    CK_RV value = text == NULL ? CKR_HOST_MEMORY : CKR_OK;
    if (value == CKR_OK && failed) {
        value = wrong(&reading, "cannot be read");
    } else if (value == CKR_OK && bytes > FILE_MAX_BYTES) {
        value = wrong(&reading, "more than %d bytes", FILE_MAX_BYTES);
    } else if (value == CKR_OK) {
        text[bytes] = '\0';
        value = gm_registry_take(text, path);
    }
    free(text);
    return value;
}

CK_RV gm_registry_load(void) {
    const char *path = secure_getenv("BERTH_PKCS11_MECHANISMS");
    return path == NULL || path[0] == '\0'
               ? gm_registry_take(default_mechanisms, "berth-pkcs11.mechanisms")
               : take_file(path);
}

CK_ULONG gm_number(enum gm_use use) {
    return numbers[use];
}

enum gm_use gm_use_of(CK_MECHANISM_TYPE type) {
    enum gm_use use = 0;
    while (use < GM_MECHANISMS &&
           (numbers[use] != type || numbers[use] == CK_UNAVAILABLE_INFORMATION)) {
        use++;
    }
    return use;
}
