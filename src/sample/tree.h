/* Noise that does not depend on the number of steps. */
#ifndef GS_TREE_H
#define GS_TREE_H

#include "sample/chains.h"

/* Standard normals for the step from noise level s to t < s into chains->noise: the increment of one path of Brownian
 * motion per pixel of a chain, over the deviation of that increment. The path is a function of seed, chain and pixel,
 * so that two steps add up to the noise of the one that they replace, and more steps refine the same picture. False,
 * and nothing is written, where the levels are too near each other to be told apart (by less than 3e-5 of themselves).
 */
bool gs_tree_noise(gs_chains *chains, double s, double t);

#endif
