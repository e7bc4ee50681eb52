/* SPDX-License-Identifier: Apache-2.0 */
/* Reads shm-protocol/golden/vectors.txt, to which all implementations are held. */
#ifndef BERTH_CLIENT_TESTS_VECTORS_H
#define BERTH_CLIENT_TESTS_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#define VECTOR_BYTES 8192

/* Before anything else; the path is kept. */
void vectors_use(const char *path);

/* What stands behind kind and name, until the next call; a vector that is missing ends the test. */
const char *vector_text(const char *kind, const char *name);

/* The bytes of a vector, at most VECTOR_BYTES; returns how many. */
size_t vector(const char *kind, const char *name, uint8_t *bytes);

#endif
