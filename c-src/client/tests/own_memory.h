/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for something in all memory of this process that can be read and written: what is not found
 * there was not left behind. */
#ifndef BERTH_CLIENT_TESTS_OWN_MEMORY_H
#define BERTH_CLIENT_TESTS_OWN_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#define OWN_MEMORY_NEEDLE_BYTES 64

/* What is looked for; another one for each seed. Whoever makes it wipes it before he looks. */
void own_memory_needle(uint32_t seed, uint8_t needle[OWN_MEMORY_NEEDLE_BYTES]);
bool own_memory_has(uint32_t seed);

#endif
