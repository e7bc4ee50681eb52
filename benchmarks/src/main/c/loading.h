/* SPDX-License-Identifier: Apache-2.0 */
/* A library under test, loaded as an application would load a vendor's. */
#ifndef BERTH_BENCH_LOADING_H
#define BERTH_BENCH_LOADING_H

/* Both say what is missing and end the process. */
void *load_library(const char *path);
void *load_symbol(void *library, const char *name);

#endif
