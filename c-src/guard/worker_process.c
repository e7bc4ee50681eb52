/* SPDX-License-Identifier: Apache-2.0 */
#include "worker_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "worker_environment.h"

enum start_step {
    STEP_SESSION,
    STEP_PARENT_DEATH_SIGNAL,
    STEP_PRIVILEGES,
    STEP_CORE_LIMIT,
    STEP_STDIN,
    STEP_LOCK,
    STEP_DIRECTORY,
    STEP_EXEC,
    STEP_COUNT
};

struct start_failure {
    int32_t step;
    int32_t error;
};

static void reset_signals(void) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int number = 1; number < NSIG; number++) {
        sigaction(number, &standard, NULL); /* EINVAL for SIGKILL, SIGSTOP and libc's own */
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool limit_cores(void) {
    /* Bounds files only: a core_pattern that pipes ignores it. A worker with keys in memory makes
       itself undumpable. */
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
    return setrlimit(RLIMIT_CORE, &none) == 0;
}

static bool open_stdin(void) {
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd >= 0 && dup2(fd, STDIN_FILENO) >= 0;
}

static bool place_lock(int lock_fd) {
    if (lock_fd < 0) {
        return true;
    }
    return lock_fd == WORKER_LOCK_FD ? fcntl(lock_fd, F_SETFD, 0) == 0
                                     : dup2(lock_fd, WORKER_LOCK_FD) >= 0;
}

/* In the child. Returns the step that failed, with errno; does not return if the worker runs. */
static enum start_step become_worker(const struct guard_options *options, char **environment,
                                     int lock_fd, pid_t guard) {
    reset_signals();
    if (setsid() < 0) {
        return STEP_SESSION;
    }
    /* Sent when the *thread* that forked ends; the guard has one thread, so: when the guard ends.
       The guard may have ended before the call, hence the look at the parent after it. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
        return STEP_PARENT_DEATH_SIGNAL;
    }
    if (getppid() != guard) {
        raise(SIGKILL);
    }
    /* The kernel forgets the parent-death signal when a program with set-uid or file capabilities
       is executed, and a descendant of another uid could not be killed: neither may happen. */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return STEP_PRIVILEGES;
    }
    if (!limit_cores()) {
        return STEP_CORE_LIMIT;
    }
    if (!open_stdin()) {
        return STEP_STDIN;
    }
    if (!place_lock(lock_fd)) {
        return STEP_LOCK;
    }
    if (options->umask_bits >= 0) {
        umask((mode_t)options->umask_bits);
    }
    if (options->working_directory != NULL && chdir(options->working_directory) != 0) {
        return STEP_DIRECTORY;
    }
    execve(options->worker_argv[0], options->worker_argv, environment);
    return STEP_EXEC;
}

int worker_process_start(const struct guard_options *options, uint32_t incarnation, int lock_fd,
                         struct worker_process *worker, char *text, size_t text_bytes) {
    int ends[2];
    char **environment = worker_environment_make(options, incarnation, lock_fd >= 0);
    if (environment == NULL) {
        snprintf(text, text_bytes, "no memory for the worker's environment");
        return ENOMEM;
    }
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        int error = errno;
        worker_environment_free(environment);
        snprintf(text, text_bytes, "pipe for the worker's start: %s", strerror(error));
        return error;
    }
    pid_t guard = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        /* Out of the way of the number that the lock is to get. */
        int report_fd = fcntl(ends[1], F_DUPFD_CLOEXEC, WORKER_LOCK_FD + 1);
        struct start_failure failure = {.step = STEP_LOCK, .error = errno};
        if (report_fd < 0) {
            report_fd = ends[1];
        } else {
            failure.step = (int32_t)become_worker(options, environment, lock_fd, guard);
            failure.error = errno;
        }
        ssize_t written = write(report_fd, &failure, sizeof failure);
        _exit(written == (ssize_t)sizeof failure ? 127 : 126);
    }
    int error = errno;
    worker_environment_free(environment);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        snprintf(text, text_bytes, "fork of the worker: %s", strerror(error));
        return error;
    }
    worker->pid = pid;
    worker->outcome_fd = ends[0];
    return 0;
}

static void describe_exec(const char *path, int error, char *text, size_t text_bytes) {
    const char *hint = "";
    if (error == ENOENT) {
        hint = access(path, F_OK) == 0 ? " (the file is there, the interpreter it names is not)"
                                       : " (worker binary not found)";
    } else if (error == ENOEXEC) {
        hint = " (no program for this machine)";
    } else if (error == EACCES) {
        hint = " (not executable for this user, or on a noexec mount)";
    }
    /* The path last: it is what may be cut off. */
    snprintf(text, text_bytes, "exec: %s%s: %s", strerror(error), hint, path);
}

static void describe(const struct guard_options *options, const struct start_failure *failure,
                     char *text, size_t text_bytes) {
    static const char *const STEP_NAMES[STEP_COUNT] = {
        [STEP_SESSION] = "setsid",
        [STEP_PARENT_DEATH_SIGNAL] = "PR_SET_PDEATHSIG",
        [STEP_PRIVILEGES] = "PR_SET_NO_NEW_PRIVS",
        [STEP_CORE_LIMIT] = "RLIMIT_CORE",
        [STEP_STDIN] = "open /dev/null",
        [STEP_LOCK] = "descriptor of the lock",
    };
    if (failure->step == STEP_EXEC) {
        describe_exec(options->worker_argv[0], failure->error, text, text_bytes);
    } else if (failure->step == STEP_DIRECTORY) {
        snprintf(text, text_bytes, "chdir: %s: %s", strerror(failure->error),
                 options->working_directory);
    } else {
        snprintf(text, text_bytes, "%s: %s", STEP_NAMES[failure->step], strerror(failure->error));
    }
}

enum worker_start_outcome worker_process_outcome(const struct guard_options *options,
                                                 struct worker_process *worker, int *error,
                                                 char *text, size_t text_bytes) {
    struct start_failure failure;
    ssize_t bytes = read(worker->outcome_fd, &failure, sizeof failure);
    if (bytes < 0 && errno == EAGAIN) {
        return WORKER_START_PENDING;
    }
    close(worker->outcome_fd);
    worker->outcome_fd = -1;
    if (bytes != (ssize_t)sizeof failure) {
        return WORKER_START_DONE; /* end of file: exec, or death, closed the other end */
    }
    *error = failure.error;
    describe(options, &failure, text, text_bytes);
    return WORKER_START_FAILED;
}
