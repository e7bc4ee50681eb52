/* SPDX-License-Identifier: Apache-2.0 */
/* Where a broker of this host is looked for when the application names no socket. */
#ifndef BERTH_CLIENT_DEFAULT_SOCKET_H
#define BERTH_CLIENT_DEFAULT_SOCKET_H

#include <sys/un.h>

/* Room for a path in it. */
typedef char socket_path_buffer[sizeof((struct sockaddr_un *)NULL)->sun_path];

/*
 * environment if it is an absolute path, else machine if it exists, else berth/broker.sock in
 * runtime_directory if that is an absolute path and the whole fits buffer, else machine. Both
 * environment and runtime_directory may be NULL. The result is one of the arguments, or buffer.
 */
const char *socket_choice(const char *environment, const char *machine,
                          const char *runtime_directory, socket_path_buffer buffer);

/* The choice by this process's environment, of which a privileged program takes nothing. */
const char *default_socket(socket_path_buffer buffer);

#endif
