/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of LISTED messages, as an application may read them. */
#ifndef BERTH_CLIENT_LISTING_H
#define BERTH_CLIENT_LISTING_H

#include <berth/berth.h>

#include "control.h"

/* One page. The texts stand behind the entries, in the same piece of memory. */
struct listing {
    struct listing *following;
    uint32_t next; /* where the next page begins; 0 = this is the last */
    size_t count;
    size_t bytes; /* of memory that the page takes */
    berth_listed entries[];
};

enum listing_result { LISTING_OK, LISTING_MALFORMED, LISTING_NO_MEMORY };

/* Reads a LISTED from behind its header. Every count and length is checked against the message's
 * own bytes; control characters become '?', as these texts end up in logs. */
enum listing_result listing_read(const struct control_reader *body, struct listing **page);
/* Frees a page and all that follow. NULL is allowed. */
void listing_free(struct listing *page);

#endif
