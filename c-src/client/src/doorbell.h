/* SPDX-License-Identifier: Apache-2.0 */
/* Doorbells: one-page non-blocking pipes of which each side holds its own end (docs/PROTOCOL.md,
 * 3). */
#ifndef BERTH_CLIENT_DOORBELL_H
#define BERTH_CLIENT_DOORBELL_H

#include <stdbool.h>

/* Makes the end non-blocking and checks that it is a pipe's end open in that direction. */
bool doorbell_adopt(int descriptor, bool write_end);
/* Writes one byte; a full pipe counts as rung. False: nobody will hear it. Never raises SIGPIPE. */
bool doorbell_ring(int descriptor);
/* Takes all bytes out. False: the other side is gone. */
bool doorbell_drain(int descriptor);

#endif
