/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The typed HSM calls as commands, for system tests that hold this client and the Java one against
 * each other: one command a line on standard input, one answer a line on standard output.
 *
 *   open NAME [SUB-PRINCIPAL]              what the following commands are for
 *   sign DIGEST                            verify DIGEST SIGNATURE
 *   encrypt PLAINTEXT                      decrypt CIPHERTEXT
 *   sm4-encrypt BLOB MODE IV DATA          sm4-decrypt BLOB MODE IV DATA
 *   cbc-mac BLOB IV DATA                   hmac BLOB DATA
 *   sm3 DATA                               random BYTES
 *   public-key USAGE                       generate
 *   call OPERATION PAYLOAD                 any operation, its number and payload in hexadecimal
 *
 * Bytes are hexadecimal, "-" for none. Answers: "ok" and the result, or "STATUS reason: text".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <berth/berth_hsm.h>

#define LINE_BYTES 65536
#define DATA_BYTES 16384
#define WORDS_MAX 6
#define TIMEOUT_MS 30000

struct bytes {
    uint8_t data[DATA_BYTES];
    size_t count;
};

struct command {
    char *word[WORDS_MAX];
    size_t words;
};

static void fail(const char *why) {
    fprintf(stderr, "hsm_dialogue: %s\n", why);
    exit(2);
}

static const char *word(const struct command *command, size_t number) {
    if (number >= command->words) {
        fail("a command lacks words");
    }
    return command->word[number];
}

static struct bytes *parse(const struct command *command, size_t number, struct bytes *into) {
    const char *text = word(command, number);
    into->count = strcmp(text, "-") == 0 ? 0 : strlen(text) / 2;
    if (into->count > DATA_BYTES) {
        fail("too many bytes");
    }
    for (size_t i = 0; i < into->count; i++) {
        unsigned value;
        if (sscanf(text + 2 * i, "%2x", &value) != 1) {
            fail("no hexadecimal number");
        }
        into->data[i] = (uint8_t)value;
    }
    return into;
}

static void print(berth_result result, const void *data, size_t count) {
    if (result != BERTH_OK) {
        printf("%s %s: %s\n", berth_status_name(result), berth_reason_name(result),
               berth_last_error());
        return;
    }
    printf("ok ");
    for (size_t i = 0; i < count; i++) {
        printf("%02x", ((const uint8_t *)data)[i]);
    }
    putchar('\n');
}

static void parse_key(const struct command *command, berth_wrapped_key *key) {
    static struct bytes blob;
    parse(command, 1, &blob);
    if (blob.count > sizeof key->blob) {
        fail("a wrapped key that is too long");
    }
    memcpy(key->blob, blob.data, blob.count);
    key->bytes = (uint32_t)blob.count;
}

static void sm2(berth_resource *key, const struct command *command) {
    static struct bytes in, signature, out;
    const char *name = command->word[0];
    parse(command, 1, &in);
    out.count = sizeof out.data;
    if (strcmp(name, "sign") == 0) {
        print(berth_sm2_sign(key, in.data, out.data, TIMEOUT_MS), out.data,
              BERTH_SM2_SIGNATURE_BYTES);
    } else if (strcmp(name, "verify") == 0) {
        bool valid;
        parse(command, 2, &signature);
        berth_result result =
            berth_sm2_verify(key, in.data, signature.data, NULL, &valid, TIMEOUT_MS);
        print(result, valid ? "\1" : "\0", 1);
    } else if (strcmp(name, "encrypt") == 0) {
        berth_result result =
            berth_sm2_encrypt(key, in.data, in.count, NULL, out.data, &out.count, TIMEOUT_MS);
        print(result, out.data, out.count);
    } else {
        berth_result result =
            berth_sm2_decrypt(key, in.data, in.count, out.data, &out.count, TIMEOUT_MS);
        print(result, out.data, out.count);
    }
}

static void sm4(berth_resource *kek, const struct command *command, bool encrypt) {
    static struct bytes iv, data, out;
    berth_wrapped_key key;
    parse_key(command, &key);
    enum berth_sm4_mode mode = (enum berth_sm4_mode)strtoul(word(command, 2), NULL, 10);
    parse(command, 3, &iv);
    parse(command, 4, &data);
    uint8_t *used_iv = iv.count == 0 ? NULL : iv.data;
    berth_result result = encrypt ? berth_sm4_encrypt(kek, &key, mode, used_iv, data.data,
                                                      data.count, out.data, TIMEOUT_MS)
                                  : berth_sm4_decrypt(kek, &key, mode, used_iv, data.data,
                                                      data.count, out.data, TIMEOUT_MS);
    print(result, out.data, data.count);
}

static void mac(berth_resource *kek, const struct command *command, bool hmac) {
    static struct bytes iv, data;
    berth_wrapped_key key;
    uint8_t out[32];
    size_t bytes = sizeof out;
    parse_key(command, &key);
    if (!hmac) {
        parse(command, 2, &iv);
    }
    parse(command, hmac ? 2 : 3, &data);
    berth_result result = berth_mac(kek, &key, hmac ? BERTH_MAC_HMAC_SM3 : BERTH_MAC_SM4_CBC,
                                    hmac || iv.count == 0 ? NULL : iv.data, data.data, data.count,
                                    out, &bytes, TIMEOUT_MS);
    print(result, out, bytes);
}

static void call(berth_resource *resource, const struct command *command) {
    static struct bytes payload, out;
    berth_request request = BERTH_REQUEST_INIT;
    berth_reply reply = BERTH_REPLY_INIT;
    request.operation = (uint32_t)strtoul(word(command, 1), NULL, 16);
    request.timeout_ms = TIMEOUT_MS;
    request.payload = parse(command, 2, &payload)->data;
    request.payload_bytes = payload.count;
    request.reply = out.data;
    request.reply_limit = 4096;
    berth_result result = berth_call(resource, &request, &reply);
    print(result, out.data, reply.bytes);
}

static void other(berth_resource *resource, const struct command *command) {
    static struct bytes data;
    const char *name = command->word[0];
    if (strcmp(name, "sm3") == 0) {
        uint8_t digest[BERTH_SM3_BYTES];
        parse(command, 1, &data);
        print(berth_sm3(resource, data.data, data.count, NULL, NULL, digest, TIMEOUT_MS), digest,
              sizeof digest);
    } else if (strcmp(name, "random") == 0) {
        size_t count = strtoul(word(command, 1), NULL, 10);
        if (count > sizeof data.data) {
            fail("too many random bytes");
        }
        print(berth_random(resource, data.data, count, TIMEOUT_MS), data.data, count);
    } else if (strcmp(name, "public-key") == 0) {
        berth_sm2_public_key key;
        enum berth_key_usage usage = (enum berth_key_usage)strtoul(word(command, 1), NULL, 10);
        print(berth_export_public_key(resource, usage, &key, TIMEOUT_MS), &key, sizeof key);
    } else if (strcmp(name, "generate") == 0) {
        berth_wrapped_key key = {0};
        berth_result result = berth_generate_key(resource, 128, &key, TIMEOUT_MS);
        print(result, key.blob, key.bytes);
    } else if (strcmp(name, "call") == 0) {
        call(resource, command);
    } else {
        fail("an unknown command");
    }
}

static void execute(berth_conn *connection, berth_resource **resource,
                    const struct command *command) {
    const char *name = command->word[0];
    if (strcmp(name, "open") == 0) {
        berth_open_options options = BERTH_OPEN_OPTIONS_INIT;
        options.timeout_ms = TIMEOUT_MS;
        options.on_behalf_of = command->words > 2 ? command->word[2] : NULL;
        (void)berth_release(*resource);
        *resource = NULL;
        print(berth_open(connection, word(command, 1), &options, resource), "", 0);
    } else if (*resource == NULL) {
        fail("nothing is open");
    } else if (strcmp(name, "sign") == 0 || strcmp(name, "verify") == 0 ||
               strcmp(name, "encrypt") == 0 || strcmp(name, "decrypt") == 0) {
        sm2(*resource, command);
    } else if (strcmp(name, "sm4-encrypt") == 0 || strcmp(name, "sm4-decrypt") == 0) {
        sm4(*resource, command, strcmp(name, "sm4-encrypt") == 0);
    } else if (strcmp(name, "cbc-mac") == 0 || strcmp(name, "hmac") == 0) {
        mac(*resource, command, strcmp(name, "hmac") == 0);
    } else {
        other(*resource, command);
    }
}

int main(int argc, char **argv) {
    static char line[LINE_BYTES];
    berth_connect_options options = BERTH_CONNECT_OPTIONS_INIT;
    berth_conn *connection;
    berth_resource *resource = NULL;
    options.connect_timeout_ms = TIMEOUT_MS;
    if (argc != 2) {
        fail("usage: hsm_dialogue SOCKET");
    }
    if (berth_connect(argv[1], &options, &connection) != BERTH_OK) {
        fail(berth_last_error());
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        struct command command = {.words = 0};
        char *rest = line;
        char *next;
        while (command.words < WORDS_MAX && (next = strtok_r(rest, " \n", &rest)) != NULL) {
            command.word[command.words++] = next;
        }
        if (command.words > 0) {
            execute(connection, &resource, &command);
            fflush(stdout);
        }
    }
    (void)berth_close(connection);
    return 0;
}
