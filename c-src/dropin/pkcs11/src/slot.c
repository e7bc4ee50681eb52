/* SPDX-License-Identifier: Apache-2.0 */
#include "slot.h"

#include <stdlib.h>
#include <string.h>

#include "broker.h"
#include "catalogue.h"
#include "return_value.h"
#include "token.h"

#define SCHEME "hsm:"

struct slot *slot_find(CK_SLOT_ID id) {
    struct slot *slot = module.slots;
    while (slot != NULL && slot->id != id) {
        slot = slot->next;
    }
    return slot;
}

/* FNV-1a, cut to 31 bits: some programs keep a slot's number in an int. */
static CK_SLOT_ID number_of(const char *resource) {
    uint32_t hash = UINT32_C(2166136261);
    for (const char *at = resource; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * UINT32_C(16777619);
    }
    CK_SLOT_ID id = hash & 0x7fffffff;
    while (slot_find(id) != NULL) {
        id = (id + 1) & 0x7fffffff;
    }
    return id;
}

/* Finds or adds; bytes of resource count. */
static struct slot *slot_of(const char *resource, size_t bytes, const char *driver) {
    struct slot **at = &module.slots;
    while (*at != NULL) {
        int order = strncmp((*at)->resource, resource, bytes);
        if (order == 0 && (*at)->resource[bytes] == '\0') {
            return *at;
        }
        if (order >= 0) {
            break;
        }
        at = &(*at)->next;
    }
    struct slot *slot = calloc(1, sizeof *slot);
    char *name = strndup(resource, bytes);
    if (slot == NULL || name == NULL) {
        free(slot);
        free(name);
        return NULL;
    }
    slot->resource = name;
    slot->is_sdf = strcmp(driver, "hsm/sdf") == 0;
    slot->id = number_of(name);
    slot->next = *at;
    *at = slot;
    return slot;
}

struct name *slot_name(struct slot *slot, const char *resource) {
    struct name **at = &slot->names;
    while (*at != NULL) {
        if (strcmp((*at)->resource, resource) == 0) {
            return *at;
        }
        at = &(*at)->next;
    }
    struct name *name = calloc(1, sizeof *name);
    char *copy = strdup(resource);
    if (name == NULL || copy == NULL) {
        free(name);
        free(copy);
        return NULL;
    }
    name->resource = copy;
    *at = name;
    return name;
}

static void note_key(struct slot *slot, const struct berth_listed *entry, uint64_t look) {
    struct name *name = slot_name(slot, entry->resource);
    struct catalogued *said = name == NULL ? NULL : catalogue_read(entry);
    if (said == NULL) {
        return;
    }
    name->listed = name->current = true;
    name->seen_by_look = look > name->seen_by_look ? look : name->seen_by_look;
    if (name->entry != NULL && catalogue_same(name->entry, said)) {
        catalogue_free(said);
    } else {
        said->older = name->entry;
        name->entry = said;
    }
}

static bool note_listed(void *context, const struct berth_listed *entry) {
    uint64_t look = *(const uint64_t *)context;
    if (strncmp(entry->resource, SCHEME, sizeof SCHEME - 1) != 0) {
        return true;
    }
    const char *slash = strchr(entry->resource, '/');
    size_t bytes = slash == NULL ? strlen(entry->resource) : (size_t)(slash - entry->resource);
    pthread_mutex_lock(&module.lock);
    struct slot *slot = slot_of(entry->resource, bytes, entry->driver);
    if (slot != NULL) {
        slot->seen_by_look = look > slot->seen_by_look ? look : slot->seen_by_look;
        if (slash != NULL) {
            note_key(slot, entry, look);
        }
    }
    pthread_mutex_unlock(&module.lock);
    return true;
}

void slot_look(void) {
    pthread_mutex_lock(&module.lock);
    uint64_t look = ++module.looks;
    pthread_mutex_unlock(&module.lock);
    if (broker_list(note_listed, &look) != BERTH_OK) {
        return;
    }
    pthread_mutex_lock(&module.lock);
    for (struct slot *slot = module.slots; slot != NULL; slot = slot->next) {
        slot->present = slot->seen_by_look >= look;
        for (struct name *name = slot->names; name != NULL; name = name->next) {
            if (name->listed) {
                name->current = name->seen_by_look >= look;
            }
        }
    }
    pthread_mutex_unlock(&module.lock);
}

struct slot *slot_known(CK_SLOT_ID id) {
    pthread_mutex_lock(&module.lock);
    struct slot *slot = slot_find(id);
    bool present = slot != NULL && slot->present;
    pthread_mutex_unlock(&module.lock);
    if (!present) {
        slot_look();
        pthread_mutex_lock(&module.lock);
        slot = slot_find(id);
        pthread_mutex_unlock(&module.lock);
    }
    return slot;
}

/* For a slot that was a parent's: names are not taken over. */
static void look_once(struct slot *slot) {
    pthread_mutex_lock(&module.lock);
    bool looked = slot->seen_by_look != 0;
    pthread_mutex_unlock(&module.lock);
    if (!looked) {
        slot_look();
    }
}

CK_RV slot_device(struct slot *slot, berth_resource **device) {
    pthread_mutex_lock(&module.lock);
    *device = slot->device;
    pthread_mutex_unlock(&module.lock);
    if (*device != NULL) {
        return CKR_OK;
    }
    berth_result result = broker_open(slot->resource, device);
    if (result != BERTH_OK) {
        *device = NULL;
        bool denied = berth_status_of(result) == BERTH_STATUS_PERMISSION_DENIED ||
                      berth_status_of(result) == BERTH_STATUS_NOT_FOUND;
        if (denied) {
            look_once(slot); /* its names come next */
        }
        return denied ? CKR_OK : return_value(result, 0);
    }
    pthread_mutex_lock(&module.lock);
    berth_resource *surplus = slot->device != NULL ? *device : NULL;
    if (surplus == NULL) {
        slot->device = *device;
    }
    *device = slot->device;
    pthread_mutex_unlock(&module.lock);
    if (surplus != NULL) {
        (void)berth_release(surplus);
    }
    return CKR_OK;
}

bool slot_open_name(struct name *name) {
    pthread_mutex_lock(&module.lock);
    bool opened = name->opened != NULL;
    pthread_mutex_unlock(&module.lock);
    berth_resource *resource;
    if (opened || broker_open(name->resource, &resource) != BERTH_OK) {
        return opened;
    }
    pthread_mutex_lock(&module.lock);
    berth_resource *surplus = name->opened != NULL ? resource : NULL;
    if (surplus == NULL) {
        name->opened = resource;
    }
    pthread_mutex_unlock(&module.lock);
    if (surplus != NULL) {
        (void)berth_release(surplus);
    }
    return true;
}

void slot_abandon(void) {
    for (struct slot *slot = module.slots; slot != NULL; slot = slot->next) {
        *slot = (struct slot){.next = slot->next,
                              .id = slot->id,
                              .resource = slot->resource,
                              .is_sdf = slot->is_sdf,
                              .present = slot->present,
                              .reported = slot->present};
    }
}

void slot_free_all(void) {
    pthread_mutex_lock(&module.lock);
    struct slot *next = module.slots;
    module.slots = NULL; /* a fork from here on inherits none that is half gone */
    pthread_mutex_unlock(&module.lock);
    while (next != NULL) {
        struct slot *slot = next;
        next = slot->next;
        while (slot->names != NULL) {
            struct name *name = slot->names;
            slot->names = name->next;
            catalogue_free(name->entry);
            free(name->rsa);
            free(name->resource);
            free(name);
        }
        token_free(slot->token);
        free(slot->resource);
        free(slot);
    }
}
