/* Rows in which a call is one evaluation of a batch: outputs, or energies and gradients. */
#ifndef BENCH_EVALUATIONS_H
#define BENCH_EVALUATIONS_H

#include "network.h"

extern const bench_kind bench_evaluations, bench_gradients;

#endif
