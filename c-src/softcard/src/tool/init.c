/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/tool.h"

#include "config/card_config.h"
#include "crypto/sm2.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Date 8, batch 3, number 5 digits; the number is random. */
static void make_serial(char serial[17]) {
    time_t now = time(NULL);
    struct tm day;
    uint32_t number = 0;
    gmtime_r(&now, &day);
    RAND_bytes((unsigned char *)&number, sizeof number);
    strftime(serial, 9, "%Y%m%d", &day);
    snprintf(serial + 8, 9, "001%05u", (unsigned)(number % 100000));
}

static bool plain_text(const char *text, size_t most) {
    size_t bytes = strlen(text);
    for (size_t i = 0; i < bytes; i++)
        if ((unsigned char)text[i] < 0x20)
            return false;
    return bytes >= 1 && bytes <= most;
}

static enum store_status put_config(const struct options *options, int folder, struct reason *why) {
    char serial[17];
    make_serial(serial);
    char *text = card_config_template(options->name == NULL ? "softcard" : options->name,
                                      options->serial == NULL ? serial : options->serial);
    if (text == NULL) {
        reason_set(why, "card.ini: out of memory");
        return STORE_FAILED;
    }
    enum store_status status =
        file_put(folder, "card.ini", (const uint8_t *)text, strlen(text), why);
    free(text);
    return status;
}

static enum store_status add_device_pair(const struct options *options, const char *password,
                                         struct reason *why) {
    struct store store;
    struct stored_pair pair = {0};
    enum store_status status = store_open(options->directory, password, &store, why);
    if (status != STORE_OK)
        return status;
    if (sm2_generate(pair.signing) && sm2_generate(pair.encryption)) {
        status = store_add_pair(&store, 0, &pair, why);
    } else {
        reason_set(why, "no random key can be made");
        status = STORE_FAILED;
    }
    OPENSSL_cleanse(&pair, sizeof pair);
    store_close(&store);
    return status;
}

/* card.ini comes last: without it no folder is a card, so an interrupted init leaves nothing that
 * could be opened by mistake. */
static enum store_status fill(const struct options *options, const char *password,
                              struct reason *why) {
    enum store_status status = store_create(options->directory, password, why);
    if (status == STORE_OK)
        status = add_device_pair(options, password, why);
    if (status != STORE_OK)
        return status;
    int folder = open(options->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        reason_set(why, "%s: %s", options->directory, strerror(errno));
        return STORE_FAILED;
    }
    status = put_config(options, folder, why);
    close(folder);
    return status;
}

int command_init(const struct options *options) {
    struct reason why;
    struct password password;
    if ((options->name != NULL && !plain_text(options->name, 16)) ||
        (options->serial != NULL && !plain_text(options->serial, 16)))
        return tool_usage("--name and --serial: expected 1 to 16 bytes of text");
    enum store_status status = password_read(options->password_file, &password, &why);
    if (status != STORE_OK)
        return tool_failed(status, &why);
    if (mkdir(options->directory, 0700) != 0 && errno != EEXIST) {
        reason_set(&why, "%s: %s", options->directory, strerror(errno));
        status = STORE_FAILED;
    } else {
        status = fill(options, password.text, &why);
        if (status == STORE_EXISTS)
            reason_set(&why,
                       "%s: holds a card already, or a part of one whose making was interrupted; "
                       "use it, or remove the folder to begin anew",
                       options->directory);
    }
    password_wipe(&password);
    if (status != STORE_OK)
        return tool_failed(status, &why);
    printf("%s: a new card, device pair at index 0\n", options->directory);
    return EXIT_DONE;
}
