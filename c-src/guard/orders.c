/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *order_name(uint32_t kind) {
    switch (kind) {
    case GUARD_ORDER_START:
        return "START";
    case GUARD_ORDER_KILL:
        return "KILL";
    case GUARD_ORDER_SHUTDOWN:
        return "SHUTDOWN";
    case GUARD_ORDER_UNLOCK:
        return "UNLOCK";
    case GUARD_ORDER_STOP:
        return "STOP";
    default:
        return "(no order)";
    }
}

__attribute__((format(printf, 3, 4))) static void
refuse(struct guard *guard, const struct guard_message *order, const char *format, ...) {
    struct guard_message refusal = {.kind = GUARD_REFUSED,
                                    .incarnation = order->incarnation,
                                    .pid = guard->worker.pid,
                                    .status = (int32_t)order->kind};
    int used = snprintf(refusal.text, sizeof refusal.text,
                        "%s refused in state %s: ", order_name(order->kind),
                        guard_state_name(guard->state));
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(refusal.text + used, sizeof refusal.text - (size_t)used, format, arguments);
    va_end(arguments);
    broker_link_send(&guard->link, refusal);
}

/* For orders that only IDLE allows. */
static void refuse_for_state(struct guard *guard, const struct guard_message *order) {
    if (guard->state == GUARD_LEAVING) {
        refuse(guard, order, "the guard ends");
    } else {
        refuse(guard, order, "incarnation %u has not gone", guard->incarnation);
    }
}

static void answer(struct guard *guard, const struct guard_message *order, uint32_t kind, pid_t pid,
                   int status, const char *text) {
    struct guard_message message = {
        .kind = kind, .incarnation = order->incarnation, .pid = pid, .status = status};
    snprintf(message.text, sizeof message.text, "%s", text);
    broker_link_send(&guard->link, message);
}

/* Looked for at each start: what a driver needs may come later, or on a mount that is not there
   yet. Returns errno, and in text what is missing. */
static int missing_file(const struct guard_options *options, char *text, size_t text_bytes) {
    for (size_t i = 0; i < options->required_count; i++) {
        if (access(options->required_files[i], R_OK) != 0) {
            int error = errno;
            /* The path last: it is what may be cut off. */
            snprintf(text, text_bytes, "required file: %s: %s", strerror(error),
                     options->required_files[i]);
            return error;
        }
    }
    return 0;
}

/* Whether this process is in a group; errno if the kernel does not say. */
static int is_in_group(gid_t wanted, bool *is) {
    *is = wanted == getegid();
    int count = getgroups(0, NULL);
    if (*is || count == 0) {
        return 0;
    }
    gid_t *groups = count < 0 ? NULL : calloc((size_t)count, sizeof *groups);
    count = groups == NULL ? -1 : getgroups(count, groups);
    int error = count < 0 ? errno : 0;
    for (int i = 0; i < count && !*is; i++) {
        *is = groups[i] == wanted;
    }
    free(groups);
    return error;
}

/* What the card's device node asks for, told by name before the library fails on it. Returns errno,
   and in text what is missing. */
static int missing_group(const struct guard_options *options, char *text, size_t text_bytes) {
    for (size_t i = 0; i < options->required_group_count; i++) {
        bool is;
        int error = is_in_group(options->required_groups[i], &is);
        if (error != 0 || !is) {
            snprintf(text, text_bytes,
                     "required group %u: %s; add it to the user, or to the unit as "
                     "SupplementaryGroups=",
                     (unsigned)options->required_groups[i],
                     error != 0 ? strerror(error) : "the guard is not in it");
            return error != 0 ? error : EPERM;
        }
    }
    return 0;
}

static void start(struct guard *guard, const struct guard_message *order) {
    if (guard->state != GUARD_IDLE) {
        refuse_for_state(guard, order);
        return;
    }
    if (order->incarnation <= guard->incarnation) {
        refuse(guard, order, "expected an incarnation above %u, found %u", guard->incarnation,
               order->incarnation);
        return;
    }
    char missing[GUARD_TEXT_BYTES];
    int error = missing_file(guard->options, missing, sizeof missing);
    if (error == 0) {
        error = missing_group(guard->options, missing, sizeof missing);
    }
    if (error != 0) {
        answer(guard, order, GUARD_START_FAILED, 0, error, missing);
        return;
    }
    struct device_lock_obstacle obstacle;
    switch (guard_take_lock(guard, &obstacle)) {
    case DEVICE_LOCK_TAKEN:
        guard_start_worker(guard, order->incarnation);
        break;
    case DEVICE_LOCK_HELD_BY_OTHER:
        answer(guard, order, GUARD_LOCK_BUSY, obstacle.holder, 0, obstacle.text);
        break;
    case DEVICE_LOCK_FAILED:
        answer(guard, order, GUARD_START_FAILED, 0, obstacle.error, obstacle.text);
        break;
    }
}

/* Whether there is a worker that the order means; else the order is refused. */
static bool means_our_worker(struct guard *guard, const struct guard_message *order) {
    if (guard->state == GUARD_IDLE || guard->state == GUARD_LEAVING) {
        refuse(guard, order, "no worker is left");
        return false;
    }
    if (order->incarnation != guard->incarnation) {
        refuse(guard, order, "expected incarnation %u, found %u", guard->incarnation,
               order->incarnation);
        return false;
    }
    return true;
}

static void kill_on_order(struct guard *guard, const struct guard_message *order) {
    if (means_our_worker(guard, order) && guard->state != GUARD_KILLING &&
        guard->state != GUARD_IS_STUCK) {
        guard_kill_worker(guard, "ordered by the broker");
    }
}

static void stop_on_order(struct guard *guard, const struct guard_message *order) {
    if (means_our_worker(guard, order)) {
        guard_stop_worker(guard, "stop ordered by the broker");
    }
}

static void unlock(struct guard *guard, const struct guard_message *order) {
    if (guard->lock.path == NULL) {
        refuse(guard, order, "this guard was given no --lock");
    } else if (guard->state != GUARD_IDLE) {
        refuse_for_state(guard, order);
    } else {
        device_lock_release(&guard->lock);
        answer(guard, order, GUARD_UNLOCKED, 0, 0, "");
    }
}

void guard_obey(struct guard *guard, const struct guard_message *order) {
    switch (order->kind) {
    case GUARD_ORDER_START:
        start(guard, order);
        break;
    case GUARD_ORDER_KILL:
        kill_on_order(guard, order);
        break;
    case GUARD_ORDER_SHUTDOWN:
        guard_leave(guard, true, GUARD_EXIT_ORDERED, "shutdown ordered by the broker");
        break;
    case GUARD_ORDER_UNLOCK:
        unlock(guard, order);
        break;
    case GUARD_ORDER_STOP:
        stop_on_order(guard, order);
        break;
    default:
        refuse(guard, order, "kind %u is no order", order->kind);
        break;
    }
}
