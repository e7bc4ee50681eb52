/* SPDX-License-Identifier: Apache-2.0 */
#include "fault/fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum fault_action action;
} actions[] = {{"crash", FAULT_CRASH},       {"abort", FAULT_ABORT},
               {"hang", FAULT_HANG},         {"hardfail", FAULT_HARDFAIL},
               {"commfail", FAULT_COMMFAIL}, {"session_lost", FAULT_SESSION_LOST},
               {"reset", FAULT_RESET},       {"forget_keys", FAULT_FORGET_KEYS},
               {"scribble", FAULT_SCRIBBLE}, {"wrong_answer", FAULT_WRONG_ANSWER}};

static bool parse_action(const char *name, enum fault_action *action) {
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(actions[i].name, name) == 0) {
            *action = actions[i].action;
            return true;
        }
    }
    return false;
}

static bool parse_input(struct fault_rules *rules, const char *hex, struct reason *why) {
    for (int i = 0; i < FAULT_INPUT_BYTES; i++) {
        unsigned byte;
        if (strspn(hex + 2 * i, "0123456789abcdefABCDEF") < 2)
            return reason_set(why, "crash_on_input: expected %d hexadecimal digits, found \"%s\"",
                              2 * FAULT_INPUT_BYTES, hex);
        sscanf(hex + 2 * i, "%2x", &byte);
        rules->crash_input[i] = (uint8_t)byte;
    }
    if (hex[2 * FAULT_INPUT_BYTES] != '\0')
        return reason_set(why, "crash_on_input: more than %d hexadecimal digits in \"%s\"",
                          2 * FAULT_INPUT_BYTES, hex);
    rules->crashes_on_input = true;
    return true;
}

/* `item` is cut up. */
static bool parse_rule(struct fault_rules *rules, char *item, struct reason *why) {
    char whole[96];
    snprintf(whole, sizeof whole, "%s", item);
    char *rest = item;
    char *action = strsep(&rest, ":");
    char *class_name = strsep(&rest, ":");
    char *nth = strsep(&rest, ":");
    struct fault_rule rule = {0};
    if (rules->count == FAULT_RULES_MOST)
        return reason_set(why, "fault \"%s\": more than %d rules", whole, FAULT_RULES_MOST);
    if (class_name == NULL || nth == NULL)
        return reason_set(why, "fault \"%s\": expected ACTION:CLASS:N[:once]", whole);
    if (!parse_action(action, &rule.action))
        return reason_set(
            why,
            "fault \"%s\": no action is called \"%s\"; there are crash abort hang hardfail "
            "commfail session_lost reset forget_keys scribble wrong_answer",
            whole, action);
    rule.any_operation = strcmp(class_name, "any") == 0;
    if (!rule.any_operation && !operation_of(class_name, strlen(class_name), &rule.operation))
        return reason_set(why, "fault \"%s\": no class of operations is called \"%s\"", whole,
                          class_name);
    char *end;
    errno = 0;
    rule.nth = strtoull(nth, &end, 10);
    if (nth[0] < '0' || nth[0] > '9' || *end != '\0' || errno != 0)
        return reason_set(why, "fault \"%s\": expected the number of a call, found \"%s\"", whole,
                          nth);
    if (rest != NULL && strcmp(rest, "once") != 0)
        return reason_set(why,
                          "fault \"%s\": expected \"once\" or nothing at the end, found \"%s\"",
                          whole, rest);
    rule.once = rest != NULL;
    rules->rule[rules->count++] = rule;
    return true;
}

bool fault_rules_parse(struct fault_rules *rules, const char *text, struct reason *why) {
    char *copy = strdup(text);
    if (copy == NULL)
        return reason_set(why, "fault: out of memory");
    bool good = true;
    char *lines = copy;
    for (char *line; good && (line = strsep(&lines, "\n")) != NULL;) {
        if (line[strspn(line, " \t")] == '#')
            continue;
        for (char *item; good && (item = strsep(&line, ",")) != NULL;) {
            item += strspn(item, " \t\r");
            item[strcspn(item, " \t\r")] = '\0';
            if (strncmp(item, "crash_on_input=", 15) == 0)
                good = parse_input(rules, item + 15, why);
            else if (item[0] != '\0')
                good = parse_rule(rules, item, why);
        }
    }
    free(copy);
    return good;
}
