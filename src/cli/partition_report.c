/* The report of gensample partition. */
#include <math.h>

#include "app/words.h"
#include "cli/images.h"
#include "cli/partition.h"
#include "cli/settings.h"
#include "measure/statistics.h"

enum { NAME_WIDTH = 26 };

/* Below this effective number of chains, the error itself is not known. */
static const double effective_low = 8;

static gs_status summarize(const gs_partition_run *run, const gs_probable *p, gs_summary *summary, gs_error *error) {
    size_t n = p->given.images.n;
    float *log_p = gs_alloc(n, sizeof *log_p);
    if (!log_p)
        return gs_fail_memory(error, "the summary");
    for (size_t k = 0; k < n; k++)
        log_p[k] = (float)gs_partition_log_p(run, p, k);
    gs_status status = gs_summarize(log_p, NULL, -1, n, summary, error);
    gs_free(log_p);
    return status;
}

/* ---- JSON ---- */

static gs_status put_input(const gs_partition_run *run, const gs_probable *p, json_t *list, gs_error *error) {
    gs_summary s;
    gs_status status = summarize(run, p, &s, error);
    json_t *object = json_object(), *values = json_array();
    json_object_set_new(object, "input", gs_text_json(gs_base_name(p->given.path)));
    json_object_set_new(object, "n", gs_whole_json(p->given.images.n));
    json_object_set_new(object, "mean", gs_real_json(s.mean));
    json_object_set_new(object, "sd", gs_real_json(s.sd));
    for (size_t k = 0; k < p->given.images.n; k++)
        json_array_append_new(values, gs_real_json(gs_partition_log_p(run, p, k)));
    json_object_set_new(object, "log_p", values);
    json_array_append_new(list, object);
    return status;
}

static gs_status report_json(const gs_partition_run *run, gs_error *error) {
    const gs_setup *setup = &run->setup;
    const gs_partition *p = &run->partition;
    json_t *object = json_object(), *settings = json_object(), *inputs = json_array();
    gs_status status = GS_OK;
    gs_settings_put(setup, settings);
    for (int i = 0; i < run->count && !status; i++)
        status = put_input(run, &run->input[i], inputs, error);
    json_object_set_new(object, "model", json_string(setup->networks.info->name));
    json_object_set_new(object, "hash", json_string(setup->networks.info->hash));
    json_object_set_new(object, "settings", settings);
    json_object_set_new(object, "seed", gs_whole_json(setup->arguments->seed));
    json_object_set_new(object, "chains", gs_whole_json(p->chains));
    json_object_set_new(object, "log_z", gs_real_json(p->log_z));
    json_object_set_new(object, "error", gs_real_json(p->error));
    json_object_set_new(object, "effective", gs_real_json(p->effective));
    if (isfinite(run->known))
        json_object_set_new(object, "known", gs_real_json(run->known));
    json_object_set_new(object, "inputs", inputs);
    json_object_set_new(object, "evaluations", gs_whole_json(run->outcome.evaluations));
    json_object_set_new(object, "seconds", gs_real_json(run->seconds));
    gs_networks_put(&setup->networks, object);
    if (!status)
        return gs_print_json(object, stdout, error);
    json_decref(object);
    return status;
}

/* ---- Text ---- */

static gs_status put_inputs(const gs_partition_run *run, FILE *out, gs_error *error) {
    gs_status status = GS_OK;
    for (int i = 0; i < run->count; i++)
        gs_images_put_taken(run->input[i].given.path, &run->input[i].given.images, out);
    fprintf(out, "%-*s%9s%12s%12s%12s%12s%12s\n", NAME_WIDTH, "log p, nats", "n", "mean", "sd", "5 %", "median",
            "95 %");
    for (int i = 0; i < run->count && !status; i++) {
        gs_summary s;
        status = summarize(run, &run->input[i], &s, error);
        if (status)
            break;
        char sd[32] = "-"; /* of a single image */
        if (isfinite(s.sd))
            snprintf(sd, sizeof sd, "%.4g", s.sd);
        fprintf(out, "%-*s%9zu%12.6g%12s%12.6g%12.6g%12.6g\n", NAME_WIDTH, gs_base_name(run->input[i].given.path),
                run->input[i].given.images.n, s.mean, sd, s.quantile[1], s.quantile[3], s.quantile[5]);
    }
    return status;
}

/* Few weights matter: most of them are too small, or there are few chains, whose weights are alike. */
static void put_few_weights(const gs_partition *p, bool has_particles) {
    if (p->effective > 0.5 * (double)p->chains)
        gs_warn(
            "the weights of %zu chains are worth those of %.1f, too few to say how uncertain log Z is: expected %g or "
            "more; give more --chains",
            p->chains, p->effective, effective_low);
    else
        gs_warn(
            "the weights of %zu chains are worth those of %.1f, so that log Z and its error are uncertain, and log Z "
            "is likely too low; give more steps%s or moves, or more chains",
            p->chains, p->effective, has_particles ? ", particles" : "");
}

static void put_doubts(const gs_partition_run *run) {
    const gs_partition *p = &run->partition;
    char line[400];
    for (int i = 0; gs_outcome_warning(&run->outcome, &run->setup.options, i, line, sizeof line); i++)
        gs_warn("%s", line);
    if (p->effective < effective_low)
        put_few_weights(p, gs_settings_read_by(&run->setup.options, GS_SETTING_PARTICLES));
}

static gs_status report_text(const gs_partition_run *run, gs_error *error) {
    const gs_partition *p = &run->partition;
    const gs_setup *setup = &run->setup;
    FILE *out = stdout;
    gs_status status = run->count ? put_inputs(run, out, error) : GS_OK;
    if (status)
        return status;
    fprintf(out, "log Z = %.6g", p->log_z);
    if (isfinite(p->error))
        fprintf(out, " +- %.2g (standard error)", p->error);
    if (isfinite(run->known))
        fprintf(out, ", known: %.6g", run->known);
    fprintf(out, "\n%zu chains of %s, whose weights are worth %.4g; the network %s", p->chains, setup->options.sampler,
            p->effective, setup->networks.info->name);
    if (setup->options.sigma_low > 0)
        fprintf(out, " at noise level %g", setup->options.sigma_low);
    if (setup->options.clamp > 0)
        fprintf(out, " within the pixels' range");
    fprintf(out, ", temperature %g; %.4g evaluations in %.3g s", setup->options.temperature,
            (double)run->outcome.evaluations, run->seconds);
    gs_networks_put_dtypes(&setup->networks, out);
    fputc('\n', out);
    return GS_OK;
}

gs_status gs_partition_report(const gs_partition_run *run, gs_error *error) {
    put_doubts(run);
    return run->setup.arguments->json ? report_json(run, error) : report_text(run, error);
}
