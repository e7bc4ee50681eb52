/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_GUARD_OPTIONS_H
#define BERTH_GUARD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Exit codes; --help states them. */
enum guard_exit {
    GUARD_EXIT_ORDERED = 0,  /* SIGTERM, SIGINT or SHUTDOWN; worker gone, lock free */
    GUARD_EXIT_USAGE = 2,    /* wrong command line */
    GUARD_EXIT_ORPHANED = 3, /* no broker for --orphan-timeout-ms; worker gone, lock free */
    GUARD_EXIT_SYSTEM = 4,   /* the system refused what a guard cannot do without */
};

/* What the command line says. Strings are those of argv. */
struct guard_options {
    const char *name;
    const char *broker_socket_path;
    const char *lock_path;         /* NULL: the resource is shared, nothing is locked */
    const char *working_directory; /* NULL: the guard's own */
    const char **required_files;   /* without one of these no worker is started */
    size_t required_count;
    gid_t *required_groups; /* nor without being in all of these */
    size_t required_group_count;
    char **environment; /* "KEY=VALUE", over the inherited ones */
    size_t environment_count;
    bool environment_starts_empty;
    int umask_bits;   /* -1: the guard's own */
    bool own_session; /* out of reach of signals to the starter's process group */
    uint64_t stop_grace_ns;
    uint64_t orphan_timeout_ns;
    uint64_t stuck_after_ns;
    char **worker_argv; /* NULL-terminated; [0] is an absolute path */
};

/* Returns true if the guard is to run. Otherwise *exit_code is what to end with; the reason, or the
   help that was asked for, has been printed. environment, required_files and required_groups are
   allocated and live as long as the process. */
bool guard_options_parse(int argc, char **argv, struct guard_options *options, int *exit_code);

#endif
