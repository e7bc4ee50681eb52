/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/algorithms.h"

#include <openssl/crypto.h>
#include <pthread.h>

/*
 * Private numbers of EVP keys and our own copies of keys go to libcrypto's locked heap, which is
 * left out of core dumps. It does not grow; one SM2 pair takes about
 * 200 bytes of it, one RSA pair about 2 KiB.
 */
enum { SECURE_HEAP_BYTES = 1 << 20, SECURE_HEAP_SMALLEST_BYTES = 16 };

static pthread_once_t fetched_once = PTHREAD_ONCE_INIT;
static struct algorithms fetched;
static const char *missing;

static EVP_CIPHER *cipher(const char *name) {
    EVP_CIPHER *found = EVP_CIPHER_fetch(NULL, name, NULL);
    if (found == NULL)
        missing = name;
    return found;
}

static EVP_MD *digest(const char *name) {
    EVP_MD *found = EVP_MD_fetch(NULL, name, NULL);
    if (found == NULL)
        missing = name;
    return found;
}

static void fetch(void) {
    /* Its answer does not matter: when the process has set the heap up already, or it cannot be
     * locked, keys still work. */
    (void)CRYPTO_secure_malloc_init(SECURE_HEAP_BYTES, SECURE_HEAP_SMALLEST_BYTES);
    fetched.sm4_ecb = cipher("SM4-ECB");
    fetched.sm4_cbc = cipher("SM4-CBC");
    fetched.sm4_cfb = cipher("SM4-CFB");
    fetched.sm4_ofb = cipher("SM4-OFB");
    fetched.sm4_ctr = cipher("SM4-CTR");
    fetched.aes_256_gcm = cipher("AES-256-GCM");
    fetched.sm3 = digest("SM3");
    fetched.sha1 = digest("SHA1");
    fetched.sha256 = digest("SHA256");
    fetched.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (fetched.hmac == NULL)
        missing = "HMAC";
}

bool algorithms_ready(struct reason *why) {
    pthread_once(&fetched_once, fetch);
    if (missing != NULL)
        return reason_set(
            why,
            "%s has no %s; use an OpenSSL 3 built with SM2, SM3 and SM4 and its default "
            "provider active (see `openssl list -providers`)",
            OpenSSL_version(OPENSSL_VERSION), missing);
    return true;
}

const struct algorithms *algorithms(void) {
    return &fetched;
}
