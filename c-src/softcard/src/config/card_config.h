/* SPDX-License-Identifier: Apache-2.0 */
/* What card.ini says about a card, with what the environment overrides. */
#ifndef BERTH_SOFTCARD_CARD_CONFIG_H
#define BERTH_SOFTCARD_CARD_CONFIG_H

#include "behaviour/behaviour.h"
#include "fault/fault.h"
#include "reason.h"

/* Lengths of the fields in DEVICEINFO, and a terminator. */
struct card_config {
    char issuer[41];
    char name[17];
    char serial[17];
    struct behaviour behaviour;
    struct fault_rules faults;
};

/* Reads DIRECTORY/card.ini; an unknown section or key, or a bad value, is refused with its line. */
bool card_config_read(const char *directory, struct card_config *config, struct reason *why);

/* Applies BERTH_SOFTCARD_BEHAVIOUR ("key=value,...") and BERTH_SOFTCARD_FAULT
 * ("ACTION:CLASS:N,..."). */
bool card_config_override(struct card_config *config, struct reason *why);

/* The text of a new card.ini, every key explained; the caller frees it. */
char *card_config_template(const char *name, const char *serial);

#endif
