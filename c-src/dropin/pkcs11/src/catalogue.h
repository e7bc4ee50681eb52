/* SPDX-License-Identifier: Apache-2.0 */
/* What the broker's catalogue of keys says of a name, decoded. */
#ifndef BERTH_PKCS11_CATALOGUE_H
#define BERTH_PKCS11_CATALOGUE_H

#include "slot.h"

/* Decodes what is listed; what cannot be decoded is left out. NULL = no memory. */
struct catalogued *catalogue_read(const struct berth_listed *listed);
bool catalogue_same(const struct catalogued *one, const struct catalogued *other);
void catalogue_free(struct catalogued *entry);

#endif
