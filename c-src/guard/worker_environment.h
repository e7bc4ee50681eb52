/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_GUARD_WORKER_ENVIRONMENT_H
#define BERTH_GUARD_WORKER_ENVIRONMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"

/* The worker's environment: the guard's own (unless --unset-env), under --env, under what Berth
   sets. NULL if there is no memory. To be freed by worker_environment_free. */
char **worker_environment_make(const struct guard_options *options, uint32_t incarnation,
                               bool has_lock);

void worker_environment_free(char **environment);

#endif
