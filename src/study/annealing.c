/* log Z by annealed importance sampling (Neal 2001), from below and, begun with exact samples of the target, from above
 * (Grosse, Ancha & Roy 2016, bidirectional Monte Carlo). */
#include "study/annealing.h"

#include <math.h>

/* The start and the target, which have the same range as networks that are multiplied have; and one of their D
 * independent coordinates, with log Z = 0. */
#define DIM 10
#define LOG_Z 7
static const char *const ends[2] = {"gaussian:dim=10,levels=no,range=-6,6", "double-well:dim=10,log-z=7,range=-6,6"};
static const char *const coordinates[2] = {"gaussian", "double-well"};

enum { GRID = 1201 };

typedef struct annealing {
    gs_study *study;
    size_t n; /* chains */
    const gs_numbers *levels;
    const gs_study_network *network[2]; /* of start and target, E_0 and E_1 */
    gs_density *density[2];
    float *x;           /* (n, DIM) */
    double *point;      /* (n, DIM), x in double precision */
    double *energy[2];  /* (n) */
    double *log_weight; /* (n) */
    uint64_t used;      /* chains of the seed so far, so that no random number is used twice */
    double moves, all;  /* that the chains have made, and will */
} annealing;

/* The inverse temperature after t of `levels` steps from N(0, I) to the target. The energy of the target is of fourth
 * order, so that most happens at its first appearance, where steps are small. */
static double beta_of(int levels, int t) {
    double u = (double)t / levels;
    return u * u * u;
}

/* Add step (E_0 - E_1) to the logarithms of the weights. */
static gs_status add_weights(annealing *a, double step, gs_error *error) {
    gs_status status = GS_OK;
    for (size_t i = 0; i < a->n * DIM; i++)
        a->point[i] = (double)a->x[i];
    for (int k = 0; k < 2 && !status; k++)
        status = gs_density_energy(a->density[k], a->point, 0, a->n, a->energy[k], NULL, error);
    for (size_t i = 0; i < a->n && !status; i++)
        a->log_weight[i] += step * (a->energy[0][i] - a->energy[1][i]);
    return status;
}

/* A step of Hamiltonian Monte Carlo, which keeps exp(-(1 - beta) E_0 - beta E_1). Its steps are a little over half of
 * the deviation that the curvature at the bottom of the wells, 8 h, gives. */
static gs_status move(annealing *a, double beta, gs_error *error) {
    const double curvature = 1 - beta + beta * 32;
    const gs_term term = {.plan = a->network[1]->plan, .weight = beta};
    gs_sample_options options = {.sampler = "hmc",
                                 .steps = 1,
                                 .leapfrog = 3,
                                 .burn_in = -1,
                                 .step_size = 0.6 / sqrt(curvature),
                                 .weight = 1 - beta,
                                 .terms = &term,
                                 .term_count = 1,
                                 .seed = gs_study_seed(a->study),
                                 .first_chain = a->used,
                                 .init = a->x};
    a->used += a->n;
    gs_study_stage(a->study, ++a->moves / a->all);
    return gs_study_sample(a->study, a->network[0], &options, a->n, a->x, error);
}

/* The logarithms of the chains' weights after `levels` temperatures, up from samples of the start, or down from those
 * of the target. Up, the mean of the weights is Z, and the mean logarithm at most log Z; down, the mean of their
 * reciprocals is 1 / Z, and the mean logarithm at least log Z. */
static gs_status anneal(annealing *a, int levels, bool down, gs_error *error) {
    gs_status status = gs_density_draw(a->density[down], 0, gs_study_seed(a->study), a->used, a->n, a->x, error);
    a->used += a->n;
    for (size_t i = 0; i < a->n; i++)
        a->log_weight[i] = 0;
    for (int t = 0; t < levels && !status; t++) {
        double beta = beta_of(levels, down ? levels - t : t), next = beta_of(levels, down ? levels - t - 1 : t + 1);
        status = add_weights(a, fabs(next - beta), error);
        if (!status && t + 1 < levels)
            status = move(a, next, error);
    }
    return status;
}

/* log Z by the mean of the weights or, of chains that went down, of their reciprocals; and how many equal weights would
 * tell as much, (sum w)^2 / sum w^2 (Kong 1992). */
static gs_estimate log_mean(const annealing *a, bool down, double *weight, double *effective) {
    double sign = down ? -1 : 1, top = -INFINITY, sum = 0, squares = 0;
    for (size_t i = 0; i < a->n; i++)
        top = fmax(top, sign * a->log_weight[i]);
    for (size_t i = 0; i < a->n; i++)
        weight[i] = exp(sign * a->log_weight[i] - top);
    for (size_t i = 0; i < a->n; i++) {
        sum += weight[i];
        squares += weight[i] * weight[i];
    }
    *effective = sum * sum / squares;
    gs_estimate e = gs_estimate_mean(weight, a->n);
    double value = sign * (log(e.value) + top), one = sign * (log(fmax(0, e.low)) + top);
    double other = sign * (log(e.high) + top);
    return (gs_estimate){value, fmin(one, other), fmax(one, other)};
}

/* ---- What chains would give that forgot where they were at each temperature ---- */

/* The mean of E_0 - E_1 over p_beta, of one coordinate, by the trapezoid rule. */
static double mean_difference(const double *energy0, const double *energy1, double beta) {
    double sum = 0, mass = 0;
    for (int i = 0; i < GRID; i++) {
        double p = exp(-(1 - beta) * energy0[i] - beta * energy1[i]);
        mass += p;
        sum += p * (energy0[i] - energy1[i]);
    }
    return sum / mass;
}

/* The mean logarithms up and down are then the left and the right sum of the integral of thermodynamic integration,
 * which is log Z. */
static gs_status find_ideal(const gs_numbers *levels, double *ideal[2], gs_error *error) {
    double x[GRID], energy[2][GRID];
    gs_status status = GS_OK;
    for (int i = 0; i < GRID; i++)
        x[i] = -6 + 0.01 * i;
    for (int k = 0; k < 2 && !status; k++) {
        gs_density *density;
        status = gs_density_create(coordinates[k], &density, error);
        if (!status)
            status = gs_density_energy(density, x, 0, GRID, energy[k], NULL, error);
        gs_density_free(density);
    }
    for (int i = 0; i < levels->count && !status; i++)
        for (int down = 0; down < 2; down++) {
            int count = (int)levels->values[i];
            ideal[down][i] = LOG_Z;
            for (int t = 0; t < count; t++)
                ideal[down][i] += DIM * (beta_of(count, t + 1) - beta_of(count, t)) *
                                  mean_difference(energy[0], energy[1], beta_of(count, t + down));
        }
    return status;
}

/* ---- What is shown ---- */

typedef struct bounds {
    double *ideal[2];                    /* (levels) */
    double *bound[2], *low[2], *high[2]; /* mean logarithms up and down */
    gs_estimate log_z[2][GS_LIST_MAX];
    double effective[2][GS_LIST_MAX]; /* sample sizes of these */
} bounds;

static void draw_bounds(const annealing *a, const bounds *b) {
    static const char *const names[] = {"mean log weight, up", "mean log weight, down"};
    size_t n = (size_t)a->levels->count;
    const double *x = a->levels->values;
    double known[GS_LIST_MAX], estimate[3][GS_LIST_MAX];
    gs_diagram_series series[6] = {{"known log Z", GS_STROKE_LINE, n, x, known, NULL, NULL, 2}};
    for (size_t i = 0; i < n; i++) {
        known[i] = LOG_Z;
        estimate[0][i] = b->log_z[0][i].value;
        estimate[1][i] = b->log_z[0][i].low;
        estimate[2][i] = b->log_z[0][i].high;
    }
    for (int k = 0; k < 2; k++) {
        series[1 + k] = (gs_diagram_series){NULL, GS_STROKE_DASHED, n, x, b->ideal[k], NULL, NULL, k};
        series[3 + k] = (gs_diagram_series){names[k], GS_STROKE_MARKS, n, x, b->bound[k], b->low[k], b->high[k], k};
    }
    series[5] = (gs_diagram_series){
        "log of the mean weight, up", GS_STROKE_MARKS, n, x, estimate[0], estimate[1], estimate[2], 3};
    const gs_diagram diagram = {.title = "log Z by annealed importance sampling",
                                .x_label = "temperatures",
                                .y_label = "log Z",
                                .log_x = true,
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(a->study, "annealing",
                     "Chains that go from N(0, I) up to the target bound log Z from below, and those that go down from "
                     "exact samples of the target from above. Dashed: the bounds if chains forgot where they were at "
                     "each temperature. Marks have 99.99 % intervals.",
                     &diagram);
}

static const char *temperatures(const annealing *a, int i) {
    double count = a->levels->values[i];
    return gs_study_text(a->study, "%.0f temperature%s", count, count > 1 ? "s" : "");
}

/* The fewest temperatures need not come first. */
static void say_weights(const annealing *a, const bounds *b) {
    int fewest = 0, last = a->levels->count - 1;
    for (int i = 1; i <= last; i++)
        fewest = a->levels->values[i] < a->levels->values[fewest] ? i : fewest;
    const int shown[2] = {fewest, last};
    for (int k = 0; k < (fewest == last ? 1 : 2); k++)
        gs_study_find(a->study, &(gs_finding){.what = gs_study_text(a->study, "equal weights that tell as much, %s, up",
                                                                    temperatures(a, shown[k])),
                                              .unit = "",
                                              .is = gs_exact(b->effective[0][shown[k]])});
    const char *more =
        fewest == last ? ""
                       : gs_study_text(a->study, "; with %s it is %.3g", temperatures(a, last), b->effective[0][last]);
    gs_study_say(a->study,
                 "An estimate by very unequal weights means little: with %s the %zu weights on the way up tell as much "
                 "as %.3g equal ones would, (sum w)^2 / sum w^2 (Kong 1992)%s.",
                 temperatures(a, fewest), a->n, b->effective[0][fewest], more);
}

/* Few weights, or very unequal ones, have no interval to rely on: they are shown only, if there is one at all. */
static void list_estimates(const annealing *a, const bounds *b) {
    static const char *const ways[] = {"up", "down"};
    const double least = 100;
    int last = a->levels->count - 1;
    for (int k = 0; k < 2; k++) {
        bool tells = b->effective[k][last] >= least;
        gs_study_find(a->study, &(gs_finding){.what = gs_study_text(a->study, "log Z with %s, %s",
                                                                    temperatures(a, last), ways[k]),
                                              .unit = "",
                                              .is = b->log_z[k][last],
                                              .kind = tells ? GS_EXPECT_VALUE : GS_EXPECT_NOTHING,
                                              .expected = {LOG_Z},
                                              .by = tells ? "theory, known Z" : NULL});
    }
}

static void list_bounds(const annealing *a, const bounds *b) {
    static const char *const ways[] = {"up", "down"};
    for (int i = 0; i < a->levels->count; i++)
        for (int k = 0; k < 2; k++)
            gs_study_find(a->study, &(gs_finding){.what = gs_study_text(a->study, "mean log weight with %s, %s",
                                                                        temperatures(a, i), ways[k]),
                                                  .unit = "",
                                                  .is = {b->bound[k][i], b->low[k][i], b->high[k][i]},
                                                  .kind = GS_EXPECT_WITHIN,
                                                  .expected = {k ? LOG_Z : -INFINITY, k ? INFINITY : LOG_Z},
                                                  .by = k ? "theory, above log Z" : "theory, below log Z"});
}

static gs_status run_annealing(annealing *a, bounds *b, gs_error *error) {
    double *weight = gs_study_room(a->study, a->n, sizeof *weight);
    gs_status status = weight ? find_ideal(a->levels, b->ideal, error) : GS_ERROR_MEMORY;
    for (int i = 0; i < a->levels->count; i++)
        a->all += 2 * a->levels->values[i];
    for (int i = 0; i < a->levels->count; i++)
        for (int k = 0; k < 2 && !status; k++) {
            status = anneal(a, (int)a->levels->values[i], k, error);
            gs_estimate mean = gs_estimate_mean(a->log_weight, a->n);
            b->bound[k][i] = mean.value;
            b->low[k][i] = mean.low;
            b->high[k][i] = mean.high;
            b->log_z[k][i] = log_mean(a, k, weight, &b->effective[k][i]);
        }
    return status;
}

static gs_status prepare(annealing *a, bounds *b, gs_error *error) {
    size_t levels = (size_t)a->levels->count;
    gs_status status = GS_OK;
    for (int k = 0; k < 2 && !status; k++) {
        status = gs_study_network_get(a->study, ends[k], &a->network[k], error);
        if (!status)
            status = gs_density_create(ends[k], &a->density[k], error);
        a->energy[k] = gs_study_room(a->study, a->n, sizeof(double));
        b->ideal[k] = gs_study_room(a->study, 4 * levels, sizeof(double));
        if (!a->energy[k] || !b->ideal[k])
            return GS_ERROR_MEMORY;
        b->bound[k] = b->ideal[k] + levels;
        b->low[k] = b->ideal[k] + 2 * levels;
        b->high[k] = b->ideal[k] + 3 * levels;
    }
    a->x = gs_study_room(a->study, a->n * DIM, sizeof *a->x);
    a->point = gs_study_room(a->study, a->n * DIM, sizeof *a->point);
    a->log_weight = gs_study_room(a->study, a->n, sizeof *a->log_weight);
    return status ? status : a->x && a->point && a->log_weight ? GS_OK : GS_ERROR_MEMORY;
}

gs_status gs_study_anneal(gs_study *study, size_t n, gs_error *error) {
    annealing a = {.study = study, .n = n, .levels = gs_study_numbers(study, GS_STUDY_TEMPERATURES)};
    bounds b = {.ideal = {NULL}};
    gs_status status = prepare(&a, &b, error);
    if (!status)
        status = run_annealing(&a, &b, error);
    if (!status) {
        draw_bounds(&a, &b);
        list_estimates(&a, &b);
        list_bounds(&a, &b);
        say_weights(&a, &b);
    }
    for (int k = 0; k < 2; k++)
        gs_density_free(a.density[k]);
    return status;
}
