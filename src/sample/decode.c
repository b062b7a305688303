/* Samples of a decoder: the latents that chains begin with, decoded. */
#include "sample/field.h"
#include "sample/samplers.h"

/* From now on a chain's state is its image, for which both arrays have room. */
bool gs_sampler_decode(gs_chains *c) {
    float *latent = c->x;
    gs_field_decoded(c, latent, c->denoised);
    c->x = c->denoised;
    c->denoised = latent;
    c->size = c->run->plan->model->info.output_size[0];
    c->vectors = ((size_t)c->n * c->size + 15) / 16;
    c->step++;
    return gs_chains_go_on(c);
}
