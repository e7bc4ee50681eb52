/* SPDX-License-Identifier: Apache-2.0 */
#include "own_memory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <unistd.h>

#include "check.h"

/* Larger mappings are a sanitizer's own. */
#define LARGEST_MAPPING (UINT64_C(1) << 30)
#define CHUNK_BYTES 65536

/* Computed byte by byte, so that no memory holds the needle because of who looks for it. */
static uint8_t needle_byte(uint32_t seed, uint32_t index) {
    uint32_t mixed = (seed * 64 + index + 1) * UINT32_C(2654435761);
    return (uint8_t)(mixed >> 24);
}

void own_memory_needle(uint32_t seed, uint8_t needle[OWN_MEMORY_NEEDLE_BYTES]) {
    for (uint32_t i = 0; i < OWN_MEMORY_NEEDLE_BYTES; i++) {
        needle[i] = needle_byte(seed, i);
    }
}

static bool chunk_has(const uint8_t *chunk, size_t bytes, uint32_t seed) {
    uint8_t first = needle_byte(seed, 0);
    const uint8_t *end = chunk + bytes;
    for (const uint8_t *at = chunk;
         at < end && (at = memchr(at, first, (size_t)(end - at))) != NULL; at++) {
        uint32_t i = 1;
        while (i < OWN_MEMORY_NEEDLE_BYTES && at + i < end && at[i] == needle_byte(seed, i)) {
            i++;
        }
        if (i == OWN_MEMORY_NEEDLE_BYTES) {
            return true;
        }
    }
    return false;
}

static bool mapping_has(int memory, uint64_t from, uint64_t to, uint32_t seed) {
    static uint8_t chunk[CHUNK_BYTES];
    bool found = false;
    while (from < to && !found) {
        uint64_t wanted = to - from < CHUNK_BYTES ? to - from : CHUNK_BYTES;
        ssize_t got = pread(memory, chunk, wanted, (off_t)from);
        if (got <= 0) {
            break; /* a guard page, or a device's */
        }
        found = chunk_has(chunk, (size_t)got, seed);
        if (from + (uint64_t)got == to) {
            break;
        }
        /* One that lies across two chunks is in the next one. */
        from +=
            got > OWN_MEMORY_NEEDLE_BYTES ? (uint64_t)got - OWN_MEMORY_NEEDLE_BYTES : (uint64_t)got;
    }
    memset(chunk, 0, sizeof chunk);
    return found;
}

bool own_memory_has(uint32_t seed) {
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    char line[512];
    bool found = false;
    CHECK(maps != NULL && memory >= 0);
    while (!found && fgets(line, sizeof line, maps) != NULL) {
        uint64_t from, to;
        char rights[5];
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &from, &to, rights) == 3 &&
            rights[0] == 'r' && rights[1] == 'w' && to - from <= LARGEST_MAPPING) {
            found = mapping_has(memory, from, to, seed);
        }
    }
    fclose(maps);
    close(memory);
    return found;
}
