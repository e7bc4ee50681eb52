/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char last_error[ERROR_TEXT_BYTES];
static _Thread_local uint32_t last_device_code;

berth_result error_say(enum berth_status status, enum berth_reason reason, const char *format,
                       ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(last_error, sizeof last_error, format, arguments);
    va_end(arguments);
    last_device_code = 0;
    return BERTH_RESULT(status, reason);
}

void text_format(char *text, size_t bytes, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, bytes, format, arguments);
    va_end(arguments);
}

berth_result error_keep(berth_result result, const char *text) {
    return error_keep_device(result, text, 0);
}

berth_result error_keep_device(berth_result result, const char *text, uint32_t device_code) {
    snprintf(last_error, sizeof last_error, "%s", text);
    last_device_code = device_code;
    return result;
}

berth_result error_forked(void) {
    return error_keep(BERTH_FORKED,
                      "this connection was made by the parent process; call berth_connect here");
}

const char *berth_last_error(void) {
    return last_error;
}

uint32_t berth_last_device_code(void) {
    return last_device_code;
}

const char *berth_status_name(berth_result result) {
    const char *name = berth_protocol_status_name(berth_status_of(result));
    return name != NULL ? name : "?";
}

const char *berth_reason_name(berth_result result) {
    const char *name = berth_protocol_reason_name(berth_reason_of(result));
    return name != NULL ? name : "?";
}

const char *berth_version(void) {
    return "0.1.0";
}
