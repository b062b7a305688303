/* Chains in the plane of two modes. What depends on the weights happens along the line through the means, so theory is
 * exact (line.h). */
#include "study/disjoint.h"

#include <math.h>

#include "base/math64.h"

enum { STEPS = 200, LADDER = 10, PER_LEVEL = 100, SHOWN = 40, LINE_POINTS = 1000 };
static const double step_size = 0.05, sigma_high = 10, sigma_low = 0.5, pace = 0.2, line_end = 60;
static const char by_theory[] = "theory, the chains' equation backwards";

/* ---- Langevin dynamics at one level ---- */

static bool langevin_theory(const gs_disjoint *d, gs_line *line) {
    gs_line_step step = {&d->line, 0, step_size, 2 * step_size};
    if (!gs_line_create(d->study, -line_end, line_end, LINE_POINTS, line))
        return false;
    gs_line_begin(line, &step, 0, INFINITY);
    gs_line_back(line, &step, STEPS - 1);
    return true;
}

static gs_sample_options langevin(const gs_disjoint *d) {
    return (gs_sample_options){
        .sampler = "langevin", .steps = STEPS, .step_size = step_size, .seed = gs_study_seed(d->study)};
}

static gs_status map_langevin(const gs_disjoint *d, gs_error *error) {
    enum { EVERY = 10, STATES = STEPS / EVERY + 1 };
    gs_sample_options options = langevin(d);
    float *ways = gs_study_room(d->study, (size_t)STATES * SHOWN * 2, sizeof *ways), *x;
    options.every = EVERY;
    options.trajectory = ways;
    gs_status status =
        ways ? gs_plane_chains(d->study, d->plain, options, SHOWN, &x, error) : gs_fail_memory(error, "ways of chains");
    if (status)
        return status;
    return gs_plane_map(
        d->study, "langevin", "Langevin dynamics from uniform starts",
        "Chains of Langevin dynamics from starts all over the plane climb the nearer mode and stay.",
        &(gs_plane){d->density, 0, -11, 11, "both modes get about half of the chains", x, SHOWN, ways, STATES}, error);
}

static gs_status run_langevin(const gs_disjoint *d, const gs_line *theory, gs_error *error) {
    float *x;
    gs_status status = gs_plane_chains(d->study, d->plain, langevin(d), d->n, &x, error);
    if (status)
        return status;
    gs_disjoint_find(d, "Langevin dynamics from uniform starts: share in the second mode", gs_disjoint_second(x, d->n),
                     gs_line_from_square(theory, GS_DISJOINT_HALF), by_theory);
    return map_langevin(d, error);
}

/* ---- Annealed ---- */

static double level_at(int i, int levels) {
    return sigma_high * gs_exp64(i / (levels - 1.0) * gs_log64(sigma_low / sigma_high));
}

/* Steps of alpha = pace sigma^2: the drift is half of that times the score. */
static bool annealed_theory(const gs_disjoint *d, int levels, int per_level, gs_line *line) {
    if (!gs_line_create(d->study, -line_end, line_end, LINE_POINTS, line))
        return false;
    for (int i = levels - 1; i >= 0; i--) {
        double sigma = level_at(i, levels), alpha = pace * sigma * sigma;
        gs_line_step step = {&d->line, sigma, alpha / 2, alpha};
        if (i == levels - 1)
            gs_line_begin(line, &step, 0, INFINITY);
        gs_line_back(line, &step, per_level - (i == levels - 1));
    }
    return true;
}

static gs_sample_options annealed(const gs_disjoint *d, int levels, int per_level) {
    return (gs_sample_options){.sampler = "annealed-langevin",
                               .steps = levels,
                               .steps_per_level = per_level,
                               .sigma_low = sigma_low,
                               .sigma_high = sigma_high,
                               .epsilon = pace * sigma_low * sigma_low,
                               .denoise = -1,
                               .seed = gs_study_seed(d->study)};
}

static gs_status map_annealed(const gs_disjoint *d, gs_error *error) {
    gs_sample_options options = annealed(d, LADDER, PER_LEVEL);
    float *x;
    gs_status status = gs_plane_chains(d->study, d->text, options, 5 * SHOWN, &x, error);
    if (status)
        return status;
    return gs_plane_map(
        d->study, "annealed", "Annealed Langevin dynamics",
        "Where chains of annealed Langevin dynamics end: in each mode as many as it weighs. At first "
        "the noise joins both modes, and chains cross while it sinks.",
        &(gs_plane){d->density, 0, -11, 11, "noise 10 ... 0.5, 10 levels of 100 steps", x, 5 * SHOWN, NULL, 0}, error);
}

/* Measured and exact shares by the number of steps per level. */
enum { COUNTS = 5 };
static const double step_counts[COUNTS] = {1, 3, 10, 30, PER_LEVEL};

static gs_status run_annealed(const gs_disjoint *d, gs_estimate is[COUNTS], double theory[COUNTS], gs_error *error) {
    gs_status status = GS_OK;
    gs_line line;
    for (int k = 0; k < COUNTS && !status; k++) {
        float *x;
        int steps = (int)step_counts[k];
        gs_study_stage(d->study, 0.1 + 0.3 * (k + 1) / COUNTS);
        status = gs_plane_chains(d->study, d->text, annealed(d, LADDER, steps), d->n, &x, error);
        if (status)
            return status;
        is[k] = gs_disjoint_second(x, d->n);
        theory[k] = annealed_theory(d, LADDER, steps, &line) ? gs_line_from_normal(&line, 0, sigma_high) : NAN;
        gs_disjoint_find(d, gs_study_text(d->study, "annealed, %d steps per level: share in the second mode", steps),
                         is[k], theory[k], by_theory);
    }
    return status;
}

static void draw_annealed(const gs_disjoint *d, const gs_estimate is[COUNTS], const double theory[COUNTS]) {
    double value[COUNTS], low[COUNTS], high[COUNTS], weight[COUNTS];
    for (int k = 0; k < COUNTS; k++) {
        value[k] = 100 * is[k].value;
        low[k] = 100 * is[k].low;
        high[k] = 100 * is[k].high;
        weight[k] = 100 * d->share;
    }
    double expected[COUNTS];
    for (int k = 0; k < COUNTS; k++)
        expected[k] = 100 * theory[k];
    gs_diagram_series series[] = {
        {"measured", GS_STROKE_MARKS, COUNTS, step_counts, value, low, high, 0},
        {"theory of these steps", GS_STROKE_DASHED, COUNTS, step_counts, expected, NULL, NULL, 0},
        {"weight of the mode", GS_STROKE_LINE, COUNTS, step_counts, weight, NULL, NULL, 1}};
    gs_study_diagram(d->study, "steps",
                     "Share of the chains of annealed Langevin dynamics in the second mode, by the number of steps at "
                     "each of ten levels: too few steps leave chains where the level before had them.",
                     &(gs_diagram){.title = "Annealed Langevin dynamics by its steps",
                                   .x_label = "steps per level",
                                   .y_label = "share in the second mode, %",
                                   .log_x = true,
                                   .series = series,
                                   .count = 3});
}

/* ---- Starts ---- */

/* Chains begin at N(centre (1, 1), 3^2), annealed ones with noise of the highest level besides. */
enum { STARTS = 7, START_STEPS = 30, START_SD = 3 };

static gs_status start_chains(const gs_disjoint *d, const char *network, gs_sample_options options, double centre,
                              gs_estimate *is, gs_error *error) {
    gs_density *at;
    size_t n = (d->n + 3) / 4;
    float *init = gs_study_room(d->study, 2 * n, sizeof *init), *x;
    if (!init)
        return gs_fail_memory(error, "starts");
    gs_status status =
        gs_density_create(gs_study_text(d->study, "gaussian:dim=2,mean=%g,sd=%d", centre, START_SD), &at, error);
    if (status)
        return status;
    status = gs_density_draw(at, options.sigma_high, options.seed + 1, 0, n, init, error);
    gs_density_free(at);
    options.init = init;
    if (!status)
        status = gs_plane_chains(d->study, network, options, n, &x, error);
    if (!status)
        *is = gs_disjoint_second(x, n);
    return status;
}

typedef struct starts {
    double centre[STARTS], langevin[STARTS], annealed[STARTS];
    gs_estimate is[2][STARTS];
} starts;

static gs_status run_starts(const gs_disjoint *d, const gs_line *line, const gs_line *annealed_line, starts *s,
                            gs_error *error) {
    gs_status status = GS_OK;
    for (int k = 0; k < STARTS && !status; k++) {
        gs_study_stage(d->study, 0.5 + 0.2 * (k + 0.5) / STARTS);
        s->centre[k] = 2 * k - (STARTS - 1);
        s->langevin[k] = gs_line_from_normal(line, s->centre[k] * sqrt(2), START_SD);
        s->annealed[k] = gs_line_from_normal(annealed_line, s->centre[k] * sqrt(2), hypot(START_SD, sigma_high));
        status = start_chains(d, d->plain, langevin(d), s->centre[k], &s->is[0][k], error);
        gs_study_stage(d->study, 0.5 + 0.2 * (k + 1) / STARTS);
        if (!status)
            status = start_chains(d, d->text, annealed(d, LADDER, START_STEPS), s->centre[k], &s->is[1][k], error);
        const char *around = gs_study_text(d->study, "(%g, %g)", s->centre[k], s->centre[k]);
        if (k % 2 == 0 && k != STARTS / 2 && !status) {
            gs_disjoint_find(d, gs_study_text(d->study, "Langevin dynamics from around %s", around), s->is[0][k],
                             s->langevin[k], by_theory);
            gs_disjoint_find(d, gs_study_text(d->study, "annealed, from around %s, 30 steps per level", around),
                             s->is[1][k], s->annealed[k], by_theory);
        }
    }
    return status;
}

static void draw_starts(const gs_disjoint *d, const starts *s) {
    double value[2][STARTS], low[2][STARTS], high[2][STARTS], theory[2][STARTS];
    for (int k = 0; k < STARTS; k++) {
        for (int i = 0; i < 2; i++) {
            value[i][k] = 100 * s->is[i][k].value;
            low[i][k] = 100 * s->is[i][k].low;
            high[i][k] = 100 * s->is[i][k].high;
        }
        theory[0][k] = 100 * s->langevin[k];
        theory[1][k] = 100 * s->annealed[k];
    }
    gs_diagram_series series[] = {{"Langevin", GS_STROKE_MARKS, STARTS, s->centre, value[0], low[0], high[0], 0},
                                  {"its theory", GS_STROKE_DASHED, STARTS, s->centre, theory[0], NULL, NULL, 0},
                                  {"annealed", GS_STROKE_MARKS, STARTS, s->centre, value[1], low[1], high[1], 1},
                                  {"its theory", GS_STROKE_DASHED, STARTS, s->centre, theory[1], NULL, NULL, 1}};
    gs_study_diagram(d->study, "starts",
                     "Share of the chains in the second mode, by the place around which they begin: of Langevin "
                     "dynamics the start decides, of annealed Langevin dynamics the density.",
                     &(gs_diagram){.title = "Where chains begin, and where they end",
                                   .x_label = "both coordinates of the starts' centre",
                                   .y_label = "share in the second mode, %",
                                   .y_range = {0, 100},
                                   .series = series,
                                   .count = 4});
}

gs_status gs_disjoint_chains(const gs_disjoint *d, gs_error *error) {
    gs_line line, annealed_line;
    gs_estimate is[COUNTS];
    double theory[COUNTS];
    starts s;
    if (!langevin_theory(d, &line) || !annealed_theory(d, LADDER, START_STEPS, &annealed_line))
        return gs_fail_memory(error, "a line");
    gs_study_stage(d->study, 0.1);
    gs_status status = run_langevin(d, &line, error);
    if (!status)
        status = run_annealed(d, is, theory, error);
    gs_study_stage(d->study, 0.5);
    if (!status)
        status = map_annealed(d, error);
    if (!status)
        draw_annealed(d, is, theory);
    if (!status)
        status = run_starts(d, &line, &annealed_line, &s, error);
    if (!status)
        draw_starts(d, &s);
    return status;
}
