/* SPDX-License-Identifier: Apache-2.0 */
#include "card/card.h"

#include "card/device_lock.h"
#include "card/handle.h"
#include "crypto/algorithms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t cards_lock = PTHREAD_MUTEX_INITIALIZER;
static struct card *cards;

static void before_fork(void) {
    pthread_mutex_lock(&cards_lock);
    handles_before_fork();
}

static void after_fork_in_parent(void) {
    handles_after_fork(false);
    pthread_mutex_unlock(&cards_lock);
}

/*
 * A child has no card. It gives up its copies of the descriptors, which would keep the parent's
 * lock and slots alive after the parent's death, and forgets the rest without touching it: another
 * thread of the parent may have been changing it.
 */
static void after_fork_in_child(void) {
    for (struct card *card = cards; card != NULL; card = card->next) {
        close(card->lock);
        close(card->directory);
        close(card->store.keys);
        driver_forget(&card->driver);
    }
    cards = NULL;
    handles_after_fork(true);
    pthread_mutex_unlock(&cards_lock);
}

static void watch_forks(void) {
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

static bool open_store(struct card *card, const char *home, struct reason *why) {
    struct password password;
    const char *password_file = getenv("BERTH_SOFTCARD_PASSWORD_FILE");
    if (password_file == NULL)
        return reason_set(
            why, "BERTH_SOFTCARD_PASSWORD_FILE is not set; expected the path of the file with "
                 "the store's password");
    if (password_read(password_file, &password, why) != STORE_OK)
        return false;
    enum store_status status = store_open(home, password.text, &card->store, why);
    password_wipe(&password);
    return status == STORE_OK;
}

static void close_card(struct card *card) {
    card_wipe_keys(card);
    store_close(&card->store);
    if (card->driver.state != NULL)
        driver_close(&card->driver);
    if (card->lock >= 0)
        close(card->lock);
    close(card->directory);
    free(card);
}

/* Takes over `directory`. The lock comes before the expensive derivation of the store's key. */
static struct card *open_card(const char *home, int directory, const struct stat *folder,
                              struct reason *why) {
    struct card *card = calloc(1, sizeof *card);
    if (card == NULL) {
        reason_set(why, "%s: out of memory", home);
        close(directory);
        return NULL;
    }
    card->directory = directory;
    card->lock = -1;
    card->store.keys = -1;
    card->folder_device = folder->st_dev;
    card->folder_inode = folder->st_ino;
    pthread_mutex_init(&card->keys_lock, NULL);
    if (algorithms_ready(why) && card_config_read(home, &card->config, why) &&
        card_config_override(&card->config, why) &&
        (card->lock = device_lock_take(directory, card->config.behaviour.exclusive, why)) >= 0 &&
        driver_open(&card->driver, &card->config.behaviour, directory, why) &&
        open_store(card, home, why)) {
        faults_start(&card->faults, &card->config.faults, directory);
        return card;
    }
    close_card(card);
    return NULL;
}

static struct card *find_or_open(const char *home, struct reason *why) {
    struct stat folder;
    int directory = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 || fstat(directory, &folder) != 0) {
        reason_set(why, "BERTH_SOFTCARD_HOME=%s: %s; `berth-softcard init` makes a card", home,
                   strerror(errno));
        if (directory >= 0)
            close(directory);
        return NULL;
    }
    for (struct card *card = cards; card != NULL; card = card->next) {
        if (card->folder_device == folder.st_dev && card->folder_inode == folder.st_ino) {
            close(directory);
            card->users++;
            return card;
        }
    }
    struct card *card = open_card(home, directory, &folder, why);
    if (card != NULL) {
        card->users = 1;
        card->next = cards;
        cards = card;
    }
    return card;
}

struct card *card_open(struct reason *why) {
    static pthread_once_t forks_watched = PTHREAD_ONCE_INIT;
    pthread_once(&forks_watched, watch_forks);
    const char *home = getenv("BERTH_SOFTCARD_HOME");
    if (home == NULL) {
        reason_set(why, "BERTH_SOFTCARD_HOME is not set; expected the card's folder");
        return NULL;
    }
    pthread_mutex_lock(&cards_lock);
    struct card *card = find_or_open(home, why);
    pthread_mutex_unlock(&cards_lock);
    return card;
}

void card_hold(struct card *card) {
    pthread_mutex_lock(&cards_lock);
    card->users++;
    pthread_mutex_unlock(&cards_lock);
}

void card_release(struct card *card) {
    pthread_mutex_lock(&cards_lock);
    if (--card->users == 0) {
        struct card **link = &cards;
        while (*link != card)
            link = &(*link)->next;
        *link = card->next;
        close_card(card);
    }
    pthread_mutex_unlock(&cards_lock);
}
