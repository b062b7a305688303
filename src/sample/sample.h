/* What a sampler sees: chains, a schedule of noise levels, and the denoised field of the model at each level. */
#ifndef GS_SAMPLE_H
#define GS_SAMPLE_H

#include "engine/plan.h"
#include "random/random.h"

/* One call of gs_sample. Everything is allocated before the first chain moves. */
typedef struct gs_run {
    const gs_plan *plan;
    gs_sample_options options; /* resolved */
    int levels;
    double *sigma;     /* levels of them, descending; a 0 follows for the solvers */
    float **condition; /* by level: gs_condition_create's table */
    size_t n;
    void *clock; /* progress and stopping: sample.c */
} gs_run;

/* One block of chains, moved by one thread. */
typedef struct gs_chains {
    const gs_run *run;
    gs_worker *worker;
    int n;
    size_t first;         /* index of the first chain in this call */
    size_t size;          /* floats of one image */
    size_t vectors;       /* vectors of 16 floats that hold the n images */
    float *x;             /* (n, size), dense: the state */
    float *denoised;      /* (n, size): room for D(x, sigma) */
    float *unguided;      /* (n, size): room for D(x, sigma, none) */
    float *spare, *noise; /* (n, size) each, the sampler's own */
    uint32_t steps;       /* Langevin steps done: the noise's counter */
} gs_chains;

/* A sampler moves chains from noise of standard deviation sigma_high to samples. It returns false when told to stop. */
typedef bool gs_sampler_run(gs_chains *chains);
#define GS_SAMPLER(function, ...) gs_sampler_run gs_sampler_##function;
#include "sample/samplers.def"
#undef GS_SAMPLER

/* Out = D(x, sigma[level]) for the chains' images x. Energies E, scores s and noise models are converted: D = x - sigma^2
 * dE/dx = x + sigma^2 s = x - sigma epsilon (Efron 2011, Tweedie's formula). With guidance where the run asks for it (gs_sample). */
void gs_field_denoised(gs_chains *chains, int level, const float *x, float *out);

/* y = a x + b y over all chains. */
void gs_chains_axpby(const gs_chains *chains, double a, const float *x, double b, float *y);

/* Standard normals for every chain into chains->noise. */
void gs_chains_noise(gs_chains *chains, uint32_t step, gs_stream stream);

/* Called on entering level `level` (levels: the end): stores the trajectory; false when told to stop. */
bool gs_chains_enter(gs_chains *chains, int level);

/* Called between steps inside a level: false when told to stop. */
bool gs_chains_go_on(const gs_chains *chains);

#endif
