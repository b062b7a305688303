/* Direct convolution of the common form, for all methods that end in one. */
#ifndef GS_DIRECT_H
#define GS_DIRECT_H

#include "engine/method/conv.h"
#include "engine/method/converted.h"
#include "engine/method/scales.h"
#include "engine/method/view.h"

typedef struct gs_mac_set gs_mac_set; /* direct.c */

/* A step's own data. */
typedef struct gs_direct {
    gs_conv conv; /* without its weights and bias */
    int planes;   /* of the result */
    const gs_product_type *type;
    gs_converted converted; /* the input, where the type is narrow */
    gs_scales scales;       /* of integers */
    void *weight;
    float *bias;
    size_t weight_bytes;
    int sets;
    gs_mac_set *set;
    ptrdiff_t *offsets; /* what the sets point into */
    bool adds, multiplies, gates, relu;
    int group_in, group_out; /* planes of a group's inputs and outputs; 0: all outputs read all inputs */
    ptrdiff_t in_plane, add_plane, mul_plane; /* floats; of the input, elements */
    ptrdiff_t out_plane;                      /* bytes */
} gs_direct;

/* Pack the weights of a step whose operands are set. `length`: inputs that are adjacent in memory. False when memory
 * runs out. */
bool gs_direct_prepare(gs_plan *plan, gs_step *step, const gs_conv *conv, int length, const gs_product_type *type,
                       const gs_quant *quant);

/* The same for a step of the node's own convolution, which reads its input with a halo and computes a ReLU that
 * follows. */
bool gs_direct_prepare_conv(gs_builder *b, gs_step *step, const gs_conv *conv);

/* Whether a convolution of the plan's type, which is not of integers, takes less time by the direct method than by
 * transforms: by tiles, where these are filled by whole planes of inputs. */
bool gs_prefers_direct(const gs_builder *b, const gs_conv *conv);

/* That length for blocked inputs. */
int gs_direct_length(const gs_conv *conv);

/* The rest of the method, for steps whose own data is a gs_direct. */
gs_status gs_direct_place(gs_plan *plan, gs_step *step, gs_error *error);
gs_step_run gs_direct_run;
void gs_direct_free(const gs_plan *plan, gs_step *step);
gs_cost gs_direct_cost(const gs_plan *plan, const gs_step *step);
const gs_scales *gs_direct_reads(const gs_step *step);
const gs_product_type *gs_direct_product(const gs_step *step);

/* A method's record. */
#define GS_DEFINE_DIRECT(id, method_name, method_applies, method_prepare) \
    GS_DEFINE_METHOD(id) = {.name = method_name,                          \
                            .own_bytes = sizeof(gs_direct),               \
                            .applies = method_applies,                    \
                            .prepare = method_prepare,                    \
                            .place = gs_direct_place,                     \
                            .run = gs_direct_run,                         \
                            .reads = gs_direct_reads,                     \
                            .stores = true,                               \
                            .shares = true,                               \
                            .free = gs_direct_free,                       \
                            .product = gs_direct_product,                 \
                            .cost = gs_direct_cost}

#endif
