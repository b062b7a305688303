/* What the samplers that stay at one noise level, or move on an energy without, have in common. */
#ifndef GS_WALK_H
#define GS_WALK_H

#include "sample/field.h"

/* Called before step t: stores the trajectory; false when told to stop. */
bool gs_walk_enter(gs_chains *chains, int t);

/* Energies, (n), and gradients at x into chains->gradient, which become row t of the trace. energy gets NaN where a
 * network of the sum has none. False, diverging, where one is not finite. */
bool gs_walk_gradient(gs_chains *chains, int t, float *energy);

/* Write row t of the trace: energies (n) and chains->gradient. */
void gs_walk_trace(const gs_chains *chains, int t, const float *energy);

/* x - D(x, sigma) is removed where the run asks for it (Jolicoeur-Martineau et al. 2021, section 3): the noise left at
 * the last level. Then stores the trajectory's last state, number `state`. */
bool gs_walk_finish(gs_chains *chains, int state, uint64_t steps);

/* Elements below low become low, those above high become high; NaN stays. */
void gs_walk_clamp(float *x, size_t size, float low, float high);

#endif
