/* SPDX-License-Identifier: Apache-2.0 */
#include "peer_list.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "peer.h"

#define PAGE_ENTRIES 3

static void begin_page(struct control_writer *writer, uint64_t token, uint32_t next,
                       uint32_t count) {
    static uint8_t bytes[BERTH_CONTROL_MAX_BYTES];
    control_begin(writer, bytes, sizeof bytes, BERTH_KIND_LISTED, token);
    control_u32(writer, next);
    control_u32(writer, count);
}

static void entry(struct control_writer *writer, uint32_t number, uint32_t attributes) {
    char name[32];
    snprintf(name, sizeof name, "list:%u", number);
    control_str(writer, name);
    control_u32(writer, number + 1);
    control_str(writer, "hsm/\x01sdf");
    control_u32(writer, attributes);
}

/* The names from `after` on; an empty page stands in the middle, numbered as if it held one name.
 */
static void pages(struct control_writer *writer, uint64_t token, uint32_t after) {
    uint32_t first = after < PEER_LISTED ? after : after - PEER_LISTED;
    if (after == 2 * PAGE_ENTRIES) {
        begin_page(writer, token, PEER_LISTED + after, 0);
        return;
    }
    uint32_t count =
        PEER_LISTED - first < PAGE_ENTRIES ? PEER_LISTED - first : (uint32_t)PAGE_ENTRIES;
    uint32_t next = first + count == PEER_LISTED ? 0 : after + count;
    begin_page(writer, token, next, count);
    for (uint32_t i = first; i < first + count; i++) {
        entry(writer, i, i % 3);
        for (uint32_t k = 0; k < i % 3; k++) {
            control_str(writer, k == 0 ? "index" : "label");
            control_str(writer, k == 0 ? "7" : "");
        }
    }
}

void peer_list_answer(int socket, uint64_t token, uint32_t after, const char *sub) {
    struct control_writer writer;
    int descriptors[2];
    size_t count = 0;
    if (strcmp(sub, "mute") == 0) {
        return;
    }
    if (strcmp(sub, "refuse") == 0) {
        begin_page(&writer, token, 0, 0);
        control_begin(&writer, writer.bytes, writer.capacity, BERTH_KIND_REFUSED, token);
        control_u32(&writer, BERTH_STATUS_RESOURCE_EXHAUSTED);
        control_u32(&writer, BERTH_REASON_BUDGET_EXCEEDED);
        control_str(&writer, "lists too often");
    } else if (strcmp(sub, "long") == 0) {
        static char text[PEER_LONG_ATTRIBUTE + 1];
        memset(text, 'x', PEER_LONG_ATTRIBUTE);
        begin_page(&writer, token, 0, 1);
        entry(&writer, 0, 1);
        control_str(&writer, "certificate");
        control_str(&writer, text);
    } else if (strcmp(sub, "endless") == 0) {
        begin_page(&writer, token, 3, 1);
        entry(&writer, 0, 0);
    } else if (strcmp(sub, "short") == 0) {
        begin_page(&writer, token, 0, 1);
        entry(&writer, 0, UINT32_MAX);
    } else if (strcmp(sub, "segment") == 0 && pipe(descriptors) == 0) {
        begin_page(&writer, token, 0, 0);
        control_begin(&writer, writer.bytes, writer.capacity, BERTH_KIND_SEGMENT_ADDED, token);
        control_u32(&writer, 0);
        control_u32(&writer, 1);
        control_u64(&writer, 4096);
        count = 2;
    } else {
        pages(&writer, token, after);
    }
    control_end(&writer);
    control_send_with(socket, &writer, descriptors, count / 2);
    for (size_t i = 0; i < count; i++) {
        close(descriptors[i]);
    }
}
