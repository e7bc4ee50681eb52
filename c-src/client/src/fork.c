/* SPDX-License-Identifier: Apache-2.0 */
#include "fork.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

_Atomic uint64_t *fork_page;
atomic_bool fork_by_number;

static pthread_mutex_t page_lock = PTHREAD_MUTEX_INITIALIZER;
/* Inherited by children and counted on there, so that a child's generation is not one of its
 * parent's. */
static uint64_t last_generation;

static bool page_make(void) {
    size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return false;
    }
    if (madvise(page, bytes, MADV_WIPEONFORK) != 0) {
        atomic_store(&fork_by_number, true);
    }
    fork_page = page;
    return true;
}

bool fork_mark_process(struct fork_mark *mark) {
    pthread_mutex_lock(&page_lock);
    bool made = fork_page != NULL || page_make();
    if (made) {
        if (atomic_load(fork_page) == 0) {
            atomic_store(fork_page, ++last_generation);
        }
        mark->generation = atomic_load(fork_page);
        mark->process = getpid();
    }
    pthread_mutex_unlock(&page_lock);
    return made;
}

void fork_lock(void) {
    pthread_mutex_lock(&page_lock);
}

void fork_unlock(void) {
    pthread_mutex_unlock(&page_lock);
}

bool fork_happened_by_number(const struct fork_mark *mark) {
    return mark->process != getpid();
}

void fork_detect_by_process_number(bool by_number) {
    atomic_store(&fork_by_number, by_number);
}
