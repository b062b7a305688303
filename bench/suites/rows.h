/* Rows that several suites have. */
#ifndef BENCH_SUITES_ROWS_H
#define BENCH_SUITES_ROWS_H

#include "network.h"

/* ---- A call is one evaluation of a batch: outputs, or energies and gradients ---- */

/* Add a row of the variant's batch, or of one image. */
bench_row *bench_evaluation_add(bench_rows *rows, const char *suite, const char *scenario, const char *what,
                                const bench_variant *variant, bool gradient, const char *unit);

/* ---- A call draws a batch of chains with a sampler ---- */

/* Whether this library has the sampler and it can draw from the network. */
bool bench_sampling_draws(const bench_sampling *sampling, const bench_model *model);
void bench_sampling_add(bench_rows *rows, const char *suite, const bench_sampling *sampling,
                        const bench_variant *variant);

/* How well such chains mix at one noise level: draw 16 chains of row->sampling.mixing steps, at noise level 1 if the
 * network takes one, and set the figures of R-hat and acceptance, row->ess_per_item and row->trace. They are the same
 * in every run with the same seed. */
gs_status bench_chains_diagnose(bench_row *row, gs_plan *plan, gs_error *error);

/* ---- A call is a run of the program gensample beside this one ---- */

/* Whether gensample draws pictures of the network's samples; and add a row whose calls draw one of as many samples as
 * the variant's batch. */
bool bench_draws_pictures(const bench_model *model);
void bench_program_add(bench_rows *rows, const char *suite, const char *what, const bench_variant *variant);

/* 1, 2, 4, ... and as many as there are processors. */
gs_counts bench_thread_counts(void);

#endif
