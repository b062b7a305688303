/* Models whose layers are quantised at random, and plans of narrow types. Included after cmocka.h. */
#ifndef TEST_QUANTISED_H
#define TEST_QUANTISED_H

#include "model/model.h"
#include "support/networks.h"

enum { QUANTISED_MOST = 100 };

/* What a test adds to a model. */
typedef struct quantised {
    gs_quant quant[QUANTISED_MOST];
    gs_tensor factor[QUANTISED_MOST], range[QUANTISED_MOST];
    int nodes;
} quantised;

/* Quantise the nodes that can be to random types with random factors and ranges, in two bands of noise levels that end
 * at 1; what is made is freed by free_quantised. */
void quantise(gs_model *model, quantised *q, unsigned seed);

/* The same of a seed by which the first node is of that type in that domain. */
void quantise_as(gs_model *model, quantised *q, gs_dtype dtype, gs_quant_domain domain);

void free_quantised(quantised *q);

gs_plan *plan_of(const gs_model *model, const char *isa, int threads, int block, gs_dtype dtype);

#endif
