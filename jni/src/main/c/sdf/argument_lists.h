/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions whose argument lists differ between dialects, called with the list of this one.
 * A list that is not the card's ends the process, or worse: argument_probe.h finds that out without
 * harm.
 */
#ifndef BERTH_SDF_ARGUMENT_LISTS_H
#define BERTH_SDF_ARGUMENT_LISTS_H

#include "sdf/sdf_library.h"

int call_internal_encrypt(const struct sdf_library *library, void *session, unsigned index,
                          unsigned algorithm, unsigned char *data, unsigned length,
                          ECCCipher *cipher);

int call_internal_decrypt(const struct sdf_library *library, void *session, unsigned index,
                          unsigned algorithm, ECCCipher *cipher, unsigned char *data,
                          unsigned *length);

#endif
