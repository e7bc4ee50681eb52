/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_PKCS11_MECHANISM_TABLE_H
#define BERTH_PKCS11_MECHANISM_TABLE_H

#include "mechanism.h"

/* As the table says, or as of an unknown one. */
struct mechanism_kind mechanism_kind_of(CK_MECHANISM_TYPE type, bool of_card);
/* Whether the table has it without the registry. */
bool mechanism_is_standard(CK_MECHANISM_TYPE type);

#endif
