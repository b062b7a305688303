/* Finished images per second, many at once, including noise and all steps. The network's own sampler has its own
 * settings; the others are so short, no longer than the own one, that their samples are poor. */
#include "suites/rows.h"

#include <string.h>

enum { SHORT_STEPS = 10, SHORT_STEPS_PER_LEVEL = 2 };

/* The name of the network's own sampler. */
static const char *own_name(const gs_model *model) {
    gs_sample_options options = {0};
    gs_sample_resolve(model, &options, NULL);
    return options.sampler;
}

void bench_add_samples(bench_rows *rows) {
    static const bench_axes axes = {.takes = bench_can_sample, .batch = {1, {64}}};
    for (bench_variant v = {0}; bench_next(rows->settings, &axes, &v);) {
        const char *usual = own_name(v.model->model);
        for (int i = 0; gs_sampler_get(i); i++) {
            bench_sampling sampling = {.sampler = gs_sampler_get(i)->name, .unit = "samples/s"};
            bool own = !strcmp(sampling.sampler, usual);
            if (!own) {
                sampling.steps = SHORT_STEPS;
                sampling.steps_per_level = SHORT_STEPS_PER_LEVEL;
            }
            if ((own || !rows->settings->quick) && bench_sampling_draws(&sampling, v.model))
                bench_sampling_add(rows, "samples", &sampling, &v);
        }
    }
}
