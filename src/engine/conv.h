/* Convolutions, linear layers and their adjoints in one form: sums of weighted inputs over taps. */
#ifndef GS_CONV_H
#define GS_CONV_H

#include "model/model.h"

/* One dimension. Result position r takes input position p with weight tap t where
 *     p = r stride + t dilation - padding,   or in an adjoint   r = p stride + t dilation - padding.
 * The result positions of an adjoint fall into `stride` phases, r mod stride, each with taps of its own. */
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

/* The form of a conv2d without groups, of a linear layer, or of the adjoint of either, for an input of that shape.
 * Adjoints of stride 1 are given as the convolutions that they are. */
gs_conv gs_conv_of(const gs_node *node, gs_shape in);

/* Rows or columns of zeros that the taps need before and after the input. */
void gs_axis_reach(const gs_axis *axis, int *before, int *after);

/* ---- Few output channels ---- */

/* A convolution of one output channel would use one lane of 16. Instead, lanes hold blocks of pixels: `block` rows and
 * columns of each channel, computed by a convolution with (outputs block[0] block[1]) channels and correspondingly
 * fewer positions, whose kernel covers a whole block. False where that is no gain, or where Winograd's method is
 * better. */
bool gs_conv_in_blocks(const gs_conv *conv, int block[2]);

/* That convolution; its weights are in *memory, to be freed with gs_free. False when memory runs out. */
bool gs_conv_make_blocks(const gs_conv *conv, const int block[2], gs_conv *blocks, float **memory);

#endif
