/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process's one connection, shared by all its devices and sessions, with the resources opened
 * over it. It lasts as long as a device or session is open, finds a restarted broker by itself, and
 * is made anew in a child after fork().
 *
 * All functions may be called by any thread. The lock is held for no call into the C client.
 */
#ifndef BERTH_DROPIN_SDF_LINK_H
#define BERTH_DROPIN_SDF_LINK_H

#include "device/config.h"

#include <berth/berth.h>

struct link;

/* Connects, or shares the connection that is open; NULL: `why` tells. To be released. */
struct link *link_open(struct why *why);
struct link *link_hold(struct link *link);
void link_release(struct link *link);

const struct config *link_config(const struct link *link);
/* "hsm:payments" */
const char *link_device(const struct link *link);

berth_result link_connection(struct link *link, berth_conn **connection);
/* The resource of that full name, opened at its first use and kept. */
berth_result link_resource(struct link *link, const char *name, berth_resource **resource);
/* What may be done with it now; asks the broker when the connection is just being made anew. */
berth_result link_permissions(struct link *link, const char *name, uint32_t *permissions);

/*
 * The full name of the key at that index: as the configuration says, else as the catalogue does,
 * which is read again (at most once a second) for an index that is not in it. Of several names the
 * first with any of the permissions `wanted`. SDR_KEYNOTEXIST: nobody shows us such a key.
 */
int catalogue_find(struct link *link, enum key_kind kind, uint32_t index, uint32_t wanted,
                   char name[NAME_BYTES]);
/* Something that was there is not, or may not be used: the catalogue may have changed, and is read
 * again before it is used next (at most once a second). */
void catalogue_doubt(struct link *link);
/* The device itself if it may do all of `wanted`, else any key below it that may. SDR_PARDENY:
 * none.
 */
int catalogue_any(struct link *link, uint32_t wanted, char name[NAME_BYTES]);

void link_before_fork(void);
void link_after_fork(bool in_child);

#endif
