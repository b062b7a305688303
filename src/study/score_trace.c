/* v'(ds/dx)v is found by central differences of the score along v, which takes two evaluations. */

#include <math.h>
#include <string.h>

#include "base/os.h"
#include "density/dice.h"
#include "study/score_matching.h"

/* The length of a step along a direction, in units of the noise level, or of the deviation where there is none. */
static const double stride = 0.05;
enum { CHUNK = 64, PROBES = 300, CHEAP_PROBES = 1000 };
static const double ncsn_sigma = 1;

/* A network at a point. */
typedef struct tracing {
    gs_study *study;
    const gs_study_network *network;
    size_t dim;
    double sigma;   /* noise level; 0: the network takes none */
    const float *x; /* (dim) */
    float *from;    /* (2 CHUNK, dim), points */
    float *at;      /* (2 CHUNK, dim), what the network says there */
} tracing;

/* Directions: the unit vectors in turn, or random ones. */
typedef enum direction { UNIT, SIGNS, NORMAL } direction;

static gs_status prepare(tracing *t, const char *name, gs_error *error) {
    gs_status status = gs_study_network_get(t->study, name, &t->network, error);
    if (status)
        return status;
    t->dim = t->network->pixels;
    t->from = gs_study_room(t->study, 2 * CHUNK * t->dim, sizeof *t->from);
    t->at = gs_study_room(t->study, 2 * CHUNK * t->dim, sizeof *t->at);
    return t->from && t->at ? GS_OK : GS_ERROR_MEMORY;
}

static double component(direction kind, size_t number, size_t i, gs_dice *dice) {
    switch (kind) {
    case UNIT:
        return i == number;
    case SIGNS:
        return gs_dice_unit(dice) < 0.5 ? -1 : 1;
    default:
        return gs_dice_normal(dice);
    }
}

/* The points x + h v and x - h v for `count` directions v, which are written to v. */
static void place(tracing *t, direction kind, size_t first, size_t count, gs_dice *dice, double *v) {
    double h = stride * (t->sigma > 0 ? t->sigma : 1) / (kind == UNIT ? 1 : sqrt((double)t->dim));
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < t->dim; i++) {
            size_t plus = 2 * k * t->dim + i;
            v[k * t->dim + i] = component(kind, first + k, i, dice);
            t->from[plus] = (float)((double)t->x[i] + h * v[k * t->dim + i]);
            t->from[plus + t->dim] = (float)((double)t->x[i] - h * v[k * t->dim + i]);
        }
}

/* The difference of the scores at two points, of a denoiser s = (D - x) / sigma^2, as a multiple of v'v. */
static double difference(const tracing *t, size_t plus, size_t minus) {
    double out = (double)t->at[plus] - (double)t->at[minus], in = (double)t->from[plus] - (double)t->from[minus];
    return t->network->info->kind == GS_KIND_ENERGY ? -out : (out - in) / (t->sigma * t->sigma);
}

/* (ds/dx) v for `count` directions v, in place. */
static gs_status differentiate(tracing *t, direction kind, size_t first, size_t count, gs_dice *dice, double *v,
                               double *slope, gs_error *error) {
    place(t, kind, first, count, dice, v);
    double h = stride * (t->sigma > 0 ? t->sigma : 1) / (kind == UNIT ? 1 : sqrt((double)t->dim));
    float *const out[2] = {t->at, NULL};
    gs_status status = t->network->info->kind == GS_KIND_ENERGY
                           ? gs_plan_gradient(t->network->plan, t->from, t->sigma, NULL, 2 * count, NULL, t->at, error)
                           : gs_plan_evaluate(t->network->plan, t->from, t->sigma, NULL, 2 * count, out, error);
    for (size_t k = 0; k < count && !status; k++)
        for (size_t i = 0; i < t->dim; i++) {
            size_t plus = 2 * k * t->dim + i;
            slope[k * t->dim + i] = difference(t, plus, plus + t->dim) / (2 * h);
        }
    return status;
}

/* v'(ds/dx)v of `count` directions; `matrix` gets all (ds/dx) v, (count, dim), unless it is NULL. */
static gs_status slice(tracing *t, direction kind, size_t count, gs_dice *dice, double *value, double *matrix,
                       gs_error *error) {
    double *v = gs_study_room(t->study, 2 * CHUNK * t->dim, sizeof *v), *slope = v + CHUNK * t->dim;
    gs_status status = v ? GS_OK : GS_ERROR_MEMORY;
    for (size_t first = 0; first < count && !status; first += CHUNK) {
        size_t some = count - first < CHUNK ? count - first : CHUNK;
        status = differentiate(t, kind, first, some, dice, v, slope, error);
        for (size_t k = 0; k < some && !status; k++) {
            value[first + k] = 0;
            for (size_t i = 0; i < t->dim; i++)
                value[first + k] += v[k * t->dim + i] * slope[k * t->dim + i];
        }
        if (matrix && !status)
            memcpy(matrix + first * t->dim, slope, some * t->dim * sizeof *slope);
        if (!status)
            status = gs_study_go_on(t->study, (double)first / (double)count, error);
    }
    return status;
}

/* ---- The network for digits ---- */

/* The trace, and the variance of v'Jv by probes of signs and by normal ones: 2 sum_(i != j) S_ij^2 and 2 sum S_ij^2
 * with S the symmetric part of J (Avron & Toledo 2011). */
typedef struct moments {
    double trace, variance[2];
} moments;

static moments find_moments(const double *j, size_t dim) {
    moments m = {0};
    for (size_t i = 0; i < dim; i++)
        for (size_t k = 0; k < dim; k++) {
            double s = (j[i * dim + k] + j[k * dim + i]) / 2;
            m.trace += i == k ? s : 0;
            m.variance[0] += i == k ? 0 : 2 * s * s;
            m.variance[1] += 2 * s * s;
        }
    return m;
}

static void draw_means(gs_study *study, const double *value[2], double trace) {
    double at[PROBES], mean[2][PROBES] = {{0}};
    const double ends[2] = {1, PROBES}, exact[2] = {trace, trace};
    for (int k = 0; k < 2; k++) {
        double sum = 0;
        for (int i = 0; i < PROBES; i++) {
            at[i] = i + 1;
            mean[k][i] = (sum += value[k][i]) / at[i];
        }
    }
    const gs_diagram_series series[] = {{"exact trace", GS_STROKE_DASHED, 2, ends, exact, NULL, NULL, 2},
                                        {"signs", GS_STROKE_LINE, PROBES, at, mean[0], NULL, NULL, 0},
                                        {"normal", GS_STROKE_LINE, PROBES, at, mean[1], NULL, NULL, 1}};
    const gs_diagram diagram = {.title = "The trace by random directions",
                                .x_label = "directions",
                                .y_label = "mean of v'(ds/dx)v",
                                .log_x = true,
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(study, "probes",
                     "The trace of our network ncsn at a noisy black image, sigma = 1, over all directions so far: of "
                     "random signs, and of normal numbers. The exact trace takes 784 directions.",
                     &diagram);
}

/* The mean of squares of nearly normal numbers, whose logarithm is more nearly normal than it. */
static gs_estimate estimate_variance(const double *square, size_t n) {
    gs_estimate e = gs_estimate_mean(square, n);
    double ratio = exp((e.high - e.low) / 2 / e.value);
    return (gs_estimate){e.value, e.value / ratio, e.value * ratio};
}

/* Variances are compared for normal numbers only, of which v'Jv is nearly normal because ds/dx is nearly diagonal. That
 * of signs is made by few pairs of pixels, so that 300 squares have no mean to rely on. */
static void list_probes(gs_study *study, const double *value[2], const moments *m) {
    static const char *const names[2] = {"signs", "normal numbers"};
    double square[PROBES];
    for (int k = 0; k < 2; k++)
        gs_study_find(study, &(gs_finding){gs_study_text(study, "trace on ncsn, %d directions of %s", PROBES, names[k]),
                                           "",
                                           gs_estimate_mean(value[k], PROBES),
                                           GS_EXPECT_VALUE,
                                           {m->trace},
                                           "theory, exact trace"});
    for (int i = 0; i < PROBES; i++)
        square[i] = (value[1][i] - m->trace) * (value[1][i] - m->trace);
    gs_study_find(study, &(gs_finding){"variance of one direction of normal numbers",
                                       "",
                                       estimate_variance(square, PROBES),
                                       GS_EXPECT_VALUE,
                                       {m->variance[1]},
                                       "theory, from ds/dx"});
    gs_study_say(
        study,
        "On ncsn the trace is %.4g. By ds/dx itself, v'(ds/dx)v of one direction deviates from it by %.3g where v "
        "has random signs, and by %.3g where v is normal: signs leave out what the diagonal adds to the variance, "
        "and ds/dx is nearly diagonal.",
        m->trace, sqrt(m->variance[0]), sqrt(m->variance[1]));
}

static gs_status trace_ncsn(gs_study *study, gs_error *error) {
    tracing t = {.study = study, .sigma = ncsn_sigma};
    gs_dice dice = {.seed = gs_study_seed(study), .chain = UINT64_C(2) << 40};
    gs_status status = prepare(&t, "ncsn", error);
    if (status)
        return status;
    float *x = gs_study_room(study, t.dim, sizeof *x);
    double *matrix = gs_study_room(study, t.dim * t.dim, sizeof *matrix);
    double *value = gs_study_room(study, t.dim + 2 * PROBES, sizeof *value), *probe = value + t.dim;
    if (!x || !matrix || !value)
        return GS_ERROR_MEMORY;
    t.x = x;
    status = gs_sample_add_noise(dice.seed, UINT64_C(1) << 40, t.sigma, 1, t.dim, x, error);
    if (!status)
        status = slice(&t, UNIT, t.dim, NULL, value, matrix, error);
    for (int k = 0; k < 2 && !status; k++)
        status = slice(&t, k ? NORMAL : SIGNS, PROBES, &dice, probe + (size_t)k * PROBES, NULL, error);
    if (status)
        return status;
    const double *both[2] = {probe, probe + PROBES};
    moments m = find_moments(matrix, t.dim);
    draw_means(study, both, m.trace);
    list_probes(study, both, &m);
    return GS_OK;
}

/* ---- Cost against D, on networks of Gaussians with a known trace ---- */

typedef struct cost {
    double dim, exact_s, probe_s, trace; /* the trace in closed form */
    gs_estimate mean;                    /* of probes */
} cost;

/* The eigenvalues of the covariance of `correlated` are 0.1, D - 1 times, and 0.1 + 0.9 D. */
static gs_status trace_correlated(gs_study *study, cost *c, gs_error *error) {
    tracing t = {.study = study};
    gs_dice dice = {.seed = gs_study_seed(study), .chain = UINT64_C(3) << 40};
    gs_status status = prepare(&t, gs_study_text(study, "correlated:dim=%.0f,levels=no", c->dim), error);
    if (status)
        return status;
    float *x = gs_study_room(study, t.dim, sizeof *x);
    double *value = gs_study_room(study, t.dim + CHEAP_PROBES, sizeof *value);
    if (!x || !value)
        return GS_ERROR_MEMORY;
    t.x = x;
    status = gs_sample_add_noise(dice.seed, UINT64_C(2) << 40, 1, 1, t.dim, x, error);
    double start = gs_now_s();
    if (!status)
        status = slice(&t, UNIT, t.dim, NULL, value, NULL, error);
    double middle = gs_now_s();
    if (!status)
        status = slice(&t, SIGNS, CHEAP_PROBES, &dice, value + t.dim, NULL, error);
    c->exact_s = middle - start;
    c->probe_s = (gs_now_s() - middle) / CHEAP_PROBES;
    c->trace = -((c->dim - 1) / 0.1 + 1 / (0.1 + 0.9 * c->dim));
    c->mean = gs_estimate_mean(value + t.dim, CHEAP_PROBES);
    return status;
}

/* The slope of log y in log D by least squares. */
static double slope_of(const double *x, const double *y, int n) {
    double mean_x = 0, mean_y = 0, top = 0, bottom = 0;
    for (int i = 0; i < n; i++) {
        mean_x += log(x[i]) / n;
        mean_y += log(y[i]) / n;
    }
    for (int i = 0; i < n; i++) {
        top += (log(x[i]) - mean_x) * (log(y[i]) - mean_y);
        bottom += (log(x[i]) - mean_x) * (log(x[i]) - mean_x);
    }
    return top / bottom;
}

static void show_costs(gs_study *study, const cost *c, int n) {
    double x[GS_LIST_MAX], y[2][GS_LIST_MAX];
    for (int i = 0; i < n; i++) {
        x[i] = c[i].dim;
        y[0][i] = c[i].exact_s;
        y[1][i] = c[i].probe_s;
    }
    const gs_diagram_series series[] = {{"exact: D directions", GS_STROKE_BOTH, (size_t)n, x, y[0], NULL, NULL, 0},
                                        {"one random direction", GS_STROKE_BOTH, (size_t)n, x, y[1], NULL, NULL, 1}};
    const gs_diagram diagram = {.title = "Time for the trace of ds/dx",
                                .x_label = "dimensions D",
                                .y_label = "seconds",
                                .log_x = true,
                                .log_y = true,
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(study, "cost",
                     "On networks that are Gaussians in D dimensions. A direction takes two evaluations, whose work "
                     "grows with D, and the exact trace D directions. Times are of this run: evaluations are so short "
                     "that threads which wait for each other, on a busy machine, hide that growth; --threads 1 shows "
                     "it.",
                     &diagram);
    for (int i = 0; i < n; i++)
        gs_study_find(
            study,
            &(gs_finding){gs_study_text(study, "trace at D = %.0f by %d directions of signs, less %.6g", x[i],
                                        CHEAP_PROBES, c[i].trace),
                          "",
                          {c[i].mean.value - c[i].trace, c[i].mean.low - c[i].trace, c[i].mean.high - c[i].trace},
                          GS_EXPECT_VALUE,
                          {0},
                          "theory, which is this number in closed form"});
    static const char *const names[2] = {"slope of the exact trace's time, log by log",
                                         "slope of one direction's time"};
    for (int k = 0; k < 2 && n > 1; k++)
        gs_study_find(study, &(gs_finding){.what = names[k], .unit = "", .is = gs_exact(slope_of(x, y[k], n))});
}

gs_status gs_study_trace(gs_study *study, gs_error *error) {
    const gs_numbers *dims = gs_study_numbers(study, GS_STUDY_DIMS);
    cost c[GS_LIST_MAX];
    gs_status status = trace_ncsn(study, error);
    for (int i = 0; i < dims->count && !status; i++) {
        c[i] = (cost){.dim = dims->values[i]};
        status = trace_correlated(study, &c[i], error);
    }
    if (!status)
        show_costs(study, c, dims->count);
    return status;
}
