/* gensample: generative sampling on plain CPUs.
 *
 * The order of use: gs_model_load, gs_plan_create, gs_sample (or gs_plan_evaluate), then the matching frees.
 * All arrays are dense, row-major float32; images are (n, C, H, W) in the model's own data range.
 * The library never prints, exits or aborts; it has no global mutable state.
 */
#ifndef GENSAMPLE_H
#define GENSAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GS_VERSION "0.1.0"
#define GS_MESSAGE_MAX 400

/* What went wrong. */
typedef enum gs_status {
    GS_OK = 0,
    GS_ERROR_ARGUMENT,    /* an option or argument out of its range */
    GS_ERROR_FILE,        /* a file can't be opened, read or written */
    GS_ERROR_FORMAT,      /* a file's content is not what its format demands */
    GS_ERROR_MEMORY,      /* an allocation failed */
    GS_ERROR_UNSUPPORTED, /* this build or CPU can't do it */
    GS_ERROR_INTERRUPTED  /* the progress callback asked to stop */
} gs_status;

/* Filled by any function that takes one (NULL is allowed) when it does not return GS_OK. One line without
 * a newline: the file, tensor, node or option at fault, what was found, what was expected. */
typedef struct gs_error {
    gs_status status;
    char message[GS_MESSAGE_MAX];
} gs_error;

/* ---- Models ---- */

/* A validated network. Immutable after loading, so any number of threads may read it. */
typedef struct gs_model gs_model;

typedef enum gs_kind { GS_KIND_ENERGY, GS_KIND_SCORE, GS_KIND_DENOISER, GS_KIND_NOISE, GS_KIND_CLASSIFIER } gs_kind;

/* Load and validate a weight file (models/FORMAT.md). `path` is read whole. On success *model is the
 * caller's, to be freed with gs_model_free; on failure *model is NULL.
 * Errors: GS_ERROR_FILE, GS_ERROR_FORMAT, GS_ERROR_MEMORY. */
gs_status gs_model_load(const char *path, gs_model **model, gs_error *error);

/* Free a model; no plan made from it may be alive. NULL is allowed. */
void gs_model_free(gs_model *model);

/* What a weight file says about its network. Pointers belong to the model. */
typedef struct gs_model_info {
    const char *name;
    gs_kind kind;
    int shape[3];          /* (C, H, W) of x */
    float range[2];        /* clean pixels lie in [range[0], range[1]] */
    bool takes_sigma;      /* sigma is an input */
    double sigma[2];       /* trained range of sigma, where it takes one */
    int labels;            /* classes K; labels 0 ... K - 1, and K for "none"; 0: not conditional */
    int ladder_length;     /* number of discrete noise levels, or 0 */
    const double *ladder;  /* strictly decreasing */
    int outputs;           /* 1, or 2 for a classifier with features */
    size_t output_size[2]; /* elements of each output per image */
    size_t parameters;     /* elements of all tensors */
    uint64_t operations;   /* 2 x multiply-adds of convolutions and linear layers per evaluation, no padding */
    char hash[65];         /* SHA-256 of the file, lower-case hexadecimal */
} gs_model_info;

/* Thread-safe. */
const gs_model_info *gs_model_get_info(const gs_model *model);

/* "energy", "score", ... */
const char *gs_kind_name(gs_kind kind);

/* A tensor of the file by name: *data points into the model, shape gets up to 6 sizes; returns the rank, or -1
 * when there is none of that name. */
int gs_model_get_tensor(const gs_model *model, const char *name, const float **data, size_t shape[6]);

/* ---- CPU ---- */

/* The instruction set the library uses on this CPU at best: "scalar", "avx2", "avx512" or "neon". */
const char *gs_isa_best(void);

/* Name of instruction set i in ascending order, NULL past the last one of this build; *supported tells whether
 * this CPU and operating system run it. */
const char *gs_isa_name(int i, bool *supported);

/* ---- Plans ---- */

/* A network made ready to run: kernels chosen, weights packed, memory laid out. Immutable, except that its
 * worker memory is used by the one gs_plan_evaluate or gs_sample call that runs at a time. */
typedef struct gs_plan gs_plan;

/* Zero means the default everywhere. */
typedef struct gs_plan_options {
    const char
        *isa;    /* NULL: the environment's GENSAMPLE_ISA, else the best; an unknown or unsupported name is an error */
    int threads; /* 1 ... 1024; 0: the number of processors this process may run on */
    int block;   /* chains one core carries together, 1 ... 64; 0: chosen by the planner. Never changes results */
    bool gradient; /* for gs_plan_gradient too; energies only. Costs memory, and gs_plan_evaluate some speed */
} gs_plan_options;

/* Plan `model`, which must outlive the plan. `options` may be NULL.
 * Errors: GS_ERROR_ARGUMENT, GS_ERROR_UNSUPPORTED (also the gradient of what is no energy), GS_ERROR_MEMORY. */
gs_status gs_plan_create(const gs_model *model, const gs_plan_options *options, gs_plan **plan, gs_error *error);
void gs_plan_free(gs_plan *plan);

/* What the planner decided. */
typedef struct gs_plan_info {
    const char *isa;
    int threads, block;
    size_t weight_bytes;  /* packed weights */
    size_t scratch_bytes; /* scratch memory of all threads */
    int steps;            /* kernel calls an evaluation of a block */
} gs_plan_info;
gs_plan_info gs_plan_get_info(const gs_plan *plan);

/* One line for step i of the plan ("conv2d 48->96 14x14 winograd-f4 ..."), into text; false past the last one. */
bool gs_plan_describe(const gs_plan *plan, int i, char *text, size_t size);

/* Evaluate the network on n images x (n, C, H, W) at one noise level.
 * sigma: ignored by networks that take none. labels: n labels 0 ... K, or NULL for "none" everywhere.
 * out[k]: (n, output_size[k]) for k < outputs; out[1] may be NULL.
 * The result is the same bytes for every instruction set, thread count, block and n.
 * Errors: GS_ERROR_ARGUMENT (sigma not positive and finite, a label out of range), GS_ERROR_MEMORY. */
gs_status gs_plan_evaluate(gs_plan *plan, const float *x, double sigma, const int *labels, size_t n,
                           float *const out[2], gs_error *error);

/* Energies E (n) and their gradients dE/dx (n, C, H, W) for n images x (n, C, H, W) at one noise level, by a plan made
 * with the option `gradient`. sigma and labels as for gs_plan_evaluate; energy or gradient may be NULL. Where an
 * operation has a kink (relu at 0), the gradient is that of its left side; a maximum counts where it comes first.
 * Energies are the bytes that gs_plan_evaluate gives; gradients, too, are the same bytes for every instruction set,
 * thread count, block and n.
 * Errors: GS_ERROR_ARGUMENT (also a plan without the gradient), GS_ERROR_MEMORY. */
gs_status gs_plan_gradient(gs_plan *plan, const float *x, double sigma, const int *labels, size_t n, float *energy,
                           float *gradient, gs_error *error);

/* ---- Samplers ---- */

/* One sampler's row of src/sample/samplers.def. `parameters` lists the fields of gs_sample_options it reads. */
typedef struct gs_sampler_info {
    const char *name;       /* "annealed-langevin" */
    const char *help;       /* one line */
    const char *parameters; /* "steps sigmas" */
} gs_sampler_info;

/* Sampler i, or NULL past the last one. */
const gs_sampler_info *gs_sampler_get(int i);

/* How to sample. Zero (NULL) in a field means: the model file's default, else the sampler's. */
typedef struct gs_sample_options {
    const char *sampler; /* name of a row of samplers.def */
    int steps;           /* solvers: noise levels visited, 1 ... 10000; langevin: Langevin steps, 1 ... 1e6 */
    double sigma_low;    /* solvers: last noise level before 0; langevin: the level, with sigma_high */
    double sigma_high;   /* first noise level; 0 < sigma_low <= sigma_high */
    double
        epsilon; /* Langevin: step size at the lowest level, Song & Ermon 2019, alpha_i = epsilon sigma_i^2/sigma_L^2 */
    int steps_per_level; /* annealed-langevin: T, 1 ... 1e6 */
    int denoise;         /* annealed-langevin, langevin: a last denoising step: 1 yes, -1 no, 0 default */
    double eta; /* dpmpp-2m: noise added on the way, 0 ... 100: -1 none, the ODE; 1 as the reverse SDE; 0 default */
    double guidance;     /* chains with a label: w, 0 ... 100, in D(y) + w (D(y) - D(none)); -1: none (see gs_sample) */
    double guidance_low; /* guidance acts at noise levels above this ... */
    double guidance_high; /* ... and up to this; both 0: the model file's, else everywhere */
    uint64_t seed;        /* chain k of a seed is the same whatever else is drawn */
    uint64_t first_chain; /* number of the first chain */
    const int *labels;    /* n labels 0 ... K, or NULL for "none" */
    float *trajectory;    /* NULL, or room for (gs_sample_levels, n, C, H, W): the state on entering each level, and the
                             result last */
    /* Called now and then by one thread at a time with the number of finished chains; returning false stops:
     * gs_sample returns GS_ERROR_INTERRUPTED within a fraction of a second. NULL is allowed. */
    bool (*progress)(void *context, size_t done, size_t n);
    void *context;
} gs_sample_options;

/* The settings with every default filled in. Errors: GS_ERROR_ARGUMENT naming the option. */
gs_status gs_sample_resolve(const gs_model *model, gs_sample_options *options, gs_error *error);

/* States gs_sample stores in a trajectory, levels + 1, and their noise levels into sigmas (room for `room`; NULL
 * with 0 to ask for the number only), the result's as 0. `options` must be resolved. Returns 0 on bad options. */
int gs_sample_levels(const gs_model *model, const gs_sample_options *options, double *sigmas, int room);

/* Network evaluations per sample (NFE), two at each noise level with guidance where `options->labels` is not NULL.
 * `options` must be resolved. */
uint64_t gs_sample_evaluations(const gs_model *model, const gs_sample_options *options);

/* Draw n chains, into out (n, C, H, W). Values are not clipped to the data range.
 * Guidance of weight w replaces D(x, sigma, y) by D(x, sigma, none) + (1 + w) (D(x, sigma, y) - D(x, sigma, none)) (Ho
 * & Salimans 2022, equation 6, in terms of denoisers), within an interval of noise levels (Kynkaanniemi et al. 2024);
 * it asks for a second evaluation. Chains without a label are left as they are. When interrupted, the first *done
 * chains (may be NULL) of `out` are finished, the rest is undefined.
 * Errors: GS_ERROR_ARGUMENT, GS_ERROR_UNSUPPORTED (this sampler needs another kind of model), GS_ERROR_MEMORY,
 * GS_ERROR_INTERRUPTED. */
gs_status gs_sample(gs_plan *plan, const gs_sample_options *options, size_t n, float *out, size_t *done,
                    gs_error *error);

/* ---- Measures ---- */

/* Mean (d) and unbiased covariance (d, d) of n rows of d features, in float64. */
gs_status gs_feature_moments(const float *features, size_t n, int d, double *mean, double *covariance, gs_error *error);

/* Frechet distance |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) between two Gaussians in d dimensions
 * (Heusel et al. 2017, equation 6); covariances are (d, d), symmetric. NaN when LAPACK fails. */
gs_status gs_frechet_distance(const double *mean1, const double *cov1, const double *mean2, const double *cov2, int d,
                              double *distance, gs_error *error);

/* Quality of n images (n, C, H, W), in [low, high], as a judge sees them. */
typedef struct gs_quality {
    size_t n;
    double frechet;   /* distance to the judge's reference set; NaN when n < 2 */
    double agreement; /* share whose arg max is the requested label; NaN without labels */
    double share[64]; /* share of samples per class */
    int classes;
    double confident; /* share with a soft-max above 0.9 */
} gs_quality;

/* `judge` is a plan of a classifier with features whose file has tensors `reference_mean` (d) and
 * `reference_covariance` (d, d). Images are clipped to the judge's data range first. labels may be NULL; a label
 * equal to the number of classes counts as not requested. */
gs_status gs_quality_measure(gs_plan *judge, const float *images, const int *labels, size_t n, gs_quality *quality,
                             gs_error *error);

#ifdef __cplusplus
}
#endif
#endif
