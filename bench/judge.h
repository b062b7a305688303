/* From repetitions to figures, and whether these are valid. */
#ifndef BENCH_JUDGE_H
#define BENCH_JUDGE_H

#include "runner.h"

/* Fill in value, low, high, derived figures and reasons of all rows; count those that failed or are invalid. */
void bench_judge(bench_result *result);

#endif
