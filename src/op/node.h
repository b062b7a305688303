/* What operations are applied to: tensors, shapes, attributes, and the nodes of a graph. */
#ifndef GS_NODE_H
#define GS_NODE_H

#include "base/base.h"

enum { GS_RANK_MAX = 3, GS_INPUT_MAX = 64 };
enum { GS_SIZE_MAX = 1 << 26 }; /* most elements of a value */

/* Operations: one row each in ops.def. */
typedef enum gs_op {
#define GS_OP(id, record) GS_OP_##id,
#include "op/ops.def"
    GS_OP_COUNT, /* all operations that a weight file may name come before it */
#define GS_ADJOINT(id, record) GS_OP_##id,
#include "op/ops.def"
    GS_OP_ALL
} gs_op;

/* "conv2d"; "unknown" for what is none. */
const char *gs_op_name(gs_op op);

/* A shape without the batch: d[0 ... rank - 1]; missing trailing sizes are 1, so that d[0], d[1], d[2] are always C, H,
 * W. */
typedef struct gs_shape {
    int rank;
    int d[GS_RANK_MAX];
} gs_shape;

size_t gs_shape_size(gs_shape shape);

/* The sizes of an array of up to six dimensions, or an order of them. */
enum { GS_DIMENSIONS_MAX = 6 };
typedef struct gs_list {
    int count;
    int d[GS_DIMENSIONS_MAX];
} gs_list;

typedef struct gs_tensor {
    char *name;
    int rank;
    size_t shape[GS_DIMENSIONS_MAX];
    size_t size;
    const float *data; /* 4-byte aligned */
} gs_tensor;

enum { GS_OVER_CHANNELS, GS_OVER_POSITIONS, GS_OVER_ALL };
enum { GS_SOFTMAX_CHANNELS, GS_SOFTMAX_LAST };

/* The attributes of all operations together; each operation reads its own, with defaults filled in. */
typedef struct gs_attributes {
    union {
        struct {
            int stride[2], padding[2], dilation[2], kernel[2]; /* convolutions (kernel from the weight), pools */
            int output_padding[2];                             /* conv_transpose2d */
            int groups;                                        /* convolutions, group_norm (instance_norm: C) */
            int extent[2];                                     /* upsample_nearest: scale; adaptive_avg_pool: size */
            int factor;                                        /* pixel (un)shuffle */
            int begin, end;                                    /* slice */
            int heads;                                         /* attention */
            bool transpose_a, transpose_b;                     /* matmul */
            bool causal;                                       /* attention */
        };
        struct {
            gs_list seen, order; /* permute, in the place of the others: files may have many nodes */
        };
    };
    int over;            /* layer_norm, sum, mean, max: GS_OVER_...; softmax: GS_SOFTMAX_...; resample: the axis */
    int tanh_form;       /* gelu: 0 or 1 */
    bool count_padding;  /* avg_pool */
    double eps;          /* norms */
    double scale, shift; /* affine; in scale: slope, alpha, exponent, attention's factor of scores; clamp: low, high */
    int of;              /* gradients: the node that is differentiated */
} gs_attributes;

/* Values 0, 1, 2 are the model inputs x, sigma, label (whether used or not); node i computes value i + 3. */
enum { GS_VALUE_X, GS_VALUE_SIGMA, GS_VALUE_LABEL, GS_VALUE_NODES };

/* In which domain a node's products are computed in integers: Winograd's of 8 bits and of 16 bits have points and tiles
 * of their own (winograd.inc). */
typedef enum gs_quant_domain {
    GS_QUANT_DIRECT,      /* that of the input's elements */
    GS_QUANT_WINOGRAD_F4, /* of 8 bits: that of Winograd's transform for tiles of 4 x 4, whose positions are 6 x 6 */
    GS_QUANT_WINOGRAD_F5, /* of 16 bits: the same for tiles of 5 x 5, whose positions are 7 x 7 */
    GS_QUANT_DOMAINS
} gs_quant_domain;

/* How a node is quantised: for images of band b, V is the input's transform, the input itself in the direct domain, U
 * that of the weights, and with n = 127 in 8 bits and 16383 in 16 bits
 *
 *     U'(p, o, c) = U(p, o, c) factor(p, c), w(p, o) = the unit of these weights
 *     products of clamp(rne(n V(p, c) / (range(b, p) factor(p, c))), -n, n) and rne(U' / w), as integers
 *     result(p, o) = sum over c of products, times range(b, p) / n w(p, o)
 *
 * with one position p in the direct domain, for all taps of a kernel. In 8 bits, w = max |U'| / 127 over c; in 16 bits,
 * it is the larger of max |U'| / 32767 and of the sum of |U'| over all products of an output divided by 131079 - K / 2,
 * with K products: so no sum leaves 32 bits (kernels.h). */
typedef struct gs_quant {
    gs_dtype dtype; /* GS_DTYPE_INT8 or GS_DTYPE_INT16 */
    gs_quant_domain domain;
    int positions; /* P: 1 or 36 or 49, position (i, j) of a tile with 6 or 7 columns being 6 i + j or 7 i + j */
    const gs_tensor *factor; /* (P, C), each GS_QUANT_MIN ... GS_QUANT_MAX */
    const gs_tensor *range;  /* (bands, P), likewise: the largest |V / factor| that is not clipped */
} gs_quant;

/* So that the quotient of n and a product of two of these, like that product, is a normal number in single precision.
 */
#define GS_QUANT_MIN 1e-15
#define GS_QUANT_MAX 1e15

typedef struct gs_node {
    char *name;
    gs_op op;
    int inputs;
    int *input; /* value numbers, each less than this node's */
    gs_attributes attributes;
    const gs_tensor *weight; /* what the record's first role holds, as weights, a constant's value, an index; or NULL */
    const gs_tensor *bias;   /* the second role: a bias, values at points, the weights of an index; or NULL */
    const gs_quant *quant;   /* how it is computed in integers; NULL: in f32 */
    gs_shape shape;          /* shape of the result */
    bool per_sample;         /* whether it depends on x; otherwise only on (sigma, label) */
    uint64_t operations;     /* 2 x multiply-adds, of convolutions, linear layers, attention and matmul only */
} gs_node;

#endif
