/* SPDX-License-Identifier: Apache-2.0 */
/* How the card behaves besides being correct: what makes it slow, scarce and contended, as hardware
 * is. */
#ifndef BERTH_SOFTCARD_BEHAVIOUR_H
#define BERTH_SOFTCARD_BEHAVIOUR_H

#include "behaviour/operation.h"
#include "reason.h"

#include <stdint.h>

struct behaviour {
    bool exclusive;             /* one process at a time may open the device */
    bool driver_lock;           /* one lock over all openers, held for each whole operation */
    uint32_t switch_penalty_us; /* added under that lock when another process had it before */
    uint32_t channels;          /* operations that run at once, over all openers; 0 = no limit */
    uint32_t sessions;          /* slots over all openers */
    uint32_t buffer_bytes;      /* the most bytes in one call */
    uint32_t random_bytes_max;
    uint32_t service_time_us[OPERATIONS]; /* an operation takes at least this long, off-CPU */
};

enum { BEHAVIOUR_CHANNELS_MOST = 256, BEHAVIOUR_SESSIONS_MOST = 4096 };

void behaviour_defaults(struct behaviour *behaviour);
bool behaviour_set(struct behaviour *behaviour, const char *key, const char *value,
                   struct reason *why);

#endif
