/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signs a file with an SM2 key that stays in the card, verifies the signature there, and takes the
 * file through SM4 and back.
 *
 *     sign_file FILE [SIGNING-KEY [KEK]]
 *     sign_file letter.txt hsm:payments/sign-key-1 hsm:payments/kek-1
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <berth/berth_hsm.h>

/* Longer than a worker needs to come back. */
enum { TIMEOUT_MS = 10000 };

static void check(berth_result result, const char *what) {
    if (result != BERTH_OK) {
        fprintf(stderr, "%s: %s %s: %s\n", what, berth_status_name(result),
                berth_reason_name(result), berth_last_error());
        exit(1);
    }
}

static void print_hex(const char *name, const uint8_t *bytes, size_t count) {
    printf("%-10s ", name);
    for (size_t i = 0; i < count; i++) {
        printf("%02x", bytes[i]);
    }
    printf("\n");
}

/* The whole file, followed by zeros up to a multiple of 16 bytes and never empty. */
static uint8_t *read_file(const char *path, size_t *bytes, size_t *padded_bytes) {
    FILE *file = fopen(path, "rb");
    long size = -1;
    if (file != NULL && fseek(file, 0, SEEK_END) == 0) {
        size = ftell(file);
        rewind(file);
    }
    uint8_t *content = size < 0 ? NULL : calloc(1, ((size_t)size / 16 + 1) * 16);
    if (content == NULL || fread(content, 1, (size_t)size, file) != (size_t)size) {
        perror(path);
        exit(1);
    }
    fclose(file);
    *bytes = (size_t)size;
    *padded_bytes = ((size_t)size / 16 + 1) * 16;
    return content;
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 4) {
        fprintf(stderr, "usage: %s FILE [SIGNING-KEY [KEK]]\n", argv[0]);
        return 2;
    }
    const char *key_name = argc > 2 ? argv[2] : "hsm:payments/sign-key-1";
    const char *kek_name = argc > 3 ? argv[3] : "hsm:payments/kek-1";
    size_t bytes, padded_bytes;
    uint8_t *content = read_file(argv[1], &bytes, &padded_bytes);

    berth_conn *connection;
    berth_resource *key, *kek;
    check(berth_connect(NULL, NULL, &connection), "connect");
    check(berth_open(connection, key_name, NULL, &key), key_name);
    check(berth_open(connection, kek_name, NULL, &kek), kek_name);

    /* The signature of GB/T 32918: over SM3(Z || file), where Z binds the signer's public key. */
    berth_sm2_public_key public_key;
    uint8_t digest[BERTH_SM3_BYTES], signature[BERTH_SM2_SIGNATURE_BYTES];
    bool valid;
    check(berth_export_public_key(key, BERTH_KEY_SIGN, &public_key, TIMEOUT_MS), "export");
    check(berth_sm3(key, content, bytes, &public_key, NULL, digest, TIMEOUT_MS), "digest");
    check(berth_sm2_sign(key, digest, signature, TIMEOUT_MS), "sign");
    check(berth_sm2_verify(key, digest, signature, &public_key, &valid, TIMEOUT_MS), "verify");
    print_hex("key x", public_key.x, sizeof public_key.x);
    print_hex("key y", public_key.y, sizeof public_key.y);
    print_hex("digest", digest, sizeof digest);
    print_hex("signature", signature, sizeof signature);
    printf("%-10s %s\n", "valid", valid ? "yes" : "no");

    berth_wrapped_key session_key;
    uint8_t iv[BERTH_SM4_BLOCK_BYTES], iv_back[BERTH_SM4_BLOCK_BYTES];
    uint8_t *encrypted = malloc(padded_bytes), *decrypted = malloc(padded_bytes);
    if (encrypted == NULL || decrypted == NULL) {
        perror("malloc");
        return 1;
    }
    check(berth_generate_key(kek, 128, &session_key, TIMEOUT_MS), "generate key");
    check(berth_random(kek, iv, sizeof iv, TIMEOUT_MS), "random");
    memcpy(iv_back, iv, sizeof iv);
    check(berth_sm4_encrypt(kek, &session_key, BERTH_SM4_CBC, iv, content, padded_bytes, encrypted,
                            TIMEOUT_MS),
          "encrypt");
    check(berth_sm4_decrypt(kek, &session_key, BERTH_SM4_CBC, iv_back, encrypted, padded_bytes,
                            decrypted, TIMEOUT_MS),
          "decrypt");
    bool same = memcmp(content, decrypted, padded_bytes) == 0 &&
                memcmp(content, encrypted, padded_bytes) != 0;
    printf("%-10s %s\n", "SM4", same ? "there and back" : "WRONG");

    free(encrypted);
    free(decrypted);
    free(content);
    berth_close(connection);
    return valid && same ? 0 : 1;
}
