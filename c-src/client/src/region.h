/* SPDX-License-Identifier: Apache-2.0 */
/* A region of a session, mapped into this process (docs/PROTOCOL.md, 2). */
#ifndef BERTH_CLIENT_REGION_H
#define BERTH_CLIENT_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <berth/protocol.h>

#include "ring.h"

struct region {
    uint8_t *base; /* NULL = not mapped */
    size_t bytes;
    uint8_t *ring;
    uint32_t ring_bytes;
};

/*
 * Maps a sealed memfd whole. The seals are checked first: without them the other side could
 * truncate the memory and end this process with SIGBUS. The mapping is not inherited by children
 * and not part of core dumps. *why gets a sentence.
 */
bool sealed_map(int descriptor, bool writable, size_t bytes_at_least, uint8_t **base, size_t *bytes,
                const char **why);
/* Maps a region and checks its header against what WELCOME said. */
bool region_map(struct region *region, int descriptor, enum berth_region_kind kind,
                uint64_t session, uint64_t broker_epoch, const char **why);
void region_unmap(struct region *region);

static inline shared_word *region_word(const struct region *region, size_t offset) {
    return (shared_word *)(void *)(region->base + offset);
}

#endif
