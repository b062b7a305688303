/* Rows in which a call is one evaluation of a batch: outputs, or energies and gradients. */
#ifndef BENCH_EVALUATIONS_H
#define BENCH_EVALUATIONS_H

#include "network.h"

/* Add a row of the variant's batch, or of one image. */
bench_row *bench_evaluation_add(bench_rows *rows, const char *suite, const char *scenario, const char *what,
                                const bench_variant *variant, bool gradient, const char *unit);

#endif
