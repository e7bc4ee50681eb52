/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scarce things of a card and its driver: channels, session slots, the driver's lock, and time.
 * When the card admits several processes they share these through the file driver.state; everything
 * a killed process held is given back by the kernel.
 */
#ifndef BERTH_SOFTCARD_DRIVER_H
#define BERTH_SOFTCARD_DRIVER_H

#include "behaviour/behaviour.h"

#include <pthread.h>
#include <time.h>

struct driver_state;

struct driver {
    const struct behaviour *behaviour;
    struct driver_state *state;
    int file; /* -1: this process is alone */
    pthread_mutex_t slots_lock;
    uint8_t slot_taken[BEHAVIOUR_SESSIONS_MOST]; /* by this process */
};

/* What one operation holds while it runs. */
struct service {
    int channel;
    bool driver_locked;
    struct timespec started;
};

/* `behaviour` outlives the driver. */
bool driver_open(struct driver *driver, const struct behaviour *behaviour, int directory,
                 struct reason *why);
void driver_close(struct driver *driver);
/* In a forked child: lets go of the descriptor, so that the child cannot keep the parent's slots
 * alive. */
void driver_forget(struct driver *driver);

/* A slot's number, or -1 when all are used up. */
int driver_take_slot(struct driver *driver);
void driver_free_slot(struct driver *driver, int slot);

/* Waits for the driver's lock and a channel, as configured. */
void driver_begin(struct driver *driver, struct service *service);
/* Sleeps out the class's service time if the operation was done, and lets go. */
void driver_end(struct driver *driver, enum operation operation, struct service *service,
                bool done);

#endif
