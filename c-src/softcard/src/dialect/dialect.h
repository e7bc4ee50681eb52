/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The software card as cards of other families present themselves. Each is a library of its own
 * over the same card: the functions whose numbers, structures or arguments differ are written anew
 * in src/dialect, above the core's, which the build gives the name core_… in that library; all
 * others are the core's as they are.
 */
#ifndef BERTH_SOFTCARD_DIALECT_H
#define BERTH_SOFTCARD_DIALECT_H

#include "berth/sdf.h"

/* The core's function under the name that it has here. */
#define CORE(name) extern __typeof__(SDF_##name) core_##name

/* A function of the dialect's that callers find as SDF_name, though berth/sdf.h declares that
   otherwise. */
#define EXPORTED_AS(name) __asm__("SDF_" #name) BERTH_SDF_API

#endif
