/* The trace of a denoiser's Jacobian dD/dx, for a network of any kind: exactly, direction by direction, or by
 * Hutchinson's estimate (1990), the mean of v^T (dD/dx) v over random directions v with mean 0 and unit covariance. */
#ifndef GS_MEASURE_TRACE_H
#define GS_MEASURE_TRACE_H

#include "measure/flow.h"

typedef struct gs_tracer {
    gs_flow *flow;
    int probes; /* directions per image and noise level */
    bool exact; /* they are the unit vectors */
    bool normal;
    bool by_reverse; /* whether the plan has the network's derivative; else differences stand for it */
    uint64_t seed;
    float *direction, *product; /* (GS_FLOW_BATCH, pixels) each, or of fewer images */
    float *ahead, *behind;      /* the same */
} gs_tracer;

/* Check the options that say how, and make room; to be freed with gs_tracer_free, also on failure. Errors:
 * GS_ERROR_ARGUMENT, GS_ERROR_MEMORY. */
gs_status gs_tracer_create(gs_tracer *tracer, gs_flow *flow, size_t n, gs_error *error);
void gs_tracer_free(gs_tracer *tracer);

/* Evaluations of a network that it counts per image and noise level: a product by reverse mode takes as long as three.
 */
double gs_tracer_evaluations(const gs_tracer *tracer);

/* The traces of n <= GS_FLOW_BATCH images x at a noise level, and the variances of these estimates by the choice of
 * directions: 0 where they are exact, NaN of a single direction. Image i has the directions of number first + i and
 * `node`. Errors: those of gs_flow_step. */
gs_status gs_tracer_measure(gs_tracer *tracer, const float *x, double sigma, const int *labels, const uint64_t *number,
                            uint32_t node, size_t n, double *trace, double *variance, gs_error *error);

#endif
