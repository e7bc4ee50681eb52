/* SPDX-License-Identifier: Apache-2.0 */
#include "device/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"

enum { KEYS_MOST = 65536 };
#define DRIVER "hsm/sdf"

struct collecting {
    struct catalogue *catalogue;
    const char *device;
    size_t device_bytes;
    bool no_memory;
};

static bool collect(void *context, const struct shown *entry) {
    struct collecting *collecting = context;
    struct catalogue *catalogue = collecting->catalogue;
    if (!entry->has_index || strlen(entry->resource) >= NAME_BYTES ||
        strncmp(entry->resource, collecting->device, collecting->device_bytes) != 0 ||
        entry->resource[collecting->device_bytes] != '/') {
        return true;
    }
    if (catalogue->count == KEYS_MOST) {
        return false;
    }
    if ((catalogue->count & (catalogue->count - 1)) == 0) { /* a power of two, or 0: full */
        size_t room = catalogue->count == 0 ? 1 : 2 * catalogue->count;
        struct catalogue_key *grown = realloc(catalogue->keys, room * sizeof *grown);
        if (grown == NULL) {
            collecting->no_memory = true;
            return false;
        }
        catalogue->keys = grown;
    }
    struct catalogue_key *key = &catalogue->keys[catalogue->count++];
    *key = (struct catalogue_key){
        .kind = entry->kind, .index = entry->index, .permissions = entry->permissions};
    snprintf(key->name, sizeof key->name, "%s", entry->resource);
    return true;
}

berth_result catalogue_read(struct catalogue *catalogue, berth_conn *connection, const char *device,
                            uint32_t timeout_ms) {
    *catalogue = (struct catalogue){.read_nanos = clock_nanos()};
    struct collecting collecting = {
        .catalogue = catalogue, .device = device, .device_bytes = strlen(device)};
    berth_result result = shown_read(connection, collect, &collecting, timeout_ms);
    if (result == BERTH_OK && collecting.no_memory) {
        result = error_say(BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_NONE,
                           "%s: no memory for its catalogue", device);
    }
    if (result != BERTH_OK) {
        catalogue_free(catalogue);
    }
    return result;
}

void catalogue_free(struct catalogue *catalogue) {
    free(catalogue->keys);
    catalogue->keys = NULL;
    catalogue->count = 0;
}

const struct catalogue_key *catalogue_search(const struct catalogue *catalogue, enum key_kind kind,
                                             uint32_t index, uint32_t wanted) {
    const struct catalogue_key *first = NULL;
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct catalogue_key *key = &catalogue->keys[i];
        if (key->kind == kind && key->index == index) {
            if ((key->permissions & wanted) != 0) {
                return key;
            }
            first = first == NULL ? key : first;
        }
    }
    return first;
}

struct devices {
    char *first;
    unsigned count;
    struct why names;
};

static bool count_device(void *context, const struct shown *entry) {
    struct devices *devices = context;
    if (strcmp(entry->driver, DRIVER) == 0 && strchr(entry->resource, '/') == NULL &&
        strlen(entry->resource) < NAME_BYTES) {
        size_t used = strlen(devices->names.text);
        if (devices->count++ == 0) {
            snprintf(devices->first, NAME_BYTES, "%s", entry->resource);
        }
        snprintf(devices->names.text + used, sizeof devices->names.text - used, " %s",
                 entry->resource);
    }
    return true;
}

bool catalogue_only_device(berth_conn *connection, char device[NAME_BYTES], uint32_t timeout_ms,
                           struct why *why) {
    struct devices devices = {.first = device};
    berth_result result = shown_read(connection, count_device, &devices, timeout_ms);
    if (result != BERTH_OK) {
        why_say(why,
                "no device is named (BERTH_SDF_DEVICE, or device in sdf.conf), and the broker "
                "does not tell which there are: %s",
                berth_last_error());
    } else if (devices.count != 1) {
        why_say(why,
                "name a device by BERTH_SDF_DEVICE, or device in sdf.conf: the policy shows this "
                "user %u devices of driver " DRIVER ":%.300s",
                devices.count, devices.names.text);
    }
    return result == BERTH_OK && devices.count == 1;
}
