/* genbench work: the process that `genbench ab` starts in either build to measure rows on command. It exchanges lines
 * of text:
 *
 *     genbench work PROTOCOL [options]
 *     -> genbench-worker 1 ROWS COMMIT, then ROWS lines NAME MODEL_HASH ("-": no network); older ones tell no commit
 *     open K P    open row K, call it once      -> opened DIGEST, of what the call computed
 *     time K C    call it C times               -> took NANOSECONDS
 *     close K                                   -> closed
 *
 * or `error WHY`, after which the row is closed. Rows of one thread run on processor P modulo the number of processors,
 * so that all workers, of which one works at a time, use the same one: another processor may be slower for as long as a
 * program keeps it or its caches busy. The worker ends when its input ends. Whoever changes this protocol must
 * increment BENCH_WORKER_PROTOCOL: only workers of one protocol can be compared. */
#include "regression/worker.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commit.h"
#include "io/progress.h"
#include "regression/regression.h"
#include "system.h"

enum { LINE_ROOM = 128, PROCESSORS_MOST = 1024 };

static void say_rows(const bench_rows *rows) {
    printf("genbench-worker %d %d %s%s\n", BENCH_WORKER_PROTOCOL, rows->count, BENCH_COMMIT,
           strcmp(BENCH_DIRTY, "yes") ? "" : "-dirty");
    for (int i = 0; i < rows->count; i++)
        printf("%s %s\n", rows->row[i].name, rows->row[i].model ? rows->row[i].model->info->hash : "-");
}

static gs_status open_row(bench_row *row, long processor, gs_error *error) {
    bench_place(row->threads == 1 ? (int)(processor % PROCESSORS_MOST) : -1); /* if the system can */
    gs_status status = bench_row_open(row, error);
    if (!status)
        status = row->kind->call(row, error);
    if (!status)
        printf("opened %016" PRIx64 "\n", row->kind->digest ? row->kind->digest(row) : 0);
    return status;
}

static gs_status time_row(bench_row *row, long calls, gs_error *error) {
    gs_status status = GS_OK;
    double start = gs_now_s();
    for (long i = 0; i < calls && !status; i++)
        status = row->kind->call(row, error);
    if (!status)
        printf("took %.0f\n", 1e9 * (gs_now_s() - start));
    return status;
}

/* Carry out one command; false if it is not one. `opened` says which rows are open. */
static bool obey(const char *line, bench_rows *rows, bool *opened) {
    int k = -1;
    long number = 0;
    char command[8] = "";
    gs_error error = {0};
    int words = sscanf(line, "%7s %d %ld", command, &k, &number);
    if (words < 2 || k < 0 || k >= rows->count || number < 0)
        return false;
    bench_row *row = &rows->row[k];
    bool opens = !strcmp(command, "open") && !opened[k], times = !strcmp(command, "time") && opened[k] && number > 0;
    if (!opens && !times && (strcmp(command, "close") || !opened[k]))
        return false;
    opened[k] = true;
    gs_status status = opens ? open_row(row, number, &error) : times ? time_row(row, number, &error) : GS_OK;
    if (status || (!opens && !times)) {
        bench_row_close(row);
        opened[k] = false;
    }
    if (status)
        printf("error %s\n", error.message);
    else if (!opens && !times)
        puts("closed");
    return true;
}

static gs_status serve(bench_rows *rows, gs_error *error) {
    char line[LINE_ROOM];
    bool *opened = gs_alloc((size_t)rows->count, sizeof *opened), good = true;
    if (!opened)
        return gs_fail_memory(error, "the worker");
    say_rows(rows);
    fflush(stdout);
    while (good && fgets(line, sizeof line, stdin))
        good = obey(line, rows, opened) && fflush(stdout) == 0;
    for (int i = 0; i < rows->count; i++)
        if (opened[i])
            bench_row_close(&rows->row[i]);
    gs_free(opened);
    return good ? GS_OK : gs_fail(error, GS_ERROR_ARGUMENT, "work: \"%.40s\": no such command", line);
}

gs_status bench_work(bench_settings *settings, gs_error *error) {
    bench_rows rows = {.settings = settings};
    if (strtol(settings->operand[0], NULL, 10) != BENCH_WORKER_PROTOCOL)
        return gs_fail(error, GS_ERROR_ARGUMENT, "work: it speaks protocol %d only", BENCH_WORKER_PROTOCOL);
    gs_status status = bench_rows_make(&rows, false, error);
    if (!status)
        status = serve(&rows, error);
    bench_rows_free(&rows);
    return status;
}
