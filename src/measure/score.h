/* The gradient -s of -log p(x; sigma) by a network of any kind:
 *   -s = dE/dx = (x - D) / sigma^2 = epsilon / sigma (Efron 2011, Tweedie's formula). */
#ifndef GS_MEASURE_SCORE_H
#define GS_MEASURE_SCORE_H

#include "engine/plan.h"

/* Refuse networks without a score. Errors: GS_ERROR_ARGUMENT: an energy whose plan lacks the gradient;
 * GS_ERROR_UNSUPPORTED: a classifier. */
gs_status gs_score_check(const gs_plan *plan, gs_error *error);

/* For images x (n, C, H, W): gradient = -s, and energy = E, (n), which may be NULL, of energies; others leave it alone.
 * Errors: those of gs_plan_evaluate. */
gs_status gs_score_gradient(gs_plan *plan, const float *x, double sigma, const int *labels, size_t n, float *energy,
                            float *gradient, gs_error *error);

#endif
