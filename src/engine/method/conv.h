/* Convolutions, transposed ones, linear layers and their adjoints in one form: sums of weighted inputs over taps. What
 * their methods share. */
#ifndef GS_CONV_H
#define GS_CONV_H

#include "engine/builder.h"
#include "engine/method/view.h"

/* One dimension. Result position r takes input position p with weight tap t where
 *     p = r stride + t dilation - padding,   or in an adjoint, as a transposed convolution is,   r = p stride + t
 * dilation - padding. The result positions of an adjoint fall into `stride` phases, r mod stride, each with taps of its
 * own. */
typedef struct gs_axis {
    int size, input; /* positions of the result and of the input */
    int kernel, stride, padding, dilation;
    bool adjoint;
} gs_axis;

/* Weight (o, i, tap (t, u)) is weight[o out_step + i in_step + t tap_step[0] + u tap_step[1]]. */
typedef struct gs_conv {
    int inputs, outputs; /* channels */
    gs_axis axis[2];
    const float *weight;
    ptrdiff_t out_step, in_step, tap_step[2];
    const float *bias; /* outputs, or NULL */
} gs_conv;

/* The form of a conv2d or conv_transpose2d without groups, of a linear layer, or of the adjoint of a conv2d or a linear
 * layer, for an input of that shape. Adjoints of stride 1 are given as the convolutions that they are. */
gs_conv gs_conv_of(const gs_node *node, gs_shape in);

/* Rows or columns of zeros that the taps need before and after the input. */
void gs_axis_reach(const gs_axis *axis, int *before, int *after);

static inline int gs_axis_phases(const gs_axis *a) {
    return a->adjoint ? a->stride : 1;
}

/* The positions of a phase; position k is result position phase + k phases, where tap t reads input position k step +
 * offset. */
static inline int gs_axis_positions(const gs_axis *a, int phase) {
    return (a->size - phase + gs_axis_phases(a) - 1) / gs_axis_phases(a);
}

static inline int gs_axis_step(const gs_axis *a) {
    return a->adjoint ? 1 : a->stride;
}

/* Whether a phase has the tap. */
static inline bool gs_axis_tap(const gs_axis *a, int phase, int t, int *offset) {
    if (!a->adjoint) {
        *offset = t * a->dilation - a->padding;
        return true;
    }
    int distance = phase + a->padding - t * a->dilation;
    *offset = distance / a->stride;
    return distance % a->stride == 0;
}

/* Whether a node is one of these. Adjoints of many phases are none. */
bool gs_is_conv(const gs_node *node);

/* A phase has taps and weights of its own, for which planning goes through the kernel's rows and columns. A small file
 * can ask for 2^24 phases, of kernels of 4096 rows; a network that puts patches of 32 x 32 together asks for 2^16. */
enum { GS_PHASES_MOST = 1 << 16 };

/* Whether a convolution, or an adjoint or a transposed one, has at most so many phases times rows and columns. */
bool gs_has_few_phases(const gs_node *node);

/* The buffer of value v, which may get a halo; -1 when memory runs out. Other backends' steps read and write buffers
 * without one, so that theirs are copied. */
int gs_conv_input(gs_builder *b, int v, gs_layout layout);

/* What a step can do as it stores: add an earlier value of the same shape, if that is what the node's only reader does;
 * then also multiply by a value of that shape that is computed already, so that a derivative is multiplied by the slope
 * of the preceding activation; or instead multiply by a vector of the condition before it adds, as gates of residual
 * blocks do. */
typedef enum gs_conv_after { GS_CONV_ADDS, GS_CONV_MULTIPLIES, GS_CONV_GATES } gs_conv_after;

/* Add a step for such a node with its input in this layout, which does afterwards what `after` says. The operands are
 * input, summand and factor, which is of the condition if it is a gate. NULL when memory runs out. */
gs_step *gs_conv_add_step(gs_builder *b, const gs_method *method, int n, gs_layout layout, gs_conv_after after);

/* The same with a planar result, from a blocked input; the step does not multiply. */
gs_step *gs_conv_add_planar_step(gs_builder *b, const gs_method *method, int n);

/* Whether the only reader of such a step's result is a ReLU, whose slope is not needed: then it belongs to the step. */
bool gs_conv_absorb_relu(gs_builder *b, const gs_step *step);

/* Let the step's input have the halo that the taps reach. */
void gs_conv_want_halo(gs_builder *b, const gs_step *step, const gs_conv *conv);

/* Where a pixel's inputs are, in floats from it, tap by tap: `count` of them per tap, `step` bytes apart. */
void gs_conv_offsets(const gs_conv *conv, const gs_buffer *in, int count, ptrdiff_t step, ptrdiff_t *offset);

/* The buffer of a convolution's operand k, or NULL where it has none. */
const gs_buffer *gs_conv_operand(const gs_plan *plan, const gs_step *step, int k);

/* Input, result, summand and factor of a convolution as kernels take them; zeros where it has none. */
typedef struct gs_conv_views {
    gs_view in, out, add, mul;
} gs_conv_views;
gs_conv_views gs_conv_views_of(const gs_plan *plan, const gs_step *step);

#endif
