/* The code that the samplers have in common which go down noise levels and add noise on the way. */
#ifndef GS_DESCENT_H
#define GS_DESCENT_H

#include "sample/field.h"

/* x += scale up z, z ~ N(0, I), where scale is the noise-scale of samplers that read it: the new noise of a step from
 * level s to t < s. It is that of the tree (tree.h) if the run asks for it, else the step's own. */
void gs_descent_noise(gs_chains *chains, double s, double t, double up);

/* x <- D(x, s) + keep (x - D(x, s)) + scale up z for level number i, s: one step, which is counted. False if told to
 * stop. */
bool gs_descent_step(gs_chains *chains, int i, double keep, double up);

/* A step of Langevin dynamics at level number i (Song & Ermon 2019, equation 4), which is not counted:
 *   x <- x + alpha / 2 score + sqrt(alpha) z,   score = (D(x, sigma) - x) / sigma^2. */
void gs_descent_langevin(gs_chains *chains, int i, double alpha, gs_stream stream, uint32_t step);

#endif
