/* SPDX-License-Identifier: Apache-2.0 */
#include "catalogue.h"

#include <stdlib.h>
#include <string.h>

static const char *value_of(const struct berth_listed *listed, const char *key) {
    for (size_t i = 0; i < listed->attribute_count; i++) {
        if (strcmp(listed->attributes[i].key, key) == 0) {
            return listed->attributes[i].value;
        }
    }
    return "";
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uint8_t *from_hex(const char *text, size_t *bytes) {
    size_t digits = strlen(text);
    uint8_t *decoded = malloc(digits / 2 + 1);
    *bytes = 0;
    for (size_t i = 0; decoded != NULL && i < digits; i += 2) {
        int high = hex_digit(text[i]);
        int low = high < 0 ? -1 : hex_digit(text[i + 1]); /* at an odd end the terminator */
        if (low < 0) {
            free(decoded);
            return NULL;
        }
        decoded[i / 2] = (uint8_t)(high << 4 | low);
    }
    *bytes = decoded == NULL ? 0 : digits / 2;
    return decoded;
}

static int base64_digit(char c) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

static uint8_t *from_base64(const char *text, size_t *bytes) {
    uint8_t *decoded = malloc(strlen(text) / 4 * 3 + 3);
    uint32_t bits = 0;
    unsigned held = 0;
    *bytes = 0;
    for (; decoded != NULL && *text != '\0' && *text != '='; text++) {
        int digit = base64_digit(*text);
        if (digit < 0) {
            free(decoded);
            *bytes = 0;
            return NULL;
        }
        bits = (bits << 6 | (uint32_t)digit) & 0xffffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            decoded[(*bytes)++] = (uint8_t)(bits >> held);
        }
    }
    return decoded;
}

struct catalogued *catalogue_read(const struct berth_listed *listed) {
    struct catalogued *entry = calloc(1, sizeof *entry);
    if (entry == NULL) {
        return NULL;
    }
    entry->algorithm = strdup(value_of(listed, "algorithm"));
    entry->kind = strdup(value_of(listed, "kind"));
    entry->usage = strdup(value_of(listed, "usage"));
    entry->label = strdup(value_of(listed, "label"));
    if (entry->algorithm == NULL || entry->kind == NULL || entry->usage == NULL ||
        entry->label == NULL) {
        catalogue_free(entry);
        return NULL;
    }
    entry->id = from_hex(value_of(listed, "id"), &entry->id_bytes);
    entry->public_key = from_hex(value_of(listed, "public_key"), &entry->public_key_bytes);
    entry->certificate = from_base64(value_of(listed, "certificate"), &entry->certificate_bytes);
    return entry;
}

static bool same_bytes(const uint8_t *one, size_t bytes, const uint8_t *other, size_t others) {
    return bytes == others && (bytes == 0 || memcmp(one, other, bytes) == 0);
}

bool catalogue_same(const struct catalogued *one, const struct catalogued *other) {
    return strcmp(one->algorithm, other->algorithm) == 0 && strcmp(one->kind, other->kind) == 0 &&
           strcmp(one->usage, other->usage) == 0 && strcmp(one->label, other->label) == 0 &&
           same_bytes(one->id, one->id_bytes, other->id, other->id_bytes) &&
           same_bytes(one->public_key, one->public_key_bytes, other->public_key,
                      other->public_key_bytes) &&
           same_bytes(one->certificate, one->certificate_bytes, other->certificate,
                      other->certificate_bytes);
}

void catalogue_free(struct catalogued *entry) {
    while (entry != NULL) {
        struct catalogued *older = entry->older;
        free(entry->algorithm);
        free(entry->kind);
        free(entry->usage);
        free(entry->label);
        free(entry->id);
        free(entry->public_key);
        free(entry->certificate);
        free(entry);
        entry = older;
    }
}
