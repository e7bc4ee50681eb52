/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A card in a folder of its own, made by the provisioning tool:
 *   pair 0 device, pair 1 with the access password "access99", pair 2 signs with the standard's
 * example key, pair 3 fresh; RSA pair 1 of 1024 bits with the same password, RSA pair 3 of 2048;
 * KEK 1 random, KEK 2 0123456789abcdeffedcba9876543210.
 */
#ifndef BERTH_SOFTCARD_CARD_FIXTURE_H
#define BERTH_SOFTCARD_CARD_FIXTURE_H

#include "berth/sdf.h"
#include "check.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

extern char fixture_folder[]; /* holds the card's folder `card` and the password files */
extern char fixture_card[];

#define ACCESS_PASSWORD ((unsigned char *)"access99")
enum { ACCESS_PASSWORD_BYTES = 8 };

/* Ends the process when it cannot be made: nothing could be tested then. */
void fixture_make(void);
void fixture_remove(void);

/* A file in fixture_folder; its path lives until the next call. */
const char *fixture_path(const char *name);
void fixture_write(const char *path, const void *content, size_t bytes, unsigned mode);
size_t fixture_read(const char *path, void *content, size_t room);

/* Runs a program and gives its exit status, or -1. The first form is the tool, DIR being the card:
 * run_tool("list", NULL). */
int run_tool(const char *command, ...);
int run(const char *program, ...);
/* What the last of those printed on both outputs. */
const char *run_output(void);

/* Open or end the test program. */
void *open_device(void);
void *open_session(void *device);

/* Settings for the next OpenDevice. NULL: none. */
void behave(const char *behaviour);
void break_by(const char *faults);

/* Runs `body` in a child, which ends with its result; waitpid's status. */
int in_child(int (*body)(void));
/* Starts it; the caller waits. */
pid_t start_child(int (*body)(void));
int await_exit(pid_t child);
void kill_child(pid_t child);

/* Polls until it is so, or ends the test program after half a minute. */
void await(bool (*so)(pid_t child), pid_t child);
bool in_system_call(pid_t child, long number);
/* Asleep in a futex, as one who waits for a lock. */
bool waits_for_a_lock(pid_t child);
/* Asleep with SIGTERM blocked. */
bool hangs(pid_t child);

void from_hex(const char *hex, uint8_t *out);
/* A session key known to the test, brought in under pair 3's encryption key. */
void *known_key(void *session, const uint8_t *key, size_t bytes);

#endif
