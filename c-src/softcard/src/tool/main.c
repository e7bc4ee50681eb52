/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/tool.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: berth-softcard COMMAND DIR [options]\n"
    "\n"
    "  init DIR [--name NAME] [--serial SERIAL]             make a card, with its device pair at "
    "index 0\n"
    "  generate-key DIR --index N [--rsa BITS] [--access-password-file F]\n"
    "                                                       a signing pair and an encryption pair\n"
    "                                                       of SM2, or of RSA with 1024 or 2048 "
    "bits\n"
    "  import-key DIR --index N [--rsa BITS] [--sign-key F] [--encrypt-key F]\n"
    "             [--access-password-file F]\n"
    "                                                       SM2 private keys, PEM or 64 "
    "hexadecimal digits, or RSA\n"
    "                                                       private keys, PEM; a pair\n"
    "                                                       that is not given is generated\n"
    "  generate-kek DIR --index N                           a key-encryption key, N from 1\n"
    "  import-kek DIR --index N --key F                     a known one, 32 hexadecimal digits\n"
    "  list DIR                                             what the card holds\n"
    "  public-key DIR --index N --usage sign|encrypt [--rsa BITS] [--pem]\n"
    "                                                       04 | x | y or the modulus in\n"
    "                                                       hexadecimal, or PEM\n"
    "\n"
    "The store's password is the first line of the file named by --password-file, or else by\n"
    "BERTH_SOFTCARD_PASSWORD_FILE; only its owner may be able to read that file.\n"
    "\n"
    "Exit: 0 done, 1 failed, 2 usage, 3 wrong password, 4 damaged, 5 exists already, 6 not there, "
    "7 refused.\n";

int tool_failed(enum store_status status, const struct reason *why) {
    static const int codes[] = {
        [STORE_OK] = EXIT_DONE,         [STORE_ABSENT] = EXIT_ABSENT,
        [STORE_EXISTS] = EXIT_EXISTS,   [STORE_WRONG_PASSWORD] = EXIT_WRONG_PASSWORD,
        [STORE_DAMAGED] = EXIT_DAMAGED, [STORE_REFUSED] = EXIT_REFUSED,
        [STORE_FAILED] = EXIT_FAILED};
    fprintf(stderr, "berth-softcard: %s\n", why->text);
    return codes[status];
}

int tool_usage(const char *message) {
    fprintf(stderr, "berth-softcard: %s; see `berth-softcard --help`\n", message);
    return EXIT_USAGE;
}

enum store_status tool_open_store(const struct options *options, struct store *store,
                                  struct reason *why) {
    struct password password;
    enum store_status status = password_read(options->password_file, &password, why);
    if (status == STORE_OK)
        status = store_open(options->directory, password.text, store, why);
    password_wipe(&password);
    return status;
}

static const struct command commands[] = {
    {"init", command_init},
    {"generate-key", command_generate_key},
    {"import-key", command_import_key},
    {"generate-kek", command_generate_kek},
    {"import-kek", command_import_kek},
    {"list", command_list},
    {"public-key", command_public_key},
};

static bool parse_index(const char *text, long *index) {
    char *end;
    errno = 0;
    *index = strtol(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 &&
           *index <= KEY_INDEX_MOST;
}

/* False: getopt or this function has said what is wrong. */
static bool parse_options(int argc, char **argv, struct options *options) {
    enum {
        PASSWORD_FILE = 256,
        ACCESS_PASSWORD_FILE,
        SIGN_KEY,
        ENCRYPT_KEY,
        KEY,
        NAME,
        SERIAL,
        USAGE,
        INDEX,
        RSA_BITS,
        PEM
    };
    static const struct option known[] = {
        {"password-file", required_argument, NULL, PASSWORD_FILE},
        {"access-password-file", required_argument, NULL, ACCESS_PASSWORD_FILE},
        {"sign-key", required_argument, NULL, SIGN_KEY},
        {"encrypt-key", required_argument, NULL, ENCRYPT_KEY},
        {"key", required_argument, NULL, KEY},
        {"name", required_argument, NULL, NAME},
        {"serial", required_argument, NULL, SERIAL},
        {"usage", required_argument, NULL, USAGE},
        {"index", required_argument, NULL, INDEX},
        {"rsa", required_argument, NULL, RSA_BITS},
        {"pem", no_argument, NULL, PEM},
        {NULL, 0, NULL, 0}};
    int found;
    while ((found = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (found) {
        case PASSWORD_FILE:
            options->password_file = optarg;
            break;
        case ACCESS_PASSWORD_FILE:
            options->access_password_file = optarg;
            break;
        case SIGN_KEY:
            options->sign_key_file = optarg;
            break;
        case ENCRYPT_KEY:
            options->encrypt_key_file = optarg;
            break;
        case KEY:
            options->key_file = optarg;
            break;
        case NAME:
            options->name = optarg;
            break;
        case SERIAL:
            options->serial = optarg;
            break;
        case USAGE:
            options->usage = optarg;
            break;
        case INDEX:
            if (!parse_index(optarg, &options->index))
                return tool_usage("--index: expected a whole number from 0 to 65535") == EXIT_DONE;
            break;
        case RSA_BITS:
            if (!parse_index(optarg, &options->rsa_bits) || options->rsa_bits == 0)
                return tool_usage("--rsa: expected 1024 or 2048") == EXIT_DONE;
            break;
        case PEM:
            options->pem = true;
            break;
        default:
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv) {
    struct options options = {.index = -1};
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(help, stdout);
        return EXIT_DONE;
    }
    if (!parse_options(argc, argv, &options))
        return EXIT_USAGE;
    if (argc - optind != 2)
        return tool_usage("expected a command and the card's folder");
    options.directory = argv[optind + 1];
    if (options.password_file == NULL)
        options.password_file = getenv("BERTH_SOFTCARD_PASSWORD_FILE");
    if (options.password_file == NULL)
        return tool_usage(
            "no password: expected --password-file F or BERTH_SOFTCARD_PASSWORD_FILE");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[optind], commands[i].name) == 0)
            return commands[i].run(&options);
    return tool_usage("there is no such command");
}
