/* The report of gensample energy. */
#include <math.h>
#include <string.h>

#include "app/words.h"
#include "cli/energy.h"
#include "cli/images.h"

enum { NAME_WIDTH = 26, CLASSES = 256 };

static const float *values_of(const gs_energies *e, bool is_norm) {
    return is_norm ? e->norm : e->energy;
}

/* What the lengths are of. */
static const char *norm_of(const gs_energy_run *run) {
    return run->has_energy ? "dE/dx" : "score";
}

/* The number of images of each class. */
static void count_classes(const gs_energies *e, size_t counts[CLASSES]) {
    for (int c = 0; c < CLASSES; c++)
        counts[c] = 0;
    for (size_t k = 0; e->in.given.labels && k < e->in.given.images.n; k++)
        counts[e->in.given.labels[k]]++;
}

/* ---- JSON ---- */

static json_t *summary_json(const gs_summary *s) {
    static const char *const names[GS_SUMMARY_QUANTILES] = {"least", "q05", "q25", "median", "q75", "q95", "greatest"};
    json_t *object = json_object();
    json_object_set_new(object, "n", gs_whole_json(s->n));
    json_object_set_new(object, "finite", gs_whole_json(s->finite));
    json_object_set_new(object, "mean", gs_real_json(s->mean));
    json_object_set_new(object, "sd", gs_real_json(s->sd));
    for (int i = 0; i < GS_SUMMARY_QUANTILES; i++)
        json_object_set_new(object, names[i], gs_real_json(s->quantile[i]));
    return object;
}

/* Of one class, or of all for -1. */
static gs_status put_summaries(const gs_energy_run *run, const gs_energies *e, int class, json_t *object,
                               gs_error *error) {
    gs_status status = GS_OK;
    for (int is_norm = !run->has_energy; is_norm < 2 && !status; is_norm++) {
        gs_summary s;
        status = gs_summarize(values_of(e, is_norm), class < 0 ? NULL : e->in.given.labels, class, e->in.given.images.n,
                              &s, error);
        if (!status)
            json_object_set_new(object, is_norm ? "norm" : "energy", summary_json(&s));
    }
    return status;
}

static gs_status put_input(const gs_energy_run *run, const gs_energies *e, json_t *list, gs_error *error) {
    json_t *object = json_object(), *classes = json_array();
    size_t counts[CLASSES];
    count_classes(e, counts);
    json_object_set_new(object, "input", gs_text_json(gs_base_name(e->in.given.path)));
    json_object_set_new(object, "label", gs_given_told_json(&e->in.given, run->arguments, e->in.labels));
    gs_status status = put_summaries(run, e, -1, object, error);
    for (int c = 0; c < CLASSES && !status; c++) {
        if (!counts[c])
            continue;
        json_t *row = json_pack("{si}", "class", c);
        status = put_summaries(run, e, c, row, error);
        json_array_append_new(classes, row);
    }
    json_object_set_new(object, "classes", classes);
    json_array_append_new(list, object);
    return status;
}

static json_t *networks_json(const gs_energy_run *run) {
    json_t *networks = json_array();
    const gs_arguments *a = run->arguments;
    for (int k = 0; k < run->networks.count; k++) {
        const gs_model_info *info = gs_model_get_info(run->networks.network[k].model);
        json_array_append_new(networks, json_pack("{ss ss sf ss}", "model", info->name, "hash", info->hash, "weight",
                                                  a->compose.count ? a->composed[k].weight : 1.0, "dtype",
                                                  gs_networks_dtype(&run->networks, k)));
    }
    return networks;
}

static gs_status report_json(const gs_energy_run *run, FILE *out, gs_error *error) {
    const gs_arguments *a = run->arguments;
    gs_plan_info plan = gs_plan_get_info(run->networks.network[0].plan);
    json_t *object = json_object(), *inputs = json_array();
    gs_status status = GS_OK;
    for (int i = 0; i < run->count && !status; i++)
        status = put_input(run, &run->input[i], inputs, error);
    json_object_set_new(object, "networks", networks_json(run));
    json_object_set_new(object, "sigma", run->sigma > 0 ? json_real(run->sigma) : json_null());
    json_object_set_new(object, "norm_of", json_string(norm_of(run)));
    json_object_set_new(object, "inputs", inputs);
    json_object_set_new(object, "out", a->out ? gs_text_json(a->out) : json_null());
    json_object_set_new(object, "plot", a->plot ? gs_text_json(a->plot) : json_null());
    json_object_set_new(object, "seconds", gs_real_json(run->seconds));
    json_object_set_new(object, "threads", json_integer(plan.threads));
    gs_networks_put(&run->networks, object);
    if (!status)
        return gs_print_json(object, out, error);
    json_decref(object);
    return status;
}

/* ---- Text ---- */

static void put_row(FILE *out, const char *name, const gs_summary *s) {
    const double columns[] = {s->mean, s->sd, s->quantile[1], s->quantile[GS_SUMMARY_MEDIAN], s->quantile[5]};
    int length = (int)strlen(name);
    gs_put_plain(name, out);
    fprintf(out, "%*s%9zu", NAME_WIDTH > length ? NAME_WIDTH - length : 1, "", s->n);
    for (size_t i = 0; i < GS_COUNT(columns); i++)
        if (isfinite(columns[i]))
            fprintf(out, "%12.5g", columns[i]);
        else
            fprintf(out, "%12s", "-");
    if (s->finite < s->n)
        fprintf(out, "  %zu not finite", s->n - s->finite);
    fputc('\n', out);
}

static gs_status put_rows(const gs_energies *e, bool is_norm, FILE *out, gs_error *error) {
    size_t counts[CLASSES], n = e->in.given.images.n;
    gs_summary s;
    char name[32];
    gs_status status = gs_summarize(values_of(e, is_norm), NULL, 0, n, &s, error);
    if (status)
        return status;
    put_row(out, gs_base_name(e->in.given.path), &s);
    count_classes(e, counts);
    for (int c = 0; c < CLASSES && !status; c++) {
        if (!counts[c])
            continue;
        status = gs_summarize(values_of(e, is_norm), e->in.given.labels, c, n, &s, error);
        snprintf(name, sizeof name, "  class %d", c);
        if (!status)
            put_row(out, name, &s);
    }
    return status;
}

static gs_status put_table(const gs_energy_run *run, bool is_norm, FILE *out, gs_error *error) {
    gs_status status = GS_OK;
    char head[32] = "E";
    if (is_norm)
        snprintf(head, sizeof head, "|%s|", norm_of(run));
    fprintf(out, "%-*s%9s%12s%12s%12s%12s%12s\n", NAME_WIDTH, head, "n", "mean", "sd", "5 %", "median", "95 %");
    for (int i = 0; i < run->count && !status; i++)
        status = put_rows(&run->input[i], is_norm, out, error);
    return status;
}

static void put_told(const gs_energy_run *run, FILE *out) {
    if (!run->networks.classes)
        return;
    fputs(", told ", out);
    for (int i = 0; i < run->count; i++) {
        fputs(i ? ", " : "", out);
        gs_given_put_told(&run->input[i].in.given, run->arguments, run->input[i].in.labels, out);
    }
}

static void put_last_line(const gs_energy_run *run, FILE *out) {
    const gs_arguments *a = run->arguments;
    fprintf(out, "%s of the network%s", run->has_energy ? "energies" : "no energies, but scores",
            run->networks.count > 1 ? "s" : "");
    for (int k = 0; k < run->networks.count; k++) {
        fprintf(out, "%s %s", k ? "," : "", gs_model_get_info(run->networks.network[k].model)->name);
        if (a->compose.count)
            fprintf(out, " to the power of %g", a->composed[k].weight);
    }
    if (run->sigma > 0)
        fprintf(out, " at noise level %g", run->sigma);
    put_told(run, out);
    gs_networks_put_dtypes(&run->networks, out);
    gs_arguments_put_written(a, out);
}

gs_status gs_energy_report(const gs_energy_run *run, FILE *out, gs_error *error) {
    gs_status status = GS_OK;
    if (run->arguments->json)
        return report_json(run, out, error);
    for (int i = 0; i < run->count; i++)
        gs_images_put_taken(run->input[i].in.given.path, &run->input[i].in.given.images, out);
    if (run->has_energy)
        status = put_table(run, false, out, error);
    if (!status)
        status = put_table(run, true, out, error);
    if (!status)
        put_last_line(run, out);
    return status;
}
