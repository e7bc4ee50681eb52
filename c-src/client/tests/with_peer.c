/* SPDX-License-Identifier: Apache-2.0 */
/* with_peer YIELD_MICROS COMMAND...: runs the command with BERTH_SOCKET naming a peer; for
 * measurements and tests of programs. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: %s YIELD_MICROS COMMAND...\n", argv[0]);
        return 2;
    }
    char path[108];
    struct peer peer = fixture_peer(
        path, &(struct peer_options){.yield_micros = (uint32_t)strtoul(argv[1], NULL, 10),
                                     .ring_bytes = 1 << 20,
                                     .max_in_flight = 1024});
    setenv("BERTH_SOCKET", path, 1);
    pid_t command = fork();
    if (command == 0) {
        execv(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    int status;
    waitpid(command, &status, 0);
    unsigned violations = atomic_load(&peer.seen->violations);
    peer_kill(&peer);
    unlink(path);
    if (violations != 0) {
        fprintf(stderr, "%u violations of the protocol\n", violations);
    }
    return violations == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
