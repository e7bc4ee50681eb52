/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <berth/sdf.h>

#include "device/link_state.h"

pthread_mutex_t link_lock = PTHREAD_MUTEX_INITIALIZER;
static struct link *current;

const struct config *link_config(const struct link *link) {
    return &link->config;
}

const char *link_device(const struct link *link) {
    return link->device;
}

/* A device that is not granted may have keys that are: then it is here, too. */
static bool usable(struct link *link, struct why *why) {
    char driver[64];
    berth_resource *resource;
    berth_result result = link_resource(link, link->device, &resource);
    if (result != BERTH_OK) {
        why_say(why, "%s", berth_last_error());
        return berth_status_of(result) == BERTH_STATUS_PERMISSION_DENIED &&
               (link->config.key_count != 0 ||
                (link_refresh(link) == SDR_OK && link->catalogue.count != 0));
    }
    result = berth_driver(resource, driver, sizeof driver);
    if (result != BERTH_OK || strcmp(driver, "hsm/sdf") != 0) {
        why_say(why, "%s is a device of driver %s, expected hsm/sdf", link->device, driver);
        return false;
    }
    return true;
}

static void link_free(struct link *link) {
    link_close(link->connection, link->opened);
    catalogue_free(&link->catalogue);
    config_free(&link->config);
    free(link);
}

static struct link *link_new(struct why *why) {
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        why_say(why, "no memory");
        return NULL;
    }
    link->references = 1;
    bool good = config_read(&link->config, why);
    if (good && link_connect(&link->config, &link->connection) != BERTH_OK) {
        why_say(why, "%s", berth_last_error());
        good = false;
    }
    if (good) {
        memcpy(link->device, link->config.device, sizeof link->device);
        good = (link->device[0] != '\0' || catalogue_only_device(link->connection, link->device,
                                                                 link->config.timeout_ms, why)) &&
               usable(link, why);
    }
    if (!good) {
        link_free(link);
        return NULL;
    }
    return link;
}

static struct link *share(void) {
    pthread_mutex_lock(&link_lock);
    struct link *link = current;
    if (link != NULL) {
        link->references++;
    }
    pthread_mutex_unlock(&link_lock);
    return link;
}

struct link *link_open(struct why *why) {
    struct link *link = share();
    if (link != NULL) {
        return link;
    }
    struct link *made = link_new(why);
    if (made == NULL) {
        return NULL;
    }
    pthread_mutex_lock(&link_lock);
    if (current == NULL) {
        current = made;
        made = NULL;
    } else {
        current->references++;
    }
    link = current;
    pthread_mutex_unlock(&link_lock);
    if (made != NULL) {
        link_free(made);
    }
    return link;
}

struct link *link_hold(struct link *link) {
    pthread_mutex_lock(&link_lock);
    link->references++;
    pthread_mutex_unlock(&link_lock);
    return link;
}

void link_release(struct link *link) {
    pthread_mutex_lock(&link_lock);
    bool last = --link->references == 0;
    if (last) {
        current = NULL;
    }
    pthread_mutex_unlock(&link_lock);
    if (last) {
        link_free(link);
    }
}

void link_before_fork(void) {
    pthread_mutex_lock(&link_lock);
}

void link_after_fork(bool in_child) {
    if (in_child && current != NULL && current->connection != NULL) {
        current->inherited = true;
    }
    pthread_mutex_unlock(&link_lock);
}
