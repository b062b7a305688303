/* What Z does not do to scores and chains, and log Z by annealed importance sampling (Neal 2001), from below and, begun
 * with exact samples of the target, from above (Grosse, Ancha & Roy 2016, bidirectional Monte Carlo). */
#include <math.h>
#include <string.h>

#include "study/study.h"
#include "study/tools.h"

/* The two densities of the first half, which differ by a constant of the energy. */
#define CONSTANT 5
static const char *const alike[2] = {"double-well:height=1", "double-well:height=1,log-z=5"};

/* The start and target of the second half, which have the same range as networks that are multiplied have; and one of
 * their D independent coordinates, with log Z = 0. */
#define DIM 10
#define LOG_Z 7
static const char *const ends[2] = {"gaussian:dim=10,levels=no,range=-6,6", "double-well:dim=10,log-z=7,range=-6,6"};
static const char *const coordinates[2] = {"gaussian", "double-well"};

enum { CHAINS = 1000, STEPS = 200, CURVE = 161, GRID = 1201 };

/* ---- The same density with another Z ---- */

/* The curves of energies and scores along a line. */
typedef struct curves {
    double x[CURVE], energy[2][CURVE], score[2][CURVE];
} curves;

static gs_status find_curves(gs_study *study, curves *c, gs_error *error) {
    gs_status status = GS_OK;
    for (int k = 0; k < 2 && !status; k++) {
        const gs_study_network *network;
        float x[CURVE], energy[CURVE], gradient[CURVE];
        for (int i = 0; i < CURVE; i++) {
            x[i] = -1.6f + 0.02f * (float)i;
            c->x[i] = (double)x[i];
        }
        status = gs_study_network_get(study, alike[k], &network, error);
        if (!status)
            status = gs_plan_gradient(network->plan, x, 0, NULL, CURVE, energy, gradient, error);
        for (int i = 0; i < CURVE && !status; i++) {
            c->energy[k][i] = (double)energy[i];
            c->score[k][i] = -(double)gradient[i];
        }
    }
    return status;
}

static void draw_curves(gs_study *study, const curves *c) {
    const gs_diagram_series series[] = {
        {.name = "E, Z = 1", .n = CURVE, .x = c->x, .y = c->energy[0], .colour = 0},
        {.name = "E, Z = exp(5)", .n = CURVE, .x = c->x, .y = c->energy[1], .colour = 1},
        {.name = "score, Z = 1", .n = CURVE, .x = c->x, .y = c->score[0], .colour = 2},
        {.name = "score, Z = exp(5)",
         .stroke = GS_STROKE_DASHED,
         .n = CURVE,
         .x = c->x,
         .y = c->score[1],
         .colour = 3}};
    const gs_diagram diagram = {.title = "Energies and scores of one density",
                                .x_label = "x",
                                .y_label = "E(x), score(x)",
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(study, "score",
                     "Two wells, whose energy is once as it is and once 5 lower, so that the integral of exp(-E) is 1 "
                     "and exp(5). Their scores are one curve.",
                     &diagram);
}

/* How many numbers of two arrays differ. */
static size_t count_different(const float *a, const float *b, size_t n) {
    size_t different = 0;
    for (size_t i = 0; i < n; i++)
        different += memcmp(a + i, b + i, sizeof *a) != 0;
    return different;
}

static gs_status run_alike(gs_study *study, float *out, gs_error *error) {
    gs_status status = GS_OK;
    for (int k = 0; k < 2 && !status; k++) {
        const gs_study_network *network;
        gs_sample_options options = {
            .sampler = "langevin", .steps = STEPS, .step_size = 0.02, .seed = gs_study_seed(study)};
        status = gs_study_network_get(study, alike[k], &network, error);
        if (!status)
            status = gs_study_sample(study, network, &options, CHAINS, out + (size_t)k * CHAINS, error);
    }
    return status;
}

static gs_status compare_alike(gs_study *study, gs_error *error) {
    curves *c = gs_study_room(study, 1, sizeof *c);
    float *out = gs_study_room(study, 2 * CHAINS, sizeof *out);
    gs_status status = c && out ? find_curves(study, c, error) : GS_ERROR_MEMORY;
    if (!status)
        status = run_alike(study, out, error);
    if (status)
        return status;
    double score = 0;
    gs_estimate energy = {0, INFINITY, -INFINITY};
    for (int i = 0; i < CURVE; i++) {
        double difference = c->energy[0][i] - c->energy[1][i];
        score = fmax(score, fabs(c->score[0][i] - c->score[1][i]));
        energy.value += difference / CURVE;
        energy.low = fmin(energy.low, difference);
        energy.high = fmax(energy.high, difference);
    }
    draw_curves(study, c);
    gs_study_find(study, &(gs_finding){"largest difference of the two scores",
                                       "",
                                       gs_exact(score),
                                       GS_EXPECT_VALUE,
                                       {0},
                                       "theory, a constant has no gradient"});
    gs_study_find(study, &(gs_finding){"difference of the two energies (least ... most)",
                                       "",
                                       energy,
                                       GS_EXPECT_VALUE,
                                       {CONSTANT},
                                       "theory, log Z"});
    gs_study_find(study, &(gs_finding){"states of 1000 chains of Langevin dynamics that differ after 200 steps",
                                       "",
                                       gs_exact((double)count_different(out, out + CHAINS, CHAINS)),
                                       GS_EXPECT_VALUE,
                                       {0},
                                       "theory, chains see the score only"});
    return GS_OK;
}

/* ---- Annealed importance sampling ---- */

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

/* log Z by the mean of the weights or, of chains that went down, of their reciprocals. */
static gs_estimate log_mean(const annealing *a, bool down, double *weight) {
    double sign = down ? -1 : 1, top = -INFINITY;
    for (size_t i = 0; i < a->n; i++)
        top = fmax(top, sign * a->log_weight[i]);
    for (size_t i = 0; i < a->n; i++)
        weight[i] = exp(sign * a->log_weight[i] - top);
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

/* The logarithm of a mean of few, very unequal weights has no interval to speak of, so that only the most temperatures
 * are compared. */
static void list_estimates(const annealing *a, const bounds *b) {
    static const char *const ways[] = {"up", "down"};
    int last = a->levels->count - 1;
    for (int k = 0; k < 2; k++)
        gs_study_find(a->study, &(gs_finding){.what = gs_study_text(a->study, "log Z with %.0f temperatures, %s",
                                                                    a->levels->values[last], ways[k]),
                                              .unit = "",
                                              .is = b->log_z[k][last],
                                              .kind = GS_EXPECT_VALUE,
                                              .expected = {LOG_Z},
                                              .by = "theory, known Z"});
}

/* A bound is compared where even ideal chains are so far from log Z that chance does not put it on the other side. */
static void list_bounds(const annealing *a, const bounds *b) {
    const double far = 0.2;
    static const char *const ways[] = {"up", "down"};
    for (int i = 0; i < a->levels->count; i++)
        for (int k = 0; k < 2; k++) {
            gs_estimate e = {b->bound[k][i], b->low[k][i], b->high[k][i]};
            bool tells = fabs(b->ideal[k][i] - LOG_Z) > far;
            gs_finding finding = {.what = gs_study_text(a->study, "mean log weight with %.0f temperatures, %s",
                                                        a->levels->values[i], ways[k]),
                                  .unit = "",
                                  .is = e,
                                  .kind = tells ? GS_EXPECT_WITHIN : GS_EXPECT_NOTHING,
                                  .expected = {k ? LOG_Z : -INFINITY, k ? INFINITY : LOG_Z},
                                  .by = k ? "theory, above log Z" : "theory, below log Z"};
            gs_study_find(a->study, &finding);
        }
}

static void say(gs_study *study) {
    gs_study_say(study,
                 "exp(-E) becomes a density only when it is divided by Z, an integral over all x that nobody can "
                 "compute for images. In the first figure the energy is lowered by 5, so that Z grows to exp(5): "
                 "the two energies are 5 apart, but their scores are one curve, because a constant has no "
                 "gradient. Chains with the same random numbers are the same to the last bit.");
    gs_study_say(study,
                 "So scores can be learned, and chains can run, without Z. It is needed to say how probable an x "
                 "is. Annealed importance sampling estimates it: each chain goes from a Gaussian, whose Z is "
                 "known, through many temperatures to the target, and collects a weight whose mean is Z.");
    gs_study_say(
        study,
        "In the second figure the marks close in on log Z = 7 as there are more temperatures: by "
        "Jensen's inequality the mean logarithm of the weights is below log Z on the way up, and above it on the way "
        "down, which only a density with exact samples allows. With few temperatures a handful of chains "
        "have nearly all the weight, and the estimate means little.");
}

static gs_status run_annealing(annealing *a, bounds *b, gs_error *error) {
    double *weight = gs_study_room(a->study, a->n, sizeof *weight), total = 0, done = 0;
    gs_status status = weight ? find_ideal(a->levels, b->ideal, error) : GS_ERROR_MEMORY;
    for (int i = 0; i < a->levels->count; i++)
        total += 2 * a->levels->values[i];
    for (int i = 0; i < a->levels->count; i++)
        for (int k = 0; k < 2 && !status; k++) {
            gs_study_stage(a->study, (done += a->levels->values[i]) / total);
            status = anneal(a, (int)a->levels->values[i], k, error);
            gs_estimate mean = gs_estimate_mean(a->log_weight, a->n);
            b->bound[k][i] = mean.value;
            b->low[k][i] = mean.low;
            b->high[k][i] = mean.high;
            b->log_z[k][i] = log_mean(a, k, weight);
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

static gs_status run(gs_study *study, gs_error *error) {
    annealing a = {.study = study, .levels = gs_study_numbers(study, GS_STUDY_TEMPERATURES)};
    bounds b = {.ideal = {NULL}};
    say(study);
    gs_study_stage(study, 0.02);
    gs_status status = gs_study_samples(study, 100, &a.n, error);
    if (!status)
        status = compare_alike(study, error);
    if (!status)
        status = prepare(&a, &b, error);
    if (!status)
        status = run_annealing(&a, &b, error);
    if (!status) {
        draw_bounds(&a, &b);
        list_estimates(&a, &b);
        list_bounds(&a, &b);
    }
    for (int k = 0; k < 2; k++)
        gs_density_free(a.density[k]);
    return status;
}

const gs_study_row gs_study_partition = {
    .name = "partition",
    .item = "2.1.1",
    .title = "What Z is, and who needs it",
    .about = "That the score does not see the partition function Z, and how log Z is estimated where it is wanted",
    .takes = {{GS_STUDY_TEMPERATURES, "16,32,64,128,256"}, {GS_STUDY_N, "1000"}},
    .run = run};
