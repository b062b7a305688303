/* A process of one build that measures rows on command: `genbench work` as `genbench ab` sees it; worker.c has the
 * protocol. */
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H

#include <stdio.h>
#include <sys/types.h>

#include "base/base.h"

enum { BENCH_WORKER_PROTOCOL = 1, BENCH_WORKER_LINE = 512, BENCH_WORKER_ROWS_MOST = 4096, BENCH_WORKER_COMMIT = 64 };

typedef struct bench_worker_row {
    char *name, *hash; /* hash of the network's file, or "-" */
} bench_worker_row;

typedef struct bench_worker {
    const char *side; /* "base", "head", ..., for messages */
    pid_t pid;        /* 0 if it is not running */
    int to, from;     /* pipes */
    char buffer[BENCH_WORKER_LINE];
    size_t buffered;
    char commit[BENCH_WORKER_COMMIT]; /* of its source, "" if it does not say */
    bench_worker_row *row;
    int rows;
} bench_worker;

/* Start `program work 1 options...` and read its list of rows. Errors: GS_ERROR_FILE: it cannot run, or has another
 * protocol; GS_ERROR_MEMORY. bench_worker_stop must be called in any case. */
gs_status bench_worker_start(bench_worker *worker, const char *side, const char *program, char *const *options,
                             gs_error *error);

/* Send one command and get the words of the answer after `expected`. Errors: GS_ERROR_UNSUPPORTED: the worker reports
 * that the row fails, and continues; GS_ERROR_FILE: it ended, answered something else, or did not answer for two
 * minutes; GS_ERROR_INTERRUPTED. */
gs_status bench_worker_ask(bench_worker *worker, const char *expected, char answer[BENCH_WORKER_LINE], gs_error *error,
                           const char *format, ...) GS_PRINTF(5, 6);

/* The number of the row with that name, or -1 if there is none. */
int bench_worker_find(const bench_worker *worker, const char *name);

/* End the process and free its memory; does nothing to a zeroed worker. */
void bench_worker_stop(bench_worker *worker);

#endif
