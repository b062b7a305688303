/* The engine's data: a model planned as a list of steps over buffers.
 *
 * A *value* of the graph that depends on x lives in a *buffer*; a *step* makes one buffer from others, for a range of
 * images of a block. Values that depend only on (sigma, label) are the *condition*, computed once per level in float64
 * (condition.c) and read by steps as float vectors.
 *
 * Buffers are blocked (kernels.h), with a halo of zeros where a convolution needs one; or planar, (C, H, W) row-major,
 * padded to whole vectors; or planar with a halo, for convolutions of one channel. A value of rank 1 is the same in the
 * first two.
 *
 * Consecutive steps on activations of about the same size form a *segment*, which carries a few images at a time from
 * its first step to its last, so that intermediate results stay in the cache; only buffers that cross segments hold the
 * whole block. */
#ifndef GS_PLAN_H
#define GS_PLAN_H

#include "engine/conv.h"
#include "kernels.h"

enum { GS_BLOCK_MAX = 64 };

typedef enum gs_layout { GS_PLANAR, GS_BLOCKED, GS_PADDED, GS_LAYOUTS } gs_layout;

typedef struct gs_buffer {
    gs_shape shape;
    gs_layout layout;
    int before, after;           /* halo at the top and left, and at the bottom and right; none if planar */
    ptrdiff_t row, plane, image; /* floats from one row, plane, image to the next */
    ptrdiff_t origin;            /* floats from an image's start to its first pixel */
    int first, last; /* the steps that first write it and last read it; -1 and `steps` stand for the caller */
    int images;      /* images that it has room for */
    bool whole;      /* crosses segments, so it has room for the whole block */
    size_t offset;   /* in the worker's scratch memory, floats */
} gs_buffer;

/* Where a step finds one operand. */
typedef enum gs_source_kind { GS_SOURCE_NONE, GS_SOURCE_BUFFER, GS_SOURCE_CONDITION } gs_source_kind;
typedef struct gs_source {
    gs_source_kind kind;
    int index;     /* buffer */
    size_t offset; /* condition: the offset in floats in an image's condition vector */
    gs_shape shape;
} gs_source;

typedef struct gs_step gs_step;
typedef struct gs_worker gs_worker;
typedef struct gs_backend gs_backend;

/* The function of a kind of step, which computes images i0 ... i1 - 1 of its buffer. */
typedef void gs_step_run(const gs_step *step, gs_worker *worker, int i0, int i1);

struct gs_step {
    gs_step_run *run;
    const char *method; /* for gs_plan_describe: "winograd-f4" */
    int node;           /* the graph's node whose value it computes, or -1 for a change of layout */
    int sources;
    gs_source *source; /* operands; of convolutions: input, summand, factor of the sum; of norms: input, scale, shift */
    int out;           /* buffer */
    int slope;         /* buffer of the activation's derivative, or -1 */
    int segment;
    /* Convolutions and linear layers. */
    gs_conv conv;
    float *weight, *bias; /* packed; bias padded to whole vectors */
    int out_planes, sets;
    struct gs_mac_set *set; /* conv.c */
    ptrdiff_t *offsets;     /* what the sets point into */
    int tiles[2];           /* Winograd: rows and columns of tiles; blocks of pixels: their rows and columns */
    /* Norms. */
    int groups;
    double eps;
    const float *gamma, *beta;
    /* Element by element. */
    gs_activation activation;
    float parameter, scale, shift;
    gs_binary binary;
    bool planar; /* concat, unslice: operands are not whole planes */
    void *own;   /* the backend's, see backend.h */
};

/* One segment: steps first ... last - 1, `images` images at a time. */
typedef struct gs_segment {
    int first, last, images;
} gs_segment;

/* The memory of one thread. */
struct gs_worker {
    const gs_plan *plan;
    float *scratch;                /* buffers */
    float *tiles;                  /* after them, the scratch memory of single steps: norm.c, winograd.c */
    double *doubles;               /* the reference step's operands and result */
    const float *const *condition; /* one vector per image of the block */
    int image0;                    /* first image of the segment's current turn */
};

struct gs_plan {
    const gs_model *source; /* what the plan was made from */
    gs_model *gradient;     /* the same with its gradient as a second output, owned by the plan; or NULL */
    const gs_model *model;  /* whichever of the two is planned */
    const gs_kernels *kernels;
    const gs_backend *backend; /* NULL: native */
    void *backend_data;
    int threads, block;
    int buffers, steps, segments;
    gs_buffer *buffer;
    gs_step *step;
    gs_segment *segment;
    int x_buffer, output_buffer[2];
    int output_end[2];        /* steps that an output needs */
    size_t condition_size;    /* floats of a condition vector */
    size_t *condition_offset; /* per value: its offset in that vector, SIZE_MAX where no step reads the value */
    bool *condition_needed;   /* per value: whether the condition's computation visits it */
    size_t scratch_size, tiles_size, doubles_size, weight_size;
    gs_worker *worker; /* threads */
};

/* How the planner makes a step of each kind: fill in `step`, whose sources and output buffer are set already, and pack
 * the weights of the convolution. False when memory runs out. */
bool gs_conv_prepare(gs_plan *plan, gs_step *step, const gs_conv *conv);
bool gs_winograd_prepare(gs_plan *plan, gs_step *step, const gs_conv *conv);
bool gs_linear_prepare(gs_plan *plan, gs_step *step, const gs_conv *conv);

/* Whether Winograd's method computes this convolution: that depends on the shape alone, never on the CPU. */
bool gs_winograd_applies(const gs_conv *conv);

/* Compute a direct convolution's offsets, once the strides of buffers are known. */
void gs_conv_place(const gs_plan *plan, gs_step *step);

/* The steps that need no preparation. */
gs_step_run gs_norm_run, gs_affine_run, gs_binary_run, gs_concat_run, gs_slice_run, gs_planar_slice_run,
    gs_upsample_run, gs_unslice_run, gs_stretch_run, gs_window_run, gs_pool_adjoint_run, gs_norm_adjoint_run,
    gs_load_run, gs_to_blocked_run, gs_to_planar_run, gs_to_padded_run, gs_from_blocks_run, gs_shuffle_run,
    gs_unshuffle_run, gs_reference_run;

/* Run the affine kernel on one plane, with the slope if the step has one. */
void gs_affine_call(const gs_step *step, const gs_worker *worker, int image, int plane, gs_affine_args *args);

/* Build steps and buffers from the graph (build.c), then choose segments and addresses (memory.c). */
gs_status gs_plan_build(gs_plan *plan, gs_error *error);
gs_status gs_plan_lay_out(gs_plan *plan, gs_error *error);

/* Compute the condition vector of (sigma, label) into `condition` (condition_size floats); label K means none. */
gs_status gs_condition_compute(const gs_plan *plan, double sigma, int label, float *condition, gs_error *error);

/* The condition vectors of a noise level for all labels with wanted[label]: *table has labels + 1 rows of
 * condition_size floats, which the caller frees with gs_free. */
gs_status gs_condition_create(const gs_plan *plan, double sigma, const bool *wanted, float **table, gs_error *error);

/* wanted[label], label 0 ... K, for n labels (NULL: none, which is K); NULL when memory runs out. */
bool *gs_labels_wanted(const gs_plan *plan, const int *labels, size_t n);

/* Images out of n that a thread takes at a time: the plan's block, or fewer so that all threads get equally many. */
size_t gs_plan_share(const gs_plan *plan, size_t n);

gs_status gs_plan_check_labels(const gs_plan *plan, const int *labels, size_t n, gs_error *error);

static inline int gs_planes(gs_shape shape) {
    return (shape.d[0] + 15) / 16;
}

/* The address of image `i` of a buffer (its first pixel), within the segment's current turn. */
float *gs_buffer_at(const gs_worker *worker, int buffer, int i);

/* Evaluate images 0 ... n - 1 <= block of x (planar, dense), whose condition vectors are condition[i], into out[k]
 * (dense; NULL if not wanted). Allocates nothing. */
void gs_plan_run(const gs_plan *plan, gs_worker *worker, const float *x, const float *const *condition, int n,
                 float *const out[2]);

/* The same for a plan with the gradient: computes the energies (n) and dE/dx (n, C, H, W); either may be NULL. */
void gs_plan_run_gradient(const gs_plan *plan, gs_worker *worker, const float *x, const float *const *condition, int n,
                          float *energy, float *gradient);

/* The kernels of an instruction set by name; NULL means the environment's GENSAMPLE_ISA, else the best. Errors:
 * GS_ERROR_ARGUMENT, GS_ERROR_UNSUPPORTED. */
gs_status gs_kernels_choose(const char *wanted, const gs_kernels **kernels, gs_error *error);

/* 1 ... 1024; 0: the number of processors. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_threads_choose(int wanted, int *threads, gs_error *error);

/* The model a plan was made from. */
const gs_model *gs_plan_get_model(const gs_plan *plan);

#endif
