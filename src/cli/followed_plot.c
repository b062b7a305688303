#include "cli/followed_plot.h"

#include <math.h>

#include "measure/statistics.h"

enum { SHOWN = 8, POINTS = 400, BINS = 20, EDGES = 2 * BINS, LAGS = 100, KINDS = 3, TEXT_ROOM = 80, DRAWS_MIN = 20 };

/* One quantity's panels and what they point to. */
typedef struct part {
    char title[KINDS][TEXT_ROOM], caption[TEXT_ROOM];
    gs_series series[KINDS][SHOWN];
    double trace[SHOWN][POINTS], ranks[SHOWN][EDGES], correlation[SHOWN][LAGS + 1];
} part;

struct gs_followed_panels {
    int count, shown;
    size_t points, lags;
    char names[SHOWN][TEXT_ROOM];
    double step[POINTS], edge[EDGES], lag[LAGS + 1];
    part part[GS_FOLLOWED_MAX];
    gs_panel panel[KINDS * GS_FOLLOWED_MAX];
};

/* ---- What is drawn ---- */

static void take_trace(const gs_followed *f, const gs_followed_panels *p, const double *x, double *out) {
    for (size_t i = 0; i < p->points; i++)
        out[i] = x[p->points > 1 ? i * (f->draws - 1) / (p->points - 1) : 0];
}

/* The share of a chain's draws per bin of ranks, in units of the share that is expected. */
static void take_ranks(const gs_followed *f, const double *sorted, const double *x, double *out) {
    size_t all = f->chains * f->draws;
    for (int i = 0; i < EDGES; i++)
        out[i] = 0;
    for (size_t i = 0; i < f->draws; i++) {
        double rank = 0.5 *
                      (double)(gs_count_below(sorted, all, x[i], false) + gs_count_below(sorted, all, x[i], true)) /
                      (double)all;
        int bin = (int)(rank * BINS) < BINS ? (int)(rank * BINS) : BINS - 1;
        out[2 * bin] += (double)BINS / (double)f->draws;
        out[2 * bin + 1] = out[2 * bin];
    }
}

static void take_correlation(const gs_followed *f, const gs_followed_panels *p, const double *x, double *out) {
    double mean = 0, variance = 0;
    for (size_t i = 0; i < f->draws; i++)
        mean += x[i] / (double)f->draws;
    for (size_t i = 0; i < f->draws; i++)
        variance += (x[i] - mean) * (x[i] - mean);
    for (size_t t = 0; t < p->lags; t++) {
        double sum = 0;
        for (size_t i = 0; i + t < f->draws; i++)
            sum += (x[i] - mean) * (x[i + t] - mean);
        out[t] = sum / variance;
    }
}

/* ---- Panels ---- */

static void add_panels(const gs_followed *f, gs_followed_panels *p, int k) {
    static const char *const titles[KINDS] = {"%s: trace", "%s: ranks", "%s: autocorrelation"};
    static const char *const x_labels[KINDS] = {"step", "rank, as a share of all draws", "lag in steps"};
    static const char *const y_labels[KINDS] = {NULL, "share, 1 if chains agree", "autocorrelation"};
    const gs_quantity *q = &f->quantity[k];
    part *own = &p->part[k];
    const double *const x[KINDS] = {p->step, p->edge, p->lag};
    const size_t n[KINDS] = {p->points, EDGES, p->lags};
    snprintf(own->caption, TEXT_ROOM, "effective draws: bulk %.4g, tail %.4g; R-hat %.4g", q->summary.ess_bulk,
             q->summary.ess_tail, q->summary.rhat);
    for (int i = 0; i < KINDS; i++) {
        snprintf(own->title[i], TEXT_ROOM, titles[i], q->name);
        p->panel[p->count++] = (gs_panel){.title = own->title[i],
                                          .caption = i == 0 ? own->caption : NULL,
                                          .x_label = x_labels[i],
                                          .y_label = y_labels[i] ? y_labels[i] : q->name,
                                          .x = x[i],
                                          .n = n[i],
                                          .series = own->series[i],
                                          .count = p->shown};
    }
}

static void fill(const gs_followed *f, gs_followed_panels *p, int k, const double *sorted) {
    part *own = &p->part[k];
    for (int j = 0; j < p->shown; j++) {
        const double *x = f->quantity[k].draws + (size_t)j * f->draws;
        const double *const rows[KINDS] = {own->trace[j], own->ranks[j], own->correlation[j]};
        take_trace(f, p, x, own->trace[j]);
        take_ranks(f, sorted, x, own->ranks[j]);
        take_correlation(f, p, x, own->correlation[j]);
        for (int i = 0; i < KINDS; i++)
            own->series[i][j] = (gs_series){.name = p->names[j], .y = rows[i], .colour = j, .faint = i == 0};
    }
    add_panels(f, p, k);
}

static void fill_axes(const gs_followed *f, gs_followed_panels *p) {
    p->shown = f->chains < SHOWN ? (int)f->chains : SHOWN;
    p->points = f->draws < POINTS ? f->draws : POINTS;
    p->lags = f->draws / 2 < LAGS ? f->draws / 2 : LAGS + 1;
    for (int j = 0; j < p->shown; j++)
        snprintf(p->names[j], TEXT_ROOM, "chain %d", j);
    for (size_t i = 0; i < p->points; i++)
        p->step[i] = (double)(f->steps - (f->draws - 1 - i * (f->draws - 1) / (p->points - 1)) * f->part.stride);
    for (int i = 0; i < EDGES; i++)
        p->edge[i] = (double)((i + 1) / 2) / BINS;
    for (size_t t = 0; t < p->lags; t++)
        p->lag[t] = (double)(t * f->part.stride);
}

gs_status gs_followed_draw(const gs_followed *followed, gs_followed_panels **panels, gs_error *error) {
    const gs_followed *f = followed;
    *panels = NULL;
    if (f->draws < DRAWS_MIN || !f->chains)
        return GS_OK;
    size_t all = f->chains * f->draws;
    gs_followed_panels *p = gs_alloc(1, sizeof *p);
    double *sorted = gs_alloc(all, sizeof *sorted);
    if (!p || !sorted) {
        gs_free(p);
        gs_free(sorted);
        return gs_fail_memory(error, "the plot");
    }
    fill_axes(f, p);
    for (int k = 0; k < f->count; k++) {
        for (size_t i = 0; i < all; i++)
            sorted[i] = f->quantity[k].draws[i];
        gs_sort(sorted, all);
        fill(f, p, k, sorted);
    }
    gs_free(sorted);
    *panels = p;
    return GS_OK;
}

const gs_panel *gs_followed_panels_get(const gs_followed_panels *panels, int *count) {
    *count = panels ? panels->count : 0;
    return panels ? panels->panel : NULL;
}

void gs_followed_panels_free(gs_followed_panels *panels) {
    gs_free(panels);
}
