/* The contract of every kernel, in one place.
 *
 * A vector is GS_F32_LANES = 16 float lanes on every instruction set. Activations are *blocked*: channel c lives in
 * lane c % 16 of plane c / 16; a plane is rows of vectors, one vector per pixel, `row` floats from one row to the next.
 * Borders around a plane, where an operation needs zeros, belong to the plane's memory. Lanes past the last channel may
 * hold anything and never affect a lane that matters.
 *
 * Lanes are outputs: no kernel sums across lanes except `narrow`, `layer_norm`, `softmax`, `norms` and `dot`, which do
 * so by a tree of 16, and `turns`. Every output is one fixed chain of operations, each rounded once (multiply-adds are
 * fused), so all instruction sets give the same bytes. Pointers need 4-byte alignment; 64 bytes is faster. Outputs must
 * not overlap inputs unless the contract allows it. NaN and infinity propagate as IEEE 754 prescribes.
 */
#ifndef GS_KERNELS_H
#define GS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* A vector is 64 bytes whatever its elements are; a plane is as many channels as a vector has lanes. */
enum {
    GS_VECTOR_BYTES = 64,
    GS_F32_LANES = GS_VECTOR_BYTES / (int)sizeof(float),
    GS_NORMALS_BLOCK = 4 * GS_F32_LANES, /* normal numbers from one vector of counters */
    GS_MAC_ROWS_MOST = 12,               /* rows of a tile of mac at most */
    GS_MAC_PLANES_MOST = 3 /* planes of a tile of mac at most: what callers may size their scratch memory for */
};

/* Activation functions of gs_affine_args: y = f(t), parameter p. Errors are measured against the real function over all
 * floats; `tests/test_kernels` checks them. Where the limit at infinity exists, the result is that limit or near it;
 * NaN stays NaN. */
typedef enum gs_activation {
    GS_ACT_NONE,
    GS_ACT_RELU,       /* max(t, 0) */
    GS_ACT_LEAKY_RELU, /* t < 0 ? p t : t */
    GS_ACT_SILU,       /* t / (1 + exp(-t)); relative error 2.5e-7, or 2e-33 absolute */
    GS_ACT_SIGMOID,    /* relative error 2.2e-7, or 2e-35 absolute */
    GS_ACT_TANH,       /* relative error 2e-7 */
    GS_ACT_ELU,        /* t < 0 ? p (exp(t) - 1) : t; absolute error 1.3e-7 p */
    GS_ACT_GELU,       /* t Phi(t); absolute error 1.5e-7 max(1, |t|) */
    GS_ACT_GELU_TANH,  /* t / (1 + exp(-2 sqrt(2 / pi) (t + 0.044715 t^3))); absolute error 2e-7 max(1, |t|) */
    GS_ACT_SOFTPLUS,   /* log(1 + exp t); absolute error 2e-7 max(1, |t|) */
    GS_ACT_EXP,  /* relative error 2e-7; infinite above 88.72; below -86.6 the result is 2.5e-38, not a subnormal */
    GS_ACT_SQRT, /* rounded once, as are the next two */
    GS_ACT_RECIPROCAL,
    GS_ACT_SQUARE,
    GS_ACT_ABS, /* |t|, exactly, as the next three */
    GS_ACT_SIGN,
    GS_ACT_FLOOR,
    GS_ACT_CLAMP, /* min(max(t, p), limit) */
    GS_ACT_ERF,   /* relative error 4e-7 */
    GS_ACT_POWER, /* t^p as pow() has it; relative error 5e-7 for |p| <= 3, beyond that in proportion; what is below
                     2.5e-38 may be 0 */
    GS_ACT_COUNT
} gs_activation;

/* Whether a kernel gives the same bytes on every instruction set, as every sum of f32 and of integers can, or rounds as
 * each processor does: then tests allow for the contract's error, and the promise of the same bytes does not cover it.
 */
typedef enum gs_exactness { GS_EXACT, GS_APPROXIMATE } gs_exactness;

/* A kernel's member of gs_kernels and of what goes with it: its name, with the type behind unless that is f32. */
#define GS_MEMBER(op, type) GS_MEMBER_##type(op)
#define GS_MEMBER_f32(op) op
#define GS_MEMBER_i8(op) op##_i8
#define GS_MEMBER_i16(op) op##_i16
#define GS_MEMBER_bf16(op) op##_bf16
#define GS_MEMBER_bf16_exact(op) op##_bf16_exact

/* mac: out[i] = init + sum over s < segments, k < length of a[i][segment[s] + k] w[at(s length + k, lane)] (+ add[i],
 * then times mul[i], or with `gates`, which asks for both, times mul[i] + add[i] in one multiply-add; then max(0, .)
 * with `relu`) for i < rows, and so for each of `planes` planes of outputs. Each
 * output is one chain of dot products of `depth` elements, which fill 4 bytes and which length is a multiple of, in the
 * order of (s, k), starting from init or 0; for f32, whose depth is 1, of fused multiply-adds. The kernel serves
 * convolutions (rows: pixels, segments: taps x input planes), linear layers (rows: images) and the products of
 * Winograd's method. Plane p has the weights w + p w_plane and init + 16 p, reads add[i] + p add_plane and mul[i] + p
 * mul_plane, and writes out[i] + out_shift + p out_plane. Weights are packed by gs_mac_at: a lane's `depth` elements
 * lie side by side, so that for f32 at(k, lane) is 16 k + lane.
 *
 * bf16 and bf16_exact have inputs and weights of type bfloat16, the upper halves of floats, and sums of floats, and
 * differ in how they round. bf16_exact makes each product a fused multiply-add of f32, in the order of k. bf16 does
 * the same where the processor has no dot products of bf16; where it has them, each product adds at most 2^-23 of the
 * sum of the absolute values and 2^-126 to the error, and inputs below the normal range may count as 0.
 *
 * mac_i8: the input is q + 128 for q = -127 ... 127, weights are -127 ... 127, and with `init`, which must be -128
 * times the sum of each lane's weights, the integer sum S is that of q w: instruction sets that multiply signed bytes
 * begin with 0 instead. It must not leave the range of int32_t, nor may S - init. S is rounded to a float once, and
 * what is stored is scale S + bias, a fused multiply-add (+ add[i], then times mul[i], then max(0, .)); bias may be
 * NULL for 0. With `inv`, that is stored as `convert` does: out and its shifts are of elements of the type.
 *
 * mac_i16: the same with inputs q = -16383 ... 16383 as they are, weights -32767 ... 32767, and S = init + the sum of q
 * w. What may not leave the range of int32_t is |init| + 16383 times the sum of the absolute values of a lane's
 * weights: then no partial sum does, in whatever order. So without init a lane's weights may add up to 131,080.
 *
 * Its tile loop, in mac.inc, is written over the operations of simd/TYPE.h: v_broadcast_TYPE, `depth` inputs for all
 * lanes; v_weights_TYPE, a vector of weights; v_sums_TYPE, what sums begin with; v_dot_TYPE, which adds products to
 * sums; v_result_TYPE, sums as floats; GS_MAC_ROWS_TYPE and GS_MAC_PLANES_TYPE, its tile; GS_MAC_EXACTNESS_TYPE,
 * how it rounds. All are held in gs_v, whatever the bits of a lane mean. Of the same file, v_store_TYPE(y, x, inv) is
 * `convert` of a vector, with which the input transforms store (sink.inc). */
#define GS_KERNEL(op, type, family, exactness, result, parameters, what)
#define GS_MAC(op, type, family, exactness, input, weight, sum, depth, what)         \
    typedef input gs_##type##_input;                                                 \
    typedef weight gs_##type##_weight;                                               \
    typedef sum gs_##type##_sum;                                                     \
    typedef struct gs_##type##_##op##_args {                                         \
        const input *const *a;                                                       \
        const ptrdiff_t *segment;                                                    \
        const weight *w;                                                             \
        const sum *init;         /* 16 per plane, or NULL */                         \
        const float *scale;      /* 16 per plane, for integer sums only */           \
        const float *bias;       /* the same, or NULL */                             \
        const float *inv;        /* the same, or NULL */                             \
        const float *const *add; /* `rows` pointers, or NULL; may be those of out */ \
        const float *const *mul; /* the same */                                      \
        float *const *out;                                                           \
        ptrdiff_t w_plane, out_plane, add_plane, mul_plane, out_shift;               \
        int rows, segments, length, planes, relu, gates;                             \
    } gs_##type##_##op##_args;
#include "kernels.def"
#undef GS_MAC
#undef GS_KERNEL
typedef gs_f32_mac_args gs_mac_args;

/* The largest input of mac_i16, and what the absolute values of a lane's weights may add up to. */
enum { GS_I16_INPUT_MOST = 16383, GS_I16_WEIGHTS_MOST = INT32_MAX / GS_I16_INPUT_MOST };

/* A row of mac on one instruction set. */
typedef struct gs_mac_traits {
    gs_exactness exactness;                   /* of the type's dot products */
    int input_bytes, weight_bytes, sum_bytes; /* of an element */
    int depth;                                /* products per lane and step */
    int rows, planes; /* per tile: callers cut rows into multiples of it, and ask for as many planes at once, or for all
                         where that are GS_MAC_PLANES_MOST at most, where they can */
} gs_mac_traits;

/* Where the weight k of a lane lies among its plane's weights. */
static inline ptrdiff_t gs_mac_at(int depth, ptrdiff_t k, int lane) {
    return (k / depth * GS_F32_LANES + lane) * depth + k % depth;
}

/* narrow: a convolution whose outputs are few, for which mac would leave most lanes empty; here lanes are input
 * channels. Sums are taken over the segments, by a chain of fused multiply-adds from 0 in each lane, and then over the
 * lanes, by halving them four times: the upper half is added to the lower one. y(o, r, c) = sum + bias[o] (+ add(o, r,
 * c)) for rows x columns pixels of each of `outputs` planes, which are planar; x is blocked, and all its lanes count.
 */
enum { GS_NARROW_OUTPUTS_MOST = 4 };
typedef struct gs_narrow_args {
    const float *x;            /* of the first pixel */
    ptrdiff_t x_row, x_column; /* from one pixel to the next */
    const ptrdiff_t *segment;  /* where a pixel's input vectors are */
    const float *w;            /* (segments, outputs, 16) */
    const float *bias;         /* outputs */
    const float *add;          /* or NULL; may be y */
    float *y;
    ptrdiff_t y_plane, y_row, add_plane, add_row;
    int rows, columns, segments, outputs; /* outputs: 1 ... GS_NARROW_OUTPUTS_MOST */
} gs_narrow_args;

/* taps: a convolution of few planar inputs: y(p, r, c) = bias + sum over t < taps of x(r, c)[offset[t]] w(p, t) (then
 * max(0, .) with `relu`) for rows x columns pixels of each of `planes` blocked planes; each sum is one chain of fused
 * multiply-adds from the bias. A pixel's inputs are x_column floats from the next one's. */
typedef struct gs_taps_args {
    const float *x; /* the first pixel */
    ptrdiff_t x_row, x_column;
    const ptrdiff_t *offset; /* taps */
    const float *w;          /* (planes, taps, 16) */
    const float *bias;       /* (planes, 16) */
    float *y;
    ptrdiff_t y_plane, y_row;
    int rows, columns, taps, planes, relu;
} gs_taps_args;

/* Winograd's F(m, 3) of Lavin & Gray 2015 for tiles of m = 3, 4 or 5 rows and as many columns or others. A tile's
 * transform has m + 2 positions along each dimension, the first of the points a, -a, b, -b, infinity, c, -c, which all
 * sizes have in common, with the same weights (winograd.inc). Each type has its own points, as a, b, c; if c is 0, that
 * is one point, and tiles have m = 3 or 4.
 * winograd_in: V(i, j) = (B^T d B)(i, j) of (rows + 2) x (columns + 2) vectors d of one plane, each a vector at v + i
 * v_row + j step. winograd_out: the tile Y = A^T M A + bias (+ add, then times mul, then max(0, .) with `relu`), M(i,
 * j) a vector at m + i m_row + j step; rows x columns vectors at y, y_row floats from row to row.
 * The points of i8 enlarge rounding least: for products of integers of 8 bits, noise is 4.8 times that of direct
 * convolution for m = 4 and 3.6 for m = 3 along each dimension, rather than 7.8 and 4.5 on those of f32, and 10.8 for m
 * = 5. bf16 has the same points: its error with 48 inputs has a root mean square of 0.9 % of the outputs' for m = 4 and
 * 0.7 % for m = 3, rather than 1.6 % and 0.9 % on those of f32; direct convolution has 0.24 %. i16 has the points and
 * tiles of f32, and f32's output transform: its values are 128 times as fine as those of i8. */
enum { GS_WINOGRAD_LEAST = 3, GS_WINOGRAD_MOST = 5 };
#define GS_WINOGRAD_POINTS_f32 0.375, 0.875, 2.0
#define GS_WINOGRAD_POINTS_i8 0.625, 1.5, 0.0
#define GS_WINOGRAD_POINTS_bf16 GS_WINOGRAD_POINTS_i8
#define GS_WINOGRAD_POINTS_i16 GS_WINOGRAD_POINTS_f32
typedef struct gs_winograd_in_args {
    const float *x;
    ptrdiff_t row;
    void *v; /* elements of the kernel's type, as are its strides */
    ptrdiff_t v_row, step;
    const float *inv; /* for i8 and i16: 16 at inv + i inv_row + 16 j for V(i, j), as for `convert` */
    ptrdiff_t inv_row;
    int rows, columns; /* of the tile */
} gs_winograd_in_args;
typedef struct gs_winograd_out_args {
    const float *m;
    ptrdiff_t m_row, step;
    const float *bias; /* 16 */
    const float *add;  /* or NULL; may equal y */
    const float *mul;  /* the same */
    float *y;
    ptrdiff_t y_row, add_row, mul_row;
    int rows, columns; /* of the tile */
    int relu;
} gs_winograd_out_args;

/* F(m, 2) along rows, for tiles of m = `size` = 4 ... 7 pixels. A tile's transform has the m + 1 points a, -a, b, -b,
 * with m >= 6 c, -c, infinity, and with odd m 0 (polyphase.inc).
 * polyphase_in: for each of `rows` rows, v(k) = (B^T d)(k) of m + 1 vectors d, x_column floats from one to the next,
 * each a vector at v + k step. polyphase_out: for each of `rows` rows, y(j) = (A^T m)(j) + y(j) (+ add, then times mul,
 * then max(0, .) with `relu`) for j < columns <= m, where m(k) is a vector at m + k step. */
enum { GS_POLYPHASE_LEAST = 4, GS_POLYPHASE_MOST = 7 };
#define GS_POLYPHASE_A 0.5
#define GS_POLYPHASE_B 1.0
#define GS_POLYPHASE_C 1.75
typedef struct gs_polyphase_in_args {
    const float *x;
    ptrdiff_t x_row, x_column;
    void *v; /* elements of the kernel's type, as are its strides */
    ptrdiff_t v_row, step;
    int rows, size;
} gs_polyphase_in_args;
typedef struct gs_polyphase_out_args {
    const float *m;
    ptrdiff_t m_row, step;
    const float *add, *mul; /* or NULL */
    float *y;
    ptrdiff_t y_row, add_row, mul_row;
    int rows, columns, size, relu;
} gs_polyphase_out_args;

/* affine: y = f(x scale + shift) over rows x columns vectors of a plane; scale, shift: 16 floats each. x may be y.
 * affine_slope: the same y, and factor f'(x scale + shift) in `slope`, which must not be y but may be x; factor: 16
 * floats; at a kink, the derivative from the left, but for GS_ACT_ABS 0 and for GS_ACT_CLAMP 1; of steps 0. That of
 * GS_ACT_POWER is p times t^(p - 1), which may overflow before. Absolute error 4e-7 |factor| for GS_ACT_SILU and
 * GS_ACT_TANH, 5e-7 |factor| for GS_ACT_GELU and GS_ACT_GELU_TANH; relative error 5e-7 for all others, or 1e-37
 * |factor| absolute; and the product's rounding.
 */
typedef struct gs_affine_args {
    const float *x;
    ptrdiff_t x_row;
    const float *scale, *shift;
    float *y;
    ptrdiff_t y_row;
    int rows, columns;
    gs_activation activation;
    float parameter, limit;
    float *slope; /* affine_slope only, as is the rest */
    ptrdiff_t slope_row;
    const float *factor;
} gs_affine_args;

/* convert: y = x as elements of the kernel's type, for rows x columns vectors of a plane; y_row counts elements.
 * convert_i8: y = q + 128, where q is x inv, 16 floats, rounded once to the nearest integer, ties to even, and then
 * clamped to -127 ... 127; NaN becomes -127. convert_i16: y = q, clamped to -16383 ... 16383. convert_bf16: y is x
 * rounded to bfloat16, ties to even; what is below the normal range stays, what is too large becomes infinite, and NaN
 * a NaN. */
typedef struct gs_convert_args {
    const float *x;
    ptrdiff_t x_row;
    const float *inv; /* for i8 and i16 only */
    void *y;
    ptrdiff_t y_row;
    int rows, columns;
} gs_convert_args;

/* moments: with k = the plane's first vector, sum[lane] = sum of (x - k), square[lane] = sum of (x - k)^2 over rows x
 * columns vectors. first[lane] = k. Each sum is (c0 + c1) + (c2 + c3), where c_i is a chain from row to row over the
 * columns i, i + 4, i + 8 ... */
typedef struct gs_moments_args {
    const float *x;
    ptrdiff_t row;
    int rows, columns;
    float *first, *sum, *square; /* 16 each */
} gs_moments_args;

/* products: sum[lane] = sum of g, product[lane] = sum of g (x - center[lane]) over rows x columns vectors, one chain of
 * multiply-adds per lane from row to row. */
typedef struct gs_products_args {
    const float *x, *g;
    ptrdiff_t x_row, g_row;
    const float *center; /* 16 */
    int rows, columns;
    float *sum, *product; /* 16 each */
} gs_products_args;

/* blend: y = x a + (g b + c) over rows x columns vectors of a plane; a, b, c: 16 floats each. g may be y. */
typedef struct gs_blend_args {
    const float *x, *g;
    ptrdiff_t x_row, g_row;
    const float *a, *b, *c;
    float *y;
    ptrdiff_t y_row;
    int rows, columns;
} gs_blend_args;

/* window: over rows x columns >= 1 vectors of a plane, in that order,
 * GS_WINDOW_SUM: the vector y = scale times the sum of x, one chain per lane; GS_WINDOW_MAX: the vector y = the largest
 * x; a NaN anywhere gives NaN; GS_WINDOW_SPREAD: y(row, column) += scale g, a fused multiply-add, with the one vector
 * g; GS_WINDOW_TOP: y(row, column) += g in the lanes where x(row, column) is the first of the largest; NaN counts as
 * smaller than everything, unless it comes first. The same for `count` windows one after the other, whose x, g and y
 * are shifted. */
typedef enum gs_window_op {
    GS_WINDOW_SUM,
    GS_WINDOW_MAX,
    GS_WINDOW_SPREAD,
    GS_WINDOW_TOP,
    GS_WINDOW_COUNT
} gs_window_op;
typedef struct gs_window_args {
    gs_window_op op;
    const float *x, *g;
    float *y;
    ptrdiff_t x_row, y_row, x_shift, g_shift, y_shift;
    int count, rows, columns;
    float scale;
} gs_window_args;

/* layer_norm: for each of rows x columns pixels, y = (x - mean) / sqrt(variance + eps) scale + shift, the last two in
 * one multiply-add; the mean, and the variance as the mean of the squares of x - mean, are those of the pixel's first
 * `channels` channels, which fill ceil(channels / 16) planes. Sums are chains from 0 over the planes in each lane, of
 * the squares by multiply-adds, and then over the lanes by halving them four times: the upper half is added to the
 * lower one. The error of mean and variance is that of these sums and of a division. y may be x. */
typedef struct gs_layer_norm_args {
    const float *x;
    ptrdiff_t x_plane, x_row;
    const float *scale, *shift; /* 16 per plane */
    float *y;
    ptrdiff_t y_plane, y_row;
    int rows, columns, channels;
    float eps;
} gs_layer_norm_args;

/* softmax: for each of `rows` rows, with t = scale x + log2(e) mask, where mask may be missing, for the first n =
 * min(seen + i more, columns) elements, at least one: y = 2^(t - the largest t), or any number up to 2^-100 where that
 * is less, so that no weight is below the normal range, and 0 for the others; factor = 1 / the sum of y, in all 16
 * lanes. A scale of log2(e) makes exponentials of base e. The error of y is 3e-7 of it and what the rounding of t makes
 * of it. The sum is a chain from 0 in each lane, and then over the lanes by halving them four times: the upper half is
 * added to the lower one. Rows are whole vectors: x is read and y written up to the end of the vector that holds the
 * last column; of the mask n elements are read. y may be x. A row with NaN or plus infinity, or of minus infinity
 * alone, is NaN, which its factor is, too, while its y may be anything. Without a mask, with a scale of 1 and if all
 * elements count, this takes a quarter less time. */
#define GS_LOG2_E 0x1.715476p+0F
typedef struct gs_softmax_args {
    const float *x;
    ptrdiff_t x_row;
    const float *mask; /* or NULL */
    ptrdiff_t mask_row;
    float *y;
    ptrdiff_t y_row;
    float *factor; /* (rows, 16) */
    int rows, columns, seen, more;
    float scale;
} gs_softmax_args;

/* weigh: softmax of rows of which all `columns` elements count, with a scale of 1 and without a mask, where they are:
 * x becomes y. What follows the last column in the vector that holds it must be minus infinity. With that, out[i] =
 * factor times the sum of y(i, j) times the vector v + 16 j, a chain of multiply-adds over j from 0. */
typedef struct gs_weigh_args {
    float *x;
    ptrdiff_t x_row;
    const float *v;
    float *const *out; /* rows */
    float *factor;     /* (rows, 16) */
    int rows, columns;
} gs_weigh_args;

/* resample: along one dimension, the sums of few vectors by a table: y = the sum over start[i] <= e < start[i + 1]
 * of weight[e] times the vector x + offset[e], a chain of fused multiply-adds that begins with the first product; 0 if
 * there is none. So for each of `vectors` vectors that follow each other in x and y, of `results` results i and of
 * `rows` rows. Without weights, all are 1. */
typedef struct gs_resample_args {
    const float *x;
    ptrdiff_t x_row;
    const ptrdiff_t *start;  /* (results + 1) */
    const ptrdiff_t *offset; /* in floats */
    const float *weight;     /* or NULL */
    float *y;
    ptrdiff_t y_row, y_step; /* from one result to the next */
    int rows, results, vectors;
} gs_resample_args;

/* binary: y[i] = a[i a_step] op b[i b_step] for count vectors; step 16 advances, step 0 repeats one vector. Products
 * below 2^-100 become 0. */
typedef enum gs_binary {
    GS_BINARY_ADD,
    GS_BINARY_SUB,
    GS_BINARY_MUL,
    GS_BINARY_DIV,
    GS_BINARY_GREATER, /* 1 where a > b, else 0 */
    GS_BINARY_MINIMUM, /* NaN where either is */
    GS_BINARY_MAXIMUM,
    GS_BINARY_COUNT
} gs_binary;

/* program: operations on 16 images abreast, one after the other. An operand or a result is `count` elements, which are
 * vectors of 16 images, from element `at` of one of the bases. A base of which stride is 1 has numbers for all images
 * in place of vectors; only `binary` reads them, as one of its operands. Results are what `affine`, `affine_slope` with
 * a factor of 1, and `binary` have; the sum of all elements over `divisor`, in doubles (every eighth element is a sum
 * of its own, to s0 ... s7, and these are ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7))), rounded once to a float;
 * a copy; zeros. Results overlap no operand of the same operation. */
enum { GS_PROGRAM_BASES = 8 };
typedef enum gs_program_kind {
    GS_PROGRAM_AFFINE,
    GS_PROGRAM_BINARY,
    GS_PROGRAM_SUM,
    GS_PROGRAM_COPY,
    GS_PROGRAM_CLEAR
} gs_program_kind;
typedef struct gs_program_place {
    int base;
    ptrdiff_t at; /* elements */
} gs_program_place;
typedef struct gs_program_op {
    gs_program_kind kind;
    int count;              /* elements, of a sum those that are added */
    gs_program_place in[2]; /* one that the kind does not have is of zeros */
    ptrdiff_t step[2];      /* binary: 1, or 0, which repeats one element */
    gs_program_place out, slope;
    int has_slope; /* affine */
    gs_activation activation;
    float parameter, limit, scale, shift;
    gs_binary binary;
    double divisor; /* of a sum */
} gs_program_op;
typedef struct gs_program_args {
    const gs_program_op *op;
    int ops;
    float *base[GS_PROGRAM_BASES];      /* nothing is written through those that hold operands alone */
    ptrdiff_t stride[GS_PROGRAM_BASES]; /* 16 or 1 */
} gs_program_args;

/* axpby: y = a x + b y over count vectors, as fma(a, x, b y); b = 0: y = a x, and y is not read. */

/* leapfrog: r <- r + half s g, `kicks` times (1 or 2), and then, unless x is NULL, x <- x + whole s r, for each of
 * `count` elements, which need not be whole vectors; each product and each sum is rounded once, from the left. Element
 * i has half[i % 16] and whole[i % 16], and s of 1 where that is NULL. g may be r. */
typedef struct gs_leapfrog_args {
    const float *half, *whole; /* (16) each */
    const float *scale;        /* s, or NULL */
    const float *g;
    float *r, *x;
    size_t count;
    int kicks;
} gs_leapfrog_args;

/* dot: the sum of a_i b_i in doubles, in which products of floats are exact: 16 sums of every 16th product, which are
 * halved four times by adding the upper half to the lower one. `count` need not be whole vectors. */

/* squares16: out[l] is the dot product with itself of vector l of 16 whose elements are abreast: element i of vector l
 * is x[16 i + l]. */

/* turns: whether one of the sums over `count` elements, in doubles, is not above 0: those of a_first (a_sum + b_sum),
 * b_last (a_sum + b_sum), a_first (a_sum + b_first), b_first (a_sum + b_first), a_last (a_last + b_sum) and b_last
 * (a_last + b_sum), or of the first two alone where a_first is a_last and b_first is b_last. Each is s0 + s2 + (s1 +
 * s3), of the sums of every fourth element. sum = a_sum + b_sum, which may be either of them. NaN turns. */
enum { GS_TURNS = 6 };
typedef struct gs_turns_args {
    const float *a_first, *a_last, *a_sum, *b_first, *b_last, *b_sum;
    float *sum;
    size_t count;
} gs_turns_args;

/* transpose16: y(j, i) = x(i, j), i, j = 0 ... 15, rows x_row and y_row floats apart; the bits stay as they are, those
 * of NaN too. */

/* iterate: each of `count` vectors of `out` is what mac makes of `steps` times the same inputs, `depth` of them at x,
 * with the same weights, a vector of them at w, from 0, in registers: what a core can do at most, where count is a
 * multiple of the type's rows x planes (gs_mac_traits). */

/* normals: count x 64 standard normals: Philox4x32-10 (Salmon et al. 2011) keyed by key[2], counter (counter[0],
 * counter[1], counter[2] + 16 b + lane, counter[3]) for block b; words (w0, w1) and (w2, w3) through Box & Muller 1958
 * give element 64 b + 16 r + lane, r = 0 ... 3: r = 0, 1 from (w0, w1) by cosine, sine; 2, 3 from (w2, w3).
 * u = ((w >> 9) + 1/2) 2^-23. Of the last block, so many `vectors` are drawn, 1 ... 3, or all 4 where that is 0.
 * Results are at most 5.77 from 0, with an absolute error of 1e-6 of the radius. */
typedef struct gs_normals_args {
    uint32_t key[2], counter[4];
    int count, vectors;
    float *out;
} gs_normals_args;

/* Counters of 16 chains: (first[l], step, position, last[l]), l = 0 ... 15. */
typedef struct gs_counters16 {
    uint32_t key[2], first[16], step, position, last[16];
} gs_counters16;

/* normals16: elements 0 ... count - 1 of the normals of 16 counters, abreast: element i of counter l is out[16 i + l].
 */

/* uniforms16: of the words w0 and w1 of 16 counters the numbers (w + 1/2) 2^-32, exactly: that of word k of counter l
 * is out[16 k + l]. */

/* Rejection sampling (src/sample/proposals.c). Vector or number i belongs to the counter whose first word is counter[0]
 * + i, which must not exceed 2^32 - 1.
 *
 * norms: the squared norms of `count` normal vectors of `size` elements, the same vectors that `normals` makes from the
 * counter. square[i] is a sum in a fixed order: lane l adds the squares of elements l, l + 16, ... by fused
 * multiply-adds, and the 16 sums are halved by adding the upper half to the lower one. Rounding preserves order, so a
 * partial sum never exceeds the whole: where bound is not NULL and the sum of the first blocks of 64 exceeds bound[i],
 * that sum is the result and the rest is not drawn. `out` receives the last vector, as far as it was drawn, in whole
 * runs of 64. */
typedef struct gs_norms_args {
    uint32_t key[2], counter[4];
    int count, size;
    const float *bound; /* count, or NULL */
    float *out;         /* size, rounded up to a multiple of 64 */
    float *square;      /* count */
} gs_norms_args;

/* exponentials: out[i] >= -scale log u for every u in [k, k + 1) 2^-23, u >= 2^-53, where k = w3 >> 9 comes from the
 * last of the four words; out[i] is at most scale (1 + 1e-5) (1e-5 - log(k 2^-23)), where the logarithm of 0 counts as
 * -88.1. Scale is positive or infinite. */
typedef struct gs_exponentials_args {
    uint32_t key[2], counter[4];
    int count; /* a multiple of 16 */
    float scale;
    float *out; /* count */
} gs_exponentials_args;

/* radii: with words w0 ... w3 of proposal i, x a normal number from w0 and w1, y = c x, g = d (1 + y)^3 (Marsaglia &
 * Tsang 2000), u from w2 and E = -log u' from w3: out[i] > 0 only where u <= exp(3 d (log(1 + y) - y + y^2/2 - y^3/3)),
 * so that g is accepted as a gamma variate, and h (1 + y)^3 > E, whatever bits follow the first 23 of each word. out[i]
 * is the least of 0.9999 (1 - u) (1 - Y) - 0.7501 d Y^4, Y = |y| + s, s = c/1000: exp(t) >= 1 + t, and the series of
 * the logarithm has log(1 + y) - y + y^2/2 - y^3/3 >= -y^4/(4 (1 - |y|)); 0.9999 h (1 + y - s)^3 - the bound of
 * `exponentials` for E; u0 - 2^-15, u0 from w0: above it, x is within 1/1000 whatever bits follow. */
typedef struct gs_radii_args {
    uint32_t key[2], counter[4];
    int count; /* a multiple of 16 */
    float c, d, h;
    float *out; /* count */
} gs_radii_args;

/* One pointer per row of kernels.def; there is one table per instruction set. */
typedef struct gs_kernels {
    const char *isa;
    const struct gs_kernels *base; /* whose kernels it has where it has none of its own; NULL for scalar C */
#define GS_KERNEL(op, type, family, exactness, result, parameters, what)
#define GS_MAC(op, type, family, exactness, input, weight, sum, depth, what) gs_mac_traits GS_MEMBER(op##_traits, type);
#include "kernels.def"
#undef GS_MAC
#undef GS_KERNEL
#define GS_KERNEL(op, type, family, exactness, result, parameters, what) result(*GS_MEMBER(op, type)) parameters;
#include "kernels.def"
#undef GS_KERNEL
} gs_kernels;

/* Table i of this build, in ascending order of width, or NULL past the last one. */
const gs_kernels *gs_kernels_at(int i);

/* The table of an instruction set by its text in isas.def, or NULL if this build lacks it. */
const gs_kernels *gs_kernels_find(const char *isa);

/* The table, of this instruction set or of one of its bases, whose own function it has for row i of kernels.def. */
const gs_kernels *gs_kernel_owner(const gs_kernels *kernels, int i);

/* Whether row i of kernels.def gives the same bytes as scalar C with this table: where the row promises it, and where
 * the instruction set has no rounding of its own for the row's type. */
gs_exactness gs_kernel_exactness(const gs_kernels *kernels, int i);

/* Whether an instruction set is another one or, by one or more steps, has it as its base. */
int gs_isa_extends(const char *isa, const char *base);

/* Whether this CPU and operating system can run it: checks every feature bit that the compiler flags imply, and
 * XCR0. */
int gs_cpu_supports(const char *isa);

#endif
