/* SPDX-License-Identifier: Apache-2.0 */
/* The names of a device's keys by their indices, as LIST told them last. */
#ifndef BERTH_DROPIN_SDF_CATALOGUE_H
#define BERTH_DROPIN_SDF_CATALOGUE_H

#include "device/shown.h"

struct catalogue_key {
    enum key_kind kind;
    uint32_t index;
    uint32_t permissions;
    char name[NAME_BYTES]; /* full */
};

struct catalogue {
    struct catalogue_key *keys;
    size_t count;
    int64_t read_nanos; /* when; 0: never */
};

/* The keys below `device`. */
berth_result catalogue_read(struct catalogue *catalogue, berth_conn *connection, const char *device,
                            uint32_t timeout_ms);
void catalogue_free(struct catalogue *catalogue);
/* Of several the first with any of the permissions wanted, else the first; NULL: none. */
const struct catalogue_key *catalogue_search(const struct catalogue *catalogue, enum key_kind kind,
                                             uint32_t index, uint32_t wanted);

/* The name of the only SDF device that the policy shows; false: `why` tells which there are. */
bool catalogue_only_device(berth_conn *connection, char device[NAME_BYTES], uint32_t timeout_ms,
                           struct why *why);

#endif
