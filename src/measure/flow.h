/* The probability-flow ODE of a network (Song et al. 2021, equation 13; Karras et al. 2022, equation 1), in terms of
 * the noise level: dx/dsigma = -sigma s(x, sigma) = (x - D(x, sigma)) / sigma. The noise levels are in equal ratios.
 * Each step is the classical one of Runge & Kutta in sigma, in which both ends are smooth: far above the data x - D is
 * proportional to sigma, where the step is exact, and far below it the slope vanishes. */
#ifndef GS_MEASURE_FLOW_H
#define GS_MEASURE_FLOW_H

#include "measure/score.h"

enum { GS_FLOW_BATCH = 256, GS_FLOW_STEPS = 32, GS_FLOW_STEPS_MAX = 4096 };

typedef struct gs_flow {
    gs_plan *plan;
    const gs_flow_options *options; /* never NULL */
    size_t pixels;
    double low, high; /* noise levels of its ends */
    int steps;
    float *slope, *stage, *sum; /* (GS_FLOW_BATCH, pixels) each, or of fewer images */
    double done, all;           /* evaluations of images, and how many there will be, for the progress */
} gs_flow;

/* Check the network and the options, fill in their defaults, and make room for batches of n images or fewer; to be
 * freed with gs_flow_free, also on failure. Errors: GS_ERROR_ARGUMENT, GS_ERROR_UNSUPPORTED, GS_ERROR_MEMORY. */
gs_status gs_flow_create(gs_flow *flow, gs_plan *plan, const gs_flow_options *options, size_t n, gs_error *error);
void gs_flow_free(gs_flow *flow);

/* Noise level number i of `steps`, from 0, the lowest. */
double gs_flow_sigma(const gs_flow *flow, int i, int steps);

/* Take n images x from level a to level b, which are neighbours. Errors: those of gs_plan_evaluate,
 * GS_ERROR_INTERRUPTED, GS_ERROR_DIVERGED. */
gs_status gs_flow_step(gs_flow *flow, float *x, const int *labels, size_t n, double a, double b, gs_error *error);

/* Count n evaluations, and ask the caller whether to go on. Errors: GS_ERROR_INTERRUPTED. */
gs_status gs_flow_count(gs_flow *flow, size_t n, gs_error *error);

#endif
