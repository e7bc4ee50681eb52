/* SPDX-License-Identifier: Apache-2.0 */
/* Where a broker is looked for when the application names no socket. */
#include <unistd.h>

#include "check.h"
#include "default_socket.h"

#define ABSENT "/nonexistent-berth/broker.sock"

static socket_path_buffer buffer;

static void check_choice(const char *environment, const char *machine, const char *runtime,
                         const char *expected) {
    const char *chosen = socket_choice(environment, machine, runtime, buffer);
    if (strcmp(chosen, expected) != 0) {
        fprintf(stderr, "%s instead of %s\n", chosen, expected);
        exit(1);
    }
}

static void the_environment_names_it_before_all_else(void) {
    check_choice("/a/b.sock", "/", "/run/user/7", "/a/b.sock");
}

static void a_relative_or_empty_variable_is_ignored(void) {
    check_choice("", "/", NULL, "/");
    check_choice("b.sock", "/", NULL, "/");
    check_choice("", ABSENT, "", ABSENT);
    check_choice(NULL, ABSENT, "run", ABSENT);
}

static void the_machines_broker_comes_before_the_users_own(void) {
    check_choice(NULL, "/", "/run/user/7", "/");
    check_choice(NULL, ABSENT, "/run/user/7", "/run/user/7/berth/broker.sock");
}

static void a_runtime_directory_that_is_too_long_for_a_socket_is_ignored(void) {
    char directory[sizeof buffer];
    memset(directory, 'a', sizeof directory);
    directory[0] = '/';
    size_t most = sizeof buffer - sizeof "/berth/broker.sock";
    directory[most] = '\0';
    CHECK(socket_choice(NULL, ABSENT, directory, buffer) == buffer);
    CHECK(strlen(buffer) == sizeof buffer - 1);
    directory[most] = 'a';
    directory[most + 1] = '\0';
    check_choice(NULL, ABSENT, directory, ABSENT);
}

static void the_process_is_asked(void) {
    setenv("BERTH_SOCKET", "/c/d.sock", 1);
    CHECK(strcmp(default_socket(buffer), "/c/d.sock") == 0);
    setenv("BERTH_SOCKET", "d.sock", 1);
    setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
    const char *expected = access("/run/berth/broker.sock", F_OK) == 0
                               ? "/run/berth/broker.sock"
                               : "/run/user/7/berth/broker.sock";
    CHECK(strcmp(default_socket(buffer), expected) == 0);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(the_environment_names_it_before_all_else),
        TEST(a_relative_or_empty_variable_is_ignored),
        TEST(the_machines_broker_comes_before_the_users_own),
        TEST(a_runtime_directory_that_is_too_long_for_a_socket_is_ignored),
        TEST(the_process_is_asked),
    };
    return RUN_TESTS(tests, argc, argv);
}
