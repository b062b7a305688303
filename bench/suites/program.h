/* Rows in which a call is a run of the program gensample beside this one. */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include "bench.h"

/* Add a row whose calls draw as many samples as the variant's batch into a file of the name `output`, a constant: .png,
 * or .npy. NULL when memory runs out. */
bench_row *bench_program_add(bench_rows *rows, const char *suite, const char *what, const char *output,
                             const bench_variant *variant);

#endif
