/* The report of gensample classify, and its plot. */
#include <math.h>

#include "app/words.h"
#include "base/math64.h"
#include "cli/classify.h"
#include "cli/images.h"
#include "io/plot.h"

enum { SHOWN = 64 }; /* classes that a report lists */

/* Shares of the classes, and means of the confidence and its standard error. */
typedef struct means {
    double share[SHOWN], confidence, error;
} means;

static means average(const gs_classify_run *run) {
    means m = {{0}, 0, 0};
    size_t n = run->in.given.images.n;
    for (size_t k = 0; k < n; k++) {
        int best = run->best[k];
        size_t at = k * run->classes + (size_t)best;
        if (best < SHOWN)
            m.share[best] += 1 / (double)n;
        m.confidence += gs_exp64(run->log_p[at]) / (double)n;
        m.error += run->errors[at] / (double)n;
    }
    return m;
}

static size_t shown(const gs_classify_run *run) {
    return run->classes < SHOWN ? run->classes : SHOWN;
}

/* 95 % interval of the accuracy for other images. */
static void find_interval(const gs_classification *c, double interval[2]) {
    uint64_t right = (uint64_t)(c->accuracy * (double)c->n + 0.5);
    gs_binomial_interval(right, c->n, 0.95, &interval[0], &interval[1], NULL);
}

/* The images whose true class has a probability of 0. */
static size_t impossible(const gs_classify_run *run) {
    size_t count = 0;
    for (size_t k = 0; k < run->in.given.images.n; k++)
        count += isinf(run->log_p[k * run->classes + (size_t)run->in.given.labels[k]]) != 0;
    return count;
}

/* ---- JSON ---- */

static json_t *judgement_json(const gs_classify_run *run) {
    const gs_classification *c = &run->judgement;
    double interval[2];
    if (!run->is_judged)
        return json_null();
    find_interval(c, interval);
    json_t *object = json_object(), *bins = json_array();
    json_object_set_new(object, "labels", gs_text_json(gs_base_name(run->in.given.labels_path)));
    json_object_set_new(object, "accuracy", gs_real_json(c->accuracy));
    json_object_set_new(object, "accuracy_error", gs_real_json(c->accuracy_error));
    json_object_set_new(object, "accuracy_interval", json_pack("[f, f]", interval[0], interval[1]));
    json_object_set_new(object, "log_loss", gs_real_json(c->log_loss));
    json_object_set_new(object, "log_loss_error", gs_real_json(c->log_loss_error));
    json_object_set_new(object, "impossible", gs_whole_json(impossible(run)));
    json_object_set_new(object, "brier", gs_real_json(c->brier));
    json_object_set_new(object, "calibration_error", gs_real_json(c->calibration_error));
    for (int b = 0; b < GS_CALIBRATION_BINS; b++) {
        json_t *bin = json_object();
        json_object_set_new(bin, "n", gs_whole_json(c->bin_count[b]));
        json_object_set_new(bin, "confidence", gs_real_json(c->bin_confidence[b]));
        json_object_set_new(bin, "accuracy", gs_real_json(c->bin_accuracy[b]));
        json_array_append_new(bins, bin);
    }
    json_object_set_new(object, "bins", bins);
    return object;
}

static gs_status report_json(const gs_classify_run *run, FILE *out, gs_error *error) {
    const gs_classes_options *o = &run->options;
    means m = average(run);
    json_t *object = json_object(), *shares = json_array();
    for (size_t y = 0; y < shown(run); y++)
        json_array_append_new(shares, gs_real_json(m.share[y]));
    json_object_set_new(object, "model", json_string(run->networks.info->name));
    json_object_set_new(object, "hash", json_string(run->networks.info->hash));
    json_object_set_new(object, "input", gs_text_json(gs_base_name(run->in.given.path)));
    json_object_set_new(object, "n", gs_whole_json(run->in.given.images.n));
    json_object_set_new(object, "method", json_string(run->by_energy ? "energy" : "denoising"));
    json_object_set_new(object, "sigmas",
                        run->by_energy ? json_pack("[f, f]", o->sigma, o->sigma)
                                       : json_pack("[f, f]", o->sigma_low, o->sigma_high));
    json_object_set_new(object, "levels", run->by_energy ? json_null() : json_integer(o->levels));
    json_object_set_new(object, "draws", run->by_energy ? json_null() : json_integer(o->draws));
    json_object_set_new(object, "seed", gs_whole_json(run->arguments->seed));
    json_object_set_new(object, "shares", shares);
    json_object_set_new(object, "confidence", gs_real_json(m.confidence));
    json_object_set_new(object, "noise_error", gs_real_json(m.error));
    json_object_set_new(object, "judged", judgement_json(run));
    json_object_set_new(object, "seconds", gs_real_json(run->seconds));
    json_object_set_new(object, "threads", json_integer(gs_plan_get_info(run->networks.network[0].plan).threads));
    gs_networks_put(&run->networks, object);
    return gs_print_json(object, out, error);
}

/* ---- Text ---- */

static void put_log_loss(const gs_classify_run *run, FILE *out) {
    const gs_classification *c = &run->judgement;
    size_t count = impossible(run);
    fputs("mean log loss      ", out);
    if (count)
        fprintf(out, "infinite, as %zu image%s of classes that the prior leaves out\n", count,
                count == 1 ? " is" : "s are");
    else if (isfinite(c->log_loss_error))
        fprintf(out, "%.4g +- %.2g nats\n", c->log_loss, c->log_loss_error);
    else
        fprintf(out, "%.4g nats\n", c->log_loss);
}

static void put_judgement(const gs_classify_run *run, FILE *out) {
    const gs_classification *c = &run->judgement;
    double interval[2];
    find_interval(c, interval);
    fprintf(out, "accuracy           %.4g, 95 %% interval %.3g ... %.3g\n", c->accuracy, interval[0], interval[1]);
    put_log_loss(run, out);
    fprintf(out, "Brier score        %.4g\n", c->brier);
    fprintf(out, "calibration error  %.4g\n", c->calibration_error);
    fputs("confidence         ", out);
    for (int b = 0; b < GS_CALIBRATION_BINS; b++)
        if (c->bin_count[b])
            fprintf(out, "%8.3f", c->bin_confidence[b]);
    fputs("\naccuracy at that   ", out);
    for (int b = 0; b < GS_CALIBRATION_BINS; b++)
        if (c->bin_count[b])
            fprintf(out, "%8.3f", c->bin_accuracy[b]);
    fputs("\nimages             ", out);
    for (int b = 0; b < GS_CALIBRATION_BINS; b++)
        if (c->bin_count[b])
            fprintf(out, "%8zu", c->bin_count[b]);
    fputc('\n', out);
}

static void report_text(const gs_classify_run *run, FILE *out) {
    const gs_arguments *a = run->arguments;
    const gs_classes_options *o = &run->options;
    size_t n = run->in.given.images.n;
    gs_plan_info plan = gs_plan_get_info(run->networks.network[0].plan);
    means m = average(run);
    gs_images_put_taken(a->input, &run->in.given.images, out);
    if (run->is_judged)
        put_judgement(run, out);
    fputs("classes           ", out);
    for (size_t y = 0; y < shown(run); y++)
        fprintf(out, " %.3g %%", 100 * m.share[y]);
    fprintf(out, "%s\nmean confidence    %.4g", run->classes > SHOWN ? " ..." : "", m.confidence);
    if (!run->by_energy && isfinite(m.error))
        fprintf(out, ", standard error by noise %.2g", m.error);
    fprintf(out, "\n%zu image%s of ", n, n == 1 ? "" : "s");
    gs_put_plain(a->input, out);
    fprintf(out, ", classes by the network %s: ", run->networks.info->name);
    if (!run->by_energy)
        fprintf(out, "denoising losses at %d noise levels from %g to %g, %d noise%s each", o->levels, o->sigma_low,
                o->sigma_high, o->draws, o->draws == 1 ? "" : "s");
    else if (run->networks.info->takes_sigma)
        fprintf(out, "energies at noise level %g", o->sigma);
    else
        fputs("energies", out);
    fprintf(out, "; %.3g s, %d thread%s, %s", run->seconds, plan.threads, plan.threads == 1 ? "" : "s", plan.isa);
    gs_networks_put_dtypes(&run->networks, out);
    gs_arguments_put_written(a, out);
}

gs_status gs_classify_report(const gs_classify_run *run, FILE *out, gs_error *error) {
    if (run->arguments->json)
        return report_json(run, out, error);
    report_text(run, out);
    return GS_OK;
}

/* ---- The plot ---- */

gs_status gs_classify_plot(const gs_classify_run *run, gs_error *error) {
    const gs_classification *c = &run->judgement;
    double x[GS_CALIBRATION_BINS], y[GS_CALIBRATION_BINS], low[GS_CALIBRATION_BINS], high[GS_CALIBRATION_BINS];
    double share[GS_CALIBRATION_BINS];
    char head[120];
    size_t n = 0;
    for (int b = 0; b < GS_CALIBRATION_BINS; b++) {
        if (!c->bin_count[b])
            continue;
        size_t right = (size_t)(c->bin_accuracy[b] * (double)c->bin_count[b] + 0.5);
        gs_status status = gs_binomial_interval(right, c->bin_count[b], 0.95, &low[n], &high[n], error);
        if (status)
            return status;
        x[n] = c->bin_confidence[b];
        y[n] = c->bin_accuracy[b];
        share[n++] = (double)c->bin_count[b] / (double)c->n;
    }
    const gs_series accuracy[] = {{.name = "as confident", .y = x, .colour = 1},
                                  {.name = "accuracy, 95 %", .y = y, .low = low, .high = high, .colour = 0}};
    const gs_series shares[] = {{.y = share, .colour = 0}};
    const gs_panel panels[] = {{.title = "Calibration",
                                .x_label = "confidence",
                                .y_label = "accuracy",
                                .x = x,
                                .n = n,
                                .series = accuracy,
                                .count = 2},
                               {.title = "Confidence",
                                .x_label = "confidence",
                                .y_label = "share of images",
                                .x = x,
                                .n = n,
                                .series = shares,
                                .count = 1}};
    snprintf(head, sizeof head, "%s, %zu images", run->networks.info->name, c->n);
    const gs_figure figure = {.title = head, .panels = panels, .count = 2};
    return gs_plot_write(run->arguments->plot, &figure, error);
}
