/* SPDX-License-Identifier: Apache-2.0 */
/* Intrusive doubly linked lists with a ring's end as head. */
#ifndef BERTH_CLIENT_LIST_H
#define BERTH_CLIENT_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_node {
    struct list_node *previous;
    struct list_node *next;
};

#define LIST_ENTRY(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct list_node *head) {
    head->previous = head;
    head->next = head;
}

static inline bool list_empty(const struct list_node *head) {
    return head->next == head;
}

static inline void list_append(struct list_node *head, struct list_node *node) {
    node->previous = head->previous;
    node->next = head;
    head->previous->next = node;
    head->previous = node;
}

static inline void list_remove(struct list_node *node) {
    node->previous->next = node->next;
    node->next->previous = node->previous;
    list_init(node);
}

#endif
