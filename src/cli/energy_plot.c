/* The distributions of energies, and of the lengths of gradients or scores, as histograms. */
#include <math.h>
#include <string.h>

#include "app/words.h"
#include "cli/energy.h"
#include "io/plot.h"

enum { BINS = 60, POINTS = 2 * BINS + 2, TEXT = 200, NAME = 22 };

/* One panel: an outline of each input's histogram. */
typedef struct histograms {
    double x[POINTS], y[GS_LIST_MAX][POINTS];
    gs_series series[GS_LIST_MAX];
    char names[GS_LIST_MAX][NAME];
} histograms;

static const float *values_of(const gs_energies *e, bool is_norm) {
    return is_norm ? e->norm : e->energy;
}

/* The ends of all finite values, apart from each other. */
static void find_ends(const gs_energy_run *run, bool is_norm, double *low, double *high) {
    *low = INFINITY;
    *high = -INFINITY;
    for (int i = 0; i < run->count; i++) {
        const float *values = values_of(&run->input[i], is_norm);
        for (size_t k = 0; k < run->input[i].in.given.images.n; k++) {
            double v = (double)values[k];
            *low = isfinite(v) ? fmin(*low, v) : *low;
            *high = isfinite(v) ? fmax(*high, v) : *high;
        }
    }
    if (!(*low < *high)) {
        double middle = isfinite(*low) ? *low : 0, width = fmax(1e-6, fabs(middle) * 1e-3);
        *low = middle - width;
        *high = middle + width;
    }
}

/* Corners of the bars' outline, from the axis up and down to it again. */
static void outline(const double shares[BINS], double y[POINTS]) {
    y[0] = y[POINTS - 1] = 0;
    for (int b = 0; b < BINS; b++)
        y[1 + 2 * b] = y[2 + 2 * b] = shares[b];
}

/* What the legend has room for. */
static void name_of(const char *file, char name[NAME]) {
    bool fits = strlen(file) < NAME;
    snprintf(name, NAME, "%.*s%s", fits ? NAME : NAME - 4, file, fits ? "" : "...");
}

static void draw(const gs_energy_run *run, bool is_norm, histograms *h) {
    double low, high;
    find_ends(run, is_norm, &low, &high);
    for (int k = 0; k < POINTS; k++)
        h->x[k] = low + (high - low) * (k / 2) / BINS;
    for (int i = 0; i < run->count; i++) {
        const gs_energies *e = &run->input[i];
        double shares[BINS];
        gs_histogram(values_of(e, is_norm), e->in.given.images.n, low, high, BINS, shares);
        outline(shares, h->y[i]);
        name_of(gs_base_name(e->in.given.path), h->names[i]);
        h->series[i] = (gs_series){.name = h->names[i], .y = h->y[i], .colour = i};
    }
}

static gs_panel panel_of(const gs_energy_run *run, bool is_norm, histograms *h, char title[TEXT]) {
    draw(run, is_norm, h);
    if (!is_norm)
        snprintf(title, TEXT, "Energy");
    else
        snprintf(title, TEXT, "%s", run->has_energy ? "Length of the gradient" : "Length of the score");
    return (gs_panel){.title = title,
                      .x_label = !is_norm          ? "E"
                                 : run->has_energy ? "|dE/dx|"
                                                   : "|score|",
                      .y_label = "share of images",
                      .x = h->x,
                      .n = POINTS,
                      .series = h->series,
                      .count = run->count};
}

gs_status gs_energy_plot(const gs_energy_run *run, gs_error *error) {
    histograms *h = gs_alloc(2, sizeof *h);
    char titles[2][TEXT], head[TEXT];
    gs_panel panels[2];
    int count = 0;
    if (!h)
        return gs_fail_memory(error, "the plot");
    for (int is_norm = !run->has_energy; is_norm < 2; is_norm++, count++)
        panels[count] = panel_of(run, is_norm, &h[count], titles[count]);
    int used = snprintf(head, TEXT, "%s", run->networks.info->name);
    for (int k = 1; k < run->networks.count && used < TEXT; k++)
        used += snprintf(head + used, (size_t)(TEXT - used), " + %s",
                         gs_model_get_info(run->networks.network[k].model)->name);
    if (run->sigma > 0 && used < TEXT)
        snprintf(head + used, (size_t)(TEXT - used), " at noise level %g", run->sigma);
    gs_figure figure = {.title = head, .panels = panels, .count = count};
    gs_status status = gs_plot_write(run->arguments->plot, &figure, error);
    gs_free(h);
    return status;
}
