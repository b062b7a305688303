#include "study/passage.h"

#include <math.h>

/* ---- Curves ---- */

gs_status gs_estimates_create(gs_study *study, const double *like, size_t n, gs_estimates *curve) {
    double *values = gs_study_room(study, 4 * n, sizeof *values);
    *curve = (gs_estimates){.n = n};
    if (!values)
        return GS_ERROR_MEMORY;
    curve->x = values;
    curve->y = values + n;
    curve->low = values + 2 * n;
    curve->high = values + 3 * n;
    for (size_t i = 0; like && i < n; i++)
        curve->x[i] = like[i];
    return GS_OK;
}

void gs_estimates_set(gs_estimates *curve, size_t i, gs_estimate estimate) {
    curve->y[i] = estimate.value;
    curve->low[i] = estimate.low;
    curve->high[i] = estimate.high;
}

gs_estimate gs_estimates_get(const gs_estimates *curve, size_t i) {
    return (gs_estimate){curve->y[i], curve->low[i], curve->high[i]};
}

gs_diagram_series gs_estimates_series(const gs_estimates *curve, const char *name, gs_stroke stroke, int colour) {
    return (gs_diagram_series){.name = name,
                               .stroke = stroke,
                               .n = curve->n,
                               .x = curve->x,
                               .y = curve->y,
                               .low = curve->low,
                               .high = curve->high,
                               .colour = colour};
}

/* ---- Chains ---- */

static gs_status make_room(gs_passage *p, const gs_study_network *network, const gs_sample_options *options) {
    p->states = (size_t)gs_sample_levels(network->model, options, NULL, 0);
    p->pixels = network->pixels;
    p->step = gs_study_room(p->study, p->states, sizeof *p->step);
    p->x = gs_study_room(p->study, p->states * p->n * p->pixels, sizeof *p->x);
    p->classes = gs_study_room(p->study, p->states * p->n, sizeof *p->classes);
    if (!p->step || !p->x || !p->classes)
        return GS_ERROR_MEMORY;
    for (size_t s = 0; s < p->states; s++)
        p->step[s] = s + 1 < p->states ? (double)s * options->every : options->steps;
    return GS_OK;
}

gs_status gs_passage_run(gs_study *study, const gs_study_network *network, gs_sample_options *options, size_t n,
                         gs_passage *passage, gs_error *error) {
    *passage = (gs_passage){.study = study, .n = n};
    options->seed = gs_study_seed(study);
    gs_status status = gs_sample_resolve(network->model, options, error);
    if (!status)
        status = make_room(passage, network, options);
    float *out = !status ? gs_study_room(study, n * network->pixels, sizeof *out) : NULL;
    if (!out)
        return status ? status : GS_ERROR_MEMORY;
    options->trajectory = passage->x;
    status = gs_study_sample(study, network, options, n, out, error);
    return !status ? gs_study_classify(study, passage->x, passage->states * n, passage->classes, error) : status;
}

size_t gs_passage_at(const gs_passage *passage, double step) {
    size_t at = 0;
    while (at + 1 < passage->states && passage->step[at + 1] <= step)
        at++;
    return at;
}

const float *gs_passage_images(const gs_passage *passage, size_t state) {
    return passage->x + state * passage->n * passage->pixels;
}

const int *gs_passage_classes(const gs_passage *passage, size_t state) {
    return passage->classes + state * passage->n;
}

/* ---- Their classes ---- */

size_t gs_passage_count(const gs_passage *passage, size_t state, int class) {
    const int *classes = gs_passage_classes(passage, state);
    size_t count = 0;
    for (size_t k = 0; k < passage->n; k++)
        count += classes[k] == class;
    return count;
}

size_t gs_passage_kept(const gs_passage *passage, size_t state, const int *labels) {
    const int *classes = gs_passage_classes(passage, state);
    size_t count = 0;
    for (size_t k = 0; k < passage->n; k++)
        count += labels[k] >= 0 && classes[k] == labels[k];
    return count;
}

size_t gs_count_digits(const int *labels, size_t n) {
    size_t count = 0;
    for (size_t k = 0; k < n; k++)
        count += labels[k] >= 0;
    return count;
}

gs_status gs_passage_share(const gs_passage *passage, int class, gs_estimates *curve) {
    gs_status status = gs_estimates_create(passage->study, passage->step, passage->states, curve);
    for (size_t s = 0; s < passage->states && !status; s++)
        gs_estimates_set(curve, s, gs_estimate_share(gs_passage_count(passage, s, class), passage->n));
    return status;
}

gs_status gs_passage_kept_share(const gs_passage *passage, const int *labels, gs_estimates *curve) {
    size_t of = gs_count_digits(labels, passage->n);
    gs_status status = gs_estimates_create(passage->study, passage->step, passage->states, curve);
    for (size_t s = 0; s < passage->states && !status; s++)
        gs_estimates_set(curve, s, gs_estimate_share(gs_passage_kept(passage, s, labels), of));
    return status;
}

gs_estimate gs_estimate_turned(const int *before, const int *after, size_t n, int class) {
    uint64_t there = 0, away = 0;
    for (size_t k = 0; k < n; k++) {
        there += before[k] != class && after[k] == class;
        away += before[k] == class && after[k] != class;
    }
    return gs_estimate_share(there, there + away);
}

double gs_entropy(const double *shares, int classes) {
    double sum = 0;
    for (int c = 0; c < classes; c++)
        sum -= shares[c] > 0 ? shares[c] * log(shares[c]) : 0;
    return sum;
}

/* ---- Sheets ---- */

gs_status gs_study_strips(gs_study *study, const char *name, const char *caption, const gs_model_info *info,
                          const gs_strip *strips, int rows, size_t n, int columns, int scale, gs_error *error) {
    gs_sheet sheet;
    gs_status status = gs_sheet_create(&sheet, info->shape, rows, n < (size_t)columns ? (int)n : columns, error);
    if (status)
        return status;
    sheet.scale = scale;
    for (int i = 0; i < rows; i++) {
        snprintf(sheet.row_heads[i], GS_HEAD_MAX, "%s", strips[i].head);
        gs_sheet_row(&sheet, i, strips[i].images, info->range);
    }
    gs_study_sheet(study, name, caption, &sheet);
    gs_sheet_free(&sheet);
    return GS_OK;
}
