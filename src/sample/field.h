/* The field in which chains move: that of one network, or the sum over several, where p(x) is proportional to the
 * product of p_i(x)^w_i. Energies, scores, denoisers and noise models are all treated as one:
 *   score s = -dE/dx = (D - x) / sigma^2 = -epsilon / sigma (Efron 2011, Tweedie's formula). */
#ifndef GS_FIELD_H
#define GS_FIELD_H

#include "sample/chains.h"

/* One network of the sum. */
struct gs_field {
    const gs_plan *plan;
    double weight;
    const int *labels; /* (n); NULL: none */
    float **condition; /* by level: gs_condition_create's table */
};

/* Check that a network can be number k, from 0, of a product whose first is given: of what kind it is, and that it has
 * the same images. Errors: GS_ERROR_ARGUMENT, GS_ERROR_UNSUPPORTED. */
gs_status gs_field_check(const gs_model_info *first, const gs_model_info *info, int k, gs_error *error);

/* Check that it knows the noise levels of resolved options of the first. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_field_check_levels(const gs_model *first, const gs_sample_options *options, const gs_model_info *info,
                                int k, gs_error *error);

/* Check the networks of a run against each other, and compute their conditions for its levels. The result is freed by
 * gs_fields_free, also on failure. Errors: GS_ERROR_ARGUMENT, GS_ERROR_UNSUPPORTED, GS_ERROR_MEMORY. */
gs_status gs_fields_prepare(gs_sampling *run, gs_plan *plan, gs_error *error);
void gs_fields_free(gs_sampling *run);

/* out = D(x, sigma[level]) = x + sigma^2 sum_i w_i s_i(x, sigma) for the chains' images x, with guidance if the run
 * asks for it (gs_sample). */
void gs_field_denoised(gs_chains *chains, int level, const float *x, float *out);

/* out = v^T dD/dx at x, of a run of one network that is no energy and whose plan has the gradient. */
void gs_field_product(gs_chains *chains, int level, const float *x, const float *v, float *out);

/* gradient = -sum_i w_i s_i(x, sigma[level]), and, when every network is an energy, energy = sum_i w_i E_i, (n); energy
 * may be NULL. */
void gs_field_gradient(gs_chains *chains, int level, const float *x, float *energy, float *gradient);

/* Whether gs_field_begin_abreast may be called: the run has one energy, without guidance, whose plan has images
 * abreast. */
bool gs_field_is_abreast(const gs_sampling *run);

/* gs_field_gradient at level 0 for at most 16 chains whose states are abreast (abreast.h), as their gradients will be,
 * at one x after the other; how often, the caller tells gs_chains_evaluated. Energies are 16 floats, or NULL. */
gs_abreast_run gs_field_begin_abreast(const gs_chains *chains);
void gs_field_run_abreast(gs_abreast_run *run, const float *x, float *energy, float *gradient);

/* The same energies alone, of networks that all have one. */
void gs_field_energy(gs_chains *chains, int level, const float *x, float *energy);

/* gs_field_denoised, and spread = sum_i w_i |D_i(x, sigma) - x|^2, (n), a network that is guided counting as two. */
void gs_field_denoised_spread(gs_chains *chains, int level, const float *x, float *out, double *spread);

/* The images that the run's decoder makes of the chains' latents x. */
void gs_field_decoded(gs_chains *chains, const float *x, float *out);

/* Whether every network of the run is an energy. */
bool gs_field_has_energy(const gs_sampling *run);

#endif
