/* Products of densities: networks beside the first one, whose energies and scores are added to its own. */
#include "cli/run.h"

#include <string.h>

/* A further network must describe the same kind of images as the first. */
static gs_status check_factor(const gs_run *run, int k, gs_error *error) {
    const gs_model_info *first = run->info, *info = gs_model_get_info(run->factors[k - 1].model);
    const int *a = first->shape, *b = info->shape;
    if (memcmp(a, b, sizeof first->shape) != 0) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--compose: network %d, %s, has images of %d x %d x %d: expected %d x %d x %d, as of %s", k + 1,
                       info->name, b[0], b[1], b[2], a[0], a[1], a[2], first->name);
    }
    if (memcmp(first->range, info->range, sizeof first->range) != 0) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--compose: network %d, %s, has pixels in [%g, %g]: expected [%g, %g], as of %s", k + 1,
                       info->name, (double)info->range[0], (double)info->range[1], (double)first->range[0],
                       (double)first->range[1], first->name);
    }
    if (run->classes && info->labels && info->labels != run->classes && run->arguments->label != GS_LABEL_NONE) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "--compose: network %d, %s, has %d classes: expected %d, as of %s",
                       k + 1, info->name, info->labels, run->classes, gs_model_get_info(run->labelled)->name);
    }
    return GS_OK;
}

static gs_status check_kind(const gs_model_info *info, int k, gs_error *error) {
    return info->kind == GS_KIND_CLASSIFIER
               ? gs_fail(
                     error, GS_ERROR_ARGUMENT,
                     "--compose: network %d, %s, is a classifier: expected an energy, score, noise or denoiser model",
                     k + 1, info->name)
               : GS_OK;
}

static void note_labels(gs_run *run, const gs_model *model) {
    if (!run->labelled && gs_model_get_info(model)->labels) {
        run->labelled = model;
        run->classes = gs_model_get_info(model)->labels;
    }
}

gs_status gs_run_load_factors(gs_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    note_labels(run, run->model);
    gs_status status = a->compose.count ? check_kind(run->info, 0, error) : GS_OK;
    for (int k = 1; k < a->compose.count && !status; k++) {
        gs_model **model = &run->factors[k - 1].model;
        status = gs_model_load(a->composed[k].path, model, error);
        if (!status)
            status = check_kind(gs_model_get_info(*model), k, error);
        if (!status)
            status = check_factor(run, k, error);
        if (!status) {
            note_labels(run, *model);
            run->terms[k - 1].weight = a->composed[k].weight;
        }
    }
    return status;
}

gs_status gs_run_check_levels(const gs_run *run, gs_error *error) {
    const gs_sample_options *o = &run->options;
    for (int k = 1; k <= o->term_count; k++) {
        const gs_model_info *info = gs_model_get_info(run->factors[k - 1].model);
        if (!run->info->takes_sigma && info->takes_sigma && o->sigma_high < info->sigma[0]) {
            return gs_fail(error, GS_ERROR_ARGUMENT,
                           "--compose: network %d, %s, needs a noise level of %g ... %g, of which the first, %s, knows "
                           "none: name %s first, or choose the level with --sigmas S,S",
                           k + 1, info->name, info->sigma[0], info->sigma[1], run->info->name, info->name);
        }
        if (run->info->takes_sigma && info->takes_sigma &&
            (o->sigma_low < info->sigma[0] || o->sigma_high > info->sigma[1])) {
            return gs_fail(error, GS_ERROR_ARGUMENT,
                           "--sigmas %g,%g: network %d of --compose, %s, was trained on %g,%g", o->sigma_low,
                           o->sigma_high, k + 1, info->name, info->sigma[0], info->sigma[1]);
        }
    }
    return GS_OK;
}

gs_status gs_run_plan_factors(gs_run *run, const gs_plan_options *options, gs_error *error) {
    gs_plan_options how = *options;
    gs_status status = GS_OK;
    how.block = gs_plan_get_info(run->plan).block; /* every network works on the same blocks of chains */
    for (int k = 0; k < run->options.term_count && !status; k++) {
        gs_factor *factor = &run->factors[k];
        how.gradient = gs_model_get_info(factor->model)->kind == GS_KIND_ENERGY;
        status = gs_plan_create(factor->model, &how, &factor->plan, error);
        run->terms[k].plan = factor->plan;
    }
    return status;
}

void gs_run_weigh(gs_run *run, int row) {
    const gs_arguments *a = run->arguments;
    int last = run->options.term_count;
    double *weight = last ? &run->terms[last - 1].weight : &run->options.weight;
    if (a->given[GS_OPTION_SWEEP])
        *weight = a->sweep.values[row];
    run->row[row].weight = *weight;
}
