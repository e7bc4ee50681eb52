/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of cards behind SDF as objects: the catalogue says which there are, the card tells what is
 * public of them. SM2 and RSA keys are a private and a public object, a key-encryption key is a
 * secret one.
 */
#ifndef BERTH_PKCS11_CARD_KEY_H
#define BERTH_PKCS11_CARD_KEY_H

#include "object.h"

/* Whether the catalogue's entry is a key that has such an object. */
bool card_has(const struct catalogued *entry, enum local_kind kind);
/* Whether it is one that wraps others. */
bool card_wraps(const struct catalogued *entry);
/* All attributes of it. False: the card does not tell what it must, or no memory. */
bool card_put_key(struct local_attributes *into, struct name *name, const struct catalogued *entry,
                  enum local_kind kind);

#endif
