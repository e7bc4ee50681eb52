/* SPDX-License-Identifier: Apache-2.0 */

/* A worker for the guard's tests: test_worker MODE FIFO [VALUE]. It writes lines "KEY VALUE" to
 * FIFO. */

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int fifo_fd;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
    char line[2048]; /* below PIPE_BUF: whole lines, whoever else writes */
    va_list arguments;
    va_start(arguments, format);
    int bytes = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    line[bytes++] = '\n';
    if (write(fifo_fd, line, (size_t)bytes) != bytes) {
        _exit(99);
    }
}

_Noreturn static void wait_for_death(void) {
    for (;;) {
        pause();
    }
}

static void be_ready(void) {
    say("ready %ld", (long)getpid());
}

/* A child in a group of its own, and a daemon as in the books: fork, setsid, fork; which has a
   child in turn. */
static void make_descendants(void) {
    if (fork() == 0) {
        setpgid(0, 0);
        say("child %ld", (long)getpid());
        wait_for_death();
    }
    pid_t middle = fork();
    if (middle == 0) {
        setsid();
        if (fork() == 0) {
            say("daemon %ld", (long)getpid());
            if (fork() == 0) {
                signal(SIGTERM, SIG_IGN);
                say("daemons-child %ld", (long)getpid());
                wait_for_death();
            }
            wait_for_death();
        }
        _exit(0);
    }
    waitpid(middle, NULL, 0);
}

/* Always one process, under a new pid all the time. */
_Noreturn static void run_away(void) {
    be_ready();
    if (fork() != 0) {
        wait_for_death();
    }
    setsid();
    for (;;) {
        pid_t next = fork();
        if (next > 0) {
            _exit(0);
        }
    }
}

static void say_descriptors(void) {
    char numbers[512] = "";
    DIR *descriptors = opendir("/proc/self/fd");
    const struct dirent *entry;
    for (int fd = 0; fd < 1024; fd++) {
        rewinddir(descriptors);
        while ((entry = readdir(descriptors)) != NULL) {
            char *end;
            long number = strtol(entry->d_name, &end, 10);
            if (end != entry->d_name && number == fd && fd != dirfd(descriptors) && fd != fifo_fd) {
                snprintf(numbers + strlen(numbers), sizeof numbers - strlen(numbers), "%d,", fd);
            }
        }
    }
    closedir(descriptors);
    say("descriptors %s", numbers);
}

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value == NULL ? "(unset)" : value;
}

static void say_surroundings(void) {
    char cwd[512];
    int death_signal = 0;
    struct rlimit core;
    struct stat input;
    struct stat null;
    sigset_t blocked;
    mode_t mask = umask(0);
    say("cwd %s", getcwd(cwd, sizeof cwd));
    say("umask %o", mask);
    say("name %s", variable("BERTH_WORKER_NAME"));
    say("incarnation %s", variable("BERTH_INCARNATION"));
    say("lock-fd %s", variable("BERTH_LOCK_FD"));
    say("given %s", variable("GIVEN"));
    say("inherited %s", variable("INHERITED"));
    say("session %ld", (long)getsid(0));
    say("group %ld", (long)getpgrp());
    prctl(PR_GET_PDEATHSIG, &death_signal);
    say("death-signal %d", death_signal);
    say("no-new-privileges %d", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    getrlimit(RLIMIT_CORE, &core);
    say("core-limit %lld", (long long)core.rlim_max);
    fstat(STDIN_FILENO, &input);
    stat("/dev/null", &null);
    say("stdin-is-null %d", input.st_rdev == null.st_rdev);
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    int odd = 0;
    for (int number = 1; number < 32; number++) {
        struct sigaction action;
        odd += sigismember(&blocked, number);
        if (number != SIGKILL && number != SIGSTOP && sigaction(number, NULL, &action) == 0) {
            odd += action.sa_handler == SIG_IGN;
        }
    }
    say("odd-signals %d", odd);
}

static void end_in_peace(int number) {
    (void)number;
    _exit(42);
}

/* Two of these at one time would be two owners. */
static void own_alone(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    say("alone %d", flock(fd, LOCK_EX | LOCK_NB) == 0);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        return 98;
    }
    const char *mode = argv[1];
    fifo_fd = open(argv[2], O_WRONLY | O_CLOEXEC);
    if (fifo_fd < 0) {
        return 97;
    }
    if (strcmp(mode, "exit") == 0) {
        return atoi(argv[3]);
    } else if (strcmp(mode, "descendants") == 0) {
        make_descendants();
    } else if (strcmp(mode, "descendants-exit") == 0) {
        make_descendants();
        be_ready();
        return 0;
    } else if (strcmp(mode, "run-away") == 0) {
        run_away();
    } else if (strcmp(mode, "surroundings") == 0) {
        say_descriptors();
        say_surroundings();
    } else if (strcmp(mode, "end-in-peace") == 0) {
        signal(SIGTERM, end_in_peace);
    } else if (strcmp(mode, "ignore-term") == 0) {
        signal(SIGTERM, SIG_IGN);
    } else if (strcmp(mode, "stop") == 0) {
        be_ready();
        raise(SIGSTOP);
    } else if (strcmp(mode, "close-lock") == 0) {
        close(atoi(variable("BERTH_LOCK_FD")));
    } else if (strcmp(mode, "outlive-guard") == 0) {
        prctl(PR_SET_PDEATHSIG, 0);
    } else if (strcmp(mode, "alone") == 0) {
        own_alone(argv[3]);
    }
    be_ready();
    wait_for_death();
}
