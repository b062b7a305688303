/* Chains, as samplers see them: their states, the noise levels, and what a sampler tells after each step. field.h has
 * the field in which they move. */
#ifndef GS_CHAINS_H
#define GS_CHAINS_H

#include <pthread.h>
#include <stdatomic.h>

#include "engine/plan.h"
#include "random/random.h"
#include "sample/bounds.h"

/* Progress and divergence, shared by all threads of a call. */
typedef struct gs_clock {
    atomic_bool stop;
    double all; /* evaluations there will be */
    pthread_mutex_t lock;
    _Atomic(double) last; /* time of the last call of the caller's function; written under the lock */
    /* The first chain that diverged, UINT64_MAX while there is none. Those before it go on, as it may not be the first;
     * that way it is, whatever the threads and blocks. The lock guards what diverged and when. */
    atomic_uint_least64_t diverged;
    gs_divergence divergence;
    /* What all threads write after each evaluation, away from what they only read. */
    _Alignas(128) atomic_uint_least64_t evaluations;
    atomic_size_t done; /* finished chains */
} gs_clock;

/* One call of gs_sample. Everything is allocated before the first chain moves. */
typedef struct gs_sampling {
    const gs_plan *plan;
    gs_sample_options options; /* resolved */
    int levels, visited;       /* gs_schedule_levels, gs_schedule_visited */
    double *sigma;             /* `levels` noise levels, descending; a 0 follows for the solvers, and further levels */
    double *reach;          /* (levels + 1): gs_bounds_reach of the states in each level's steps, and of the results */
    double expected;        /* gs_bounds_expected of the results */
    double *weight;         /* gs_adaptation_weigh */
    int states, every;      /* states of a trajectory before the result, and the steps between them */
    gs_fate *fate;          /* (n): see bounds.h */
    struct gs_field *field; /* field.h; the first is the plan's */
    int fields;
    size_t n;
    gs_clock *clock;
    const gs_measurement *measurement; /* that the chains are given; NULL: none */
} gs_sampling;
typedef struct gs_field gs_field;

/* One block of chains, moved by one crew. */
typedef struct gs_chains {
    const gs_sampling *run;
    gs_crew *crew; /* who evaluates networks for it; all else its leader does */
    int n;
    size_t first;                          /* index of the first chain in this call */
    size_t size;                           /* floats of one image */
    size_t vectors;                        /* vectors of 16 floats that hold the n images */
    float *x;                              /* (n, size), dense: the state */
    float *denoised;                       /* (n, size): room for D(x, sigma) */
    float *unguided;                       /* (n, size): room for a network's output without the label */
    float *term;                           /* (n, size): room for a further network's output */
    float *spare, *noise, *further, *kick; /* (n, size) each, the sampler's own */
    float *gradient;                       /* (n, size): room for the gradient at x */
    bool stale;                            /* it is that at another x */
    float *own;                            /* (gs_chains_own_states, room): further arrays of the sampler's own */
    size_t room;                           /* floats of each */
    int *drawn;                            /* (n) labels of networks that take any; NULL: the caller's */
    void *replicas;                        /* gs_replicas_bytes bytes: what replicas have beside states (replicas.h) */
    const int *which;                      /* (n): of a part of a block, the chains' indices in it; NULL: 0, 1 ... */
    uint32_t step;                         /* steps done */
    int level;                             /* noise level of the present step; `levels` at the end */
    gs_fate *fate;                         /* (n): see bounds.h */
    gs_step_stats *stats;                  /* (n): of each chain's last step; NULL: the sampler has none */
    double *scratch;                       /* of a measurement: the operator's scratch memory */
} gs_chains;

/* The samplers' own arrays that a run needs per block, and chain i's part of array k. */
size_t gs_chains_own_states(const gs_sample_options *options);
static inline float *gs_chains_own(const gs_chains *c, int k, int i) {
    return c->own + (size_t)k * c->room + (size_t)i * c->size;
}

/* Whether the run's sampler adapts a mass. */
bool gs_chains_adapt_mass(const gs_sample_options *options);

/* The index in the block of chain i of a part of it. */
int gs_chains_index(const gs_chains *part, int i);

/* y = a x + b y over all chains. */
void gs_chains_axpby(const gs_chains *chains, double a, const float *x, double b, float *y);

/* Standard normals for every chain into chains->noise; `step` counts those of the stream. */
void gs_chains_noise(gs_chains *chains, gs_stream stream, uint32_t step);

/* The same of at most 16 chains, abreast (abreast.h), into out; lanes past the last chain have its numbers. */
void gs_chains_noise_abreast(const gs_chains *chains, gs_stream stream, uint32_t step, float *out);

/* Two numbers uniform in (0, 1) (gs_random_unit) for each of 16 chains from number i of the block on, or for the last
 * ones. */
void gs_chains_uniforms(const gs_chains *chains, int i, gs_stream stream, uint32_t step, double out[2][GS_F32_LANES]);

/* Those of chain i alone, into out, (size). */
void gs_chains_noise_of(const gs_chains *chains, int i, gs_stream stream, uint32_t step, float *out);

/* The normals of one chain at one step, of elements `at`, a multiple of GS_NORMALS_BLOCK, and those that follow. */
void gs_random_normals(const gs_kernels *kernels, uint64_t seed, gs_stream stream, uint64_t chain, uint32_t step,
                       size_t at, float out[GS_NORMALS_BLOCK]);

/* x_k += sigma z_k, with the normals of chain first_chain + k in this stream; as gs_sample_add_noise. */
gs_status gs_random_add_noise(gs_stream stream, uint64_t seed, uint64_t first_chain, double sigma, size_t n,
                              size_t size, float *x, gs_error *error);

/* To be called after each step: counts it, checks the states, and stores those of the trajectory. False if told to
 * stop, or if no chain is left whose state is where its noise level allows. */
bool gs_chains_stepped(gs_chains *chains);

/* The same after step number `step` of chain i alone, for samplers whose chains step each at its own pace. */
bool gs_chains_stepped_alone(gs_chains *chains, int i, uint32_t step);

/* To be called instead by what goes up noise levels, too: the chains are at level number `level` now. Stores nothing.
 */
bool gs_chains_moved(gs_chains *chains, int level);

/* To be called within long steps; false if told to stop. */
bool gs_chains_go_on(const gs_chains *chains);

/* Called after each evaluation of a network for all chains, or after several. */
void gs_chains_evaluated(const gs_chains *chains, int times);

/* One chain will not take so many of the evaluations that gs_sample_evaluations has. */
void gs_chains_skipped(const gs_chains *chains, uint64_t evaluations);

/* Whether all of x is finite. */
bool gs_finite(const float *x, size_t size);

/* The run will end with GS_ERROR_DIVERGED: `what` of chain i of the block is `beyond` the data range, or, for INFINITY,
 * not finite. The block goes on with the chains before it; false when there are none. */
bool gs_chains_diverge(gs_chains *chains, int i, const char *what, double beyond);

/* Whether chains from number `first` of the call on may still be wanted: none before them has diverged. */
bool gs_chains_matter(const gs_sampling *run, size_t first);

/* Tell the caller how far the run is, a part of 0 ... 1, and note whether to stop. Calls must not overlap. */
void gs_chains_tell(const gs_sampling *run, double part);

/* Whether the block goes on: all states, or at least those of the first chains, are where their noise level allows; the
 * other chains diverge. */
bool gs_chains_check(gs_chains *chains);

/* Store the states as number `state` of the trajectory, if there is one. */
void gs_chains_store(const gs_chains *chains, size_t state);

#endif
