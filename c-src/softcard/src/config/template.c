/* SPDX-License-Identifier: Apache-2.0 */
#include "config/card_config.h"

#include <stdio.h>

static const char text[] =
    "# A software card. Read when the device is opened; an unknown key is refused.\n"
    "\n"
    "[card]\n"
    "# What SDF_GetDeviceInfo says: issuer up to 40 bytes, name and serial up to 16\n"
    "# (serial: date 8 digits, batch 3, number 5).\n"
    "issuer = Berth\n"
    "name = %s\n"
    "serial = %s\n"
    "\n"
    "[behaviour]\n"
    "# Each can be overridden in the environment: BERTH_SOFTCARD_BEHAVIOUR=\"key=value,...\"\n"
    "#\n"
    "# yes: one process at a time may open the card. no: a driver that admits many.\n"
    "exclusive = yes\n"
    "# Session slots of the card, over all processes.\n"
    "sessions = 256\n"
    "# The most bytes in one call of Encrypt, Decrypt, CalculateMAC, HashUpdate, SM2 encryption.\n"
    "buffer_size = 65536\n"
    "# The most bytes in one call of GenerateRandom.\n"
    "random_max = 16384\n"
    "# Operations that run at once, over all processes; 0 = no limit.\n"
    "channels = 0\n"
    "# An operation takes at least this long, waiting off-CPU and holding a channel; for all "
    "classes, or for one of\n"
    "# open session info access export random sign verify sm2 key cipher mac hash rsa.\n"
    "service_time_us = 0\n"
    "#service_time_us.sign = 600\n"
    "# yes: each operation holds one lock that all processes with the card open share.\n"
    "driver_lock = no\n"
    "# Time lost under that lock when another process had it before.\n"
    "switch_penalty_us = 0\n"
    "\n"
    "[fault]\n"
    "# Failures on demand, ACTION:CLASS:N[:once] separated by commas: the N-th call of the class, "
    "0 = every one, `any` = every\n"
    "# class; crash abort hang hardfail commfail session_lost reset forget_keys scribble "
    "wrong_answer. In the environment BERTH_SOFTCARD_FAULT\n"
    "# replaces them; a file `fault` beside this one, read whenever it changes, adds to them.\n"
    "#rules = hardfail:sign:3,hang:random:1\n"
    "# Crash whenever this e (64 hexadecimal digits) is to be signed.\n"
    "#crash_on_input =\n";

char *card_config_template(const char *name, const char *serial) {
    char *made = NULL;
    return asprintf(&made, text, name, serial) < 0 ? NULL : made;
}
