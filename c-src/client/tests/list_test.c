/* SPDX-License-Identifier: Apache-2.0 */
/* Listing names: pages, and brokers that answer wrongly or go away meanwhile. */
#include "check.h"
#include "control.h"
#include "fixture.h"
#include "listing.h"

struct heard {
    uint32_t count;
    uint32_t stop_after; /* 0 = never */
    berth_conn *connection;
};

static bool hear(void *context, const berth_listed *entry) {
    struct heard *heard = context;
    char name[32];
    snprintf(name, sizeof name, "list:%u", heard->count);
    CHECK(strcmp(entry->resource, name) == 0);
    CHECK(entry->permissions == heard->count + 1);
    CHECK(strcmp(entry->driver, "hsm/?sdf") == 0); /* a control character on the wire */
    CHECK(entry->attribute_count == heard->count % 3);
    for (size_t i = 0; i < entry->attribute_count; i++) {
        CHECK(strcmp(entry->attributes[i].key, i == 0 ? "index" : "label") == 0);
        CHECK(strcmp(entry->attributes[i].value, i == 0 ? "7" : "") == 0);
    }
    if (heard->connection != NULL) { /* no lock is held here */
        CHECK_OK(berth_release(fixture_open(heard->connection, "echo:within")));
    }
    return ++heard->count != heard->stop_after;
}

static berth_result list(berth_conn *connection, const char *sub, struct heard *heard) {
    *heard = (struct heard){0};
    return berth_list(connection, sub, hear, heard, PATIENT_MILLIS);
}

static void all_pages_are_told_in_order_and_a_listener_may_call(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct heard heard = {.connection = fixture.connection};
    CHECK_OK(berth_list(fixture.connection, NULL, hear, &heard, PATIENT_MILLIS));
    CHECK(heard.count == PEER_LISTED);
    CHECK(atomic_load(&fixture.peer.seen->lists) == 5);
    fixture_stop(&fixture);
}

static void a_listener_that_has_heard_enough_hears_no_more(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct heard heard = {.stop_after = 4};
    CHECK_OK(berth_list(fixture.connection, "", hear, &heard, PATIENT_MILLIS));
    CHECK(heard.count == 4);
    fixture_stop(&fixture);
}

static bool hear_long(void *context, const berth_listed *entry) {
    *(size_t *)context = strlen(entry->attributes[0].value);
    return true;
}

static void a_page_as_long_as_a_datagram_arrives_whole(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    size_t bytes = 0;
    CHECK_OK(berth_list(fixture.connection, "long", hear_long, &bytes, PATIENT_MILLIS));
    CHECK(bytes == PEER_LONG_ATTRIBUTE);
    fixture_stop(&fixture);
}

static void a_refusal_is_told_with_the_brokers_reason(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct heard heard;
    CHECK_RESULT(list(fixture.connection, "refuse", &heard), RESOURCE_EXHAUSTED, BUDGET_EXCEEDED);
    CHECK(strcmp(berth_last_error(), "berth_list: lists too often") == 0 && heard.count == 0);
    fixture_stop(&fixture);
}

static void a_broker_that_does_not_answer_costs_the_given_time(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct heard heard = {0};
    CHECK_RESULT(berth_list(fixture.connection, "mute", hear, &heard, 50), DEADLINE_EXCEEDED,
                 CALLER_TIMED_OUT);
    CHECK_OK(list(fixture.connection, "", &heard));
    CHECK(heard.count == PEER_LISTED);
    fixture_stop(&fixture);
}

static void a_list_that_does_not_end_is_given_up(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct heard heard;
    CHECK_RESULT(list(fixture.connection, "endless", &heard), INTERNAL, MALFORMED_FRAME);
    CHECK(heard.count == 0);
    fixture_stop(&fixture);
}

static void counts_beyond_the_message_end_the_session_only(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct heard heard;
    CHECK_RESULT(list(fixture.connection, "short", &heard), INTERNAL, MALFORMED_FRAME);
    CHECK_OK(list(fixture.connection, "", &heard));
    CHECK(heard.count == PEER_LISTED);
    CHECK(atomic_load(&fixture.peer.seen->sessions) == 2);
    fixture_stop(&fixture);
}

static void a_segment_instead_of_a_list_is_given_back(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    struct heard heard = {0};
    int before = open_descriptors();
    CHECK_RESULT(berth_list(fixture.connection, "segment", hear, &heard, 100), DEADLINE_EXCEEDED,
                 CALLER_TIMED_OUT);
    while (atomic_load(&fixture.peer.seen->segments_dropped) < 1) {
        CHECK_OK(fixture_call(&fixture, 1, 0, 0, NULL)); /* who calls hears of a late answer */
    }
    CHECK(open_descriptors() == before);
    fixture_stop(&fixture);
}

static void a_broker_that_leaves_meanwhile_has_its_successor_tell_everything(void) {
    static const char *const ways[] = {"leave", "hang-up"};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct fixture fixture = fixture_start(&(struct peer_options){0});
        struct heard heard;
        CHECK_OK(list(fixture.connection, ways[i], &heard));
        CHECK(heard.count == PEER_LISTED);
        CHECK(atomic_load(&fixture.peer.seen->sessions) == 2);
        fixture_stop(&fixture);
    }
}

static void arguments_are_checked(void) {
    struct fixture fixture = fixture_start(&(struct peer_options){0});
    char name[1100];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct heard heard = {0};
    CHECK_RESULT(berth_list(fixture.connection, name, hear, &heard, 0), INVALID_ARGUMENT, NONE);
    CHECK_RESULT(berth_list(fixture.connection, NULL, NULL, &heard, 0), INVALID_ARGUMENT, NONE);
    fixture_stop(&fixture);
}

static void every_cut_and_every_changed_byte_of_a_page_is_read_safely(void) {
    uint8_t bytes[128];
    struct control_writer writer;
    control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_LISTED, 1);
    control_u32(&writer, 0);
    control_u32(&writer, 1);
    control_str(&writer, "hsm:a/b");
    control_u32(&writer, 2);
    control_str(&writer, "hsm/sdf");
    control_u32(&writer, 2);
    for (int i = 0; i < 4; i++) {
        control_str(&writer, "text");
    }
    size_t header = sizeof(struct berth_control_header);
    for (size_t size = header; size < writer.used; size++) {
        uint8_t *exact = malloc(size);
        CHECK(exact != NULL);
        memcpy(exact, bytes, size);
        struct control_reader reader = {.bytes = exact, .size = size, .at = header};
        struct listing *page = NULL;
        CHECK(listing_read(&reader, &page) == LISTING_MALFORMED && page == NULL);
        free(exact);
    }
    for (size_t at = header; at < writer.used; at++) {
        for (unsigned value = 0; value < 256; value += 5) {
            uint8_t changed[128];
            memcpy(changed, bytes, writer.used);
            changed[at] = (uint8_t)value;
            struct control_reader reader = {.bytes = changed, .size = writer.used, .at = header};
            struct listing *page = NULL;
            if (listing_read(&reader, &page) == LISTING_OK) {
                size_t texts = 0;
                for (size_t i = 0; i < page->count; i++) {
                    texts += strlen(page->entries[i].resource) + strlen(page->entries[i].driver);
                    for (size_t k = 0; k < page->entries[i].attribute_count; k++) {
                        texts += strlen(page->entries[i].attributes[k].key) +
                                 strlen(page->entries[i].attributes[k].value);
                    }
                }
                CHECK(texts <= writer.used);
            }
            listing_free(page);
        }
    }
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(all_pages_are_told_in_order_and_a_listener_may_call),
        TEST(a_listener_that_has_heard_enough_hears_no_more),
        TEST(a_page_as_long_as_a_datagram_arrives_whole),
        TEST(a_refusal_is_told_with_the_brokers_reason),
        TEST(a_broker_that_does_not_answer_costs_the_given_time),
        TEST(a_list_that_does_not_end_is_given_up),
        TEST(counts_beyond_the_message_end_the_session_only),
        TEST(a_segment_instead_of_a_list_is_given_back),
        TEST(a_broker_that_leaves_meanwhile_has_its_successor_tell_everything),
        TEST(arguments_are_checked),
        TEST(every_cut_and_every_changed_byte_of_a_page_is_read_safely),
    };
    return RUN_TESTS(tests, argc, argv);
}
