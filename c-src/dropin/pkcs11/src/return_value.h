/* SPDX-License-Identifier: Apache-2.0 */
/* Berth's results in PKCS #11's terms. The table stands in docs/DROP-IN.md as well. */
#ifndef BERTH_PKCS11_RETURN_VALUE_H
#define BERTH_PKCS11_RETURN_VALUE_H

#include <berth/berth.h>

#include "cryptoki.h"

/*
 * What the application gets for a failed request. device_code is what the device's own library said
 * (0 = nothing): a CKR_ value is handed on unchanged, an SDR_ value translated.
 */
CK_RV return_value(berth_result result, uint32_t device_code);
/* Whether the request certainly did not run, and will soon be able to: a worker or broker that is
 * just being replaced. */
bool return_is_passing(berth_result result);

#endif
