/* The report of gensample novelty, and its plot. */
#include <math.h>
#include <string.h>

#include "app/words.h"
#include "cli/images.h"
#include "cli/novelty.h"
#include "io/plot.h"

enum { NAME_WIDTH = 26, POINTS = 201, NAME = 22 };

static const char *file_of(const gs_novelty_run *run, int i) {
    return gs_base_name(run->input[i].in.given.path);
}

/* ---- Report ---- */

static gs_status report_json(const gs_novelty_run *run, FILE *out, gs_error *error) {
    const gs_novelty_options *o = &run->options;
    json_t *object = json_object(), *rows = json_array();
    for (int i = 1; i < run->count; i++) {
        for (int k = 0; k < run->scores; k++) {
            json_t *row = json_object();
            json_object_set_new(row, "against", gs_text_json(file_of(run, i)));
            json_object_set_new(row, "n", gs_whole_json(run->input[i].in.given.images.n));
            json_object_set_new(row, "by", json_string(run->by[k]->name));
            json_object_set_new(row, "auroc", gs_real_json(run->auroc[i - 1][k]));
            json_object_set_new(row, "error", gs_real_json(run->error[i - 1][k]));
            json_array_append_new(rows, row);
        }
    }
    json_object_set_new(object, "model", json_string(run->networks.info->name));
    json_object_set_new(object, "hash", json_string(run->networks.info->hash));
    json_object_set_new(object, "input", gs_text_json(file_of(run, 0)));
    json_object_set_new(object, "n", gs_whole_json(run->input[0].in.given.images.n));
    json_object_set_new(object, "label",
                        gs_given_told_json(&run->input[0].in.given, run->arguments, run->input[0].in.labels));
    json_object_set_new(object, "sigma", o->sigma > 0 ? json_real(o->sigma) : json_null());
    json_object_set_new(object, "seed", gs_whole_json(o->seed));
    json_object_set_new(object, "scores", rows);
    json_object_set_new(object, "seconds", gs_real_json(run->seconds));
    json_object_set_new(object, "threads", json_integer(gs_plan_get_info(run->networks.network[0].plan).threads));
    gs_networks_put(&run->networks, object);
    return gs_print_json(object, out, error);
}

static void put_row(const gs_novelty_run *run, int i, FILE *out) {
    char name[NAME_WIDTH + 1];
    snprintf(name, sizeof name, "%s", file_of(run, i));
    gs_put_plain(name, out);
    fprintf(out, "%*s%9zu", (int)(NAME_WIDTH - strlen(name)), "", run->input[i].in.given.images.n);
    for (int k = 0; k < run->scores; k++) {
        char text[40];
        double error = run->error[i - 1][k];
        if (isfinite(error))
            snprintf(text, sizeof text, "%.4f +- %.4f", run->auroc[i - 1][k], error);
        else
            snprintf(text, sizeof text, "%.4f", run->auroc[i - 1][k]);
        fprintf(out, "%20s", text);
    }
    fputc('\n', out);
}

gs_status gs_novelty_report(const gs_novelty_run *run, FILE *out, gs_error *error) {
    const gs_arguments *a = run->arguments;
    gs_plan_info plan = gs_plan_get_info(run->networks.network[0].plan);
    if (a->json)
        return report_json(run, out, error);
    for (int i = 0; i < run->count; i++)
        gs_images_put_taken(run->input[i].in.given.path, &run->input[i].in.given.images, out);
    fprintf(out, "%-*s%9s", NAME_WIDTH, "AUROC", "n");
    for (int k = 0; k < run->scores; k++)
        fprintf(out, "%20s", run->by[k]->name);
    fputc('\n', out);
    for (int i = 1; i < run->count; i++)
        put_row(run, i, out);
    fprintf(out, "against %zu image%s of ", run->input[0].in.given.images.n,
            run->input[0].in.given.images.n == 1 ? "" : "s");
    gs_put_plain(file_of(run, 0), out);
    fprintf(out, ", by the network %s", run->networks.info->name);
    if (run->networks.classes) {
        fputs(" told ", out);
        gs_given_put_told(&run->input[0].in.given, a, run->input[0].in.labels, out);
    }
    fprintf(out, "; %.3g s, %d thread%s, %s", run->seconds, plan.threads, plan.threads == 1 ? "" : "s", plan.isa);
    gs_networks_put_dtypes(&run->networks, out);
    gs_arguments_put_written(a, out);
    return GS_OK;
}

/* ---- Plot ---- */

/* One panel: a file's curves. */
typedef struct curves {
    double rate[GS_NOVELTIES_MAX][POINTS];
    char title[80], names[GS_NOVELTIES_MAX][NAME];
    gs_series series[GS_NOVELTIES_MAX + 1];
} curves;

static gs_status draw(const gs_novelty_run *run, int i, const double *x, curves *c, gs_error *error) {
    const gs_scored *known = &run->input[0], *strange = &run->input[i];
    gs_status status = GS_OK;
    snprintf(c->title, sizeof c->title, "%.70s", file_of(run, i));
    c->series[0] = (gs_series){.y = x, .colour = 7, .faint = true};
    for (int k = 0; k < run->scores && !status; k++) {
        status = gs_roc(known->score[k], known->in.given.images.n, strange->score[k], strange->in.given.images.n,
                        POINTS, c->rate[k], error);
        snprintf(c->names[k], NAME, "%.10s %.3f", run->by[k]->name, run->auroc[i - 1][k]);
        c->series[1 + k] = (gs_series){.name = c->names[k], .y = c->rate[k], .colour = k};
    }
    return status;
}

gs_status gs_novelty_plot(const gs_novelty_run *run, gs_error *error) {
    curves *c = gs_alloc((size_t)run->count, sizeof *c);
    gs_panel panels[GS_LIST_MAX];
    double x[POINTS];
    char head[160];
    gs_status status = c ? GS_OK : gs_fail_memory(error, "the plot");
    for (int k = 0; k < POINTS; k++)
        x[k] = (double)k / (POINTS - 1);
    for (int i = 1; i < run->count && !status; i++) {
        status = draw(run, i, x, &c[i - 1], error);
        panels[i - 1] = (gs_panel){.title = c[i - 1].title,
                                   .x_label = "share of known images above the threshold",
                                   .y_label = "share of these",
                                   .x = x,
                                   .n = POINTS,
                                   .series = c[i - 1].series,
                                   .count = 1 + run->scores};
    }
    snprintf(head, sizeof head, "%s, known images of %.80s", run->networks.info->name, file_of(run, 0));
    const gs_figure figure = {.title = head, .panels = panels, .count = run->count - 1};
    if (!status)
        status = gs_plot_write(run->arguments->plot, &figure, error);
    gs_free(c);
    return status;
}
