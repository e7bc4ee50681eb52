/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A broker that writes whatever it likes into its ring and its words, while requests of all kinds
 * are in flight. Whatever it writes, every request ends exactly once and nothing outside the
 * replies is touched.
 *
 * The input is a list of steps: one byte says which, what follows belongs to it.
 */
#include "input.h"

#include <unistd.h>

#include "connection.h"
#include "control.h"
#include "inline_broker.h"

#define WINDOW 16
#define REPLY_BYTES 96

struct pending {
    uint8_t *reply; /* of exactly the limit's size, so that a byte too many is noticed */
    bool waiting;
};

static struct inline_broker broker;
static berth_resource *echo;
static struct pending pending[WINDOW];
static berth_stream *stream;

static void submit(struct input *input) {
    static const uint8_t payload[200];
    berth_request request = BERTH_REQUEST_INIT;
    size_t free_one = 0;
    while (free_one < WINDOW && pending[free_one].waiting) {
        free_one++;
    }
    if (free_one == WINDOW) {
        return;
    }
    struct pending *one = &pending[free_one];
    uint8_t wish = (uint8_t)input_number(input, 1);
    request.operation = BERTH_OP_ECHO;
    request.flags = wish & (BERTH_IDEMPOTENT | BERTH_TRACED);
    request.timeout_ms = 60000;
    request.payload = payload;
    request.payload_bytes = (wish & 4) != 0 ? sizeof payload : 8;
    request.reply_limit = (wish & 8) != 0 ? REPLY_BYTES : 0;
    if ((wish & 16) != 0 && stream == NULL) {
        request.reply_limit = REPLY_BYTES;
        (void)berth_stream_open(echo, &request, 3, (wish & 32) != 0, &stream);
        return;
    }
    one->reply = malloc(request.reply_limit + 1) == NULL ? NULL : malloc(request.reply_limit);
    request.reply = one->reply;
    if (berth_submit(echo, &request, one, NULL) == BERTH_OK) {
        one->waiting = true;
    } else {
        free(one->reply);
    }
}
