/* The scales of two energies that are added. */
#include <math.h>
#include <string.h>

#include "measure/statistics.h"
#include "study/attributes.h"

/* Energies and lengths of gradients of a network, of digits with noise. */
typedef struct scale {
    float *energy, *norm;
    gs_summary energies, norms;
} scale;

static gs_status measure_scale(gs_conditional_study *c, const gs_study_network *network, const float *x, double sigma,
                               scale *s, gs_error *error) {
    size_t n = c->digits.n;
    const gs_term term = {.plan = network->plan, .weight = 1};
    s->energy = gs_study_room(c->study, n, sizeof *s->energy);
    s->norm = gs_study_room(c->study, n, sizeof *s->norm);
    if (!s->energy || !s->norm)
        return GS_ERROR_MEMORY;
    gs_status status = gs_energy_measure(&term, 1, x, sigma, n, s->energy, s->norm, error);
    if (!status)
        status = gs_summarize(s->energy, NULL, 0, n, &s->energies, error);
    return !status ? gs_summarize(s->norm, NULL, 0, n, &s->norms, error) : status;
}

static void list_scales(gs_conditional_study *c, const scale *digits, const scale *thick, double sigma) {
    static const char *const heads[] = {"energy", "mean E", "5 %", "95 %", "deviation", "mean |dE/dx|"};
    enum { WIDTH = GS_COUNT(heads), FIRST = 1, LAST = 5 };
    const scale *const rows[] = {digits, thick};
    static const char *const names[] = {"E_m, digits: ebm", "E_y, thick strokes: ebm-thick"};
    const char *cells[GS_COUNT(rows) * WIDTH];
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        const gs_summary *e = &rows[i]->energies;
        const double values[] = {e->mean, e->quantile[FIRST], e->quantile[LAST], e->sd, rows[i]->norms.mean};
        cells[i * WIDTH] = names[i];
        for (size_t k = 0; k < GS_COUNT(values); k++)
            cells[i * WIDTH + 1 + k] = gs_study_text(c->study, "%.4g", values[k]);
    }
    gs_study_table(
        c->study,
        gs_study_text(c->study,
                      "The two energies at noise level %g, of %zu digits with that noise. A constant that is "
                      "added to an energy changes nothing, so that it is the gradients that count.",
                      sigma, c->digits.n),
        WIDTH, heads, GS_COUNT(rows), cells);
}

/* The ratio of the mean lengths; its error is that of its logarithm. */
static void find_ratio(gs_conditional_study *c, const scale *digits, const scale *thick) {
    double a = digits->norms.mean, b = thick->norms.mean, root = sqrt((double)c->digits.n);
    gs_estimate e = gs_estimate_error(log(a / b), hypot(digits->norms.sd / a, thick->norms.sd / b) / root);
    gs_study_find(c->study, &(gs_finding){.what = "mean |dE_m/dx| over mean |dE_y/dx| at noise level 0.3",
                                          .unit = "",
                                          .is = {exp(e.value), exp(e.low), exp(e.high)},
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {1, INFINITY},
                                          .by = "E_y is the weaker one at lambda = 1"});
}

gs_status gs_attributes_scales(gs_conditional_study *c, gs_error *error) {
    const double sigma = 0.3;
    size_t n = c->digits.n, size = n * c->thick->pixels;
    float *x = gs_study_room(c->study, size, sizeof *x);
    scale digits, thick;
    if (!x)
        return GS_ERROR_MEMORY;
    memcpy(x, c->digits.images, size * sizeof *x);
    gs_status status = gs_sample_add_noise(gs_study_seed(c->study), 0, sigma, n, c->thick->pixels, x, error);
    if (!status)
        status = measure_scale(c, c->unlabelled, x, sigma, &digits, error);
    if (!status)
        status = measure_scale(c, c->thick, x, sigma, &thick, error);
    if (status)
        return status;
    find_ratio(c, &digits, &thick);
    list_scales(c, &digits, &thick, sigma);
    return GS_OK;
}
