/* SPDX-License-Identifier: Apache-2.0 */
/* The module's one connection. It is made when it is first needed, so that a program may start
 * before the broker does; the client library finds a lost broker again by itself. */
#ifndef BERTH_PKCS11_BROKER_H
#define BERTH_PKCS11_BROKER_H

#include <berth/berth.h>

#include "cryptoki.h"

/* What this process may see: devices, and below them keys. */
berth_result broker_list(bool (*each)(void *context, const struct berth_listed *entry),
                         void *context);
/* With all permissions that the policy grants. */
berth_result broker_open(const char *resource, berth_resource **opened);
void *broker_block_data(berth_block block);
/* secret_bytes: how many at its beginning are to be wiped. */
void broker_block_free(berth_block block, uint64_t secret_bytes);
/* The device library's own code for this thread's last failed request; 0 if it said none. */
uint32_t broker_device_code(void);
/* With BERTH_PKCS11_LOG set, a line on standard error for a failed request. */
void broker_say(uint32_t operation, berth_result result);
/* Nobody else may be using the connection. */
void broker_disconnect(void);
/* In a child: the parent's connection is not touched but for its memory here. */
void broker_abandon(void);

#endif
