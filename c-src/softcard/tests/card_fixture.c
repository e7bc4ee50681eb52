/* SPDX-License-Identifier: Apache-2.0 */
#include "card_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int checks_failed;
char fixture_folder[256];
char fixture_card[300];
static char output[16384];

static void give_up(const char *what) {
    fprintf(stderr, "fixture: %s: %s\n%s\n", what, strerror(errno), output);
    exit(1);
}

/* A crash must be seen by the parent as the signal it is, also under the sanitizer. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "handle_segv=0:handle_abort=0:allocator_may_return_null=1";
}

const char *fixture_path(const char *name) {
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", fixture_folder, name);
    return path;
}

void fixture_write(const char *path, const void *content, size_t bytes, unsigned mode) {
    unlink(path);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0 || write(file, content, bytes) != (ssize_t)bytes || fchmod(file, mode) != 0 ||
        close(file) != 0)
        give_up(path);
}

size_t fixture_read(const char *path, void *content, size_t room) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t bytes = file < 0 ? -1 : read(file, content, room);
    if (bytes < 0)
        give_up(path);
    close(file);
    return (size_t)bytes;
}

static void write_text(const char *name, const char *text) {
    fixture_write(fixture_path(name), text, strlen(text), 0600);
}

static int run_arguments(const char *program, char **arguments) {
    int ends[2], status;
    if (pipe(ends) != 0)
        give_up("pipe");
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        execvp(program, arguments);
        _exit(127);
    }
    close(ends[1]);
    size_t bytes = 0;
    ssize_t got;
    while (bytes < sizeof output - 1 &&
           (got = read(ends[0], output + bytes, sizeof output - 1 - bytes)) > 0)
        bytes += (size_t)got;
    output[bytes] = '\0';
    close(ends[0]);
    if (waitpid(child, &status, 0) != child)
        give_up("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum { ARGUMENTS_MOST = 24 };

static void take_arguments(char **arguments, int from, va_list list) {
    while (from < ARGUMENTS_MOST - 1 && (arguments[from] = va_arg(list, char *)) != NULL)
        from++;
    arguments[from] = NULL;
}

int run_tool(const char *command, ...) {
    char *arguments[ARGUMENTS_MOST] = {(char *)TOOL_PATH, (char *)command, fixture_card};
    va_list list;
    va_start(list, command);
    take_arguments(arguments, 3, list);
    va_end(list);
    return run_arguments(TOOL_PATH, arguments);
}

int run(const char *program, ...) {
    char *arguments[ARGUMENTS_MOST] = {(char *)program};
    va_list list;
    va_start(list, program);
    take_arguments(arguments, 1, list);
    va_end(list);
    return run_arguments(program, arguments);
}

const char *run_output(void) {
    return output;
}

void fixture_make(void) {
    const char *temporary = getenv("TMPDIR");
    snprintf(fixture_folder, sizeof fixture_folder, "%s/softcard-XXXXXX",
             temporary == NULL ? "/tmp" : temporary);
    if (mkdtemp(fixture_folder) == NULL)
        give_up(fixture_folder);
    snprintf(fixture_card, sizeof fixture_card, "%s/card", fixture_folder);
    write_text("password", "correct horse 1\n");
    write_text("access", "access99\n");
    write_text("example.hex", "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8\n");
    write_text("kek.hex", "0123456789abcdeffedcba9876543210\n");
    setenv("BERTH_SOFTCARD_HOME", fixture_card, 1);
    setenv("BERTH_SOFTCARD_PASSWORD_FILE", fixture_path("password"), 1);
    behave(NULL);
    break_by(NULL);
    if (run_tool("init", NULL) != 0 ||
        run_tool("generate-key", "--index", "1", "--access-password-file", fixture_path("access"),
                 NULL) != 0 ||
        run_tool("import-key", "--index", "2", "--sign-key", fixture_path("example.hex"), NULL) !=
            0 ||
        run_tool("generate-key", "--index", "3", NULL) != 0 ||
        run_tool("generate-key", "--index", "1", "--rsa", "1024", "--access-password-file",
                 fixture_path("access"), NULL) != 0 ||
        run_tool("generate-key", "--index", "3", "--rsa", "2048", NULL) != 0 ||
        run_tool("generate-kek", "--index", "1", NULL) != 0 ||
        run_tool("import-kek", "--index", "2", "--key", fixture_path("kek.hex"), NULL) != 0)
        give_up("provisioning");
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *walk) {
    (void)stat, (void)type, (void)walk;
    return remove(path);
}

void fixture_remove(void) {
    if (nftw(fixture_folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        give_up(fixture_folder);
}

void *open_device(void) {
    void *device;
    int status = SDF_OpenDevice(&device);
    if (status == SDR_OK)
        return device;
    fprintf(stderr, "fixture: OpenDevice: 0x%x\n", (unsigned)status);
    exit(1);
}

void *open_session(void *device) {
    void *session;
    int status = SDF_OpenSession(device, &session);
    if (status == SDR_OK)
        return session;
    fprintf(stderr, "fixture: OpenSession: 0x%x\n", (unsigned)status);
    exit(1);
}

static void set(const char *name, const char *value) {
    if (value == NULL)
        unsetenv(name);
    else
        setenv(name, value, 1);
}

void behave(const char *behaviour) {
    set("BERTH_SOFTCARD_BEHAVIOUR", behaviour);
}

void break_by(const char *faults) {
    set("BERTH_SOFTCARD_FAULT", faults);
}

pid_t start_child(int (*body)(void)) {
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        give_up("fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG,
              SIGKILL); /* a child that hangs by design must not outlive a test that failed */
        _exit(body());
    }
    return child;
}

int await_exit(pid_t child) {
    int status;
    if (waitpid(child, &status, 0) != child)
        give_up("waitpid");
    return status;
}

int in_child(int (*body)(void)) {
    return await_exit(start_child(body));
}

void kill_child(pid_t child) {
    kill(child, SIGKILL);
    await_exit(child);
}

void await(bool (*so)(pid_t child), pid_t child) {
    const struct timespec moment = {.tv_nsec = 1000 * 1000};
    for (int i = 0; i < 30 * 1000; i++) {
        if (so(child))
            return;
        nanosleep(&moment, NULL);
    }
    errno = ETIMEDOUT;
    give_up("await");
}

static bool read_proc(pid_t child, const char *name, char *text, size_t room) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)child, name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    text[fread(text, 1, room - 1, file)] = '\0';
    fclose(file);
    return true;
}

bool in_system_call(pid_t child, long number) {
    char text[512], *end;
    return read_proc(child, "syscall", text, sizeof text) && strtol(text, &end, 10) == number &&
           end != text;
}

bool waits_for_a_lock(pid_t child) {
    return in_system_call(child, SYS_futex);
}

bool hangs(pid_t child) {
    char text[4096];
    const char *blocked;
    return read_proc(child, "status", text, sizeof text) && strstr(text, "State:\tS") != NULL &&
           (blocked = strstr(text, "SigBlk:\t")) != NULL &&
           (strtoull(blocked + 8, NULL, 16) & 1ull << (SIGTERM - 1)) != 0;
}

void from_hex(const char *hex, uint8_t *out) {
    for (unsigned byte; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        *out++ = (uint8_t)byte;
}

void *known_key(void *session, const uint8_t *key, size_t bytes) {
    ECCrefPublicKey public_key;
    union {
        ECCCipher cipher;
        unsigned char room[sizeof(ECCCipher) + 64];
    } wrapped;
    void *handle = NULL;
    if (SDF_ExportEncPublicKey_ECC(session, 3, &public_key) != SDR_OK ||
        SDF_ExternalEncrypt_ECC(session, SGD_SM2_3, &public_key, (unsigned char *)key,
                                (unsigned)bytes, &wrapped.cipher) != SDR_OK ||
        SDF_ImportKeyWithISK_ECC(session, 3, &wrapped.cipher, &handle) != SDR_OK) {
        fprintf(stderr, "fixture: a known session key cannot be brought in\n");
        exit(1);
    }
    return handle;
}
