/* The top of the ladder, on a grid of 5 x 5 Gaussians. Both coordinates move independently of each other, each like a
 * chain on a line (line.h), so that theory is exact. */
#include "study/ladder.h"

#include <math.h>

#include "base/math64.h"
#include "study/line.h"
#include "study/plane.h"

enum { SIDE = 5, APART = 4, PER_LEVEL = 10, TOPS = 6, LINE_POINTS = 2400, SHOWN = 300, SHOWN_LOW = 1, SHOWN_HIGH = 5 };
static const double tops[TOPS] = {0.5, 1, 2, 4, 8, 16}, bottom = 0.25, pace = 0.2, line_end = 90, inner = 6;
static const char deviation[] = "0.5";

typedef struct grid {
    gs_study *study;
    size_t n;
    const char *text;
    const gs_density *density;
    gs_line_mixture line; /* of either coordinate */
    gs_estimate is[TOPS];
    double theory[TOPS];
} grid;

static double place(int i) {
    return APART * (i - (SIDE - 1) / 2);
}

static void describe(grid *g, gs_study *study) {
    *g = (grid){.study = study, .n = gs_study_whole(study, GS_STUDY_N), .text = "mixture:means="};
    for (int i = 0; i < SIDE * SIDE; i++)
        g->text = gs_study_text(study, "%s%s%g/%g", g->text, i ? "," : "", place(i % SIDE), place(i / SIDE));
    g->text = gs_study_text(study, "%s,sd=%s", g->text, deviation);
    g->line = (gs_line_mixture){.count = SIDE, .variance = 0.25};
    for (int i = 0; i < SIDE; i++) {
        g->line.mean[i] = place(i);
        g->line.weight[i] = 1.0 / SIDE;
    }
}

/* Levels down to the bottom that differ by a factor of sqrt(2). */
static int levels_from(double top) {
    return 1 + (int)lround(2 * log2(top / bottom));
}

/* The probability that a chain ends in the outer modes, of which either coordinate is beyond the inner ones. */
static double outer_theory(const grid *g, double top) {
    int levels = levels_from(top);
    gs_line line;
    if (!gs_line_create(g->study, -line_end, line_end, LINE_POINTS, &line))
        return NAN;
    for (int i = levels - 1; i >= 0; i--) {
        double sigma = top * gs_exp64(i / (levels - 1.0) * gs_log64(bottom / top)), alpha = pace * sigma * sigma;
        gs_line_step step = {&g->line, sigma, alpha / 2, alpha};
        if (i == levels - 1)
            gs_line_begin(&line, &step, -inner, inner);
        gs_line_back(&line, &step, PER_LEVEL - (i == levels - 1));
    }
    double within = gs_line_from_normal(&line, 0, top);
    return 1 - within * within;
}

static gs_status map(const grid *g, int k, const float *x, gs_error *error) {
    return gs_plane_map(
        g->study, gs_study_text(g->study, "top-%g", tops[k]),
        gs_study_text(g->study, "Chains from a top of %g", tops[k]),
        gs_study_text(g->study, "Where chains end whose ladder begins at a noise level of %g.", tops[k]),
        &(gs_plane){.density = g->density,
                    .low = -11,
                    .high = 11,
                    .note = gs_study_text(g->study, "noise %g ... %g", tops[k], bottom),
                    .points = x,
                    .n = g->n < SHOWN ? g->n : SHOWN},
        error);
}

static gs_status run_top(grid *g, int k, gs_error *error) {
    gs_sample_options options = {.sampler = "annealed-langevin",
                                 .steps = levels_from(tops[k]),
                                 .steps_per_level = PER_LEVEL,
                                 .sigma_low = bottom,
                                 .sigma_high = tops[k],
                                 .epsilon = pace * bottom * bottom,
                                 .denoise = -1,
                                 .seed = gs_study_seed(g->study)};
    float *x;
    uint64_t outer = 0;
    gs_status status = gs_plane_chains(g->study, g->text, options, g->n, &x, error);
    if (status)
        return status;
    for (size_t i = 0; i < g->n; i++)
        outer += fabs((double)x[2 * i]) >= inner || fabs((double)x[2 * i + 1]) >= inner;
    g->is[k] = gs_estimate_share(outer, g->n);
    g->theory[k] = outer_theory(g, tops[k]);
    gs_study_find(g->study, &(gs_finding){gs_study_text(g->study, "share in the outer modes from a top of %g", tops[k]),
                                          "%",
                                          g->is[k],
                                          GS_EXPECT_VALUE,
                                          {g->theory[k]},
                                          "theory, the chains' equation backwards"});
    return k == SHOWN_LOW || k == SHOWN_HIGH ? map(g, k, x, error) : GS_OK;
}

static void draw(const grid *g) {
    double value[TOPS], low[TOPS], high[TOPS], theory[TOPS], weight[TOPS];
    for (int k = 0; k < TOPS; k++) {
        value[k] = 100 * g->is[k].value;
        low[k] = 100 * g->is[k].low;
        high[k] = 100 * g->is[k].high;
        theory[k] = 100 * g->theory[k];
        weight[k] = 100.0 * (SIDE * SIDE - (SIDE - 2) * (SIDE - 2)) / (SIDE * SIDE);
    }
    gs_diagram_series series[] = {{"measured", GS_STROKE_MARKS, TOPS, tops, value, low, high, 0},
                                  {"theory", GS_STROKE_DASHED, TOPS, tops, theory, NULL, NULL, 0},
                                  {"their weight", GS_STROKE_LINE, TOPS, tops, weight, NULL, NULL, 1}};
    gs_study_diagram(
        g->study, "tops",
        "Share of the chains that end in the 16 outer ones of 25 modes, by the highest noise level. From a "
        "low top they are not found; from a high one a few chains too many stay out there, as there are "
        "but ten steps per level.",
        &(gs_diagram){.title = "What a low top loses",
                      .x_label = "highest noise level",
                      .y_label = "share in the outer modes, %",
                      .log_x = true,
                      .series = series,
                      .count = 3});
}

static gs_status run_tops(const gs_density *density, void *context, gs_error *error) {
    grid *g = context;
    gs_status status = GS_OK;
    g->density = density;
    for (int k = 0; k < TOPS && !status; k++) {
        gs_study_stage(g->study, 0.3 * (k + 1) / TOPS);
        status = run_top(g, k, error);
    }
    if (!status)
        draw(g);
    return status;
}

gs_status gs_ladder_modes(gs_study *study, gs_error *error) {
    grid g;
    describe(&g, study);
    return gs_plane_with(g.text, run_tops, &g, error);
}
