/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SDF calls as commands, for system tests that hold a card's own library and Berth's in its place
 * against each other. The library is opened by its path, and nothing else is linked.
 *
 *   sdf_dialogue LIBRARY
 *
 * One command a line: a function's name without SDF_, then its arguments in order, of which an
 * output's buffer and length are left out. One answer a line: the code, and what was written.
 *
 *   handle       @NAME: what an earlier call gave it; null; bogus
 *   new handle   @NAME, or null
 *   bytes        HEX[:LENGTH], null[:LENGTH], "-" for none; LENGTH is told instead of the real one
 *   number       decimal, or 0x...
 *
 * Structures are bytes. Outputs' lengths are wild before every call, as some programs leave them.
 */
#include "dialogue.h"

#include <stdio.h>
#include <string.h>

#define WILD_LENGTH 0xA5A5A5A5u

/* The result of a call whose arguments are evaluated in order: C leaves that open otherwise. */
static void one_handle(void) {
    int (*call)(void *) = (int (*)(void *))function_of(words[0]);
    answer(call(handle()));
}

static void open_device(void) {
    int (*call)(void **) = (int (*)(void **))function_of(words[0]);
    answer(call(new_handle()));
}

static void open_session(void) {
    int (*call)(void *, void **) = (int (*)(void *, void **))function_of(words[0]);
    void *device = handle();
    answer(call(device, new_handle()));
}

static void destroy_key(void) {
    int (*call)(void *, void *) = (int (*)(void *, void *))function_of(words[0]);
    void *session = handle();
    answer(call(session, handle()));
}

static void random_bytes(void) {
    __typeof__(SDF_GenerateRandom) *call = function_of(words[0]);
    void *session = handle();
    unsigned count = number();
    answer_with(call(session, count, out), out, count);
}

static void get_right(void) {
    __typeof__(SDF_GetPrivateKeyAccessRight) *call = function_of(words[0]);
    void *session = handle();
    unsigned index = number();
    struct bytes *password = bytes();
    answer(call(session, index, password->data, password->length));
}

static void release_right(void) {
    __typeof__(SDF_ReleasePrivateKeyAccessRight) *call = function_of(words[0]);
    void *session = handle();
    answer(call(session, number()));
}

static void export_key(void) {
    __typeof__(SDF_ExportSignPublicKey_ECC) *call = function_of(words[0]);
    void *session = handle();
    unsigned index = number();
    answer_with(call(session, index, (ECCrefPublicKey *)out), out, sizeof(ECCrefPublicKey));
}

static void sign(void) {
    __typeof__(SDF_InternalSign_ECC) *call = function_of(words[0]);
    void *session = handle();
    unsigned index = number();
    struct bytes *data = bytes();
    answer_with(call(session, index, data->data, data->length, (ECCSignature *)out), out,
                sizeof(ECCSignature));
}

static void verify(void) {
    __typeof__(SDF_InternalVerify_ECC) *call = function_of(words[0]);
    void *session = handle();
    unsigned index = number();
    struct bytes *data = bytes();
    answer(call(session, index, data->data, data->length, (ECCSignature *)bytes()->data));
}

static void verify_external(void) {
    __typeof__(SDF_ExternalVerify_ECC) *call = function_of(words[0]);
    void *session = handle();
    unsigned algorithm = number();
    struct bytes *key = bytes();
    struct bytes *data = bytes();
    answer(call(session, algorithm, (ECCrefPublicKey *)key->data, data->data, data->length,
                (ECCSignature *)bytes()->data));
}

static void encrypt_external(void) {
    __typeof__(SDF_ExternalEncrypt_ECC) *call = function_of(words[0]);
    void *session = handle();
    unsigned algorithm = number();
    struct bytes *key = bytes();
    struct bytes *data = bytes();
    answer_with_cipher(call(session, algorithm, (ECCrefPublicKey *)key->data, data->data,
                            data->length, (ECCCipher *)out));
}

static void encrypt_internal(void) {
    __typeof__(SDF_InternalEncrypt_ECC) *call = function_of(words[0]);
    void *session = handle();
    unsigned index = number();
    unsigned algorithm = number();
    struct bytes *data = bytes();
    answer_with_cipher(call(session, index, algorithm, data->data, data->length, (ECCCipher *)out));
}

static void decrypt_internal(void) {
    __typeof__(SDF_InternalDecrypt_ECC) *call = function_of(words[0]);
    void *session = handle();
    unsigned index = number();
    unsigned algorithm = number();
    int code = call(session, index, algorithm, (ECCCipher *)bytes()->data, out, &out_length);
    answer_with(code, out, out_length);
}

static void generate_with_kek(void) {
    __typeof__(SDF_GenerateKeyWithKEK) *call = function_of(words[0]);
    void *session = handle();
    unsigned bits = number();
    unsigned algorithm = number();
    unsigned index = number();
    int code = call(session, bits, algorithm, index, out, &out_length, new_handle());
    answer_with(code, out, out_length);
}

static void import_with_kek(void) {
    __typeof__(SDF_ImportKeyWithKEK) *call = function_of(words[0]);
    void *session = handle();
    unsigned algorithm = number();
    unsigned index = number();
    struct bytes *key = bytes();
    answer(call(session, algorithm, index, key->data, key->length, new_handle()));
}

static void generate_with_pair(void) {
    __typeof__(SDF_GenerateKeyWithIPK_ECC) *call = function_of(words[0]);
    void *session = handle();
    unsigned index = number();
    unsigned bits = number();
    answer_with_cipher(call(session, index, bits, (ECCCipher *)out, new_handle()));
}

static void import_with_pair(void) {
    __typeof__(SDF_ImportKeyWithISK_ECC) *call = function_of(words[0]);
    void *session = handle();
    unsigned index = number();
    struct bytes *key = bytes();
    answer(call(session, index, (ECCCipher *)key->data, new_handle()));
}

/* Encrypt, Decrypt, CalculateMAC: the result, then the IV as it was left. */
static void with_key(void) {
    __typeof__(SDF_Encrypt) *call = function_of(words[0]);
    void *session = handle();
    void *key = handle();
    unsigned algorithm = number();
    struct bytes *iv = bytes();
    struct bytes *data = bytes();
    int code = call(session, key, algorithm, iv->data, data->data, data->length, out, &out_length);
    answer_with(code, out, out_length);
    if (code == SDR_OK && iv->data != NULL) {
        print_hex(iv->data, 16);
    }
}

static void hash_init(void) {
    __typeof__(SDF_HashInit) *call = function_of(words[0]);
    void *session = handle();
    unsigned algorithm = number();
    struct bytes *key = bytes();
    struct bytes *id = bytes();
    answer(call(session, algorithm, (ECCrefPublicKey *)key->data, id->data, id->length));
}

/* HashUpdate, CalculateMACUpdate, HMACUpdate. */
static void feed(void) {
    __typeof__(SDF_HashUpdate) *call = function_of(words[0]);
    void *session = handle();
    struct bytes *data = bytes();
    answer(call(session, data->data, data->length));
}

/* All that end with one output. */
void finish(void) {
    __typeof__(SDF_HashFinal) *call = function_of(words[0]);
    int code = call(handle(), out, &out_length);
    answer_with(code, out, out_length);
}

static void init_with_iv(void) {
    int (*call)(void *, void *, unsigned, unsigned char *, unsigned) =
        (int (*)(void *, void *, unsigned, unsigned char *, unsigned))function_of(words[0]);
    void *session = handle();
    void *key = handle();
    unsigned algorithm = number();
    struct bytes *iv = bytes();
    answer(call(session, key, algorithm, iv->data, iv->length));
}

static void init_hmac(void) {
    int (*call)(void *, void *, unsigned) =
        (int (*)(void *, void *, unsigned))function_of(words[0]);
    void *session = handle();
    void *key = handle();
    answer(call(session, key, number()));
}

void update_cipher(void) {
    int (*call)(void *, unsigned char *, unsigned, unsigned char *, unsigned *) = (int (*)(
        void *, unsigned char *, unsigned, unsigned char *, unsigned *))function_of(words[0]);
    void *session = handle();
    struct bytes *data = bytes();
    int code = call(session, data->data, data->length, out, &out_length);
    answer_with(code, out, out_length);
}

static const struct command COMMANDS[] = {
    {"OpenDevice", open_device},
    {"CloseDevice", one_handle},
    {"OpenSession", open_session},
    {"CloseSession", one_handle},
    {"GenerateRandom", random_bytes},
    {"GetPrivateKeyAccessRight", get_right},
    {"ReleasePrivateKeyAccessRight", release_right},
    {"ExportSignPublicKey_ECC", export_key},
    {"ExportEncPublicKey_ECC", export_key},
    {"InternalSign_ECC", sign},
    {"InternalVerify_ECC", verify},
    {"ExternalVerify_ECC", verify_external},
    {"ExternalEncrypt_ECC", encrypt_external},
    {"InternalEncrypt_ECC", encrypt_internal},
    {"InternalDecrypt_ECC", decrypt_internal},
    {"GenerateKeyWithKEK", generate_with_kek},
    {"ImportKeyWithKEK", import_with_kek},
    {"GenerateKeyWithIPK_ECC", generate_with_pair},
    {"ImportKeyWithISK_ECC", import_with_pair},
    {"DestroyKey", destroy_key},
    {"Encrypt", with_key},
    {"Decrypt", with_key},
    {"CalculateMAC", with_key},
    {"HashInit", hash_init},
    {"HashUpdate", feed},
    {"HashFinal", finish},
    {"EncryptInit", init_with_iv},
    {"EncryptUpdate", update_cipher},
    {"EncryptFinal", finish},
    {"DecryptInit", init_with_iv},
    {"DecryptUpdate", update_cipher},
    {"DecryptFinal", finish},
    {"CalculateMACInit", init_with_iv},
    {"CalculateMACUpdate", feed},
    {"CalculateMACFinal", finish},
    {"HMACInit", init_hmac},
    {"HMACUpdate", feed},
    {"HMACFinal", finish},
    {NULL, NULL},
};

static const struct command *find(const struct command *commands) {
    while (commands->name != NULL && strcmp(commands->name, words[0]) != 0) {
        commands++;
    }
    return commands->name == NULL ? NULL : commands;
}

static void execute(void) {
    const struct command *command = find(COMMANDS);
    command = command == NULL ? find(FURTHER_COMMANDS) : command;
    if (command == NULL) {
        fail("an unknown command:", words[0]);
        return;
    }
    out_length = second_length = WILD_LENGTH;
    command->run();
    putchar('\n');
    fflush(stdout);
}

int main(int argc, char **argv) {
    static char line[LINE_BYTES];
    if (argc != 2) {
        fail("usage:", "sdf_dialogue LIBRARY");
    }
    dialogue_open(argv[1]);
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *rest = line;
        char *next;
        word_count = word_at = 0;
        while (word_count < WORDS_MOST && (next = strtok_r(rest, " \n", &rest)) != NULL) {
            words[word_count++] = next;
        }
        if (word_count > 0) {
            word_at = 1;
            execute();
        }
    }
    return 0;
}
