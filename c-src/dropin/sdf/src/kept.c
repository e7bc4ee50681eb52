/* SPDX-License-Identifier: Apache-2.0 */
#include "kept.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

enum { ROOM_AT_FIRST = 4096, ROOM_KEPT = 1 << 18 };

/* A fork may come between any two of these: what is in `room` and `bytes` together is mapped
 * (kept_drop_in_child). */
static void replace(struct kept *kept, uint8_t *bytes, size_t room) {
    kept->room = 0;
    atomic_thread_fence(memory_order_seq_cst);
    kept->bytes = bytes;
    atomic_thread_fence(memory_order_seq_cst);
    kept->room = room;
}

static bool grow(struct kept *kept, size_t wanted) {
    size_t room = kept->room == 0 ? ROOM_AT_FIRST : kept->room;
    while (room < wanted) {
        room *= 2;
    }
    void *bytes = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED) {
        return false;
    }
    (void)madvise(bytes, room, MADV_DONTDUMP); /* a kernel without it has it in its dumps */
    struct kept old = *kept;
    if (old.used != 0) {
        memcpy(bytes, old.bytes, old.used);
    }
    replace(kept, bytes, room);
    kept_drop(&old);
    return true;
}

bool kept_append(struct kept *kept, const void *data, size_t bytes) {
    if (bytes == 0) {
        return true;
    }
    if (kept->room - kept->used < bytes && !grow(kept, kept->used + bytes)) {
        return false;
    }
    memcpy(kept->bytes + kept->used, data, bytes);
    kept->used += bytes;
    return true;
}

void kept_empty(struct kept *kept) {
    if (kept->room > ROOM_KEPT) {
        kept_drop(kept);
    } else if (kept->used != 0) {
        explicit_bzero(kept->bytes, kept->used);
        kept->used = 0;
    }
}

void kept_drop(struct kept *kept) {
    struct kept old = *kept;
    replace(kept, NULL, 0);
    atomic_thread_fence(memory_order_seq_cst);
    kept->used = 0;
    if (old.bytes != NULL) {
        explicit_bzero(old.bytes, old.used);
        munmap(old.bytes, old.room);
    }
}

void kept_drop_in_child(struct kept *kept) {
    /* To overwrite it would make a copy of every page first. */
    if (kept->bytes != NULL && kept->room != 0) {
        munmap(kept->bytes, kept->room);
    }
    *kept = (struct kept){0};
}
