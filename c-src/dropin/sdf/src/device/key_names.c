/* SPDX-License-Identifier: Apache-2.0 */
/* Which name stands for an index, and which name may do what needs no key. */
#include <stdio.h>
#include <string.h>

#include <berth/sdf.h>

#include "clock.h"
#include "codes.h"
#include "device/link_state.h"

#define READ_AGAIN_NANOS NANOS_PER_SECOND

static bool search(struct link *link, enum key_kind kind, uint32_t index, uint32_t wanted,
                   char name[NAME_BYTES]) {
    pthread_mutex_lock(&link_lock);
    const struct catalogue_key *key = catalogue_search(&link->catalogue, kind, index, wanted);
    if (key != NULL) {
        memcpy(name, key->name, NAME_BYTES);
    }
    pthread_mutex_unlock(&link_lock);
    return key != NULL;
}

int link_refresh(struct link *link) {
    pthread_mutex_lock(&link_lock);
    int64_t read_nanos = link->catalogue.read_nanos;
    pthread_mutex_unlock(&link_lock);
    if (read_nanos != 0 && clock_nanos() - read_nanos < READ_AGAIN_NANOS) {
        return SDR_OK;
    }
    berth_conn *connection;
    struct catalogue fresh;
    berth_result result = link_connection(link, &connection);
    if (result == BERTH_OK) {
        result = catalogue_read(&fresh, connection, link->device, link->config.timeout_ms);
    }
    if (result != BERTH_OK) {
        /* A broker that lists nothing has what the configuration says. */
        return berth_reason_of(result) == BERTH_REASON_UNKNOWN_OPERATION ? SDR_OK
                                                                         : code_of(result, "LIST");
    }
    pthread_mutex_lock(&link_lock);
    struct catalogue former = link->catalogue;
    link->catalogue = fresh;
    link->doubted = false;
    pthread_mutex_unlock(&link_lock);
    catalogue_free(&former);
    return SDR_OK;
}

void catalogue_doubt(struct link *link) {
    pthread_mutex_lock(&link_lock);
    link->doubted = true;
    pthread_mutex_unlock(&link_lock);
}

static bool full_name(const struct link *link, const char *local, char name[NAME_BYTES]) {
    int bytes = snprintf(name, NAME_BYTES, "%s/%s", link->device, local);
    return bytes > 0 && bytes < NAME_BYTES;
}

int catalogue_find(struct link *link, enum key_kind kind, uint32_t index, uint32_t wanted,
                   char name[NAME_BYTES]) {
    for (size_t i = 0; i < link->config.key_count; i++) {
        const struct named_key *key = &link->config.keys[i];
        if (key->kind == kind && key->index == index) {
            return full_name(link, key->name, name) ? SDR_OK : SDR_KEYNOTEXIST;
        }
    }
    pthread_mutex_lock(&link_lock);
    bool doubted = link->doubted;
    pthread_mutex_unlock(&link_lock);
    if (!doubted && search(link, kind, index, wanted, name)) {
        return SDR_OK;
    }
    int status = link_refresh(link);
    if (status == SDR_OK && !search(link, kind, index, wanted, name)) {
        status = SDR_KEYNOTEXIST;
    }
    return status;
}

static bool may(struct link *link, const char *name, uint32_t wanted, int *status) {
    uint32_t permissions;
    berth_result result = link_permissions(link, name, &permissions);
    if (result != BERTH_OK && berth_status_of(result) != BERTH_STATUS_PERMISSION_DENIED &&
        berth_status_of(result) != BERTH_STATUS_NOT_FOUND) {
        *status = code_of(result, name);
    }
    return result == BERTH_OK && (permissions & wanted) == wanted;
}

static bool any_listed(struct link *link, uint32_t wanted, char name[NAME_BYTES]) {
    bool found = false;
    pthread_mutex_lock(&link_lock);
    for (size_t i = 0; i < link->catalogue.count && !found; i++) {
        const struct catalogue_key *key = &link->catalogue.keys[i];
        found = (key->permissions & wanted) == wanted;
        if (found) {
            memcpy(name, key->name, NAME_BYTES);
        }
    }
    pthread_mutex_unlock(&link_lock);
    return found;
}

int catalogue_any(struct link *link, uint32_t wanted, char name[NAME_BYTES]) {
    int status = SDR_PARDENY;
    memcpy(name, link->device, NAME_BYTES);
    if (may(link, name, wanted, &status)) {
        return SDR_OK;
    }
    for (size_t i = 0; i < link->config.key_count; i++) {
        if (full_name(link, link->config.keys[i].name, name) && may(link, name, wanted, &status)) {
            return SDR_OK;
        }
    }
    if (status == SDR_PARDENY && !any_listed(link, wanted, name)) {
        status = link_refresh(link);
        return status == SDR_OK && !any_listed(link, wanted, name) ? SDR_PARDENY : status;
    }
    return status == SDR_PARDENY ? SDR_OK : status;
}
