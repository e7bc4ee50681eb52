/* SPDX-License-Identifier: Apache-2.0 */
/* The link's connection and the resources opened over it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/link_state.h"
#include "error.h"

berth_result link_connect(const struct config *config, berth_conn **connection) {
    berth_connect_options options = BERTH_CONNECT_OPTIONS_INIT;
    options.connect_timeout_ms = config->timeout_ms;
    return berth_connect(config->socket, &options, connection);
}

void link_close(berth_conn *connection, struct opened *opened) {
    (void)berth_close(connection); /* with its resources */
    while (opened != NULL) {
        struct opened *next = opened->next;
        free(opened);
        opened = next;
    }
}

berth_result link_connection(struct link *link, berth_conn **connection) {
    pthread_mutex_lock(&link_lock);
    *connection = link->inherited ? NULL : link->connection;
    pthread_mutex_unlock(&link_lock);
    if (*connection != NULL) {
        return BERTH_OK;
    }
    berth_conn *made;
    berth_result result = link_connect(&link->config, &made);
    if (result != BERTH_OK) {
        return result;
    }
    berth_conn *useless = made; /* if another thread was faster */
    struct opened *opened = NULL;
    pthread_mutex_lock(&link_lock);
    if (link->inherited || link->connection == NULL) {
        useless = link->connection;
        opened = link->opened;
        link->connection = made;
        link->opened = NULL;
        link->inherited = false;
    }
    *connection = link->connection;
    pthread_mutex_unlock(&link_lock);
    link_close(useless, opened);
    return BERTH_OK;
}

static struct opened *find(struct link *link, const char *name) {
    struct opened *opened = link->opened;
    while (opened != NULL && strcmp(opened->name, name) != 0) {
        opened = opened->next;
    }
    return opened;
}

static berth_result open_anew(struct link *link, const char *name, berth_resource **resource) {
    berth_conn *connection;
    berth_open_options options = BERTH_OPEN_OPTIONS_INIT;
    options.timeout_ms = link->config.timeout_ms;
    berth_result result = link_connection(link, &connection);
    return result == BERTH_OK ? berth_open(connection, name, &options, resource) : result;
}

berth_result link_resource(struct link *link, const char *name, berth_resource **resource) {
    pthread_mutex_lock(&link_lock);
    struct opened *known = link->inherited ? NULL : find(link, name);
    *resource = known == NULL ? NULL : known->resource;
    pthread_mutex_unlock(&link_lock);
    if (*resource != NULL) {
        return BERTH_OK;
    }
    struct opened *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return error_say(BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_NONE, "%s: no memory", name);
    }
    snprintf(made->name, sizeof made->name, "%s", name);
    berth_result result = open_anew(link, name, &made->resource);
    if (result != BERTH_OK) {
        free(made);
        return result;
    }
    pthread_mutex_lock(&link_lock);
    known = find(link, name); /* another thread may have been faster */
    if (known == NULL) {
        made->next = link->opened;
        link->opened = known = made;
        made = NULL;
    }
    *resource = known->resource;
    pthread_mutex_unlock(&link_lock);
    if (made != NULL) {
        (void)berth_release(made->resource);
        free(made);
    }
    return BERTH_OK;
}

berth_result link_permissions(struct link *link, const char *name, uint32_t *permissions) {
    berth_resource *resource;
    berth_result result = link_resource(link, name, &resource);
    *permissions = result == BERTH_OK ? berth_permissions(resource) : 0;
    if (result != BERTH_OK || *permissions != 0) {
        return result;
    }
    /* None, or not known before the new broker has answered: ask it. */
    result = open_anew(link, name, &resource);
    if (result == BERTH_OK) {
        *permissions = berth_permissions(resource);
        (void)berth_release(resource);
    }
    return result;
}
