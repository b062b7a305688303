/* The picture of a diagnosis: which panels it has, and which series they show. */
#include <math.h>
#include <stdio.h>

#include "app/curve.h"
#include "cli/diagnose.h"
#include "cli/followed_plot.h"

enum {
    POINTS = 400,
    ACCEPTANCE_POINTS = 101, /* few points, so that each is the mean of many proposals */
    PANELS_MAX = 5 + 3 * GS_FOLLOWED_MAX,
    SERIES_MAX = 64, /* classes */
    REMARKS_MAX = 10,
    NAME_ROOM = 40,
    TEXT_ROOM = 320,
    MEDIAN_COLOUR = 0,
    ACCEPTANCE_COLOUR = 2,
    GRADIENT_COLOUR = 4
};
/* Where the second half of the energies spans a smaller part of their range than this, it gets a panel of its own. */
static const double close_up = 0.3;

/* Everything that a figure points to. */
typedef struct drawing {
    gs_panel panels[PANELS_MAX];
    int count;
    gs_series energy[1 + GS_CURVE_SINGLES], late[1 + GS_CURVE_SINGLES], gradient, acceptance, classes[SERIES_MAX];
    char names[GS_CURVE_SINGLES][NAME_ROOM], class_names[SERIES_MAX][NAME_ROOM], median_name[NAME_ROOM];
    gs_remark remarks[REMARKS_MAX];
    int remarks_count;
    char texts[REMARKS_MAX][TEXT_ROOM], caption[TEXT_ROOM];
    gs_curve curves[3];    /* energy, gradient, acceptance */
    double *mark, *shares; /* (marks), (classes, marks) */
} drawing;

static gs_panel *add_panel(drawing *d, gs_panel panel) {
    panel.x_label = "step";
    d->panels[d->count] = panel;
    return &d->panels[d->count++];
}

/* Single chains behind the band and the median, from point `first` onwards; `series` has 1 + GS_CURVE_SINGLES elements.
 * Returns the number of series. */
static int energy_series(drawing *d, const gs_curve *c, size_t first, gs_series *series) {
    for (int j = 0; j < c->singles; j++) {
        snprintf(d->names[j], NAME_ROOM, "chain %zu", c->chain[j]);
        series[j] = (gs_series){.name = d->names[j], .y = c->single[j] + first, .colour = j + 1, .faint = true};
    }
    series[c->singles] = (gs_series){.name = d->median_name,
                                     .y = c->median + first,
                                     .low = c->low + first,
                                     .high = c->high + first,
                                     .colour = MEDIAN_COLOUR};
    return c->singles + 1;
}

/* The range that the band spans from point `first` onwards. */
static double extent(const gs_curve *c, size_t first) {
    double low = INFINITY, high = -INFINITY;
    for (size_t i = first; i < c->n; i++) {
        low = fmin(low, c->low[i]);
        high = fmax(high, c->high[i]);
    }
    return high - low;
}

static gs_status add_energy(drawing *d, const gs_record *r, const gs_diagnosis *found, gs_error *error) {
    gs_curve *c = &d->curves[0];
    gs_status status = r->energy ? gs_curve_fill(c, r->energy, gs_rows_of(r), r->chains, POINTS, error) : GS_OK;
    if (!r->energy || status)
        return status;
    snprintf(d->median_name, NAME_ROOM, r->chains > 1 ? "median, 5 to 95 %%" : "energy");
    size_t half = c->n / 2;
    bool close = found->kept > 0 && extent(c, half) < close_up * extent(c, 0);
    gs_panel *whole = add_panel(d, (gs_panel){.title = "Energy", .y_label = "energy", .x = c->step, .n = c->n});
    whole->series = d->energy;
    whole->count = energy_series(d, c, 0, d->energy);
    if (close) {
        gs_panel *late =
            add_panel(d, (gs_panel){.title = "Energy, second half", .y_label = "energy", .x = c->step + half});
        late->n = c->n - half;
        late->series = d->late;
        late->count = energy_series(d, c, half, d->late);
    }
    if (isfinite(found->ess)) {
        snprintf(d->caption, TEXT_ROOM, "%s: effective sample size %.4g, R-hat %.4g",
                 found->burn_in ? "after burn-in" : "second half", found->ess, found->rhat);
        d->panels[d->count - 1].caption = d->caption;
    }
    return GS_OK;
}

static gs_status add_gradient(drawing *d, const gs_record *r, gs_error *error) {
    gs_curve *c = &d->curves[1];
    gs_status status = r->gradient ? gs_curve_fill(c, r->gradient, gs_rows_of(r), r->chains, POINTS, error) : GS_OK;
    if (r->gradient && !status) {
        d->gradient = (gs_series){.name = r->chains > 1 ? "median, 5 to 95 %" : "norm",
                                  .y = c->median,
                                  .low = c->low,
                                  .high = c->high,
                                  .colour = GRADIENT_COLOUR};
        add_panel(d, (gs_panel){.title = "Gradient norm",
                                .y_label = "norm, logarithmic",
                                .x = c->step,
                                .n = c->n,
                                .series = &d->gradient,
                                .count = 1,
                                .log_y = true});
    }
    return status;
}

static gs_status add_acceptance(drawing *d, const gs_record *r, gs_error *error) {
    gs_curve *c = &d->curves[2];
    gs_status status =
        r->acceptance ? gs_curve_fill_acceptance(c, r->acceptance, gs_rows_of(r), r->chains, ACCEPTANCE_POINTS, error)
                      : GS_OK;
    if (r->acceptance && !status) {
        d->acceptance = (gs_series){.name = "mean over chains", .y = c->median, .colour = ACCEPTANCE_COLOUR};
        add_panel(d, (gs_panel){.title = "Acceptance",
                                .y_label = "share of proposals",
                                .x = c->step,
                                .n = c->n,
                                .series = &d->acceptance,
                                .count = 1});
    }
    return status;
}

static gs_status add_classes(drawing *d, const gs_record *r, gs_error *error) {
    if (r->marks == 0)
        return GS_OK;
    d->mark = gs_alloc(r->marks, sizeof(double));
    d->shares = gs_alloc(r->marks, (size_t)r->classes * sizeof(double));
    if (!d->mark || !d->shares)
        return gs_fail_memory(error, "the shares of classes");
    for (size_t i = 0; i < r->marks; i++) {
        d->mark[i] = (double)r->mark[i];
        for (int k = 0; k < r->classes; k++)
            d->shares[(size_t)k * r->marks + i] = r->shares[i * (size_t)r->classes + (size_t)k];
    }
    for (int k = 0; k < r->classes; k++) {
        const double *y = d->shares + (size_t)k * r->marks;
        snprintf(d->class_names[k], NAME_ROOM, "class %d: %.1f %%", k, 100 * y[r->marks - 1]);
        d->classes[k] = (gs_series){.name = d->class_names[k], .y = y, .colour = k};
    }
    add_panel(d, (gs_panel){.title = "Classes, as the judge sees the chains",
                            .caption = "shares on the right are the last ones",
                            .y_label = "share of chains",
                            .x = d->mark,
                            .n = r->marks,
                            .series = d->classes,
                            .count = r->classes,
                            .stacked = true});
    return GS_OK;
}

static void add_remarks(drawing *d, const gs_record *r, const gs_diagnosis *found) {
    int used = snprintf(d->texts[0], TEXT_ROOM, "%zu chain%s, %zu step%s", r->chains, r->chains == 1 ? "" : "s",
                        found->steps, found->steps == 1 ? "" : "s");
    if (isfinite(found->acceptance)) {
        snprintf(d->texts[0] + used, TEXT_ROOM - (size_t)used, "; acceptance %s %.1f %%",
                 found->burn_in ? "after burn-in" : "in the second half", 100 * found->acceptance);
    }
    d->remarks[d->remarks_count++] = (gs_remark){.text = d->texts[0]};
    char text[TEXT_ROOM - 10];
    for (int i = 0; d->remarks_count < REMARKS_MAX && gs_diagnosis_warning(found, i, text, sizeof text); i++) {
        char *line = d->texts[d->remarks_count];
        snprintf(line, TEXT_ROOM, "warning: %s", text);
        d->remarks[d->remarks_count++] = (gs_remark){.text = line, .warning = true};
    }
}

/* The panels of the quantities that were followed, after the others. */
static void add_followed(drawing *d, const gs_followed_panels *panels) {
    int count;
    const gs_panel *panel = gs_followed_panels_get(panels, &count);
    for (int i = 0; i < count; i++)
        d->panels[d->count++] = panel[i];
}

gs_status gs_diagnosis_plot(const gs_record *record, const gs_diagnosis *diagnosis, const gs_followed *followed,
                            const char *title, const char *path, gs_error *error) {
    drawing *d = gs_alloc(1, sizeof *d);
    if (!d)
        return gs_fail_memory(error, "the plot");
    add_remarks(d, record, diagnosis);
    gs_status status = add_energy(d, record, diagnosis, error);
    status = !status ? add_gradient(d, record, error) : status;
    status = !status ? add_acceptance(d, record, error) : status;
    status = !status ? add_classes(d, record, error) : status;
    gs_followed_panels *panels = NULL;
    status = !status && followed ? gs_followed_draw(followed, &panels, error) : status;
    add_followed(d, panels);
    if (!status) {
        gs_figure figure = {.title = title,
                            .remarks = d->remarks,
                            .remarks_count = d->remarks_count,
                            .panels = d->panels,
                            .count = d->count};
        status = gs_plot_write(path, &figure, error);
    }
    for (size_t i = 0; i < GS_COUNT(d->curves); i++)
        gs_curve_free(&d->curves[i]);
    gs_followed_panels_free(panels);
    gs_free(d->mark);
    gs_free(d->shares);
    gs_free(d);
    return status;
}
