#include "cli/draws.h"

#include "app/interrupt.h"
#include "cli/settings.h"
#include "io/progress.h"

static bool show_progress(void *context, double part, size_t done, size_t n) {
    gs_progress_update(context, part, done, n);
    return !gs_interrupted();
}

/* What holds of all calls is noted with the first. */
static void begin_warnings(gs_draws *draws, const gs_setup *setup) {
    const char *caution = gs_networks_caution(&setup->networks, setup->arguments);
    if (draws->warnings)
        return;
    draws->warnings = json_array();
    if (caution)
        json_array_append_new(draws->warnings, json_string(caution));
    if (gs_settings_read_by(&setup->options, GS_SETTING_LABEL_STEPS) && !setup->networks.classes)
        json_array_append_new(draws->warnings,
                              json_sprintf("--sampler %s: the network %s takes no labels, of which it would draw some: "
                                           "its steps are those of mala",
                                           setup->options.sampler, setup->networks.info->name));
}

static void note_warnings(gs_draws *draws, const gs_sample_options *options, const char *what) {
    char text[GS_MESSAGE_MAX];
    for (int i = 0; gs_outcome_warning(options->outcome, options, i, text, sizeof text); i++)
        json_array_append_new(draws->warnings, json_sprintf("%s%s%s", what ? what : "", what ? ": " : "", text));
}

gs_status gs_draws_add(gs_draws *draws, const gs_setup *setup, const char *what, size_t n, float *samples, size_t *done,
                       gs_error *error) {
    gs_progress progress = {0};
    gs_outcome outcome = {0};
    gs_sample_options options = setup->options;
    gs_interrupt_install();
    if (!setup->arguments->quiet)
        gs_progress_start(&progress, stderr, what);
    options.progress = show_progress;
    options.context = &progress;
    options.outcome = &outcome;
    double start_s = gs_now_s();
    gs_plan *plan = setup->networks.network[0].plan;
    gs_status status = setup->measurement ? gs_restore(plan, setup->measurement, &options, n, samples, done, error)
                                          : gs_sample(plan, &options, n, samples, done, error);
    draws->seconds += gs_now_s() - start_s;
    gs_progress_clear(&progress);
    if (status && status != GS_ERROR_INTERRUPTED)
        return status;
    draws->interrupted = status != GS_OK;
    *done = draws->interrupted ? *done : n;
    draws->evaluations += outcome.evaluations;
    draws->chains += outcome.chains;
    begin_warnings(draws, setup);
    note_warnings(draws, &options, what);
    return GS_OK;
}

void gs_draws_warn(const gs_draws *draws, FILE *out) {
    for (size_t i = 0; i < json_array_size(draws->warnings); i++)
        fprintf(out, "warning: %s\n", json_string_value(json_array_get(draws->warnings, i)));
}

void gs_draws_free(gs_draws *draws) {
    json_decref(draws->warnings);
    *draws = (gs_draws){0};
}
