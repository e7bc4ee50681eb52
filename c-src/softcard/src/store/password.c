/* SPDX-License-Identifier: Apache-2.0 */
#include "store/password.h"

#include "crypto/algorithms.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* PBKDF2 with HMAC-SM3, some 10 ms: the verifier itself is kept encrypted. */
enum { VERIFIER_ITERATIONS = 10000 };

static enum store_status check_file(int file, const char *path, struct reason *why) {
    struct stat stat;
    if (fstat(file, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        reason_set(why, "password file %s: not a regular file", path);
        return STORE_REFUSED;
    }
    if ((stat.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        reason_set(why,
                   "password file %s: mode is %03o, so that others can read it; expected 600 or "
                   "400 (chmod 600 %s)",
                   path, (unsigned)stat.st_mode & 0777, path);
        return STORE_REFUSED;
    }
    return STORE_OK;
}

static enum store_status take_first_line(const char *path, const char *content, size_t bytes,
                                         struct password *password, struct reason *why) {
    size_t line = 0;
    while (line < bytes && content[line] != '\n' && content[line] != '\r')
        line++;
    if (memchr(content, '\0', line) != NULL) {
        reason_set(why, "password file %s: holds a zero byte; expected one line of text", path);
        return STORE_REFUSED;
    }
    if (line < PASSWORD_BYTES_LEAST || line > PASSWORD_BYTES_MOST) {
        reason_set(why, "password file %s: expected a first line of %d to %d bytes, found %zu",
                   path, PASSWORD_BYTES_LEAST, PASSWORD_BYTES_MOST, line);
        return STORE_REFUSED;
    }
    memcpy(password->text, content, line);
    password->text[line] = '\0';
    return STORE_OK;
}

enum store_status password_read(const char *path, struct password *password, struct reason *why) {
    char content[PASSWORD_BYTES_MOST + 2];
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        reason_set(why, "password file %s: %s", path, strerror(errno));
        return errno == ENOENT ? STORE_ABSENT : STORE_FAILED;
    }
    enum store_status status = check_file(file, path, why);
    if (status == STORE_OK) {
        size_t bytes = 0;
        ssize_t got;
        while ((got = read(file, content + bytes, sizeof content - bytes)) > 0)
            bytes += (size_t)got;
        status = take_first_line(path, content, bytes, password, why);
        OPENSSL_cleanse(content, sizeof content);
    }
    close(file);
    return status;
}

void password_wipe(struct password *password) {
    OPENSSL_cleanse(password, sizeof *password);
}

static bool derive(const struct password_verifier *verifier, const uint8_t *password, size_t bytes,
                   uint8_t out[32]) {
    return PKCS5_PBKDF2_HMAC((const char *)password, (int)bytes, verifier->salt,
                             sizeof verifier->salt, VERIFIER_ITERATIONS, algorithms()->sm3, 32,
                             out) == 1;
}

bool password_verifier_make(struct password_verifier *verifier, const char *password) {
    verifier->set = 1;
    return RAND_bytes(verifier->salt, sizeof verifier->salt) == 1 &&
           derive(verifier, (const uint8_t *)password, strlen(password), verifier->hash);
}

bool password_verifier_accepts(const struct password_verifier *verifier, const uint8_t *password,
                               size_t bytes) {
    uint8_t hash[32];
    bool accepted = bytes <= PASSWORD_BYTES_MOST && derive(verifier, password, bytes, hash) &&
                    CRYPTO_memcmp(hash, verifier->hash, sizeof hash) == 0;
    OPENSSL_cleanse(hash, sizeof hash);
    return accepted;
}
