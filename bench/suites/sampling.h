/* Rows in which a call draws a batch of chains with a sampler. */
#ifndef BENCH_SAMPLING_H
#define BENCH_SAMPLING_H

#include "bench.h"

/* Whether this library has the sampler and it can draw from the network. */
bool bench_sampling_draws(const bench_sampling *sampling, const bench_model *model);

/* Add a row. */
void bench_sampling_add(bench_rows *rows, const char *suite, const bench_sampling *sampling,
                        const bench_variant *variant);

#endif
