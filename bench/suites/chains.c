#include "suites/rows.h"

#include <math.h>

enum { CHAINS = 16, POINTS = 101 };
static const double LEVEL = 1; /* a noise level at which digits turn into others within some hundred steps */

/* Without noise levels, an energy need not keep chains near the pixels' range, beyond which it was never trained. */
static gs_sample_options settings_of(const bench_row *row, const gs_trace *trace) {
    bool takes_sigma = row->model->info->takes_sigma;
    return (gs_sample_options){.sampler = row->sampling.sampler,
                               .steps = row->sampling.mixing,
                               .sigma_low = takes_sigma ? LEVEL : 0,
                               .sigma_high = takes_sigma ? LEVEL : 0,
                               .denoise = -1,
                               .clamp = takes_sigma ? 0 : 1,
                               .seed = row->settings->seed,
                               .trace = trace};
}

static void note(bench_row *row, const gs_diagnosis *d, uint64_t evaluations) {
    double of_kept = 0.5 * CHAINS * (double)evaluations; /* the second half, as for the effective sample size */
    bench_figure_add(row, "R-hat", "", d->rhat);
    bench_figure_add(row, "acceptance", "%", 100 * d->acceptance);
    row->ess_per_item = isfinite(d->ess) ? d->ess / of_kept : 0;
}

gs_status bench_chains_diagnose(bench_row *row, gs_plan *plan, gs_error *error) {
    size_t steps = (size_t)row->sampling.mixing, pixels = bench_pixels(row->model->info);
    gs_trace trace = {.energy = gs_alloc(steps + 1, CHAINS * sizeof *trace.energy),
                      .acceptance = gs_alloc(steps, CHAINS * sizeof *trace.acceptance)};
    float *x = gs_alloc(CHAINS, pixels * sizeof *x);
    int *labels = gs_alloc(CHAINS, sizeof *labels);
    gs_sample_options options = settings_of(row, &trace);
    gs_status status = trace.energy && trace.acceptance && x && labels ? GS_OK : gs_fail_memory(error, "chains");
    if (!status) {
        options.labels = row->model->info->labels ? labels : NULL; /* all of one class: a single distribution */
        status = gs_sample(plan, &options, CHAINS, x, NULL, error);
    }
    if (!status)
        status = gs_sample_resolve(row->model->model, &options, error);
    bool proposes = options.target > 0; /* what it proposes is accepted as often as that, or rejected */
    gs_record record = {
        .steps = steps, .chains = CHAINS, .energy = trace.energy, .acceptance = proposes ? trace.acceptance : NULL};
    gs_diagnosis d;
    if (!status)
        status = gs_diagnose(&record, &d, error);
    if (!status) {
        note(row, &d, gs_sample_evaluations(row->model->model, &options));
        gs_curve_free(&row->trace);
        status = gs_curve_fill(&row->trace, trace.energy, (gs_curve_rows){.last = steps}, CHAINS, POINTS, error);
    }
    gs_free(trace.energy);
    gs_free(trace.acceptance);
    gs_free(x);
    gs_free(labels);
    return status;
}
