/* Geweke's test of posterior simulators ("Getting it right", 2004): whether steps of a sampler leave the law of its
 * target as it is, whatever that law is used for.
 *
 * The joint law is that of a label y, one of three that are equally likely, and of four pixels x, each of which is,
 * given y, the mixture of chains.h's wells, moved by a number of y's own. From exact draws of (x, y), each of many
 * chains takes in turn steps of the sampler on E(x, y) and a draw of y given x; afterwards (x, y) has the same law, and
 * functions of it the same means as over other exact draws, which is compared by the difference over its standard
 * error. As chains are independent and begin with the right law, neither burn-in nor autocorrelation matters. */
#ifndef TEST_GEWEKE_H
#define TEST_GEWEKE_H

#include "engine/plan.h"
#include "random/random.h"

enum { GEWEKE_PIXELS = 4 };

/* Move n chains, x (n, GEWEKE_PIXELS), on E(x, labels) by a few steps; the same seed, the same moves. */
typedef void geweke_kernel(void *context, gs_plan *plan, float *x, const int *labels, size_t n, uint64_t seed);

/* The energy, of shape (1, 2, 2), with labels. */
gs_model *geweke_model(void);

/* The largest difference of a mean over its standard error, over eight functions: of a right kernel, above 5 with
 * probability 5e-6. `count` is the number of chains. */
double geweke_worst(geweke_kernel *kernel, void *context, gs_plan *plan, int count, uint64_t seed);

/* A uniform number in (0, 1), and a standard normal one; `state` moves on. */
double geweke_uniform(uint64_t *state);
double geweke_normal(uint64_t *state);

#endif
