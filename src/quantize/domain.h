/* The domains in which products are computed in integers, as layers are calibrated: the transform of what is
 * multiplied. */
#ifndef GS_QUANTIZE_DOMAIN_H
#define GS_QUANTIZE_DOMAIN_H

#include "op/node.h"

enum { GS_WIDE = 16 }; /* channels that are transformed together */

/* most[p GS_WIDE + k] = max(that, |V(p, c)|) over all places of one image (C, H, W), for channels c = first + k of a
 * convolution's or linear layer's input in the domain. */
void gs_domain_most(const gs_node *node, gs_quant_domain domain, gs_shape in, const float *x, int first, float *most);

/* most[p C + c] = max over outputs o of |U(p, o, c)|, in the direct domain over taps too. */
void gs_domain_weights(const gs_node *node, gs_quant_domain domain, double *most);

/* Whether the domain can compute the node for an input of this shape: tiles have at least three rows and columns. */
bool gs_domain_suits(const gs_node *node, gs_quant_domain domain, gs_shape in);

/* Products of an image for each of its input channels and outputs: in Winograd's domain, positions of all tiles. */
double gs_domain_positions(const gs_node *node, gs_quant_domain domain, gs_shape in);

#endif
