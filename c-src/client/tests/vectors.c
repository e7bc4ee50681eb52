/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "check.h"

static const char *vectors_path;

void vectors_use(const char *path) {
    vectors_path = path;
}

const char *vector_text(const char *kind, const char *name) {
    static char line[2 * VECTOR_BYTES + 256];
    char prefix[128];
    FILE *file = fopen(vectors_path, "r");
    CHECK(file != NULL);
    size_t length = (size_t)snprintf(prefix, sizeof prefix, "%s %s ", kind, name);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, prefix, length) == 0) {
            fclose(file);
            line[strcspn(line, "\r\n")] = '\0';
            return line + length;
        }
    }
    fprintf(stderr, "no vector %s%s\n", prefix, vectors_path);
    exit(1);
}

size_t vector(const char *kind, const char *name, uint8_t *bytes) {
    const char *text = vector_text(kind, name);
    size_t count = strlen(text) / 2;
    CHECK(count <= VECTOR_BYTES);
    for (size_t i = 0; i < count; i++) {
        unsigned value;
        CHECK(sscanf(text + 2 * i, "%2x", &value) == 1);
        bytes[i] = (uint8_t)value;
    }
    return count;
}
