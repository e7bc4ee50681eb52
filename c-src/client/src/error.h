/* SPDX-License-Identifier: Apache-2.0 */
/* Results with a sentence, kept per thread for berth_last_error. */
#ifndef BERTH_CLIENT_ERROR_H
#define BERTH_CLIENT_ERROR_H

#include <berth/berth.h>

#define ERROR_TEXT_BYTES 512

/* Remembers the sentence and returns the result. */
berth_result error_say(enum berth_status status, enum berth_reason reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* snprintf that may cut: for sentences with names and causes of any length. */
void text_format(char *text, size_t bytes, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
berth_result error_keep(berth_result result, const char *text);
/* With the device library's own return code, 0 = none. */
berth_result error_keep_device(berth_result result, const char *text, uint32_t device_code);
berth_result error_forked(void);

#endif
