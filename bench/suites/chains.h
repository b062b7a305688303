/* How well the chains of a sampler at one noise level mix. */
#ifndef BENCH_CHAINS_H
#define BENCH_CHAINS_H

#include "bench.h"

/* Draw 16 chains of row->sampling.mixing steps, at noise level 1 if the network takes one, and set the figures of R-hat
 * and acceptance, row->ess_per_item and row->trace. They are the same in every run with the same seed. */
gs_status bench_chains_diagnose(bench_row *row, gs_plan *plan, gs_error *error);

#endif
