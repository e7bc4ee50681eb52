/* SPDX-License-Identifier: Apache-2.0 */
#include "device/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MACHINE_FILE "/etc/berth/sdf.conf"
enum {
    TIMEOUT_MS = 15000, /* a worker's restart fits in */
    BUFFER_BYTES = 16 * 1024 * 1024,
    BUFFER_BYTES_MOST = 1024 * 1024 * 1024,
    BUFFER_BYTES_LEAST = 4096,
    LINE_BYTES = 1024,
    KEYS_MOST = 4096
};

void why_say(struct why *why, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
}

const char *key_kind_name(enum key_kind kind) {
    static const char *const names[KEY_KINDS] = {"sm2", "kek", "rsa"};
    return names[kind];
}

static char *strip(char *text) {
    text += strspn(text, " \t\r\n");
    for (size_t n = strlen(text); n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL; n--) {
        text[n - 1] = '\0';
    }
    return text;
}

static bool number(const char *text, uint32_t least, uint32_t most, uint32_t *value) {
    char *end;
    errno = 0;
    unsigned long long found = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || found < least || found > most) {
        return false;
    }
    *value = (uint32_t)found;
    return true;
}

static bool copy(char *to, size_t room, const char *from) {
    int bytes = snprintf(to, room, "%s", from);
    return bytes > 0 && (size_t)bytes < room;
}

/* rest: "sm2.1" */
static bool add_key(struct config *config, const char *rest, const char *name) {
    struct named_key key = {.kind = KEY_SM2};
    while (strncmp(rest, key_kind_name(key.kind), 3) != 0 || rest[3] != '.') {
        if (++key.kind == KEY_KINDS) {
            return false;
        }
    }
    if (!number(rest + 4, 0, UINT32_MAX, &key.index) || !copy(key.name, sizeof key.name, name) ||
        config->key_count == KEYS_MOST) {
        return false;
    }
    struct named_key *grown = realloc(config->keys, (config->key_count + 1) * sizeof *config->keys);
    if (grown == NULL) {
        return false;
    }
    config->keys = grown;
    config->keys[config->key_count++] = key;
    return true;
}

static bool take(struct config *config, const char *key, const char *value) {
    if (strcmp(key, "device") == 0) {
        return copy(config->device, sizeof config->device, value);
    }
    if (strcmp(key, "socket") == 0) {
        return value[0] == '/' && copy(config->socket, sizeof config->socket, value);
    }
    if (strcmp(key, "timeout_ms") == 0) {
        return number(value, 1, UINT32_MAX - 1, &config->timeout_ms);
    }
    if (strcmp(key, "buffer_bytes") == 0) {
        return number(value, BUFFER_BYTES_LEAST, BUFFER_BYTES_MOST, &config->buffer_bytes);
    }
    return strncmp(key, "key.", 4) == 0 && add_key(config, key + 4, value);
}

static bool read_lines(struct config *config, FILE *file, const char *path, struct why *why) {
    char line[LINE_BYTES];
    for (unsigned at = 1; fgets(line, sizeof line, file) != NULL; at++) {
        bool whole = strchr(line, '\n') != NULL || feof(file);
        line[strcspn(line, "#")] = '\0';
        char *key = strip(line);
        char *equals = strchr(key, '=');
        if (whole && *key == '\0') {
            continue;
        }
        if (equals != NULL) {
            *equals = '\0';
        }
        if (!whole || equals == NULL || !take(config, strip(key), strip(equals + 1))) {
            why_say(why,
                    "%s, line %u: expected device, socket (absolute), timeout_ms, buffer_bytes (%d "
                    "to %d), key.sm2.INDEX, key.kek.INDEX or key.rsa.INDEX = VALUE, found '%.80s'",
                    path, at, BUFFER_BYTES_LEAST, BUFFER_BYTES_MOST, key);
            return false;
        }
    }
    return true;
}

bool config_read(struct config *config, struct why *why) {
    *config = (struct config){.timeout_ms = TIMEOUT_MS, .buffer_bytes = BUFFER_BYTES};
    const char *named = secure_getenv("BERTH_SDF_CONFIG");
    const char *path = named != NULL && *named != '\0' ? named : MACHINE_FILE;
    FILE *file = fopen(path, "re");
    bool good = true;
    if (file != NULL) {
        good = read_lines(config, file, path, why);
        fclose(file);
    } else if (path == named || errno != ENOENT) {
        why_say(why, "%s: %s", path, strerror(errno));
        good = false;
    }
    const char *device = secure_getenv("BERTH_SDF_DEVICE");
    if (good && device != NULL && *device != '\0' &&
        !copy(config->device, sizeof config->device, device)) {
        why_say(why, "BERTH_SDF_DEVICE is longer than %d bytes", NAME_BYTES - 1);
        good = false;
    }
    if (!good) {
        config_free(config);
    }
    return good;
}

void config_free(struct config *config) {
    free(config->keys);
    config->keys = NULL;
    config->key_count = 0;
}
