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

typedef struct gs_tensor {
    char *name;
    int rank;
    size_t shape[6];
    size_t size;
    const float *data; /* 4-byte aligned */
} gs_tensor;

enum { GS_OVER_CHANNELS, GS_OVER_POSITIONS, GS_OVER_ALL };

/* The attributes of all operations together; each operation reads its own, with defaults filled in. */
typedef struct gs_attributes {
    int stride[2], padding[2], dilation[2], kernel[2]; /* conv2d (kernel from the weight), pools */
    int groups;                                        /* conv2d, group_norm (instance_norm: C) */
    int extent[2];                                     /* upsample_nearest: scale; adaptive_avg_pool: size */
    int factor;                                        /* pixel (un)shuffle */
    int begin, end;                                    /* slice */
    int over;                                          /* layer_norm, sum, mean: GS_OVER_... */
    int tanh_form;                                     /* gelu: 0 or 1 */
    bool count_padding;                                /* avg_pool */
    double eps;                                        /* norms */
    double scale, shift;                               /* affine; leaky_relu slope and elu alpha in scale */
    int of;                                            /* gradients: the node that is differentiated */
} gs_attributes;

/* Values 0, 1, 2 are the model inputs x, sigma, label (whether used or not); node i computes value i + 3. */
enum { GS_VALUE_X, GS_VALUE_SIGMA, GS_VALUE_LABEL, GS_VALUE_NODES };

typedef struct gs_node {
    char *name;
    gs_op op;
    int inputs;
    int *input; /* value numbers, each less than this node's */
    gs_attributes attributes;
    const gs_tensor *weight; /* conv2d, linear, embedding, norms, the value of a constant; or NULL */
    const gs_tensor *bias;   /* or NULL */
    gs_shape shape;          /* shape of the result */
    bool per_sample;         /* whether it depends on x; otherwise only on (sigma, label) */
    uint64_t operations;     /* 2 x multiply-adds, convolutions and linear layers only */
} gs_node;

#endif
