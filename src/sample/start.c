#include "sample/start.h"

#include <string.h>

/* Element 4 k + j of a chain is word j of the counter at position k. */
void gs_start_uniform(gs_chains *c, uint32_t replica, float *x) {
    const gs_sample_options *o = &c->run->options;
    const float *range = c->run->plan->model->info.range;
    double low = (double)range[0], width = (double)range[1] - low;
    for (int i = 0; i < c->n; i++) {
        uint32_t counter[4], words[4];
        for (size_t k = 0; k < c->size; k++) {
            if (k % 4 == 0) {
                uint64_t chain = o->first_chain + c->first + (uint64_t)i;
                gs_random_counter(GS_STREAM_START, chain, replica, (uint32_t)(k / 4), counter);
                gs_random_words(o->seed, counter, words);
            }
            x[(size_t)i * c->size + k] = (float)(low + width * gs_random_unit(words[k % 4]));
        }
    }
}

void gs_start(gs_chains *c, uint32_t replica, float *x) {
    const gs_sample_options *o = &c->run->options;
    const gs_model_info *info = &c->run->plan->model->info;
    size_t bytes = (size_t)c->n * c->size * sizeof(float);
    if (o->init) {
        memcpy(x, o->init + c->first * c->size, bytes);
    } else if (info->kind == GS_KIND_DECODER) {
        gs_chains_noise(c, GS_STREAM_START, replica);
        memcpy(x, c->noise, bytes);
    } else if (!info->takes_sigma) {
        gs_start_uniform(c, replica, x);
    } else {
        gs_chains_noise(c, GS_STREAM_START, replica);
        gs_chains_axpby(c, o->sigma_high, c->noise, 0, x);
    }
}
