/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the link share. */
#ifndef BERTH_DROPIN_SDF_LINK_STATE_H
#define BERTH_DROPIN_SDF_LINK_STATE_H

#include <pthread.h>

#include "device/catalogue.h"
#include "device/link.h"

struct opened {
    struct opened *next;
    berth_resource *resource;
    char name[NAME_BYTES];
};

struct link {
    unsigned references;
    struct config config;
    char device[NAME_BYTES];
    berth_conn *connection; /* NULL or `inherited`: to be made */
    bool inherited;         /* by a fork: the parent's */
    struct opened *opened;  /* resources of that connection */
    struct catalogue catalogue;
    bool doubted; /* the catalogue, since it was read */
};

/* Guards the process's link and everything in it that changes. */
extern pthread_mutex_t link_lock;

berth_result link_connect(const struct config *config, berth_conn **connection);
/* With the resources opened over it. */
void link_close(berth_conn *connection, struct opened *opened);
/* Reads the catalogue. SDR_OK: read, or read a moment ago. */
int link_refresh(struct link *link);

#endif
