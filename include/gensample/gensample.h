/** @file
 * gensample: generative sampling on plain CPUs.
 *
 * The order of use: gs_model_load, gs_plan_create, gs_sample (or gs_plan_evaluate), then the matching frees.
 * All arrays are dense, row-major float32; images are (n, C, H, W) in the model's own data range. Sizes count elements
 * unless their name ends in `_bytes`.
 * The library never prints, exits or aborts; it has no global mutable state, so that functions on different objects may
 * run at once. What may run at once on one object is said with the object's type.
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

/* What is declared between push and pop is all that the shared library exports. */
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/** Version of this header. While it begins with 0, a library serves programs compiled for the same first two numbers.
 */
#define GS_VERSION "0.1.0"

/** Room of gs_error::message in bytes, with the closing zero. */
#define GS_MESSAGE_MAX 400

/** Version of the library that runs, which may be a later one than GS_VERSION at compile time. Thread-safe.
 *
 * @return a constant string, "0.1.0"
 */
const char *gs_version(void);

/** What went wrong. */
typedef enum gs_status {
    GS_OK = 0,            /**< nothing */
    GS_ERROR_ARGUMENT,    /**< an option or argument out of its range */
    GS_ERROR_FILE,        /**< a file can't be opened, read or written */
    GS_ERROR_FORMAT,      /**< a file's content is not what its format demands */
    GS_ERROR_MEMORY,      /**< an allocation failed */
    GS_ERROR_UNSUPPORTED, /**< this build or CPU can't do it */
    GS_ERROR_INTERRUPTED, /**< the progress callback asked to stop */
    GS_ERROR_DIVERGED     /**< a chain left the finite numbers: its step size is too large */
} gs_status;

/** Why a function failed. Filled by any function that takes one when it does not return GS_OK, and left alone when it
 * does; NULL is allowed. Belongs to the caller. */
typedef struct gs_error {
    gs_status status;             /**< what the function returned */
    char message[GS_MESSAGE_MAX]; /**< one line of printable ASCII without a newline: the file, tensor, node or option
                                     at fault, what was found, what was expected */
} gs_error;

/* ---- Models ---- */

/** A validated network. Immutable after loading, so any number of threads and plans may use it. */
typedef struct gs_model gs_model;

/** What a network's first output is, for an input x = x0 + sigma n: a clean image and standard normal noise n. */
typedef enum gs_kind {
    GS_KIND_ENERGY,    /**< E(x), of shape (1), with p(x) proportional to exp(-E(x)) */
    GS_KIND_SCORE,     /**< the gradient of log p(x; sigma) with respect to x, of shape (C, H, W) */
    GS_KIND_DENOISER,  /**< D(x, sigma) = E[x0 | x], of shape (C, H, W) */
    GS_KIND_NOISE,     /**< E[n | x], of shape (C, H, W) */
    GS_KIND_CLASSIFIER /**< logits, of shape (classes); a second output, if any, holds features */
} gs_kind;

/** Load and validate a weight file (models/FORMAT.md), which is read whole and may change afterwards. Thread-safe.
 *
 * @param path  the file's name, as fopen takes it
 * @param model on success the network, the caller's to be freed with gs_model_free; NULL on failure
 * @param error why it failed; may be NULL
 * @return GS_OK; GS_ERROR_FILE: it can't be opened or read, or is no regular file; GS_ERROR_FORMAT: its content is not
 *         what models/FORMAT.md demands, or more than this library takes; GS_ERROR_MEMORY
 */
gs_status gs_model_load(const char *path, gs_model **model, gs_error *error);

/** Free a model. Not while another thread uses it, nor while a plan made from it is alive.
 *
 * @param model what gs_model_load gave; NULL is allowed
 */
void gs_model_free(gs_model *model);

/** What a weight file says about its network. Pointers belong to the model and live as long. */
typedef struct gs_model_info {
    const char *name;      /**< 1 ... 63 characters of a-z 0-9 - _ . */
    gs_kind kind;          /**< what the first output is */
    int shape[3];          /**< (C, H, W) of x, each 1 ... 4096 */
    float range[2];        /**< clean pixels lie in [range[0], range[1]] */
    bool takes_sigma;      /**< whether the noise level sigma is an input */
    double sigma[2];       /**< trained range of sigma in units of the pixels, 0 < sigma[0] < sigma[1]; zeros where it
                              takes none */
    int labels;            /**< classes K: labels are 0 ... K - 1, and K for "none"; 0: takes no label */
    const double *shares;  /**< (labels) how often each class occurs in the training data, sum 1; NULL: not told */
    int ladder_length;     /**< number of discrete noise levels, 0 ... 4096 */
    const double *ladder;  /**< those noise levels, (ladder_length), positive and strictly decreasing */
    int outputs;           /**< 1, or 2 for a classifier with features */
    size_t output_size[2]; /**< elements of each output for an image; 0 past the last one */
    size_t parameters;     /**< elements of all tensors */
    uint64_t operations;   /**< 2 x multiply-adds of convolutions and linear layers for an image, without padding */
    char hash[65];         /**< SHA-256 of the file, lower-case hexadecimal */
} gs_model_info;

/** What a weight file says about its network. Thread-safe.
 *
 * @param model the network
 * @return belongs to the model and lives as long
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
 * @param data  the elements, row-major, which belong to the model and live as long; untouched when there is no such
 *              tensor
 * @param shape its sizes, the first of which are written, as many as its rank
 * @return the rank, 0 ... 6, or -1 when the file has no tensor of that name
 */
int gs_model_get_tensor(const gs_model *model, const char *name, const float **data, size_t shape[6]);

/* ---- CPU ---- */

/** The widest instruction set of this build that this CPU and operating system run. Thread-safe.
 *
 * @return a constant string: "scalar", "avx2", "avx512" or "neon"
 */
const char *gs_isa_best(void);

/** The instruction sets of this build, from the narrowest to the widest. Thread-safe.
 *
 * @param i         which one, from 0
 * @param supported whether this CPU and operating system run it
 * @return its name, a constant string; NULL, and *supported false, past the last one
 */
const char *gs_isa_name(int i, bool *supported);

/** The backends, what computes the operations of a plan, "native" first. Thread-safe.
 *
 * @param i     which one, from 0
 * @param built whether this build has it; untouched past the last one
 * @param about gets a line for people, cut to fit, without a newline: its version and the instruction set it picks, or
 *              that it is missing; untouched past the last one
 * @param size  room of about in bytes, with the closing zero
 * @return its name, a constant string; NULL past the last one
 */
const char *gs_backend_name(int i, bool *built, char *about, size_t size);

/* ---- Plans ---- */

/** A network made ready to run: kernels chosen, weights packed, memory laid out. Immutable, but its scratch memory
 * serves one gs_plan_evaluate, gs_sample or gs_quality_measure at a time: two threads that run at once need two plans.
 */
typedef struct gs_plan gs_plan;

/** How to plan. Zero (NULL) in a field means its default, so that `gs_plan_options options = {0}` is a start. */
typedef struct gs_plan_options {
    const char *isa; /**< name of the instruction set; NULL: the environment's GENSAMPLE_ISA, else gs_isa_best. An
                        unknown or unsupported name is an error */
    int threads;     /**< 1 ... 1024; 0: the number of processors this process may run on */
    int block; /**< images one thread carries together, 1 ... 64; 0: chosen by the planner. Never changes results */
    const char *backend; /**< "onednn": oneDNN computes convolutions, linear layers and pools, and picks its own
                            instruction set; NULL or "native": the library's own kernels compute all */
    bool gradient;       /**< for gs_plan_gradient too; energies and the native backend only. Costs memory, and
                            gs_plan_evaluate some speed */
} gs_plan_options;

/** Plan a network. All memory that running needs is allocated here. Thread-safe.
 *
 * @param model   the network, which must outlive the plan
 * @param options how to plan; NULL: all defaults
 * @param plan    on success the plan, the caller's to be freed with gs_plan_free; NULL on failure
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: an option out of its range, or an unknown instruction set or backend;
 *         GS_ERROR_UNSUPPORTED: this CPU does not run the instruction set, this build lacks the backend, or the
 *         gradient is asked of what is no energy or of another backend than the native one;
 *         GS_ERROR_MEMORY
 */
gs_status gs_plan_create(const gs_model *model, const gs_plan_options *options, gs_plan **plan, gs_error *error);

/** Free a plan. Not while another thread uses it.
 *
 * @param plan what gs_plan_create gave; NULL is allowed
 */
void gs_plan_free(gs_plan *plan);

/** What the planner decided. */
typedef struct gs_plan_info {
    const char *isa;      /**< name of the instruction set, a constant string */
    int threads;          /**< threads that evaluate */
    int block;            /**< images one thread carries together */
    size_t weight_bytes;  /**< packed weights */
    size_t scratch_bytes; /**< scratch memory of all threads */
    int steps;            /**< kernel calls an evaluation of a block */
    const char *backend;  /**< name of the backend, a constant string */
} gs_plan_info;

/** What the planner decided. Thread-safe.
 *
 * @param plan the plan
 * @return by value
 */
gs_plan_info gs_plan_get_info(const gs_plan *plan);

/** One line for a step of the plan: operation, shapes, method, instruction set, node. For people; the wording may
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
 * instruction set, thread count, block and n; with another it is so within rounding, 1e-5 of the largest element. Runs
 * on the plan's threads; one call at a time on a plan.
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
 * out
 */
gs_status gs_plan_evaluate(gs_plan *plan, const float *x, double sigma, const int *labels, size_t n,
                           float *const out[2], gs_error *error);

/** Evaluate energies E(x) and their gradients dE/dx, by reverse mode (Griewank & Walther 2008, chapter 3), at one noise
 * level. Where an operation has a kink (relu at 0), the gradient is that of its left side; a maximum counts where it
 * comes first. Energies are the bytes that gs_plan_evaluate gives; gradients, too, are the same bytes for every
 * instruction set, thread count, block and n. Runs on the plan's threads; one call at a time on a plan.
 *
 * @param plan     a plan made with the option `gradient`
 * @param x        images, (n, C, H, W)
 * @param sigma    noise level in units of the pixels, above 0 and at most 1e30; ignored by networks that take none
 * @param labels   (n) labels, each 0 ... K; NULL: "none" everywhere
 * @param n        number of images, from 0
 * @param energy   gets the energies, (n); may be NULL
 * @param gradient gets the gradients, (n, C, H, W), in units of energy by pixel; not overlapping x; may be NULL
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
    const char *parameters; /**< what it reads of gs_sample_options, with blanks between: "steps sigmas" */
} gs_sampler_info;

/** The samplers of this library, the first of which is the default. Thread-safe.
 *
 * @param i which one, from 0
 * @return its row, which lives for ever; NULL past the last one
 */
const gs_sampler_info *gs_sampler_get(int i);

/** Draw n labels with the class frequencies of the training data, gs_model_info::shares, which every run of labels
 * keeps to O(log n / n): label k is that of chain first_chain + k of this seed, whatever else is drawn (a Weyl
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
 * energies and scores add up. At noise levels above 0 the sum of noised scores is not the score of the noised product;
 * samplers that end in many Langevin steps, or are corrected, take it for what it is (Du et al. 2023). */
typedef struct gs_term {
    gs_plan *plan;     /**< its network, of any kind but classifier, of the same shape and data range as the first, with
                          at least as many threads and as large a block; energies with the gradient */
    double weight;     /**< w, -1000 ... 1000 */
    const int *labels; /**< (n) labels, each 0 ... K; NULL: "none" everywhere */
} gs_term;

/** What langevin, mala and hmc tell of their chains, for diagnostics: arrays of the caller's, any of which may be NULL.
 * Step t leads from state t to state t + 1; steps is what gs_sample_trace_steps says. When gs_sample is interrupted,
 * what belongs to unfinished chains is undefined. */
typedef struct gs_trace {
    float *energy; /**< (steps + 1, n): E of state t, the weighted sum of a sum of energies, at temperature 1; NaN
                      where a network is no energy. With noise_first of state t with the noise of step t added, the
                      last row excepted */
    float *gradient_norm; /**< (steps + 1, n): Euclidean length of dE/dx, or of the score, there, before clipping */
    float *acceptance; /**< (steps, n): mala, hmc: probability min(1, exp(H - H')) with which the proposal of step t is
                          accepted; langevin: 1 */
    double *rate;      /**< (n): mean of acceptance over the steps after burn-in */
    double *step_size; /**< (n): the step size after burn-in */
} gs_trace;

/** How to sample. Zero (NULL) in a field means: the model file's default, else the sampler's. Noise levels are in units
 * of the pixels. Strings and arrays belong to the caller, and must live until gs_sample returns. */
typedef struct gs_sample_options {
    const char *sampler; /**< name of a sampler */
    int steps;         /**< solvers and annealed-langevin: noise levels visited, 1 ... 10000; langevin, mala, hmc: steps
                          of a chain, 1 ... 1e6 */
    double sigma_low;  /**< last noise level before 0; langevin, mala, hmc: the level of their steps. Within the trained
                          range; 0 for networks that take no sigma */
    double sigma_high; /**< first noise level; sigma_low <= sigma_high. Within the trained range, or 0 */
    double epsilon;    /**< annealed-langevin: step size alpha at the lowest level, 1e-30 ... 1e30; at level i it is
                          epsilon sigma_i^2 / sigma_low^2 (Song & Ermon 2019, algorithm 1) */
    int steps_per_level; /**< annealed-langevin: T, Langevin steps at each noise level, 1 ... 1e6 */
    int denoise;         /**< all but solvers: whether a last step x = D(x, sigma_low) follows: 1 yes, -1 no */
    double step_size; /**< langevin, mala, hmc: h, 1e-30 ... 1e30 (see gs_sample). Else, with s = sigma_low or, without
                         sigma, a tenth of the data range's width: 0.1 s^2; hmc: sqrt(0.2) s */
    double noise;     /**< langevin: standard deviation of the noise of a step, up to 1e30; -1: none. Else sqrt(2 h) */
    double temperature; /**< mala, hmc: T of exp(-E / T), 1e-30 ... 1e30; else 1 */
    double clip;        /**< langevin: elements of dE/dx are clipped to +-clip, 1e-30 ... 1e30; -1: not */
    int clamp;          /**< langevin, mala, hmc: whether chains are kept in the data range: 1 yes, -1 no */
    int noise_first;    /**< langevin: whether noise is added before the gradient is taken: 1 yes, -1 no */
    int leapfrog;       /**< hmc: L, leapfrog steps of a step, 1 ... 1000 */
    int burn_in;        /**< mala, hmc: the first of the steps, which adapt h, at most steps - 1; -1: none. Else half of
                           them */
    double target;      /**< mala, hmc: acceptance that h is adapted to, 0.05 ... 0.99 */
    int every;          /**< langevin, mala, hmc: steps between the states of a trajectory, 1 ... 1e6; else steps */
    double eta;         /**< dpmpp-2m: noise added on the way, 0 ... 100: -1 none, the ODE; 1 as the reverse SDE */
    double guidance;    /**< chains with a label: weight w of guidance, 0 ... 100 (see gs_sample); -1: none */
    double guidance_low;   /**< guidance acts at noise levels above this ... */
    double guidance_high;  /**< ... and up to this; both 0: the model file's, else everywhere */
    uint64_t seed;         /**< any number: chain k of a seed is the same whatever else is drawn */
    uint64_t first_chain;  /**< number k of the first chain, to draw more of a seed; first_chain + n is at most 2^60 */
    const int *labels;     /**< (n) labels, each 0 ... K; NULL: "none" everywhere */
    double weight;         /**< w_0 of the plan's own network in a sum, -1000 ... 1000; 0: 1 */
    const gs_term *terms;  /**< (term_count) further networks of the sum */
    int term_count;        /**< 0 ... 16 */
    const float *init;     /**< (n, C, H, W): states in which chains begin, taken as noised by sigma_high; NULL:
                              noise */
    float *trajectory;     /**< NULL, or room for (gs_sample_levels, n, C, H, W): the state on entering each level, and
                              the result last */
    const gs_trace *trace; /**< langevin, mala, hmc: what to tell; NULL: nothing. Ignored by the others */
    /** Called now and then, by one thread at a time, though not always the same, with the number of finished chains;
     * returning false stops: gs_sample returns GS_ERROR_INTERRUPTED within a fraction of a second. NULL is allowed. */
    bool (*progress)(void *context, size_t done, size_t n);
    void *context; /**< handed to progress */
} gs_sample_options;

/** Fill in every default. Thread-safe; options may be resolved again.
 *
 * @param model   the network
 * @param options the settings, changed in place; on failure they may be half resolved
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: the message names the setting out of its range; GS_ERROR_UNSUPPORTED: the sampler
 * can't draw from this kind of network
 */
gs_status gs_sample_resolve(const gs_model *model, gs_sample_options *options, gs_error *error);

/** The states gs_sample stores in a trajectory, one for each noise level and the result, and their noise levels.
 * Solvers space the levels as Karras et al. 2022, equation 5, with rho = 7; annealed-langevin takes the file's ladder
 * or, with other settings, a geometric one. langevin, mala and hmc stay at one level: states before steps 0, every,
 * 2 every ..., and the result. Thread-safe.
 *
 * @param model   the network
 * @param options resolved settings
 * @param sigmas  gets the first `room` noise levels, none above the one before, the result's as 0; may be
 *                NULL when room is 0
 * @param room    elements of sigmas, from 0
 * @return the number of states; 0 when the options are not resolved
 */
int gs_sample_levels(const gs_model *model, const gs_sample_options *options, double *sigmas, int room);

/** Steps that a gs_trace tells of. Thread-safe.
 *
 * @param options resolved settings
 * @return their number, that of langevin, mala or hmc; 0 for other samplers, which fill no trace
 */
int gs_sample_trace_steps(const gs_sample_options *options);

/** Network evaluations a sample takes (NFE), summed over the networks: two at each noise level with guidance, where
 * the network's labels are not NULL, else one. Thread-safe.
 *
 * @param model   the network
 * @param options resolved settings
 * @return their number; 0 when the options are not resolved
 */
uint64_t gs_sample_evaluations(const gs_model *model, const gs_sample_options *options);

/** Draw n chains. Each begins as `init` has it, or as x = sigma_high z, z standard normal numbers of its own
 * (Philox4x32-10, Salmon et al. 2011), or, where the network takes no sigma, uniform in the data range, and goes from
 * level to level as its sampler has it. Values are not clipped to the data range, unless `clamp` says so. With the
 * native backend the result is the same bytes for every instruction set, thread count, block and n. Runs on the plan's
 * threads; one call at a time on a plan.
 *
 * Samplers at one noise level, of E(x, sigma_low) or of E(x) without noise levels:
 * - langevin, the unadjusted Langevin algorithm (Roberts & Tweedie 1996): x <- x - h dE/dx + noise z. The
 *   temperature of its chains is noise^2 / 2 h as h goes to 0; on a normal target of variance v T its variance is
 *   v T / (1 - h / 2v). dE/dx may be that of scores, noise models and denoisers. Elements of dE/dx are clipped, then x
 *   is clamped to the data range after its noise and after its step, where asked for.
 * - mala, Metropolis-adjusted (Roberts & Tweedie 1996; Besag 1994): the same with noise sqrt(2 h) on E / T as a
 *   proposal, which is accepted or rejected so that p(x) is exp(-E / T) exactly, whatever h.
 * - hmc, Hamiltonian Monte Carlo (Neal 2011, section 5.3.2): L leapfrog steps of size h, times a factor uniform in 0.8
 * ... 1.2 for each step of the chain, which keeps off periodic paths (section 5.4.2); momenta of unit mass. With
 * `clamp`, paths of mala and hmc are reflected at the ends of the data range (Neal 2011, section 5.5.1.5), so that p is
 * that density within it. During burn-in each chain adapts h of its own to the target acceptance by dual averaging
 * (Hoffman & Gelman 2014, algorithm 5, with gamma = 0.1), and keeps the average afterwards. Energies
 * are float32, and acceptance errs by as much as their difference does: 1e-7 of the energy, over T.
 * A proposal whose energy is not finite is rejected.
 *
 * Guidance of weight w replaces D(x, sigma, y) by D(x, sigma, none) + (1 + w) (D(x, sigma, y) - D(x, sigma, none)) (Ho
 * & Salimans 2022, equation 6, in terms of denoisers), within an interval of noise levels (Kynkaanniemi et al. 2024);
 * it asks for a second evaluation. Chains without a label are left as they are.
 *
 * @param plan    the plan of a denoiser, score or noise network that takes sigma, or of such an energy with the
 *                gradient; for langevin also of a score without sigma, for langevin, mala and hmc of an energy without
 * @param options the settings; those that are zero are resolved as by gs_sample_resolve, in a copy
 * @param n       number of chains, from 0
 * @param out     gets the samples, (n, C, H, W)
 * @param done    gets the number of chains finished from the first one on: n, or less when interrupted, when the rest
 * of out is undefined; 0 on other failures. May be NULL
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: a setting or label out of its range; GS_ERROR_UNSUPPORTED: no sampler can draw from
 *         this kind of network; GS_ERROR_MEMORY; GS_ERROR_INTERRUPTED: options->progress returned false;
 *         GS_ERROR_DIVERGED: the message names a chain of a Langevin sampler that is no longer finite, and its step
 */
gs_status gs_sample(gs_plan *plan, const gs_sample_options *options, size_t n, float *out, size_t *done,
                    gs_error *error);

/** Add the noise that chains begin with: x_k += sigma z_k, with z_k the standard normal numbers from which gs_sample
 * starts chain first_chain + k of this seed. Images noised by sigma_high are what gs_sample_options::init is for:
 * chains then keep of them what that noise left (SDEdit, Meng et al. 2022). Thread-safe.
 *
 * @param seed        any number, as of gs_sample_options
 * @param first_chain number of the first image's chain; first_chain + n is at most 2^60
 * @param sigma       noise level in units of the pixels, from 0
 * @param n           number of images, from 0
 * @param size        pixels of an image, in all its channels
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
 * @param d          features a row, at least 1
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
 * @param distance gets the distance, at least 0; NaN when LAPACK finds no eigenvalues, as of matrices with NaN
 * @param error    why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: d is below 1; GS_ERROR_MEMORY
 */
gs_status gs_frechet_distance(const double *mean1, const double *cov1, const double *mean2, const double *cov2, int d,
                              double *distance, gs_error *error);

/** Quality of images as a judge, a classifier, sees them. */
typedef struct gs_quality {
    size_t n;         /**< images */
    double frechet;   /**< Frechet distance of their features to the judge's reference set; NaN when n < 2 */
    double agreement; /**< share of images with a requested label that the arg max agrees with; NaN without any */
    double share[64]; /**< share of images by arg max, one for each class */
    int classes;      /**< classes of the judge, 1 ... 64 */
    double confident; /**< share of images with a soft-max above 0.9 */
} gs_quality;

/** Measure the quality of n images, which are clipped to the judge's data range first. One call at a time on a plan.
 *
 * @param judge   plan of a classifier with features whose file has the tensors `reference_mean` (d) and
 *                `reference_covariance` (d, d) for d features
 * @param images  (n, C, H, W) of the judge, in its data range
 * @param labels  (n) requested labels, where the number of classes means none; may be NULL
 * @param n       number of images, at least 1
 * @param quality gets the measurements; undefined on failure
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: no images, or a network that can't judge; GS_ERROR_MEMORY
 */
gs_status gs_quality_measure(gs_plan *judge, const float *images, const int *labels, size_t n, gs_quality *quality,
                             gs_error *error);

/** What a judge, a classifier, takes n images for, which are clipped to its data range first. One call at a time on a
 * plan.
 *
 * @param judge   plan of a classifier
 * @param images  (n, C, H, W) of the judge, in its data range
 * @param n       number of images, from 0
 * @param classes gets the arg max of each image's logits, (n); -1 where a logit is no number
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: a network that is no classifier; GS_ERROR_MEMORY
 */
gs_status gs_quality_classify(gs_plan *judge, const float *images, size_t n, int *classes, gs_error *error);

/** Peak signal-to-noise ratio, 10 log10(range^2 / mean((a - b)^2)), in decibel. Thread-safe.
 *
 * @param a     (count) pixels
 * @param b     (count) pixels
 * @param count number of pixels, at least 1
 * @param range largest less smallest value a pixel can have, above 0
 * @return infinity for equal images; NaN where a pixel is
 */
double gs_psnr(const float *a, const float *b, size_t count, double range);

/** Structural similarity (Wang et al. 2004, equation 13) with an 11 x 11 Gaussian window of standard deviation 1.5,
 * K1 = 0.01 and K2 = 0.03: the mean over all windows that lie within the image, and over channels. Thread-safe.
 *
 * @param a     (C, H, W) pixels
 * @param b     (C, H, W) pixels
 * @param shape (C, H, W)
 * @param range largest less smallest value a pixel can have, above 0
 * @return -1 ... 1; 1 for equal images; NaN where a pixel is, and for images lower or narrower than 11 pixels
 */
double gs_ssim(const float *a, const float *b, const int shape[3], double range);

/** Width from which strokes of a digit of MNIST's size count as thick, in pixels: a quarter of MNIST's training images
 * are as thick. */
#define GS_STROKE_THICK 2.75

/** Mean width of the strokes of a drawing, white on black: 2 x ink / total variation, where ink is
 * clamp((p - 0.1) / 0.8, 0, 1) of pixels p in 0 ... 1, and the total variation the sum of the lengths of its forward
 * differences, black beyond the border. By the co-area formula that is 2 x area / perimeter, averaged over grey levels:
 * a stroke of width w and length L has the area w L and contours of 2 L. Thread-safe.
 *
 * @param image  (H, W) pixels
 * @param height H
 * @param width  W
 * @param range  black and white; pixels beyond are clipped
 * @return in pixels; 0 for an image without ink
 */
double gs_stroke_width(const float *image, int height, int width, const float range[2]);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif
#endif
