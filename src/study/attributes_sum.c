/* E_m + lambda E_y of digits and thick strokes: how the energies' scales decide what comes out. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/words.h"
#include "measure/statistics.h"
#include "measure/strokes.h"
#include "study/attributes.h"

enum { COLUMNS = 12, RUNS = GS_LIST_MAX + 1 };

/* Samples with one weight. */
typedef struct weighted {
    double lambda;
    float *x;
    int *class;
    bool *is_thick;
    gs_estimate agree, thick, both;
} weighted;

typedef struct sum {
    gs_attributes *c;
    int *label;         /* (n) all are the digit */
    weighted run[RUNS]; /* without thick strokes first, then by weight */
    int runs;
} sum;

/* ---- Scales ---- */

/* Energies and lengths of gradients of a network, of digits with noise. */
typedef struct scale {
    float *energy, *norm;
    gs_summary energies, norms;
} scale;

static gs_status measure_scale(gs_attributes *c, const gs_study_network *network, const float *x, double sigma,
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

static void list_scales(gs_attributes *c, const scale *digits, const scale *thick, double sigma) {
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
static void find_ratio(gs_attributes *c, const scale *digits, const scale *thick) {
    double a = digits->norms.mean, b = thick->norms.mean, root = sqrt((double)c->digits.n);
    gs_estimate e = gs_estimate_error(log(a / b), hypot(digits->norms.sd / a, thick->norms.sd / b) / root);
    gs_study_find(c->study, &(gs_finding){.what = "mean |dE_m/dx| over mean |dE_y/dx| at noise level 0.3",
                                          .unit = "",
                                          .is = {exp(e.value), exp(e.low), exp(e.high)},
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {1, INFINITY},
                                          .by = "E_y is the weaker one at lambda = 1"});
}

static gs_status show_scales(gs_attributes *c, gs_error *error) {
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

/* ---- Samples ---- */

static gs_status draw(sum *s, weighted *w, gs_error *error) {
    gs_attributes *c = s->c;
    size_t pixels = c->labelled->pixels, counts[3] = {0};
    w->x = gs_study_room(c->study, c->n * pixels, sizeof *w->x);
    w->class = gs_study_room(c->study, c->n, sizeof *w->class);
    w->is_thick = gs_study_room(c->study, c->n, sizeof *w->is_thick);
    if (!w->x || !w->class || !w->is_thick)
        return GS_ERROR_MEMORY;
    const gs_term term = {.plan = c->thick->plan, .weight = w->lambda};
    gs_sample_options options = {
        .labels = s->label, .seed = gs_study_seed(c->study), .terms = &term, .term_count = w->lambda > 0};
    gs_status status = gs_study_sample(c->study, c->labelled, &options, c->n, w->x, error);
    if (!status)
        status = gs_study_classify(c->study, w->x, c->n, w->class, error);
    for (size_t k = 0; k < c->n && !status; k++) {
        bool agrees = w->class[k] == c->digit;
        w->is_thick[k] = gs_width_of(w->x + k * pixels) >= GS_STROKE_THICK;
        counts[0] += agrees;
        counts[1] += w->is_thick[k];
        counts[2] += agrees && w->is_thick[k];
    }
    w->agree = gs_estimate_share(counts[0], c->n);
    w->thick = gs_estimate_share(counts[1], c->n);
    w->both = gs_estimate_share(counts[2], c->n);
    return status;
}

static gs_status draw_all(sum *s, gs_error *error) {
    gs_attributes *c = s->c;
    gs_status status = GS_OK;
    s->runs = c->lambdas->count + 1;
    s->label = gs_study_room(c->study, c->n, sizeof *s->label);
    if (!s->label)
        return GS_ERROR_MEMORY;
    for (size_t k = 0; k < c->n; k++)
        s->label[k] = c->digit;
    for (int i = 0; i < s->runs && !status; i++) {
        gs_study_stage(c->study, 0.4 + 0.6 * (i + 1) / s->runs);
        s->run[i].lambda = i ? c->lambdas->values[i - 1] : 0;
        status = draw(s, &s->run[i], error);
    }
    return status;
}

/* ---- What is shown ---- */

static gs_status show_samples(sum *s, gs_error *error) {
    gs_strip strips[RUNS];
    char heads[RUNS][32];
    for (int i = 0; i < s->runs; i++)
        strips[i] = (gs_strip){gs_shortest(s->run[i].lambda, heads[i]), s->run[i].x};
    return gs_study_strips(
        s->c->study, "sums",
        gs_study_text(s->c->study,
                      "Samples of E(x, %d) + lambda E_y(x), the energy of the digit %d and lambda times "
                      "that of thick strokes. Lambda stands beside the rows; all rows begin at the same "
                      "noise.",
                      s->c->digit, s->c->digit),
        s->c->labelled->info, strips, s->runs, COLUMNS, 2, error);
}

static gs_status show_shares(sum *s) {
    gs_attributes *c = s->c;
    gs_curve agree, thick, both;
    size_t n = (size_t)c->lambdas->count;
    gs_status status = gs_curve_create(c->study, c->lambdas->values, n, &agree);
    if (!status)
        status = gs_curve_create(c->study, c->lambdas->values, n, &thick);
    if (!status)
        status = gs_curve_create(c->study, c->lambdas->values, n, &both);
    if (status)
        return status;
    for (size_t i = 0; i < n; i++) {
        gs_curve_set(&agree, i, s->run[i + 1].agree);
        gs_curve_set(&thick, i, s->run[i + 1].thick);
        gs_curve_set(&both, i, s->run[i + 1].both);
    }
    const gs_diagram_series series[] = {
        gs_curve_series(&agree, gs_study_text(c->study, "are a %d", c->digit), GS_STROKE_BOTH, 0),
        gs_curve_series(&thick, "are thick", GS_STROKE_BOTH, 1), gs_curve_series(&both, "are both", GS_STROKE_BOTH, 2)};
    const gs_diagram diagram = {.title = "Which attributes are met",
                                .x_label = "lambda",
                                .y_label = "share of samples",
                                .log_x = true,
                                .y_range = {0, 1},
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(
        c->study, "shares",
        gs_study_text(c->study,
                      "Of %zu samples per lambda: the share that the judge takes for a %d, that has strokes of "
                      "%g pixels or more, and that has both, with 99.99 %% intervals.",
                      c->n, c->digit, GS_STROKE_THICK),
        &diagram);
    return GS_OK;
}

/* Of the samples that are different in one of two runs, the share that gained what `has` says. */
static gs_estimate gained(const sum *s, const weighted *before, const weighted *after,
                          bool (*has)(const sum *, const weighted *, size_t)) {
    uint64_t there = 0, away = 0;
    for (size_t k = 0; k < s->c->n; k++) {
        bool was = has(s, before, k), is = has(s, after, k);
        there += is && !was;
        away += was && !is;
    }
    return gs_estimate_share(there, there + away);
}

static bool is_thick(const sum *s, const weighted *w, size_t k) {
    (void)s;
    return w->is_thick[k];
}

static bool is_digit(const sum *s, const weighted *w, size_t k) {
    return w->class[k] == s->c->digit;
}

static const weighted *best_of(const sum *s) {
    const weighted *best = &s->run[1];
    for (int i = 2; i < s->runs; i++)
        best = s->run[i].both.value > best->both.value ? &s->run[i] : best;
    return best;
}

/* Weights from which on one of the energies drowns. */
static const double small = 0.03, large = 300;

/* What a weight does to an attribute, by the sign test. */
typedef struct turn {
    const char *what; /* "are thick" */
    bool (*has)(const sum *, const weighted *, size_t);
    double expected[2];
    const char *by;
} turn;

static void find_turn(const sum *s, const turn *t, const weighted *w) {
    gs_study_find(s->c->study,
                  &(gs_finding){.what = gs_study_text(s->c->study,
                                                      "samples that %s at lambda = %g, of those that are so only there "
                                                      "or only without E_y",
                                                      t->what, w->lambda),
                                .unit = "%",
                                .is = gained(s, &s->run[0], w, t->has),
                                .kind = w->lambda > large ? GS_EXPECT_WITHIN : GS_EXPECT_NOTHING,
                                .expected = {t->expected[0], t->expected[1]},
                                .by = t->by});
}

static void find_unchanged(const sum *s, const weighted *w) {
    size_t same = 0;
    for (size_t k = 0; k < s->c->n; k++)
        same += is_thick(s, w, k) == is_thick(s, &s->run[0], k);
    gs_study_find(s->c->study, &(gs_finding){.what = gs_study_text(s->c->study,
                                                                   "samples at lambda = %g that are thick or not as "
                                                                   "without E_y",
                                                                   w->lambda),
                                             .unit = "%",
                                             .is = gs_estimate_share(same, s->c->n),
                                             .kind = w->lambda < small ? GS_EXPECT_WITHIN : GS_EXPECT_NOTHING,
                                             .expected = {0.8, 1},
                                             .by = "the weaker energy drowns"});
}

/* At both ends one of the energies has drowned: the least lambda leaves samples as they are without E_y, and the
 * greatest loses the digit. */
static void find_drowned(const sum *s) {
    const weighted *least = &s->run[1], *greatest = &s->run[1], *best = best_of(s);
    const turn thick = {"are thick", is_thick, {0.5, 1}, "E_y wins there; else half"};
    const turn digit = {
        gs_study_text(s->c->study, "are a %d", s->c->digit), is_digit, {0, 0.5}, "E_m drowns there; else half"};
    for (int i = 2; i < s->runs; i++) {
        least = s->run[i].lambda < least->lambda ? &s->run[i] : least;
        greatest = s->run[i].lambda > greatest->lambda ? &s->run[i] : greatest;
    }
    find_unchanged(s, least);
    find_turn(s, &thick, greatest);
    find_turn(s, &digit, greatest);
    gs_study_find(s->c->study,
                  &(gs_finding){.what = gs_study_text(
                                    s->c->study, "samples with both attributes at lambda = %g, the best", best->lambda),
                                .unit = "%",
                                .is = best->both});
}

/* E_y stands for -log p(thick | x), so that at lambda = 1 the sum is the energy of thick digits, by Bayes' rule. */
static void find_bayes(const sum *s) {
    const double sure = 0.99;
    for (int i = 1; i < s->runs; i++) {
        if (s->run[i].lambda < 1 || s->run[i].lambda > 1)
            continue;
        gs_study_say(s->c->study,
                     "E_y was trained as -log p(thick | x) at every noise level, so that by Bayes' rule the sum with "
                     "lambda = 1 is the energy of thick digits alone. Only %.0f %% of the samples are thick there: the "
                     "networks are not exact, and which lambda is best has to be tried.",
                     100 * s->run[i].thick.value);
        gs_study_find(s->c->study, &(gs_finding){.what = "samples at lambda = 1 that are thick",
                                                 .unit = "%",
                                                 .is = s->run[i].thick,
                                                 .kind = GS_EXPECT_REFUTED,
                                                 .expected = {sure, 1},
                                                 .by = "Bayes' rule for exact networks: E_y is -log p(thick | x)"});
    }
}

gs_status gs_attributes_sum(gs_attributes *c, gs_error *error) {
    sum *s = gs_study_room(c->study, 1, sizeof *s);
    if (!s)
        return GS_ERROR_MEMORY;
    s->c = c;
    gs_status status = draw_all(s, error);
    if (!status)
        status = show_samples(s, error);
    if (!status)
        status = show_shares(s);
    if (status)
        return status;
    find_drowned(s);
    find_bayes(s);
    return show_scales(c, error);
}
