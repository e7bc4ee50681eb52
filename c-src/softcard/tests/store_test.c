/* SPDX-License-Identifier: Apache-2.0 */
/* The encrypted store and the provisioning tool: wrong passwords, damage, permissions, what is
 * refused and how it is said. */
#include "card_fixture.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DONE, FAILED, USAGE, WRONG_PASSWORD, DAMAGED, EXISTS, ABSENT, REFUSED };

static char path[512], other[512];

static const char *in_card(const char *name) {
    snprintf(path, sizeof path, "%s/%s", fixture_card, name);
    return path;
}

static int try_open(void) {
    void *device;
    int status = SDF_OpenDevice(&device);
    if (status == SDR_OK)
        CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    return status;
}

static const char *password_file(const char *text, unsigned mode) {
    snprintf(other, sizeof other, "%s", fixture_path("other-password"));
    fixture_write(other, text, strlen(text), mode);
    return other;
}

static void the_list_shows_every_key(void) {
    CHECK_EQUAL(DONE, run_tool("list", NULL));
    CHECK(strstr(run_output(), "0     device pair") != NULL);
    CHECK(strstr(run_output(), "1     signing and encryption pair  password") != NULL);
    CHECK(strstr(run_output(), "3     signing and encryption pair  no password") != NULL);
    CHECK(strstr(run_output(), "2     key-encryption key") != NULL);
}

static void a_wrong_password_is_told_apart_from_damage(void) {
    unsigned char content[512];
    password_file("incorrect horse\n", 0600);
    CHECK_EQUAL(WRONG_PASSWORD, run_tool("list", "--password-file", other, NULL));
    CHECK(strstr(run_output(), "password is wrong") != NULL);
    setenv("BERTH_SOFTCARD_PASSWORD_FILE", other, 1);
    CHECK_EQUAL(SDR_OPENDEVICE, try_open());
    setenv("BERTH_SOFTCARD_PASSWORD_FILE", fixture_path("password"), 1);
    CHECK_EQUAL(SDR_OK, try_open());

    size_t bytes = fixture_read(in_card("store.key"), content, sizeof content);
    CHECK_EQUAL(144, bytes);
    for (size_t i = 0; i < bytes; i += 7) {
        content[i] ^= 0x10;
        fixture_write(path, content, bytes, 0600);
        CHECK_EQUAL(DAMAGED, run_tool("list", NULL));
        CHECK_EQUAL(SDR_OPENDEVICE, try_open());
        content[i] ^= 0x10;
    }
    for (size_t shorter = 0; shorter < bytes; shorter += 48) {
        fixture_write(path, content, shorter, 0600);
        CHECK_EQUAL(DAMAGED, run_tool("list", NULL));
    }
    fixture_write(path, content, bytes, 0600);
    CHECK_EQUAL(DONE, run_tool("list", NULL));
}

/* The plain hash at a file's end can be made anew by anyone; the tag cannot. */
static void repair_hash(unsigned char *content, size_t bytes) {
    CHECK(EVP_Digest(content, bytes - 32, content + bytes - 32, NULL, EVP_sm3(), NULL));
}

static void an_altered_key_file_is_refused_with_its_name_and_others_go_on(void) {
    unsigned char content[512], e[32] = {0};
    ECCSignature signature;
    size_t bytes = fixture_read(in_card("keys/pair-3"), content, sizeof content);
    for (int repaired = 0; repaired < 2; repaired++) {
        content[70] ^= 1;
        if (repaired)
            repair_hash(content, bytes);
        fixture_write(in_card("keys/pair-3"), content, bytes, 0600);
        CHECK_EQUAL(DAMAGED, run_tool("list", NULL));
        CHECK(strstr(run_output(), repaired ? "pair-3: the file was altered"
                                            : "pair-3: the file is damaged") != NULL);
        void *device, *session;
        device = open_device();
        session = open_session(device);
        CHECK_EQUAL(SDR_KEYERR, SDF_InternalSign_ECC(session, 3, e, 32, &signature));
        CHECK_EQUAL(SDR_OK, SDF_InternalSign_ECC(session, 2, e, 32, &signature));
        CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
        content[70] ^= 1;
    }
    repair_hash(content, bytes);
    fixture_write(in_card("keys/pair-3"), content, bytes, 0600);
    CHECK_EQUAL(DONE, run_tool("list", NULL));
}

static void a_key_file_cannot_stand_in_for_another(void) {
    unsigned char content[512];
    size_t bytes = fixture_read(in_card("keys/pair-2"), content, sizeof content);
    fixture_write(in_card("keys/pair-9"), content, bytes, 0600);
    CHECK_EQUAL(DAMAGED, run_tool("list", NULL));
    content[12] = 9; /* the index in the header, which is authenticated */
    repair_hash(content, bytes);
    fixture_write(in_card("keys/pair-9"), content, bytes, 0600);
    CHECK_EQUAL(DAMAGED, run_tool("list", NULL));
    CHECK(strstr(run_output(), "pair-9: the file was altered") != NULL);
    CHECK_EQUAL(0, unlink(in_card("keys/pair-9")));
}

static void a_store_key_that_asks_for_absurd_work_is_refused(void) {
    unsigned char content[512];
    size_t bytes = fixture_read(in_card("store.key"), content, sizeof content);
    content[16] = 60; /* log2 of scrypt's N */
    repair_hash(content, bytes);
    fixture_write(path, content, bytes, 0600);
    CHECK_EQUAL(FAILED, run_tool("list", NULL));
    content[16] = 15;
    repair_hash(content, bytes);
    fixture_write(in_card("store.key"), content, bytes, 0600);
    CHECK_EQUAL(DONE, run_tool("list", NULL));
}

static void no_key_lies_on_the_disk_in_the_clear(void) {
    unsigned char content[512], secret[32];
    from_hex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8", secret);
    size_t bytes = fixture_read(in_card("keys/pair-2"), content, sizeof content);
    CHECK(memmem(content, bytes, secret, 8) == NULL);
    from_hex("0123456789abcdeffedcba9876543210", secret);
    bytes = fixture_read(in_card("keys/kek-2"), content, sizeof content);
    CHECK(memmem(content, bytes, secret, 8) == NULL);
}

static void what_init_made_only_its_owner_can_read(void) {
    static const char *const files[] = {"",         "keys",        "store.key",
                                        "card.ini", "keys/pair-2", "keys/kek-2"};
    struct stat stat_;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        CHECK_EQUAL(0, stat(in_card(files[i]), &stat_));
        CHECK_EQUAL(0, stat_.st_mode & 077);
    }
}

static void a_password_file_that_others_can_read_is_refused(void) {
    static const unsigned modes[] = {0640, 0604, 0620, 0666};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        password_file("correct horse 1\n", modes[i]);
        CHECK_EQUAL(REFUSED, run_tool("list", "--password-file", other, NULL));
        CHECK(strstr(run_output(), "chmod 600") != NULL);
        setenv("BERTH_SOFTCARD_PASSWORD_FILE", other, 1);
        CHECK_EQUAL(SDR_OPENDEVICE, try_open());
    }
    password_file("correct horse 1\n", 0400);
    CHECK_EQUAL(DONE, run_tool("list", "--password-file", other, NULL));
    CHECK_EQUAL(SDR_OK, try_open());
    setenv("BERTH_SOFTCARD_PASSWORD_FILE", fixture_path("password"), 1);
}

static void a_password_is_one_line_of_a_sensible_length(void) {
    static char endless[4000];
    memset(endless, 'x', sizeof endless - 1);
    CHECK_EQUAL(REFUSED, run_tool("list", "--password-file", password_file("short\n", 0600), NULL));
    CHECK_EQUAL(REFUSED, run_tool("list", "--password-file", password_file("", 0600), NULL));
    CHECK_EQUAL(REFUSED, run_tool("list", "--password-file", password_file(endless, 0600), NULL));
    CHECK_EQUAL(REFUSED, run_tool("list", "--password-file", fixture_folder, NULL));
    CHECK_EQUAL(ABSENT, run_tool("list", "--password-file", "/nonexistent", NULL));
    CHECK_EQUAL(DONE, run_tool("list", "--password-file",
                               password_file("correct horse 1\r\nmore\n", 0600), NULL));
}

static void nothing_is_overwritten(void) {
    unsigned char before[512], after[512];
    size_t bytes = fixture_read(in_card("keys/pair-3"), before, sizeof before);
    CHECK_EQUAL(EXISTS, run_tool("generate-key", "--index", "3", NULL));
    CHECK_EQUAL(EXISTS, run_tool("generate-kek", "--index", "1", NULL));
    CHECK_EQUAL(EXISTS, run_tool("init", NULL));
    CHECK(strstr(run_output(), "holds a card already") != NULL);
    CHECK_EQUAL(bytes, fixture_read(in_card("keys/pair-3"), after, sizeof after));
    CHECK_BYTES(before, after, bytes);
}

static void a_key_added_while_the_card_is_open_is_found(void) {
    unsigned char e[32] = {0};
    ECCSignature signature;
    void *device = open_device(), *session = open_session(device);
    CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_InternalSign_ECC(session, 40, e, 32, &signature));
    CHECK_EQUAL(DONE, run_tool("generate-key", "--index", "40", NULL));
    CHECK_EQUAL(SDR_OK, SDF_InternalSign_ECC(session, 40, e, 32, &signature));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
}

static void a_pem_key_comes_in_and_its_public_key_goes_out(void) {
    char private_file[512], expected[1024];
    snprintf(private_file, sizeof private_file, "%s", fixture_path("private.pem"));
    CHECK_EQUAL(0, run("openssl", "genpkey", "-algorithm", "SM2", "-out", private_file, NULL));
    CHECK_EQUAL(DONE, run_tool("import-key", "--index", "41", "--encrypt-key", private_file, NULL));
    CHECK_EQUAL(0, run("openssl", "pkey", "-in", private_file, "-pubout", NULL));
    snprintf(expected, sizeof expected, "%s", run_output());
    CHECK_EQUAL(DONE, run_tool("public-key", "--index", "41", "--usage", "encrypt", "--pem", NULL));
    CHECK(strcmp(expected, run_output()) == 0);
    CHECK_EQUAL(DONE, run_tool("public-key", "--index", "2", "--usage", "sign", NULL));
    CHECK(strncmp(run_output(), "0409f9df311e5421a1", 18) == 0);
    CHECK_EQUAL(131, strlen(run_output()));
}

static void keys_that_cannot_be_are_refused(void) {
    static const char *const wrong[] = {
        "",
        "00",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54122", /* n - 1 */
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
        "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8 and more",
        "-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_EQUAL(REFUSED, run_tool("import-key", "--index", "50", "--sign-key",
                                      password_file(wrong[i], 0600), NULL));
    CHECK_EQUAL(0, run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                       "ec_paramgen_curve:P-256", "-out", other, NULL));
    CHECK_EQUAL(REFUSED, run_tool("import-key", "--index", "50", "--sign-key", other, NULL));
    CHECK_EQUAL(REFUSED, run_tool("import-kek", "--index", "50", "--key",
                                  password_file("0123", 0600), NULL));
    CHECK_EQUAL(ABSENT,
                run_tool("import-key", "--index", "50", "--sign-key", "/nonexistent", NULL));
    CHECK_EQUAL(ABSENT, run_tool("public-key", "--index", "50", "--usage", "sign", NULL));
}

static void wrong_usage_is_exit_code_2(void) {
    CHECK_EQUAL(USAGE, run_tool("dance", NULL));
    CHECK_EQUAL(USAGE, run_tool("list", "too", "many", NULL));
    CHECK_EQUAL(USAGE, run_tool("list", "--unknown", NULL));
    CHECK_EQUAL(USAGE, run_tool("generate-key", NULL));
    CHECK_EQUAL(USAGE, run_tool("generate-key", "--index", "65536", NULL));
    CHECK_EQUAL(USAGE, run_tool("generate-key", "--index", "-1", NULL));
    CHECK_EQUAL(USAGE, run_tool("generate-key", "--index", "1x", NULL));
    CHECK_EQUAL(USAGE, run_tool("generate-kek", "--index", "0", NULL));
    CHECK_EQUAL(USAGE, run_tool("import-key", "--index", "5", NULL));
    CHECK_EQUAL(USAGE, run_tool("public-key", "--index", "2", NULL));
    CHECK_EQUAL(USAGE, run_tool("public-key", "--index", "2", "--usage", "both", NULL));
    CHECK_EQUAL(USAGE, run_tool("init", "--name", "seventeen bytes!!", NULL));
}

static void a_missing_setting_or_folder_is_said(void) {
    unsetenv("BERTH_SOFTCARD_PASSWORD_FILE");
    CHECK_EQUAL(USAGE, run_tool("list", NULL));
    CHECK_EQUAL(SDR_OPENDEVICE, try_open());
    setenv("BERTH_SOFTCARD_PASSWORD_FILE", fixture_path("password"), 1);
    setenv("BERTH_SOFTCARD_HOME", "/nonexistent", 1);
    CHECK_EQUAL(SDR_OPENDEVICE, try_open());
    setenv("BERTH_SOFTCARD_HOME", fixture_folder, 1); /* a folder, but no card */
    CHECK_EQUAL(SDR_OPENDEVICE, try_open());
    unsetenv("BERTH_SOFTCARD_HOME");
    CHECK_EQUAL(SDR_OPENDEVICE, try_open());
    setenv("BERTH_SOFTCARD_HOME", fixture_card, 1);
    CHECK_EQUAL(SDR_OK, try_open());
}

static void card_ini_is_read_strictly(void) {
    static const char *const wrong[] = {"[cards]\n",
                                        "name = x\n",
                                        "[card]\nnam = x\n",
                                        "[card]\nname = a name that is too long\n",
                                        "[card]\nname\n",
                                        "[behaviour]\nsessions = 0\n",
                                        "[behaviour]\nsessions = many\n",
                                        "[behaviour]\nexclusive = maybe\n",
                                        "[behaviour]\nservice_time_us.dance = 1\n",
                                        "[behaviour]\nchannels = -1\n",
                                        "[fault]\nrules = crash\n",
                                        "[fault]\nrule = crash:sign:1\n"};
    static const char *const overrides[] = {"exclusive", "speed=1", "sessions=4097",
                                            "service_time_us=1s"};
    char original[8192];
    DEVICEINFO info;
    size_t bytes = fixture_read(in_card("card.ini"), original, sizeof original);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        fixture_write(in_card("card.ini"), wrong[i], strlen(wrong[i]), 0600);
        CHECK_EQUAL(SDR_OPENDEVICE, try_open());
    }
    const char *good = "; comment\n[card]\r\n name=My card \nserial = "
                       "2024010100100001\n\n[behaviour]\nbuffer_size = 4096\n";
    fixture_write(in_card("card.ini"), good, strlen(good), 0600);
    void *device = open_device();
    CHECK_EQUAL(SDR_OK, SDF_GetDeviceInfo(open_session(device), &info));
    CHECK_BYTES("My card", info.DeviceName, 8);
    CHECK_BYTES("2024010100100001", info.DeviceSerial, 16);
    CHECK_EQUAL(4096, info.BufferSize);
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    for (size_t i = 0; i < sizeof overrides / sizeof overrides[0]; i++) {
        behave(overrides[i]);
        CHECK_EQUAL(SDR_OPENDEVICE, try_open());
    }
    behave(NULL);
    fixture_write(in_card("card.ini"), original, bytes, 0600);
    CHECK_EQUAL(SDR_OK, try_open());
}

int main(void) {
    fixture_make();
    RUN(the_list_shows_every_key);
    RUN(a_wrong_password_is_told_apart_from_damage);
    RUN(an_altered_key_file_is_refused_with_its_name_and_others_go_on);
    RUN(a_key_file_cannot_stand_in_for_another);
    RUN(a_store_key_that_asks_for_absurd_work_is_refused);
    RUN(no_key_lies_on_the_disk_in_the_clear);
    RUN(what_init_made_only_its_owner_can_read);
    RUN(a_password_file_that_others_can_read_is_refused);
    RUN(a_password_is_one_line_of_a_sensible_length);
    RUN(nothing_is_overwritten);
    RUN(a_key_added_while_the_card_is_open_is_found);
    RUN(a_pem_key_comes_in_and_its_public_key_goes_out);
    RUN(keys_that_cannot_be_are_refused);
    RUN(wrong_usage_is_exit_code_2);
    RUN(a_missing_setting_or_folder_is_said);
    RUN(card_ini_is_read_strictly);
    fixture_remove();
    return CHECK_RESULT();
}
