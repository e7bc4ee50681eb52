/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HSM operations for a peer (peer_options.execute), computed with OpenSSL: a card whose wrapped
 * keys are the keys themselves and whose signatures only it accepts. It looks at no blocks.
 */
#ifndef BERTH_CLIENT_TESTS_HSM_PEER_H
#define BERTH_CLIENT_TESTS_HSM_PEER_H

#include <stddef.h>
#include <stdint.h>

/* What GENERATE_KEY gives. */
extern const uint8_t HSM_PEER_KEY[16];

uint32_t hsm_peer_execute(uint32_t operation, const uint8_t *request, size_t bytes, uint8_t *reply,
                          size_t limit, size_t *reply_bytes);

#endif
