/* The contract of every kernel, in one place.
 *
 * A vector is GS_F32_LANES = 16 float lanes on every instruction set. Activations are *blocked*: channel c lives in
 * lane c % 16 of plane c / 16; a plane is rows of vectors, one vector per pixel, `row` floats from one row to the next.
 * Borders around a plane, where an operation needs zeros, belong to the plane's memory. Lanes past the last channel may
 * hold anything and never affect a lane that matters.
 *
 * Lanes are outputs: no kernel sums across lanes except `narrow` and `norms`, which do so by a tree of 16. Every output
 * is one fixed chain of operations, each rounded once (multiply-adds are fused), so all instruction sets give the same
 * bytes. Pointers need 4-byte alignment; 64 bytes is faster. Outputs must not overlap inputs unless the contract allows
 * it. NaN and infinity propagate as IEEE 754 prescribes.
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
    GS_ACT_SOFTPLUS,   /* log(1 + exp t); absolute error 2e-7 max(1, |t|) */
    GS_ACT_EXP,  /* relative error 2e-7; infinite above 88.72; below -86.6 the result is 2.5e-38, not a subnormal */
    GS_ACT_SQRT, /* rounded once, as are the next two */
    GS_ACT_RECIPROCAL,
    GS_ACT_SQUARE,
    GS_ACT_COUNT
} gs_activation;

/* Whether a kernel gives the same bytes on every instruction set, as every sum of f32 and of integers can, or rounds as
 * each processor does: then tests allow for the contract's error, and the promise of the same bytes does not cover it.
 */
typedef enum gs_exactness { GS_EXACT, GS_APPROXIMATE } gs_exactness;

/* A kernel's member of gs_kernels and of what goes with it: its name, with the type behind unless that is f32. */
#define GS_MEMBER(op, type) GS_MEMBER_##type(op)
#define GS_MEMBER_f32(op) op

/* mac: out[i] = init + sum over s < segments, k < length of a[i][segment[s] + k] w[at(s length + k, lane)] (+ add[i],
 * then times mul[i], then max(0, .) with `relu`) for i < rows, and so for each of `planes` planes of outputs. Each
 * output is one chain of dot products of `depth` elements, which fill 4 bytes and which length is a multiple of, in the
 * order of (s, k), starting from init or 0; for f32, whose depth is 1, of fused multiply-adds. The kernel serves
 * convolutions (rows: pixels, segments: taps x input planes), linear layers (rows: images) and the products of
 * Winograd's method. Plane p has the weights w + p w_plane and init + 16 p, reads add[i] + p add_plane and mul[i] + p
 * mul_plane, and writes out[i] + out_shift + p out_plane. Weights are packed by gs_mac_at: a lane's `depth` elements
 * lie side by side, so that for f32 at(k, lane) is 16 k + lane.
 *
 * Its tile loop, in mac.inc, is written over the operations of simd/TYPE.h: v_broadcast_TYPE, `depth` inputs for all
 * lanes; v_weights_TYPE, a vector of weights; v_sums_TYPE, what sums begin with; v_dot_TYPE, which adds products to
 * sums; v_result_TYPE, sums as floats; GS_MAC_ROWS_TYPE and GS_MAC_PLANES_TYPE, its tile. All are held in gs_v,
 * whatever the bits of a lane mean. */
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
        const float *const *add; /* `rows` pointers, or NULL; may be those of out */ \
        const float *const *mul; /* the same */                                      \
        float *const *out;                                                           \
        ptrdiff_t w_plane, out_plane, add_plane, mul_plane, out_shift;               \
        int rows, segments, length, planes, relu;                                    \
    } gs_##type##_##op##_args;
#include "kernels.def"
#undef GS_MAC
#undef GS_KERNEL
typedef gs_f32_mac_args gs_mac_args;

/* A row of mac on one instruction set. */
typedef struct gs_mac_traits {
    gs_exactness exactness;
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
 * sizes have in common, with the same weights (winograd.inc).
 * winograd_in: V(i, j) = (B^T d B)(i, j) of (rows + 2) x (columns + 2) vectors d of one plane, each a vector at v + i
 * v_row + j step. winograd_out: the tile Y = A^T M A + bias (+ add, then times mul, then max(0, .) with `relu`), M(i,
 * j) a vector at m + i m_row + j step; rows x columns vectors at y, y_row floats from row to row. */
enum { GS_WINOGRAD_LEAST = 3, GS_WINOGRAD_MOST = 5 };
#define GS_WINOGRAD_A 0.375
#define GS_WINOGRAD_B 0.875
#define GS_WINOGRAD_C 2.0
typedef struct gs_winograd_in_args {
    const float *x;
    ptrdiff_t row;
    float *v;
    ptrdiff_t v_row, step;
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
 * each a vector at v + k step. polyphase_out: for each of `rows` rows, y(j) = (A^T m)(j) + m(m + 1 + j) (+ add, then
 * times mul, then max(0, .) with `relu`) for j < columns <= m, where m(k) is a vector at m + k step. */
enum { GS_POLYPHASE_LEAST = 4, GS_POLYPHASE_MOST = 7 };
#define GS_POLYPHASE_A 0.5
#define GS_POLYPHASE_B 1.0
#define GS_POLYPHASE_C 1.75
typedef struct gs_polyphase_in_args {
    const float *x;
    ptrdiff_t x_row, x_column;
    float *v;
    ptrdiff_t v_row, step;
    int rows, size;
} gs_polyphase_in_args;
typedef struct gs_polyphase_out_args {
    const float *m;
    ptrdiff_t m_row, step;
    const float *add; /* or NULL; may equal y */
    const float *mul; /* the same */
    float *y;
    ptrdiff_t y_row, add_row, mul_row;
    int rows, columns, size, relu;
} gs_polyphase_out_args;

/* affine: y = f(x scale + shift) over rows x columns vectors of a plane; scale, shift: 16 floats each. x may be y.
 * affine_slope: the same y, and factor f'(x scale + shift) in `slope`, which must not be y but may be x; factor: 16
 * floats; at a kink, the derivative from the left. Absolute error 4e-7 |factor| for GS_ACT_SILU and GS_ACT_TANH, 5e-7
 * |factor| for GS_ACT_GELU; relative error 5e-7 for all others, or 1e-37 |factor| absolute; and the product's rounding.
 */
typedef struct gs_affine_args {
    const float *x;
    ptrdiff_t x_row;
    const float *scale, *shift;
    float *y;
    ptrdiff_t y_row;
    int rows, columns;
    gs_activation activation;
    float parameter;
    float *slope; /* affine_slope only, as is the rest */
    ptrdiff_t slope_row;
    const float *factor;
} gs_affine_args;

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

/* binary: y[i] = a[i a_step] op b[i b_step] for count vectors; step 16 advances, step 0 repeats one vector. Products
 * below 2^-100 become 0. */
typedef enum gs_binary { GS_BINARY_ADD, GS_BINARY_SUB, GS_BINARY_MUL, GS_BINARY_DIV, GS_BINARY_COUNT } gs_binary;

/* axpby: y = a x + b y over count vectors, as fma(a, x, b y); b = 0: y = a x, and y is not read. */

/* transpose16: y(j, i) = x(i, j), i, j = 0 ... 15, rows x_row and y_row floats apart; the bits stay as they are, those
 * of NaN too. */

/* iterate: x := factor x + term, a fused multiply-add, `steps` times for count vectors, in registers: what a core can
 * do at most, where count is a multiple of mac_traits.rows. */

/* normals: count x 64 standard normals: Philox4x32-10 (Salmon et al. 2011) keyed by key[2], counter (counter[0],
 * counter[1], counter[2] + 16 b + lane, counter[3]) for block b; words (w0, w1) and (w2, w3) through Box & Muller 1958
 * give element 64 b + 16 r + lane, r = 0 ... 3: r = 0, 1 from (w0, w1) by cosine, sine; 2, 3 from (w2, w3).
 * u = ((w >> 9) + 1/2) 2^-23. Results are at most 5.77 from 0, with an absolute error of 1e-6 of the radius. */
typedef struct gs_normals_args {
    uint32_t key[2], counter[4];
    int count;
    float *out;
} gs_normals_args;

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

/* Whether an instruction set is another one or, by one or more steps, has it as its base. */
int gs_isa_extends(const char *isa, const char *base);

/* Whether this CPU and operating system can run it: checks every feature bit that the compiler flags imply, and
 * XCR0. */
int gs_cpu_supports(const char *isa);

#endif
