/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A LISTED is walked twice: to find that it is whole and how much memory it needs, then to fill
 * that. The bytes are the library's own copy, so both walks see the same.
 */
#include "listing.h"

#include <stdlib.h>

/* What the first walk has found. */
struct extent {
    uint32_t next;
    uint32_t entries;
    size_t attributes;
    size_t text_bytes;
};

static bool count_fits(const struct control_reader *reader, uint32_t count, size_t least_bytes) {
    return !reader->short_body && count <= (reader->size - reader->at) / least_bytes;
}

/* Passes a str over and adds what it needs with its terminator. */
static void measure_str(struct control_reader *reader, struct extent *extent) {
    uint16_t length = control_take_u16(reader);
    if (reader->short_body || reader->size - reader->at < length) {
        reader->short_body = true;
        return;
    }
    reader->at += length;
    extent->text_bytes += (size_t)length + 1;
}

static bool measure(struct control_reader reader, struct extent *extent) {
    extent->next = control_take_u32(&reader);
    extent->entries = control_take_u32(&reader);
    if (!count_fits(&reader, extent->entries, 12)) {
        return false;
    }
    for (uint32_t i = 0; i < extent->entries; i++) {
        measure_str(&reader, extent);
        (void)control_take_u32(&reader);
        measure_str(&reader, extent);
        uint32_t attributes = control_take_u32(&reader);
        if (!count_fits(&reader, attributes, 4)) {
            return false;
        }
        extent->attributes += attributes;
        for (uint32_t k = 0; k < attributes; k++) {
            measure_str(&reader, extent);
            measure_str(&reader, extent);
        }
    }
    return !reader.short_body;
}

static const char *copy_str(struct control_reader *reader, char **texts) {
    char *text = *texts;
    size_t at = reader->at;
    /* Measured before: it has room to the last byte. */
    control_take_str(reader, text, BERTH_CONTROL_MAX_BYTES);
    *texts += reader->at - at - sizeof(uint16_t) + 1;
    return text;
}

enum listing_result listing_read(const struct control_reader *body, struct listing **page_out) {
    struct extent extent = {0};
    if (!measure(*body, &extent)) {
        return LISTING_MALFORMED;
    }
    size_t bytes = sizeof(struct listing) + extent.entries * sizeof(berth_listed) +
                   extent.attributes * sizeof(berth_attribute) + extent.text_bytes;
    struct listing *page = malloc(bytes);
    if (page == NULL) {
        return LISTING_NO_MEMORY;
    }
    *page = (struct listing){.next = extent.next, .count = extent.entries, .bytes = bytes};
    berth_attribute *attribute = (berth_attribute *)(page->entries + extent.entries);
    char *texts = (char *)(attribute + extent.attributes);
    struct control_reader reader = *body;
    (void)control_take_u64(&reader);
    for (uint32_t i = 0; i < extent.entries; i++) {
        berth_listed *entry = &page->entries[i];
        entry->resource = copy_str(&reader, &texts);
        entry->permissions = control_take_u32(&reader);
        entry->driver = copy_str(&reader, &texts);
        entry->attribute_count = control_take_u32(&reader);
        entry->attributes = attribute;
        for (size_t k = 0; k < entry->attribute_count; k++, attribute++) {
            attribute->key = copy_str(&reader, &texts);
            attribute->value = copy_str(&reader, &texts);
        }
    }
    *page_out = page;
    return LISTING_OK;
}

void listing_free(struct listing *page) {
    while (page != NULL) {
        struct listing *following = page->following;
        free(page);
        page = following;
    }
}
