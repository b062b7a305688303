/* Whether a build is worse than another: what it counts against a baseline (genbench check), how long it takes beside
 * the other in one job (genbench ab). */
#ifndef BENCH_REGRESSION_H
#define BENCH_REGRESSION_H

#include <stdio.h>

#include "bench.h"

/* Exit statuses of both commands; wrong usage is an error here, since 2 means something else. */
enum { BENCH_PASS, BENCH_ERROR, BENCH_REGRESSION, BENCH_INCONCLUSIVE, BENCH_INTERRUPTED = 130 };

/* The commands `genbench check`, `genbench ab` and, which `ab` starts in either build, `genbench work`. */
int bench_check(int argc, char **argv);
int bench_ab(int argc, char **argv);
int bench_work(int argc, char **argv);

/* ---- Options of one command only ---- */

/* "--name VALUE" or "--name=VALUE" into *text, or "--name" into *flag. */
typedef struct bench_own {
    const char *name;
    const char **text;
    bool *flag;
} bench_own;

/* Take these off the command line, argv[1] ... argv[*argc - 1]; what is left moves up. Errors: GS_ERROR_ARGUMENT: one
 * is given twice or lacks its value. */
gs_status bench_own_take(int *argc, char **argv, const bench_own *own, size_t count, gs_error *error);

/* --format: "text" or none is false, "github" true. Errors: GS_ERROR_ARGUMENT. */
gs_status bench_format_parse(const char *text, bool *github, gs_error *error);

/* ---- GitHub ---- */

typedef enum bench_level { BENCH_NOTE, BENCH_WARNING, BENCH_ALARM } bench_level;

/* One workflow command, `::error file=FILE,title=TITLE::TEXT`, which GitHub shows beside the change. FILE may be NULL.
 * Per cent signs and ends of lines are escaped as GitHub asks, in properties colons and commas too, so that no text can
 * be taken for a command. */
void bench_github_command(FILE *out, bench_level level, const char *file, const char *title, const char *text);

/* The file that GitHub shows as Markdown below the job, opened to be written on; *file NULL where $GITHUB_STEP_SUMMARY
 * is not set. Errors: GS_ERROR_FILE. */
gs_status bench_github_summary(FILE **file, gs_error *error);

/* ---- Counting ---- */

/* Rows of what `check` counts: short calls of all that takes time, on one thread. */
gs_status bench_counted_add(bench_rows *rows, gs_error *error);

#endif
