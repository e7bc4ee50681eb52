/* SPDX-License-Identifier: Apache-2.0 */
#include "config/card_config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *trimmed(char *text) {
    text += strspn(text, " \t");
    size_t end = strlen(text);
    while (end > 0 && strchr(" \t\r\n", text[end - 1]) != NULL)
        end--;
    text[end] = '\0';
    return text;
}

static bool set_text(char *into, size_t room, const char *key, const char *value,
                     struct reason *why) {
    size_t bytes = strlen(value);
    if (bytes == 0 || bytes >= room)
        return reason_set(why, "%s: expected 1 to %zu bytes, found %zu", key, room - 1, bytes);
    memcpy(into, value, bytes + 1);
    return true;
}

static bool set_card(struct card_config *config, const char *key, const char *value,
                     struct reason *why) {
    if (strcmp(key, "issuer") == 0)
        return set_text(config->issuer, sizeof config->issuer, key, value, why);
    if (strcmp(key, "name") == 0)
        return set_text(config->name, sizeof config->name, key, value, why);
    if (strcmp(key, "serial") == 0)
        return set_text(config->serial, sizeof config->serial, key, value, why);
    return reason_set(why, "\"%s\" is no key of [card]; there are issuer name serial", key);
}

static bool set_fault(struct card_config *config, const char *key, const char *value,
                      struct reason *why) {
    char rule[2 * FAULT_INPUT_BYTES + 32];
    if (strcmp(key, "rules") == 0)
        return fault_rules_parse(&config->faults, value, why);
    if (strcmp(key, "crash_on_input") == 0) {
        snprintf(rule, sizeof rule, "%s=%s", key, value);
        return fault_rules_parse(&config->faults, rule, why);
    }
    return reason_set(why, "\"%s\" is no key of [fault]; there are rules crash_on_input", key);
}

enum section { SECTION_NONE, SECTION_CARD, SECTION_BEHAVIOUR, SECTION_FAULT };

static bool enter_section(const char *name, enum section *section, struct reason *why) {
    if (strcmp(name, "[card]") == 0)
        *section = SECTION_CARD;
    else if (strcmp(name, "[behaviour]") == 0)
        *section = SECTION_BEHAVIOUR;
    else if (strcmp(name, "[fault]") == 0)
        *section = SECTION_FAULT;
    else
        return reason_set(why, "%s is no section; there are [card] [behaviour] [fault]", name);
    return true;
}

static bool read_line(struct card_config *config, char *line, enum section *section,
                      struct reason *why) {
    line = trimmed(line);
    if (line[0] == '\0' || line[0] == '#' || line[0] == ';')
        return true;
    if (line[0] == '[')
        return enter_section(line, section, why);
    char *value = strchr(line, '=');
    if (value == NULL)
        return reason_set(why, "expected key = value, found \"%s\"", line);
    *value++ = '\0';
    const char *key = trimmed(line);
    value = trimmed(value);
    switch (*section) {
    case SECTION_CARD:
        return set_card(config, key, value, why);
    case SECTION_BEHAVIOUR:
        return behaviour_set(&config->behaviour, key, value, why);
    case SECTION_FAULT:
        return set_fault(config, key, value, why);
    case SECTION_NONE:
        break;
    }
    return reason_set(why, "\"%s\" stands before any section", key);
}

bool card_config_read(const char *directory, struct card_config *config, struct reason *why) {
    char path[PATH_MAX];
    char line[1024];
    struct reason problem;
    enum section section = SECTION_NONE;
    unsigned number = 0;
    bool good = true;
    memset(config, 0, sizeof *config);
    strcpy(config->issuer, "Berth");
    strcpy(config->name, "softcard");
    strcpy(config->serial, "0000000000000000");
    behaviour_defaults(&config->behaviour);
    if (snprintf(path, sizeof path, "%s/card.ini", directory) >= (int)sizeof path)
        return reason_set(why, "%s: the path is too long", directory);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return reason_set(why, "%s: %s; is it a card's folder? `berth-softcard init` makes one",
                          path, strerror(errno));
    while (good && fgets(line, sizeof line, file) != NULL) {
        number++;
        if (strchr(line, '\n') == NULL && !feof(file))
            good = reason_set(&problem, "longer than %zu bytes", sizeof line - 2);
        else
            good = read_line(config, line, &section, &problem);
    }
    fclose(file);
    return good || reason_set(why, "%s line %u: %.600s", path, number, problem.text);
}

static bool override_behaviour(struct behaviour *behaviour, const char *pairs, struct reason *why) {
    struct reason problem;
    char *copy = strdup(pairs);
    if (copy == NULL)
        return reason_set(why, "BERTH_SOFTCARD_BEHAVIOUR: out of memory");
    bool good = true;
    char *rest = copy;
    for (char *pair; good && (pair = strsep(&rest, ",")) != NULL;) {
        pair = trimmed(pair);
        if (pair[0] == '\0')
            continue;
        char *value = strchr(pair, '=');
        if (value == NULL) {
            good = reason_set(&problem, "expected key=value, found \"%s\"", pair);
        } else {
            *value++ = '\0';
            good = behaviour_set(behaviour, trimmed(pair), trimmed(value), &problem);
        }
    }
    free(copy);
    return good || reason_set(why, "BERTH_SOFTCARD_BEHAVIOUR: %.600s", problem.text);
}

bool card_config_override(struct card_config *config, struct reason *why) {
    struct reason problem;
    const char *behaviour = getenv("BERTH_SOFTCARD_BEHAVIOUR");
    const char *fault = getenv("BERTH_SOFTCARD_FAULT");
    if (behaviour != NULL && !override_behaviour(&config->behaviour, behaviour, why))
        return false;
    if (fault != NULL) {
        memset(&config->faults, 0, sizeof config->faults);
        if (!fault_rules_parse(&config->faults, fault, &problem))
            return reason_set(why, "BERTH_SOFTCARD_FAULT: %.600s", problem.text);
    }
    return true;
}
