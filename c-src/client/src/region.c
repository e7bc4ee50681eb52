/* SPDX-License-Identifier: Apache-2.0 */
#include "region.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool sealed_map(int descriptor, bool writable, size_t bytes_at_least, uint8_t **base, size_t *bytes,
                const char **why) {
    struct stat status;
    int seals = fcntl(descriptor, F_GET_SEALS);
    if (seals < 0 || (seals & (F_SEAL_SHRINK | F_SEAL_GROW)) != (F_SEAL_SHRINK | F_SEAL_GROW)) {
        *why = "the broker's memory is not sealed against truncation";
        return false;
    }
    if (fstat(descriptor, &status) != 0 || status.st_size <= 0 ||
        (uint64_t)status.st_size < bytes_at_least || (uint64_t)status.st_size > SIZE_MAX) {
        *why = "the broker's memory has not the announced size";
        return false;
    }
    size_t size = (size_t)status.st_size;
    void *mapped =
        mmap(NULL, size, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, descriptor, 0);
    if (mapped == MAP_FAILED) {
        *why = "the broker's memory cannot be mapped";
        return false;
    }
    /* A child must not write into its parent's session. Without this advice the fork check still
     * stands. */
    (void)madvise(mapped, size, MADV_DONTFORK);
    (void)madvise(mapped, size, MADV_DONTDUMP);
    *base = mapped;
    *bytes = size;
    return true;
}

bool region_map(struct region *region, int descriptor, enum berth_region_kind kind,
                uint64_t session, uint64_t broker_epoch, const char **why) {
    if (!sealed_map(descriptor, kind == BERTH_REGION_CLIENT, BERTH_REGION_HEADER_BYTES,
                    &region->base, &region->bytes, why)) {
        return false;
    }
    struct berth_region_header header;
    memcpy(&header, region->base, sizeof header);
    long page_bytes = sysconf(_SC_PAGESIZE);
    if (header.magic != BERTH_REGION_MAGIC || header.major != BERTH_PROTOCOL_MAJOR) {
        *why = "a region has not the magic and major version of this protocol";
    } else if (header.kind != (uint32_t)kind || header.session != session ||
               header.broker_epoch != broker_epoch) {
        *why = "a region belongs to another session, epoch or side than WELCOME said";
    } else if (header.ring_bytes < BERTH_RING_MIN_BYTES ||
               header.ring_bytes > BERTH_RING_MAX_BYTES ||
               (header.ring_bytes & (header.ring_bytes - 1)) != 0 ||
               header.ring_offset < BERTH_REGION_HEADER_BYTES ||
               header.ring_offset % (uint64_t)page_bytes != 0 ||
               (uint64_t)header.ring_offset + header.ring_bytes > region->bytes) {
        *why = "a region's ring does not lie inside it";
    } else {
        region->ring = region->base + header.ring_offset;
        region->ring_bytes = header.ring_bytes;
        return true;
    }
    region_unmap(region);
    return false;
}

void region_unmap(struct region *region) {
    if (region->base != NULL) {
        munmap(region->base, region->bytes);
        *region = (struct region){0};
    }
}
