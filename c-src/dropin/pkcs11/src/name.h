/* SPDX-License-Identifier: Apache-2.0 */
/* The names that can be opened below a slot's device. */
#ifndef BERTH_PKCS11_NAME_H
#define BERTH_PKCS11_NAME_H

#include "attribute.h"
#include "slot.h"

/* The n-th name that is still there, in the order in which they were met; NULL = no more. */
struct name *name_at(struct slot *slot, size_t n);
/* A handle for what no key is needed for: the device's own, else that of any name that the policy
 * lets this process open. CKR_FUNCTION_REJECTED if there is none. */
CK_RV name_any_handle(struct slot *slot, berth_resource **resource);
/*
 * Adds the names that the token itself tells for objects with these attributes. *look is then set
 * to what their `told_by_token` is; 0 = this token cannot be asked, every name may have some.
 */
CK_RV name_look(struct slot *slot, const CK_ATTRIBUTE *templ, CK_ULONG count, uint64_t *look);
/*
 * The name under which an object with such a template is to be kept (its label, else "id-" and its
 * id in hexadecimal), opened for whatever the policy grants. CKR_TOKEN_WRITE_PROTECTED if nothing
 * is granted there; CKR_TEMPLATE_INCOMPLETE if it would have no name.
 */
CK_RV name_for_object(struct slot *slot, const CK_ATTRIBUTE *templ, CK_ULONG count,
                      struct name **name);

#endif
