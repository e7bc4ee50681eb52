/* SPDX-License-Identifier: Apache-2.0 */
/* The dialogue's words, as arguments; what functions write, as answers. */
#ifndef BERTH_DROPIN_SDF_TESTS_DIALOGUE_H
#define BERTH_DROPIN_SDF_TESTS_DIALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include <berth/sdf.h>

enum { LINE_BYTES = 1 << 18, DATA_BYTES = 1 << 17, WORDS_MOST = 16, NAMES_MOST = 32 };

struct bytes {
    unsigned char *data; /* NULL: null */
    unsigned length;     /* as told to the function */
    unsigned char room[DATA_BYTES];
};

/* One line's, the first of them the function's name. */
extern char *words[WORDS_MOST];
extern unsigned word_count, word_at;
/* Where functions write. */
extern unsigned char out[DATA_BYTES], second[4096];
extern unsigned out_length, second_length;

void dialogue_open(const char *path);
void fail(const char *why, const char *what);

/* The next word as an argument. */
unsigned number(void);
void *handle(void);
void **new_handle(void);
struct bytes *bytes(void);

/* The library's function of the line's name. */
void *function_of(const char *name);

void print_hex(const void *data, unsigned count);
bool answer(int code);
void answer_with(int code, const void *data, unsigned count);
/* The ECCCipher in `out`. */
void answer_with_cipher(int code);

struct command {
    const char *name;
    void (*run)(void);
};
/* RSA, other parties, sealed messages, tests; up to one without a name. */
extern const struct command FURTHER_COMMANDS[];

/* Update of a cipher, and all that end with one output. */
void update_cipher(void);
void finish(void);

#endif
