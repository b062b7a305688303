/* Timing rows, and judging whether their figures are valid. */
#ifndef BENCH_RUNNER_H
#define BENCH_RUNNER_H

#include "bench.h"
#include "system.h"

enum { BENCH_REPETITIONS_LEAST = 3, BENCH_REPETITIONS = 5, BENCH_REPETITIONS_QUICK = 3 };

/* The runner's source of the machine's state and of the time: the machine or, in tests, a script. */
typedef struct bench_gauge {
    double (*peak)(const char *isa, const char *dtype, int threads); /* as gs_peak_measure */
    bench_times (*times)(void);                                      /* as bench_times_now */
    double (*now_s)(void);                                           /* the clock of --patience */
    void (*pause)(void);                                             /* lets some hundredths of a second pass */
} bench_gauge;

/* The measurements that are made once per run. */
typedef struct bench_result {
    bench_rows *rows;
    const bench_settings *settings;
    const bench_gauge *gauge; /* NULL means the machine itself */
    bool interrupted;
    int failed; /* number of rows that could not run */
    int invalid;
    int disturbed; /* repetitions */
    double elapsed_s, patience_s;
    char started[32];     /* UTC, ISO 8601 */
    double triad_bytes_s; /* memory bandwidth, all threads; 0: not measured */
} bench_result;

/* Whether --benchmark_filter asks for some rows alone. */
bool bench_filters(void);

/* Keep those of *count items of `size` bytes, each beginning with its name, that --benchmark_filter asks for: an
 * extended regular expression, where a leading '-' means the others. Errors: GS_ERROR_ARGUMENT: a malformed
 * expression. */
gs_status bench_filter_items(void *list, int *count, size_t size, gs_error *error);

/* Measure all rows and judge them. Errors: GS_ERROR_MEMORY; failures of single rows are recorded in the rows. */
gs_status bench_measure(bench_result *result, gs_error *error);

/* Fill in the value, low, high, derived figures and reasons of all rows; count the rows that failed or are invalid. */
void bench_judge(bench_result *result);

/* The best multiply-add peak of the whole run with a row's instruction set, type and threads, FLOP/s; 0: none. */
double bench_peak_of(const bench_rows *rows, const bench_row *row);

/* Whether no row before row i has the same instruction set, type and number of threads. */
bool bench_peak_is_new(const bench_rows *rows, int i);

#endif
