/* Four ways to learn a score, explicit (with the score given), implicit (Hyvarinen 2005), sliced (Song et al. 2019) and
 * denoising (Vincent 2011), on densities whose score is known, with models for which each has its minimiser in closed
 * form. */
#include <math.h>
#include <string.h>

#include "density/dice.h"
#include "study/least_squares.h"
#include "study/score_matching.h"
#include "study/study.h"
#include "study/tools.h"

#define DATA "mixture:means=-1.5/0,1.5/0,sd=0.6"
static const double noise = 0.5; /* of denoising score matching */

enum { N = GS_FEATURES, LINE = 121, MARKS = 25, HALVES = 2 };

/* The objectives differ in what stands for f s in b = E[f s]. The first ones look at data x, the others at x + noise.
 */
enum { EXPLICIT, IMPLICIT, RADEMACHER, GAUSSIAN, NOISED, DENOISING, OBJECTIVES };

typedef struct matching {
    gs_study *study;
    gs_density *density;
    size_t n;
    double *x[2], *score[2];   /* (n, 2), without noise and with it, and their scores */
    double *probe[2];          /* (n, 2), of signs and of normal numbers */
    double a[2][HALVES][N][N]; /* of x and of x + noise: sums over each half of the samples */
    double b[OBJECTIVES][HALVES][N];
    double t[OBJECTIVES][N]; /* minimisers */
} matching;

static bool has_noise(int objective) {
    return objective >= NOISED;
}

/* ---- Data ---- */

static gs_status draw(matching *m, gs_error *error) {
    size_t count = 2 * m->n;
    uint64_t seed = gs_study_seed(m->study);
    float *x = gs_study_room(m->study, count, sizeof *x);
    gs_status status = x ? gs_density_draw(m->density, 0, seed, 0, m->n, x, error) : GS_ERROR_MEMORY;
    for (int k = 0; k < 2 && !status; k++) {
        for (size_t i = 0; i < count; i++)
            m->x[k][i] = (double)x[i];
        status = gs_density_energy(m->density, m->x[k], k ? noise : 0, m->n, NULL, m->score[k], error);
        for (size_t i = 0; i < count && !status; i++)
            m->score[k][i] *= -1;
        if (!status)
            status = gs_sample_add_noise(seed, 0, noise, m->n, 2, x, error);
    }
    return status;
}

/* Probes with E[v v'] = I. */
static void draw_probes(matching *m) {
    gs_dice dice = {.seed = gs_study_seed(m->study), .chain = UINT64_C(1) << 40};
    for (size_t i = 0; i < 2 * m->n; i++) {
        m->probe[0][i] = gs_dice_unit(&dice) < 0.5 ? -1 : 1;
        m->probe[1][i] = gs_dice_normal(&dice);
    }
}

/* ---- Minimisers ---- */

/* What sample i adds to b. The implicit objective has -div f for f s, by integration by parts; the sliced one
 * -v'(df/dx)v (with |s|^2 for (v's)^2, which has less variance and the same mean); the denoising one f (x - x~) /
 * noise^2. */
static void add_target(const matching *m, int objective, size_t i, const gs_features *f, double sign, double b[N]) {
    static const double trace[3] = {1, 0, 1};
    const double *v = m->probe[objective == GAUSSIAN] + 2 * i, *s = m->score[has_noise(objective)] + 2 * i;
    const double slice[3] = {v[0] * v[0], 2 * v[0] * v[1], v[1] * v[1]};
    const double *way = objective == IMPLICIT ? trace : slice;
    double towards[2];
    for (size_t d = 0; d < 2; d++)
        towards[d] = objective == DENOISING ? (m->x[0][2 * i + d] - m->x[1][2 * i + d]) / (noise * noise) : s[d];
    for (int j = 0; j < N; j++)
        if (objective == EXPLICIT || has_noise(objective))
            b[j] += sign * (f->at[0][j] * towards[0] + f->at[1][j] * towards[1]);
        else
            b[j] -= sign * (way[0] * f->slope[0][j] + way[1] * f->slope[1][j] + way[2] * f->slope[2][j]);
}

static void add_square(const gs_features *f, double a[N][N]) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= i; j++)
            a[i][j] += f->at[0][i] * f->at[0][j] + f->at[1][i] * f->at[1][j];
}

static gs_status add_all(matching *m, gs_error *error) {
    gs_status status = GS_OK;
    for (size_t i = 0; i < m->n && !status; i++) {
        int half = i >= m->n / 2;
        for (int k = 0; k < 2; k++) {
            gs_features f;
            gs_features_find(m->x[k] + 2 * i, &f);
            add_square(&f, m->a[k][half]);
            for (int o = 0; o < OBJECTIVES; o++)
                if (has_noise(o) == k)
                    add_target(m, o, i, &f, 1, m->b[o][half]);
        }
        if (i % 1000 == 0)
            status = gs_study_go_on(m->study, (double)i / (double)m->n, error);
    }
    return status;
}

static gs_status minimise(matching *m, gs_error *error) {
    double a[2][N][N];
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < N; i++)
            for (int j = 0; j <= i; j++)
                a[k][i][j] = m->a[k][0][i][j] + m->a[k][1][i][j];
        if (!gs_cholesky(a[k]))
            return gs_fail(error, GS_ERROR_ARGUMENT, "%zu samples are too few for %d parameters", m->n, N);
    }
    for (int o = 0; o < OBJECTIVES; o++) {
        for (int j = 0; j < N; j++)
            m->t[o][j] = m->b[o][0][j] + m->b[o][1][j];
        gs_cholesky_solve(a[has_noise(o)], m->t[o]);
    }
    return GS_OK;
}

/* ---- Distances of minimisers ---- */

/* The distance of two objectives' minimisers in units of the score's root mean square. Half of the samples say in which
 * direction of parameters they differ, u with E|u'f|^2 = 1, and the other half how far: A (t - t') is the difference d
 * of the two b, so that the distance along u is the mean of d'u over independent samples. It is 0 if the minimisers are
 * the same, whatever u. */
static gs_status find_distance(matching *m, int one, int other, gs_estimate *distance, gs_error *error) {
    int k = has_noise(one);
    size_t n = m->n / 2;
    double factor[N][N], u[N], length = 0, square = 0, *value = gs_study_room(m->study, n, sizeof *value);
    if (!value)
        return GS_ERROR_MEMORY;
    memcpy(factor, m->a[k][1], sizeof factor);
    if (!gs_cholesky(factor))
        return gs_fail(error, GS_ERROR_ARGUMENT, "%zu samples are too few for %d parameters", m->n, N);
    for (int j = 0; j < N; j++)
        u[j] = m->b[one][1][j] - m->b[other][1][j];
    gs_cholesky_solve(factor, u);
    for (int j = 0; j < N; j++)
        length += u[j] * (m->b[one][1][j] - m->b[other][1][j]) / (double)(m->n - n);
    for (size_t i = 0; i < n; i++) {
        double d[N] = {0};
        gs_features f;
        gs_features_find(m->x[k] + 2 * i, &f);
        add_target(m, one, i, &f, 1, d);
        add_target(m, other, i, &f, -1, d);
        for (int j = 0; j < N; j++)
            value[i] += d[j] * u[j] / sqrt(length);
        square +=
            (m->score[k][2 * i] * m->score[k][2 * i] + m->score[k][2 * i + 1] * m->score[k][2 * i + 1]) / (double)n;
    }
    for (size_t i = 0; i < n; i++)
        value[i] /= sqrt(square);
    *distance = gs_estimate_mean(value, n);
    return GS_OK;
}

static gs_status list_distances(matching *m, gs_error *error) {
    static const struct {
        int one, other;
        const char *what;
    } pairs[] = {{IMPLICIT, EXPLICIT, "distance of the minimisers, implicit from explicit"},
                 {RADEMACHER, EXPLICIT, "sliced from explicit, probes of signs"},
                 {GAUSSIAN, EXPLICIT, "sliced from explicit, normal probes"},
                 {DENOISING, NOISED, "denoising from explicit with the noised density's score"}};
    gs_status status = GS_OK;
    for (size_t i = 0; i < GS_COUNT(pairs) && !status; i++) {
        gs_finding finding = {.what = pairs[i].what,
                              .unit = "%",
                              .kind = GS_EXPECT_VALUE,
                              .expected = {0},
                              .by = "theory, the same minimiser"};
        status = find_distance(m, pairs[i].one, pairs[i].other, &finding.is, error);
        if (!status)
            gs_study_find(m->study, &finding);
    }
    return status;
}

/* ---- The picture: the first coordinate of scores along the first axis ---- */

static gs_status find_truth(const matching *m, const double *x, double sigma, double *score, gs_error *error) {
    gs_status status = GS_OK;
    for (int i = 0; i < LINE && !status; i++) {
        double gradient[2];
        status = gs_density_energy(m->density, (double[]){x[i], 0}, sigma, 1, NULL, gradient, error);
        score[i] = -gradient[0];
    }
    return status;
}

static gs_status draw_scores(matching *m, gs_error *error) {
    static const struct {
        int objective;
        const char *name;
        int colour;
    } shown[] = {
        {EXPLICIT, "explicit", 0}, {IMPLICIT, "implicit", 1}, {RADEMACHER, "sliced", 2}, {DENOISING, "denoising", 3}};
    double x[LINE], truth[2][LINE], at[GS_COUNT(shown)][MARKS], fit[GS_COUNT(shown)][MARKS];
    gs_diagram_series series[GS_COUNT(shown) + 2] = {
        {"score of the data", GS_STROKE_LINE, LINE, x, truth[0], NULL, NULL, 0},
        {"score with noise 0.5", GS_STROKE_LINE, LINE, x, truth[1], NULL, NULL, 3}};
    gs_status status = GS_OK;
    for (int i = 0; i < LINE; i++)
        x[i] = -3 + 0.05 * i;
    for (int k = 0; k < 2 && !status; k++)
        status = find_truth(m, x, k ? noise : 0, truth[k], error);
    /* Marks of different minimisers stand beside each other, as they would hide each other. */
    for (size_t k = 0; k < GS_COUNT(shown) && !status; k++) {
        for (int i = 0; i < MARKS; i++) {
            double score[2];
            at[k][i] = -2.9 + 0.23 * i + 0.06 * (double)k;
            gs_features_score(m->t[shown[k].objective], (double[]){at[k][i], 0}, score);
            fit[k][i] = score[0];
        }
        series[k + 2] =
            (gs_diagram_series){shown[k].name, GS_STROKE_MARKS, MARKS, at[k], fit[k], NULL, NULL, shown[k].colour};
    }
    const gs_diagram diagram = {.title = "Scores that four objectives learn",
                                .x_label = "first coordinate x",
                                .y_label = "score along it",
                                .series = series,
                                .count = GS_COUNT(series)};
    if (!status)
        gs_study_diagram(
            m->study, "minimisers",
            "Two Gaussians in the plane, on the line through both. Marks: the minimisers, each over the "
            "same samples. Three agree, near the score of the data; denoising's is near that of the data with noise.",
            &diagram);
    return status;
}

/* ---- The study ---- */

static void say(gs_study *study) {
    gs_study_say(study,
                 "Score matching asks for the s that is nearest to the data's score, which is known here and nowhere "
                 "else. Implicit score matching gets the same minimiser from samples alone, by the trace of ds/dx; "
                 "sliced score matching looks at that trace along random directions v; denoising score matching "
                 "asks for the way back from noised data.");
    gs_study_say(
        study, "In the first figure the marks of the first three are on one curve, even between the modes, where this "
               "model cannot follow the score of the data. Those of denoising are near another one, the score of the "
               "data with noise: denoising has the minimiser that the noised data's score itself would give, which "
               "is what annealed Langevin dynamics wants at each noise level. Distances of minimisers are in per cent "
               "of the score's root mean square. One half of the samples chooses the direction of parameters in which "
               "the two differ, and the other half tells how far: 0 on average if they are the same.");
    gs_study_say(study,
                 "The trace is what implicit score matching cannot pay for: in D dimensions it takes D derivatives "
                 "of s, while a random direction takes one, and its mean is the trace. The last figures show "
                 "both, also on our own network for digits.");
}

static gs_status prepare(matching *m, gs_error *error) {
    for (int k = 0; k < 2; k++) {
        m->x[k] = gs_study_room(m->study, 2 * m->n, sizeof(double));
        m->score[k] = gs_study_room(m->study, 2 * m->n, sizeof(double));
        m->probe[k] = gs_study_room(m->study, 2 * m->n, sizeof(double));
        if (!m->x[k] || !m->score[k] || !m->probe[k])
            return GS_ERROR_MEMORY;
    }
    return gs_density_create(DATA, &m->density, error);
}

static gs_status run(gs_study *study, gs_error *error) {
    matching *m = gs_study_room(study, 1, sizeof *m);
    if (!m)
        return GS_ERROR_MEMORY;
    m->study = study;
    say(study);
    gs_study_stage(study, 0.3);
    m->n = gs_study_whole(study, GS_STUDY_N);
    gs_status status = prepare(m, error);
    if (!status)
        status = draw(m, error);
    if (!status) {
        draw_probes(m);
        status = add_all(m, error);
    }
    if (!status)
        status = minimise(m, error);
    if (!status)
        status = draw_scores(m, error);
    if (!status)
        status = list_distances(m, error);
    if (!status)
        status = gs_study_match_normal(study, m->n, error);
    gs_density_free(m->density);
    gs_study_stage(study, 1);
    return status ? status : gs_study_trace(study, error);
}

const gs_study_row gs_study_score_matching = {
    .name = "score-matching",
    .item = "2.1.2",
    .title = "Four ways to learn a score",
    .about =
        "Whether explicit, implicit, sliced and denoising score matching have the same minimiser, and what the trace "
        "costs",
    .takes = {{.parameter = GS_STUDY_N, .value = "100000", .least = 1000},
              {.parameter = GS_STUDY_DIMS, .value = "64,256,1024,4096", .least = 2, .most = 4096}},
    .run = run};
