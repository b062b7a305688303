#include "regression/count.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "base/os.h"
#include "app/interrupt.h"
#include "process.h"
#include "regression/regression.h"
#include "system.h"

#if defined(__has_include)
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define HAVE_CALLGRIND
#endif
#endif

enum { FOLDER_ROOM = BENCH_FOLDER_ROOM, PATH_ROOM = BENCH_PATH_ROOM, LINE_ROOM = BENCH_LINE_ROOM, WORDS_MOST = 64 };

static gs_status check_build(gs_error *error) {
#if defined(GS_SANITIZED)
    return gs_fail(error, GS_ERROR_UNSUPPORTED, "check: this build has sanitizers, which callgrind cannot run");
#elif !defined(HAVE_CALLGRIND)
    return gs_fail(error, GS_ERROR_UNSUPPORTED,
                   "check: this build cannot count: valgrind/callgrind.h (package valgrind) was missing when it was "
                   "built");
#else
    (void)error;
    return GS_OK;
#endif
}

/* ---- In the program under callgrind ---- */

/* The instructions since the last call of this function, or since the program's start, go into a file of their own
 * whose header names `row`. */
static void begin_counting(void) {
#ifdef HAVE_CALLGRIND
    CALLGRIND_START_INSTRUMENTATION;
#endif
}

static void end_counting(const char *row) {
#ifdef HAVE_CALLGRIND
    CALLGRIND_STOP_INSTRUMENTATION;
    CALLGRIND_DUMP_STATS_AT(row);
#else
    (void)row;
#endif
}

void bench_count_prepare(void) {
    json_object_seed(1); /* seed of jansson's hashes, which is otherwise random */
    bench_steady_memory();
}

/* Count the second call, because the first one also does what is done only once. A line with the counts is written to
 * `to` in one piece. */
static gs_status count_row(bench_row *row, int number, int to, gs_error *error) {
    size_t allocations = gs_allocations(), bytes = gs_allocated_bytes();
    gs_status status = bench_row_open(row, error);
    size_t opening[] = {gs_allocations() - allocations, gs_allocated_bytes() - bytes};
    if (!status)
        status = row->kind->call(row, error);
    allocations = gs_allocations();
    bytes = gs_allocated_bytes();
    if (!status) {
        begin_counting();
        status = row->kind->call(row, error);
        end_counting(row->name);
    }
    char line[LINE_ROOM];
    int length =
        snprintf(line, sizeof line, "%d %ld %zu %zu %zu %zu %.0f\n", number, (long)getpid(),
                 gs_allocations() - allocations, gs_allocated_bytes() - bytes, opening[0], opening[1], row->operations);
    if (!status && write(to, line, (size_t)length) != length)
        status = gs_fail(error, GS_ERROR_FILE, "the counts cannot be written: %s", strerror(errno));
    return status;
}

static void run_row(bench_row *row, int number, int to) {
    gs_error error = {0};
    gs_status status = count_row(row, number, to, &error);
    if (status)
        fprintf(stderr, "%s: %s\n", row->name, error.message);
    fflush(stderr);
    _exit((int)status);
}

/* Wait for one process; whether it succeeded. */
static bool wait_one(void) {
    int status = 0;
    pid_t pid = wait(&status);
    if (pid > 0 && WIFSIGNALED(status))
        fprintf(stderr, "a row ended with signal %d\n", WTERMSIG(status));
    return pid > 0 && status == 0;
}

static gs_status count_rows(bench_rows *rows, const char *folder, gs_error *error) {
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/counts", folder);
    int to = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600), running = 0;
    bool good = to >= 0;
    for (int i = 0; i < rows->count && good; i++) {
        if (running == bench_processors()) {
            good = wait_one();
            running--;
        }
        pid_t pid = good ? fork() : -1;
        if (pid == 0)
            run_row(&rows->row[i], i, to);
        good = good && pid > 0;
        running += pid > 0;
    }
    for (; running; running--)
        good = wait_one() && good;
    if (to >= 0)
        close(to);
    return good ? GS_OK : gs_fail(error, GS_ERROR_FILE, "not all rows were counted");
}

gs_status bench_count_here(bench_settings *settings, gs_error *error) {
    bench_rows rows = {.settings = settings};
    gs_status status = bench_counted_rows(settings, &rows, error);
    if (!status)
        status = count_rows(&rows, settings->operand[0], error);
    bench_rows_free(&rows);
    return status;
}

/* ---- In the program that starts it ---- */

static gs_status explain(const char *folder, int status, gs_error *error) {
    char path[PATH_ROOM], line[LINE_ROOM];
    snprintf(path, sizeof path, "%s/errors", folder);
    bench_last_line(path, line);
    snprintf(path, sizeof path, "%s/valgrind", folder);
    if (!line[0])
        bench_last_line(path, line);
    if (WIFSIGNALED(status))
        return gs_fail(error, GS_ERROR_FILE, "check: valgrind ended with signal %d: %s", WTERMSIG(status), line);
    return gs_fail(error, GS_ERROR_FILE, "check: counting failed: %s", line);
}

/* Run the command to completion; what it prints goes to files in the folder. Counts must not depend on the caller's
 * environment, so the program gets little of it; and how the C library copies memory must not depend on the CPU and its
 * caches. */
static gs_status run(char *const *words, const char *folder, gs_error *error) {
    static const char *const passed[] = {"PATH",       "HOME",         "TMPDIR",           "LD_LIBRARY_PATH",
                                         "LD_PRELOAD", "VALGRIND_LIB", "GENSAMPLE_MODELS", NULL};
    static const char *const set[] = {"OMP_NUM_THREADS=1", "LC_ALL=C",
                                      "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-ERMS,-FSRM:"
                                      "glibc.cpu.x86_non_temporal_threshold=0xc0000",
                                      NULL};
    char errors[PATH_ROOM], *environment[BENCH_ENVIRONMENT_MOST];
    int ended = 0;
    snprintf(errors, sizeof errors, "%s/errors", folder);
    bench_environment(environment, passed, false, set);
    gs_error why = {0};
    gs_status status = bench_process_run(words, environment, errors, &ended, &why);
    if (status)
        return gs_fail(error, status, "check: %s%s", why.message,
                       status == GS_ERROR_UNSUPPORTED ? "; it counts instructions (package valgrind)" : "");
    return ended ? explain(folder, ended, error) : GS_OK;
}

/* The instructions of a process's first dump, which is the row's; -1 if there is no such dump. `valgrind` is valgrind's
 * version. */
static long long read_dump(const char *folder, long pid, const char *row, char valgrind[LINE_ROOM]) {
    char path[PATH_ROOM], line[LINE_ROOM], expected[LINE_ROOM];
    long long count = -1;
    bool of_row = false;
    snprintf(path, sizeof path, "%s/%ld.1", folder, pid);
    snprintf(expected, sizeof expected, "desc: Trigger: Client Request: %s\n", row);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        sscanf(line, "creator: callgrind-%511s", valgrind);
        sscanf(line, "totals: %lld", &count);
        of_row = of_row || !strcmp(line, expected);
    }
    if (file)
        fclose(file);
    return of_row ? count : -1;
}

/* Read a line of bench_count_here and the dump that it refers to. */
static bool read_counts(const char *line, const bench_rows *rows, const char *folder, bench_tally *tally,
                        char valgrind[LINE_ROOM]) {
    int number;
    long pid;
    long long of[BENCH_COUNTS];
    if (sscanf(line, "%d %ld %lld %lld %lld %lld %lld", &number, &pid, &of[BENCH_COUNT_allocations],
               &of[BENCH_COUNT_allocated_bytes], &of[BENCH_COUNT_opening_allocations], &of[BENCH_COUNT_opening_bytes],
               &of[BENCH_COUNT_operations]) != 2 + BENCH_COUNTS - 1 ||
        number < 0 || number >= rows->count)
        return false;
    bench_tally_row *row = &tally->row[number];
    of[BENCH_COUNT_instructions] = read_dump(folder, pid, rows->row[number].name, valgrind);
    memcpy(row->of, of, sizeof of);
    snprintf(row->name, sizeof row->name, "%s", rows->row[number].name);
    return of[BENCH_COUNT_instructions] > 0;
}

static gs_status gather(const bench_rows *rows, const char *folder, bench_tally *tally, gs_error *error) {
    char path[PATH_ROOM], line[LINE_ROOM], valgrind[LINE_ROOM] = "unknown";
    snprintf(path, sizeof path, "%s/counts", folder);
    tally->row = gs_alloc((size_t)rows->count, sizeof *tally->row);
    if (!tally->row)
        return gs_fail_memory(error, "the counts");
    FILE *file = fopen(path, "r");
    bool good = file != NULL;
    while (good && fgets(line, sizeof line, file)) {
        good = read_counts(line, rows, folder, tally, valgrind);
        tally->count++;
    }
    if (file)
        fclose(file);
    for (int i = 0; i < rows->count && good; i++)
        good = tally->row[i].name[0] != '\0';
    bench_surroundings_fill(tally, valgrind);
    return good && tally->count == rows->count
               ? GS_OK
               : gs_fail(error, GS_ERROR_FILE, "check: callgrind counted %d of %d rows", tally->count, rows->count);
}

gs_status bench_count(const bench_rows *rows, bench_tally *tally, gs_error *error) {
    bench_folder folder = {0};
    char program[FOLDER_ROOM], dumps[PATH_ROOM], log[PATH_ROOM];
    char **words = gs_alloc((size_t)rows->settings->argc + WORDS_MOST, sizeof *words);
    *tally = (bench_tally){0};
    gs_status status = words ? check_build(error) : gs_fail_memory(error, "the command line");
    if (!status && !gs_os_program_path(program, sizeof program))
        status = gs_fail(error, GS_ERROR_FILE, "check: the system does not tell where this program is");
    if (!status)
        status = bench_folder_make(&folder, error);
    if (status) {
        gs_free(words);
        return status;
    }
    snprintf(dumps, sizeof dumps, "--callgrind-out-file=%s/%%p", folder.path);
    snprintf(log, sizeof log, "--log-file=%s/valgrind", folder.path);
    int count = 0;
    const char *const begin[] = {"valgrind", "-q",    "--tool=callgrind", "--vgdb=no", "--instr-atstart=no", dumps, log,
                                 program,    "count", folder.path};
    for (size_t i = 0; i < GS_COUNT(begin); i++)
        words[count++] = (char *)(uintptr_t)begin[i];
    count += bench_words_for(rows->settings, BENCH_COUNT, words + count);
    words[count] = NULL;
    gs_interrupt_install();
    status = run(words, folder.path, error);
    if (!status)
        status = gather(rows, folder.path, tally, error);
    bench_folder_remove(&folder);
    gs_free(words);
    if (status)
        bench_tally_free(tally);
    return status;
}
