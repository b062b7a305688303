/* Rows in which a call is a run of the program gensample beside this one. */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include "bench.h"

/* Whether gensample draws pictures of the network's samples. */
bool bench_draws_pictures(const bench_model *model);

/* Add a row whose calls draw a picture of as many samples as the variant's batch. */
void bench_program_add(bench_rows *rows, const char *suite, const char *what, const bench_variant *variant);

#endif
