/* The bottom of the ladder, its step sizes and its length, on Gaussian data in a plane: half of the coordinates have
 * deviation 1, the others none, but for 0.0001. Annealed Langevin dynamics is linear there, so variances follow
 * exactly, step by step: v <- (1 - alpha / 2 (s^2 + sigma^2))^2 v + alpha. */
#include "study/ladder.h"

#include <math.h>

#include "base/math64.h"
#include "study/plane.h"

enum { HALF = 10, DIM = 2 * HALF };
static const double top = 20, thin = 0.0001;

typedef struct plane_ladder {
    double low;
    int levels, per_level;
    double pace; /* epsilon / low^2 */
    bool denoise;
} plane_ladder;

/* Deviations within the plane and off it. */
typedef struct deviations {
    gs_estimate within, off;
    double within_theory, off_theory;
} deviations;

static double theory_of(const plane_ladder *p, double sd) {
    double v = top * top;
    for (int i = 0; i < p->levels; i++) {
        double sigma = top * gs_exp64(i / (p->levels - 1.0) * gs_log64(p->low / top));
        double alpha = p->pace * sigma * sigma, keep = 1 - alpha / 2 / (sd * sd + sigma * sigma);
        for (int t = 0; t < p->per_level; t++)
            v = keep * keep * v + alpha;
    }
    return sqrt(v) * (p->denoise ? sd * sd / (sd * sd + p->low * p->low) : 1);
}

/* The deviation of n independent normal numbers of mean 0. */
static gs_estimate deviation_of(double squares, size_t n) {
    double v = squares / (double)n;
    gs_estimate e = gs_estimate_error(v, v * sqrt(2 / (double)n));
    return (gs_estimate){sqrt(v), sqrt(fmax(e.low, 0)), sqrt(e.high)};
}

static const char *name_of(gs_study *study) {
    const char *text = "gaussian:sd=1";
    for (int i = 1; i < DIM; i++)
        text = gs_study_text(study, "%s/%g", text, i < HALF ? 1 : thin);
    return text;
}

static gs_status measure(gs_study *study, const plane_ladder *p, deviations *d, gs_error *error) {
    gs_sample_options options = {.sampler = "annealed-langevin",
                                 .steps = p->levels,
                                 .steps_per_level = p->per_level,
                                 .sigma_low = p->low,
                                 .sigma_high = top,
                                 .epsilon = p->pace * p->low * p->low,
                                 .denoise = p->denoise ? 1 : -1,
                                 .seed = gs_study_seed(study)};
    size_t n = gs_study_whole(study, GS_STUDY_N);
    float *x;
    gs_status status = gs_plane_chains(study, name_of(study), options, n, &x, error);
    if (status)
        return status;
    double squares[2] = {0, 0};
    for (size_t i = 0; i < n * DIM; i++)
        squares[i % DIM >= HALF] += (double)x[i] * (double)x[i];
    d->within = deviation_of(squares[0], n * HALF);
    d->off = deviation_of(squares[1], n * HALF);
    d->within_theory = theory_of(p, 1);
    d->off_theory = theory_of(p, thin);
    return GS_OK;
}

static void find(gs_study *study, const char *what, gs_estimate is, double theory) {
    gs_study_find(study, &(gs_finding){what, "", is, GS_EXPECT_VALUE, {theory}, "theory, the variance step by step"});
}

/* A line of a diagram: marks with intervals and what theory says of them. */
typedef struct swept {
    double x[16], value[16], low[16], high[16], theory[16];
    size_t n;
} swept;

static void add(swept *s, double x, gs_estimate is, double theory, double unit) {
    s->x[s->n] = x;
    s->value[s->n] = is.value / unit;
    s->low[s->n] = is.low / unit;
    s->high[s->n] = is.high / unit;
    s->theory[s->n++] = theory / unit;
}

static gs_diagram_series marks(const swept *s, const char *name, int colour) {
    return (gs_diagram_series){name, GS_STROKE_MARKS, s->n, s->x, s->value, s->low, s->high, colour};
}

static gs_diagram_series dashes(const swept *s, const char *name, int colour) {
    return (gs_diagram_series){name, GS_STROKE_DASHED, s->n, s->x, s->theory, NULL, NULL, colour};
}

/* ---- Bottom ---- */

static int levels_to(double low) {
    return 1 + (int)lround(log2(top / low));
}

static gs_status sweep_bottoms(gs_study *study, gs_error *error) {
    static const double bottoms[] = {0.01, 0.03, 0.1, 0.3, 1};
    swept off = {.n = 0}, within = {.n = 0}, after = {.n = 0};
    for (size_t k = 0; k < GS_COUNT(bottoms); k++) {
        plane_ladder p = {bottoms[k], levels_to(bottoms[k]), 20, 0.2, false};
        deviations raw, denoised;
        gs_study_stage(study, 0.3 + 0.1 * ((double)k + 0.5) / GS_COUNT(bottoms));
        gs_status status = measure(study, &p, &raw, error);
        p.denoise = true;
        gs_study_stage(study, 0.3 + 0.1 * ((double)k + 1) / GS_COUNT(bottoms));
        if (!status)
            status = measure(study, &p, &denoised, error);
        if (status)
            return status;
        add(&off, bottoms[k], raw.off, raw.off_theory, 1);
        add(&within, bottoms[k], raw.within, raw.within_theory, 1);
        add(&after, bottoms[k], denoised.within, denoised.within_theory, 1);
        find(study, gs_study_text(study, "noise left off the plane, bottom %g", bottoms[k]), raw.off, raw.off_theory);
        if (k + 2 < GS_COUNT(bottoms))
            continue;
        find(study, gs_study_text(study, "deviation within, bottom %g", bottoms[k]), raw.within, raw.within_theory);
        find(study, gs_study_text(study, "deviation within, bottom %g, denoised", bottoms[k]), denoised.within,
             denoised.within_theory);
    }
    gs_diagram_series series[] = {marks(&off, "off the plane", 0),      dashes(&off, "theory", 0),
                                  marks(&within, "within it", 1),       dashes(&within, "theory", 1),
                                  marks(&after, "within, denoised", 2), dashes(&after, "theory", 2)};
    gs_study_diagram(
        study, "bottoms",
        "Data lie in a plane with deviation 1. Off the plane, chains keep the noise of the lowest level; "
        "within it they are wider than the data, as few steps leave noise of higher levels, and once a high "
        "level is denoised, narrower.",
        &(gs_diagram){.title = "What the lowest level leaves",
                      .x_label = "lowest noise level",
                      .y_label = "deviation",
                      .log_x = true,
                      .log_y = true,
                      .series = series,
                      .count = 6});
    return GS_OK;
}

/* ---- Step sizes ---- */

enum { DENSE = 80 };

static plane_ladder paced(double pace) {
    return (plane_ladder){0.1, levels_to(0.1), 20, pace, false};
}

static void draw_paces(gs_study *study, const swept *off) {
    double pace[DENSE], theory[DENSE];
    for (int i = 0; i < DENSE; i++) {
        pace[i] = off->x[0] * gs_exp64(i / (DENSE - 1.0) * gs_log64(off->x[off->n - 1] / off->x[0]));
        plane_ladder p = paced(pace[i]);
        theory[i] = theory_of(&p, thin) / p.low;
    }
    gs_diagram_series series[] = {marks(off, "measured", 0),
                                  {"theory", GS_STROKE_DASHED, DENSE, pace, theory, NULL, NULL, 0}};
    gs_study_diagram(study, "steps",
                     "Noise that is left, in units of the lowest level 0.1, by the step size in units of the level's "
                     "square. The published 2e-5 is 0.2 for a bottom of 0.01, but 0.002 for one of 0.1, with which "
                     "chains hardly move. At 4 they diverge.",
                     &(gs_diagram){.title = "Step sizes",
                                   .x_label = "step size / square of the noise level",
                                   .y_label = "noise left / lowest level",
                                   .log_x = true,
                                   .log_y = true,
                                   .series = series,
                                   .count = 2});
}

static gs_status sweep_paces(gs_study *study, gs_error *error) {
    static const double paces[] = {0.002, 0.01, 0.05, 0.2, 1, 2, 3, 3.8};
    enum { PUBLISHED = 0, PROPORTIONAL = 3, LARGE = 5 };
    swept off = {.n = 0};
    for (size_t k = 0; k < GS_COUNT(paces); k++) {
        plane_ladder p = paced(paces[k]);
        deviations d;
        gs_study_stage(study, 0.4 + 0.1 * ((double)k + 1) / GS_COUNT(paces));
        gs_status status = measure(study, &p, &d, error);
        if (status)
            return status;
        add(&off, paces[k], d.off, d.off_theory, p.low);
        if (k == PUBLISHED || k == PROPORTIONAL || k == LARGE)
            find(study, gs_study_text(study, "noise left, bottom 0.1, steps of %g times the level's square", paces[k]),
                 d.off, d.off_theory);
    }
    draw_paces(study, &off);
    return GS_OK;
}

/* ---- Length ---- */

static gs_status sweep_lengths(gs_study *study, gs_error *error) {
    enum { FEW = 2, BEST = 3, ALL = 120 };
    static const int lengths[] = {FEW, BEST, 5, 10, 20, 40, ALL};
    swept off = {.n = 0};
    for (size_t k = 0; k < GS_COUNT(lengths); k++) {
        plane_ladder p = {0.1, lengths[k], ALL / lengths[k], 0.2, false};
        deviations d;
        gs_study_stage(study, 0.5 + 0.05 * ((double)k + 1) / GS_COUNT(lengths));
        gs_status status = measure(study, &p, &d, error);
        if (status)
            return status;
        add(&off, lengths[k], d.off, d.off_theory, p.low);
        find(study,
             gs_study_text(study, "deviation off the plane, bottom 0.1, %d levels of %d steps", lengths[k],
                           ALL / lengths[k]),
             d.off, d.off_theory);
    }
    gs_diagram_series series[] = {marks(&off, "measured", 0), dashes(&off, "theory", 0)};
    gs_study_diagram(study, "levels",
                     "Noise that is left, in units of the lowest level 0.1, by the number of levels from 20 down, with "
                     "120 steps on all levels together.",
                     &(gs_diagram){.title = "120 steps, shared out to levels",
                                   .x_label = "levels",
                                   .y_label = "noise left / lowest level",
                                   .log_x = true,
                                   .series = series,
                                   .count = 2});
    return GS_OK;
}

gs_status gs_ladder_noise(gs_study *study, gs_error *error) {
    gs_status status = sweep_bottoms(study, error);
    if (!status)
        status = sweep_paces(study, error);
    return status ? status : sweep_lengths(study, error);
}
