/* SPDX-License-Identifier: Apache-2.0 */
/* A command line of any bytes: what is accepted is complete and within its bounds. Arguments are
 * separated by NUL. */
#include "input.h"

#include <getopt.h>
#include <sys/un.h>

#include "guard_protocol.h"
#include "monotonic_clock.h"
#include "options.h"

#define MOST_ARGUMENTS 64

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static char program[] = "berth-guard";
    char *text = malloc(size + 1);
    MUST(text != NULL);
    memcpy(text, bytes, size);
    text[size] = '\0';
    char *argv[MOST_ARGUMENTS + 2] = {program};
    int argc = 1;
    for (size_t at = 0; at < size && argc <= MOST_ARGUMENTS; at += strlen(text + at) + 1) {
        argv[argc++] = text + at;
    }
    struct guard_options options;
    int exit_code;
    optind = 0; /* getopt begins anew */
    if (guard_options_parse(argc, argv, &options, &exit_code)) {
        uint64_t day = UINT64_C(86400) * NANOS_PER_SECOND;
        MUST(strlen(options.name) > 0 && strlen(options.name) < GUARD_NAME_BYTES);
        MUST(strlen(options.broker_socket_path) < sizeof(((struct sockaddr_un *)0)->sun_path));
        MUST(options.worker_argv[0] != NULL && options.worker_argv[0][0] == '/');
        MUST(options.worker_argv > argv && options.worker_argv < argv + argc);
        MUST(options.environment_count < (size_t)argc);
        MUST(options.required_count < (size_t)argc);
        MUST(options.required_group_count < (size_t)argc);
        MUST(options.umask_bits >= -1 && options.umask_bits <= 0777);
        MUST(options.stop_grace_ns <= day && options.orphan_timeout_ns <= day &&
             options.stuck_after_ns <= day);
        for (size_t i = 0; i < options.environment_count; i++) {
            MUST(strchr(options.environment[i], '=') > options.environment[i]);
        }
    } else {
        MUST(exit_code == GUARD_EXIT_USAGE || exit_code == GUARD_EXIT_ORDERED);
    }
    free(options.environment);
    free(options.required_files);
    free(options.required_groups);
    free(text);
    return 0;
}
