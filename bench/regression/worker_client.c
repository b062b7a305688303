#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/interrupt.h"
#include "process.h"
#include "regression/worker.h"

enum { WORDS_MOST = 64, SILENCE_MS = 120000, TICK_MS = 200 };

/* ---- Lines ---- */

static gs_status ended(bench_worker *w, gs_error *error) {
    int status = 0;
    if (w->pid && waitpid(w->pid, &status, 0) == w->pid)
        w->pid = 0;
    if (WIFSIGNALED(status))
        return gs_fail(error, GS_ERROR_FILE, "ab: %s: its worker ended with signal %d", w->side, WTERMSIG(status));
    return gs_fail(error, GS_ERROR_FILE, "ab: %s: its worker ended with exit status %d", w->side, WEXITSTATUS(status));
}

/* Read bytes from the worker into the buffer. */
static gs_status receive(bench_worker *w, gs_error *error) {
    struct pollfd from = {.fd = w->from, .events = POLLIN};
    for (int waited = 0; waited < SILENCE_MS; waited += TICK_MS) {
        int ready = poll(&from, 1, TICK_MS);
        if (gs_interrupted())
            return gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted");
        if (ready <= 0)
            continue;
        ssize_t got = read(w->from, w->buffer + w->buffered, sizeof w->buffer - 1 - w->buffered);
        if (got <= 0)
            return ended(w, error);
        w->buffered += (size_t)got;
        return GS_OK;
    }
    return gs_fail(error, GS_ERROR_FILE, "ab: %s: its worker says nothing for %d s", w->side, SILENCE_MS / 1000);
}

/* The next line without its end. */
static gs_status read_line(bench_worker *w, char line[BENCH_WORKER_LINE], gs_error *error) {
    char *end;
    while (!(end = memchr(w->buffer, '\n', w->buffered))) {
        if (w->buffered == sizeof w->buffer - 1)
            return gs_fail(error, GS_ERROR_FILE, "ab: %s: its worker says an endless line", w->side);
        gs_status status = receive(w, error);
        if (status)
            return status;
    }
    size_t length = (size_t)(end - w->buffer);
    memcpy(line, w->buffer, length);
    line[length] = '\0';
    w->buffered -= length + 1;
    memmove(w->buffer, end + 1, w->buffered);
    return GS_OK;
}

gs_status bench_worker_ask(bench_worker *w, const char *expected, char answer[BENCH_WORKER_LINE], gs_error *error,
                           const char *format, ...) {
    char command[BENCH_WORKER_LINE], line[BENCH_WORKER_LINE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    if (write(w->to, command, (size_t)length) != length)
        return ended(w, error);
    gs_status status = read_line(w, line, error);
    if (status)
        return status;
    size_t word = strlen(expected);
    if (!strncmp(line, "error ", 6))
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "%s: %s", w->side, line + 6);
    if (strncmp(line, expected, word) || (line[word] && line[word] != ' '))
        return gs_fail(error, GS_ERROR_FILE, "ab: %s: its worker says \"%.60s\", expected \"%s\"", w->side, line,
                       expected);
    snprintf(answer, BENCH_WORKER_LINE, "%s", line + word + (line[word] == ' '));
    return GS_OK;
}

/* ---- Start and end ---- */

static gs_status spawn(bench_worker *w, const char *program, char **words, const int to[2], const int from[2],
                       gs_error *error) {
    /* threads of a worker that waits must not spin while another is measured */
    static const char *const policy[] = {"OMP_WAIT_POLICY", NULL}, *const passive[] = {"OMP_WAIT_POLICY=passive", NULL};
    char *environment[BENCH_ENVIRONMENT_MOST];
    bench_environment(environment, policy, true, passive);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
    int failed = posix_spawn(&w->pid, program, &actions, NULL, words, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (!failed)
        return GS_OK;
    w->pid = 0;
    return gs_fail(error, GS_ERROR_FILE, "ab: %s: %s: %s", w->side, program, strerror(failed));
}

/* A pipe whose ends no other worker inherits. */
static bool make_pipe(int ends[2]) {
    if (pipe(ends))
        return false;
    return fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 && fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
}

/* The worker's first lines. */
static gs_status read_rows(bench_worker *w, gs_error *error) {
    char line[BENCH_WORKER_LINE], name[BENCH_WORKER_LINE], hash[BENCH_WORKER_LINE];
    int protocol = 0, rows = 0;
    gs_status status = read_line(w, line, error);
    if (status == GS_ERROR_FILE && !w->pid) /* it ended */
        return gs_fail(error, status,
                       "ab: %s: its worker did not begin: it says why above, or is no genbench that "
                       "speaks worker protocol %d",
                       w->side, BENCH_WORKER_PROTOCOL);
    if (status)
        return status;
    if (sscanf(line, "genbench-worker %d %d %63[0-9a-zA-Z.+-]", &protocol, &rows, w->commit) < 2 ||
        protocol != BENCH_WORKER_PROTOCOL || rows < 0 || rows > BENCH_WORKER_ROWS_MOST)
        return gs_fail(error, GS_ERROR_FILE, "ab: %s: it says \"%.60s\", expected worker protocol %d", w->side, line,
                       BENCH_WORKER_PROTOCOL);
    w->row = gs_alloc((size_t)rows + 1, sizeof *w->row);
    for (int i = 0; w->row && i < rows; i++) {
        if ((status = read_line(w, line, error)))
            return status;
        if (sscanf(line, "%511s %511s", name, hash) != 2)
            return gs_fail(error, GS_ERROR_FILE, "ab: %s: its row %d has no name", w->side, i);
        w->rows++;
        w->row[i] = (bench_worker_row){gs_copy_string(name), gs_copy_string(hash)};
        if (!w->row[i].name || !w->row[i].hash)
            return gs_fail_memory(error, "rows");
    }
    return w->row ? GS_OK : gs_fail_memory(error, "rows");
}

gs_status bench_worker_start(bench_worker *w, const char *side, const char *program, char *const *options,
                             gs_error *error) {
    char *words[WORDS_MOST], protocol[16], work[] = "work", self[] = "genbench";
    int to[2] = {-1, -1}, from[2] = {-1, -1}, count = 0;
    *w = (bench_worker){.side = side, .to = -1, .from = -1};
    snprintf(protocol, sizeof protocol, "%d", BENCH_WORKER_PROTOCOL);
    words[count++] = self;
    words[count++] = work;
    words[count++] = protocol;
    for (; *options && count < WORDS_MOST - 1; options++)
        words[count++] = *options;
    words[count] = NULL;
    gs_status status = make_pipe(to) && make_pipe(from)
                           ? spawn(w, program, words, to, from, error)
                           : gs_fail(error, GS_ERROR_FILE, "ab: %s: a pipe: %s", side, strerror(errno));
    if (to[0] >= 0)
        close(to[0]);
    if (from[1] >= 0)
        close(from[1]);
    w->to = to[1];
    w->from = from[0];
    return status ? status : read_rows(w, error);
}

int bench_worker_find(const bench_worker *w, const char *name) {
    for (int i = 0; i < w->rows; i++)
        if (!strcmp(w->row[i].name, name))
            return i;
    return -1;
}

/* The end of its input ends it; if it has not ended within a second, it is killed. */
static void reap(pid_t pid) {
    const struct timespec tick = {.tv_nsec = 10000000};
    pid_t gone = 0;
    for (int i = 0; i < 100 && gone == 0; i++) {
        gone = waitpid(pid, NULL, WNOHANG);
        if (gone == 0)
            nanosleep(&tick, NULL);
    }
    if (gone == 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
}

void bench_worker_stop(bench_worker *w) {
    if (!w->side)
        return;
    if (w->to >= 0)
        close(w->to);
    if (w->from >= 0)
        close(w->from);
    if (w->pid > 0)
        reap(w->pid);
    for (int i = 0; i < w->rows; i++) {
        gs_free(w->row[i].name);
        gs_free(w->row[i].hash);
    }
    gs_free(w->row);
    *w = (bench_worker){0};
}
