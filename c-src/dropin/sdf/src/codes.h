/* SPDX-License-Identifier: Apache-2.0 */
/* The one table from how a request ended to what an SDF function returns (docs/DROP-IN.md). */
#ifndef BERTH_DROPIN_SDF_CODES_H
#define BERTH_DROPIN_SDF_CODES_H

#include <stdbool.h>

#include <berth/berth.h>
#include <berth/sdf.h>

/* Berth's own codes, in a range of their own as vendors have theirs. */
#define SDR_BERTH_BASE (SDR_BASE + 0x00B00000)
/* Not executed, as there is too much of everything just now: try again after a pause. */
#define SDR_BERTH_BUSY (SDR_BERTH_BASE + 0x01)
/* The session key or the agreement existed in the card alone, and ended with the worker or session
 * that held it: make another. */
#define SDR_BERTH_KEY_LOST (SDR_BERTH_BASE + 0x02)

/* The code for the thread's last call, which ended with `result`. A card's own code goes through
 * unchanged. Tells the log of a failure. */
int code_of(berth_result result, const char *what);
/* Tells the log of a failure that has a code of its own, which is returned. */
int code_told(int code, berth_result result, const char *what);
/* Of the thread's last call: whether the worker, and not the card, refused its arguments. */
bool refused_by_worker(berth_result result);

/* A line on stderr, if $BERTH_SDF_LOG allows it: always unless it is "off". */
void log_opening(const char *why);

#endif
