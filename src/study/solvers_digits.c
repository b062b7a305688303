/* Samplers on the network ncsn: the Frechet distance of their digits by evaluations. */
#include "study/solvers.h"

#include <math.h>
#include <stdio.h>

#include "study/tools.h"

enum { PIXELS = 784, RUNS = 3, COLUMNS = 14, SCALE = 2 };
static const double high = 15, low = 0.02;

/* A sampler, and its levels in each of its runs; of annealed Langevin dynamics, its steps at each of ten levels. */
typedef struct contender {
    const char *name, *sampler;
    double eta;
    int steps[RUNS];
    int shown; /* the run whose digits are shown, of about ten evaluations */
} contender;
enum { LADDER = 10, CONTENDERS = 7, ANNEALED = 6 };
static const contender contenders[CONTENDERS] = {{"DPM-Solver++ of the ODE", "dpmpp-2m", -1, {5, 10, 20}, 1},
                                                 {"DPM-Solver++ of the SDE", "dpmpp-2m", 1, {5, 10, 20}, 1},
                                                 {"Heun", "heun", 0, {4, 6, 10}, 1},
                                                 {"Euler-ancestral", "euler-ancestral", 1, {5, 10, 20}, 1},
                                                 {"consistent annealed", "consistent-annealed", 0, {5, 10, 20}, 1},
                                                 {"predictor-corrector", "predictor-corrector", 0, {3, 5, 10}, 1},
                                                 {"annealed Langevin", "annealed-langevin", 0, {1, 2, 5}, 2}};

typedef struct contest {
    gs_study *study;
    const gs_study_network *network;
    size_t n;
    double evaluations[CONTENDERS][RUNS], distance[CONTENDERS][RUNS], low[CONTENDERS][RUNS], high[CONTENDERS][RUNS];
    gs_measured frechet[CONTENDERS][RUNS];
    const float *shown[CONTENDERS];
    double real;
} contest;

/* So few steps of annealed Langevin dynamics must be as long as sigma^2. */
static gs_sample_options settings(const contest *c, int k, int run) {
    gs_sample_options options = {.sampler = contenders[k].sampler,
                                 .steps = contenders[k].steps[run],
                                 .sigma_low = low,
                                 .sigma_high = high,
                                 .rho = 7,
                                 .eta = contenders[k].eta,
                                 .seed = gs_study_seed(c->study)};
    if (k == ANNEALED) {
        options.steps = LADDER;
        options.steps_per_level = contenders[k].steps[run];
        options.epsilon = low * low;
        options.denoise = 1;
    }
    return options;
}

static gs_status enter(contest *c, int k, int run, gs_error *error) {
    gs_sample_options options = settings(c, k, run);
    float *x = gs_study_room(c->study, c->n * PIXELS, sizeof *x);
    gs_comparison comparison;
    if (!x)
        return gs_fail_memory(error, "digits");
    gs_status status = gs_study_sample(c->study, c->network, &options, c->n, x, error);
    if (!status)
        status = gs_sample_resolve(c->network->model, &options, error);
    if (!status)
        status = gs_study_compare(c->study, x, NULL, c->n, &comparison, error);
    if (status)
        return status;
    gs_measured f = comparison.frechet;
    c->evaluations[k][run] = (double)gs_sample_evaluations(c->network->model, &options);
    c->frechet[k][run] = f;
    c->distance[k][run] = f.value;
    c->low[k][run] = fmax(f.value - f.error, 1); /* the axis is logarithmic */
    c->high[k][run] = f.value + f.error;
    c->real = f.real;
    if (run == contenders[k].shown)
        c->shown[k] = x;
    return GS_OK;
}

static void draw_distances(const contest *c) {
    gs_diagram_series series[CONTENDERS + 1];
    const double ends[2] = {5, LADDER * 5 + 1}, real[2] = {c->real, c->real};
    for (int k = 0; k < CONTENDERS; k++)
        series[k] = (gs_diagram_series){contenders[k].name, GS_STROKE_BOTH, RUNS,       c->evaluations[k],
                                        c->distance[k],     c->low[k],      c->high[k], k};
    series[CONTENDERS] =
        (gs_diagram_series){"as many real images", GS_STROKE_DASHED, 2, ends, real, NULL, NULL, CONTENDERS};
    gs_study_diagram(
        c->study, "distance",
        gs_study_text(c->study,
                      "Frechet distance of %zu digits to MNIST by the judge's features, by network "
                      "evaluations per digit, with a standard error; all have levels from 15 down to 0.02.",
                      c->n),
        &(gs_diagram){.title = "Digits by evaluations",
                      .x_label = "network evaluations per digit",
                      .y_label = "Frechet distance",
                      .log_x = true,
                      .log_y = true,
                      .series = series,
                      .count = CONTENDERS + 1});
}

static gs_status draw_digits(const contest *c, gs_error *error) {
    gs_sheet sheet;
    int columns = c->n < COLUMNS ? (int)c->n : COLUMNS;
    gs_status status = gs_sheet_create(&sheet, c->network->info->shape, CONTENDERS, columns, error);
    if (status)
        return status;
    sheet.scale = SCALE;
    for (int k = 0; k < CONTENDERS; k++) {
        gs_sheet_row(&sheet, k, c->shown[k], c->network->info->range);
        snprintf(sheet.row_heads[k], GS_HEAD_MAX, "%g", c->evaluations[k][contenders[k].shown]);
    }
    gs_study_sheet(c->study, "digits",
                   "Digits from the same noise, with the number of evaluations: DPM-Solver++ of the ODE and of the "
                   "SDE, Heun, Euler-ancestral, consistent annealed, predictor-corrector, annealed Langevin. Solvers "
                   "of the ODE come to the "
                   "same digits, and so does consistent annealing, which adds no noise between so distant levels.",
                   &sheet);
    gs_sheet_free(&sheet);
    return GS_OK;
}

static gs_estimate last_distance(const contest *c, int k) {
    gs_measured f = c->frechet[k][RUNS - 1];
    gs_estimate e = gs_estimate_error(f.value, f.error);
    e.low = fmax(e.low, 0); /* as distances are */
    return e;
}

/* The least and the most distance after the most evaluations, and the upper end of all intervals, of all samplers but
 * annealed Langevin dynamics. */
typedef struct field {
    double least, most, reach;
} field;

static field field_of(const contest *c) {
    field f = {INFINITY, 0, 0};
    for (int k = 0; k < CONTENDERS; k++) {
        gs_estimate e = last_distance(c, k);
        if (k == ANNEALED)
            continue;
        f.least = fmin(f.least, e.value);
        f.most = fmax(f.most, e.value);
        f.reach = fmax(f.reach, e.high);
    }
    return f;
}

static void find(const contest *c) {
    field others = field_of(c);
    for (int k = 0; k < CONTENDERS; k++) {
        gs_finding finding = {gs_study_text(c->study, "Frechet distance by %s, %g evaluations", contenders[k].name,
                                            c->evaluations[k][RUNS - 1]),
                              "",
                              last_distance(c, k),
                              GS_EXPECT_WITHIN,
                              {0, last_distance(c, ANNEALED).low},
                              "below the interval of annealed Langevin dynamics"};
        if (k == ANNEALED) {
            finding.expected[0] = others.reach;
            finding.expected[1] = INFINITY;
            finding.by = "above the others' intervals: it has too few steps yet";
        }
        if (isnan(c->frechet[k][RUNS - 1].error)) { /* of a few images */
            finding.kind = GS_EXPECT_NOTHING;
            finding.by = NULL;
        }
        gs_study_find(c->study, &finding);
    }
    gs_study_find(c->study,
                  &(gs_finding){.what = "the same of as many real images", .unit = "", .is = gs_exact(c->real)});
}

static void say(const contest *c) {
    field others = field_of(c);
    gs_study_say(
        c->study,
        "On digits all but annealed Langevin dynamics come near to MNIST within 20 evaluations: their Frechet "
        "distances are %.3g ... %.3g, beside %.3g of as many real images and %.4g of annealed Langevin dynamics "
        "after %g. %zu digits do not tell the others apart: their intervals reach up to %.3g.",
        others.least, others.most, c->real, c->frechet[ANNEALED][RUNS - 1].value, c->evaluations[ANNEALED][RUNS - 1],
        c->n, others.reach);
}

gs_status gs_solvers_digits(gs_study *study, gs_error *error) {
    contest *c = gs_study_room(study, 1, sizeof *c);
    if (!c)
        return gs_fail_memory(error, "digits");
    c->study = study;
    c->n = gs_study_whole(study, GS_STUDY_N);
    gs_status status = gs_study_network_get(study, "ncsn", &c->network, error);
    for (int k = 0; k < CONTENDERS && !status; k++)
        for (int run = 0; run < RUNS && !status; run++) {
            gs_study_stage(study, 0.15 + 0.85 * (k * RUNS + run + 1) / (CONTENDERS * RUNS));
            status = enter(c, k, run, error);
        }
    if (status)
        return status;
    find(c);
    if (!isnan(c->frechet[ANNEALED][RUNS - 1].error))
        say(c);
    draw_distances(c);
    return draw_digits(c, error);
}
