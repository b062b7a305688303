/* What running studies are asked and told on their way: the seed, how far they are, whether to go on. */
#include "app/interrupt.h"
#include "study/private.h"

uint64_t gs_study_seed(const gs_study *study) {
    return study->lab->options->seed;
}

double gs_study_done(gs_study *study, double part) {
    double done = study->begun + (study->until - study->begun) * (part < 1 ? part : 1);
    study->done = done > study->done ? done : study->done;
    return study->done;
}

bool gs_study_show(gs_study *study, double part) {
    gs_lab *lab = study->lab;
    gs_progress_update(&lab->progress, (lab->number + gs_study_done(study, part)) / lab->count, (size_t)lab->number,
                       (size_t)lab->count);
    return !gs_interrupted();
}

static gs_status fail_interrupted(const gs_study *study, gs_error *error) {
    return gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted in study %s, number %d of %d", study->record->row->name,
                   study->lab->number + 1, study->lab->count);
}

gs_status gs_study_go_on(gs_study *study, double part, gs_error *error) {
    return gs_study_show(study, part) ? GS_OK : fail_interrupted(study, error);
}

void gs_study_stage(gs_study *study, double until) {
    study->begun = study->staged;
    study->until = study->staged = until;
}

static bool show_sampling(void *context, double part, size_t done, size_t n) {
    (void)done;
    (void)n;
    return gs_study_show(context, part);
}

gs_status gs_study_sample(gs_study *study, const gs_study_network *network, gs_sample_options *options, size_t n,
                          float *out, gs_error *error) {
    gs_status status = gs_sample_resolve(network->model, options, error);
    if (status)
        return status;
    options->progress = show_sampling;
    options->context = study;
    status = gs_sample(network->plan, options, n, out, NULL, error);
    return status == GS_ERROR_INTERRUPTED ? fail_interrupted(study, error) : status;
}
