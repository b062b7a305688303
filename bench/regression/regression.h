/* Whether a build is worse than another: by counts, compared with a baseline (genbench check), or by time, measured
 * beside the other in one job (genbench ab). */
#ifndef BENCH_REGRESSION_H
#define BENCH_REGRESSION_H

#include <stdio.h>

#include "bench.h"

/* Exit statuses of both commands. Wrong usage is 2 as everywhere, and a regression is too: only of the latter there is
 * a report on standard output. */
enum { BENCH_PASS, BENCH_ERROR, BENCH_REGRESSION, BENCH_INCONCLUSIVE, BENCH_USAGE = 2, BENCH_INTERRUPTED = 130 };

/* The exit status of a failure; of GS_OK what was found. */
int bench_regression_exit(gs_status status, int found);

/* The commands `genbench check`, `genbench ab`, and `genbench work`, which `ab` starts in either build. */
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

/* Take these off the command line, argv[1] ... argv[*argc - 1], and close the gaps. Errors: GS_ERROR_ARGUMENT: an
 * option is given twice or lacks its value. */
gs_status bench_own_take(int *argc, char **argv, const bench_own *own, size_t count, gs_error *error);

/* --format: false for "text" or none, true for "github". Errors: GS_ERROR_ARGUMENT. */
gs_status bench_format_parse(const char *text, bool *github, gs_error *error);

/* ---- GitHub ---- */

typedef enum bench_level { BENCH_NOTE, BENCH_WARNING, BENCH_ALARM } bench_level;

/* One workflow command, `::error file=FILE,title=TITLE::TEXT`, which GitHub shows beside the change. FILE may be NULL.
 * Percent signs and line ends are escaped as GitHub requires, and colons and commas too in properties, so that no text
 * can be taken for a command. */
void bench_github_command(FILE *out, bench_level level, const char *file, const char *title, const char *text);

/* The file that GitHub shows as Markdown below the job, opened for appending; *file is NULL if $GITHUB_STEP_SUMMARY is
 * not set. Errors: GS_ERROR_FILE. */
gs_status bench_github_summary(FILE **file, gs_error *error);

/* ---- Counting ---- */

/* The rows that `check` counts: short calls of everything that takes time, on one thread. */
gs_status bench_counted_add(bench_rows *rows, gs_error *error);

#endif
