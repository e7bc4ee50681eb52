/* SPDX-License-Identifier: Apache-2.0 */
#include "card/session.h"

#include "card/handle.h"

#include <stdlib.h>

static void hold(void *object) {
    atomic_fetch_add(&((struct device *)object)->references, 1);
}

void *device_make(struct card *card) {
    struct device *device = calloc(1, sizeof *device);
    if (device == NULL)
        return NULL;
    pthread_mutex_init(&device->lock, NULL);
    device->references = 1;
    device->card = card;
    void *handle = handle_make(HANDLE_DEVICE, device, NULL);
    if (handle == NULL) {
        pthread_mutex_destroy(&device->lock);
        free(device);
    }
    return handle;
}

struct device *device_take(void *handle) {
    return handle_take(HANDLE_DEVICE, handle, NULL, hold);
}

void device_release(struct device *device) {
    if (atomic_fetch_sub(&device->references, 1) == 1) {
        card_release(device->card);
        pthread_mutex_destroy(&device->lock);
        free(device);
    }
}
