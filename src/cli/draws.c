#include "cli/draws.h"

#include "app/interrupt.h"
#include "app/ranks.h"
#include "app/shares.h"
#include "cli/settings.h"
#include "io/progress.h"

static bool show_progress(void *context, double part, size_t done, size_t n) {
    gs_progress_update(context, part, done, n);
    gs_shares_hear_halt();
    return !gs_interrupted();
}

void gs_outcome_add(gs_outcome *sum, const gs_outcome *o) {
    gs_outcome before = *sum;
    if (!o->chains)
        return;
    *sum = *o;
    sum->chains += before.chains;
    sum->far += before.far;
    if (before.far) {
        sum->far_chain = before.far_chain;
        sum->far_by = before.far_by;
    }
    sum->thrown += before.thrown;
    sum->stuck += before.stuck;
    sum->evaluations += before.evaluations;
    sum->unopposed += before.unopposed;
    sum->coarse += before.coarse;
    sum->apart += before.apart;
    sum->capped += before.capped;
    sum->coarse_steps += before.coarse_steps;
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

/* Draw n chains of the setup, from number `first` on, into their places among all samples. */
static gs_status draw(const gs_setup *setup, const gs_sample_options *options, size_t first, size_t n, float *samples,
                      size_t *done, gs_error *error) {
    gs_plan *plan = setup->networks.network[0].plan;
    size_t pixels = setup->networks.pixels;
    gs_sample_options o = *options;
    int shape[3];
    *done = 0;
    if (!n)
        return GS_OK;
    samples += first * pixels;
    o.first_chain += first;
    o.labels = o.labels ? o.labels + first : NULL;
    o.init = o.init ? o.init + first * pixels : NULL;
    if (!setup->measurement)
        return gs_sample(plan, &o, n, samples, done, error);
    gs_measurement measurement = *setup->measurement;
    gs_operator_shape(measurement.operator_, shape);
    measurement.y += first * (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
    return gs_restore(plan, &measurement, &o, n, samples, done, error);
}

/* Hand this rank's samples and outcome to the first rank, which gets those of all. */
static gs_status collect(const gs_setup *setup, size_t n, float *samples, gs_outcome *outcome, gs_error *error) {
    size_t image = setup->networks.pixels * sizeof *samples;
    gs_status status = GS_OK;
    if (gs_ranks_rank()) {
        gs_share share = gs_share_of(gs_ranks_rank(), n);
        status = gs_shares_send(0, outcome, sizeof *outcome, error);
        return !status ? gs_shares_send(0, samples + share.first * setup->networks.pixels, share.count * image, error)
                       : status;
    }
    for (int rank = 1; rank < gs_ranks_count() && !status; rank++) {
        gs_share share = gs_share_of(rank, n);
        gs_outcome other;
        status = gs_shares_receive(rank, &other, sizeof other, error);
        if (!status)
            status =
                gs_shares_receive(rank, samples + share.first * setup->networks.pixels, share.count * image, error);
        if (!status)
            gs_outcome_add(outcome, &other);
    }
    return status;
}

/* The same over ranks. */
static gs_status draw_share(const gs_setup *setup, const gs_sample_options *options, size_t n, float *samples,
                            size_t *done, gs_error *error) {
    gs_share share = gs_share_of(gs_ranks_rank(), n);
    gs_status status = draw(setup, options, share.first, share.count, samples, done, error);
    if (status)
        gs_shares_halt();
    status = gs_ranks_agree(status, error);
    *done = 0;
    return !status ? collect(setup, n, samples, options->outcome, error) : status;
}

gs_status gs_draws_add(gs_draws *draws, const gs_setup *setup, const char *what, size_t n, float *samples, size_t *done,
                       gs_error *error) {
    gs_progress progress = {0};
    gs_outcome outcome = {0};
    gs_sample_options options = setup->options;
    gs_interrupt_install();
    if (!setup->arguments->quiet && !gs_ranks_rank())
        gs_progress_start(&progress, stderr, what);
    options.progress = show_progress;
    options.context = &progress;
    options.outcome = &outcome;
    double start_s = gs_now_s();
    gs_status status = gs_ranks_count() > 1 ? draw_share(setup, &options, n, samples, done, error)
                                            : draw(setup, &options, 0, n, samples, done, error);
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
