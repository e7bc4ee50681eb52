/* SPDX-License-Identifier: Apache-2.0 */
#include "behaviour/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char STATE_FILE[] = "driver.state";
static const uint64_t STATE_MAGIC = 0x42534332u; /* raised when struct driver_state changes */

/* Shared by processes of one build; written anew by the first of them, so that nothing stale is
 * ever believed. */
struct driver_state {
    _Atomic uint64_t magic; /* written last */
    uint64_t bytes;
    _Atomic uint32_t releases; /* of channels; what waiters sleep on */
    _Atomic uint32_t waiters;  /* may read too high after a waiter was killed: that costs a system
                                  call, no more */
    pthread_mutex_t driver_queue; /* held by the first who waits for driver_lock */
    pthread_mutex_t driver_lock;
    pid_t last_pid; /* under driver_lock */
    pthread_mutex_t channel[BEHAVIOUR_CHANNELS_MOST];
};

static void state_initialise(struct driver_state *state) {
    pthread_mutexattr_t attributes;
    memset(state, 0, sizeof *state);
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&state->driver_queue, &attributes);
    pthread_mutex_init(&state->driver_lock, &attributes);
    for (int i = 0; i < BEHAVIOUR_CHANNELS_MOST; i++)
        pthread_mutex_init(&state->channel[i], &attributes);
    pthread_mutexattr_destroy(&attributes);
    state->bytes = sizeof *state;
    state->magic = STATE_MAGIC;
}

static struct driver_state *map(int file) {
    int flags = file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void *mapped = mmap(NULL, sizeof(struct driver_state), PROT_READ | PROT_WRITE, flags, file, 0);
    return mapped == MAP_FAILED ? NULL : mapped;
}

/*
 * The exclusive lock shows that nobody else uses the file: then, and only then, it is initialised.
 * Turning it into a shared lock lets go of it for a moment, in which another first opener may
 * initialise once more; that is harmless, as this one has touched nothing yet. A shared lock on a
 * file that is not initialised means that an opener died in between: again.
 */
static struct driver_state *join(int file) {
    for (;;) {
        bool first = flock(file, LOCK_EX | LOCK_NB) == 0;
        if (!first && errno != EWOULDBLOCK && errno != EINTR)
            return NULL;
        if (!first && flock(file, LOCK_SH) != 0) {
            if (errno == EINTR)
                continue;
            return NULL;
        }
        if (first && ftruncate(file, (off_t)sizeof(struct driver_state)) != 0)
            return NULL;
        if (lseek(file, 0, SEEK_END) < (off_t)sizeof(struct driver_state)) {
            flock(file, LOCK_UN);
            continue;
        }
        struct driver_state *state = map(file);
        if (state == NULL)
            return NULL;
        if (first) {
            state_initialise(state);
            while (flock(file, LOCK_SH) != 0)
                if (errno != EINTR) {
                    munmap(state, sizeof *state);
                    return NULL;
                }
        }
        if (state->magic == STATE_MAGIC && state->bytes == sizeof *state)
            return state;
        munmap(state, sizeof *state);
        flock(file, LOCK_UN);
    }
}

bool driver_open(struct driver *driver, const struct behaviour *behaviour, int directory,
                 struct reason *why) {
    memset(driver, 0, sizeof *driver);
    driver->behaviour = behaviour;
    driver->file = -1;
    pthread_mutex_init(&driver->slots_lock, NULL);
    if (behaviour->exclusive) {
        driver->state = map(-1);
        if (driver->state != NULL)
            state_initialise(driver->state);
    } else {
        driver->file =
            openat(directory, STATE_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        driver->state = driver->file < 0 ? NULL : join(driver->file);
    }
    if (driver->state != NULL)
        return true;
    reason_set(why, "%s: %s", STATE_FILE, strerror(errno));
    driver_close(driver);
    return false;
}

void driver_close(struct driver *driver) {
    if (driver->state != NULL)
        munmap(driver->state, sizeof *driver->state);
    driver->state = NULL;
    driver_forget(driver);
    pthread_mutex_destroy(&driver->slots_lock);
}

void driver_forget(struct driver *driver) {
    if (driver->file >= 0)
        close(driver->file);
    driver->file = -1;
}

/* Slots of other processes are seen as locks on single bytes of the file, behind the state itself.
 */
static bool lock_slot(int file, int slot, short type) {
    struct flock range = {.l_type = type,
                          .l_whence = SEEK_SET,
                          .l_start = (off_t)sizeof(struct driver_state) + slot,
                          .l_len = 1};
    return file < 0 || fcntl(file, F_OFD_SETLK, &range) == 0;
}

int driver_take_slot(struct driver *driver) {
    int taken = -1;
    pthread_mutex_lock(&driver->slots_lock);
    for (int i = 0; i < (int)driver->behaviour->sessions && taken < 0; i++)
        if (!driver->slot_taken[i] && lock_slot(driver->file, i, F_WRLCK))
            taken = i;
    if (taken >= 0)
        driver->slot_taken[taken] = 1;
    pthread_mutex_unlock(&driver->slots_lock);
    return taken;
}

void driver_free_slot(struct driver *driver, int slot) {
    pthread_mutex_lock(&driver->slots_lock);
    driver->slot_taken[slot] = 0;
    lock_slot(driver->file, slot, F_UNLCK);
    pthread_mutex_unlock(&driver->slots_lock);
}

/* What a dead owner held protects no data that could be half-written, so the lock is simply taken
 * over. */
static bool taken_over(pthread_mutex_t *lock, int result) {
    if (result == EOWNERDEAD)
        pthread_mutex_consistent(lock);
    return result == 0 || result == EOWNERDEAD;
}

/*
 * A kernel's semaphore goes to who waits, not to who has just given it back and asks again; a plain
 * mutex would let one process keep it and so hide what a change of process costs. The first in the
 * queue keeps everybody else, the last holder too, from driver_lock.
 */
static bool take_driver_lock(struct driver_state *state) {
    bool first = taken_over(&state->driver_queue, pthread_mutex_lock(&state->driver_queue));
    bool locked = taken_over(&state->driver_lock, pthread_mutex_lock(&state->driver_lock));
    if (first)
        pthread_mutex_unlock(&state->driver_queue);
    return locked;
}

static int take_channel(struct driver_state *state, int channels) {
    /* A killed holder frees its channel without a wake-up; this bounds how long that goes unseen.
     */
    static const struct timespec look_again = {.tv_nsec = 20 * 1000 * 1000};
    for (;;) {
        uint32_t seen = atomic_load(&state->releases);
        for (int i = 0; i < channels; i++)
            if (taken_over(&state->channel[i], pthread_mutex_trylock(&state->channel[i])))
                return i;
        /*
         * Sequentially consistent against free_channel(): either it sees this waiter, or the kernel
         * sees that `releases` moved and does not sleep.
         */
        atomic_fetch_add(&state->waiters, 1);
        syscall(SYS_futex, &state->releases, FUTEX_WAIT, seen, &look_again, NULL, 0);
        atomic_fetch_sub(&state->waiters, 1);
    }
}

static void free_channel(struct driver_state *state, int channel) {
    pthread_mutex_unlock(&state->channel[channel]);
    atomic_fetch_add(&state->releases, 1);
    if (atomic_load(&state->waiters) != 0)
        syscall(SYS_futex, &state->releases, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void sleep_until(const struct timespec *from, uint32_t microseconds) {
    struct timespec until = *from;
    uint64_t nanoseconds = (uint64_t)until.tv_nsec + (uint64_t)microseconds * 1000;
    until.tv_sec += (time_t)(nanoseconds / 1000000000u);
    until.tv_nsec = (long)(nanoseconds % 1000000000u);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
}

void driver_begin(struct driver *driver, struct service *service) {
    const struct behaviour *behaviour = driver->behaviour;
    struct driver_state *state = driver->state;
    service->driver_locked = behaviour->driver_lock && take_driver_lock(state);
    service->channel =
        behaviour->channels == 0 ? -1 : take_channel(state, (int)behaviour->channels);
    if (service->driver_locked && behaviour->switch_penalty_us != 0) {
        pid_t caller = getpid();
        if (state->last_pid != caller && state->last_pid != 0) {
            clock_gettime(CLOCK_MONOTONIC, &service->started);
            sleep_until(&service->started, behaviour->switch_penalty_us);
        }
        state->last_pid = caller;
    }
    clock_gettime(CLOCK_MONOTONIC, &service->started);
}

void driver_end(struct driver *driver, enum operation operation, struct service *service,
                bool done) {
    if (done && driver->behaviour->service_time_us[operation] != 0)
        sleep_until(&service->started, driver->behaviour->service_time_us[operation]);
    if (service->channel >= 0)
        free_channel(driver->state, service->channel);
    if (service->driver_locked)
        pthread_mutex_unlock(&driver->state->driver_lock);
}
