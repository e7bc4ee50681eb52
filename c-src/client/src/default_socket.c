/* SPDX-License-Identifier: Apache-2.0 */
#include "default_socket.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define MACHINE_SOCKET "/run/berth/broker.sock"

/* A relative one would mean another socket in each working directory. */
static bool absolute(const char *path) {
    return path != NULL && path[0] == '/';
}

const char *socket_choice(const char *environment, const char *machine,
                          const char *runtime_directory, socket_path_buffer buffer) {
    struct stat found;
    if (absolute(environment)) {
        return environment;
    }
    if (!absolute(runtime_directory) || stat(machine, &found) == 0) {
        return machine;
    }
    int length =
        snprintf(buffer, sizeof(socket_path_buffer), "%s/berth/broker.sock", runtime_directory);
    return length > 0 && (size_t)length < sizeof(socket_path_buffer) ? buffer : machine;
}

const char *default_socket(socket_path_buffer buffer) {
    return socket_choice(secure_getenv("BERTH_SOCKET"), MACHINE_SOCKET,
                         secure_getenv("XDG_RUNTIME_DIR"), buffer);
}
