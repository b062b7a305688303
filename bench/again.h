/* Which repetitions the machine disturbed, and which rows are therefore measured again.
 *
 * After all rows were measured, some of those with a disturbed repetition are measured again in random order, as often
 * as they lack undisturbed ones, then some others, and so on until none lacks any, the time for it is over, or every
 * row has been tried often enough. Rows that lack few repetitions come first, so that a busy machine finishes some rows
 * late rather than none. A disturbed repetition does not count while enough others do.
 *
 * This does not bias figures. Whether a repetition is disturbed follows from bench_conditions alone, which contain
 * nothing that was measured, so that a slow repetition is kept or a fast one set aside according to the machine's
 * state; and how often a row is measured does not depend on its figures. The remaining figures are those of the calm
 * machine. A clock that drifts between one row's first measurements and another's last ones would tilt their ratio, so
 * a repetition that is measured again also counts as disturbed if its multiply-add peak is not that of the first
 * pass. */
#ifndef BENCH_AGAIN_H
#define BENCH_AGAIN_H

#include "bench.h"

/* A repetition is disturbed if the multiply-add peaks before and after it differ by more than this share, ... */
#define BENCH_PEAK_TOLERANCE 0.05
/* ... or if this share of the CPU time that our threads asked for was taken. */
#define BENCH_TAKEN_MOST 0.02
/* A row is measured at most this many times as often as it was meant to be. */
enum { BENCH_TRIES_MOST = 4 };

/* The share by which the smaller peak is below the larger one; NaN if they are not known. */
double bench_peak_moved(const bench_conditions *conditions);

/* The share that was taken of the CPU time that our threads asked for. */
double bench_stolen_share(const bench_conditions *conditions);
double bench_waited_share(const bench_conditions *conditions);

/* Whether a repetition is disturbed, and `why` in words, else "". `usual` is the peak that a repetition which is
 * measured again must have; 0 means none. Unknown peaks disturb nothing. */
bool bench_disturbed(const bench_conditions *conditions, double usual, char why[BENCH_WHY_ROOM]);

/* The median peak around undisturbed repetitions of pass 0 with a row's instruction set and threads; 0 if there are
 * none or memory runs out. */
double bench_usual_peak(const bench_rows *rows, const bench_row *row);

/* How many more repetitions a row needs that was meant to have `wanted`; none for a row that failed. */
int bench_lacking(const bench_row *row, int wanted);

/* How many repetitions of the row were disturbed, in any pass, whether they count or not. */
int bench_count_disturbed(const bench_row *row, int from_pass);

/* Move disturbed repetitions behind the others, where they do not count, if BENCH_REPETITIONS_LEAST others are left.
 * Otherwise all count, and the judge says what is wrong with them. */
void bench_set_aside(bench_row *row);

#endif
