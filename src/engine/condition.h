/* The part of the graph that depends only on (sigma, label): the condition. */
#ifndef GS_CONDITION_H
#define GS_CONDITION_H

#include "engine/data.h"

/* Plan the computation of plan->condition_offset's values. Errors: GS_ERROR_MEMORY. */
gs_status gs_condition_plan(gs_plan *plan, gs_error *error);
void gs_condition_free(gs_plan *plan);

/* The condition vectors of a noise level for all labels with wanted[label], K meaning none: *table has K + 1 rows of
 * condition_size floats, which the caller frees with gs_free. What does not depend on the label is computed once.
 * Errors: GS_ERROR_MEMORY. */
gs_status gs_condition_create(const gs_plan *plan, double sigma, const bool *wanted, float **table, gs_error *error);

/* The same table for the labels of n images (NULL: none, which is K), which the plan keeps until its next call: rows
 * that it has for this sigma already are not computed again. Never allocates. */
const float *gs_condition_keep(gs_plan *plan, double sigma, const int *labels, size_t n);

#endif
