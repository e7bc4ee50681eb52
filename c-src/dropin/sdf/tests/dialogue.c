/* SPDX-License-Identifier: Apache-2.0 */
#include "dialogue.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *library;
char *words[WORDS_MOST];
unsigned word_count, word_at;
unsigned char out[DATA_BYTES], second[4096];
unsigned out_length, second_length;

void fail(const char *why, const char *what) {
    fprintf(stderr, "sdf_dialogue: %s %s\n", why, what);
    exit(2);
}

static char *word(void) {
    if (word_at == word_count) {
        fail("too few words:", words[0]);
    }
    return words[word_at++];
}

unsigned number(void) {
    return (unsigned)strtoul(word(), NULL, 0);
}

static void **slot(const char *name) {
    static struct {
        char name[32];
        void *handle;
    } names[NAMES_MOST];
    for (int i = 0; i < NAMES_MOST; i++) {
        if (names[i].name[0] == '\0') {
            snprintf(names[i].name, sizeof names[i].name, "%s", name);
        }
        if (strcmp(names[i].name, name) == 0) {
            return &names[i].handle;
        }
    }
    fail("too many handles at", name);
    return NULL;
}

void *handle(void) {
    const char *name = word();
    if (strcmp(name, "null") == 0) {
        return NULL;
    }
    return strcmp(name, "bogus") == 0 ? (void *)words : *slot(name);
}

void **new_handle(void) {
    const char *name = word();
    return strcmp(name, "null") == 0 ? NULL : slot(name);
}

struct bytes *bytes(void) {
    static struct bytes pool[8];
    static unsigned next;
    struct bytes *into = &pool[next++ % 8];
    char *text = word();
    char *told = strchr(text, ':');
    if (told != NULL) {
        *told++ = '\0';
    }
    into->data = strcmp(text, "null") == 0 ? NULL : into->room;
    into->length = into->data == NULL || strcmp(text, "-") == 0 ? 0 : (unsigned)strlen(text) / 2;
    if (into->length > DATA_BYTES) {
        fail("too many bytes for", words[0]);
    }
    for (unsigned i = 0; i < into->length; i++) {
        unsigned value;
        if (sscanf(text + 2 * i, "%2x", &value) != 1) {
            fail("no hexadecimal number:", text);
        }
        into->room[i] = (unsigned char)value;
    }
    if (told != NULL) {
        into->length = (unsigned)strtoul(told, NULL, 0);
    }
    return into;
}

void print_hex(const void *data, unsigned count) {
    putchar(' ');
    for (unsigned i = 0; i < count; i++) {
        printf("%02x", ((const unsigned char *)data)[i]);
    }
    if (count == 0) {
        putchar('-');
    }
}

bool answer(int code) {
    printf("0x%08X", (unsigned)code);
    return code == SDR_OK;
}

void answer_with(int code, const void *data, unsigned count) {
    if (answer(code)) {
        print_hex(data, count);
    }
}

void *function_of(const char *name) {
    char symbol[64];
    snprintf(symbol, sizeof symbol, "SDF_%s", name);
    void *found = dlsym(library, symbol);
    if (found == NULL) {
        fail("the library has no", symbol);
    }
    return found;
}

void answer_with_cipher(int code) {
    if (answer(code)) {
        print_hex(out, (unsigned)offsetof(ECCCipher, C) + ((ECCCipher *)out)->L);
    }
}

void dialogue_open(const char *path) {
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fail("cannot be loaded:", dlerror());
    }
}
