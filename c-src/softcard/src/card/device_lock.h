/* SPDX-License-Identifier: Apache-2.0 */
/* What a card's kernel driver does at open(): one process gets the device, or all may have it. */
#ifndef BERTH_SOFTCARD_DEVICE_LOCK_H
#define BERTH_SOFTCARD_DEVICE_LOCK_H

#include "reason.h"

/*
 * Locks device.lock in the folder without waiting. The descriptor holds the lock until it is
 * closed, so the kernel frees it when the process dies. -1: refused, and `why` names the holder by
 * the pid it left in the file.
 */
int device_lock_take(int directory, bool exclusive, struct reason *why);

#endif
