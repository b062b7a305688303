/* Chains that begin at the images of a file. */
#include "cli/run.h"

#include <string.h>

#include "app/words.h"

gs_status gs_run_read_images(const gs_run *run, const char *path, bool given, size_t most, gs_image_file *images,
                             gs_error *error) {
    gs_status status = gs_images_read(path, run->info->shape, run->info->range, most, images, error);
    if (!status && images->caution[0])
        gs_warn("%s: %s", path, images->caution);
    if (status || !given || images->n == most)
        return status;
    return gs_fail(error, GS_ERROR_ARGUMENT, "-n: %zu is more than the %zu image%s of %s", most, images->total,
                   images->total == 1 ? "" : "s", path);
}

void gs_run_put_taken(const char *path, const gs_image_file *images, FILE *out) {
    if (images->taken[0]) {
        gs_put_plain(path, out);
        fprintf(out, ": %s\n", images->taken);
    }
}

gs_status gs_run_read_init(gs_run *run, size_t most, gs_error *error) {
    const gs_arguments *a = run->arguments;
    gs_status status = gs_run_read_images(run, a->init, a->given[GS_OPTION_N], most, &run->init, error);
    run->n = run->init.n;
    return status;
}

double gs_run_init_noise(const gs_run *run) {
    const gs_arguments *a = run->arguments;
    if (a->given[GS_OPTION_INIT_NOISE])
        return a->init_noise > 0 ? a->init_noise : 0;
    return gs_run_sampler(run)->descends ? run->options.sigma_high : 0;
}

gs_status gs_run_noise_init(gs_run *run, gs_error *error) {
    size_t states = run->levels ? (size_t)run->levels : 1;
    run->init_states = gs_alloc(run->n, run->pixels * sizeof(float));
    run->kept = gs_alloc(states, sizeof(double));
    if (!run->init_states || !run->kept)
        return gs_fail_memory(error, "the images of --init");
    memcpy(run->init_states, run->init.data, run->n * run->pixels * sizeof(float));
    run->options.init = run->init_states;
    return gs_sample_add_noise(run->arguments->seed, run->arguments->first, gs_run_init_noise(run), run->n, run->pixels,
                               run->init_states, error);
}

static double share_of_equals(const int *a, const int *b, size_t n) {
    size_t equal = 0;
    for (size_t k = 0; k < n; k++)
        equal += a[k] >= 0 && a[k] == b[k];
    return (double)equal / (double)n;
}

/* The images that a state of noise level sigma stands for: the denoised ones, which the judge can read, or the state
 * itself where there is no noise. The default sampler's only step is a call of the denoiser. */
static gs_status denoise_state(const gs_run *run, const float *state, double sigma, float *images, gs_error *error) {
    if (!(sigma > 0 && run->info->takes_sigma)) {
        memcpy(images, state, run->done * run->pixels * sizeof(float));
        return GS_OK;
    }
    const gs_sample_options *o = &run->options;
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
                              .init = state};
    return gs_sample(run->plan, &once, run->done, images, NULL, error);
}

gs_status gs_run_classify_state(const gs_run *run, int i, int *classes, gs_error *error) {
    size_t n = run->done;
    const float *state = run->trajectory ? run->trajectory + (size_t)i * n * run->pixels : run->samples;
    double sigma = run->trajectory && i < run->levels - 1 ? run->sigmas[i] : 0;
    float *room = gs_alloc(n, run->pixels * sizeof(float)), *images = gs_alloc(n, run->pixels * sizeof(float));
    gs_status status = room && images ? GS_OK : gs_fail_memory(error, "a state for the judge");
    if (!status)
        status = denoise_state(run, state, sigma, images, error);
    if (!status)
        status = gs_quality_classify(run->judge, gs_run_map(run, images, n, room), n, classes, error);
    gs_free(room);
    gs_free(images);
    return status;
}

gs_status gs_run_measure_kept(gs_run *run, gs_error *error) {
    size_t n = run->done;
    int states = run->trajectory ? run->levels : 1;
    float *room = gs_alloc(n, run->pixels * sizeof(float));
    int *before = gs_alloc(n, sizeof(int)), *after = gs_alloc(n, sizeof(int));
    gs_status status = room && before && after ? GS_OK : gs_fail_memory(error, "the states for the judge");
    if (!status)
        status = gs_quality_classify(run->judge, gs_run_map(run, run->init.data, n, room), n, before, error);
    for (int i = 0; i < states && !status; i++) {
        status = gs_run_classify_state(run, i, after, error);
        run->kept[i] = !status ? share_of_equals(before, after, n) : 0;
    }
    gs_free(room);
    gs_free(before);
    gs_free(after);
    return status;
}
