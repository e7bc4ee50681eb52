/* SPDX-License-Identifier: Apache-2.0 */
#include "worker_environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker_process.h"

struct environment {
    char **assignment;
    size_t count;
    bool out_of_memory;
};

static size_t key_bytes(const char *assignment) {
    const char *equals = strchr(assignment, '=');
    return equals == NULL ? strlen(assignment) : (size_t)(equals - assignment);
}

static size_t find(const struct environment *environment, const char *key, size_t bytes) {
    size_t i = 0;
    while (i < environment->count && (key_bytes(environment->assignment[i]) != bytes ||
                                      strncmp(environment->assignment[i], key, bytes) != 0)) {
        i++;
    }
    return i;
}

static void set(struct environment *environment, const char *assignment) {
    char *copy = strdup(assignment);
    if (copy == NULL) {
        environment->out_of_memory = true;
        return;
    }
    size_t place = find(environment, assignment, key_bytes(assignment));
    if (place == environment->count) {
        environment->count++;
    } else {
        free(environment->assignment[place]);
    }
    environment->assignment[place] = copy;
}

static void unset(struct environment *environment, const char *key) {
    size_t place = find(environment, key, strlen(key));
    if (place < environment->count) {
        free(environment->assignment[place]);
        environment->assignment[place] = environment->assignment[--environment->count];
        environment->assignment[environment->count] = NULL;
    }
}

char **worker_environment_make(const struct guard_options *options, uint32_t incarnation,
                               bool has_lock) {
    enum { SET_BY_BERTH = 3 };
    size_t inherited = 0;
    while (!options->environment_starts_empty && environ[inherited] != NULL) {
        inherited++;
    }
    struct environment environment = {
        .assignment = calloc(inherited + options->environment_count + SET_BY_BERTH + 1,
                             sizeof *environment.assignment),
    };
    if (environment.assignment == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < inherited; i++) {
        set(&environment, environ[i]);
    }
    for (size_t i = 0; i < options->environment_count; i++) {
        set(&environment, options->environment[i]);
    }
    char own[128];
    snprintf(own, sizeof own, "BERTH_WORKER_NAME=%s", options->name);
    set(&environment, own);
    snprintf(own, sizeof own, "BERTH_INCARNATION=%lu", (unsigned long)incarnation);
    set(&environment, own);
    unset(&environment, "BERTH_LOCK_FD");
    if (has_lock) {
        snprintf(own, sizeof own, "BERTH_LOCK_FD=%d", WORKER_LOCK_FD);
        set(&environment, own);
    }
    if (environment.out_of_memory) {
        worker_environment_free(environment.assignment);
        return NULL;
    }
    return environment.assignment;
}

void worker_environment_free(char **environment) {
    for (size_t i = 0; environment[i] != NULL; i++) {
        free(environment[i]);
    }
    free(environment);
}
