/* SPDX-License-Identifier: Apache-2.0 */
#include "behaviour/behaviour.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MICROSECONDS_MOST = 60 * 1000 * 1000, BYTES_MOST = 64 * 1024 * 1024 };

void behaviour_defaults(struct behaviour *behaviour) {
    *behaviour = (struct behaviour){
        .exclusive = true, .sessions = 256, .buffer_bytes = 65536, .random_bytes_max = 16384};
}

static bool yes_or_no(const char *key, const char *value, bool *into, struct reason *why) {
    *into = strcmp(value, "yes") == 0;
    if (!*into && strcmp(value, "no") != 0)
        return reason_set(why, "%s: expected yes or no, found \"%s\"", key, value);
    return true;
}

static bool number(const char *key, const char *value, uint32_t least, uint32_t most,
                   uint32_t *into, struct reason *why) {
    char *end;
    errno = 0;
    unsigned long parsed = strtoul(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || parsed < least ||
        parsed > most)
        return reason_set(why, "%s: expected a whole number from %u to %u, found \"%s\"", key,
                          least, most, value);
    *into = (uint32_t)parsed;
    return true;
}

/* `service_time_us` sets all classes, `service_time_us.sign` one; the later line wins. */
static bool service_time(struct behaviour *behaviour, const char *key, const char *value,
                         struct reason *why) {
    const char *class_name = strchr(key, '.');
    uint32_t microseconds;
    enum operation operation;
    if (!number(key, value, 0, MICROSECONDS_MOST, &microseconds, why))
        return false;
    if (class_name == NULL) {
        for (int i = 0; i < OPERATIONS; i++)
            behaviour->service_time_us[i] = microseconds;
        return true;
    }
    if (!operation_of(class_name + 1, strlen(class_name + 1), &operation))
        return reason_set(
            why,
            "%s: no class of operations is called \"%s\"; there are open session info access "
            "export random sign verify sm2 key cipher mac hash rsa",
            key, class_name + 1);
    behaviour->service_time_us[operation] = microseconds;
    return true;
}

bool behaviour_set(struct behaviour *behaviour, const char *key, const char *value,
                   struct reason *why) {
    if (strcmp(key, "exclusive") == 0)
        return yes_or_no(key, value, &behaviour->exclusive, why);
    if (strcmp(key, "driver_lock") == 0)
        return yes_or_no(key, value, &behaviour->driver_lock, why);
    if (strcmp(key, "switch_penalty_us") == 0)
        return number(key, value, 0, MICROSECONDS_MOST, &behaviour->switch_penalty_us, why);
    if (strcmp(key, "channels") == 0)
        return number(key, value, 0, BEHAVIOUR_CHANNELS_MOST, &behaviour->channels, why);
    if (strcmp(key, "sessions") == 0)
        return number(key, value, 1, BEHAVIOUR_SESSIONS_MOST, &behaviour->sessions, why);
    if (strcmp(key, "buffer_size") == 0)
        return number(key, value, 256, BYTES_MOST, &behaviour->buffer_bytes, why);
    if (strcmp(key, "random_max") == 0)
        return number(key, value, 1, BYTES_MOST, &behaviour->random_bytes_max, why);
    if (strcmp(key, "service_time_us") == 0 || strncmp(key, "service_time_us.", 16) == 0)
        return service_time(behaviour, key, value, why);
    return reason_set(
        why,
        "\"%s\" is no key of [behaviour]; there are exclusive driver_lock switch_penalty_us "
        "channels sessions buffer_size random_max service_time_us service_time_us.CLASS",
        key);
}
