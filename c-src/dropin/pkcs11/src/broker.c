/* SPDX-License-Identifier: Apache-2.0 */
#include "broker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_mutex_t connecting = PTHREAD_MUTEX_INITIALIZER;
static berth_conn *connection;

static berth_result connect_once(berth_conn **connected) {
    berth_result result = BERTH_OK;
    pthread_mutex_lock(&connecting);
    if (connection == NULL) {
        result = berth_connect(NULL, NULL, &connection);
        if (result != BERTH_OK) {
            connection = NULL;
            broker_say(0, result);
        }
    }
    *connected = connection;
    pthread_mutex_unlock(&connecting);
    return result;
}

berth_result broker_list(bool (*each)(void *context, const struct berth_listed *entry),
                         void *context) {
    berth_conn *connected;
    berth_result result = connect_once(&connected);
    if (result == BERTH_OK) {
        result = berth_list(connected, NULL, each, context, 0);
        if (result != BERTH_OK) {
            broker_say(0, result);
        }
    }
    return result;
}

berth_result broker_open(const char *resource, berth_resource **opened) {
    berth_conn *connected;
    berth_result result = connect_once(&connected);
    if (result == BERTH_OK) {
        result = berth_open(connected, resource, NULL, opened);
    }
    return result;
}

void *broker_block_data(berth_block block) {
    return berth_block_data(connection, block);
}

void broker_block_free(berth_block block, uint64_t secret_bytes) {
    if (secret_bytes != 0) {
        (void)berth_block_free_wiped(connection, block, secret_bytes);
    } else {
        (void)berth_block_free(connection, block);
    }
}

uint32_t broker_device_code(void) {
    return berth_last_device_code();
}

void broker_say(uint32_t operation, berth_result result) {
    const char *wanted = secure_getenv("BERTH_PKCS11_LOG");
    if (result != BERTH_OK && wanted != NULL && wanted[0] != '\0') {
        fprintf(stderr, "berth-pkcs11: operation %#x: %s %s: %s\n", (unsigned)operation,
                berth_status_name(result), berth_reason_name(result), berth_last_error());
    }
}

void broker_disconnect(void) {
    (void)berth_close(connection);
    connection = NULL;
}

void broker_abandon(void) {
    pthread_mutex_init(&connecting, NULL); /* another thread of the parent may have held it */
    broker_disconnect();
}
