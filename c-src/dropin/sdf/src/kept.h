/* SPDX-License-Identifier: Apache-2.0 */
/* Data of the program's that has to be kept between two calls: out of core dumps, wiped when it is
 * let go. */
#ifndef BERTH_DROPIN_SDF_KEPT_H
#define BERTH_DROPIN_SDF_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kept {
    uint8_t *bytes;
    size_t used;
    size_t room;
};

/* False: no memory; what was kept stays. */
bool kept_append(struct kept *kept, const void *data, size_t bytes);
/* Wiped, and ready for the next data of about that length: a mapping costs a page fault for each of
 * its pages when it is new. */
void kept_empty(struct kept *kept);
void kept_drop(struct kept *kept);
/* In a child, of what another thread was using at the fork: the child's pages of it go. What that
 * thread was just about to unmap is not found any more. */
void kept_drop_in_child(struct kept *kept);

#endif
