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

/** Most replicas of a chain, and most numbers of gs_sample_options::rungs. */
#define GS_RUNGS_MAX 64

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
    GS_KIND_ENERGY,     /**< E(x), of shape (1), with p(x) proportional to exp(-E(x)) */
    GS_KIND_SCORE,      /**< the gradient of log p(x; sigma) with respect to x, of shape (C, H, W) */
    GS_KIND_DENOISER,   /**< D(x, sigma) = E[x0 | x], of shape (C, H, W) */
    GS_KIND_NOISE,      /**< E[n | x], of shape (C, H, W) */
    GS_KIND_CLASSIFIER, /**< logits, of shape (classes); a second output, if any, holds features */
    GS_KIND_DECODER     /**< the image G(x) of a latent x, of any shape (C', H', W'); standard normal x give samples */
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
    const char *name; /**< 1 ... 63 characters of a-z 0-9 - _ . */
    gs_kind kind;     /**< what the first output is */
    int shape[3];     /**< (C, H, W) of x, each 1 ... 4096; of a decoder that of its latents */
    float range[2];   /**< clean pixels lie in [range[0], range[1]]; of a decoder those of its images */
    bool takes_sigma; /**< whether the noise level sigma is an input */
    double sigma[2];  /**< trained range of sigma in units of the pixels, 0 < sigma[0] < sigma[1]; else zeros */
    int labels; /**< classes K: labels are 0 ... K - 1, and K for "none" unless `needs_label`; 0: takes no label */
    const double *shares; /**< (labels) frequency of each class in the training data, which sum to 1; NULL: not given */
    int ladder_length;    /**< number of discrete noise levels, 0 ... 4096 */
    const double *ladder; /**< those noise levels, (ladder_length), positive and strictly decreasing */
    int outputs;          /**< 1, or 2 for a classifier with features */
    size_t output_size[2]; /**< elements per image of each output; 0 past the last one */
    size_t parameters;     /**< elements of the tensors that the network computes with */
    uint64_t operations;   /**< 2 x multiply-adds of convolutions, products and attention per image, unpadded */
    char hash[65];         /**< SHA-256 of the file, lower-case hexadecimal */
    bool rejects;          /**< of a classifier: the last logit stands for none of the classes */
    int image[3]; /**< (C', H', W') of the images that gs_sample draws: of a decoder the shape of its output, of others
                     `shape` */
    bool needs_label; /**< whether every image needs one of the labels 0 ... K - 1, as there is no label "none" */
} gs_model_info;

/** The description of a network in its weight file. Thread-safe.
 *
 * @param model the network
 * @return belongs to the model and lives as long as it
 */
const gs_model_info *gs_model_get_info(const gs_model *model);

/** A kind as weight files spell it: "energy", "score", "denoiser", "noise", "classifier" or "decoder".
 * Thread-safe.
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

/** The names of the file's tensors, in the order of the alphabet. Thread-safe.
 *
 * @param model the network
 * @param i     which one, from 0
 * @return its name, which belongs to the model and lives as long as it; NULL past the last one
 */
const char *gs_model_get_tensor_name(const gs_model *model, int i);

/** What the file says about where the network comes from: its training, its data, its licence. Thread-safe.
 *
 * @param model the network
 * @param i     which entry, from 0
 * @param value gets what is said, which belongs to the model and lives as long as it; untouched past the last one
 * @return what it is about, "dataset" for example, which belongs to the model likewise; NULL past the last one
 */
const char *gs_model_get_provenance(const gs_model *model, int i, const char **value);

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
    double least;           /**< the least that its numbers may be */
    double most;            /**< the largest */
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
 * have a decimal point in every locale, and are rounded to single precision. Points have D coordinates, which a
 * parameter `dim` says or, if it is not given, the widest point. Thread-safe.
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

/** The widest instruction set of this build that this CPU and operating system can run, of those that are tested: one
 * that never ran on a real processor (`gensample cpu` says so) runs only where gs_plan_options::isa or GENSAMPLE_ISA
 * names it. Thread-safe.
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

/** A network made ready to run: kernels chosen, weights packed, memory laid out. Immutable but for gs_plan_update,
 * except that its scratch memory, and what it keeps of the last noise level, serve one gs_plan_evaluate, gs_sample or
 * gs_quality_measure at a time: two threads that run at the same time need two plans.
 */
typedef struct gs_plan gs_plan;

/** Types of the operands of products: of a network's packed weights, and of what convolutions and linear layers
 * multiply them by. What lies between them, activations, normalisation and samplers' states, is f32 in any case, as are
 * convolutions of few inputs or few outputs, and layers to which a type does not apply. */
typedef enum gs_dtype {
    GS_DTYPE_DEFAULT = 0, /**< the model's */
    GS_DTYPE_F32,         /**< 32-bit floating point: the same bytes on every instruction set */
    GS_DTYPE_BF16, /**< bfloat16, whose products are added up in f32 as the processor does it: the same bytes on one
                      instruction set only. Without such instructions, or where the processor's are so slow that
                      gs_plan_create chooses an instruction set without them, it is GS_DTYPE_BF16_EXACT */
    GS_DTYPE_BF16_EXACT, /**< bfloat16, whose products are fused multiply-adds of f32: the same bytes on every
                            instruction set */
    GS_DTYPE_INT8,       /**< integers with sums of 32 bits: the same bytes on every instruction set. For models that
                            `gensample quantize` has prepared, which says of each layer whether it is computed in 8 bits, in
                            16 or in f32 */
    GS_DTYPE_INT16       /**< the same, but the layers of 8 bits are f32 */
} gs_dtype;

/** A type's name: "f32", "bf16", "bf16-exact", "int8", "int16". Thread-safe.
 *
 * @param dtype the type
 * @return a constant string; "default" for GS_DTYPE_DEFAULT, NULL for anything else, so that all can be listed
 */
const char *gs_dtype_name(gs_dtype dtype);

/** How a network is quantised: what `gensample quantize` found and wrote into its file. Pointers belong to the model
 * and live as long as it. */
typedef struct gs_quantization {
    gs_dtype dtype;      /**< the type in which plans compute unless they are told another; GS_DTYPE_F32 where the file
                                 says nothing */
    int nodes;           /**< number of nodes that int8 plans compute in integers; 0: the network is not quantised */
    int nodes_int16;     /**< those of them in 16 bits, which int16 plans compute in integers, too */
    int bands;           /**< bands of noise levels, 1 ... 16, each of which has its own ranges of values */
    const double *ends;  /**< (bands - 1), increasing: band b has the noise levels above ends[b - 1], up to ends[b].
                            NULL:  one band */
    const double *error; /**< (bands): what was measured on images of a band: the largest error of an image, the mean
                            over images, over the largest element of all their outputs in float32; NULL: not known */
    const double *error_most; /**< (bands): the largest error of all these images, likewise; NULL: not known */
    const double *error_rms;  /**< (bands): the root of the mean squared error, likewise; NULL: not known */
} gs_quantization;

/** How a network is quantised. Thread-safe.
 *
 * @param model the network
 * @return belongs to the model and lives as long as it
 */
const gs_quantization *gs_model_get_quantization(const gs_model *model);

/** How to plan. Zero (NULL) in a field means its default, so that one can start with `gs_plan_options options =
 * {0}`. */
typedef struct gs_plan_options {
    const char *isa;     /**< name of the instruction set; NULL: the environment's GENSAMPLE_ISA, else gs_isa_best, but
                            for bf16 one without dot products of bf16 where these take longer, which is measured. An
                            unknown or unsupported name is an error */
    int threads;         /**< 1 ... 1024; 0: what OMP_NUM_THREADS says, else the number of processors this process may
                            run on or, where it is lower, its control groups' quota of processors, rounded up.
                            Where there are fewer images than processors, several threads share one */
    int block;           /**< images per thread at a time, 1 ... 64; 0: chosen by the planner. Never changes results */
    const char *backend; /**< "onednn": oneDNN computes convolutions, linear layers and pools, and picks its own
                            instruction set; NULL or "native": the library's own kernels compute everything */
    bool gradient;       /**< whether to plan for gs_plan_gradient too or, of a network that is no energy, for
                            gs_plan_product; for the native backend only, and for no classifier. Costs memory, and makes
                            gs_plan_evaluate somewhat slower */
    gs_dtype dtype; /**< type of the operands of products, see gs_dtype; other backends have f32 alone. With `gradient`,
                       int8 and int16 plans are f32; those of bf16 keep a second plan in f32, by whose energies
                       gs_sample accepts proposals */
} gs_plan_options;

/** Plan a network. All memory that running needs is allocated here. Thread-safe.
 *
 * @param model   the network, which must outlive the plan
 * @param options how to plan; NULL: all defaults
 * @param plan    on success the plan, the caller's to be freed with gs_plan_free; NULL on failure
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: an option out of its range, or an unknown instruction set or backend;
 *         GS_ERROR_UNSUPPORTED: this CPU cannot run the instruction set, this build lacks the backend, the gradient
 *         is asked for with a classifier, or with a backend other than the native one, or the type
 *         with such a backend or, if it is int8 or int16, with a model that has not been quantised;
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
    size_t weight_bytes;  /**< packed weights; on several NUMA nodes those of one, and each has as many */
    size_t scratch_bytes; /**< scratch memory of all threads */
    int steps;            /**< steps of the plan, which gs_plan_describe describes */
    const char *backend;  /**< name of the backend, a constant string */
    gs_dtype dtype;       /**< type of the operands of products, never GS_DTYPE_DEFAULT */
    bool exact;           /**< whether results are the same bytes on every instruction set */
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
 * @param labels (n) labels, each 0 ... K; NULL: "none" everywhere, if the network has it
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
 * @param labels   (n) labels, each 0 ... K; NULL: "none" everywhere, if the network has it
 * @param n        number of images, from 0
 * @param energy   gets the energies, (n); may be NULL
 * @param gradient gets the gradients, (n, C, H, W), in units of energy per pixel value; not overlapping x; may be NULL
 * @param error    why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: sigma or a label out of range, a network that is no energy, or a plan without the
 *         gradient; GS_ERROR_MEMORY
 */
gs_status gs_plan_gradient(gs_plan *plan, const float *x, double sigma, const int *labels, size_t n, float *energy,
                           float *gradient, gs_error *error);

/** Evaluate a network F(x) that is no energy, and vector-Jacobian products v^T dF/dx, by reverse mode (Griewank &
 * Walther 2008, chapter 3), at one noise level: component j of the product is the sum over i of v_i dF_i/dx_j. One
 * product takes about twice as long as F alone, whatever the size of F. Kinks are as in gs_plan_gradient. F is the same
 * bytes as from gs_plan_evaluate; products, too, are the same bytes for every instruction set, thread count, block and
 * n. Runs on the plan's threads; one call at a time per plan.
 *
 * @param plan    a plan made with the option `gradient`, of a score, noise, denoiser or decoder model
 * @param x       images, (n, C, H, W)
 * @param v       vectors, (n, output_size[0]), one per image
 * @param sigma   noise level in units of the pixels, above 0 and at most 1e30; ignored by networks that take none
 * @param labels  (n) labels, each 0 ... K; NULL: "none" everywhere, if the network has it
 * @param n       number of images, from 0
 * @param out     gets F(x), (n, output_size[0]), not overlapping x; may be NULL
 * @param product gets v^T dF/dx, (n, C, H, W), not overlapping x or v; may be NULL
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: sigma or a label out of range, an energy, or a plan without the gradient;
 *         GS_ERROR_MEMORY
 */
gs_status gs_plan_product(gs_plan *plan, const float *x, const float *v, double sigma, const int *labels, size_t n,
                          float *out, float *product, gs_error *error);

/** New values of a tensor, for gs_plan_update. Pointers belong to the caller, and may be freed afterwards. */
typedef struct gs_tensor_values {
    const char *name;  /**< as in the file: one that gs_model_get_tensor_name gives, with which the network computes */
    int rank;          /**< the file's */
    size_t shape[6];   /**< its sizes, the file's; those past the rank are ignored */
    const float *data; /**< the elements, row-major, all finite; may be NULL where there are none */
} gs_tensor_values;

/** Give a plan new weights, from memory: within a training loop, whose chains then come from these kernels. Results are
 * the same bytes as those of a plan made from a file with these weights; nothing else about the plan changes, and the
 * model and other plans made from it keep the weights that they have. Tensors that are not given keep the values that
 * the plan has. Either all of it is done or, on failure, nothing, and the plan is as it was. It takes about as long as
 * gs_plan_create, nine tenths of which is packing of weights, and as much memory again until it is done: 0.2 ms for
 * 23,000 weights, 4 ms for 1.4 million. It counts as a call on the plan, of which there is one at a time; other plans
 * may be used meanwhile.
 *
 * @param plan   the plan
 * @param values (count) tensors with their new values, each name once
 * @param count  how many, from 0
 * @param error  why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: an unknown name or one that is given twice, a tensor with which the network does
 * not compute, another shape, a value that is not finite or that the tensor's operation does not allow; GS_ERROR_MEMORY
 */
gs_status gs_plan_update(gs_plan *plan, const gs_tensor_values *values, size_t count, gs_error *error);

/* ---- Samplers ---- */

/** A sampler: one row of src/sample/samplers.def. The strings are constant. */
typedef struct gs_sampler_info {
    const char *name;       /**< "annealed-langevin" */
    const char *help;       /**< one line on what it does, and the paper it is from */
    const char *parameters; /**< the fields of gs_sample_options that it reads, separated by blanks: "steps sigmas" */
    int steps_max;          /**< the most that gs_sample_options::steps may be; the least is 1 */
    bool descends;          /**< whether it goes down noise levels from sigma_high; else it stays at one or has none */
    bool decodes;           /**< whether it draws from decoders, and from no other network */
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
 * @return GS_OK; GS_ERROR_UNSUPPORTED: a model without shares, unless it needs a label for every image: then all
 *         classes are equally frequent
 */
gs_status gs_model_draw_labels(const gs_model *model, uint64_t seed, uint64_t first_chain, size_t n, int *labels,
                               gs_error *error);

/** One more network of a sum of fields, p(x) proportional to p_0(x)^w_0 p_1(x)^w_1 ... (Du & Mordatch 2019, section 5):
 * energies and scores are added. At noise levels above 0 the sum of noised scores is not the score of the noised
 * product; samplers that end in many Langevin steps, or in corrected ones, make up for that (Du et al. 2023). */
typedef struct gs_term {
    gs_plan *plan; /**< its network, of any kind but classifier and decoder, with the shape and data range of the first
                      and at least as many threads; energies need the gradient */
    double weight; /**< w, -1000 ... 1000 */
    const int *labels; /**< (n) labels, each 0 ... K; NULL: "none" everywhere, if the network has it */
} gs_term;

/** The record that samplers at one noise level keep of their chains, for diagnostics: arrays of the caller's, any of
 * which may be NULL. Step t leads from state t to state t + 1; steps is the result of gs_sample_trace_steps. When
 * gs_sample is interrupted, the elements of unfinished chains are undefined. */
typedef struct gs_trace {
    float *energy; /**< (steps + 1, n): E of state t, for a sum of energies their weighted sum, at temperature 1; NaN if
                      a network is not an energy. With noise_first, E of state t plus the noise of step t, except in the
                      last row */
    float *gradient_norm; /**< (steps + 1, n): Euclidean length of dE/dx, or of the score, at the same points, before
                             clipping */
    float *acceptance;  /**< (steps, n): probability min(1, exp(H - H')) with which the proposal of step t is accepted;
                           nuts: its mean over the states of the path; langevin, baoab, mclmc, which reject none: 1 */
    double *rate;       /**< (n): mean of acceptance over the steps after burn-in */
    double *step_size;  /**< (n): the step size after burn-in */
    double *exchange;   /**< (replicas - 1, n): tempering: mean probability, over the tries after burn-in, with which
                           replicas r and r + 1 exchange their states; NaN where there was no try */
    double *log_weight; /**< (n): ais, tempered-smc: the logarithm of a number whose mean over chains is Z, the integral
                           of exp(-E / T); ais: that of the sample's weight too */
    int *label;         /**< (n): gibbs: the label of the result */
} gs_trace;

/** Numbers per chain of a gs_walk: the adaptation of its step size, its acceptance and its energy. */
#define GS_WALK_NUMBERS 9

/** The state of chains of langevin, mala, hmc and barker between two of their steps, by which a long run is made of
 * several calls of gs_sample, so that it can be kept on a disk and go on after an interruption. The samples are the
 * same bytes as those of one call, wherever it is cut. Arrays belong to the caller; `out` of gs_sample has the states
 * x, and is read, too, where `from` is not 0. Neither trajectory, trace, stats nor watch can go with it, nor an adapted
 * mass. */
typedef struct gs_walk {
    int from;  /**< steps that are done, 0 ... steps - 1; 0: chains begin in this call. Else out, gradient and numbers
                  hold what the call left that ended there, with the same settings, seed and chains */
    int until; /**< steps after which the call ends, from + 1 ... steps. Only with `steps` do chains end as otherwise:
                  with a denoising step if it is asked for, and with a full outcome */
    float *gradient; /**< (n, C, H, W): dE/dx at x; langevin leaves it as it is */
    double *numbers; /**< (n, GS_WALK_NUMBERS); langevin leaves them as they are */
} gs_walk;

/** Statistics of each step of the samplers that accept or reject proposals by energies, those whose
 * gs_sampler_info::parameters name `target` (mala, hmc, nuts, barker ...), for diagnosis: arrays of the caller's, any
 * of which may be NULL, which is then not recorded. Other samplers leave them as they are. Elements are in the order of
 * gs_trace: step t of chain k, which leads from state t to state t + 1, is element t n + k, and `steps` is the result
 * of gs_sample_trace_steps; the first gs_sample_options::burn_in of these steps adapt, and are no part of what is
 * diagnosed. The Hamiltonian is H = E / T + p' M^-1 p / 2, T being the temperature, p the momenta, M the diagonal mass
 * (Betancourt 2017, section 3). When gs_sample is interrupted, the elements of unfinished chains are undefined. */
typedef struct gs_sample_stats {
    uint8_t *accepted;  /**< (steps, n): 1 if state t + 1 is a new one, 0 if it is state t again */
    uint8_t *divergent; /**< (steps, n): 1 if H rose by more than 1000 along the path or was not finite, so that the
                           integrator left the path (Betancourt 2017, section 6.2), or the proposal was not finite;
                           else 0 */
    uint8_t *depth;     /**< (steps, n): nuts: how often the path was doubled, 0 ... gs_sample_options::max_depth; that
                           many means that it may have been cut off; others: 0 */
    int *leapfrog;      /**< (steps, n): gradients that the step took: leapfrog steps, 1 of mala and barker */
    double *energy;     /**< (steps, n): H of state t + 1 with the momenta with which the path came there, as Stan's
                           energy__; if it stayed at state t, with those of its beginning. Without momenta
                           (barker) E / T of state t + 1. For E-BFMI (Betancourt 2016, equation 15) */
    double *energy_error; /**< (steps, n): that H less H at the beginning of the path; of a rejected proposal of mala,
                             hmc and barker, the proposal's, which may be infinite or NaN where it is divergent */
    double *step_size;    /**< (steps, n): the step size that step t was taken with, in the units of
                             gs_sample_options::step_size, without jitter */
    float *inverse_mass;  /**< (n, C, H, W): the diagonal of M^-1 after burn-in, in squared units of the pixels where it
                             is adapted to their variances; 1 where it is not */
} gs_sample_stats;

/** Statistics of one step of one chain, of the samplers that fill a gs_sample_stats, whose fields these are. */
typedef struct gs_step_stats {
    bool accepted;       /**< as in gs_sample_stats, as what follows */
    bool divergent;      /**< as there */
    int depth;           /**< as there */
    int leapfrog;        /**< as there */
    double energy;       /**< as there */
    double energy_error; /**< as there */
    double step_size;    /**< as there */
    double acceptance;   /**< as in gs_trace */
} gs_step_stats;

/** What gs_sample shows of a chain on its way (gs_sample_options::watch). */
typedef struct gs_step_view {
    size_t chain;   /**< counted from 0 within the call */
    int step;       /**< steps taken: 0 of the start, up to `steps`; those up to `burn_in` adapt */
    const float *x; /**< (C, H, W): the state, before a last denoising, the library's and only valid during the call; of
                       langevin with noise_first with the noise of the step that follows */
    double energy;  /**< E of this state as in gs_trace; NaN if a network is not an energy */
    const float *gradient;      /**< (C, H, W): likewise the gradient there, whose length is in gs_trace; NULL of
                                   elliptical-slice, which takes none */
    const gs_step_stats *stats; /**< of the step that led here; NULL at step 0, and of samplers that have none */
} gs_step_view;

/** The outcome of the chains of one call of gs_sample, for gs_outcome_warning. */
typedef struct gs_outcome {
    size_t chains;      /**< chains that finished; the rest is about these */
    double reach;       /**< how far beyond the data range a pixel of a result may be expected at most, in units of the
                           pixels: 10 (w + sigma) max(1, T). w is the width of the range; sigma is 0, or sigma_low if no
                           denoising step ends the run; T is the temperature of samplers at one level, but no more than
                           10,000, as hotter results are no images; else 1 */
    size_t far;         /**< chains whose result has a pixel farther beyond the range than that */
    uint64_t far_chain; /**< number of the first of them */
    double far_by;      /**< how far its farthest pixel is beyond the data range */
    size_t thrown;      /**< langevin: chains of which the clamp took back a tenth of the pixels, or more, in the last
                           step, from farther beyond the range than its width */
    size_t stuck; /**< samplers with a target, ais, tempered-smc: chains that accepted less than 1 % of their proposals
                     after burn-in; elliptical-slice: chains that ended where they began, nearer than a twentieth of
                     their distance from the middle of the data range, which is above 2 prior scales, or without any
                     move at all */
    uint64_t evaluations; /**< network evaluations of these chains; over `chains`, gs_sample_evaluations, but for
                             samplers that choose their steps on the way */
    size_t unopposed;     /**< likewise: chains that accepted more than 99 % of at least 20 proposals after burn-in */
    size_t coarse; /**< dpm-adaptive: chains that took steps whose error exceeds the tolerance, as the noise levels
                      allow none shorter, or, where levels are fewer than a step needs, is not known */
    uint64_t coarse_steps; /**< these steps, of all chains */
    size_t apart;          /**< tempering: chains of which two neighbouring replicas exchanged their states with a
                              probability below 1 % after burn-in */
    size_t capped;         /**< dps: chains all of whose steps were cut to those of pigdm, by a zeta above 1 */
} gs_outcome;

/** How to sample. Zero (NULL) in a field means the model file's default or, if it has none, the sampler's. Noise levels
 * are in units of the pixels. Strings and arrays belong to the caller, and must live until gs_sample returns. */
typedef struct gs_sample_options {
    const char *sampler; /**< name of a sampler */
    int steps;           /**< samplers that descend: noise levels visited, 1 ... 10000; samplers at one level: steps per
                            chain, 1 ... 1e6 (gs_sampler_info::steps_max) */
    double sigma_low;    /**< last noise level before 0; samplers at one level: that of their steps. Within the trained
                            range; 0 for networks that take no sigma */
    double sigma_high;   /**< first noise level; sigma_low <= sigma_high, and below it for more than one step of
                            samplers that take one per level. Within the trained range, or 0 */
    double rho;   /**< dpmpp-2m and its like, heun, churn, euler-ancestral, ddim: level i of n is (a + i / (n - 1) (b -
                     a))^rho with   a = sigma_high^(1/rho), b = sigma_low^(1/rho) (Karras et al. 2022, equation 5); 1 ...
                     1000, or   -1000 ... -1, which spaces levels wider at high noise; else 7 */
    double shift; /**< euler-flow: level i of n is shift tau / (1 - tau), tau going in equal steps from sigma_high /
                     (shift + sigma_high) to the same of sigma_low; 0.001 ... 1000, else 1 */
    double epsilon;      /**< annealed-langevin: step size alpha at the lowest level, 1e-30 ... 1e30; at level i it is
                            epsilon sigma_i^2 / sigma_low^2 (Song & Ermon 2019, algorithm 1). Else 0.2 sigma_low^2, theirs
                            at 0.01, or the file's, which is of the file's own lowest level, likewise in proportion to
                            sigma_low^2; where the weights' absolute sum W is above 10, 10 / W of that.
                            consistent-annealed: likewise, and epsilon / sigma_low^2 is the share of its way to D that x goes
                            (Jolicoeur-Martineau et al. 2020, algorithm 2); below 1 - sigma_(i+1) / sigma_i it counts as
                            that, above 1 as 1. Else 0.4 sigma_low^2 */
    int steps_per_level; /**< annealed-langevin: T, Langevin steps at each noise level, 1 ... 1e6 */
    int denoise; /**< annealed-langevin, samplers at one level: whether a last step x = D(x, sigma_low) is taken: 1 yes,
                    -1 no */
    double step_size;   /**< samplers at one level: h, 1e-30 ... 1e30 (see gs_sample). Else, with s = sigma_low or,
                           without   sigma, a tenth of the data range's width: langevin, mala 0.1 s^2; others sqrt(0.2) s.
                           If the sum W of the   weights' absolute values is above 10: 0.1 s^2 10 / W; sqrt(2 / W) s */
    double noise;       /**< langevin: standard deviation of the noise per step, up to 1e30; -1: none. Else sqrt(2 h) */
    double temperature; /**< samplers at one level but langevin: T of exp(-E / T), 1e-30 ... 1e30; else 1 */
    double clip;        /**< langevin: elements of dE/dx are clipped to +-clip, 1e-30 ... 1e30; -1: no clipping */
    int clamp;          /**< langevin, baoab, mala, hmc: whether chains are kept in the data range: 1 yes, -1 no */
    int noise_first;    /**< langevin: whether noise is added before the gradient is taken: 1 yes, -1 no */
    double friction;    /**< baoab: G, of which momenta keep exp(-G h) in a step, 1e-30 ... 1e30; else 0.4 / h */
    int leapfrog;       /**< hmc and the like: L, leapfrog steps per path, 1 ... 1000 */
    int max_depth;      /**< nuts: how often a path is doubled at most, 1 ... 20; else 10 */
    int burn_in; /**< samplers with a target: number of steps at the beginning in which h is adapted, at most steps - 1;
                    -1: none. Else half of the steps */
    double target;  /**< mala, hmc, nuts, barker: acceptance to which h is adapted, 0.05 ... 0.99 */
    int adapt_mass; /**< mala, hmc, nuts, barker: whether a diagonal mass is adapted during burn-in (see gs_sample): 1
                       yes, -1 no; else yes for nuts alone */
    double decoherence;  /**< mclmc: l, the way of a pixel, in root mean square, after which noise has turned the
                            momentum, 1e-30 ... 1e30; -1: the pixels' standard deviation, which burn-in measures. Else
                            -1, without burn-in h sqrt(5) */
    double energy_error; /**< mclmc: mean square of the energy's error per step, over pixels, to which burn-in adapts h,
                            1e-12 ... 1; else 5e-4 */
    int every;           /**< samplers at one level: steps between the states of a trajectory, 1 ... 1e6; else steps */
    double rungs[GS_RUNGS_MAX]; /**< tempering: where its replicas are, as factors F_r: 1, then each greater than the
                                   one before, up to 1e6, at least 2 of them, and 0 behind the last. Replica r is at
                                   temperature F_r T or, where sigma_low < sigma_high, at noise level F_r sigma_low, and
                                   the last of them at sigma_high. replicas and, of temperatures, hottest follow from
                                   them. All 0: the model file's, else equal ratios */
    int replicas;               /**< tempering: R, replicas of each chain, 2 ... 64; else the number of rungs, or 8 */
    double hottest;  /**< tempering: T_R / T_1, 1 ... 1e6; else the last rung of temperatures, or 10, and 1 where
                        sigma_low < sigma_high, so that replicas have noise levels of their own */
    int particles;   /**< tempered-smc, smc: P, particles of each chain, 2 ... 1024; else 64 */
    double ess;      /**< tempered-smc, smc: effective sample size over P to which weights may fall, 0.01 ... 0.99; else
                        0.9 */
    int moves;       /**< ais, tempered-smc: paths of hmc at each temperature, 1 ... 1000; else 1, of
                        tempered-smc 2 */
    int label_steps; /**< gibbs: M, steps of the image per label that is drawn, 1 ... 1e6; else 10 */
    double prior_scale; /**< ais, tempered-smc, elliptical-slice: S of the prior N(m, S^2 I), m the middle of the data
                           range, 1e-30 ... 1e30; else sqrt(w^2 / 16 + sigma_low^2), w the range's width. With clamp the
                           prior is uniform in the range */
    double eta; /**< dpmpp-2m, dpmpp-2m-sde, dpmpp-3m-sde, euler-ancestral: how much noise is added on the way, for a
                   step from s to t t sqrt(1 - (t / s)^(2 eta)); ddim: eta t sqrt(1 - (t / s)^2) (Song et al. 2021);
                   reverse-sde: s sqrt(2 eta log(s / t)). Up to 100; -1: none, the ODE; 1: as in the reverse SDE */
    double noise_scale; /**< euler-ancestral, consistent-annealed, dpmpp-2m-sde, dpmpp-3m-sde, ddim, churn, reverse-sde,
                           predictor-corrector's predictor: factor of the noise added on the way, up to 2 (S_noise of
                           Karras et al. 2022, algorithm 2); -1: none is added. Else 1 */
    int noise_tree;     /**< samplers of the list before but consistent-annealed: whether that noise is of one Brownian
                           path per pixel over noise levels, a function of seed, chain and pixel, so that more steps
                           refine the same picture: 1 yes; -1 no, each step has noise of its own. Else -1 */
    double snr;         /**< predictor-corrector: r of the corrector's step e = 2 (r |z| / |score|)^2, 1e-6 ... 1 (Song
                           et al. 2021, algorithm 4), with the norms expected of noise: e = 2 r^2 sigma^2. Else 0.16 */
    int corrector_steps; /**< predictor-corrector: corrector steps at each noise level, 1 ... 1000; else 1 */
    int ancestral;     /**< predictor-corrector: noise of its predictor from level s to t: 1, t sqrt(1 - t^2 / s^2), as
                          ancestral sampling; -1, sqrt(s^2 - t^2), as the reverse diffusion. Else 1 */
    double churn;      /**< churn: before each of `steps` steps noise raises the level s to (1 + min(churn / steps,
                          sqrt 2 - 1)) s, but not above the trained range (Karras et al. 2022, algorithm 2, S_churn),
                          0 ... 10000; -1: not at all. Else 20 */
    double churn_low;  /**< churn: levels are raised from this one (S_min) ... */
    double churn_high; /**< ... up to this one (S_max); both 0: the model file's, else all */
    double tolerance;  /**< dpm-adaptive: T, 1e-6 ... 10: a step is taken where the root mean square over pixels of
                          |x - x'| / (T max(|x'|, |x_before|, w / 10)) is at most 1, x and x' being its results of both
                          orders, w the range's width, or where it is the shortest. Else 0.005 */
    int order;         /**< dpm-adaptive: order of its steps, 2 or 3; else 3 */
    double strength;   /**< sdedit: share of the noise levels that it goes down, 0.01 ... 1; else 0.5 */
    int jump;          /**< repaint: noise levels between its jumps, which are of as many, 1 ... 10000; else 10 */
    int resamplings;   /**< repaint: times that it goes down each level, 1 ... 1000; else 5 */
    double prior;   /**< diffpir: weight of the denoised image beside a measurement with noise, 1e-30 ... 1e30; else 1
                     */
    double renewal; /**< diffpir: share of the noise that is renewed at each level, up to 1 (zeta of Zhu et al. 2023);
                       -1: none. Else 1 */
    double data_sd; /**< pigdm, dps: standard deviation of the images' pixels, 1e-30 ... 1e30; else half of the width of
                       the data range */
    double zeta;    /**< dps: length of the steps towards the measurement, 1e-30 ... 1e30 (Chung et al. 2023, algorithm
                       1), none of which is longer than that of pigdm, so that a larger zeta than some changes nothing;
                       else 1 */
    double guidance;       /**< chains with a label: weight w of guidance, 0 ... 100 (see gs_sample); -1: none */
    double guidance_low;   /**< guidance acts at noise levels above this ... */
    double guidance_high;  /**< ... and up to this; both 0: the model file's, else everywhere */
    uint64_t seed;         /**< any number: chain k of a seed is the same whatever else is drawn */
    uint64_t first_chain;  /**< number k of the first chain, to draw more of a seed; first_chain + n is at most 2^60 */
    const int *labels;     /**< (n) labels, each 0 ... K; NULL: "none" everywhere, if the network has it */
    double weight;         /**< w_0 of the plan's own network in a sum, -1000 ... 1000; 0: 1 */
    const gs_term *terms;  /**< (term_count) further networks of the sum */
    int term_count;        /**< 0 ... 16 */
    const float *init;     /**< (n, C, H, W): states in which chains begin, with noise of sigma_high, or the latents of
                              a decoder; NULL: noise */
    float *trajectory;     /**< NULL, as it must be for decode, or gets (gs_sample_levels, n, C, H, W): the state on
                              entering each level, and the result last */
    const gs_trace *trace; /**< samplers at one level: what to record; NULL: nothing. Ignored by the others */
    const gs_sample_stats *stats; /**< samplers that accept by energies: what to record of each step; NULL: nothing.
                                     Ignored by the others */
    /** Samplers that fill a gs_trace: called with every state of every chain, in the order of a chain's steps, so that
     * long chains can be followed in memory that does not grow with their steps; by several threads at a time, but of
     * one chain by one. Returning false stops the run as progress does. NULL is allowed. */
    bool (*watch)(void *watch_context, const gs_step_view *view);
    void *watch_context; /**< handed to watch */
    const gs_walk *walk; /**< langevin, mala, hmc, barker: which of their steps this call makes; NULL: all */
    gs_outcome *outcome; /**< NULL, or gets what became of the chains, also if the run is interrupted; untouched on
                            other failures */
    /** Called at the start, now and then, and at the end, by one thread at a time but not always the same one, with the
     * part of all network evaluations that is done, 0 ... 1, which never falls, and with the number of finished chains
     * out of n; returning false stops the run: gs_sample returns GS_ERROR_INTERRUPTED within a fraction of a second.
     * NULL is allowed. */
    bool (*progress)(void *context, double part, size_t done, size_t n);
    void *context; /**< handed to progress */
} gs_sample_options;

/** What the field of a setting in gs_sample_options is. */
typedef enum gs_setting_kind {
    GS_SETTING_KIND_STEPS,  /**< an int, at most gs_sampler_info::steps_max */
    GS_SETTING_KIND_INT,    /**< an int */
    GS_SETTING_KIND_COUNT,  /**< an int, which may also be -1 for none */
    GS_SETTING_KIND_REAL,   /**< a double */
    GS_SETTING_KIND_WEIGHT, /**< a double, which may also be -1 for none */
    GS_SETTING_KIND_SIGNED, /**< a double of either sign, whose magnitude has the range */
    GS_SETTING_KIND_YES_NO, /**< an int: 1 yes, -1 no */
    GS_SETTING_KIND_PAIR,   /**< two doubles, one after the other */
    GS_SETTING_KIND_LIST    /**< up to GS_RUNGS_MAX doubles, one after the other, and 0 behind the last */
} gs_setting_kind;

/** A setting of samplers: one row of src/model/settings.def. The strings are constant. With this list, bindings for
 * other languages have every setting without a list of their own. */
typedef struct gs_setting_info {
    const char *key;      /**< "steps_per_level", as in weight files */
    const char *name;     /**< "steps-per-level", as in gs_sampler_info::parameters and as the option of the program */
    const char *help;     /**< one line on what it is */
    const char *unit;     /**< "pixels", "steps"; "" where it has none */
    gs_setting_kind kind; /**< what its field is */
    bool network;         /**< whether every sampler reads it; else those whose parameters name it */
    double least;         /**< the least that it may be, beside none */
    double most;          /**< the largest */
    size_t offset;        /**< bytes from the beginning of gs_sample_options to its field, the first of a pair */
} gs_setting_info;

/** The settings of samplers. Thread-safe.
 *
 * @param i which one, from 0
 * @return its row, a constant; NULL past the last one
 */
const gs_setting_info *gs_setting_get(int i);

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
 * consistent-annealed take the file's ladder or, with other settings, a geometric one. Samplers at one level stay at
 * one level: states before steps 0, every, 2 every ..., and the result. decode leaves none. Thread-safe.
 *
 * @param model   the network
 * @param options resolved settings
 * @param sigmas  gets the first `room` noise levels, in non-increasing order, with 0 for the result; may be NULL if
 *                room is 0
 * @param room    elements of sigmas, from 0
 * @return the number of states; 0 of decode, or if the options are not resolved
 */
int gs_sample_levels(const gs_model *model, const gs_sample_options *options, double *sigmas, int room);

/** The number of steps that a gs_trace records. Thread-safe.
 *
 * @param options resolved settings
 * @return their number for samplers at one level; 0 for other samplers, which fill no trace
 */
int gs_sample_trace_steps(const gs_sample_options *options);

/** Network evaluations per sample (NFE), summed over the networks: two at each noise level with guidance, if the
 * network's labels are not NULL, else one. Of dpm-adaptive, which chooses its steps on the way, they are those of its
 * shortest steps, and of nuts those of its longest paths; gs_outcome::evaluations has those that were taken.
 * Thread-safe.
 *
 * @param model   the network
 * @param options resolved settings
 * @return their number; 0 if the options are not resolved
 */
uint64_t gs_sample_evaluations(const gs_model *model, const gs_sample_options *options);

/** Draw n chains, of a decoder n images (see below). Each begins at its state in `init`; or at x = sigma_high z, where
 * z are standard normal numbers of its own (Philox4x32-10, Salmon et al. 2011); or, if the network takes no sigma,
 * uniformly in the data range. It then goes from level to level as its sampler prescribes. Values are not clipped to
 * the data range, unless `clamp` says so. With the native backend the result is the same bytes for every instruction
 * set, thread count, block and n. Runs on the plan's threads; one call at a time per plan.
 *
 * Samplers at one noise level, of E(x, sigma_low) or of E(x) without noise levels:
 * - langevin, the unadjusted Langevin algorithm (Roberts & Tweedie 1996): x <- x - h dE/dx + noise z. The
 *   temperature of its chains is noise^2 / 2 h as h goes to 0; on a normal target of variance v T its variance is
 *   v T / (1 - h / 2v). dE/dx may also come from a score, noise model or denoiser. If asked for, elements of dE/dx are
 *   clipped, and x is clamped to the data range after its noise and after its step.
 * - mala, Metropolis-adjusted (Roberts & Tweedie 1996; Besag 1994): the same with noise sqrt(2 h) on E / T as a
 *   proposal, which is accepted or rejected so that p(x) is exp(-E / T) exactly, whatever h.
 * - hmc, Hamiltonian Monte Carlo (Neal 2011, section 5.3.2): L leapfrog steps of size h, times a factor uniform in
 *   0.8 ... 1.2 for each step of the chain, which avoids periodic paths (section 5.4.2).
 * - nuts, the no-U-turn sampler (Hoffman & Gelman 2014) with multinomial sampling (Betancourt 2017, appendix A): the
 *   path of leapfrog steps is doubled until its momenta point against their sum, at most max_depth times, or until H
 *   rises by more than 1000, and one of its states is drawn. Doublings are checked as Stan does, between their halves
 *   too. Chains of a block take their steps each at its own pace, and are evaluated together.
 * - barker (Livingstone & Zanella 2022, algorithm 1): normal numbers of deviation h are added, with the sign that the
 *   gradient makes the likelier one, and the proposal is accepted or rejected. It bears steps that are too long for
 *   some directions better than mala.
 * - baoab, underdamped Langevin dynamics (Leimkuhler & Matthews 2013, equation 8) with time step h, friction, unit mass
 *   and momenta that begin with temperature T; unadjusted, with an error of order h^2, which is 0 on normal targets.
 *   dE/dx may also come from a score, noise model or denoiser.
 *
 * - mclmc, microcanonical Langevin Monte Carlo, unadjusted (Robnik & Seljak 2023): leapfrog steps of isokinetic
 * dynamics, whose momentum u has length 1: a step moves x by sqrt(d) h u, so that h is the way of a pixel in root mean
 * square. After each, u is turned by noise, and forgets its direction over the way `decoherence`. During burn-in h is
 * adapted to the energy's error, `energy_error` (theirs is of the same meaning, their eps is sqrt(d) h, their L sqrt(d)
 * decoherence). It needs an energy of two pixels at least, as mclmc-adjusted does: hmc with such paths, whose steps are
 * accepted or rejected (Robnik, Cohn-Gordon & Seljak 2025).
 * - tempering, parallel tempering (Geyer 1991): R replicas of each chain take hmc's steps on E / T_r, T_r in equal
 * ratios from T to hottest T, and, where sigma_low < sigma_high, at noise levels of their own in equal ratios, unless
 * `rungs` says where they are;
 * neighbours, even and odd pairs in turn, exchange states with probability min(1, exp(difference of energies)). Replica
 * 0 is the chain.
 * - gibbs, of energies with labels: after each label_steps steps of mala the label is drawn by p(y | x) ~ exp(-E(x, y)
 * / T), from all of them; `labels` are not read. Without labels it is mala.
 * - elliptical-slice (Murray, Adams & MacKay 2010): exp(-E / T) as N(x; m, prior_scale^2 I) times a likelihood, m the
 * middle of the data range; no gradients, no step size; acceptance in the trace is one over the states tried per step.
 * - ais (Neal 2001) and tempered-smc (Del Moral, Doucet & Jasra 2006): from draws of N(m, prior_scale^2 I), with clamp
 *   uniform in the range, to exp(-E / T) through `steps` temperatures, each chain twice: steps and temperatures are
 * found by the first pass. Weights are gs_trace::log_weight. `init` is not read.
 *
 * smc goes down the noise levels with P particles per chain (Thornton et al. 2025; Skreta et al. 2025), which are
 * weighted towards prod_i p_i(x, sigma)^w_i at each level: of energies exactly, of other networks in the limit of small
 * steps. Guidance is such a product too. Of a single network without guidance it is euler-ancestral, but for energies'
 * weights.
 *
 * With `clamp`, paths of baoab, mala and hmc are reflected at the ends of the data range (Neal 2011, section 5.5.1.5),
 * so that p is that density within it. During burn-in each chain adapts its own h to the target acceptance by dual
 * averaging (Hoffman & Gelman 2014, algorithm 5, with gamma = 0.1), and keeps the average afterwards. With `clamp`, a
 * leapfrog step adapts up to four widths of the data range, as longer ones mix no better. With `adapt_mass` and a
 * burn-in of at least 20 steps each chain also adapts a diagonal mass, which is 1 otherwise: the inverse of the
 * variances of its own states, in windows as Stan's (75 steps for h alone, windows of 25, 50, 100 ..., 50 steps for h;
 * 15 %, 75 % and 10 % of the burn-in where that is below 150), drawn towards 1e-3 as if by five further states; h is
 * then in units of the deviations. Energies are float32, and the error of acceptance is that of their difference: 1e-7
 * of the energy, over T. A proposal whose energy is not finite is rejected.
 *
 * Guidance of weight w replaces D(x, sigma, y) by D(x, sigma, none) + (1 + w) (D(x, sigma, y) - D(x, sigma, none)) (Ho
 * & Salimans 2022, equation 6, in terms of denoisers), within an interval of noise levels (Kynkaanniemi et al. 2024);
 * it needs a second evaluation. Chains without a label are unaffected.
 *
 * Decoders, as those of variational autoencoders (Kingma & Welling 2014) and the generators of adversarial networks
 * (Goodfellow et al. 2014), have the sampler decode: out_k = G(z_k, y_k), where z_k is the latent of C H W standard
 * normal numbers from which chain first_chain + k of this seed begins, or its row of `init`. There are no noise levels,
 * steps, guidance or sums, and no settings.
 *
 * @param plan    the plan of a denoiser, score or noise network that takes sigma, or of such an energy with the
 *                gradient; for langevin and baoab also of a score without sigma, for samplers at one level of an energy
 * without; for decode of a decoder
 * @param options the settings; those that are zero are resolved as by gs_sample_resolve, in a copy
 * @param n       number of chains, from 0
 * @param out     gets the samples, (n, C, H, W) of gs_model_info::image
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

/** What takes the samples of gs_sample_stream, one block after the other. */
typedef struct gs_taker {
    /** Takes samples at ... at + n - 1, (n, C, H, W) of gs_model_info::image, which are there until it returns; n >= 1.
     * It is called in their order, by the thread that called gs_sample_stream. GS_OK goes on; any other status, for
     * which it fills `error`, ends the run. */
    gs_status (*take)(void *context, uint64_t at, size_t n, const float *samples, gs_error *error);
    void *context; /**< handed to take */
} gs_taker;

/** Draw n chains as gs_sample does, but hand them to a function block by block, so that memory does not grow with n: to
 * write them, to add them to sums, to send them elsewhere. Every block size gives the same samples. One call at a time
 * per plan.
 *
 * @param plan    as of gs_sample
 * @param options as of gs_sample, without trajectory, trace and walk. Labels, also those of terms, and init are those
 * of all n chains. progress and outcome are told of each block apart
 * @param n       number of chains, from 0
 * @param block   chains per block, the last of which may be shorter; 0: 1024, or fewer where they take more than 16 MiB
 * @param taker   what gets the samples
 * @param done    gets the number of chains that were handed over. May be NULL
 * @param error   why it failed; may be NULL
 * @return GS_OK; those of gs_sample, where after GS_ERROR_INTERRUPTED the finished chains have been handed over; what
 *         `take` returned
 */
gs_status gs_sample_stream(gs_plan *plan, const gs_sample_options *options, uint64_t n, size_t block,
                           const gs_taker *taker, uint64_t *done, gs_error *error);

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

/* ---- Quantisation ---- */

/** How to quantise. Zero (NULL) in a field means its default. Arrays belong to the caller. */
typedef struct gs_quantize_options {
    gs_dtype dtype;      /**< the type in which the network is computed unless its user says otherwise; else int8. For
                            other types nothing is calibrated */
    const char *weights; /**< how the file stores weights of convolutions, linear layers and embeddings: "f32", "f16" or
                            "bf16", of half the size; NULL: f32 */
    bool direct;  /**< whether layers in 8 bits are computed as they are rather than by Winograd's transform: with
                     more products, but less error, so that more layers may be in 8 bits */
    int bands;    /**< bands of noise levels, each with ranges of its own, 1 ... 16; 0: one per level
                     of the sampler, at most 8 */
    double error; /**< how large gs_quantization::error may be in any band; 0: 0.015 */
    const float *images; /**< (n, C, H, W) images to calibrate on, to which noise is added where the network takes a
                            noise level; NULL: the chains of the network's own sampler and settings, or latents of a
                            decoder; classifiers need images */
    size_t n;            /**< their number, at least 2; without images, that of chains: 128 unless it is given */
    int threads;         /**< as in gs_plan_options */
    const char *isa;     /**< as in gs_plan_options */
    /** Called now and then, by one thread, with the part of the work that is done, 0 ... 1; returning false stops it:
     * gs_quantize returns GS_ERROR_INTERRUPTED. NULL is allowed. */
    bool (*progress)(void *context, double part);
    void *context; /**< handed to progress */
} gs_quantize_options;

/** A layer that could be computed in integers. The strings belong to the gs_quantized. */
typedef struct gs_quantized_layer {
    const char *node;    /**< the node's name */
    gs_dtype dtype;      /**< type of its products: GS_DTYPE_INT8, GS_DTYPE_INT16 or GS_DTYPE_F32 */
    const char *domain;  /**< domain of its products in integers: "direct", or "winograd-f4" in 8 bits and "winograd-f5"
                            in 16; NULL: it stays in float32 */
    uint64_t operations; /**< 2 x multiply-adds per image */
    double error[2];     /**< error if this layer alone is computed in 8 bits and in 16 bits, in the worst band, as in
                            gs_quantization; 0 where it would be computed in float32 all the same */
    double error_rms[2]; /**< root of the mean squared error, likewise */
} gs_quantized_layer;

/** What gs_quantize made. Pointers belong to it. */
typedef struct gs_quantized {
    const void *bytes;               /**< (size) the new weight file */
    size_t size;                     /**< bytes */
    int layers;                      /**< layers that could be computed in integers */
    const gs_quantized_layer *layer; /**< (layers), in the order of the network */
    int bands;                       /**< bands of noise levels */
    const double *ends;              /**< (bands - 1), as in gs_quantization */
    const double *error;       /**< (bands), as in gs_quantization: measured on other chains or images than those by
                                  which the scales were chosen; NULL for float32 */
    const double *error_most;  /**< (bands), likewise */
    const double *error_rms;   /**< (bands), likewise */
    size_t states;             /**< states by which the scales were chosen; on as many errors were measured */
    uint64_t operations;       /**< of the network, per image */
    uint64_t operations_in[2]; /**< those of layers in 8 bits, and in 16 bits */
} gs_quantized;

/** Quantise a network: make a weight file that says how its layers are computed in 8-bit integers, or in which other
 * type the network is computed by default. Convolutions and linear layers are quantised with a scale per output channel
 * and, for each band of noise levels, per position of Winograd's transform or per layer; the inputs' channels are
 * balanced against the weights' by factors max |V|^0.7 / max |U|^0.3 (SmoothQuant, Xiao et al. 2023, equation 4, in
 * Winograd's domain, as in LoWino, Li et al. 2021). Ranges are 1.2 times the largest values that occur on the
 * calibration's states. Each layer's share of the error is measured by computing it alone in int8; the layers whose
 * share is largest for what they cost stay in float32 until the error is below the limit. The result is the same bytes
 * on every instruction set and number of threads. A network that is quantised already is quantised anew. Thread-safe.
 *
 * @param path      the weight file, as gs_model_load takes it
 * @param options   how; NULL: all defaults
 * @param quantized on success the new file, and what is known of it, the caller's to be freed with gs_quantized_free;
 *                  NULL on failure
 * @param error     why it failed; may be NULL
 * @return GS_OK; those of gs_model_load; GS_ERROR_ARGUMENT: an option out of its range, a classifier without images, or
 *         weights that f16 cannot hold; GS_ERROR_UNSUPPORTED: no layer can be computed in int8 below the limit;
 *         GS_ERROR_INTERRUPTED; those of gs_sample
 */
gs_status gs_quantize(const char *path, const gs_quantize_options *options, gs_quantized **quantized, gs_error *error);

/** Free what gs_quantize made.
 *
 * @param quantized the result of gs_quantize; NULL is allowed
 */
void gs_quantized_free(gs_quantized *quantized);

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

/* ---- Inverse problems ---- */

/** A kind of linear operator: one row of src/inverse/operators.def. The strings are constant. */
typedef struct gs_operator_info {
    const char *name;       /**< "pool" */
    const char *parameters; /**< what follows the name after a colon: "K"; or "nothing" */
    const char *help;       /**< one line on what A x is */
} gs_operator_info;

/** The kinds of linear operators of this library. Thread-safe.
 *
 * @param i which one, from 0
 * @return its row, a constant; NULL past the last one
 */
const gs_operator_info *gs_operator_get(int i);

/** A linear operator A that makes measurements A x of images x. Immutable, so any number of threads may use it. */
typedef struct gs_operator gs_operator;

/** Make an operator of its text, "NAME" or "NAME:PARAMETER,PARAMETER ...", as in "mask:left", "mask:random,0.7,1",
 * "pool:4" or "blur:1.5". Numbers have a decimal point in every locale. Thread-safe.
 *
 * @param text      the operator
 * @param shape     (C, H, W) of the images, each 1 ... 4096
 * @param operator_ on success the operator, the caller's to be freed with gs_operator_free; NULL on failure
 * @param error     why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: an unknown name, a parameter out of its range, or images that the operator cannot
 * be applied to; GS_ERROR_MEMORY
 */
gs_status gs_operator_create(const char *text, const int shape[3], gs_operator **operator_, gs_error *error);

/** Make the operator that hides pixels, in all their channels: (A x)_i = m_i x_i. Thread-safe.
 *
 * @param seen      m, (H, W): 1 where pixels are seen, 0 where they are hidden; may be freed afterwards
 * @param shape     (C, H, W) of the images, each 1 ... 4096
 * @param operator_ on success the operator, the caller's to be freed with gs_operator_free; NULL on failure
 * @param error     why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: another number than 0 and 1, or a shape out of its range; GS_ERROR_MEMORY
 */
gs_status gs_operator_create_mask(const float *seen, const int shape[3], gs_operator **operator_, gs_error *error);

/** Free an operator. It must not be in use by another thread.
 *
 * @param operator_ the result of gs_operator_create or gs_operator_create_mask; NULL is allowed
 */
void gs_operator_free(gs_operator *operator_);

/** The shape of a measurement, which has at most as many elements as an image. Thread-safe.
 *
 * @param operator_ the operator
 * @param shape     gets (C', H', W')
 */
void gs_operator_shape(const gs_operator *operator_, int shape[3]);

/** Apply the operator: y = A x. The same bytes on every CPU. Thread-safe.
 *
 * @param operator_ the operator
 * @param x         images, (n, C, H, W)
 * @param n         number of images, from 0
 * @param y         gets the measurements, (n, C', H', W') of gs_operator_shape, not overlapping x
 * @param error     why it failed; may be NULL
 * @return GS_OK; GS_ERROR_MEMORY
 */
gs_status gs_operator_apply(const gs_operator *operator_, const float *x, size_t n, float *y, gs_error *error);

/** Apply the adjoint operator: x = A^T y, for which (A x).y = x.(A^T y). The same bytes on every CPU. Thread-safe.
 *
 * @param operator_ the operator
 * @param y         measurements, (n, C', H', W')
 * @param n         their number, from 0
 * @param x         gets the images, (n, C, H, W), not overlapping y
 * @param error     why it failed; may be NULL
 * @return GS_OK; GS_ERROR_MEMORY
 */
gs_status gs_operator_adjoint(const gs_operator *operator_, const float *y, size_t n, float *x, gs_error *error);

/** Apply the pseudo-inverse, x = A^+ y, or the regularised one, x = A^T (A A^T + rho I)^-1 y, which makes |y - A x|^2 +
 * rho |x|^2 least. Exact by the operator's singular values; what A makes 0 stays 0. The same bytes on every CPU.
 * Thread-safe.
 *
 * @param operator_ the operator
 * @param y         measurements, (n, C', H', W')
 * @param rho       0, for A^+, ... 1e30
 * @param n         their number, from 0
 * @param x         gets the images, (n, C, H, W), not overlapping y
 * @param error     why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: rho out of its range; GS_ERROR_MEMORY
 */
gs_status gs_operator_solve(const gs_operator *operator_, const float *y, double rho, size_t n, float *x,
                            gs_error *error);

/** Measure images: y_k = A x_k + noise z_k with standard normal numbers z_k, which are a function of seed and k, and
 * not those of gs_sample. The same bytes on every CPU. Thread-safe.
 *
 * @param operator_ the operator
 * @param x         images, (n, C, H, W)
 * @param noise     standard deviation of the noise in units of the pixels, from 0
 * @param seed      any number
 * @param first     number k of the first image; first + n is at most 2^60
 * @param n         number of images, from 0
 * @param y         gets the measurements, (n, C', H', W'), not overlapping x
 * @param error     why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: noise or images out of range; GS_ERROR_MEMORY
 */
gs_status gs_operator_measure(const gs_operator *operator_, const float *x, double noise, uint64_t seed, uint64_t first,
                              size_t n, float *y, gs_error *error);

/** Measurements y = A x + noise z of images. Arrays belong to the caller, and must live until gs_restore returns. */
typedef struct gs_measurement {
    const gs_operator *operator_; /**< A, of images of the network's shape */
    const float *y;               /**< (n, C', H', W') of gs_operator_shape, in units of the pixels */
    double noise; /**< standard deviation of the noise, from 0 up to 1e6. diffpir and pigdm use it; replacement
                     and repaint take y as it is, dps knows its own steps, and sdedit no measurement */
} gs_measurement;

/** The methods of gs_restore, rows of src/sample/restorers.def, the first of which is the default. They have settings
 * as samplers have (gs_setting_get). Thread-safe.
 *
 * @param i which one, from 0
 * @return its row, a constant; NULL past the last one
 */
const gs_sampler_info *gs_restorer_get(int i);

/** Restore images from measurements: draw from p(x | y), or near it, for p(x) of a network. Chain k is given
 * measurement k, so that the same measurement several times gives several images. What is measured is kept exactly by
 * replacement and repaint, without noise by diffpir, and nearly by pigdm and dps. Of these pigdm alone is exact for
 * normal distributions of independent pixels; the others are approximations, and sdedit asks for no more than likeness.
 *
 * With the native backend the result is the same bytes for every instruction set, thread count, block and n. Runs on
 * the plan's threads; one call at a time per plan.
 *
 * @param plan        the plan of a network with noise levels: a score, noise or denoiser model, with the option
 * `gradient` for pigdm and dps; but for these also an energy with the gradient
 * @param measurement what is measured
 * @param options     the settings, with the method's name as `sampler`; those that are zero are resolved as by
 *                    gs_sample_resolve, in a copy. `init`, `trajectory`, `trace` and `terms` must be NULL or zero
 * @param n           number of measurements, from 0
 * @param out         gets the images, (n, C, H, W)
 * @param done        gets the number of finished chains, as of gs_sample. May be NULL
 * @param error       why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: an unknown method, an operator of another shape, a measurement that is not finite,
 * a setting out of its range, or a plan without the gradient where it is needed; others as of gs_sample
 */
gs_status gs_restore(gs_plan *plan, const gs_measurement *measurement, const gs_sample_options *options, size_t n,
                     float *out, size_t *done, gs_error *error);

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

/** Sums from which gs_quality of any number of images is found without keeping them: counts of verdicts and, with m the
 * mean of the judge's real images, the sums of f - m and (f - m)(f - m)^T over features f. Images are added one after
 * the other, so that the sums are the same bytes for every number of threads and every way to cut images into calls.
 * Serves one call at a time, as its plan does. */
typedef struct gs_quality_sums gs_quality_sums;

/** Make sums of no images.
 *
 * @param judge plan of a judge, as of gs_quality_measure; it must live as long as the sums
 * @param sums  gets the sums, to be freed with gs_quality_sums_free; NULL on failure
 * @param error why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: a network that cannot judge; GS_ERROR_MEMORY
 */
gs_status gs_quality_sums_create(gs_plan *judge, gs_quality_sums **sums, gs_error *error);

/** Add n images.
 *
 * @param sums   the sums; on failure some of the images may be in them
 * @param images (n, C, H, W) of the judge, in its data range
 * @param labels (n) requested labels, as of gs_quality_measure; may be NULL
 * @param n      number of images, from 0
 * @param error  why it failed; may be NULL
 * @return GS_OK; GS_ERROR_MEMORY
 */
gs_status gs_quality_sums_add(gs_quality_sums *sums, const float *images, const int *labels, size_t n, gs_error *error);

/** The number of doubles that the sums are. Thread-safe.
 *
 * @param sums the sums
 * @return 6 + K + d + d (d + 1) / 2 for K classes and d features
 */
size_t gs_quality_sums_size(const gs_quality_sums *sums);

/** The sums as numbers, to be kept or sent elsewhere.
 *
 * @param sums    the sums
 * @param numbers gets them, (gs_quality_sums_size)
 */
void gs_quality_sums_get(const gs_quality_sums *sums, double *numbers);

/** Add sums of other images by the same judge. Sums of many parts are the same bytes whenever they are joined in the
 * same order.
 *
 * @param sums    the sums, untouched on failure
 * @param numbers what gs_quality_sums_get gave, (gs_quality_sums_size)
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_FORMAT: the numbers cannot be sums
 */
gs_status gs_quality_sums_join(gs_quality_sums *sums, const double *numbers, gs_error *error);

/** The quality of all images added: what gs_quality_measure finds of them but for rounding, of 1e-9 of the distance.
 *
 * @param sums    the sums
 * @param quality gets the measurements; undefined on failure
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: no images; GS_ERROR_MEMORY
 */
gs_status gs_quality_sums_measure(const gs_quality_sums *sums, gs_quality *quality, gs_error *error);

/** Free sums.
 *
 * @param sums the sums; may be NULL
 */
void gs_quality_sums_free(gs_quality_sums *sums);

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

/** A quantity of chains in numbers, as ArviZ's `summary` and `ess` have them. Unknown numbers are NaN: all but mean, sd
 * and hdi of draws that are all equal; everything if a draw is not finite. */
typedef struct gs_chain_summary {
    double mean;        /**< of all draws of all chains */
    double sd;          /**< standard deviation of all draws, by their number less 1 */
    double hdi[2];      /**< ends of the shortest interval with 94 % of the draws (highest density) */
    double median;      /**< of all draws */
    double mcse_mean;   /**< standard error of the mean by the chains' autocorrelations: sd / sqrt(ess_mean) */
    double mcse_sd;     /**< standard error of the sd: sqrt((m4 - m2^2) / (4 m2 ess)), with m2 and m4 the second and
                           fourth central moment and ess that of the squared distances from the mean */
    double mcse_median; /**< standard error of the median (gs_chain_quantile) */
    double ess_mean;    /**< effective sample size for the mean (gs_ess) */
    double ess_sd;      /**< for the standard deviation: that of the squared distances from the mean */
    double ess_bulk; /**< of the ranks' normal quantiles (Vehtari et al. 2021, section 4.1): whatever the tails are, the
                        number of draws that locate the bulk; 400 or more make it and R-hat trustworthy */
    double ess_tail; /**< the smaller one of the 5 % and the 95 % quantile (section 4.3) */
    double rhat;     /**< the larger of the next two (gs_rhat) */
    double rhat_bulk;   /**< rank-normalised split R-hat: whether chains have the same location */
    double rhat_folded; /**< the same of distances from the median: whether they have the same scale */
} gs_chain_summary;

/** Summarize a quantity that was followed along chains: what ArviZ 0.23 computes with `summary(kind="all")`,
 * `ess(method=...)`, `mcse(method=...)` and `rhat(method=...)`, to rounding. Sources: Vehtari, Gelman, Simpson,
 * Carpenter & Buerkner 2021; Geyer 1992. The same bytes on every CPU. Takes up to 5 m n^2 / 4 multiply-adds.
 * Thread-safe.
 *
 * @param draws   a number of each chain at each step, (chains, n); statements about agreement leave out the middle draw
 *                for n odd
 * @param chains  m, at least 1
 * @param n       draws per chain, at least 10
 * @param summary gets the numbers; NaN everywhere on failure
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: too few chains or draws; GS_ERROR_MEMORY
 */
gs_status gs_chain_summarize(const double *draws, size_t chains, size_t n, gs_chain_summary *summary, gs_error *error);

/** A quantile of chains, and how well it is known. */
typedef struct gs_chain_quantile_info {
    double value; /**< interpolated linearly between order statistics (type 7 of Hyndman & Fan 1996) */
    double ess;   /**< effective sample size of the indicator whether a draw is at most that (Vehtari et al. 2021,
                     section 4.3); the number of draws where it is constant, as in ArviZ */
    double mcse;  /**< half of the distance between the order statistics that are at the 16 % and 84 % quantiles of the
                     Beta distribution of ess p + 1 and ess (1 - p) + 1 (section 4.4) */
} gs_chain_quantile_info;

/** A quantile of a quantity along chains: ArviZ's `ess(method="quantile")` and `mcse(method="quantile")`, to rounding.
 * The same bytes on every CPU. Thread-safe.
 *
 * @param draws    as of gs_chain_summarize
 * @param chains   m, at least 1
 * @param n        draws per chain, at least 10
 * @param p        which quantile, 0 < p < 1
 * @param quantile gets it; NaN on failure, and if a draw is not finite
 * @param error    why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: too few chains or draws, or p; GS_ERROR_MEMORY
 */
gs_status gs_chain_quantile(const double *draws, size_t chains, size_t n, double p, gs_chain_quantile_info *quantile,
                            gs_error *error);

/** The energy's Bayesian fraction of missing information of each chain, mean_t (H_t - H_(t-1))^2 / Var(H)
 * (Betancourt 2016, equation 15), as ArviZ's `bfmi`: how far a new momentum takes a chain through the energies that it
 * has to visit. Below 0.3, heavy tails or a funnel are likely to be explored badly. Thread-safe.
 *
 * @param energy the Hamiltonian's values (gs_sample_stats::energy) after burn-in, (chains, n)
 * @param chains at least 1
 * @param n      per chain, at least 2
 * @param bfmi   gets (chains) fractions; NaN where energies are all equal or one is not finite
 * @param error  why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: too few chains or energies
 */
gs_status gs_chain_bfmi(const double *energy, size_t chains, size_t n, double *bfmi, gs_error *error);

/** What the steps of a chain come to, by which a record need not have them all. Zeros before the first. */
typedef struct gs_step_sums {
    size_t steps;      /**< their number */
    size_t divergent;  /**< those that were divergent */
    size_t deepest;    /**< those whose tree ended at the largest depth */
    double acceptance; /**< sum of acceptances */
    double depth;      /**< sum of depths */
    double leapfrog;   /**< sum of gradients */
    double step_size;  /**< the last one */
    double mean;       /**< of the Hamiltonian */
    double squares;    /**< the sum of its squared distances from the mean */
    double changes;    /**< the sum of its squared changes from step to step */
    double last;       /**< its last value */
} gs_step_sums;

/** Add a step to the sums of its chain (Welford 1962). Thread-safe for different sums.
 *
 * @param sums      of the steps before
 * @param stats     the step, of gs_step_view::stats
 * @param max_depth as of gs_record
 */
void gs_step_sums_add(gs_step_sums *sums, const gs_step_stats *stats, int max_depth);

/** A record of chains along their way. Arrays belong to the caller; those that are NULL were not recorded. */
typedef struct gs_record {
    size_t steps;          /**< steps recorded, at least 1: all that were taken, unless `step` names them */
    size_t chains;         /**< at least 1 */
    const float *energy;   /**< (steps + 1, chains) energies before the first step and after each, or NULL */
    const float *gradient; /**< (steps + 1, chains) Euclidean norms of the gradients dE/dx there, or NULL */
    const float
        *acceptance;      /**< (steps, chains) shares of each step's proposals that were accepted, 0 ... 1, or NULL */
    size_t marks;         /**< steps after which a judge counted classes; 0: none */
    const size_t *mark;   /**< (marks) those steps, from 0 to all that were taken, strictly increasing */
    int classes;          /**< classes of the judge, 1 ... 64; ignored where marks is 0 */
    const double *shares; /**< (marks, classes) share of chains by class, as in gs_quality::share. Only for chains that
                             are free to go anywhere: the shares of chains with labels merely say what was asked for */
    size_t burn_in;       /**< steps that are left out, fewer than were taken; 0: the first half */
    const gs_sample_stats *stats; /**< (steps, chains) likewise, of samplers that fill it, or NULL */
    int max_depth;                /**< depth of nuts at which trees stop growing; 0: unknown */
    const size_t *step; /**< (steps + 1), of long chains of which a part is recorded: how many steps had been taken at
                           each row of energy and gradient, increasing from 0 to all steps; a row of acceptance has the
                           mean of the steps since the row before. NULL: 0, 1 ... `steps` */
    const gs_step_sums *sums; /**< (chains) all steps after burn-in, which count instead of acceptance and stats; NULL:
                                 those do */
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
    GS_FLAG_DISAGREE = 16,   /**< R-hat above 1.01 */
    GS_FLAG_FEW = 32,        /**< effective sample size of bulk or tail below 400 (Vehtari et al. 2021, section 4) */
    GS_FLAG_REJECTED = 64,   /**< fewer than 10 % of the proposals are accepted */
    GS_FLAG_SHORT = 128,     /**< fewer than 20 energies per chain are left, so that nothing is known of agreement and
                                effective sample size */
    GS_FLAG_DIVERGENT = 256, /**< a step after burn-in was divergent: its energy error exceeds 1000 or is not finite */
    GS_FLAG_ENERGY = 512,    /**< the E-BFMI of a chain is below 0.3 */
    GS_FLAG_DEPTH = 1024     /**< more than 5 % of the trees after burn-in ended at the largest depth */
} gs_flag;

/** How chains are doing. Unknown numbers are NaN: those about anything that was not recorded; those about agreement
 * after fewer than 39 steps; and the drift after fewer than 7. */
typedef struct gs_diagnosis {
    size_t steps;           /**< taken by each chain */
    size_t chains;          /**< as of the record */
    size_t burn_in;         /**< as of the record */
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
    double drift_error;         /**< its standard error, from the deviation across chains; NaN for a single chain */
    double acceptance;          /**< mean acceptance of the steps after the first half */
    int largest;                /**< class with the largest share at the last mark; -1: no marks */
    int smallest;               /**< class with the smallest share; -1: no marks */
    double largest_share;       /**< its share, 0 ... 1 */
    double smallest_share;      /**< its share, 0 ... 1 */
    gs_chain_summary summary;   /**< of the energies kept, of all chains; NaN after fewer than 39 steps */
    double acceptance_range[2]; /**< the least and the greatest mean acceptance of a chain */
    size_t divergences;         /**< of the record's stats after burn-in: steps that were divergent */
    size_t divergent_chains;    /**< and chains that have some */
    double bfmi;                /**< the least E-BFMI of a chain (gs_chain_bfmi); NaN: not known */
    size_t bfmi_chains;         /**< chains in which it is below 0.3 */
    double depth;               /**< the mean depth of trees; NaN: not known, or no trees */
    double deepest;             /**< the share of trees that ended at the largest depth */
    double step_range[2];       /**< the least and the greatest step size of a chain at the end */
    double gradients;           /**< gradients per step and chain */
    unsigned flags;             /**< bits of gs_flag */
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
 * @param size      room of text in bytes, with the closing zero; 400 is enough
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
    const int *labels;    /**< (n) labels of the images, each 0 ... K; NULL: "none" everywhere, if the network has it */
    int draws;            /**< noises per image and level, 1 ... 10000; 0: 1 */
    uint64_t seed;        /**< any number: image k has the same noise at level i whatever else is measured */
    /** Called now and then by the calling thread with the part of the work that is done, 0 ... 1; returning false stops
     * the measurement: GS_ERROR_INTERRUPTED. NULL is allowed. */
    bool (*progress)(void *context, double part);
    void *context;  /**< handed to progress */
    double *images; /**< NULL, or gets each image's loss, the mean over levels and draws, (n); undefined on failure */
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
 * whose equations 5 and 6 have half of it. The score s is that of any network but a classifier or decoder: -dE/dx, (D -
 * x) / sigma^2, -epsilon / sigma; of a network without a noise level it is the same at every level. With the native
 * backend the bytes are the same for every instruction set, thread count and block. Runs on the plan's threads; one
 * call at a time per plan.
 *
 * @param plan    plan of the network; of an energy, with the gradient
 * @param images  (n, C, H, W), clean images in the model's data range
 * @param n       number of images, at least 1
 * @param options which levels, labels and noises; NULL: all defaults
 * @param level   gets the loss at each of the levels of gs_loss_levels; undefined on failure
 * @param mean    gets the mean over the levels; undefined on failure
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: no images, an option or label out of range, or an energy without its gradient;
 *         GS_ERROR_UNSUPPORTED: a classifier or decoder; GS_ERROR_MEMORY; GS_ERROR_INTERRUPTED: `progress` asked to
 * stop
 */
gs_status gs_loss_measure(gs_plan *plan, const float *images, size_t n, const gs_loss_options *options, gs_loss *level,
                          gs_loss *mean, gs_error *error);

/** The energies of images, and the lengths of their gradients or, where a network is no energy, of their scores: of one
 * network, or of a sum of several (gs_term). The bytes are the same as those of gs_loss_measure are. Runs on the plans'
 * threads; one call at a time per plan.
 *
 * @param terms  (count) the networks, of any kind but classifier and decoder, with their weights and labels; energies
 * with the gradient. All take images of one shape
 * @param count  1 ... 17
 * @param x      images, (n, C, H, W)
 * @param sigma  noise level in units of the pixels, above 0 and at most 1e30; networks that take none ignore it, scores
 *               of denoisers and noise models need it
 * @param n      number of images, from 0
 * @param energy gets the weighted sum of the energies, (n), or NaN where a network is no energy; may be NULL
 * @param norm   gets |dE/dx|, or |s|, of the weighted sum, (n), in units of energy per pixel value; may be NULL
 * @param error  why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: a label or sigma out of range, or an energy without its gradient;
 *         GS_ERROR_UNSUPPORTED: a classifier or decoder; GS_ERROR_MEMORY
 */
gs_status gs_energy_measure(const gs_term *terms, int count, const float *x, double sigma, size_t n, float *energy,
                            float *norm, gs_error *error);

/* ---- Partition functions ---- */

/** The partition function Z, the integral of exp(-E(x) / T) over x, by the weights of independent chains. */
typedef struct gs_partition {
    size_t chains;    /**< n, the number of weights */
    double log_z;     /**< log(sum_k w_k / n), in nats */
    double error;     /**< its standard error, to first order: the weights' standard deviation over their mean and
                         sqrt(n); NaN of a single chain. It is to be trusted where `effective` is large */
    double effective; /**< effective number of chains, (sum w)^2 / sum w^2 (Kong 1992), 1 ... n */
} gs_partition;

/** Estimate log Z. The mean of weights that gs_sample gives with the samplers ais and tempered-smc,
 * gs_trace::log_weight, is Z (Neal 2001, equation 11; Del Moral, Doucet & Jasra 2006, section 3.2.1); that of their
 * logarithm is below log Z, so that estimates by few chains of widely spread weights are likely too low. An image's log
 * p(x) is -E(x) / T - log Z. Thread-safe.
 *
 * @param log_weight logarithms of the chains' weights, (n), finite or -INFINITY
 * @param n          number of chains, from 1
 * @param partition  gets the estimate
 * @param error      why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: there is no weight, or none above 0, or one is not a number
 */
gs_status gs_partition_estimate(const double *log_weight, size_t n, gs_partition *partition, gs_error *error);

/* ---- The probability flow, and likelihoods by it ---- */

/** How the trace of a Jacobian is measured. */
typedef enum gs_trace_method {
    GS_TRACE_DEFAULT = 0, /**< exact up to 16 dimensions unless a number of probes is given, else by signs */
    GS_TRACE_SIGNS,       /**< Hutchinson's estimate by directions of random signs (Rademacher) */
    GS_TRACE_NORMAL,      /**< the same by normal directions, which has a larger variance */
    GS_TRACE_EXACT        /**< exactly, one dimension after the other */
} gs_trace_method;

/** How to follow the probability flow. Zero (NULL) in a field means its default. Arrays belong to the caller. */
typedef struct gs_flow_options {
    int steps;         /**< steps between neighbouring noise levels, which are in equal ratios, 2 ... 4096; 0: 32. A
                          likelihood takes an even number: an odd one is raised by 1 */
    double sigma_low;  /**< lowest noise level, at which images are; 0: the lowest of the trained range */
    double sigma_high; /**< highest noise level, at which latents are; 0: the highest of the trained range */
    const int *labels; /**< (n) labels of the images, each 0 ... K; NULL: "none" everywhere, if the network has it */
    double tolerance;  /**< of gs_likelihood_measure, as all that follows but `progress`: steps are doubled, image by
                          image and seven times at most, until the likelihood changes by no more than this many nats or
                          than its own standard error; 0: they are not doubled */
    gs_trace_method trace; /**< how traces are measured */
    int probes;            /**< directions per image and noise level, 1 ... 1000; 0: 2. Ignored where it is exact */
    int dequantize; /**< levels L that pixels have, 2 ... 65536, as 256 of bytes: uniform noise takes each pixel to
                       range[0] + (range[1] - range[0]) (k + u) / L, k being the nearest level 0 ... L - 1; 0: images
                       are taken as they are */
    uint64_t seed;  /**< of directions and of that noise: image k has the same whatever else is measured */
    /** Called now and then by the calling thread with the part of the work that is done, 0 ... 1; returning false
     * stops: GS_ERROR_INTERRUPTED. NULL is allowed. */
    bool (*progress)(void *context, double part);
    void *context; /**< handed to progress */
} gs_flow_options;

/** Encode images: follow the probability-flow ODE (Song et al. 2021, equation 13; Karras et al. 2022, equation 1),
 * dx/dsigma = (x - D(x, sigma)) / sigma, from the lowest to the highest noise level, by the Runge-Kutta method of
 * fourth order, with four evaluations per step. A latent over sigma_high is nearly standard normal where the network
 * knows the images. With the native backend the bytes are the same for every instruction set, thread count, block and
 * n. Runs on the plan's threads; one call at a time per plan.
 *
 * @param plan    plan of a denoiser, score or noise network that takes a noise level, or of such an energy with the
 *                gradient
 * @param x       images, (n, C, H, W), in the model's data range
 * @param n       number of images, from 0
 * @param options how; NULL: all defaults
 * @param latent  gets the latents, (n, C, H, W), in units of the pixels; may be x
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: an option or label out of range, or an energy without its gradient;
 *         GS_ERROR_UNSUPPORTED: a classifier or decoder, or a network without a noise level; GS_ERROR_MEMORY;
 *         GS_ERROR_INTERRUPTED: `progress` asked to stop; GS_ERROR_DIVERGED: a state is not finite. On failure `latent`
 *         is undefined
 */
gs_status gs_encode(gs_plan *plan, const float *x, size_t n, const gs_flow_options *options, float *latent,
                    gs_error *error);

/** Decode latents: follow the same ODE down, from the highest to the lowest noise level. What gs_encode made becomes
 * the image again, within the error of the steps.
 *
 * @param plan    as of gs_encode
 * @param latent  (n, C, H, W), in units of the pixels: sigma_high times standard normal numbers gives samples
 * @param n       number of latents, from 0
 * @param options how; NULL: all defaults
 * @param out     gets the images, (n, C, H, W), which are not clipped to the data range; may be `latent`
 * @param error   why it failed; may be NULL
 * @return as gs_encode
 */
gs_status gs_decode(gs_plan *plan, const float *latent, size_t n, const gs_flow_options *options, float *out,
                    gs_error *error);

/** Spherical interpolation (Shoemake 1985): (sin((1 - t) w) a + sin(t w) b) / sin w, w being the angle between a and b;
 * of vectors in nearly the same or opposite directions the straight line, (1 - t) a + t b. Thread-safe.
 *
 * @param a     (count) where t = 0
 * @param b     (count) where t = 1
 * @param count number of elements
 * @param t     how far, 0 ... 1
 * @param out   gets the vector, (count); may be a or b
 */
void gs_slerp(const float *a, const float *b, size_t count, double t, float *out);

/** The likelihood of an image. */
typedef struct gs_likelihood {
    double nats;  /**< log p(x), the natural logarithm of the density in units of the pixels, (pixel value)^-d */
    double error; /**< its standard error by the choice of directions; 0 where traces are exact; NaN of one probe */
    double bits;  /**< bits per dimension, -nats / (d log 2) and, of dequantised images, log2(L / (range[1] -
                     range[0])): an upper bound of the code length of pixels of L levels */
    double bits_error; /**< the standard error of that */
    double prior;      /**< log N(x'; 0, sigma_high^2 I) of the latent x' */
    double volume;     /**< the rest: the integral of d - tr dD/dx over log sigma */
    double change;     /**< by how many nats the last doubling of steps changed it; NaN without a tolerance */
    int steps;         /**< steps that were taken last */
} gs_likelihood;

/** The likelihood of images under the network's probability flow: of the model that draws x' ~ N(0, sigma_high^2 I),
 * and follows the ODE down to sigma_low (Song et al. 2021, equation 39; Grathwohl et al. 2019, equation 3): log p(x) =
 * log N(x'; 0, sigma_high^2 I) + integral of (d - tr dD/dx) over log sigma. Traces are taken at every noise level, by
 * directions of its own, and integrated by Simpson's rule. The Jacobian of a network that is no energy is multiplied by
 * a direction in reverse mode where the plan has the gradient (gs_plan_product), which takes as long as three
 * evaluations; else, and that of an energy, as a central difference over a hundredth of the noise level each way, of
 * two evaluations, whose error is of the order of 1e-4 of the trace. So an image takes (4 + 3 probes) steps evaluations
 * and a few. The bytes are the same as those of gs_encode are.
 *
 * @param plan    as of gs_encode
 * @param x       images, (n, C, H, W), in the model's data range
 * @param n       number of images, from 0
 * @param options how; NULL: all defaults
 * @param result  gets the likelihoods, (n); undefined on failure
 * @param error   why it failed; may be NULL
 * @return as gs_encode; GS_ERROR_DIVERGED also where a likelihood is not finite
 */
gs_status gs_likelihood_measure(gs_plan *plan, const float *x, size_t n, const gs_flow_options *options,
                                gs_likelihood *result, gs_error *error);

/* ---- Classes by a network that is told labels ---- */

/** By what gs_classes_measure tells classes apart. */
typedef enum gs_class_method {
    GS_CLASS_DEFAULT = 0, /**< energies of energies without noise levels, else denoising losses */
    GS_CLASS_ENERGY,      /**< energies E(x, y) or E(x, sigma, y) */
    GS_CLASS_DENOISING    /**< denoising losses over noise levels, which is called a diffusion classifier */
} gs_class_method;

/** How to find probabilities of classes. Zero (NULL) in a field means its default. Arrays belong to the caller. */
typedef struct gs_classes_options {
    gs_class_method method; /**< by what */
    const double
        *prior;        /**< (K) p(y), from 0, of which only the ratios count; NULL: gs_model_info::shares, else equal */
    double sigma;      /**< energies: the noise level that the network is told; 0: its lowest */
    int levels;        /**< denoising: noise levels, in equal ratios, 2 ... 10000; 0: 10 */
    double sigma_low;  /**< the lowest of them; 0: the network's */
    double sigma_high; /**< the highest; 0: the network's */
    int draws;         /**< noises per image and level, which all classes share, 1 ... 10000; 0: 2 */
    uint64_t seed;     /**< of the noises: image k has the same whatever else is measured */
    /** Called now and then by the calling thread with the part of the work that is done, 0 ... 1; returning false
     * stops: GS_ERROR_INTERRUPTED. NULL is allowed. */
    bool (*progress)(void *context, double part);
    void *context; /**< handed to progress */
} gs_classes_options;

/** Probabilities p(y | x) of classes, by Bayes's rule: proportional to p(y) p(x | y).
 *
 * By energies, log p(x | y) is -E(x, y), which supposes that the constants Z of all classes are equal: so it is where a
 * network was trained on p(x, y) or p(y | x), but not necessarily where it was trained on scores alone, whose energies
 * are known only up to a constant per class and noise level.
 *
 * By denoising losses (Li et al. 2023, equation 4), log p(x | y) is -integral of E |x - D(x + sigma z, sigma, y)|^2 /
 * sigma^2 over log sigma, by the trapezium rule: the variational bound (Kingma et al. 2021, equation 15), which for the
 * posterior mean D is exact but for the smoothing by the lowest noise level. All classes see the same noise. With the
 * native backend the bytes are the same for every instruction set, thread count, block and n. Runs on the plan's
 * threads; one call at a time per plan.
 *
 * @param plan    plan of a network that takes labels, of any kind but classifier and decoder; energies with the
 * gradient
 * @param x       images, (n, C, H, W), in the model's data range
 * @param n       number of images, from 0
 * @param options how; NULL: all defaults
 * @param log_p   gets log p(y | x), (n, K), of the labels 0 ... K - 1; undefined on failure
 * @param errors  gets the standard errors of p(y | x) by the noise, to first order, (n, K): 0 by energies, NaN of one
 *                draw; may be NULL
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: an option out of range, more than 2^24 classes, levels and draws multiplied, or an
 *         energy without its gradient; GS_ERROR_UNSUPPORTED: a network that takes no labels, that has no energy, or no
 *         noise levels for losses; GS_ERROR_MEMORY; GS_ERROR_INTERRUPTED: `progress` asked to stop
 */
gs_status gs_classes_measure(gs_plan *plan, const float *x, size_t n, const gs_classes_options *options, double *log_p,
                             double *errors, gs_error *error);

/** Bins of gs_classification, equal parts of the confidences 0 ... 1. */
#define GS_CALIBRATION_BINS 15

/** How good probabilities of classes are. */
typedef struct gs_classification {
    size_t n;                 /**< images */
    double accuracy;          /**< share of images whose most probable class is the true one */
    double accuracy_error;    /**< its standard error by the choice of images, sqrt(a (1 - a) / n) */
    double log_loss;          /**< mean of -log p(y | x) of the true classes, in nats; infinite where one of them is
                                 impossible, which has p(y) = 0 */
    double log_loss_error;    /**< its standard error by the choice of images; NaN of one, and of an infinite loss */
    double brier;             /**< mean of sum_y (p(y | x) - [y is true])^2, 0 ... 2 (Brier 1950) */
    double calibration_error; /**< expected calibration error (Guo et al. 2017, equation 3): the mean over images of
                                 |accuracy - mean confidence| of their bin; that of few images is too large */
    size_t bin_count[GS_CALIBRATION_BINS];      /**< images by the confidence max_y p(y | x) */
    double bin_confidence[GS_CALIBRATION_BINS]; /**< mean confidence in each bin; NaN of an empty one */
    double bin_accuracy[GS_CALIBRATION_BINS];   /**< accuracy in each bin; NaN of an empty one */
} gs_classification;

/** Compare probabilities of classes with the true classes. The same bytes on every CPU. Thread-safe.
 *
 * @param log_p   log p(y | x), (n, classes), whose exponentials sum to 1
 * @param labels  the true classes, (n), each 0 ... classes - 1
 * @param n       number of images, at least 1
 * @param classes number of classes, at least 1
 * @param result  gets the result; untouched on failure
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: no images, a label out of range, or probabilities that do not sum to 1
 */
gs_status gs_classes_judge(const double *log_p, const int *labels, size_t n, int classes, gs_classification *result,
                           gs_error *error);

/* ---- Images of another kind ---- */

/** A score of how strange images are to a network: one row of src/measure/novelties.def. The strings are constant. */
typedef struct gs_novelty_info {
    const char *name;  /**< "energy" */
    const char *help;  /**< one line on what it is */
    bool needs_energy; /**< whether only energies have it */
} gs_novelty_info;

/** The scores of this library. Thread-safe.
 *
 * @param i which one, from 0
 * @return its row, a constant; NULL past the last one
 */
const gs_novelty_info *gs_novelty_get(int i);

/** How to score images. Zero (NULL) in a field means its default. Arrays belong to the caller. */
typedef struct gs_novelty_options {
    double sigma;      /**< energy, gradient: the noise level that the network is told; 0: its lowest */
    int draws;         /**< denoising: noises per image and level; 0: 1 */
    int steps;         /**< likelihood: as in gs_flow_options */
    int dequantize;    /**< likelihood: as in gs_flow_options */
    const int *labels; /**< (n) labels, each 0 ... K; NULL: "none" everywhere, if the network has it */
    uint64_t seed;     /**< denoising, likelihood: of the noise and the directions */
    /** as in gs_loss_options. NULL is allowed. */
    bool (*progress)(void *context, double part);
    void *context; /**< handed to progress */
} gs_novelty_options;

/** Score images by how strange they are to a network: the larger, the stranger. "energy" is E(x); "gradient" |dE/dx| or
 * |s(x)|; "denoising" the loss of gs_loss_measure, image by image; "likelihood" -log p(x) of gs_likelihood_measure.
 * None of them has to be larger for images of another kind, which gs_auroc measures: likelihoods of simple images are
 * high whatever a network was trained on (Nalisnick et al. 2019).
 *
 * @param plan    plan of a network of any kind but classifier and decoder; energies with the gradient
 * @param name    which score
 * @param x       images, (n, C, H, W), in the model's data range
 * @param n       number of images, from 0
 * @param options how; NULL: all defaults
 * @param score   gets the scores, (n); undefined on failure
 * @param error   why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: an unknown name; GS_ERROR_UNSUPPORTED: the network has no such score;
 *         GS_ERROR_DIVERGED: a score is not finite; those of the function that computes it
 */
gs_status gs_novelty_measure(gs_plan *plan, const char *name, const float *x, size_t n,
                             const gs_novelty_options *options, double *score, gs_error *error);

/** The area under the receiver operating characteristic: the probability that a score of the second set is above one of
 * the first, ties counting half (Mann & Whitney 1947). 1/2: the score does not tell them apart; 1: entirely. Its
 * standard error is that of DeLong et al. (1988), for other images of both kinds: the variances of each set's shares of
 * the other that are below, over the sets' sizes. Of sets that do not overlap at all, whose variances are 0, it is that
 * of Hanley & McNeil (1982) at an area of (k + 1) / (k + 2), k being the smaller set's size. The same bytes on every
 * CPU. Thread-safe.
 *
 * @param in       scores of the first set, (n), of known images; infinite ones are allowed
 * @param n        their number, at least 1
 * @param out      scores of the second set, (m), of strange images
 * @param m        their number, at least 1
 * @param auroc    gets the area, 0 ... 1
 * @param error_of gets its standard error; NaN where a set has a single score
 * @param error    why it failed; may be NULL
 * @return GS_OK; GS_ERROR_ARGUMENT: no scores, or one that is NaN; GS_ERROR_MEMORY
 */
gs_status gs_auroc(const double *in, size_t n, const double *out, size_t m, double *auroc, double *error_of,
                   gs_error *error);

/** The curve itself: the share of the second set that is above a threshold, where the share k / (points - 1) of the
 * first one is, k = 0 ... points - 1; where a threshold takes several scores at once the line between. Thread-safe.
 *
 * @param in     as of gs_auroc
 * @param n      as of gs_auroc
 * @param out    as of gs_auroc
 * @param m      as of gs_auroc
 * @param points number of points, at least 2
 * @param rate   gets the curve, (points), 0 ... 1, which never falls
 * @param error  why it failed; may be NULL
 * @return as gs_auroc
 */
gs_status gs_roc(const double *in, size_t n, const double *out, size_t m, size_t points, double *rate, gs_error *error);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif
#endif
