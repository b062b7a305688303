/* A sampler sees chains and a schedule of noise levels; field.h has the field in which they move. */
#ifndef GS_SAMPLE_H
#define GS_SAMPLE_H

#include "engine/plan.h"
#include "random/random.h"

/* One call of gs_sample. Everything is allocated before the first chain moves. */
typedef struct gs_run {
    const gs_plan *plan;
    gs_sample_options options; /* resolved */
    int levels;
    double *sigma;          /* `levels` noise levels, descending; a 0 follows for the solvers */
    double *reach;          /* (levels + 1): gs_bounds_reach of the states in each level's steps, and of the results */
    double expected;        /* gs_bounds_expected of the results */
    int states, every;      /* states of a trajectory before the result, and the steps between them */
    struct gs_fate *fate;   /* (n): see bounds.h */
    struct gs_field *field; /* field.h; the first is the plan's */
    int fields;
    size_t n;
    void *clock; /* progress, stopping and divergence: sample.c */
} gs_run;
typedef struct gs_field gs_field;

/* One block of chains, moved by one thread. */
typedef struct gs_chains {
    const gs_run *run;
    int thread; /* the number of the worker that moves it */
    int n;
    size_t first;         /* index of the first chain in this call */
    size_t size;          /* floats of one image */
    size_t vectors;       /* vectors of 16 floats that hold the n images */
    float *x;             /* (n, size), dense: the state */
    float *denoised;      /* (n, size): room for D(x, sigma) */
    float *unguided;      /* (n, size): room for a network's output without the label */
    float *term;          /* (n, size): room for a further network's output */
    float *spare, *noise; /* (n, size) each, the sampler's own */
    float *gradient;      /* (n, size): room for the gradient at x */
    uint32_t step;        /* steps done, which count the noise */
    int level;            /* noise level of the present step; `levels` at the end */
    struct gs_fate *fate; /* (n): see bounds.h */
} gs_chains;

/* A sampler moves chains from noise of standard deviation sigma_high to samples, and calls gs_chains_stepped after each
 * step. It returns false if it was told to stop. Its caller checks and stores the states that it leaves in x. */
typedef bool gs_sampler_run(gs_chains *chains);
#define GS_SAMPLER(function, ...) gs_sampler_run gs_sampler_##function;
#include "sample/samplers.def"
#undef GS_SAMPLER

/* y = a x + b y over all chains. */
void gs_chains_axpby(const gs_chains *chains, double a, const float *x, double b, float *y);

/* Standard normals of the present step for every chain into chains->noise. */
void gs_chains_noise(gs_chains *chains, gs_stream stream);

/* To be called after each step: counts it, checks the states, and stores those of the trajectory. False if told to
 * stop, or if no chain is left whose state is where its noise level allows. */
bool gs_chains_stepped(gs_chains *chains);

/* To be called within long steps; false if told to stop. */
bool gs_chains_go_on(const gs_chains *chains);

/* Called after each evaluation of a network for all chains. */
void gs_chains_evaluated(const gs_chains *chains);

/* Whether all of x is finite. */
bool gs_finite(const float *x, size_t size);

/* The run will end with GS_ERROR_DIVERGED: `what` of chain i of the block is `beyond` the data range, or, for INFINITY,
 * not finite. The block goes on with the chains before it; false when there are none. */
bool gs_chains_diverge(gs_chains *chains, int i, const char *what, double beyond);

#endif
