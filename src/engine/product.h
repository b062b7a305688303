/* The operands of products by their type: packed weights, and the inputs that the multiply-add kernel multiplies them
 * Winograd's transform stores its result for example. What belongs to a type is a row of model/dtypes.def, the kernels
 * that it names, and a packing function here; methods are written once over this record. */
#ifndef GS_PRODUCT_H
#define GS_PRODUCT_H

#include "gensample/gensample.h"
#include "kernels.h"

/* gs_mac_args of any type: offsets count elements of the type. */
typedef struct gs_products {
    const void *const *a;
    const ptrdiff_t *segment;
    const void *w, *init;
    const float *scale, *bias, *inv; /* of integer sums */
    const float *const *add, *const *mul;
    float *const *out;
    ptrdiff_t w_plane, out_plane, add_plane, mul_plane, out_shift;
    int rows, segments, length, planes, relu, gates;
} gs_products;

/* A type on an instruction set. */
typedef struct gs_product_type {
    gs_dtype dtype;
    gs_mac_traits traits;
    void (*mac)(const gs_kernels *kernels, const gs_products *products);
    void (*winograd_in)(const gs_winograd_in_args *args);
    void (*winograd_out)(const gs_winograd_out_args *args);
    void (*polyphase_in)(const gs_polyphase_in_args *args); /* NULL for integers */
    void (*convert)(const gs_convert_args *args);           /* NULL for float32 */

    /* Winograd's points a, -a, b, -b, infinity, and c, -c, or 0; tiles have at most as many positions along a
     * dimension as there are points but two. */
    const double *winograd_point;
    int winograd_points;

    /* Of integers: the largest input and weight, what is added to inputs, and what the absolute values of a lane's
     * weights may add up to, 0 where that is not more than any allowed length has. */
    int input_most, input_offset, weight_most, weights_most;

    /* Store the weights k of a plane's lanes where gs_mac_at says, rounded to the nearest that the type has. */
    void (*pack)(void *weight, ptrdiff_t k, const double lane[GS_F32_LANES]);
} gs_product_type;

/* The record of a type, which is not GS_DTYPE_DEFAULT. */
gs_product_type gs_product_type_of(gs_dtype dtype, const gs_kernels *kernels);

/* Whether it differs from what buffers hold. */
static inline bool gs_is_narrow(const gs_product_type *type) {
    return type->convert;
}

/* Whether inputs and weights are scaled, as a node's gs_quant says. */
static inline bool gs_is_quantised(const gs_product_type *type) {
    return type->input_most > 0;
}

/* What each byte of inputs of value 0 is. */
static inline int gs_zero_byte(const gs_product_type *type) {
    return type->input_offset;
}

/* Bytes of `count` inputs and weights. */
static inline ptrdiff_t gs_input_bytes(const gs_product_type *type, ptrdiff_t count) {
    return count * type->traits.input_bytes;
}
static inline ptrdiff_t gs_weight_bytes(const gs_product_type *type, ptrdiff_t count) {
    return count * type->traits.weight_bytes;
}

/* So many bytes in whole vectors. */
static inline ptrdiff_t gs_whole_bytes(ptrdiff_t bytes) {
    return (bytes + GS_VECTOR_BYTES - 1) / GS_VECTOR_BYTES * GS_VECTOR_BYTES;
}

#endif
