/* The code that the samplers which stay at one noise level, or move on an energy without noise levels, have in
 * common. */
#ifndef GS_WALK_H
#define GS_WALK_H

#include "sample/field.h"

/* Compute energies, (n), and gradients at x into chains->gradient, which become row t of the trace. `energy` is NaN if
 * a network of the sum has none. False if one is not finite, so that the chain diverges. */
bool gs_walk_gradient(gs_chains *chains, int t, float *energy);

/* Write row t of the trace: energies (n) and chains->gradient, and show the states to who watches them; and chain i's
 * part of it. */
void gs_walk_trace(const gs_chains *chains, int t, const float *energy);
void gs_walk_trace_of(const gs_chains *chains, int i, int t, float energy);

/* Write what the trace has of chains that accept every step. */
void gs_walk_trace_accepted(const gs_chains *chains);

/* The steps that this call makes: from the first one to before the second, which is `steps` where the chains end. */
int gs_walk_from(const gs_sample_options *options);
int gs_walk_until(const gs_sample_options *options);

/* If the run asks for it, remove x - D(x, sigma), the noise left at the last level (Jolicoeur-Martineau et al. 2021,
 * section 3). */
void gs_walk_finish(gs_chains *chains);

/* Elements below low become low, those above high become high; NaN stays NaN. */
void gs_walk_clamp(float *x, size_t size, float low, float high);

#endif
