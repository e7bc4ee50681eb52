/* SPDX-License-Identifier: Apache-2.0 */
#include "device/shown.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct telling {
    bool (*each)(void *context, const struct shown *entry);
    void *context;
};

static const char *attribute(const berth_listed *entry, const char *key) {
    for (size_t i = 0; i < entry->attribute_count; i++) {
        if (strcmp(entry->attributes[i].key, key) == 0) {
            return entry->attributes[i].value;
        }
    }
    return NULL;
}

static bool take_index(const char *text, uint32_t *index) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    *index = (uint32_t)value;
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && value <= UINT32_MAX;
}

/* A key without a kind is a pair of SM2, as in the broker's configuration. */
static bool take_kind(const char *text, enum key_kind *kind) {
    for (*kind = 0; *kind < KEY_KINDS; ++*kind) {
        if (strcmp(text == NULL ? key_kind_name(KEY_SM2) : text, key_kind_name(*kind)) == 0) {
            return true;
        }
    }
    return false;
}

/* Of other kinds than ours a key has no index of this interface. */
static bool tell(void *context, const berth_listed *entry) {
    const struct telling *telling = context;
    const char *kind = attribute(entry, "kind");
    const char *index = attribute(entry, "index");
    struct shown shown = {
        .resource = entry->resource, .permissions = entry->permissions, .driver = entry->driver};
    shown.has_index =
        index != NULL && take_kind(kind, &shown.kind) && take_index(index, &shown.index);
    return telling->each(telling->context, &shown);
}

berth_result shown_read(berth_conn *connection,
                        bool (*each)(void *context, const struct shown *entry), void *context,
                        uint32_t timeout_ms) {
    struct telling telling = {.each = each, .context = context};
    return berth_list(connection, NULL, tell, &telling, timeout_ms);
}
