#include "cli/result.h"

#include <string.h>

#include "base/machine.h"
#include "cli/judge.h"

bool gs_result_has_states(const gs_arguments *arguments) {
    return arguments->trajectory || ((arguments->diagnose || arguments->plot) && arguments->quality);
}

int gs_result_rows(const gs_result *result) {
    return result->weights.count ? result->weights.count : 1;
}

float *gs_result_row(const gs_result *result, const gs_setup *setup, int row) {
    return result->samples + (size_t)row * result->n * setup->networks.pixels;
}

/* All samples and states must fit into this machine's memory, whatever the system promises when asked for it. */
static gs_status check_memory(const gs_result *r, size_t pixels, gs_error *error) {
    size_t images, bytes;
    size_t states = r->levels ? (size_t)r->levels + 1 : (size_t)gs_result_rows(r);
    double memory = gs_machine_bytes();
    bool fits = gs_mul_size(r->n, states, &images) && gs_mul_size(images, pixels * sizeof(float), &bytes);
    if (fits && (double)bytes <= memory)
        return GS_OK;
    double need = (double)r->n * (double)states * (double)pixels * (double)sizeof(float);
    return gs_fail(error, GS_ERROR_MEMORY, "-n: %zu sample%s %.3g GB of memory, this process may use %.3g GB", r->n,
                   r->n == 1 ? " takes" : "s take", need * 1e-9, memory * 1e-9);
}

gs_status gs_result_allocate(gs_result *result, gs_setup *setup, gs_error *error) {
    const gs_model *model = setup->networks.network[0].model;
    size_t pixels = setup->networks.pixels, image = pixels * sizeof(float);
    bool has_states = gs_result_has_states(setup->arguments);
    result->levels = has_states ? gs_sample_levels(model, &setup->options, NULL, 0) : 0;
    gs_status status = check_memory(result, pixels, error);
    if (status)
        return status;
    result->samples = gs_alloc((size_t)gs_result_rows(result) * result->n, image);
    bool ready = result->samples != NULL;
    if (ready && has_states) {
        result->trajectory = gs_alloc((size_t)result->levels * result->n, image);
        result->sigmas = gs_alloc((size_t)result->levels, sizeof(double));
        ready = result->trajectory && result->sigmas;
    }
    if (!ready)
        return gs_fail_memory(error, "the samples");
    if (has_states)
        gs_sample_levels(model, &setup->options, result->sigmas, result->levels);
    setup->options.trajectory = result->trajectory;
    return GS_OK;
}

int gs_result_step(const gs_result *result, const gs_setup *setup, int i) {
    return i == result->levels - 1 ? setup->options.steps : i * setup->options.every;
}

/* The images that n states of noise level sigma stand for: the denoised ones, which the judge can read, or the states
 * themselves where there is no noise. The default sampler's only step is a call of the denoiser. */
static gs_status denoise(const gs_setup *setup, const float *states, size_t n, double sigma, float *images,
                         gs_error *error) {
    const gs_networks *networks = &setup->networks;
    const gs_sample_options *o = &setup->options;
    if (!(sigma > 0 && networks->info->takes_sigma)) {
        memcpy(images, states, n * networks->pixels * sizeof(float));
        return GS_OK;
    }
    gs_sample_options once = {.sampler = gs_sampler_get(0)->name,
                              .steps = 1,
                              .sigma_low = sigma,
                              .sigma_high = sigma,
                              .eta = -1,
                              .guidance = o->guidance > 0 ? o->guidance : -1,
                              .guidance_low = o->guidance_low,
                              .guidance_high = o->guidance_high,
                              .labels = o->labels,
                              .weight = o->weight,
                              .terms = o->terms,
                              .term_count = o->term_count,
                              .init = states};
    return gs_sample(networks->network[0].plan, &once, n, images, NULL, error);
}

gs_status gs_result_classify(const gs_result *result, const gs_setup *setup, const gs_network *judge, int i,
                             int *classes, gs_error *error) {
    size_t n = result->done, pixels = setup->networks.pixels;
    const float *states = result->trajectory ? result->trajectory + (size_t)i * n * pixels : result->samples;
    double sigma = result->trajectory && i < result->levels - 1 ? result->sigmas[i] : 0;
    float *room = gs_alloc(n, pixels * sizeof(float)), *images = gs_alloc(n, pixels * sizeof(float));
    gs_status status = room && images ? GS_OK : gs_fail_memory(error, "a state for the judge");
    if (!status)
        status = denoise(setup, states, n, sigma, images, error);
    if (!status)
        status = gs_judge_classify(judge, &setup->networks, images, n, room, classes, error);
    gs_free(room);
    gs_free(images);
    return status;
}

void gs_close_up(float *rows, size_t count, size_t from, size_t to) {
    for (size_t i = 1; rows && i < count; i++)
        memmove(rows + i * to, rows + i * from, to * sizeof *rows);
}

void gs_result_free(gs_result *result) {
    gs_free(result->samples);
    gs_free(result->trajectory);
    gs_free(result->sigmas);
    *result = (gs_result){0};
}
