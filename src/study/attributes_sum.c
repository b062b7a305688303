/* E_m + lambda E_y of digits and thick strokes: how the energies' scales decide what comes out. */
#include <stdio.h>

#include "app/words.h"
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
    gs_conditional_study *c;
    int *label;         /* (n) all are the digit */
    weighted run[RUNS]; /* without thick strokes first, then by weight */
    int runs;
} sum;

/* ---- Samples ---- */

static gs_status draw(sum *s, weighted *w, gs_error *error) {
    gs_conditional_study *c = s->c;
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
        w->is_thick[k] = gs_digit_width(w->x + k * pixels) >= GS_STROKE_THICK;
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
    gs_conditional_study *c = s->c;
    gs_status status = GS_OK;
    s->runs = c->lambdas->count + 1;
    s->label = gs_study_room(c->study, c->n, sizeof *s->label);
    if (!s->label)
        return GS_ERROR_MEMORY;
    for (size_t k = 0; k < c->n; k++)
        s->label[k] = c->digit;
    for (int i = 0; i < s->runs && !status; i++) {
        gs_study_stage(c->study, 0.4 + 0.5 * (i + 1) / s->runs);
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
        s->c->labelled->info, strips, s->runs, s->c->n, COLUMNS, 2, error);
}

static gs_status show_shares(sum *s) {
    gs_conditional_study *c = s->c;
    gs_estimates agree, thick, both;
    size_t n = (size_t)c->lambdas->count;
    gs_status status = gs_estimates_create(c->study, c->lambdas->values, n, &agree);
    if (!status)
        status = gs_estimates_create(c->study, c->lambdas->values, n, &thick);
    if (!status)
        status = gs_estimates_create(c->study, c->lambdas->values, n, &both);
    if (status)
        return status;
    for (size_t i = 0; i < n; i++) {
        gs_estimates_set(&agree, i, s->run[i + 1].agree);
        gs_estimates_set(&thick, i, s->run[i + 1].thick);
        gs_estimates_set(&both, i, s->run[i + 1].both);
    }
    const gs_diagram_series series[] = {
        gs_estimates_series(&agree, gs_study_text(c->study, "are %ds", c->digit), GS_STROKE_BOTH, 0),
        gs_estimates_series(&thick, "are thick", GS_STROKE_BOTH, 1),
        gs_estimates_series(&both, "have both", GS_STROKE_BOTH, 2)};
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
                      "Of %zu samples per lambda: the share that the judge takes for %ds, that has strokes of "
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

/* The run of the least or of the greatest weight. */
static const weighted *extreme(const sum *s, bool greatest) {
    const weighted *at = &s->run[1];
    for (int i = 2; i < s->runs; i++)
        at = (greatest ? s->run[i].lambda > at->lambda : s->run[i].lambda < at->lambda) ? &s->run[i] : at;
    return at;
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
    const weighted *least = extreme(s, false), *greatest = extreme(s, true), *best = best_of(s);
    const turn thick = {"are thick", is_thick, {0.5, 1}, "E_y wins there; else half"};
    const turn digit = {
        gs_study_text(s->c->study, "are %ds", s->c->digit), is_digit, {0, 0.5}, "E_m drowns there; else half"};
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
                     "lambda = 1 is the energy of thick digits alone. There %.0f %% of the samples are thick%s.",
                     100 * s->run[i].thick.value,
                     s->run[i].thick.high < sure
                         ? ": the networks are not exact, and which lambda is best has to be tried"
                         : "");
        gs_study_find(s->c->study, &(gs_finding){.what = "samples at lambda = 1 that are thick",
                                                 .unit = "%",
                                                 .is = s->run[i].thick,
                                                 .kind = GS_EXPECT_REFUTED,
                                                 .expected = {sure, 1},
                                                 .by = "Bayes' rule for exact networks: E_y is -log p(thick | x)"});
    }
}

static const char *met(const sum *s, const weighted *w) {
    return gs_study_text(s->c->study, "%.0f %% of the samples are %ds and %.0f %% are thick", 100 * w->agree.value,
                         s->c->digit, 100 * w->thick.value);
}

static void say(const sum *s) {
    gs_study *study = s->c->study;
    const weighted *least = extreme(s, false), *greatest = extreme(s, true), *best = best_of(s);
    bool differ = least->lambda < greatest->lambda;
    gs_study_say(study, "Look at the rows of the next picture. Without E_y, %s; with lambda = %g, %s%s.%s",
                 met(s, &s->run[0]), least->lambda, met(s, least),
                 differ ? gs_study_text(study, "; with lambda = %g, %s", greatest->lambda, met(s, greatest)) : "",
                 least->lambda < small && greatest->lambda > large
                     ? " At either end, the energy whose gradient is the weaker one drowns."
                     : "");
    gs_study_say(study, "Of %zu samples with lambda = %g%s, %.0f %% have both attributes; without E_y it is %.0f %%.",
                 s->c->n, best->lambda, differ && best->both.value > 0 ? ", the best of these weights" : "",
                 100 * best->both.value, 100 * s->run[0].both.value);
}

gs_status gs_attributes_sum(gs_conditional_study *c, gs_error *error) {
    sum *s = gs_study_room(c->study, 1, sizeof *s);
    if (!s)
        return GS_ERROR_MEMORY;
    s->c = c;
    gs_status status = draw_all(s, error);
    if (status)
        return status;
    say(s);
    status = show_samples(s, error);
    if (!status)
        status = show_shares(s);
    if (status)
        return status;
    find_drowned(s);
    find_bayes(s);
    return GS_OK;
}
