/* Random networks: small, well-conditioned graphs of all operations, which are the same for the same seed. */
#ifndef TEST_GRAPHS_H
#define TEST_GRAPHS_H

#include "support/weights.h"

/* A classifier with two outputs that takes sigma and one of 3 labels. */
weights *graph_random(unsigned seed);

/* The energy of such a network. */
weights *graph_random_energy(unsigned seed);

/* x times such an energy: a score or a denoiser. */
weights *graph_random_field(unsigned seed);

/* error_of returns the error of random network `seed` in units of its largest result. Checks that it is at most
 * `tolerance` for seeds 0 ... count - 1, or for as many as the effort allows. */
void assert_random_networks(int count, double tolerance, double (*error_of)(unsigned seed));

#endif
