/* SPDX-License-Identifier: Apache-2.0 */
#include "reason.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool reason_set(struct reason *why, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    return false;
}

void reason_report(const struct reason *why) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct reason last;
    pthread_mutex_lock(&lock);
    if (strcmp(last.text, why->text) != 0) {
        last = *why;
        fprintf(stderr, "berth-softcard: %s\n", why->text);
    }
    pthread_mutex_unlock(&lock);
}
