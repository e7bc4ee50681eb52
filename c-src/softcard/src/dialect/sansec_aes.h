/* SPDX-License-Identifier: Apache-2.0 */
/* AES-128 under a session key, as the core does SM4: the same modes, without padding. */
#ifndef BERTH_SOFTCARD_SANSEC_AES_H
#define BERTH_SOFTCARD_SANSEC_AES_H

#include <stdbool.h>

unsigned aes_cipher(void *session, bool encrypting, void *key, unsigned mode, unsigned char *iv,
                    unsigned char *in, unsigned bytes, unsigned char *out, unsigned *out_bytes);
unsigned aes_mac(void *session, void *key, unsigned char *iv, unsigned char *data, unsigned bytes,
                 unsigned char *mac, unsigned *mac_bytes);
unsigned aes_generate_under_kek(void *session, unsigned bits, unsigned mode, unsigned kek,
                                unsigned char *wrapped, unsigned *wrapped_bytes, void **key);
unsigned aes_import_under_kek(void *session, unsigned mode, unsigned kek, unsigned char *wrapped,
                              unsigned bytes, void **key);

#endif
