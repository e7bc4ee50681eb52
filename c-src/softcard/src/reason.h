/* SPDX-License-Identifier: Apache-2.0 */
/* Why something failed, in words for a person: the thing's name, what was expected, what was found,
 * what to do. */
#ifndef BERTH_SOFTCARD_REASON_H
#define BERTH_SOFTCARD_REASON_H

#include <stdbool.h>

struct reason {
    char text[768];
};

/* Always false, so that a check can end in `return reason_set(why, ...)`. */
bool reason_set(struct reason *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One line on stderr for what an SDF code cannot tell. A line equal to the one before is not
 * repeated. */
void reason_report(const struct reason *why);

#endif
