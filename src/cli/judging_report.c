/* What judges found of samples, as JSON and as lines of text. */
#include <math.h>

#include "app/words.h"
#include "cli/judging.h"
#include "cli/settings.h"

enum { WARNING_ROOM = 320 };

/* The figures of a comparison, in the order of the report. */
static const struct comparison_row {
    const char *key, *name;
    size_t offset; /* in gs_comparison */
    bool share;    /* told in percent */
} comparison_rows[] = {
#define ROW(field, name, share) \
    { #field, name, offsetof(gs_comparison, field), share }
    ROW(frechet, "Frechet distance", false), ROW(kernel, "kernel distance", false),
    ROW(precision, "precision", true),       ROW(recall, "recall", true),
    ROW(density, "density", false),          ROW(coverage, "coverage", true),
#undef ROW
};

static const gs_measured *figure_of(const gs_comparison *c, const struct comparison_row *row) {
    return (const gs_measured *)((const char *)c + row->offset);
}

/* ---- Warnings ---- */

/* Warning i about the judge's figures, from 0; false past the last one. */
static bool warn(const gs_judging *judging, const gs_labels *labels, int i, char text[WARNING_ROOM]) {
    const gs_quality *q = &judging->row[0].quality;
    int label = labels->label;
    bool single = q->n == 1, few = !single && q->n <= q->features, all = labels->of_chain && label == GS_LABEL_ALL;
    bool unknown = labels->of_chain && label >= 0 && q->label < 0;
    if (!judging->done)
        return false;
    if (single && i-- == 0) {
        snprintf(text, WARNING_ROOM,
                 "one sample has no Frechet distance, and its shares and precision are all or nothing; draw more, "
                 "thousands for a distance to be told");
        return true;
    }
    if (few && i-- == 0) {
        snprintf(
            text, WARNING_ROOM,
            "the Frechet distance of %zu samples says little, as their covariance in %zu features is singular; draw "
            "more, thousands for a distance to be told",
            q->n, q->features);
        return true;
    }
    if (unknown && i-- == 0) {
        snprintf(text, WARNING_ROOM,
                 "all samples are of label %d, but the judge's file tells of real images of all labels together only, "
                 "which the Frechet distance is to",
                 label);
        return true;
    }
    if (all && i-- == 0) {
        snprintf(text, WARNING_ROOM,
                 "the samples are of all labels equally, which data seldom are, and distances see that; compare with "
                 "real images of the same labels, beside, or draw with --label data");
        return true;
    }
    return false;
}

void gs_judging_warn(const gs_judging *judging, const gs_setup *setup, FILE *out) {
    char text[WARNING_ROOM];
    for (int i = 0; warn(judging, &setup->labels, i, text); i++)
        fprintf(out, "warning: %s\n", text);
}

/* ---- JSON ---- */

static json_t *label_json(int label) {
    return label < 0 ? json_null() : json_integer(label);
}

static void put_quality(const gs_quality *q, json_t *object) {
    json_t *shares = json_array();
    for (int i = 0; i < q->classes; i++)
        json_array_append_new(shares, json_real(q->share[i]));
    json_object_set_new(object, "n", gs_whole_json(q->n));
    json_object_set_new(object, "frechet", gs_real_json(q->frechet));
    json_object_set_new(object, "agreement", gs_real_json(q->agreement));
    json_object_set_new(object, "shares", shares);
    json_object_set_new(object, "confident", json_real(q->confident));
    json_object_set_new(object, "rejected", json_real(q->rejected));
    json_object_set_new(object, "features", gs_whole_json(q->features));
    json_object_set_new(object, "label", label_json(q->label));
}

static json_t *comparison_json(const gs_comparison *c) {
    json_t *object = json_object();
    json_object_set_new(object, "n", gs_whole_json(c->n));
    json_object_set_new(object, "compared", gs_whole_json(c->compared));
    json_object_set_new(object, "reference", gs_whole_json(c->reference));
    json_object_set_new(object, "real", gs_whole_json(c->real));
    json_object_set_new(object, "resamples", json_integer(c->resamples));
    for (size_t i = 0; i < GS_COUNT(comparison_rows); i++) {
        const gs_measured *f = figure_of(c, &comparison_rows[i]);
        json_t *figure = json_object();
        json_object_set_new(figure, "value", gs_real_json(f->value));
        json_object_set_new(figure, "error", gs_real_json(f->error));
        json_object_set_new(figure, "real", gs_real_json(f->real));
        json_object_set_new(object, comparison_rows[i].key, figure);
    }
    return object;
}

static json_t *row_json(const gs_judged *row) {
    json_t *object = json_object();
    put_quality(&row->quality, object);
    if (isfinite(row->stroke)) {
        json_object_set_new(object, "stroke", json_real(row->stroke));
        json_object_set_new(object, "thick", json_real(row->thick));
        json_object_set_new(object, "both", gs_real_json(row->both));
    }
    return object;
}

static const char *judge_name(const gs_network *judge) {
    return gs_model_get_info(judge->model)->name;
}

/* The judges' figures of the samples. */
static json_t *judged_json(const gs_judging *judging, const gs_labels *labels) {
    const gs_second_judge *second = &judging->second;
    json_t *object = row_json(&judging->row[0]), *warnings = json_array();
    char text[WARNING_ROOM];
    for (int i = 0; warn(judging, labels, i, text); i++)
        json_array_append_new(warnings, json_string(text));
    json_object_set_new(object, "judge", json_string(judge_name(&judging->judge)));
    json_object_set_new(object, "comparison", comparison_json(&judging->comparison));
    if (second->network.plan) {
        json_t *other = json_object();
        json_object_set_new(other, "judge", json_string(judge_name(&second->network)));
        put_quality(&second->quality, other);
        json_object_set_new(other, "comparison", comparison_json(&second->comparison));
        json_object_set_new(object, "second", other);
    }
    json_object_set_new(object, "warnings", warnings);
    return object;
}

/* The share of chains that began at images and kept their label. */
static json_t *kept_json(const gs_judging *judging, const gs_setup *setup, const gs_result *result) {
    json_t *kept = json_array();
    for (int i = 0; i < (result->levels ? result->levels : 1); i++) {
        json_t *state = json_object();
        json_object_set_new(state, "sigma", json_real(result->levels ? result->sigmas[i] : 0));
        if (result->levels && gs_settings_read_by(&setup->options, GS_SETTING_EVERY))
            json_object_set_new(state, "step", json_integer(gs_result_step(result, setup, i)));
        json_object_set_new(state, "share", json_real(judging->kept[i]));
        json_array_append_new(kept, state);
    }
    return kept;
}

static json_t *rows_json(const gs_judging *judging, const gs_numbers *weights) {
    json_t *rows = json_array();
    for (int i = 0; i < weights->count; i++) {
        json_t *row = row_json(&judging->row[i]);
        json_object_set_new(row, "weight", json_real(weights->values[i]));
        json_array_append_new(rows, row);
    }
    return rows;
}

void gs_judging_put(const gs_judging *judging, const gs_setup *setup, const gs_result *result, json_t *object) {
    if (!judging->done)
        return;
    if (result->weights.count)
        json_object_set_new(object, "rows", rows_json(judging, &result->weights));
    else
        json_object_set_new(object, "quality", judged_json(judging, &setup->labels));
    if (judging->kept)
        json_object_set_new(object, "labels_kept", kept_json(judging, setup, result));
}

/* ---- Text ---- */

static void put_share(double share, FILE *out) {
    char text[32] = "-";
    if (isfinite(share))
        snprintf(text, sizeof text, "%.1f %%", 100 * share);
    fprintf(out, "%11s", text);
}

static void report_rows(const gs_judging *judging, const gs_numbers *weights, FILE *out) {
    fprintf(out, "%-8s%9s%11s%11s%9s%11s%11s\n", "weight", "Frechet", "agreement", "confident", "stroke", "thick",
            "both");
    for (int i = 0; i < weights->count; i++) {
        const gs_judged *row = &judging->row[i];
        fprintf(out, "%-8g%9.4g", weights->values[i], row->quality.frechet);
        put_share(row->quality.agreement, out);
        put_share(row->quality.confident, out);
        fprintf(out, "%9.2f", row->stroke);
        put_share(row->thick, out);
        put_share(row->both, out);
        fputc('\n', out);
    }
}

/* A number in its column; "-" if it is not known. */
static void put_figure(double v, bool share, FILE *out) {
    char text[32] = "-";
    if (isfinite(v) && share)
        snprintf(text, sizeof text, "%.1f %%", 100 * v);
    else if (isfinite(v))
        snprintf(text, sizeof text, "%.4g", v);
    fprintf(out, "%12s", text);
}

/* ", the judge in int8" of one that is computed in another type than f32. */
static void put_dtype(const gs_network *judge, FILE *out) {
    gs_dtype dtype = gs_plan_get_info(judge->plan).dtype;
    if (dtype != GS_DTYPE_F32)
        fprintf(out, ", the judge in %s", gs_dtype_name(dtype));
}

static void report_counts(const gs_quality *q, FILE *out) {
    if (isfinite(q->agreement))
        fprintf(out, "agreement %.2f %%, ", 100 * q->agreement);
    fprintf(out, "confident %.2f %%, rejected %.2f %%\n", 100 * q->confident, 100 * q->rejected);
}

static void report_comparison(const gs_comparison *c, FILE *out) {
    fprintf(out, "%-20s%12s%12s%12s\n", "", "samples", "std. error", "real images");
    for (size_t i = 0; i < (c->reference ? GS_COUNT(comparison_rows) : 1); i++) {
        const gs_measured *f = figure_of(c, &comparison_rows[i]);
        fprintf(out, "%-20s", comparison_rows[i].name);
        put_figure(f->value, comparison_rows[i].share, out);
        put_figure(f->error, comparison_rows[i].share, out);
        put_figure(f->real, comparison_rows[i].share, out);
        fputc('\n', out);
    }
    if (c->label >= 0)
        fprintf(out, "all of it beside real images of label %d alone\n", c->label);
    if (c->reference && c->compared < c->n)
        fprintf(out, "all but the Frechet distance of the first %zu sample%s\n", c->compared,
                c->compared == 1 ? "" : "s");
    if (c->real && c->real < c->n)
        fprintf(out, "no more than %zu real image%s in the judge's file\n", c->real, c->real == 1 ? " is" : "s are");
}

static void report_judges(const gs_judging *judging, FILE *out) {
    const gs_quality *q = &judging->row[0].quality;
    const gs_second_judge *second = &judging->second;
    fprintf(out, "quality at n = %zu", q->n);
    put_dtype(&judging->judge, out);
    fputs(": ", out);
    report_counts(q, out);
    fputs("class shares:", out);
    for (int i = 0; i < q->classes; i++)
        fprintf(out, "%s %d: %.2f %%", i ? "," : "", i, 100 * q->share[i]);
    fputc('\n', out);
    report_comparison(&judging->comparison, out);
    if (second->network.plan) {
        const gs_measured *f = &second->comparison.frechet;
        fprintf(out, "second judge, %s", judge_name(&second->network));
        put_dtype(&second->network, out);
        fputs(": ", out);
        if (isfinite(f->value)) {
            fprintf(out, "Frechet distance %.4g", f->value);
            if (isfinite(f->real))
                fprintf(out, " (real images %.4g)", f->real);
            fputs(", ", out);
        }
        report_counts(&second->quality, out);
    }
}

static void report_strokes(const gs_judged *row, FILE *out) {
    if (!isfinite(row->stroke))
        return;
    fprintf(out, "strokes: %.2f pixels wide, thick %.2f %%", row->stroke, 100 * row->thick);
    if (isfinite(row->both))
        fprintf(out, ", thick and of the label %.2f %%", 100 * row->both);
    fputc('\n', out);
}

static void report_kept(const gs_judging *judging, const gs_setup *setup, const gs_result *result, FILE *out) {
    for (int i = 0; judging->kept && i < (result->levels ? result->levels : 1); i++) {
        fputs(i ? ", " : "labels kept: ", out);
        if (result->levels && gs_settings_read_by(&setup->options, GS_SETTING_EVERY))
            fprintf(out, "step %d ", gs_result_step(result, setup, i));
        else if (result->levels)
            fprintf(out, "sigma %.3g ", result->sigmas[i]);
        fprintf(out, "%.1f %%", 100 * judging->kept[i]);
    }
    fputs(judging->kept ? "\n" : "", out);
}

void gs_judging_report(const gs_judging *judging, const gs_setup *setup, const gs_result *result, FILE *out) {
    if (!judging->done)
        return;
    if (result->weights.count) {
        report_rows(judging, &result->weights, out);
    } else {
        report_judges(judging, out);
        report_strokes(&judging->row[0], out);
    }
    report_kept(judging, setup, result, out);
}
