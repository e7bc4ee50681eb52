/* SPDX-License-Identifier: Apache-2.0 */
#include "fault/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char TRIGGER_FILE[] = "fault";
enum { TRIGGER_BYTES_MOST = 4096 };

void faults_start(struct faults *faults, const struct fault_rules *configured, int directory) {
    pthread_mutex_init(&faults->lock, NULL);
    faults->directory = directory;
    faults->triggered = false;
    faults->configured = *configured;
    faults->from_trigger = (struct fault_rules){0};
}

static void read_trigger(struct faults *faults) {
    char text[TRIGGER_BYTES_MOST + 1];
    struct reason why;
    int file =
        openat(faults->directory, TRIGGER_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return;
    ssize_t bytes = read(file, text, TRIGGER_BYTES_MOST);
    close(file);
    text[bytes < 0 ? 0 : bytes] = '\0';
    if (!fault_rules_parse(&faults->from_trigger, text, &why)) {
        faults->from_trigger = (struct fault_rules){0};
        reason_report(&why);
    }
}

/* The file's identity and times are enough to see that it was replaced or rewritten; its rules then
 * count from zero. */
static void look_at_trigger(struct faults *faults) {
    struct stat now;
    if (fstatat(faults->directory, TRIGGER_FILE, &now, AT_SYMLINK_NOFOLLOW) != 0) {
        if (faults->triggered)
            faults->from_trigger = (struct fault_rules){0};
        faults->triggered = false;
        return;
    }
    if (faults->triggered && now.st_ino == faults->trigger.st_ino &&
        now.st_size == faults->trigger.st_size &&
        now.st_mtim.tv_sec == faults->trigger.st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == faults->trigger.st_mtim.tv_nsec)
        return;
    faults->triggered = true;
    faults->trigger = now;
    faults->from_trigger = (struct fault_rules){0};
    read_trigger(faults);
}

/* Every matching rule counts the call, also when an earlier one already decides its fate. */
static struct fault_rule *count(struct fault_rules *rules, enum operation operation) {
    struct fault_rule *due = NULL;
    for (unsigned i = 0; i < rules->count; i++) {
        struct fault_rule *rule = &rules->rule[i];
        if (!rule->any_operation && rule->operation != operation)
            continue;
        rule->seen++;
        if (due == NULL && (rule->nth == 0 || rule->nth == rule->seen))
            due = rule;
    }
    return due;
}

enum fault_action faults_next(struct faults *faults, enum operation operation) {
    pthread_mutex_lock(&faults->lock);
    look_at_trigger(faults);
    struct fault_rule *configured = count(&faults->configured, operation);
    struct fault_rule *triggered = count(&faults->from_trigger, operation);
    struct fault_rule *due = triggered != NULL ? triggered : configured;
    enum fault_action action = due == NULL ? FAULT_NONE : due->action;
    if (due != NULL && due->once) {
        due->nth = UINT64_MAX;
        if (due == triggered)
            unlinkat(faults->directory, TRIGGER_FILE, 0);
    }
    pthread_mutex_unlock(&faults->lock);
    return action;
}

bool faults_poisoned(struct faults *faults, const uint8_t input[FAULT_INPUT_BYTES]) {
    const struct fault_rules *rules[2] = {&faults->configured, &faults->from_trigger};
    bool poisoned = false;
    pthread_mutex_lock(&faults->lock);
    for (int i = 0; i < 2; i++)
        poisoned = poisoned || (rules[i]->crashes_on_input &&
                                memcmp(rules[i]->crash_input, input, FAULT_INPUT_BYTES) == 0);
    pthread_mutex_unlock(&faults->lock);
    return poisoned;
}
