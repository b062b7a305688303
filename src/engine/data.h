/* The engine's data: a model planned as a list of steps over buffers.
 *
 * A *value* of the graph that depends on x lives in a *buffer*; a *step* makes one buffer from others, for a range of
 * images of a block. Values that depend only on (sigma, label) are the *condition*, computed once per level in float64
 * (condition.c) and read by steps as float vectors.
 *
 * Buffers are blocked (kernels.h), with a halo of zeros where a convolution needs one; or planar, (C, H, W) row-major,
 * padded to whole vectors; or planar with a halo, for convolutions of few channels. A value of rank 1 is the same in
 * the first two. Where every value is small and depends on x element by element or through sums, as in the densities
 * that need no file, all buffers have 16 images *abreast*: vector k holds element k, in planar order, of 16 images. No
 * lane is idle then, sums need none across lanes, and one kernel does the operations of all steps (program.h), in place
 * of calls that take longer than their arithmetic.
 *
 * Consecutive steps on activations of about the same size form a *segment*, which carries a few images at a time from
 * its first step to its last, so that intermediate results stay in the cache. Consecutive segments form a *stage*,
 * which in the same way carries more images; only linear layers with large weights are stages of their own that take
 * the whole block at once. So a buffer that crosses stages holds the whole block, one that crosses segments a stage's
 * images. */
#ifndef GS_DATA_H
#define GS_DATA_H

#include "base/team.h"
#include "engine/product.h"
#include "model/model.h"

enum { GS_BLOCK_MAX = 64, GS_PRODUCTS = 3 };

/* What the elements of a buffer are. */
typedef enum gs_element { GS_ELEMENT_F32, GS_ELEMENTS } gs_element;

/* Bytes of an element. */
static inline size_t gs_element_size(gs_element element) {
    static const size_t sizes[GS_ELEMENTS] = {[GS_ELEMENT_F32] = sizeof(float)};
    return sizes[element];
}

/* Elements of a vector, which are the channels of a plane. */
static inline int gs_element_lanes(gs_element element) {
    return (int)(GS_VECTOR_BYTES / gs_element_size(element));
}

typedef enum gs_layout { GS_PLANAR, GS_BLOCKED, GS_PADDED, GS_ABREAST, GS_LAYOUTS } gs_layout;

/* What images are carried together by: the whole block, a stage, a segment. */
typedef enum gs_level { GS_BLOCK, GS_STAGE, GS_SEGMENT, GS_LEVELS } gs_level;

typedef struct gs_buffer {
    gs_shape shape;
    gs_layout layout;
    gs_element element;
    const gs_product_type *type; /* of the products that alone read it, whose inputs it holds (typed.h); NULL: floats */
    const struct gs_scales *scales;      /* by which these are made of floats, where they are integers */
    int planes;                          /* blocked: planes of vectors; abreast: 1; else one per channel */
    int before, after;                   /* halo at the top and left, and at the bottom and right; none if planar */
    ptrdiff_t column, row, plane, image; /* bytes from one pixel, row, plane, image to the next; of images abreast, an
                                            image's share of the vectors of all 16 */
    ptrdiff_t origin;                    /* bytes from an image's start to its first pixel */
    int first, last; /* the steps that first write it and last read it; -1 and `steps` stand for the caller */
    int images;      /* images that it has room for */
    gs_level level;  /* those of a segment's turn, or, as it crosses segments or stages, of a stage's or the block */
    bool shared;     /* a crew (crew.h) has one, in its leader's memory, of which each member computes its share; of the
                        others every member has its own */
    size_t offset[2]; /* in scratch memory, bytes: of a worker alone, and in a crew */
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
typedef struct gs_method gs_method;       /* method.h */
typedef struct gs_backend gs_backend;     /* backend.h */
typedef struct gs_condition gs_condition; /* condition.c */
typedef struct gs_weights gs_weights;     /* weights.c */
typedef struct gs_program gs_program;     /* program.h */

/* The function of a method that computes images i0 ... i1 - 1 of a step's buffer; of shared buffers, the worker's share
 * (share.h). */
typedef void gs_step_run(const gs_step *step, gs_worker *worker, int i0, int i1);

struct gs_step {
    const gs_method *method;
    void *own; /* the method's own data */
    int node;  /* the graph's node whose value it computes, or -1 for a change of layout */
    int sources;
    gs_source *source; /* operands */
    int out;           /* buffer */
    int slope;         /* a second result, the derivative of the activation: a buffer or -1 */
    bool clears[2];    /* the halos of the result and of the slope, before the step runs */
    bool stays_clear;  /* the former's, from the first turn of its segment to the others, until the stage's are done */
    int segment;
    int epoch; /* steps before it that a crew shares out; after each its members meet */
};

/* One segment: steps first ... last - 1, `images` images at a time. */
typedef struct gs_segment {
    int first, last, images;
    int stage;
} gs_segment;

/* Segments first ... last - 1, `images` images at a time. */
typedef struct gs_stage {
    int first, last, images;
} gs_stage;

/* The memory of one thread. */
struct gs_worker {
    const gs_plan *plan;           /* or its copy beside the thread */
    char *scratch[2];              /* buffers: its own, and those that its crew shares */
    bool crewed;                   /* whether it is in a crew of several */
    int part, parts;               /* its share of the present step */
    void *room;                    /* after them, the scratch memory of single steps (gs_cost) */
    const float *const *condition; /* one vector per image of the block */
    int image0[GS_LEVELS];         /* first image of the current turn */
    double *step_s;                /* (steps) seconds that each step took, added up; NULL: they are not measured */
};

/* What planning consists of: rows of the table in plan.c. */
enum { GS_PLANNING_PARTS = 7 };

/* How often crews (crew.h) are given a rest. Where other programs want the processors, a thread that waits for one lets
 * its crew wait at every meeting, and a single thread is faster. After an evaluation in which that happened, the next
 * ones are done by the leader alone: 15, then 75, 315 ... as long as it happens again. So are the next 504 where that
 * took less time lately: where cores share no cache, or others keep it busy, meetings and what members read of each
 * other may take longer than a small network. Of two cores of Zen 5 in a virtual machine, both are so for minutes: one
 * image of judge then takes 44 us with a crew and 37 alone, at other times 25 and 37. */
typedef struct gs_pace {
    int rest, last;         /* evaluations until the next try; those before the last try */
    int crewed, alone;      /* evaluations with the crew and alone since it was the other way */
    int images;             /* of each of them */
    double crew_s, alone_s; /* what the fastest of few took; 0: not known */
} gs_pace;

struct gs_plan {
    const gs_model *source; /* what the plan was made from, or `renewed` */
    gs_model *renewed;      /* a copy with new weights, owned by the plan; or NULL */
    gs_plan *exact;         /* of energies whose gradient has narrow products: the same in float32, by whose energies
                               Metropolis corrections accept; else NULL */
    gs_model *gradient;     /* the same with its gradient as a second output, owned by the plan; or NULL */
    const gs_model *model;  /* whichever of the two is planned */
    const gs_kernels *kernels;
    const gs_backend *backend; /* NULL: native */
    gs_element element;        /* of activations */
    gs_product_type *product;  /* (GS_PRODUCTS) float32, the type that was asked for, and of int8 that of layers of 16
                                  bits; they may be the same. Steps point to them */
    void *backend_data;
    int threads, crew_threads; /* of the former, those that crews share (crew.h) */
    int crew_most;             /* members of a crew, which has threads of one node only */
    gs_places *places;         /* of the threads; NULL: anywhere */
    int copies;                /* of its packed weights, one in the memory of each node, for the threads there */
    gs_plan **copy;            /* (copies - 1) made as this plan is, without workers: number 1 and those after it */
    bool is_copy;              /* it is one of these */
    int block;
    double image_s; /* about what a thread takes for an image, at least */
    bool wants_gradient;
    bool shares_all; /* crews share out every step that they can, however small */
    int buffers, steps, segments, stages;
    gs_buffer *buffer;
    gs_step *step;
    gs_segment *segment;
    gs_stage *stage;
    int x_buffer, output_buffer[2];
    int seed_buffer;          /* of the vector of a vector-Jacobian product; -1: there is none */
    int output_end[2];        /* steps that an output needs */
    size_t condition_size;    /* floats of a condition vector */
    size_t *condition_offset; /* per value: its offset in that vector, SIZE_MAX where no step reads the value */
    int *owner;               /* per node: the node whose steps compute it, often itself; -1: no step does. It is in
                                 condition_offset's memory */
    size_t band_at;           /* the offset in that vector of the band of the noise level; SIZE_MAX: there is one */
    gs_condition *condition;  /* how that vector is computed */
    size_t scratch_bytes, room_bytes, weight_bytes;
    double planning_s[GS_PLANNING_PARTS];
    gs_weights *weights; /* packed */
    gs_program *program; /* of images abreast; else NULL */
    gs_worker *worker;   /* threads */
    gs_pace pace;
};

/* So many of a buffer's elements, of products' inputs where it holds these, as take so many bytes. */
static inline ptrdiff_t gs_buffer_elements(const gs_buffer *b, ptrdiff_t bytes) {
    return bytes / (b->type ? b->type->traits.input_bytes : (ptrdiff_t)sizeof(float));
}

/* The images that a buffer's vectors hold together. Steps take so many at a time; turns begin with multiples of it. */
static inline int gs_buffer_abreast(const gs_buffer *b) {
    return b->layout == GS_ABREAST ? GS_F32_LANES : 1;
}

/* The address of image `i` of a buffer (its first pixel), within the segment's current turn; of images abreast, `i` is
 * the first of 16. */
static inline void *gs_buffer_at(const gs_worker *worker, int buffer, int i) {
    const gs_buffer *b = &worker->plan->buffer[buffer];
    return worker->scratch[b->shared] + b->offset[worker->crewed] + (i - worker->image0[b->level]) * b->image +
           b->origin;
}

/* The band of an image's noise level (gs_quant), and the first image from i on, or i1, that has another. */
static inline int gs_band_of(const gs_worker *worker, int i) {
    size_t at = worker->plan->band_at;
    return at == SIZE_MAX ? 0 : (int)worker->condition[i][at];
}
static inline int gs_band_end(const gs_worker *worker, int i, int i1) {
    int band = gs_band_of(worker, i), end = worker->plan->band_at == SIZE_MAX ? i1 : i;
    while (end < i1 && gs_band_of(worker, end) == band)
        end++;
    return end;
}

/* The step's operand k for image `i` of the block: its first element, in a buffer or in the condition vector. */
static inline const float *gs_source_at(const gs_worker *worker, const gs_step *step, int k, int i) {
    const gs_source *s = &step->source[k];
    return s->kind == GS_SOURCE_BUFFER ? gs_buffer_at(worker, s->index, i) : worker->condition[i] + s->offset;
}

#endif
