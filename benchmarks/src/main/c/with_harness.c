/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a program that does not know the harness, so that it is told to end when the harness ends,
 * however that ends.
 *
 *   with_harness PROGRAM ARGUMENTS...
 */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: with_harness PROGRAM ARGUMENTS...\n");
        return 2;
    }
    /* SIGTERM, on which a broker ends its workers and guards in order; it stays over execve. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) {
        perror("with_harness: prctl(PR_SET_PDEATHSIG)");
        return 1;
    }
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 127;
}
