/* SPDX-License-Identifier: Apache-2.0 */
#include "results.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

static FILE *create(const char *folder, const char *name) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

static void finish(FILE *file, const char *what) {
    if (ferror(file) != 0 || fclose(file) != 0) {
        perror(what);
        exit(1);
    }
}

void results_open(struct results *results, const char *folder) {
    results->folder = folder;
    results->results = create(folder, "results.txt");
    results->calls = create(folder, "calls.txt");
}

void results_close(struct results *results) {
    finish(results->results, "results.txt");
    finish(results->calls, "calls.txt");
}

void results_begin(struct results *results, const char *name) {
    fputs(name, results->results);
}

void results_hex(struct results *results, const uint8_t *bytes, size_t count) {
    fputc(' ', results->results);
    for (size_t i = 0; i < count; i++) {
        fprintf(results->results, "%02x", bytes[i]);
    }
}

void results_end(struct results *results) {
    fputc('\n', results->results);
}

void results_ciphertext(struct results *results, int number, const uint8_t *bytes, size_t count) {
    char name[32];
    snprintf(name, sizeof name, "%d.sm4", number);
    FILE *file = create(results->folder, name);
    fwrite(bytes, 1, count, file);
    finish(file, name);
}

void results_call(struct results *results, const char *name, int64_t begin_ns, int64_t end_ns) {
    fprintf(results->calls, "%s %" PRId64 " %" PRId64 "\n", name, begin_ns, end_ns);
}
