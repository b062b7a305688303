/* Whether samples are as good as they should be, without which their speed says nothing. */
#ifndef BENCH_QUALITY_H
#define BENCH_QUALITY_H

#include "bench.h"

/* Measure n samples of a row's network and sampler with the judge and add figures; and add a reason if they cannot be
 * judged or, with the network's own settings, are better or worse than expected (expectation.h), or if nothing is
 * expected. */
gs_status bench_quality_check(bench_row *row, bool own, const float *samples, const int *labels, size_t n,
                              gs_error *error);

#endif
