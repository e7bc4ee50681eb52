/* SPDX-License-Identifier: Apache-2.0 */
/* The peer's answers to LIST: see peer.h. */
#ifndef BERTH_CLIENT_TESTS_PEER_LIST_H
#define BERTH_CLIENT_TESTS_PEER_LIST_H

#include <stdint.h>

/* Answers one LIST in the way that the sub-principal's name selects. */
void peer_list_answer(int socket, uint64_t token, uint32_t after, const char *sub);

#endif
