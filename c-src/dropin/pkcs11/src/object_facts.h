/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_PKCS11_OBJECT_FACTS_H
#define BERTH_PKCS11_OBJECT_FACTS_H

#include "object.h"

/* Asks the worker what the object is. */
CK_RV facts_ask(struct key *key);
/* The same of an object of our own. */
void facts_of_local(struct object_facts *facts, const struct local_attributes *attributes);

#endif
