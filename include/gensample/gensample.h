/** @file
 * gensample: generative sampling on plain CPUs.
 *
 * The order of use: gs_model_load, gs_plan_create, gs_sample (or gs_plan_evaluate), then the matching frees.
 * All arrays are dense, row-major float32; images are (n, C, H, W) in the model's own data range. Sizes count elements
 * unless their name ends in `_bytes`.
 * The library never prints, exits or aborts. It has no global mutable state but one flag (see Fork) and two counts of
 * allocations, so functions on different objects may run at the same time; the comment on each type says what may run
 * at the same time on one object.
 *
 * Fork: objects may be used on both sides of a fork(). In a child of a process that has already computed on several
 * threads with this library, everything is computed on one thread and gives the same bytes, however many threads a plan
 * has: fork() does not copy the other threads, and GCC's OpenMP would wait for them for ever. pthread_atfork sets the
 * flag that says so. A child that was forked before its parent first computed has all its threads. Two cases cannot be
 * detected: a child forked from within a progress callback must not return from that callback; and where the host
 * itself runs loops of GCC's OpenMP before it forks, the child must ask for one thread (gs_plan_options::threads), with
 * which the library does not use OpenMP.
 *
 * Floating point: loading, planning, evaluating, sampling, rejection and measures of quality and nearness compute in
 * the default environment (rounding to nearest, subnormal numbers kept, no traps), whatever the caller has set, and
 * restore the caller's. So a host that flushes subnormal numbers to zero gets the same bytes. A progress callback runs
 * in the default environment. Numbers in weight files have a decimal point in every locale. A thread that calls the
 * library needs 128 KiB of stack.
 *
 * Pointers that may be NULL say so; all others must not be. A function that returns a gs_status other than GS_OK leaves
 * nothing to free.
 */
#ifndef GENSAMPLE_H
#define GENSAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The shared library exports exactly what is declared between push and pop. */
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/** Version of this header. While it begins with 0, a library works with programs compiled for the same first two
 * numbers.
 */
#define GS_VERSION "0.1.0"

/** Size of gs_error::message in bytes, including the terminating zero. */
#define GS_MESSAGE_MAX 400

/** Version of the library at run time, which may be later than GS_VERSION at compile time. Thread-safe.
 *
 * @return a constant string, "0.1.0"
 */
const char *gs_version(void);

/** The kinds of failure. */
typedef enum gs_status {
    GS_OK = 0,            /**< nothing */
    GS_ERROR_ARGUMENT,    /**< an option or argument out of its range */
    GS_ERROR_FILE,        /**< a file cannot be opened, read or written */
    GS_ERROR_FORMAT,      /**< a file's content is not what its format demands */
    GS_ERROR_MEMORY,      /**< an allocation failed */
    GS_ERROR_UNSUPPORTED, /**< this build or CPU cannot do it */
    GS_ERROR_INTERRUPTED, /**< the progress callback asked to stop */
    GS_ERROR_DIVERGED     /**< a chain left the finite numbers, or is far outside of what its noise level allows */
} gs_status;

/** Why a function failed. Any function that takes one fills it in when it does not return GS_OK, and leaves it alone
 * when it does; NULL is allowed. Belongs to the caller. */
typedef struct gs_error {
    gs_status status;             /**< what the function returned */
    char message[GS_MESSAGE_MAX]; /**< one line of printable ASCII without a newline: the file, tensor, node or option
                                     at fault, what was found, what was expected */
} gs_error;

/* ---- Models ---- */

/** A validated network. Immutable after loading, so any number of threads and plans may use it. */
typedef struct gs_model gs_model;

/** The meaning of a network's first output for an input x = x0 + sigma n: a clean image and standard normal noise n. */
typedef enum gs_kind {
    GS_KIND_ENERGY,    /**< E(x), of shape (1), with p(x) proportional to exp(-E(x)) */
    GS_KIND_SCORE,     /**< the gradient of log p(x; sigma) with respect to x, of shape (C, H, W) */
    GS_KIND_DENOISER,  /**< D(x, sigma) = E[x0 | x], of shape (C, H, W) */
    GS_KIND_NOISE,     /**< E[n | x], of shape (C, H, W) */
    GS_KIND_CLASSIFIER /**< logits, of shape (classes); a second output, if any, holds features */
} gs_kind;

/** Load and validate a weight file (models/FORMAT.md). The file is read completely and may change afterwards. It may be
 * a pipe, such as /dev/stdin or a named one, with at most 1 GiB; a named pipe that no program opens for writing within
 * three seconds is an error. A thread that ends before this function returns computes the hash of a large file.
 * Thread-safe.
 *
 * @param path  the file's name, as fopen takes it
 * @param model on success the network, the caller's to be freed with gs_model_free; NULL on failure
 * @param error why it failed; may be NULL
 * @return GS_OK; GS_ERROR_FILE: it cannot be opened or read, or is a directory or a device; GS_ERROR_FORMAT: its
 *         content does not follow models/FORMAT.md, or exceeds this library's limits; GS_ERROR_MEMORY
 */
gs_status gs_model_load(const char *path, gs_model **model, gs_error *error);

/** gs_model_load of a weight file that is in memory: embedded in a program, unpacked, received. Thread-safe.
 *
 * @param name  what to call it in messages, where gs_model_load has the path; NULL: "memory"
 * @param bytes the file's bytes, at any alignment, which are copied and may be freed afterwards; NULL: no bytes
 * @param size  how many
 * @param model on success the network, the caller's to be freed with gs_model_free; NULL on failure
 * @param error why it failed; may be NULL
 * @return GS_OK; GS_ERROR_FORMAT: the bytes do not follow models/FORMAT.md, or exceed this library's limits;
 *         GS_ERROR_MEMORY
 */
gs_status gs_model_load_memory(const char *name, const void *bytes, size_t size, gs_model **model, gs_error *error);

/** Free a model. It must not be in use by another thread, and no plan made from it may still exist.
 *
 * @param model the result of gs_model_load or gs_model_load_memory; NULL is allowed
 */
void gs_model_free(gs_model *model);

/** The description of a network in its weight file. Pointers belong to the model and live as long as it. */
typedef struct gs_model_info {
    const char *name;     /**< 1 ... 63 characters of a-z 0-9 - _ . */
    gs_kind kind;         /**< what the first output is */
    int shape[3];         /**< (C, H, W) of x, each 1 ... 4096 */
    float range[2];       /**< clean pixels lie in [range[0], range[1]] */
    bool takes_sigma;     /**< whether the noise level sigma is an input */
    double sigma[2];      /**< trained range of sigma in units of the pixels, 0 < sigma[0] < sigma[1]; else zeros */
    int labels;           /**< classes K: labels are 0 ... K - 1, and K for "none"; 0: takes no label */
    const double *shares; /**< (labels) frequency of each class in the training data, which sum to 1; NULL: not given */
    int ladder_length;    /**< number of discrete noise levels, 0 ... 4096 */
    const double *ladder; /**< those noise levels, (ladder_length), positive and strictly decreasing */
    int outputs;          /**< 1, or 2 for a classifier with features */
    size_t output_size[2]; /**< elements per image of each output; 0 past the last one */
    size_t parameters;     /**< elements of the tensors that the network computes with */
    uint64_t operations;   /**< 2 x multiply-adds of convolutions and linear layers per image, without padding */
    char hash[65];         /**< SHA-256 of the file, lower-case hexadecimal */
    bool rejects;          /**< of a classifier: the last logit stands for none of the classes */
} gs_model_info;

/** The description of a network in its weight file. Thread-safe.
 *
 * @param model the network
 * @return belongs to the model and lives as long as it
 */
const gs_model_info *gs_model_get_info(const gs_model *model);

/** A kind as weight files spell it: "energy", "score", "denoiser", "noise" or "classifier". Thread-safe.
 *
 * @param kind the kind
 * @return a constant string; "unknown" for anything else
 */
const char *gs_kind_name(gs_kind kind);

/** A tensor of the file by its name. Thread-safe.
 *
 * @param model the network
 * @param name  the tensor's name
 * @param data  the elements, row-major, which belong to the model and live as long as it; untouched if there is no such
 *              tensor
 * @param shape its sizes; as many are written as its rank says
 * @return the rank, 0 ... 6, or -1 if the file has no tensor of that name
 */
int gs_model_get_tensor(const gs_model *model, const char *name, const float **data, size_t shape[6]);

/* ---- Densities that need no file ---- */

/** The form of a density's parameter, as it is written after its name. */
typedef enum gs_parameter_kind {
    GS_PARAMETER_WHOLE,   /**< a whole number: 2 */
    GS_PARAMETER_NUMBER,  /**< a number: 0.5 */
    GS_PARAMETER_VECTOR,  /**< one number for all dimensions, or one for each: 1/0.5 */
    GS_PARAMETER_NUMBERS, /**< numbers: 0.3,0.7 */
    GS_PARAMETER_VECTORS, /**< points, each a number for all dimensions or one for each: -1/0,1/0 */
    GS_PARAMETER_YES_NO   /**< yes or no */
} gs_parameter_kind;

/** A parameter of a density. The strings are constant. */
typedef struct gs_density_parameter {
    const char *name;       /**< "sd"; NULL behind the last one */
    const char *value;      /**< default, as it is written; "": it depends on the others */
    gs_parameter_kind kind; /**< form */
    double least, most;     /**< range of its numbers */
    const char *help;       /**< one line on what it is */
} gs_density_parameter;

/** A kind of density: one row of src/density/densities.def. The strings are constant. */
typedef struct gs_density_info {
    const char *name;                       /**< "gaussian" */
    const char *help;                       /**< one line on what it is */
    const char *formula;                    /**< p(x) in terms of its parameters */
    const char *source;                     /**< where it comes from */
    const gs_density_parameter *parameters; /**< they end with one without a name */
} gs_density_info;

/** The kinds of densities of this library. Thread-safe.
 *
 * @param i which one, from 0
 * @return its row, a constant; NULL past the last one
 */
const gs_density_info *gs_density_get(int i);

/** A density with its parameters. Immutable, so any number of threads may use it. */
typedef struct gs_density gs_density;

/** Read a density: the name of a kind, or "NAME:PARAMETER=VALUE,PARAMETER=VALUE ...", as in
 * "mixture:means=-2/0,2/0,sd=0.5" (docs/densities.md). Parameters that are not given have their defaults. Numbers
 * have a decimal point in every locale, and are rounded to single precision. Points have D coordinates, which a parameter `dim` says or, if
 * it is not given, the widest point. Thread-safe.
 *
 * @param text    the density
 * @param density on success the density, the caller's to be freed with gs_density_free; NULL on failure
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: an unknown name, or a value out of its range; GS_ERROR_MEMORY
 */
gs_status gs_density_create(const char *text, gs_density **density, gs_error *error);

/** Free a density. It must not be in use by another thread; models made from it may be.
 *
 * @param density the result of gs_density_create; NULL is allowed
 */
void gs_density_free(gs_density *density);

/** The density as a network like any other, of kind energy and shape (D, 1, 1): E(x) = -log p(x) - log Z or, where it
 * takes a noise level, E(x, sigma) of the density p_sigma of x0 + sigma n, x0 from p and n standard normal. The network
 * is written as a weight file in memory and loaded from there, so that its hash and checks are those of files. Its data
 * range holds all but a negligible part of the samples, except of funnels and bananas, whose tails are long.
 * Thread-safe.
 *
 * @param density the density
 * @param model   on success the network, the caller's to be freed with gs_model_free; NULL on failure
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_MEMORY
 */
gs_status gs_density_model(const gs_density *density, gs_model **model, gs_error *error);

/** gs_density_create, gs_density_model and gs_density_free in one call. Thread-safe.
 *
 * @param text  the density, as gs_density_create takes it
 * @param model on success the network, the caller's to be freed with gs_model_free; NULL on failure
 * @param error why it failed; may be NULL
 * @return as gs_density_create
 */
gs_status gs_model_create_density(const char *text, gs_model **model, gs_error *error);

/** The number of coordinates D. Thread-safe.
 *
 * @param density the density
 * @return 1 ... 4096
 */
int gs_density_dimensions(const gs_density *density);

/** log Z, the logarithm of the integral of exp(-E) over all x, which is the same at every noise level: the parameter
 * `log-z`, 0 unless it is given. Thread-safe.
 *
 * @param density the density
 * @return log Z
 */
double gs_density_log_z(const gs_density *density);

/** The energy of the network, and its gradient, by the closed form in double precision: exact but for a relative error
 * of about 1e-13. The score of p_sigma is the negative gradient. The same bytes on every CPU. Thread-safe.
 *
 * @param density  the density
 * @param x        points, (n, D)
 * @param sigma    noise level, 0 ... 1e30; above 0 only for Gaussians and mixtures of them, which gaussian,
 *                 correlated, mixture, rings and moons are, whether their networks take a noise level or not
 * @param n        number of points, from 0
 * @param energy   gets the energies, (n); may be NULL
 * @param gradient gets the gradients, (n, D); may be NULL
 * @param error    why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: sigma out of its range; GS_ERROR_UNSUPPORTED: no closed form at this sigma
 */
gs_status gs_density_energy(const gs_density *density, const double *x, double sigma, size_t n, double *energy,
                            double *gradient, gs_error *error);

/** Draw independent samples of p_sigma: exact ones, not those of chains. Sample k of a seed is the same whatever else
 * is drawn, and the same bytes on every CPU. Thread-safe.
 *
 * @param density the density
 * @param sigma   noise level, 0 ... 1e30, for every density
 * @param seed    any number
 * @param first   number of the first sample, to draw more of a seed; first + n is at most 2^60
 * @param n       number of samples, from 0
 * @param out     gets the samples, (n, D)
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: sigma or samples out of range; GS_ERROR_MEMORY
 */
gs_status gs_density_draw(const gs_density *density, double sigma, uint64_t seed, uint64_t first, size_t n, float *out,
                          gs_error *error);

/* ---- CPU ---- */

/** The widest instruction set of this build that this CPU and operating system can run. Thread-safe.
 *
 * @return a constant string, such as "scalar", "avx2" or "neon"
 */
const char *gs_isa_best(void);

/** The instruction sets of this build, from the narrowest to the widest. Thread-safe.
 *
 * @param i         which one, from 0
 * @param supported whether this CPU and operating system can run it
 * @return its name, a constant string; NULL, and *supported false, past the last one
 */
const char *gs_isa_name(int i, bool *supported);

/** The backends, which compute the operations of plans, beginning with "native". Thread-safe.
 *
 * @param i     which one, from 0
 * @param built whether this build has it; untouched past the last one
 * @param about gets a line for people, truncated to fit, without a newline: its version and the instruction set that it
 *              picks, or that it is missing; untouched past the last one
 * @param size  size of `about` in bytes, including the terminating zero
 * @return its name, a constant string; NULL past the last one
 */
const char *gs_backend_name(int i, bool *built, char *about, size_t size);

/* ---- Plans ---- */

/** A network made ready to run: kernels chosen, weights packed, memory laid out. Immutable, except that its scratch
 * memory, and what it keeps of the last noise level, serve one gs_plan_evaluate, gs_sample or gs_quality_measure at a
 * time: two threads that run at the same time need two plans.
 */
typedef struct gs_plan gs_plan;

/** How to plan. Zero (NULL) in a field means its default, so that one can start with `gs_plan_options options =
 * {0}`. */
typedef struct gs_plan_options {
    const char *isa;     /**< name of the instruction set; NULL: the environment's GENSAMPLE_ISA, else gs_isa_best. An
                            unknown or unsupported name is an error */
    int threads;         /**< 1 ... 1024; 0: what OMP_NUM_THREADS says, else the number of processors this process may
                            run on or, where it is lower, its control groups' quota of processors, rounded up.
                            Where there are fewer images than processors, several threads share one */
    int block;           /**< images per thread at a time, 1 ... 64; 0: chosen by the planner. Never changes results */
    const char *backend; /**< "onednn": oneDNN computes convolutions, linear layers and pools, and picks its own
                            instruction set; NULL or "native": the library's own kernels compute everything */
    bool gradient;       /**< whether to plan for gs_plan_gradient too, for energies and the native backend only. Costs
                            memory, and makes gs_plan_evaluate somewhat slower */
} gs_plan_options;

/** Plan a network. All memory that running needs is allocated here. Thread-safe.
 *
 * @param model   the network, which must outlive the plan
 * @param options how to plan; NULL: all defaults
 * @param plan    on success the plan, the caller's to be freed with gs_plan_free; NULL on failure
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: an option out of its range, or an unknown instruction set or backend;
 *         GS_ERROR_UNSUPPORTED: this CPU cannot run the instruction set, this build lacks the backend, or the gradient
 *         is asked for with a network that is not an energy or with a backend other than the native one;
 *         GS_ERROR_MEMORY
 */
gs_status gs_plan_create(const gs_model *model, const gs_plan_options *options, gs_plan **plan, gs_error *error);

/** Free a plan. It must not be in use by another thread.
 *
 * @param plan the result of gs_plan_create; NULL is allowed
 */
void gs_plan_free(gs_plan *plan);

/** What the planner decided. */
typedef struct gs_plan_info {
    const char *isa;      /**< name of the instruction set, a constant string */
    int threads;          /**< threads that evaluate; 1 in a child of a process that had several (see Fork above) */
    int block;            /**< images one thread carries together */
    size_t weight_bytes;  /**< packed weights */
    size_t scratch_bytes; /**< scratch memory of all threads */
    int steps;            /**< steps of the plan, which gs_plan_describe describes */
    const char *backend;  /**< name of the backend, a constant string */
} gs_plan_info;

/** What the planner decided. Thread-safe.
 *
 * @param plan the plan
 * @return by value
 */
gs_plan_info gs_plan_get_info(const gs_plan *plan);

/** One line about a step of the plan: operation, shapes, method, instruction set, node. For people; the wording may
 * change. Thread-safe.
 *
 * @param plan the plan
 * @param i    which step, 0 ... steps - 1
 * @param text gets the line, cut to fit, without a newline
 * @param size room of text in bytes, with the closing zero
 * @return false, with text untouched, past the last step
 */
bool gs_plan_describe(const gs_plan *plan, int i, char *text, size_t size);

/** Evaluate the network on n images at one noise level. With the native backend the result is the same bytes for every
 * instruction set, thread count, block and n; with another backend it is the same within rounding, 1e-5 of the largest
 * element. Runs on the plan's threads; one call at a time per plan.
 *
 * @param plan   the plan
 * @param x      images, (n, C, H, W)
 * @param sigma  noise level in units of the pixels, above 0 and at most 1e30; ignored by networks that take none
 * @param labels (n) labels, each 0 ... K; NULL: "none" everywhere
 * @param n      number of images, from 0
 * @param out    out[k]: the network's output k, (n, output_size[k]), not overlapping x, or NULL where not wanted;
 *               out[1] is ignored by networks with one output
 * @param error  why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: sigma or a label out of range; GS_ERROR_MEMORY. On failure nothing is written to
 *         out
 */
gs_status gs_plan_evaluate(gs_plan *plan, const float *x, double sigma, const int *labels, size_t n,
                           float *const out[2], gs_error *error);

/** Evaluate energies E(x) and their gradients dE/dx, by reverse mode (Griewank & Walther 2008, chapter 3), at one noise
 * level. Where an operation has a kink (relu at 0), the gradient is the one from the left; of several equal maxima, the
 * first counts. Energies are the same bytes as from gs_plan_evaluate; gradients, too, are the same bytes for every
 * instruction set, thread count, block and n. Runs on the plan's threads; one call at a time per plan.
 *
 * @param plan     a plan made with the option `gradient`
 * @param x        images, (n, C, H, W)
 * @param sigma    noise level in units of the pixels, above 0 and at most 1e30; ignored by networks that take none
 * @param labels   (n) labels, each 0 ... K; NULL: "none" everywhere
 * @param n        number of images, from 0
 * @param energy   gets the energies, (n); may be NULL
 * @param gradient gets the gradients, (n, C, H, W), in units of energy per pixel value; not overlapping x; may be NULL
 * @param error    why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: sigma or a label out of range, or a plan without the gradient; GS_ERROR_MEMORY
 */
gs_status gs_plan_gradient(gs_plan *plan, const float *x, double sigma, const int *labels, size_t n, float *energy,
                           float *gradient, gs_error *error);

/* ---- Samplers ---- */

/** A sampler: one row of src/sample/samplers.def. The strings are constant. */
typedef struct gs_sampler_info {
    const char *name;       /**< "annealed-langevin" */
    const char *help;       /**< one line on what it does, and the paper it is from */
    const char *parameters; /**< the fields of gs_sample_options that it reads, separated by blanks: "steps sigmas" */
    int steps_max;          /**< the most that gs_sample_options::steps may be; the least is 1 */
    bool descends;          /**< whether it goes down noise levels from sigma_high; else it stays at one or has none */
} gs_sampler_info;

/** The samplers of this library, the first of which is the default. Thread-safe.
 *
 * @param i which one, from 0
 * @return its row, a constant; NULL past the last one
 */
const gs_sampler_info *gs_sampler_get(int i);

/** Draw n labels with the class frequencies of the training data, gs_model_info::shares, from which every run of labels
 * deviates by only O(log n / n). Label k is that of chain first_chain + k of this seed, whatever else is drawn (a Weyl
 * sequence, Niederreiter 1992). With a class-conditional model p(x | y), samples under such labels are samples of the
 * whole p(x). Thread-safe.
 *
 * @param model       the network
 * @param seed        any number, as of gs_sample_options
 * @param first_chain number of the first label's chain
 * @param n           number of labels, from 0
 * @param labels      gets the labels, (n), each 0 ... K - 1
 * @param error       why it failed; may be NULL
 * @return GS_OK; GS_ERROR_UNSUPPORTED: a model without shares
 */
gs_status gs_model_draw_labels(const gs_model *model, uint64_t seed, uint64_t first_chain, size_t n, int *labels,
                               gs_error *error);

/** One more network of a sum of fields, p(x) proportional to p_0(x)^w_0 p_1(x)^w_1 ... (Du & Mordatch 2019, section 5):
 * energies and scores are added. At noise levels above 0 the sum of noised scores is not the score of the noised
 * product; samplers that end in many Langevin steps, or in corrected ones, make up for that (Du et al. 2023). */
typedef struct gs_term {
    gs_plan *plan; /**< its network, of any kind but classifier, with the shape and data range of the first and at least
                      as many threads; energies need the gradient */
    double weight; /**< w, -1000 ... 1000 */
    const int *labels; /**< (n) labels, each 0 ... K; NULL: "none" everywhere */
} gs_term;

/** The record that langevin, mala and hmc keep of their chains, for diagnostics: arrays of the caller's, any of which
 * may be NULL. Step t leads from state t to state t + 1; steps is the result of gs_sample_trace_steps. When gs_sample
 * is interrupted, the elements of unfinished chains are undefined. */
typedef struct gs_trace {
    float *energy; /**< (steps + 1, n): E of state t, for a sum of energies their weighted sum, at temperature 1; NaN if
                      a network is not an energy. With noise_first, E of state t plus the noise of step t, except in the
                      last row */
    float *gradient_norm; /**< (steps + 1, n): Euclidean length of dE/dx, or of the score, at the same points, before
                             clipping */
    float *acceptance; /**< (steps, n): mala, hmc: probability min(1, exp(H - H')) with which the proposal of step t is
                          accepted; langevin: 1 */
    double *rate;      /**< (n): mean of acceptance over the steps after burn-in */
    double *step_size; /**< (n): the step size after burn-in */
} gs_trace;

/** The outcome of the chains of one call of gs_sample, for gs_outcome_warning. */
typedef struct gs_outcome {
    size_t chains;      /**< chains that finished; the rest is about these */
    double reach;       /**< how far beyond the data range a pixel of a result may be expected at most, in units of the
                           pixels: 10 (w + sigma) max(1, T). w is the width of the range; sigma is 0, or sigma_low if no
                           denoising step ends the run; T is the temperature of langevin, mala and hmc, but no more than
                           10,000, as hotter results are no images; else 1 */
    size_t far;         /**< chains whose result has a pixel farther beyond the range than that */
    uint64_t far_chain; /**< number of the first of them */
    double far_by;      /**< how far its farthest pixel is beyond the data range */
    size_t thrown;      /**< langevin: chains of which the clamp took back a tenth of the pixels, or more, in the last
                           step, from farther beyond the range than its width */
    size_t stuck;       /**< mala, hmc: chains that accepted less than 1 % of their proposals after burn-in */
    size_t unopposed;   /**< mala, hmc: chains that accepted more than 99 % of at least 20 proposals after burn-in */
} gs_outcome;

/** How to sample. Zero (NULL) in a field means the model file's default or, if it has none, the sampler's. Noise levels
 * are in units of the pixels. Strings and arrays belong to the caller, and must live until gs_sample returns. */
typedef struct gs_sample_options {
    const char *sampler; /**< name of a sampler */
    int steps;           /**< samplers that descend: noise levels visited, 1 ... 10000; langevin, mala, hmc: steps per
                            chain, 1 ... 1e6 (gs_sampler_info::steps_max) */
    double sigma_low;  /**< last noise level before 0; langevin, mala, hmc: the level of their steps. Within the trained
                          range; 0 for networks that take no sigma */
    double sigma_high; /**< first noise level; sigma_low <= sigma_high, and below it for more than one step of
                          samplers that take one per level. Within the trained range, or 0 */
    double rho;        /**< dpmpp-2m, heun, euler-ancestral: level i of n is (a + i / (n - 1) (b - a))^rho with
                          a = sigma_high^(1/rho), b = sigma_low^(1/rho) (Karras et al. 2022, equation 5); 1 ... 1000, or
                          -1000 ... -1, which spaces levels wider at high noise; else 7 */
    double epsilon;    /**< annealed-langevin: step size alpha at the lowest level, 1e-30 ... 1e30; at level i it is
                          epsilon sigma_i^2 / sigma_low^2 (Song & Ermon 2019, algorithm 1). Else 0.2 sigma_low^2, theirs
                          at 0.01, or the file's, which is of the file's own lowest level, likewise in proportion to
                          sigma_low^2; where the weights' absolute sum W is above 10, 10 / W of that.
                          consistent-annealed: likewise, and epsilon / sigma_low^2 is the share of its way to D that x goes
                          (Jolicoeur-Martineau et al. 2020, algorithm 2); below 1 - sigma_(i+1) / sigma_i it counts as
                          that, above 1 as 1. Else 0.4 sigma_low^2 */
    int steps_per_level; /**< annealed-langevin: T, Langevin steps at each noise level, 1 ... 1e6 */
    int denoise; /**< annealed-langevin, langevin, mala, hmc: whether a last step x = D(x, sigma_low) is taken: 1 yes,
                    -1 no */
    double step_size; /**< langevin, mala, hmc: h, 1e-30 ... 1e30 (see gs_sample). Else, with s = sigma_low or, without
                         sigma, a tenth of the data range's width: 0.1 s^2; hmc: sqrt(0.2) s. If the sum W of the
                         weights' absolute values is above 10: 0.1 s^2 10 / W; hmc: sqrt(2 / W) s */
    double noise;     /**< langevin: standard deviation of the noise per step, up to 1e30; -1: none. Else sqrt(2 h) */
    double temperature; /**< mala, hmc: T of exp(-E / T), 1e-30 ... 1e30; else 1 */
    double clip;        /**< langevin: elements of dE/dx are clipped to +-clip, 1e-30 ... 1e30; -1: no clipping */
    int clamp;          /**< langevin, mala, hmc: whether chains are kept in the data range: 1 yes, -1 no */
    int noise_first;    /**< langevin: whether noise is added before the gradient is taken: 1 yes, -1 no */
    int leapfrog;       /**< hmc: L, leapfrog steps per step, 1 ... 1000 */
    int burn_in;   /**< mala, hmc: number of steps at the beginning in which h is adapted, at most steps - 1; -1: none.
                      Else half of the steps */
    double target; /**< mala, hmc: acceptance to which h is adapted, 0.05 ... 0.99 */
    int every;     /**< langevin, mala, hmc: steps between the states of a trajectory, 1 ... 1e6; else steps */
    double eta;    /**< dpmpp-2m, euler-ancestral: how much noise is added on the way, for a step from s to t
                      t sqrt(1 - (t / s)^(2 eta)), up to 100; -1: none, the ODE; 1: as in the reverse SDE */
    double noise_scale;    /**< euler-ancestral, consistent-annealed: factor of the noise added on the way, up to 2
                              (S_noise of Karras et al. 2022, algorithm 2); -1: none is added. Else 1 */
    double guidance;       /**< chains with a label: weight w of guidance, 0 ... 100 (see gs_sample); -1: none */
    double guidance_low;   /**< guidance acts at noise levels above this ... */
    double guidance_high;  /**< ... and up to this; both 0: the model file's, else everywhere */
    uint64_t seed;         /**< any number: chain k of a seed is the same whatever else is drawn */
    uint64_t first_chain;  /**< number k of the first chain, to draw more of a seed; first_chain + n is at most 2^60 */
    const int *labels;     /**< (n) labels, each 0 ... K; NULL: "none" everywhere */
    double weight;         /**< w_0 of the plan's own network in a sum, -1000 ... 1000; 0: 1 */
    const gs_term *terms;  /**< (term_count) further networks of the sum */
    int term_count;        /**< 0 ... 16 */
    const float *init;     /**< (n, C, H, W): states in which chains begin, with noise of sigma_high; NULL: noise */
    float *trajectory;     /**< NULL, or gets (gs_sample_levels, n, C, H, W): the state on entering each level, and the
                              result last */
    const gs_trace *trace; /**< langevin, mala, hmc: what to record; NULL: nothing. Ignored by the others */
    gs_outcome *outcome;   /**< NULL, or gets what became of the chains, also if the run is interrupted; untouched on
                              other failures */
    /** Called at the start, now and then, and at the end, by one thread at a time but not always the same one, with the
     * part of all network evaluations that is done, 0 ... 1, which never falls, and with the number of finished chains
     * out of n; returning false stops the run: gs_sample returns GS_ERROR_INTERRUPTED within a fraction of a second.
     * NULL is allowed. */
    bool (*progress)(void *context, double part, size_t done, size_t n);
    void *context; /**< handed to progress */
} gs_sample_options;

/** Fill in every default. Thread-safe; options may be resolved again.
 *
 * @param model   the network
 * @param options the settings, changed in place; on failure they may be half resolved
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: the message names the setting that is out of range; GS_ERROR_UNSUPPORTED: the
 *         sampler cannot draw from this kind of network
 */
gs_status gs_sample_resolve(const gs_model *model, gs_sample_options *options, gs_error *error);

/** The states that gs_sample stores in a trajectory, one for each noise level and the result, and their noise levels.
 * Solvers space the levels as Karras et al. 2022, equation 5, with rho = 7; annealed-langevin, consistency and
 * consistent-annealed take the file's ladder or, with other settings, a geometric one. langevin, mala and hmc stay at
 * one level: states before steps 0, every, 2 every ..., and the result. Thread-safe.
 *
 * @param model   the network
 * @param options resolved settings
 * @param sigmas  gets the first `room` noise levels, in non-increasing order, with 0 for the result; may be NULL if
 *                room is 0
 * @param room    elements of sigmas, from 0
 * @return the number of states; 0 if the options are not resolved
 */
int gs_sample_levels(const gs_model *model, const gs_sample_options *options, double *sigmas, int room);

/** The number of steps that a gs_trace records. Thread-safe.
 *
 * @param options resolved settings
 * @return their number for langevin, mala and hmc; 0 for other samplers, which fill no trace
 */
int gs_sample_trace_steps(const gs_sample_options *options);

/** Network evaluations per sample (NFE), summed over the networks: two at each noise level with guidance, if the
 * network's labels are not NULL, else one. Thread-safe.
 *
 * @param model   the network
 * @param options resolved settings
 * @return their number; 0 if the options are not resolved
 */
uint64_t gs_sample_evaluations(const gs_model *model, const gs_sample_options *options);

/** Draw n chains. Each begins at its state in `init`; or at x = sigma_high z, where z are standard normal numbers of
 * its own (Philox4x32-10, Salmon et al. 2011); or, if the network takes no sigma, uniformly in the data range. It then
 * goes from level to level as its sampler prescribes. Values are not clipped to the data range, unless `clamp` says so.
 * With the native backend the result is the same bytes for every instruction set, thread count, block and n. Runs on
 * the plan's threads; one call at a time per plan.
 *
 * Samplers at one noise level, of E(x, sigma_low) or of E(x) without noise levels:
 * - langevin, the unadjusted Langevin algorithm (Roberts & Tweedie 1996): x <- x - h dE/dx + noise z. The
 *   temperature of its chains is noise^2 / 2 h as h goes to 0; on a normal target of variance v T its variance is
 *   v T / (1 - h / 2v). dE/dx may also come from a score, noise model or denoiser. If asked for, elements of dE/dx are
 *   clipped, and x is clamped to the data range after its noise and after its step.
 * - mala, Metropolis-adjusted (Roberts & Tweedie 1996; Besag 1994): the same with noise sqrt(2 h) on E / T as a
 *   proposal, which is accepted or rejected so that p(x) is exp(-E / T) exactly, whatever h.
 * - hmc, Hamiltonian Monte Carlo (Neal 2011, section 5.3.2): L leapfrog steps of size h, times a factor uniform in
 *   0.8 ... 1.2 for each step of the chain, which avoids periodic paths (section 5.4.2); momenta have unit mass.
 *
 * With `clamp`, paths of mala and hmc are reflected at the ends of the data range (Neal 2011, section 5.5.1.5), so that
 * p is that density within it. During burn-in each chain adapts its own h to the target acceptance by dual averaging
 * (Hoffman & Gelman 2014, algorithm 5, with gamma = 0.1), and keeps the average afterwards. With `clamp`, a leapfrog
 * step adapts up to four widths of the data range, as longer ones mix no better. Energies are float32, and the error of
 * acceptance is that of their difference: 1e-7 of the energy, over T. A proposal whose energy is not finite is
 * rejected.
 *
 * Guidance of weight w replaces D(x, sigma, y) by D(x, sigma, none) + (1 + w) (D(x, sigma, y) - D(x, sigma, none)) (Ho
 * & Salimans 2022, equation 6, in terms of denoisers), within an interval of noise levels (Kynkaanniemi et al. 2024);
 * it needs a second evaluation. Chains without a label are unaffected.
 *
 * @param plan    the plan of a denoiser, score or noise network that takes sigma, or of such an energy with the
 *                gradient; for langevin also of a score without sigma, for langevin, mala and hmc of an energy without
 * @param options the settings; those that are zero are resolved as by gs_sample_resolve, in a copy
 * @param n       number of chains, from 0
 * @param out     gets the samples, (n, C, H, W)
 * @param done    gets the number of finished chains, counted from the first one: n, or less when interrupted, in which
 *                case the rest of out is undefined; 0 on other failures. May be NULL
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: a setting or label out of its range, or an energy's plan without the gradient;
 *         GS_ERROR_UNSUPPORTED: no sampler can draw from this kind of network; GS_ERROR_MEMORY;
 *         GS_ERROR_INTERRUPTED: options->progress returned false; GS_ERROR_DIVERGED: the state of a chain is not
 *         finite, or farther beyond the data range than 1000 (w + sigma) max(1, T), with w as in gs_outcome, T the
 *         temperature without a limit, and the noise level sigma of the state. Neither
 *         chance nor the errors of a good network take a chain beyond a hundredth of that, and the largest guidance
 *         takes images to a tenth of it. The message names the first such chain, the same for every number of threads,
 *         the step after which its state was there, and what to change
 */
gs_status gs_sample(gs_plan *plan, const gs_sample_options *options, size_t n, float *out, size_t *done,
                    gs_error *error);

/** One line for each doubt about the results of gs_sample, in plain words with advice. For people; the wording may
 * change. Thread-safe.
 *
 * @param outcome what gs_sample gave
 * @param options its settings, resolved
 * @param i       which one, from 0, the gravest first
 * @param text    gets the line, cut to fit, without a newline
 * @param size    room of text in bytes, with the closing zero; 400 is enough
 * @return false, with text untouched, past the last one
 */
bool gs_outcome_warning(const gs_outcome *outcome, const gs_sample_options *options, int i, char *text, size_t size);

/* ---- Rejection sampling ---- */

/** An algorithm for rejection sampling: one row of src/sample/rejections.def. The strings are constant. */
typedef struct gs_rejection_info {
    const char *name; /**< "plain" */
    const char *help; /**< one line on what it does */
    bool whole;       /**< whether it draws the whole vector of each proposal before it decides */
} gs_rejection_info;

/** This library's algorithms for rejection sampling, the first of which is the default. Thread-safe.
 *
 * @param i which one, from 0
 * @return its row, a constant; NULL past the last one
 */
const gs_rejection_info *gs_rejection_get(int i);

/** What to draw by gs_rejection. Zero (NULL) in a field means its default. Strings and arrays belong to the caller, and
 * must live until gs_rejection returns. */
typedef struct gs_rejection_options {
    int dim;                 /**< D, 1 ... 2^24; has no default */
    double ratio;            /**< sq/sp, at least 1: below, p/q is not bounded; has no default */
    const float *mu;         /**< (D) the mean of both distributions; NULL: 0 */
    double sigma;            /**< sp, standard deviation of the target, 1e-30 ... 1e30; 0: 1 */
    const char *algorithm;   /**< name of a row of gs_rejection_get; NULL: the first */
    uint64_t seed;           /**< any number: proposal k of a seed is the same whatever else is drawn */
    uint64_t first_proposal; /**< number k of the first proposal, to draw more of a seed */
    uint64_t proposals; /**< limit of proposals; 0: as many as the samples need. first_proposal + proposals is at most
                           2^60 */
    int threads;        /**< 1 ... 1024; 0: as in gs_plan_options */
    const char *isa;    /**< name of the instruction set; NULL: the environment's GENSAMPLE_ISA, else gs_isa_best */
    /** Called at the start, now and then, and at the end, by one thread, with the numbers of accepted and of wanted
     * samples or, if no number is wanted, with those of proposals; returning false stops the run: gs_rejection returns
     * GS_ERROR_INTERRUPTED within a fraction of a second. NULL is allowed. */
    bool (*progress)(void *context, uint64_t done, uint64_t n);
    void *context; /**< handed to progress */
} gs_rejection_options;

/** The outcome of gs_rejection. */
typedef struct gs_rejection_result {
    uint64_t proposals;    /**< proposals made; if the wanted number was reached, up to the last accepted one */
    uint64_t accepted;     /**< of them */
    double acceptance;     /**< probability that a proposal is accepted, 1/M = (sp/sq)^D */
    double seconds;        /**< wall time */
    const char *algorithm; /**< name of the row used, a constant string */
    const char *isa;       /**< name of the instruction set, a constant string */
    int threads;           /**< threads that drew */
} gs_rejection_result;

/** Draw from p = N(mu, sp^2 I) in D dimensions by rejection from q = N(mu, sq^2 I), sq >= sp (von Neumann 1951). With
 * M = max p/q = (sq/sp)^D, a proposal x = mu + sq z, z standard normal, is accepted if
 *     u <= p(x) / (M q(x)) = exp(-s |z|^2),   s = ((sq/sp)^2 - 1) / 2,   that is s |z|^2 <= -log u,
 * with u uniform in (0, 1). The probability of that is 1/M. Proposal k has the same u with each algorithm. The
 * algorithms differ as follows:
 * - `plain` draws all of z, then decides.
 * - `early` adds up the squares of z in the same order, and stops when the sum so far exceeds -log(u)/s. Rounding
 *   preserves the order of sums of squares, so that the whole sum would exceed it too: every decision and every sample
 *   is the same, to the byte.
 * - `radius` draws |z|^2 itself, which is chi-square distributed with D degrees, as 2 G, where G is a gamma variate of
 *   shape D/2 (Marsaglia & Tsang 2000), and decides; an accepted x is mu + sq |z| e. As z is spherically symmetric, its
 *   direction e is uniform on the sphere and independent of |z|, on which alone the decision depends: so e may be drawn
 *   after it, from other normal numbers. The distribution is the same, the samples are not. Most proposals are
 *   rejected by bounds of |z|^2 and u in single precision (gs_radii_args in simd/kernels.h says why they hold); the
 *   others are decided in double precision.
 *
 * Exact within rounding: coordinates of z are normal numbers from 23 bits, at most 5.77 from 0; u has 52 bits.
 * Accepted samples are in the order of their proposals, and proposal k of a seed depends on nothing else, so that the
 * result is the same bytes for every instruction set and number of threads. Thread-safe.
 *
 * @param options what to draw
 * @param n       samples wanted; 0: those among options->proposals, which must then be given, and out is NULL
 * @param out     gets the samples, (n, D) or less, in units of sigma; NULL: they are counted only
 * @param result  what was done; on failure other than GS_ERROR_INTERRUPTED undefined. When interrupted, out has
 *                result->accepted samples
 * @param error   why it failed; may be NULL
 * @return GS_OK, also if options->proposals gave fewer samples than n; GS_ERROR_ARGUMENT: an option out of its range,
 *         or n samples would take more than 1e12 proposals on average; GS_ERROR_UNSUPPORTED: this CPU does not run the
 *         instruction set; GS_ERROR_MEMORY; GS_ERROR_INTERRUPTED: options->progress returned false
 */
gs_status gs_rejection(const gs_rejection_options *options, size_t n, float *out, gs_rejection_result *result,
                       gs_error *error);
/** Add the noise that chains begin with: x_k += sigma z_k, with z_k the standard normal numbers from which gs_sample
 * starts chain first_chain + k of this seed. gs_sample_options::init is meant for images with noise of sigma_high: the
 * chains then keep what the noise left of them (SDEdit, Meng et al. 2022). Thread-safe.
 *
 * @param seed        any number, as of gs_sample_options
 * @param first_chain number of the first image's chain; first_chain + n is at most 2^60
 * @param sigma       noise level in units of the pixels, from 0
 * @param n           number of images, from 0
 * @param size        pixels per image, in all its channels
 * @param x           images, (n, size), changed in place
 * @param error       why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: a negative or infinite sigma, or chains beyond 2^60
 */
gs_status gs_sample_add_noise(uint64_t seed, uint64_t first_chain, double sigma, size_t n, size_t size, float *x,
                              gs_error *error);

/* ---- Measures ---- */

/** Mean m = sum x_k / n and unbiased covariance sum (x_k - m)(x_k - m)^T / (n - 1) of n rows of d features, in float64.
 * Thread-safe.
 *
 * @param features   the rows x_k, (n, d)
 * @param n          number of rows, at least 2
 * @param d          features per row, at least 1
 * @param mean       gets the mean, (d)
 * @param covariance gets the covariance, (d, d), symmetric
 * @param error      why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: too few rows or features; GS_ERROR_MEMORY
 */
gs_status gs_feature_moments(const float *features, size_t n, int d, double *mean, double *covariance, gs_error *error);

/** Frechet distance |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) between two Gaussians in d dimensions (Heusel et al.
 * 2017, equation 6; of squared length, as they give it). Thread-safe.
 *
 * @param mean1    m1, (d)
 * @param cov1     C1, (d, d), symmetric and positive semi-definite
 * @param mean2    m2, (d)
 * @param cov2     C2, (d, d), likewise
 * @param d        dimensions, at least 1
 * @param distance gets the distance, at least 0; NaN if LAPACK finds no eigenvalues, as for matrices with NaN
 * @param error    why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: d is below 1; GS_ERROR_MEMORY
 */
gs_status gs_frechet_distance(const double *mean1, const double *cov1, const double *mean2, const double *cov2, int d,
                              double *distance, gs_error *error);

/** Exact interval of a probability p from k successes in n independent trials: p_low is where P(X >= k) = (1 -
 * confidence)/2 for binomial X, p_high where P(X <= k) is (Clopper & Pearson 1934), to a relative error of 1e-9. It
 * contains p with a probability of at least `confidence`; also if the trials went on until k successes were seen, since
 * P(X >= k) is then the probability of as few trials, and P(X <= k) at least that of as many. Thread-safe; the time
 * grows as the square root of k.
 *
 * @param k          successes, at most n
 * @param n          trials, 1 ... 2^53
 * @param confidence 0.5 ... 1 - 1e-9: 0.99, say
 * @param low        gets p_low; 0 for k = 0
 * @param high       gets p_high; 1 for k = n
 * @param error      why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT
 */
gs_status gs_binomial_interval(uint64_t k, uint64_t n, double confidence, double *low, double *high, gs_error *error);

/** How far k successes in n trials are from the number expected for probability p, in standard deviations: the z with
 * Phi(z) = P(X < k) + P(X = k)/2 for binomial X, which is exact where the usual (k - n p)/sqrt(n p (1 - p)) is not, for
 * few successes. Thread-safe; takes time as the square root of k.
 *
 * @param k successes, at most n
 * @param n trials, 1 ... 2^53
 * @param p probability of a success, 0 ... 1
 * @return z, within -38 ... 38; 0 if p is 0 or 1 and k is as it must be; NaN for arguments out of range
 */
double gs_binomial_score(uint64_t k, uint64_t n, double p);

/** The quality of images according to a judge, which is a classifier. */
typedef struct gs_quality {
    size_t n;       /**< images */
    double frechet; /**< Frechet distance of their features to the judge's reference set; NaN when n < 2. With at most
                       as many images as features their covariance is singular, and the distance says little */
    int label; /**< the label with whose own images `frechet` compares, if all images were drawn for it and the judge's
                  file describes them; -1: it compares with the images of all classes */
    size_t features;  /**< d, of the judge */
    double agreement; /**< share of images with a requested label with which the arg max agrees; a rejected image does
                         not agree; NaN if there are none */
    double share[64]; /**< share of images by arg max, one for each class */
    int classes;      /**< classes of the judge, 1 ... 64, without its reject class */
    double confident; /**< share of images with a class whose soft-max is above 0.9; the logit of the reject class
                         counts in its sum */
    double rejected;  /**< share of images that the judge takes for none of its classes; 0 if the judge rejects nothing
                       */
} gs_quality;

/** Measure the quality of n images, which are clipped to the judge's data range first. One call at a time per plan.
 *
 * @param judge   plan of a classifier with features whose file has the tensors `reference_mean` (d) and
 *                `reference_covariance` (d, d) for d features and, for images of one label, may have `label_mean`
 *                (classes, d) and `label_covariance` (classes, d, d)
 * @param images  (n, C, H, W) of the judge, in its data range
 * @param labels  (n) requested labels, where the number of classes means none; may be NULL
 * @param n       number of images, at least 1
 * @param quality gets the measurements; undefined on failure
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: no images, or a network that cannot judge; GS_ERROR_MEMORY
 */
gs_status gs_quality_measure(gs_plan *judge, const float *images, const int *labels, size_t n, gs_quality *quality,
                             gs_error *error);

/** A figure of samples, and the figures that stand beside it. */
typedef struct gs_measured {
    double value; /**< of the samples; NaN: not measured */
    double error; /**< its standard error, of the choice of samples alone; NaN: not known */
    double real;  /**< the same figure of real images that are none of the reference images; NaN: the judge's file has
                     none */
} gs_measured;

/** The distribution of samples, compared with that of real images. All figures are computed from features, the judge's
 * second output. */
typedef struct gs_comparison {
    size_t n;         /**< samples from which `frechet` is computed */
    size_t compared;  /**< the first of them, from which all else is computed: at most as many as reference images */
    size_t reference; /**< reference images with which all else is compared, m; 0: none of the figures below `frechet`
                         is measured */
    size_t real;      /**< real images, at most n, of the samples' labels in their number; `compared` of them at most
                         stand beside what is below `frechet` */
    int label;        /**< as in gs_quality; all else, too, is then about this label alone */
    int resamples;    /**< how many the standard errors come from; 0: they are not known, of fewer than 16 samples */
    gs_measured frechet;   /**< as in gs_quality */
    gs_measured kernel;    /**< kernel inception distance: the unbiased estimate over all pairs of the squared maximum
                            mean discrepancy for the kernel (x.y / d + 1)^3 (Binkowski et al. 2018, equation 4). Its
                            mean over samples of the reference's distribution is 0, whatever n */
    gs_measured precision; /**< share of samples within the third nearest neighbour's distance of some reference image
                            (Kynkaanniemi et al. 2019, equation 2) */
    gs_measured recall;    /**< share of reference images within that of some sample */
    gs_measured density; /**< reference images that a sample is within the fifth nearest neighbour's distance of, over 5
                          (Naeem et al. 2020, equation 3); 1 on average for samples of the reference's distribution */
    gs_measured coverage; /**< share of reference images within whose fifth nearest neighbour's distance a sample is
                           (equation 4) */
} gs_comparison;

/** Compare the distribution of n images, clipped to the judge's data range first, with the judge's reference images,
 * and real images with the same. Standard errors are the deviation over 63 random halves; a coin decides whether a half
 * contains a sample. This is the bootstrap without replacement of half of the samples (Politis & Romano 1994). For a
 * mean it gives s / sqrt(n) too, and no sample is its own neighbour, as samples drawn twice would be. Like the
 * bootstrap's, the error of a distance is too large, by up to twice, where the distance is little more than that of
 * real images. It takes memory for the features, and m (m + n) d multiply-adds for m reference images. Uses the plan's
 * threads; the bytes are the same on any number of threads. One call at a time per plan.
 *
 * @param judge      as for gs_quality_measure; its file may have the tensors `reference_features` (m, d),
 *                   `reference_labels` (m), which images of one label need, `real_features` (r, d) and `real_labels`
 * (r)
 * @param images     (n, C, H, W) of the judge, in its data range
 * @param labels     (n) requested labels, where the number of classes means none; may be NULL
 * @param n          number of images, at least 1
 * @param seed       chooses the halves
 * @param comparison gets the figures; undefined on failure
 * @param error      why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: no images, or a network that cannot judge; GS_ERROR_MEMORY
 */
gs_status gs_quality_compare(gs_plan *judge, const float *images, const int *labels, size_t n, uint64_t seed,
                             gs_comparison *comparison, gs_error *error);

/** The nearness of samples to a training set, compared with that of real images. */
typedef struct gs_nearness {
    size_t samples;  /**< n */
    size_t training; /**< m */
    size_t real;     /**< real images, r */
    bool held_out;   /**< whether these are no training images; else each is compared with the other training images */
    double nearer;   /**< share of pairs of a sample and a real image in which the sample is nearer to its nearest
                        training image; ties count as half. 0.5 for samples of the real images' distribution, above 0.5
                        if samples are drawn towards training images (Meehan et al. 2020, section 3.1) */
    double error;    /**< its standard error (DeLong et al. 1988); NaN for fewer than 2 of either */
    size_t copies;   /**< samples with no pixel further from a training image than half a grey level of 255 */
    double distance; /**< mean Euclidean distance of samples to their nearest training images, in units of pixels */
    double distance_real; /**< the same of the real images */
} gs_nearness;

/** Compare the distances of images to their nearest training images with those of real images. This takes (n + r) m
 * times as many multiply-adds as an image has pixels. Thread-safe. The same bytes on every CPU and number of threads.
 *
 * @param samples  (n, pixels)
 * @param n        number of samples, at least 1
 * @param training (m, pixels)
 * @param m        number of training images, at least 2
 * @param real     (r, pixels) real images outside the training set; NULL: r training images, evenly spread
 * @param r        number of real images, at least 1; with `real` NULL at most m
 * @param pixels   elements of an image
 * @param range    largest less smallest value of a pixel
 * @param threads  1 ... 1024; 0: the number of processors this process may run on
 * @param nearness gets the figures; undefined on failure
 * @param error    why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: too few images; GS_ERROR_MEMORY
 */
gs_status gs_nearness_measure(const float *samples, size_t n, const float *training, size_t m, const float *real,
                              size_t r, size_t pixels, double range, int threads, gs_nearness *nearness,
                              gs_error *error);

/** Effective sample size of m chains of n draws each: the number of independent draws that would determine the mean
 * equally well. From the autocorrelations of split chains, 1 - (W - mean autocovariance) / var+ with W the mean
 * variance within and var+ the pooled variance (Vehtari et al. 2021, equation 10), summed up to where Geyer's initial
 * monotone sequence ends (Geyer 1992). The estimate may exceed m n for antithetic chains; at most m n log10(m n). Reads
 * the draws as they are, without ranks ("ess_mean"). The same bytes on every CPU. Takes up to m n^2 / 4 multiply-adds.
 * Thread-safe.
 *
 * @param draws  a number of each chain at each step, (chains, n); for n odd the middle draw is left out
 * @param chains m, at least 1
 * @param n      draws per chain, at least 10, as fewer have no autocorrelations to sum up
 * @param ess    gets the effective sample size of all chains together; NaN when all draws are equal or one is not
 *               finite
 * @param error  why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: too few chains or draws; GS_ERROR_MEMORY
 */
gs_status gs_ess(const double *draws, size_t chains, size_t n, double *ess, gs_error *error);

/** Rank-normalised split R-hat, which measures whether chains agree: sqrt(var+ / W) of split chains whose draws are
 * replaced by normal quantiles of their ranks, or the same of their distances from the median, whichever is larger
 * (Vehtari et al. 2021, equations 4 and 14): so chains with different means and chains with different spreads are both
 * noticed, whatever the tails. It is near 1 if they agree; the paper recommends at most 1.01. One chain is compared
 * with itself, half with half. The same bytes on every CPU. Thread-safe.
 *
 * @param draws  a number of each chain at each step, (chains, n); for n odd the middle draw is left out
 * @param chains at least 1
 * @param n      draws per chain, at least 4
 * @param rhat   gets R-hat; infinite if chains differ and none moves; NaN if all draws are equal or one is not finite
 * @param error  why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: too few chains or draws; GS_ERROR_MEMORY
 */
gs_status gs_rhat(const double *draws, size_t chains, size_t n, double *rhat, gs_error *error);

/** A record of chains along their way. Arrays belong to the caller; those that are NULL were not recorded. */
typedef struct gs_record {
    size_t steps;          /**< steps taken, at least 1 */
    size_t chains;         /**< at least 1 */
    const float *energy;   /**< (steps + 1, chains) energies before the first step and after each, or NULL */
    const float *gradient; /**< (steps + 1, chains) Euclidean norms of the gradients dE/dx there, or NULL */
    const float
        *acceptance;      /**< (steps, chains) shares of each step's proposals that were accepted, 0 ... 1, or NULL */
    size_t marks;         /**< steps after which a judge counted classes; 0: none */
    const size_t *mark;   /**< (marks) those steps, 0 ... `steps`, strictly increasing */
    int classes;          /**< classes of the judge, 1 ... 64; ignored where marks is 0 */
    const double *shares; /**< (marks, classes) share of chains by class, as in gs_quality::share. Only for chains that
                             are free to go anywhere: the shares of chains with labels merely say what was asked for */
} gs_record;

/** Faults of chains, as bits of gs_diagnosis::flags. gs_diagnosis_warning puts them into words. */
typedef enum gs_flag {
    GS_FLAG_DIVERGED = 1,  /**< an energy or gradient is not finite */
    GS_FLAG_COLLAPSED = 2, /**< the last energies are equal to 1e-6 of their size, or their deviation is below 1 % of
                              that along the chains: chains are copies of one another, or rest in one state */
    GS_FLAG_CLASSES = 4, /**< at the last mark, one class has more than max(1/2, 3 / classes) of at least 10 chains, or
                            one has less than 1 % of at least 10 chains per class */
    GS_FLAG_MOVING = 8, /**< for at least 8 chains, the mean energy of the last quarter differs from that of the quarter
                           before by more than 3 standard errors and a tenth of the deviation across chains */
    GS_FLAG_DISAGREE = 16, /**< R-hat above 1.01 */
    GS_FLAG_FEW = 32,      /**< effective sample size below 100 */
    GS_FLAG_REJECTED = 64, /**< fewer than 10 % of the proposals are accepted */
    GS_FLAG_SHORT = 128    /**< fewer than 39 steps, so that nothing is known of agreement and effective sample size */
} gs_flag;

/** How chains are doing. Unknown numbers are NaN: those about anything that was not recorded; those about agreement
 * after fewer than 39 steps; and the drift after fewer than 7. */
typedef struct gs_diagnosis {
    size_t steps;           /**< as of the record */
    size_t chains;          /**< as of the record */
    size_t diverged;        /**< chains with an energy or gradient that is not finite; the rest is about the others */
    size_t diverged_step;   /**< first step after which one was not finite; 0 also if there is none */
    double energy_first[2]; /**< mean and standard deviation of the energies across chains, before the first step */
    double energy_last[2];  /**< and after the last one */
    double gradient_first;  /**< mean norm of the gradients before the first step */
    double gradient_last;   /**< and after the last one */
    size_t kept;  /**< energies per chain on which the next four are based: those of the second half, since the first is
                     burn-in, and of these every k-th, counted from the last, so that at most 4096 remain */
    double ess;   /**< effective sample size of the energy, of all chains together (gs_ess) */
    double rhat;  /**< R-hat of the energy (gs_rhat) */
    double drift; /**< mean energy of the second half of those minus that of their first half */
    double drift_error;    /**< its standard error, from the deviation across chains; NaN for a single chain */
    double acceptance;     /**< mean acceptance of the steps after the first half */
    int largest;           /**< class with the largest share at the last mark; -1: no marks */
    int smallest;          /**< class with the smallest share; -1: no marks */
    double largest_share;  /**< its share, 0 ... 1 */
    double smallest_share; /**< its share, 0 ... 1 */
    unsigned flags;        /**< bits of gs_flag */
} gs_diagnosis;

/** Judge chains by their record. The same bytes on every CPU. Thread-safe.
 *
 * The energy stands for the state, which has too many pixels to examine one by one. Chains whose noise level changes on
 * the way have no single distribution to agree on; statements about agreement refer to the steps after the first half.
 *
 * @param record    what was recorded
 * @param diagnosis gets the result; undefined on failure
 * @param error     why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: no steps, no chains, or marks out of their order or range; GS_ERROR_MEMORY
 */
gs_status gs_diagnose(const gs_record *record, gs_diagnosis *diagnosis, gs_error *error);

/** One line about a flag of a diagnosis, in plain words, with advice. For people; the wording may change. Thread-safe.
 *
 * @param diagnosis the result of gs_diagnose
 * @param i         which of the raised flags, from 0, the most serious first
 * @param text      gets the line, cut to fit, without a newline
 * @param size      room of text in bytes, with the closing zero; 320 is enough
 * @return false, with text untouched, past the last one
 */
bool gs_diagnosis_warning(const gs_diagnosis *diagnosis, int i, char *text, size_t size);
/** The classes that a judge, which is a classifier, assigns to n images, which are clipped to its data range first. One
 * call at a time per plan.
 *
 * @param judge   plan of a classifier
 * @param images  (n, C, H, W) of the judge, in its data range
 * @param n       number of images, from 0
 * @param classes gets the arg max of each image's logits, (n); -1 where the judge rejects the image or a logit is NaN
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: a network that is not a classifier; GS_ERROR_MEMORY
 */
gs_status gs_quality_classify(gs_plan *judge, const float *images, size_t n, int *classes, gs_error *error);

/** Peak signal-to-noise ratio, 10 log10(range^2 / mean((a - b)^2)), in decibels. Thread-safe.
 *
 * @param a     (count) pixels
 * @param b     (count) pixels
 * @param count number of pixels, at least 1
 * @param range largest less smallest value a pixel can have, above 0
 * @return infinity for equal images; NaN if a pixel is NaN
 */
double gs_psnr(const float *a, const float *b, size_t count, double range);

/** Structural similarity (Wang et al. 2004, equation 13) with an 11 x 11 Gaussian window of standard deviation 1.5,
 * K1 = 0.01 and K2 = 0.03: the mean over all windows that lie within the image, and over channels. Thread-safe.
 *
 * @param a     (C, H, W) pixels
 * @param b     (C, H, W) pixels
 * @param shape (C, H, W)
 * @param range largest less smallest value a pixel can have, above 0
 * @return -1 ... 1; 1 for equal images; NaN if a pixel is NaN, and for images with a side below 11 pixels
 */
double gs_ssim(const float *a, const float *b, const int shape[3], double range);

/** How to measure a loss. Zero (NULL) in a field means its default. Arrays belong to the caller. */
typedef struct gs_loss_options {
    const double *sigmas; /**< (levels) noise levels in units of the pixels, each above 0 and, of networks that take a
                             noise level, within the trained range; NULL: from sigma_high down to sigma_low in equal
                             ratios */
    int levels;           /**< number of noise levels, 1 ... 10000; 0: those of the file's ladder if nothing else is
                             chosen, which are then its very levels, else 10 */
    double sigma_low;     /**< lowest noise level; 0: the network's */
    double sigma_high;    /**< highest noise level; 0: the network's */
    const int *labels;    /**< (n) labels of the images, each 0 ... K; NULL: "none" everywhere */
    int draws;            /**< noises per image and level, 1 ... 10000; 0: 1 */
    uint64_t seed;        /**< any number: image k has the same noise at level i whatever else is measured */
    /** Called now and then by the calling thread with the part of the work that is done, 0 ... 1; returning false stops
     * the measurement: GS_ERROR_INTERRUPTED. NULL is allowed. */
    bool (*progress)(void *context, double part);
    void *context; /**< handed to progress */
} gs_loss_options;

/** The loss at a noise level, or its mean over several. */
typedef struct gs_loss {
    double sigma;          /**< the noise level; 0 of the mean over levels */
    double loss;           /**< sigma^2 |s(x + sigma z, sigma) + z / sigma|^2, summed over pixels, averaged over images
                              and noises z */
    double error;          /**< its standard error if other images and other noises were drawn; NaN for one image */
    double noise_error;    /**< its standard error if only other noises were drawn; NaN for one draw */
    double weighted;       /**< the same loss per pixel by the weight of Karras et al. 2022, table 1: (sigma^2 + d^2) /
                              (sigma d)^2 |D - x|^2 / pixels, d being the standard deviation of the images' pixels; about
                              1 where a network knows no more than mean and deviation. NaN if d is 0 */
    double weighted_error; /**< its standard error, as `error` */
} gs_loss;

/** The noise levels of a loss, in the order in which they are measured. Thread-safe.
 *
 * @param model   the network
 * @param options which levels
 * @param sigmas  gets the first `room` of them; may be NULL if room is 0
 * @param room    elements of sigmas, from 0
 * @param levels  gets their number
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: a level out of range, or none is chosen and the network has none
 */
gs_status gs_loss_levels(const gs_model *model, const gs_loss_options *options, double *sigmas, int room, int *levels,
                         gs_error *error);

/** The loss of denoising score matching (Vincent 2011), level by level, weighted by sigma^2 as Song & Ermon 2019 do,
 * whose equations 5 and 6 have half of it. The score s is that of any network but a classifier: -dE/dx, (D - x) /
 * sigma^2, -epsilon / sigma; of a network without a noise level it is the same at every level. With the native backend
 * the bytes are the same for every instruction set, thread count and block. Runs on the plan's threads; one call at a
 * time per plan.
 *
 * @param plan    plan of the network; of an energy, with the gradient
 * @param images  (n, C, H, W), clean images in the model's data range
 * @param n       number of images, at least 1
 * @param options which levels, labels and noises; NULL: all defaults
 * @param level   gets the loss at each of the levels of gs_loss_levels; undefined on failure
 * @param mean    gets the mean over the levels; undefined on failure
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: no images, an option or label out of range, or an energy without its gradient;
 *         GS_ERROR_UNSUPPORTED: a classifier; GS_ERROR_MEMORY; GS_ERROR_INTERRUPTED: `progress` asked to stop
 */
gs_status gs_loss_measure(gs_plan *plan, const float *images, size_t n, const gs_loss_options *options, gs_loss *level,
                          gs_loss *mean, gs_error *error);

/** The energies of images, and the lengths of their gradients or, where a network is no energy, of their scores: of one
 * network, or of a sum of several (gs_term). The bytes are the same as those of gs_loss_measure are. Runs on the plans'
 * threads; one call at a time per plan.
 *
 * @param terms  (count) the networks, of any kind but classifier, with their weights and labels; energies with the
 *               gradient. All take images of one shape
 * @param count  1 ... 17
 * @param x      images, (n, C, H, W)
 * @param sigma  noise level in units of the pixels, above 0 and at most 1e30; networks that take none ignore it, scores
 *               of denoisers and noise models need it
 * @param n      number of images, from 0
 * @param energy gets the weighted sum of the energies, (n), or NaN where a network is no energy; may be NULL
 * @param norm   gets |dE/dx|, or |s|, of the weighted sum, (n), in units of energy per pixel value; may be NULL
 * @param error  why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: a label or sigma out of range, or an energy without its gradient;
 *         GS_ERROR_UNSUPPORTED: a classifier; GS_ERROR_MEMORY
 */
gs_status gs_energy_measure(const gs_term *terms, int count, const float *x, double sigma, size_t n, float *energy,
                            float *norm, gs_error *error);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif
#endif
