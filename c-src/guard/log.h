/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_GUARD_LOG_H
#define BERTH_GUARD_LOG_H

/* Lines on stderr, "berth-guard NAME: ...". A line is dropped rather than waited for: the reader of
   stderr may be the very broker that hangs, and a guard that waits for it could not kill. */

/* guard_name is kept, not copied. */
void guard_log_open(const char *guard_name);

void guard_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
