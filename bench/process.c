#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/interrupt.h"

/* ---- Processes ---- */

/* Wait until all processes that hold the other end of the pipe have ended. */
static gs_status wait_for(pid_t group, int from, int *status, gs_error *error) {
    enum { TICK_MS = 200 };
    struct pollfd end = {.fd = from, .events = POLLIN};
    while (poll(&end, 1, TICK_MS) <= 0 && !gs_interrupted())
        ;
    if (gs_interrupted())
        kill(-group, SIGKILL);
    while (waitpid(group, status, 0) < 0 && errno == EINTR)
        ;
    return gs_interrupted() ? gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted") : GS_OK;
}

static int spawn(pid_t *pid, char *const *words, char *const *environment, const char *log) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    int failed = posix_spawnp(pid, words[0], &actions, &attributes, words, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

gs_status bench_process_run(char *const *words, char *const *environment, const char *log, int *status,
                            gs_error *error) {
    int ends[2]; /* the program inherits both ends; nothing is written */
    pid_t pid = 0;
    if (pipe(ends))
        return gs_fail(error, GS_ERROR_FILE, "%s: a pipe: %s", words[0], strerror(errno));
    int failed = spawn(&pid, words, environment, log);
    close(ends[1]);
    gs_status result = failed ? gs_fail(error, GS_ERROR_UNSUPPORTED, "%s: %s", words[0], strerror(failed))
                              : wait_for(pid, ends[0], status, error);
    close(ends[0]);
    return result;
}

extern char **environ;

static bool has_name(const char *entry, const char *const *names) {
    for (; *names; names++)
        if (!strncmp(entry, *names, strlen(*names)) && entry[strlen(*names)] == '=')
            return true;
    return false;
}

void bench_environment(char *chosen[BENCH_ENVIRONMENT_MOST], const char *const *names, bool others,
                       const char *const *more) {
    enum { MORE = 8 };
    int count = 0;
    for (char **entry = environ; *entry && count < BENCH_ENVIRONMENT_MOST - MORE; entry++)
        if (has_name(*entry, names) != others)
            chosen[count++] = *entry;
    for (; *more; more++)
        chosen[count++] = (char *)(uintptr_t)*more;
    chosen[count] = NULL;
}

void bench_last_line(const char *path, char line[BENCH_LINE_ROOM]) {
    char next[BENCH_LINE_ROOM];
    FILE *file = fopen(path, "r");
    line[0] = '\0';
    while (file && fgets(next, sizeof next, file))
        if (next[strspn(next, "-\n")])
            snprintf(line, BENCH_LINE_ROOM, "%.*s", (int)strcspn(next, "\n"), next);
    if (file)
        fclose(file);
}

/* ---- Folders ---- */

static void remove_files(const char *folder) {
    DIR *entries = opendir(folder);
    const struct dirent *entry;
    char path[BENCH_PATH_ROOM];
    while (entries && (entry = readdir(entries)))
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path)
            unlink(path);
    if (entries)
        closedir(entries);
}

static void remove_folder(const char *folder) {
    const struct timespec tick = {.tv_nsec = 20000000};
    enum { TIMES = 100 };
    remove_files(folder);
    for (int i = 0; i < TIMES && rmdir(folder) && errno != ENOENT; i++) {
        nanosleep(&tick, NULL);
        remove_files(folder);
    }
}

/* The keeper's work: wait until nobody holds the other end of the pipe. It must not hold the ends of other keepers. */
static void keep(const char *folder, int from) {
    enum { DESCRIPTORS = 256 };
    char byte;
    for (int d = STDERR_FILENO + 1; d < DESCRIPTORS; d++)
        if (d != from)
            close(d);
    setsid();
    while (read(from, &byte, 1) < 0 && errno == EINTR)
        ;
    remove_folder(folder);
    _exit(0);
}

gs_status bench_folder_make(bench_folder *folder, gs_error *error) {
    const char *temporary = getenv("TMPDIR");
    int ends[2];
    *folder = (bench_folder){0};
    snprintf(folder->path, sizeof folder->path, "%.900s/genbench-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    if (!mkdtemp(folder->path))
        return gs_fail(error, GS_ERROR_FILE, "%s: %s", folder->path, strerror(errno));
    pid_t pid = pipe(ends) ? -1 : fork();
    if (pid < 0) {
        gs_fail(error, GS_ERROR_FILE, "%s: a process to remove it: %s", folder->path, strerror(errno));
        rmdir(folder->path);
        return GS_ERROR_FILE;
    }
    if (pid == 0)
        keep(folder->path, ends[0]);
    close(ends[0]);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    folder->alive = ends[1];
    folder->keeper = pid;
    return GS_OK;
}

void bench_folder_remove(bench_folder *folder) {
    if (!folder->keeper)
        return;
    close(folder->alive);
    while (waitpid(folder->keeper, NULL, 0) < 0 && errno == EINTR)
        ;
    folder->keeper = 0;
}
