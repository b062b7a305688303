/* The same on digits: chains begun at ones, at one noise level each. */
#include <stdio.h>
#include <string.h>

#include "study/disjoint.h"

/* EVERY steps lie between the states that are looked at. */
enum { PIXELS = 784, LOOKED = 600, ONES = 48, STEPS = 100, EVERY = 25, STATES = STEPS / EVERY + 1, LEVELS = 4 };
enum { COLUMNS = 12, SCALE = 2, SOLVER_STEPS = 6, THE_CLASS = 1 };
static const double level[LEVELS] = {0.1, 0.3, 1, 2}, lowest = 0.05;
static const char network_name[] = "ebm";

typedef struct chains {
    gs_study *study;
    const gs_study_network *network, *judge;
    const float *start; /* (n, PIXELS) ones */
    size_t n;
    double share_of_data;
    float *end[LEVELS]; /* (n, PIXELS) what they are after all steps */
    gs_estimate is[LEVELS][STATES];
} chains;

static gs_status gather(chains *c, gs_error *error) {
    gs_digits digits;
    gs_status status = gs_study_digits(c->study, GS_DIGITS_TEST, LOOKED, &digits, error);
    float *ones = gs_study_room(c->study, (size_t)ONES * PIXELS, sizeof *ones);
    if (status || !ones)
        return status ? status : gs_fail_memory(error, "digits");
    size_t all = 0;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.labels[i] != THE_CLASS)
            continue;
        if (all < ONES)
            memcpy(ones + all * PIXELS, digits.images + i * PIXELS, PIXELS * sizeof *ones);
        all++;
    }
    c->start = ones;
    c->n = all < ONES ? all : ONES;
    c->share_of_data = (double)all / (double)digits.n;
    return GS_OK;
}

/* Langevin dynamics at one level, from the ones with as much noise: the states on the way, (STATES, n, PIXELS). */
static gs_status walk(const chains *c, double sigma, float *states, gs_error *error) {
    size_t size = c->n * PIXELS;
    float *init = gs_study_room(c->study, size, sizeof *init);
    if (!init)
        return gs_fail_memory(error, "starts");
    memcpy(init, c->start, size * sizeof *init);
    gs_sample_options options = {.sampler = "langevin",
                                 .steps = STEPS,
                                 .every = EVERY,
                                 .sigma_low = sigma,
                                 .sigma_high = sigma,
                                 .denoise = -1,
                                 .init = init,
                                 .trajectory = states,
                                 .seed = gs_study_seed(c->study)};
    gs_status status = gs_sample_add_noise(options.seed, 0, sigma, c->n, PIXELS, init, error);
    float *out = gs_study_room(c->study, size, sizeof *out);
    if (status || !out)
        return status ? status : gs_fail_memory(error, "chains");
    return gs_study_sample(c->study, c->network, &options, c->n, out, error);
}

/* The digits that noisy states are, by a solver down from their level, and their classes. */
static gs_status finish(const chains *c, double sigma, const float *states, size_t n, float *out, int *classes,
                        gs_error *error) {
    gs_sample_options options = {.sampler = "dpmpp-2m",
                                 .steps = SOLVER_STEPS,
                                 .sigma_low = lowest,
                                 .sigma_high = sigma,
                                 .eta = -1,
                                 .init = states,
                                 .seed = gs_study_seed(c->study)};
    gs_status status = gs_study_sample(c->study, c->network, &options, n, out, error);
    return status ? status : gs_quality_classify(c->judge->plan, out, n, classes, error);
}

static gs_status run_level(chains *c, int k, gs_error *error) {
    size_t all = STATES * c->n;
    float *states = gs_study_room(c->study, 2 * all * PIXELS, sizeof *states), *ends = states + all * PIXELS;
    int *classes = gs_study_room(c->study, all, sizeof *classes);
    if (!states || !classes)
        return gs_fail_memory(error, "chains");
    gs_status status = walk(c, level[k], states, error);
    if (!status)
        status = finish(c, level[k], states, all, ends, classes, error);
    for (size_t t = 0; t < STATES && !status; t++) {
        uint64_t kept = 0;
        for (size_t i = 0; i < c->n; i++)
            kept += classes[t * c->n + i] == THE_CLASS;
        c->is[k][t] = gs_estimate_share(kept, c->n);
    }
    c->end[k] = ends + (STATES - 1) * c->n * PIXELS;
    return status;
}

static void draw_shares(const chains *c) {
    static const char *const names[LEVELS] = {"sigma 0.1", "sigma 0.3", "sigma 1", "sigma 2"};
    gs_diagram_series series[LEVELS + 1];
    double *room = gs_study_room(c->study, (size_t)(LEVELS + 1) * STATES * 3, sizeof *room);
    double *at = gs_study_room(c->study, STATES, sizeof *at);
    if (!room || !at)
        return;
    for (int k = 0; k <= LEVELS; k++) {
        double *value = room + 3 * STATES * k, *low = value + STATES, *high = low + STATES;
        for (int t = 0; t < STATES; t++) {
            at[t] = t * EVERY;
            value[t] = 100 * (k < LEVELS ? c->is[k][t].value : c->share_of_data);
            low[t] = k < LEVELS ? 100 * c->is[k][t].low : 0;
            high[t] = k < LEVELS ? 100 * c->is[k][t].high : 0;
        }
        series[k] =
            k < LEVELS ? (gs_diagram_series){names[k], GS_STROKE_BOTH, STATES, at, value, low, high, k}
                       : (gs_diagram_series){"ones among the data", GS_STROKE_DASHED, STATES, at, value, NULL, NULL, k};
    }
    gs_study_diagram(
        c->study, "ones",
        "Chains of Langevin dynamics that begin at ones with noise, at one noise level each: the share that "
        "are ones after so many steps, once a solver has removed the noise.",
        &(gs_diagram){.title = "Chains that begin at ones",
                      .x_label = "Langevin steps",
                      .y_label = "ones, %",
                      .y_range = {0, 100},
                      .series = series,
                      .count = LEVELS + 1});
}

static gs_status draw_digits(const chains *c, gs_error *error) {
    gs_sheet sheet;
    int columns = c->n < COLUMNS ? (int)c->n : COLUMNS;
    gs_status status = gs_sheet_create(&sheet, c->network->info->shape, LEVELS + 1, columns, error);
    if (status)
        return status;
    sheet.scale = SCALE;
    for (int k = 0; k <= LEVELS; k++) {
        gs_sheet_row(&sheet, k, k ? c->end[k - 1] : c->start, c->network->info->range);
        if (k)
            snprintf(sheet.row_heads[k], GS_HEAD_MAX, "s %g", level[k - 1]);
    }
    gs_study_sheet(c->study, "digits",
                   "Above, the ones with which chains begin; below, what they are after 100 Langevin steps at one "
                   "noise level each, once the noise is removed.",
                   &sheet);
    gs_sheet_free(&sheet);
    return GS_OK;
}

static void find(const chains *c) {
    const double expected[LEVELS][2] = {{0.5, 1}, {0.5, 1}, {0, 0.9}, {0, 0.7}};
    for (int k = 0; k < LEVELS; k++)
        gs_study_find(
            c->study,
            &(gs_finding){gs_study_text(c->study, "ones after %d steps at sigma %g", STEPS, level[k]),
                          "%",
                          c->is[k][STATES - 1],
                          GS_EXPECT_WITHIN,
                          {expected[k][0], expected[k][1]},
                          k < 2 ? "the course: chains stay in their mode; most do" : "the course: noise joins modes"});
}

gs_status gs_disjoint_digits(gs_study *study, gs_error *error) {
    chains c = {.study = study};
    gs_status status = gs_study_network_get(study, network_name, &c.network, error);
    if (!status)
        status = gs_study_network_get(study, "judge", &c.judge, error);
    gs_study_stage(study, 0.8);
    if (!status)
        status = gather(&c, error);
    for (int k = 0; k < LEVELS && !status; k++) {
        gs_study_stage(study, 0.8 + 0.2 * (k + 1) / LEVELS);
        status = run_level(&c, k, error);
    }
    if (status)
        return status;
    gs_study_say(study,
                 "Classes of digits are modes, too. Of %zu chains of the energy network %s that begin at ones, %.0f %% "
                 "are still ones after %d steps at noise level %g, and %.0f %% at noise level %g, where they become "
                 "other digits. There %.0f %% are ones even before the first step: so much noise hides what "
                 "it was added to.",
                 c.n, network_name, 100 * c.is[0][STATES - 1].value, STEPS, level[0],
                 100 * c.is[LEVELS - 1][STATES - 1].value, level[LEVELS - 1], 100 * c.is[LEVELS - 1][0].value);
    find(&c);
    draw_shares(&c);
    return draw_digits(&c, error);
}
