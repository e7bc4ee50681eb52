/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that need no broker: handles, configuration, codes, kept data. */
#include <stdint.h>
#include <unistd.h>

#include "codes.h"
#include "device/config.h"
#include "error.h"
#include "handle/handle.h"
#include "kept.h"
#include "sdf_fixture.h"

/* ---- Handles
 * ------------------------------------------------------------------------------------ */

struct counted {
    struct object object;
    int *destroyed;
};

static void count_destroyed(struct object *object) {
    ++*((struct counted *)object)->destroyed;
    free(object);
}

static struct object *counted(int *destroyed, const struct object *owner) {
    struct counted *made = calloc(1, sizeof *made);
    made->object.destroy = count_destroyed;
    made->object.owner = owner;
    made->destroyed = destroyed;
    return &made->object;
}

static void a_handle_that_was_closed_never_names_its_slots_next_object(void) {
    int destroyed = 0;
    void *first = handle_make(HANDLE_KEY, counted(&destroyed, NULL));
    CHECK(handle_remove(HANDLE_KEY, first, NULL) && destroyed == 1);
    void *second = handle_make(HANDLE_KEY, counted(&destroyed, NULL));
    CHECK(((uintptr_t)first & 0xFFFF) == ((uintptr_t)second & 0xFFFF)); /* the same slot */
    CHECK(first != second);
    CHECK(handle_take(HANDLE_KEY, first, NULL) == NULL);
    CHECK(!handle_remove(HANDLE_KEY, first, NULL));
    CHECK(handle_remove(HANDLE_KEY, second, NULL) && destroyed == 2);
}

static void what_is_no_handle_is_recognised(void) {
    int destroyed = 0, owner_destroyed = 0;
    struct object *owner = counted(&owner_destroyed, NULL);
    void *owner_handle = handle_make(HANDLE_SESSION, owner);
    void *handle = handle_make(HANDLE_KEY, counted(&destroyed, owner));
    void *wrong[] = {NULL,
                     &destroyed,
                     (void *)(uintptr_t)UINT64_MAX,
                     (void *)(uintptr_t)1,
                     (void *)((uintptr_t)handle ^ (uintptr_t)1 << 16),
                     (void *)((uintptr_t)handle ^ (uintptr_t)1 << 52),
                     (char *)handle + 1};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK(handle_take(HANDLE_KEY, wrong[i], NULL) == NULL);
    }
    CHECK(handle_take(HANDLE_SESSION, handle, NULL) == NULL);
    CHECK(handle_take(HANDLE_KEY, handle, (struct object *)&destroyed) == NULL);
    struct object *taken = handle_take(HANDLE_KEY, handle, owner);
    CHECK(taken != NULL);
    handle_remove_owned(HANDLE_KEY, owner);
    CHECK(destroyed == 0); /* somebody is still at it */
    CHECK(handle_take(HANDLE_KEY, handle, owner) == NULL);
    handle_release(taken);
    CHECK(destroyed == 1);
    CHECK(handle_remove(HANDLE_SESSION, owner_handle, NULL) && owner_destroyed == 1);
}

static void handles_end_at_65536(void) {
    int destroyed = 0;
    struct object *owner = counted(&destroyed, NULL);
    void *owner_handle = handle_make(HANDLE_SESSION, owner);
    int made = 0;
    for (struct object *object; handle_make(HANDLE_KEY, object = counted(&destroyed, owner)) != NULL
                                    ? true
                                    : (object->destroy(object), false);) {
        made++;
    }
    CHECK(made == 65535);
    handle_remove_owned(HANDLE_KEY, owner);
    CHECK(destroyed == made + 1); /* and the one too many */
    CHECK(handle_remove(HANDLE_SESSION, owner_handle, NULL));
}

/* ---- Configuration
 * ------------------------------------------------------------------------------ */

static bool read_text(const char *text, struct config *config, struct why *why) {
    char path[] = "/tmp/berth-sdf-conf-XXXXXX";
    int file = mkstemp(path);
    CHECK(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    close(file);
    setenv("BERTH_SDF_CONFIG", path, 1);
    unsetenv("BERTH_SDF_DEVICE");
    bool good = config_read(config, why);
    unlink(path);
    return good;
}

static void a_configuration_is_read_and_the_environment_goes_first(void) {
    struct config config;
    struct why why;
    CHECK(read_text("  # nothing\n\ndevice = hsm:a \n timeout_ms=7\nkey.kek.4294967295 = k # last",
                    &config, &why));
    CHECK(strcmp(config.device, "hsm:a") == 0 && config.timeout_ms == 7);
    CHECK(config.key_count == 1 && config.keys[0].kind == KEY_KEK &&
          config.keys[0].index == UINT32_MAX && strcmp(config.keys[0].name, "k") == 0);
    config_free(&config);
    CHECK(read_text("key.rsa.3 = r", &config, &why));
    CHECK(config.key_count == 1 && config.keys[0].kind == KEY_RSA && config.keys[0].index == 3);
    config_free(&config);
    setenv("BERTH_SDF_CONFIG", "/dev/null", 1);
    setenv("BERTH_SDF_DEVICE", "hsm:b", 1);
    CHECK(config_read(&config, &why) && strcmp(config.device, "hsm:b") == 0);
    config_free(&config);
}

static void a_wrong_configuration_is_refused_with_its_line(void) {
    static const char *const wrong[] = {
        "device",
        "device =",
        "dvice = hsm:a",
        "socket = broker.sock",
        "timeout_ms = 0",
        "timeout_ms = 4x",
        "timeout_ms = -1",
        "buffer_bytes = 1",
        "key.sm2 = a",
        "key.sm2.x = a",
        "key.ras.1 = a",
        "key.rsa1 = a",
        "key.kek.4294967296 = a",
        "key.sm2.1 =",
        "key.sm2. = a",
        "= a",
    };
    struct config config;
    struct why why;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "# comment\n%s\n", wrong[i]);
        CHECK(!read_text(text, &config, &why));
        CHECK(strstr(why.text, "line 2") != NULL);
    }
    char longest[1200];
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "device = ", 9);
    longest[sizeof longest - 1] = '\0';
    CHECK(!read_text(longest, &config, &why));
    longest[700] = '\0';
    CHECK(!read_text(longest, &config, &why));
    setenv("BERTH_SDF_CONFIG", "/nowhere/at/all", 1);
    CHECK(!config_read(&config, &why) && strstr(why.text, "/nowhere/at/all") != NULL);
}

/* ---- Codes, kept data
 * --------------------------------------------------------------------------- */

static void every_end_of_a_request_has_a_code_that_is_no_success(void) {
    for (int status = 1; status < BERTH_STATUS_COUNT; status++) {
        for (int reason = 0; reason < BERTH_REASON_COUNT + 3; reason++) {
            berth_result result =
                error_say((enum berth_status)status, (enum berth_reason)reason, "a test's");
            CHECK((code_of(result, "test") & 0xFF000000) == SDR_BASE);
        }
    }
    CHECK(code_of(BERTH_OK, "test") == SDR_OK);
}

static void codes_say_what_the_documentation_says(void) {
    static const struct {
        enum berth_status status;
        enum berth_reason reason;
        int code;
    } expected[] = {
        {BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_QUEUE_FULL, 0x01B00001},
        {BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_PRINCIPAL_LIMIT, 0x01B00001},
        {BERTH_STATUS_DEADLINE_EXCEEDED, BERTH_REASON_CALLER_TIMED_OUT, SDR_COMMFAIL},
        {BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST, SDR_COMMFAIL},
        {BERTH_STATUS_UNAVAILABLE, BERTH_REASON_WORKER_UNAVAILABLE, SDR_COMMFAIL},
        {BERTH_STATUS_ABORTED, BERTH_REASON_WORKER_LOST_OUTCOME_UNKNOWN, SDR_HARDFAIL},
        {BERTH_STATUS_UNAVAILABLE, BERTH_REASON_DEVICE_GIVEN_UP, SDR_HARDFAIL},
        {BERTH_STATUS_PERMISSION_DENIED, BERTH_REASON_NOT_PERMITTED, SDR_PARDENY},
        {BERTH_STATUS_NOT_FOUND, BERTH_REASON_STALE_HANDLE, SDR_KEYNOTEXIST},
        {BERTH_STATUS_NOT_FOUND, BERTH_REASON_UNKNOWN_RESOURCE, SDR_KEYNOTEXIST},
        {BERTH_STATUS_UNIMPLEMENTED, BERTH_REASON_UNKNOWN_OPERATION, SDR_NOTSUPPORT},
        {BERTH_STATUS_FAILED_PRECONDITION, BERTH_REASON_ALGORITHM_DISABLED, SDR_ALGNOTSUPPORT},
        {BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_NONE, SDR_INARGERR},
        {BERTH_STATUS_INTERNAL, BERTH_REASON_DRIVER_ERROR, SDR_UNKNOWERR},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        berth_result result = error_say(expected[i].status, expected[i].reason, "a test's");
        CHECK_CODE(code_of(result, "test"), expected[i].code);
    }
}

static void kept_data_grows_and_stays_what_it_was(void) {
    struct kept kept = {0};
    for (unsigned i = 0; i < 100000; i++) {
        CHECK(kept_append(&kept, &i, i % (sizeof i + 1)));
    }
    size_t at = 0;
    for (unsigned i = 0; i < 100000; i++) {
        size_t bytes = i % (sizeof i + 1);
        CHECK(memcmp(kept.bytes + at, &i, bytes) == 0);
        at += bytes;
    }
    CHECK(kept.used == at);
    kept_drop(&kept);
    CHECK(kept.bytes == NULL && kept.used == 0);
    kept_drop(&kept);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(a_handle_that_was_closed_never_names_its_slots_next_object),
        TEST(what_is_no_handle_is_recognised),
        TEST(handles_end_at_65536),
        TEST(a_configuration_is_read_and_the_environment_goes_first),
        TEST(a_wrong_configuration_is_refused_with_its_line),
        TEST(every_end_of_a_request_has_a_code_that_is_no_success),
        TEST(codes_say_what_the_documentation_says),
        TEST(kept_data_grows_and_stays_what_it_was),
    };
    return RUN_TESTS(tests, argc, argv);
}
