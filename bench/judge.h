/* From repetitions to figures, and whether these are valid. */
#ifndef BENCH_JUDGE_H
#define BENCH_JUDGE_H

#include "runner.h"

/* Fill in the value, low, high, derived figures and reasons of all rows; count the rows that failed or are invalid. */
void bench_judge(bench_result *result);

/* The best multiply-add peak of the whole run with a row's instruction set and threads, FLOP/s; 0: none. */
double bench_peak_of(const bench_rows *rows, const bench_row *row);

/* Whether no row before row i has the same instruction set and number of threads. */
bool bench_peak_is_new(const bench_rows *rows, int i);

#endif
