/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demonstration's application in C. It hashes, signs and encrypts one file after the other with
 * keys that stay in the card, and notes how long each call took:
 *
 *     berth-demo-application FILE-LIST FOLDER SIGNING-KEY KEK WARM-UP-ROUNDS
 *
 * It connects, takes the first file through all calls WARM-UP-ROUNDS times unmeasured, prints
 * "ready", waits for a line on stdin, and prints "done" after each file. results.h says what it
 * leaves in the folder. io.berth.demo.application.FileWork is the same program in Java.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <berth/berth_hsm.h>

#include "results.h"

/* Longer than a worker needs to come back: the library waits, the application need not know. */
enum { TIMEOUT_MS = 10000, FILES_MOST = 4096, PATH_BYTES = 1024 };

struct file_work {
    berth_resource *key;
    berth_resource *kek;
    berth_sm2_public_key public_key;
    berth_wrapped_key session_key;
    struct results results;
    bool measured;
    int repeated; /* calls made again after "outcome unknown" */
};

struct file {
    uint8_t *content;
    size_t bytes;
    size_t padded_bytes; /* PKCS #7: 1 to 16 bytes more, a multiple of 16 */
};

static void check(berth_result result, const char *what) {
    if (result != BERTH_OK) {
        fprintf(stderr, "%s: %s %s: %s\n", what, berth_status_name(result),
                berth_reason_name(result), berth_last_error());
        exit(1);
    }
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void measured(struct file_work *work, const char *call, int64_t begin_ns) {
    if (work->measured) {
        results_call(&work->results, call, begin_ns, now_ns());
    }
}

static struct file read_file(const char *path) {
    struct file read = {0};
    FILE *file = fopen(path, "rbe");
    long size = -1;
    if (file != NULL && fseek(file, 0, SEEK_END) == 0) {
        size = ftell(file);
        rewind(file);
    }
    if (size >= 0) {
        read.bytes = (size_t)size;
        read.padded_bytes = (read.bytes / 16 + 1) * 16;
        read.content = malloc(read.padded_bytes);
    }
    if (read.content == NULL || fread(read.content, 1, read.bytes, file) != read.bytes) {
        perror(path);
        exit(1);
    }
    memset(read.content + read.bytes, (int)(read.padded_bytes - read.bytes),
           read.padded_bytes - read.bytes);
    fclose(file);
    return read;
}

/*
 * A fresh iv. Not marked idempotent, so that neither broker nor library ask twice: an answer that
 * is lost together with its worker is this program's to judge. Another random number does no harm.
 */
static void random_iv(struct file_work *work, uint8_t iv[16]) {
    static const uint8_t ask[] = {0x08, 16}; /* RandomRequest { bytes = 16 } */
    uint8_t reply[32];
    berth_request request = BERTH_REQUEST_INIT;
    berth_reply answer = BERTH_REPLY_INIT;
    request.operation = BERTH_OP_RANDOM;
    request.timeout_ms = TIMEOUT_MS;
    request.payload = ask;
    request.payload_bytes = sizeof ask;
    request.reply = reply;
    request.reply_limit = sizeof reply;
    berth_result result = berth_call(work->kek, &request, &answer);
    while (berth_status_of(result) == BERTH_STATUS_ABORTED) {
        work->repeated++;
        result = berth_call(work->kek, &request, &answer);
    }
    check(result, "random");
    if (answer.bytes != 18 || reply[0] != 0x0a || reply[1] != 16) { /* Bytes { data } */
        fprintf(stderr, "random: %u bytes that are no 16 random ones\n", answer.bytes);
        exit(1);
    }
    memcpy(iv, reply + 2, 16);
}

static void require(bool good, const char *what) {
    if (!good) {
        fprintf(stderr, "%s\n", what);
        exit(1);
    }
}

/* Hashes and signs; the signature is that of GB/T 32918: over SM3(Z || file). */
static void sign(struct file_work *work, const struct file *file, uint8_t digest[32],
                 uint8_t signature[64]) {
    uint8_t to_sign[32];
    bool valid;
    int64_t begin = now_ns();
    check(berth_sm3(work->key, file->content, file->bytes, NULL, NULL, digest, TIMEOUT_MS),
          "digest");
    measured(work, "sm3", begin);
    begin = now_ns();
    check(berth_sm3(work->key, file->content, file->bytes, &work->public_key, NULL, to_sign,
                    TIMEOUT_MS),
          "digest for signing");
    measured(work, "sm3", begin);
    begin = now_ns();
    check(berth_sm2_sign(work->key, to_sign, signature, TIMEOUT_MS), "sign");
    measured(work, "sm2-sign", begin);
    begin = now_ns();
    check(berth_sm2_verify(work->key, to_sign, signature, NULL, &valid, TIMEOUT_MS), "verify");
    measured(work, "sm2-verify", begin);
    require(valid, "verify: the card refuses its own signature");
}

/* Encrypts, and decrypts again to compare. */
static void encrypt(struct file_work *work, const struct file *file, uint8_t iv[16],
                    uint8_t *encrypted, uint8_t *decrypted) {
    uint8_t chain[16];
    int64_t begin = now_ns();
    random_iv(work, iv);
    measured(work, "random", begin);
    memcpy(chain, iv, sizeof chain);
    begin = now_ns();
    check(berth_sm4_encrypt(work->kek, &work->session_key, BERTH_SM4_CBC, chain, file->content,
                            file->padded_bytes, encrypted, TIMEOUT_MS),
          "encrypt");
    measured(work, "sm4-encrypt", begin);
    memcpy(chain, iv, sizeof chain);
    begin = now_ns();
    check(berth_sm4_decrypt(work->kek, &work->session_key, BERTH_SM4_CBC, chain, encrypted,
                            file->padded_bytes, decrypted, TIMEOUT_MS),
          "decrypt");
    measured(work, "sm4-decrypt", begin);
    require(memcmp(decrypted, file->content, file->padded_bytes) == 0,
            "decrypt: not what was encrypted");
}

static void work_on(struct file_work *work, const char *path, int number) {
    struct file file = read_file(path);
    uint8_t digest[32], signature[64], iv[16];
    uint8_t *encrypted = malloc(file.padded_bytes), *decrypted = malloc(file.padded_bytes);
    require(encrypted != NULL && decrypted != NULL, "out of memory");
    sign(work, &file, digest, signature);
    encrypt(work, &file, iv, encrypted, decrypted);
    if (work->measured) {
        char name[32];
        results_ciphertext(&work->results, number, encrypted, file.padded_bytes);
        snprintf(name, sizeof name, "file %d", number);
        results_begin(&work->results, name);
        results_hex(&work->results, digest, sizeof digest);
        results_hex(&work->results, signature, sizeof signature);
        results_hex(&work->results, iv, sizeof iv);
        results_end(&work->results);
    }
    free(encrypted);
    free(decrypted);
    free(file.content);
}

static int read_list(const char *list, char (*paths)[PATH_BYTES]) {
    int count = 0;
    FILE *file = fopen(list, "re");
    if (file == NULL) {
        perror(list);
        exit(1);
    }
    while (count < FILES_MOST && fgets(paths[count], PATH_BYTES, file) != NULL) {
        paths[count][strcspn(paths[count], "\n")] = '\0';
        count++;
    }
    fclose(file);
    require(count > 0, "an empty list of files");
    return count;
}

static void say(const char *word) {
    puts(word);
    fflush(stdout);
}

static void tell_keys(struct file_work *work) {
    results_begin(&work->results, "key");
    results_hex(&work->results, work->public_key.x, sizeof work->public_key.x);
    results_hex(&work->results, work->public_key.y, sizeof work->public_key.y);
    results_end(&work->results);
    results_begin(&work->results, "session-key");
    results_hex(&work->results, work->session_key.blob, work->session_key.bytes);
    results_end(&work->results);
}

int main(int argc, char **argv) {
    static char paths[FILES_MOST][PATH_BYTES];
    struct file_work work = {0};
    berth_conn *connection;
    char line[16];
    if (argc != 6) {
        fprintf(stderr, "usage: %s FILE-LIST FOLDER SIGNING-KEY KEK WARM-UP-ROUNDS\n", argv[0]);
        return 2;
    }
    int files = read_list(argv[1], paths);
    results_open(&work.results, argv[2]);
    check(berth_connect(NULL, NULL, &connection), "connect");
    check(berth_open(connection, argv[3], NULL, &work.key), argv[3]);
    check(berth_open(connection, argv[4], NULL, &work.kek), argv[4]);
    check(berth_export_public_key(work.key, BERTH_KEY_SIGN, &work.public_key, TIMEOUT_MS),
          "export");
    check(berth_generate_key(work.kek, 128, &work.session_key, TIMEOUT_MS), "generate key");
    tell_keys(&work);

    for (int round = 0; round < atoi(argv[5]); round++) {
        work_on(&work, paths[0], 0);
    }
    say("ready");
    if (fgets(line, sizeof line, stdin) == NULL) {
        return 1; /* whoever started this has gone */
    }
    work.measured = true;
    work.repeated = 0;
    for (int i = 0; i < files; i++) {
        work_on(&work, paths[i], i);
        say("done");
    }
    fprintf(work.results.results, "repeated %d\n", work.repeated);
    results_close(&work.results);
    berth_close(connection);
    return 0;
}
