/* Repetitions that the machine disturbed, and which rows are to be measured again for that.
 *
 * After all rows were measured, some of those with a disturbed repetition are measured again in random order, as often
 * as they lack undisturbed ones, then some others, and so on until none lacks any, the time for it is over, or a row
 * has been tried often enough. Rows that lack few come first, so that a busy machine gives some rows, late, rather than
 * none. A disturbed repetition does not count while enough others do.
 *
 * This does not bias figures. Whether a repetition is disturbed follows from bench_conditions alone, which hold nothing
 * of what was measured, so that a slow repetition is kept and a fast one set aside as the machine's state has it; and
 * how often a row is measured does not depend on its figures. What is left are figures of the machine when it is calm.
 * A clock that drifts between a row's first measurements and another's last ones would tilt their ratio: a repetition
 * that is measured again is disturbed, too, where its multiply-add peak is not that of the first time around. */
#ifndef BENCH_AGAIN_H
#define BENCH_AGAIN_H

#include "bench.h"

/* A repetition is disturbed when the multiply-add peak before and after it differs by more than this share, ... */
#define BENCH_PEAK_TOLERANCE 0.05
/* ... or this share of the CPU time that our threads asked for was taken. */
#define BENCH_TAKEN_MOST 0.02
/* A row is measured at most so many times as often as it was to be. */
enum { BENCH_TRIES_MOST = 4 };

/* By how large a share the lesser peak is below the larger one; NaN: there is none. */
double bench_peak_moved(const bench_conditions *conditions);

/* Of the CPU time that our threads asked for. */
double bench_stolen_share(const bench_conditions *conditions);
double bench_waited_share(const bench_conditions *conditions);

/* Whether a repetition is disturbed, and `why` in words, else "". usual: the peak that a repetition which is measured
 * again must have; 0: none. Where peaks are not known, they disturb nothing. */
bool bench_disturbed(const bench_conditions *conditions, double usual, char why[BENCH_WHY_ROOM]);

/* The median peak around undisturbed repetitions of pass 0 with a row's instruction set and threads; 0: there are none,
 * or memory ends. */
double bench_usual_peak(const bench_rows *rows, const bench_row *row);

/* How many more repetitions a row should have that was to have `wanted`. None for a row that failed. */
int bench_lacking(const bench_row *row, int wanted);

/* How many repetitions of the row were disturbed, in this pass and later ones, whether they count or not. */
int bench_count_disturbed(const bench_row *row, int from_pass);

/* Move disturbed repetitions behind the others, where they do not count, if BENCH_REPETITIONS_LEAST others are left. If
 * not, all count, and the judge says what is wrong with them. */
void bench_set_aside(bench_row *row);

#endif
