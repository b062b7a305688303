/* Counting what single calls do under valgrind's callgrind. */
#ifndef BENCH_COUNT_H
#define BENCH_COUNT_H

#include "regression/baseline.h"

/* Start this program again under callgrind to count all rows, by the options that made them. Errors:
 * GS_ERROR_UNSUPPORTED: no valgrind, or a build that cannot be counted; GS_ERROR_FILE: counting failed;
 * GS_ERROR_INTERRUPTED. `tally` is then empty. */
gs_status bench_count(const bench_rows *rows, bench_tally *tally, gs_error *error);

/* The program thus started calls this before everything else, to remove everything that differs from run to run. */
void bench_count_prepare(void);

/* After that `genbench count FOLDER` counts each row in a process of its own, whose memory no other row has used, and
 * leaves the counts in the folder. */

#endif
