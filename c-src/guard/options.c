/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "guard_protocol.h"
#include "monotonic_clock.h"

/* The kernel's (gid_t)-1 is no group. */
static const uint64_t LARGEST_GID = UINT32_MAX - 1;
static const uint64_t LONGEST_MILLIS = UINT64_C(24) * 60 * 60 * 1000;

static const char HELP[] =
    "Usage: berth-guard --name NAME --broker-socket PATH [OPTION]... -- WORKER [ARG...]\n"
    "\n"
    "Owns a device's exclusive lock and the life of the worker that drives the device: starts\n"
    "WORKER (an absolute path) when the broker orders it, kills it with all its descendants when\n"
    "ordered, and says that they are gone only when all of them have been reaped.\n"
    "\n"
    "  --name NAME              name of the worker, 1 to 63 printable ASCII characters, no blanks\n"
    "  --broker-socket PATH     the broker's SOCK_SEQPACKET socket for guards\n"
    "  --lock FILE              lock this file while a worker may live; the worker inherits the\n"
    "                           descriptor that BERTH_LOCK_FD names\n"
    "  --cwd DIR                the worker's working directory\n"
    "  --require FILE           start no worker unless this user can read FILE; may be repeated\n"
    "  --require-group GID      start no worker unless the guard is in this group; may be "
    "repeated\n"
    "  --env KEY=VALUE          set in the worker's environment; may be repeated; not for secrets\n"
    "  --unset-env              give the worker nothing but --env and what Berth sets\n"
    "  --umask OCT              the worker's umask\n"
    "  --own-session            begin a session, so that what ends the starter's process group, "
    "such\n"
    "                           as Ctrl-C in its terminal, does not reach guard and worker; for\n"
    "                           a broker that starts the guard and stops it in order\n"
    "  --stop-grace-ms N        from SIGTERM to SIGKILL when told to stop (2000)\n"
    "  --orphan-timeout-ms N    live this long without a broker, then kill and end (30000)\n"
    "  --stuck-after-ms N       call a process stuck that outlives SIGKILL this long (5000)\n"
    "  --help                   print this\n"
    "\n"
    "The worker's environment has BERTH_WORKER_NAME, BERTH_INCARNATION and BERTH_LOCK_FD.\n"
    "SIGTERM and SIGINT stop the worker, free the lock and end the guard. SIGHUP is ignored.\n"
    "\n"
    "Exit codes: 0 ended by signal or order, 2 wrong command line, 3 no broker for the orphan\n"
    "timeout, 4 the system refused something essential. A guard that ends in any of these ways\n"
    "leaves no process behind and holds no lock.\n";

enum option_code {
    OPTION_NAME = 256,
    OPTION_BROKER_SOCKET,
    OPTION_LOCK,
    OPTION_CWD,
    OPTION_REQUIRE,
    OPTION_REQUIRE_GROUP,
    OPTION_ENV,
    OPTION_UNSET_ENV,
    OPTION_UMASK,
    OPTION_OWN_SESSION,
    OPTION_STOP_GRACE,
    OPTION_ORPHAN_TIMEOUT,
    OPTION_STUCK_AFTER,
    OPTION_HELP,
};

static const struct option LONG_OPTIONS[] = {
    {"name", required_argument, NULL, OPTION_NAME},
    {"broker-socket", required_argument, NULL, OPTION_BROKER_SOCKET},
    {"lock", required_argument, NULL, OPTION_LOCK},
    {"cwd", required_argument, NULL, OPTION_CWD},
    {"require", required_argument, NULL, OPTION_REQUIRE},
    {"require-group", required_argument, NULL, OPTION_REQUIRE_GROUP},
    {"env", required_argument, NULL, OPTION_ENV},
    {"unset-env", no_argument, NULL, OPTION_UNSET_ENV},
    {"umask", required_argument, NULL, OPTION_UMASK},
    {"own-session", no_argument, NULL, OPTION_OWN_SESSION},
    {"stop-grace-ms", required_argument, NULL, OPTION_STOP_GRACE},
    {"orphan-timeout-ms", required_argument, NULL, OPTION_ORPHAN_TIMEOUT},
    {"stuck-after-ms", required_argument, NULL, OPTION_STUCK_AFTER},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

__attribute__((format(printf, 1, 2))) static bool wrong(const char *format, ...) {
    va_list arguments;
    fputs("berth-guard: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputs("\nberth-guard: see berth-guard --help\n", stderr);
    return false;
}

static bool parse_number(const char *text, int base, uint64_t largest, uint64_t *number) {
    char *end;
    if (!isdigit((unsigned char)text[0])) {
        return false;
    }
    errno = 0;
    unsigned long long parsed = strtoull(text, &end, base);
    if (errno != 0 || *end != '\0' || parsed > largest) {
        return false;
    }
    *number = parsed;
    return true;
}

static bool parse_millis(const char *option, const char *text, uint64_t *nanos) {
    uint64_t millis;
    if (!parse_number(text, 10, LONGEST_MILLIS, &millis)) {
        return wrong("--%s: expected 0 to %llu milliseconds, found '%s'", option,
                     (unsigned long long)LONGEST_MILLIS, text);
    }
    *nanos = millis * NANOS_PER_MILLI;
    return true;
}

static bool is_name(const char *text) {
    size_t length = strlen(text);
    if (length == 0 || length >= GUARD_NAME_BYTES) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return false;
        }
    }
    return true;
}

static bool add_environment(struct guard_options *options, char *assignment) {
    static const char *const OWN[] = {"BERTH_LOCK_FD", "BERTH_WORKER_NAME", "BERTH_INCARNATION"};
    const char *equals = strchr(assignment, '=');
    if (equals == NULL || equals == assignment) {
        return wrong("--env: expected KEY=VALUE, found '%s'", assignment);
    }
    for (size_t i = 0; i < sizeof OWN / sizeof OWN[0]; i++) {
        if (strlen(OWN[i]) == (size_t)(equals - assignment) &&
            strncmp(OWN[i], assignment, strlen(OWN[i])) == 0) {
            return wrong("--env: %s is set by the guard itself", OWN[i]);
        }
    }
    options->environment[options->environment_count++] = assignment;
    return true;
}

static bool take_option(struct guard_options *options, int code, char *value) {
    uint64_t bits;
    switch (code) {
    case OPTION_NAME:
        options->name = value;
        return is_name(value) || wrong("--name: expected 1 to %d printable ASCII characters "
                                       "without blanks, found '%s'",
                                       GUARD_NAME_BYTES - 1, value);
    case OPTION_BROKER_SOCKET:
        options->broker_socket_path = value;
        if (value[0] == '\0' || strlen(value) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
            return wrong("--broker-socket: expected a path of 1 to %zu bytes, found %zu",
                         sizeof(((struct sockaddr_un *)0)->sun_path) - 1, strlen(value));
        }
        return true;
    case OPTION_LOCK:
        options->lock_path = value;
        return value[0] != '\0' || wrong("--lock: expected a path, found nothing");
    case OPTION_CWD:
        options->working_directory = value;
        return value[0] != '\0' || wrong("--cwd: expected a path, found nothing");
    case OPTION_REQUIRE:
        options->required_files[options->required_count++] = value;
        return value[0] != '\0' || wrong("--require: expected a path, found nothing");
    case OPTION_REQUIRE_GROUP:
        if (!parse_number(value, 10, LARGEST_GID, &bits)) {
            return wrong("--require-group: expected a group's number, found '%s'", value);
        }
        options->required_groups[options->required_group_count++] = (gid_t)bits;
        return true;
    case OPTION_ENV:
        return add_environment(options, value);
    case OPTION_UNSET_ENV:
        options->environment_starts_empty = true;
        return true;
    case OPTION_UMASK:
        if (!parse_number(value, 8, 0777, &bits)) {
            return wrong("--umask: expected an octal number up to 777, found '%s'", value);
        }
        options->umask_bits = (int)bits;
        return true;
    case OPTION_OWN_SESSION:
        options->own_session = true;
        return true;
    case OPTION_STOP_GRACE:
        return parse_millis("stop-grace-ms", value, &options->stop_grace_ns);
    case OPTION_ORPHAN_TIMEOUT:
        return parse_millis("orphan-timeout-ms", value, &options->orphan_timeout_ns);
    case OPTION_STUCK_AFTER:
        return parse_millis("stuck-after-ms", value, &options->stuck_after_ns);
    default:
        fputs("berth-guard: see berth-guard --help\n", stderr);
        return false; /* getopt_long has printed what is wrong */
    }
}

static bool check_complete(const struct guard_options *options) {
    if (options->name == NULL) {
        return wrong("--name is missing");
    }
    if (options->broker_socket_path == NULL) {
        return wrong("--broker-socket is missing");
    }
    if (options->worker_argv[0] == NULL) {
        return wrong("the worker is missing: expected -- WORKER [ARG...]");
    }
    if (options->worker_argv[0][0] != '/') {
        return wrong("the worker must be an absolute path, found '%s'", options->worker_argv[0]);
    }
    return true;
}

bool guard_options_parse(int argc, char **argv, struct guard_options *options, int *exit_code) {
    *options = (struct guard_options){
        .umask_bits = -1,
        .stop_grace_ns = 2000 * NANOS_PER_MILLI,
        .orphan_timeout_ns = 30000 * NANOS_PER_MILLI,
        .stuck_after_ns = 5000 * NANOS_PER_MILLI,
    };
    *exit_code = GUARD_EXIT_USAGE;
    options->environment = calloc((size_t)argc + 1, sizeof *options->environment);
    options->required_files = calloc((size_t)argc + 1, sizeof *options->required_files);
    options->required_groups = calloc((size_t)argc + 1, sizeof *options->required_groups);
    if (options->environment == NULL || options->required_files == NULL ||
        options->required_groups == NULL) {
        *exit_code = GUARD_EXIT_SYSTEM;
        return wrong("no memory for %d arguments", argc);
    }
    int code;
    while ((code = getopt_long(argc, argv, "+", LONG_OPTIONS, NULL)) != -1) {
        if (code == OPTION_HELP) {
            fputs(HELP, stdout);
            *exit_code = GUARD_EXIT_ORDERED;
            return false;
        }
        if (!take_option(options, code, optarg)) {
            return false;
        }
    }
    options->worker_argv = argv + optind;
    return check_complete(options);
}
