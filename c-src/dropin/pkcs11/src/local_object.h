/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects that no PKCS #11 token holds: certificates that the broker's catalogue keeps for a key,
 * and the keys of SDF cards, whose names stand in the catalogue.
 */
#ifndef BERTH_PKCS11_LOCAL_OBJECT_H
#define BERTH_PKCS11_LOCAL_OBJECT_H

#include "object.h"

/* At most this many below one name. */
#define LOCAL_OBJECTS_MAX 3

/* What all of them say of themselves. CKA_ID pairs a key with its certificate; without one in the
 * catalogue the name does. False: no memory. */
bool local_put_common(struct local_attributes *into, const struct name *name,
                      const struct catalogued *entry, CK_OBJECT_CLASS class, bool is_private);
/* Finds or makes those of that name; handles has room for LOCAL_OBJECTS_MAX. */
CK_RV local_objects(struct slot *slot, struct name *name, CK_OBJECT_HANDLE *handles, size_t *count);

#endif
