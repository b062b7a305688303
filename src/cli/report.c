/* The report of gensample sample: lines, or one JSON object. */
#include <math.h>

#include "app/words.h"
#include "cli/diagnose.h"
#include "cli/images.h"
#include "cli/sample.h"
#include "cli/settings.h"
#include "io/output.h"

/* Samples of all rows. */
static size_t drawn(const gs_run *run) {
    return run->result.done * (size_t)gs_result_rows(&run->result);
}

/* Of samplers that choose their steps on the way, the mean of all chains. */
static double evaluations(const gs_run *run) {
    const gs_draws *d = &run->draws;
    return d->chains ? (double)d->evaluations / (double)d->chains
                     : (double)gs_sample_evaluations(run->setup.networks.network[0].model, &run->setup.options);
}

static bool is_plotted(const gs_run *run) {
    return run->setup.arguments->plot && run->traced.record.chains;
}

static void put_speed(const gs_run *run, json_t *object) {
    gs_plan_info plan = gs_plan_get_info(run->setup.networks.network[0].plan);
    double seconds = run->draws.seconds;
    json_object_set_new(object, "requested", gs_whole_json(run->result.n));
    json_object_set_new(object, "interrupted", json_boolean(run->draws.interrupted));
    json_object_set_new(object, "seconds", gs_real_json(seconds));
    json_object_set_new(object, "samples_per_second", gs_real_json((double)drawn(run) / seconds));
    json_object_set_new(object, "evaluations_per_sample", gs_mean_json(evaluations(run)));
    json_object_set_new(object, "threads", json_integer(plan.threads));
    gs_networks_put(&run->setup.networks, object);
    json_object_set_new(object, "block", json_integer(plan.block));
}

static void add_warning(void *context, const char *text) {
    json_array_append_new(context, json_string(text));
}

static void put_diagnosis(const gs_run *run, json_t *object) {
    json_t *diagnosis = gs_diagnosis_json(&run->traced.record, &run->traced.diagnosis);
    json_object_set_new(object, "diagnosis", diagnosis);
    if (!diagnosis)
        return;
    json_object_set_new(diagnosis, "quantities", gs_followed_json(&run->traced.followed));
    gs_followed_warn(&run->traced.followed, add_warning, json_object_get(diagnosis, "warnings"));
}

/* What the draws after burn-in cost: network evaluations, and seconds. */
static void print_quantities(const gs_run *run, FILE *out) {
    const gs_followed *f = &run->traced.followed;
    double part = (double)(f->steps - f->left_out) / (double)f->steps;
    gs_followed_print(f, part * (double)run->draws.evaluations, part * run->draws.seconds, out);
}

static gs_status report_json(const gs_run *run, FILE *out, gs_error *error) {
    const gs_arguments *a = run->setup.arguments;
    const gs_model_info *info = run->setup.networks.info;
    json_t *object = json_object(),
           *acceptance = gs_traced_acceptance_json(&run->traced, &run->setup.options, run->result.done);
    json_object_set_new(object, "model", json_string(info->name));
    json_object_set_new(object, "hash", json_string(info->hash));
    gs_run_put_settings(run, object);
    if (run->start.images.taken[0])
        json_object_set_new(object, "init_taken", json_string(run->start.images.taken));
    put_speed(run, object);
    json_object_set_new(object, "out", gs_text_json(a->out));
    if (is_plotted(run))
        json_object_set_new(object, "plot", gs_text_json(a->plot));
    if (a->map)
        json_object_set_new(object, "map", gs_text_json(a->map));
    json_object_set_new(object, "shown", gs_whole_json(gs_run_shown(run)));
    if (acceptance)
        json_object_set_new(object, "acceptance", acceptance);
    gs_judging_put(&run->judging, &run->setup, &run->result, object);
    if (run->nearest.nearness.samples)
        json_object_set_new(object, "nearest", gs_nearest_json(&run->nearest));
    json_object_set(object, "warnings", run->draws.warnings);
    if (run->traced.record.chains)
        put_diagnosis(run, object);
    return gs_print_json(object, out, error);
}

/* The last line: how fast it was, and where the samples are. */
static void report_speed(const gs_run *run, FILE *out) {
    const gs_arguments *a = run->setup.arguments;
    gs_plan_info plan = gs_plan_get_info(run->setup.networks.network[0].plan);
    const char *backend = gs_networks_foreign_backend(&run->setup.networks);
    double count = evaluations(run);
    size_t n = drawn(run), shown = gs_run_shown(run);
    fprintf(out, "%zu sample%s in %.3g s: %.4g samples/s, %.*f evaluation%s per sample, %d thread%s, %s%s%s", n,
            n == 1 ? "" : "s", run->draws.seconds, (double)n / run->draws.seconds, count == floor(count) ? 0 : 2, count,
            count == 1 ? "" : "s", plan.threads, plan.threads == 1 ? "" : "s", plan.isa, backend ? " and " : "",
            backend ? backend : "");
    gs_networks_put_dtypes(&run->setup.networks, out);
    fprintf(out, "; wrote %s", gs_output_label(a->out));
    if (shown < run->result.done) {
        fprintf(out, " (the first %zu%s %s drawn)", shown, gs_result_rows(&run->result) > 1 ? " per row" : "",
                shown == 1 ? "is" : "are");
    }
    if (is_plotted(run))
        fprintf(out, " and %s", gs_output_label(a->plot));
    if (a->map)
        fprintf(out, " and %s", gs_output_label(a->map));
    fputc('\n', out);
}

gs_status gs_run_report(const gs_run *run, FILE *out, gs_error *error) {
    const gs_setup *setup = &run->setup;
    gs_status status = GS_OK;
    if (setup->arguments->json)
        return report_json(run, out, error);
    if (run->start.images.n)
        gs_images_put_taken(setup->arguments->init, &run->start.images, out);
    if (gs_settings_read_by(&setup->options, GS_SETTING_STEP_SIZE))
        gs_traced_report(&run->traced, &setup->options, run->result.done, gs_networks_are_narrow(&setup->networks),
                         out);
    gs_judging_report(&run->judging, setup, &run->result, out);
    if (run->nearest.nearness.samples)
        gs_nearest_report(&run->nearest, out);
    if (run->traced.record.chains)
        status = gs_diagnosis_print(&run->traced.record, &run->traced.diagnosis, out, error);
    if (run->traced.record.chains && !status)
        print_quantities(run, out);
    if (!status)
        report_speed(run, out);
    return status;
}
