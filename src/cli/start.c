#include "cli/start.h"

#include <string.h>

#include "cli/images.h"
#include "cli/settings.h"

gs_status gs_start_read(gs_start *start, const gs_setup *setup, size_t most, gs_error *error) {
    const gs_arguments *a = setup->arguments;
    if (!a->init)
        return GS_OK;
    return gs_images_take(a->init, setup->networks.info, a->given[GS_OPTION_N], most, &start->images, error);
}

double gs_start_noise(const gs_setup *setup) {
    const gs_arguments *a = setup->arguments;
    if (a->given[GS_OPTION_INIT_NOISE])
        return a->init_noise > 0 ? a->init_noise : 0;
    return gs_settings_sampler(&setup->options)->descends ? setup->options.sigma_high : 0;
}

gs_status gs_start_add_noise(gs_start *start, gs_setup *setup, gs_error *error) {
    const gs_arguments *a = setup->arguments;
    size_t n = start->images.n, pixels = setup->networks.pixels;
    if (!start->images.data)
        return GS_OK;
    start->states = gs_alloc(n, pixels * sizeof(float));
    if (!start->states)
        return gs_fail_memory(error, "the images of --init");
    memcpy(start->states, start->images.data, n * pixels * sizeof(float));
    setup->options.init = start->states;
    return gs_sample_add_noise(a->seed, a->first, gs_start_noise(setup), n, pixels, start->states, error);
}

void gs_start_free(gs_start *start) {
    gs_images_free(&start->images);
    gs_free(start->states);
    *start = (gs_start){0};
}
