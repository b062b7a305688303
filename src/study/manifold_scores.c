/* The score that data teach. Of N points the minimiser of denoising score matching is the score of the points with
 * noise, s_N(x) = sum k_i u_i / sum k_i / sigma^2, u_i = x_i - x, k_i their normal density. Beside the true one its
 * mean squared error is, for large N, E k^2 |u / sigma^2 - s|^2 / (N p^2),   p and s those of x with noise, as of any
 * ratio of means. k^2 is a normal density of variance sigma^2 / 2 over 4 pi sigma^2, so that of a mixture of Gaussians
 * all is known. Where N p is small that is no longer true, and the error is larger still. */
#include "study/manifold.h"

#include <math.h>

#include "base/math64.h"
#include "study/plane.h"

enum { FAR = 5, PLACES = 57, PER_ONE = 4, GROUPS = 20, PER_GROUP = 10, SETS = GROUPS * PER_GROUP, NOISES = 6 };
static const double share = 0.8, sigma_shown = 0.5, noises[NOISES] = {0.5, 1, 2, 4, 8, 16};
static const double pi = 3.14159265358979324;
static const double enough = 40; /* points whose kernels count at a place, from which theory is right to some percent */
static const char text[] = "mixture:means=-5,5,sd=1,weights=0.2,0.8";

typedef struct learnt {
    gs_study *study;
    size_t n;
    const gs_density *density;
    const float *points; /* (SETS, n, 2) */
} learnt;

/* ---- Learnt and true ---- */

static void learn(const float *points, size_t n, double sigma, const double x[2], double score[2]) {
    double sum = 0, along[2] = {0, 0}, nearest = INFINITY;
    for (size_t i = 0; i < n; i++) {
        double a = (double)points[2 * i] - x[0], b = (double)points[2 * i + 1] - x[1];
        nearest = fmin(nearest, a * a + b * b);
    }
    for (size_t i = 0; i < n; i++) { /* as soft-max, so that far from all points the nearest one counts */
        double a = (double)points[2 * i] - x[0], b = (double)points[2 * i + 1] - x[1];
        double k = gs_exp64((nearest - a * a - b * b) / (2 * sigma * sigma));
        sum += k;
        along[0] += k * a;
        along[1] += k * b;
    }
    score[0] = along[0] / sum / (sigma * sigma);
    score[1] = along[1] / sum / (sigma * sigma);
}

typedef struct truth {
    double density, score[2];
    double error;  /* mean squared, by theory */
    double points; /* how many kernels count, N p 4 pi sigma^2 */
} truth;

/* Of two Gaussians of deviation 1: E |u / sigma^2 - s|^2 under k^2, from means w (m - x) and variances w of u, with
 * w = t / (1 + t), t = sigma^2 / 2. */
static double spread(const double x[2], double sigma, const double score[2], double *density) {
    double t = sigma * sigma / 2, w = t / (1 + t), sum = 0;
    *density = 0;
    for (int k = 0; k < 2; k++) {
        double m = k ? FAR : -FAR, a = m - x[0], b = m - x[1], weight = k ? share : 1 - share;
        double p = weight * gs_exp64(-(a * a + b * b) / (2 * (1 + t))) / (2 * pi * (1 + t));
        double da = w * a / (sigma * sigma) - score[0], db = w * b / (sigma * sigma) - score[1];
        *density += p;
        sum += p * (da * da + db * db + 2 * w / (sigma * sigma * sigma * sigma));
    }
    return sum / *density;
}

static gs_status know(const learnt *l, double sigma, const double x[2], truth *t, gs_error *error) {
    double energy, gradient[2], narrow;
    gs_status status = gs_density_energy(l->density, x, sigma, 1, &energy, gradient, error);
    if (status)
        return status;
    t->density = gs_exp64(-energy);
    t->score[0] = -gradient[0];
    t->score[1] = -gradient[1];
    double area = 4 * pi * sigma * sigma, n = (double)l->n, square = spread(x, sigma, t->score, &narrow);
    t->error = narrow * square / (area * n * t->density * t->density);
    t->points = n * t->density * area;
    return GS_OK;
}

/* Squared errors of all sets of points at a place. */
static void measure(const learnt *l, double sigma, const double x[2], const truth *t, double squares[SETS]) {
    for (size_t k = 0; k < SETS; k++) {
        double score[2];
        learn(l->points + 2 * k * l->n, l->n, sigma, x, score);
        double a = score[0] - t->score[0], b = score[1] - t->score[1];
        squares[k] = a * a + b * b;
    }
}

/* ---- Error by density ---- */

/* Places on the line through the means. */
typedef struct places {
    double squares[PLACES][SETS], density[PLACES], root[PLACES], low[PLACES], high[PLACES], theory[PLACES];
    truth truth[PLACES];
} places;

static double slope(const places *p, const double *square, size_t step) {
    double x[PLACES], y[PLACES], mx = 0, my = 0, xy = 0, xx = 0;
    int n = 0;
    for (size_t i = 0; i < PLACES; i++) {
        if (p->truth[i].points < enough)
            continue;
        x[n] = gs_log64(p->density[i]);
        y[n] = gs_log64(square[i * step]);
        mx += x[n];
        my += y[n++];
    }
    for (int i = 0; i < n; i++) {
        xy += (x[i] - mx / n) * (y[i] - my / n);
        xx += (x[i] - mx / n) * (x[i] - mx / n);
    }
    return xy / xx;
}

/* Whether there are points enough for theory at some places, of which a line has a slope. */
static bool theory_holds(const places *p) {
    int n = 0;
    for (int i = 0; i < PLACES; i++)
        n += p->truth[i].points >= enough;
    return n >= 3;
}

/* The slope of the logarithms, whose interval comes from groups of sets. */
static void find_slope(const learnt *l, const places *p) {
    double slopes[GROUPS], mean[PLACES], theory[PLACES];
    for (size_t i = 0; i < PLACES; i++)
        theory[i] = p->truth[i].error;
    for (int g = 0; g < GROUPS; g++) {
        for (int i = 0; i < PLACES; i++) {
            mean[i] = 0;
            for (int k = 0; k < PER_GROUP; k++)
                mean[i] += p->squares[i][g * PER_GROUP + k] / PER_GROUP;
        }
        slopes[g] = slope(p, mean, 1);
    }
    gs_study_find(l->study, &(gs_finding){"slope of the squared error against the density, both as logarithms",
                                          "",
                                          gs_estimate_mean(slopes, GROUPS),
                                          GS_EXPECT_VALUE,
                                          {slope(p, theory, 1)},
                                          "theory, by the same places; about -1"});
}

/* Both coordinates of a place. */
static double place(int i) {
    return (double)(i - (PLACES - 1) / 2) / PER_ONE;
}

static void find_errors(const learnt *l, const places *p) {
    double least = INFINITY, most = 0;
    for (int i = 0; i < PLACES; i++) {
        least = fmin(least, p->root[i]);
        most = fmax(most, p->root[i]);
        if (p->truth[i].points < enough || fmod(place(i), FAR) != 0)
            continue;
        gs_study_find(l->study, &(gs_finding){gs_study_text(l->study, "squared error of the score at (%g, %g)",
                                                            place(i), place(i)),
                                              "",
                                              gs_estimate_mean(p->squares[i], SETS),
                                              GS_EXPECT_VALUE,
                                              {p->truth[i].error},
                                              "theory for many points"});
    }
    gs_study_find(l->study, &(gs_finding){"largest error of the score on the line over the least",
                                          "",
                                          gs_exact(most / least),
                                          GS_EXPECT_WITHIN,
                                          {10, INFINITY},
                                          "the course: bad where there are no data"});
}

static void draw_errors(const learnt *l, const places *p) {
    enum { MIDDLE = (PLACES - 1) / 2, HALF_WAY = 1 + FAR * PER_ONE }; /* from between the modes to one */
    gs_diagram_series series[] = {
        {"measured", GS_STROKE_MARKS, PLACES, p->density, p->root, p->low, p->high, 0},
        {"theory for many points", GS_STROKE_DASHED, HALF_WAY, p->density + MIDDLE, p->theory + MIDDLE, NULL, NULL, 1}};
    gs_study_diagram(l->study, "errors",
                     gs_study_text(l->study,
                                   "Error of the score that %zu points teach, at places along the line through both "
                                   "modes, by the density there. It grows as one over the root of the density, until "
                                   "there are no points at all and theory for many points ends.",
                                   l->n),
                     &(gs_diagram){.title = "Error of the score by density",
                                   .x_label = "density at noise level 0.5",
                                   .y_label = "root mean squared error of the score",
                                   .log_x = true,
                                   .log_y = true,
                                   .series = series,
                                   .count = 2});
}

static gs_status study_places(const learnt *l, gs_error *error) {
    places *p = gs_study_room(l->study, 1, sizeof *p);
    if (!p)
        return gs_fail_memory(error, "errors of scores");
    for (int i = 0; i < PLACES; i++) {
        double x[2] = {place(i), place(i)};
        gs_status status = know(l, sigma_shown, x, &p->truth[i], error);
        if (!status)
            status = gs_study_go_on(l->study, i / (PLACES + 2.0 * NOISES), error);
        if (status)
            return status;
        measure(l, sigma_shown, x, &p->truth[i], p->squares[i]);
        gs_estimate e = gs_estimate_mean(p->squares[i], SETS);
        p->density[i] = p->truth[i].density;
        p->root[i] = sqrt(e.value);
        p->low[i] = sqrt(fmax(e.low, 0.01 * e.value));
        p->high[i] = sqrt(e.high);
        p->theory[i] = p->truth[i].points >= 1 ? sqrt(p->truth[i].error) : NAN;
    }
    if (theory_holds(p)) {
        find_slope(l, p);
        find_errors(l, p);
    }
    draw_errors(l, p);
    return GS_OK;
}

/* ---- Error by noise ---- */

static gs_status study_noises(const learnt *l, gs_error *error) {
    double *squares = gs_study_room(l->study, SETS, sizeof *squares), root[2][NOISES], theory[2][NOISES];
    if (!squares)
        return gs_fail_memory(error, "errors of scores");
    for (int i = 0; i < 2 * NOISES; i++) {
        double sigma = noises[i % NOISES], at = i < NOISES ? 0 : FAR, x[2] = {at, at};
        truth t;
        gs_status status = know(l, sigma, x, &t, error);
        if (!status)
            status = gs_study_go_on(l->study, (PLACES + i) / (PLACES + 2.0 * NOISES), error);
        if (status)
            return status;
        measure(l, sigma, x, &t, squares);
        gs_estimate e = gs_estimate_mean(squares, SETS);
        root[i / NOISES][i % NOISES] = sigma * sqrt(e.value);
        theory[i / NOISES][i % NOISES] = t.points >= 1 ? sigma * sqrt(t.error) : NAN;
        if (i == NOISES - 2)
            gs_study_find(l->study,
                          &(gs_finding){gs_study_text(l->study, "squared error between the modes at noise %g", sigma),
                                        "",
                                        e,
                                        GS_EXPECT_VALUE,
                                        {t.error},
                                        "theory for many points"});
    }
    gs_diagram_series series[] = {{"between the modes", GS_STROKE_BOTH, NOISES, noises, root[0], NULL, NULL, 0},
                                  {"theory", GS_STROKE_DASHED, NOISES, noises, theory[0], NULL, NULL, 0},
                                  {"in a mode", GS_STROKE_BOTH, NOISES, noises, root[1], NULL, NULL, 1},
                                  {"theory", GS_STROKE_DASHED, NOISES, noises, theory[1], NULL, NULL, 1}};
    gs_study_diagram(l->study, "noise",
                     "Error of the learnt score times the noise level, which is the error of the noise that it takes "
                     "away in units of itself. Where there are no data, only high levels are learnt.",
                     &(gs_diagram){.title = "Error of the score by noise level",
                                   .x_label = "noise level",
                                   .y_label = "error of the score x noise level",
                                   .log_x = true,
                                   .log_y = true,
                                   .series = series,
                                   .count = 4});
    return GS_OK;
}

/* ---- Maps ---- */

/* The learnt score is the true one of a mixture of the points, which a density's text has room for. */
static gs_status map_learnt(const gs_density *density, void *context, gs_error *error) {
    const learnt *l = context;
    return gs_plane_map(l->study, "learnt", "What the data teach",
                        "The score that the points teach. Far from them it points to the nearest one.",
                        &(gs_plane){.density = density,
                                    .sigma = sigma_shown,
                                    .low = -10,
                                    .high = 10,
                                    .note = gs_study_text(l->study, "%zu points with noise of 0.5", l->n),
                                    .points = l->points,
                                    .n = l->n},
                        error);
}

static gs_status map_both(const learnt *l, gs_error *error) {
    enum { MOST = 64 };
    gs_status status = gs_plane_map(l->study, "true", "The density", "The density with noise of 0.5, and its score.",
                                    &(gs_plane){.density = l->density,
                                                .sigma = sigma_shown,
                                                .low = -10,
                                                .high = 10,
                                                .note = "the density with noise of 0.5"},
                                    error);
    size_t n = l->n < MOST ? l->n : MOST;
    const char *all = "mixture:sd=0.0001,means=";
    for (size_t i = 0; i < n; i++)
        all = gs_study_text(l->study, "%s%s%.6g/%.6g", all, i ? "," : "", (double)l->points[2 * i],
                            (double)l->points[2 * i + 1]);
    learnt few = *l;
    few.n = n;
    return status ? status : gs_plane_with(all, map_learnt, &few, error);
}

static gs_status study_plane(const gs_density *density, void *context, gs_error *error) {
    learnt *l = context;
    l->density = density;
    float *points = gs_study_room(l->study, 2 * SETS * l->n, sizeof *points);
    if (!points)
        return gs_fail_memory(error, "points");
    l->points = points;
    gs_status status = gs_density_draw(density, 0, gs_study_seed(l->study), 0, SETS * l->n, points, error);
    if (!status)
        status = map_both(l, error);
    if (!status)
        status = study_places(l, error);
    return status ? status : study_noises(l, error);
}

gs_status gs_manifold_scores(gs_study *study, gs_error *error) {
    learnt l = {.study = study, .n = gs_study_whole(study, GS_STUDY_N)};
    return gs_plane_with(text, study_plane, &l, error);
}
