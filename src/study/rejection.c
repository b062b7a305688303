/* Rejection sampling of N(0, I) from N(0, R^2 I): the acceptance R^-D (von Neumann 1951), and how far the two overlap
 * all the same. */
#include <math.h>

#include "study/study.h"

/* Where more proposals are needed for the wanted samples, so many are made, and what was accepted of them is counted.
 * An exact interval needs no more. */
static const double most_proposals = 0x1p28;
enum {
    SHELL_POINTS = 200,     /* of a curve */
    OVERLAP_MOST = 2000,    /* samples by which the overlap is measured, at most */
    OVERLAP_ROOM = 1 << 21, /* their numbers, at most */
    OVERLAP_DIM_MAX = 4096  /* the most that densities have */
};

typedef struct rejecting {
    gs_study *study;
    double ratio;
    size_t n; /* samples wanted */
    const gs_numbers *dims;
    gs_rejection_result result[GS_LIST_MAX];
    gs_estimate acceptance[GS_LIST_MAX], overlap[GS_LIST_MAX];
    double theory[GS_LIST_MAX], overlap_theory[GS_LIST_MAX];
    int current;
} rejecting;

/* ---- Shells ---- */

/* The densities of the lengths r of vectors from N(0, I) and N(0, R^2 I) in D dimensions, around both shells. */
typedef struct shells {
    double r[SHELL_POINTS], p[SHELL_POINTS], q[SHELL_POINTS];
} shells;

/* Of the length of N(0, sd^2 I): chi's density. */
static double shell_density(double dim, double sd, double r) {
    double z = r / sd, power = dim > 1 ? (dim - 1) * log(z) : 0;
    return exp(power - z * z / 2 - (dim / 2 - 1) * log(2) - lgamma(dim / 2)) / sd;
}

static void find_shells(shells *s, double dim, double ratio) {
    const double deviations = 4; /* a shell's own is 1 / sqrt(2), whatever D */
    double low = fmax(0, sqrt(dim) - deviations), high = ratio * (sqrt(dim) + deviations);
    for (int i = 0; i < SHELL_POINTS; i++) {
        s->r[i] = low + (high - low) / (SHELL_POINTS - 1) * i;
        s->p[i] = shell_density(dim, 1, s->r[i]);
        s->q[i] = shell_density(dim, ratio, s->r[i]);
    }
}

/* ---- The overlap, the integral of min(p, q) ---- */

/* P(|z|^2 < square) for z from N(0, I), by the series of the incomplete gamma function (Abramowitz & Stegun 1964,
 * 6.5.29), all of whose terms are positive. */
static double chi_square_below(double dim, double square) {
    const double large = 0x1p900; /* from which the sum is taken down, so that it does not overflow */
    double a = dim / 2, x = square / 2, term = 1, sum = 1, taken = 0;
    for (double k = 1; term > 1e-16 * sum; k++) {
        sum += term *= x / (a + k);
        if (sum > large) {
            sum /= large;
            term /= large;
            taken += log(large);
        }
    }
    return fmin(1, exp(a * log(x) - x - lgamma(a + 1) + log(sum) + taken));
}

/* The squared length at which p and q are equal: p is the larger one below. */
static double border(double dim, double ratio) {
    return 2 * dim * log(ratio) / (1 - 1 / (ratio * ratio));
}

static double overlap_of(double dim, double ratio) {
    double square = border(dim, ratio);
    return !(ratio > 1) ? 1 : 1 - chi_square_below(dim, square) + chi_square_below(dim, square / (ratio * ratio));
}

/* The integral is the mean of min(1, q(x) / p(x)) over exact samples x of p, which are others for each dimension. */
static gs_status measure_overlap(rejecting *r, int at, gs_error *error) {
    size_t dim = (size_t)r->dims->values[at], m = OVERLAP_ROOM / dim < OVERLAP_MOST ? OVERLAP_ROOM / dim : OVERLAP_MOST;
    float *x = gs_study_room(r->study, m * dim, sizeof *x);
    double *part = gs_study_room(r->study, m, sizeof *part), slope = (1 - 1 / (r->ratio * r->ratio)) / 2;
    const char *text = gs_study_text(r->study, "gaussian:dim=%zu", dim);
    gs_density *density;
    gs_status status = x && part ? gs_density_create(text, &density, error) : GS_ERROR_MEMORY;
    if (status)
        return status;
    status = gs_density_draw(density, 0, gs_study_seed(r->study), (uint64_t)at * OVERLAP_MOST, m, x, error);
    gs_density_free(density);
    for (size_t k = 0; k < m && !status; k++) {
        double square = 0;
        for (size_t i = 0; i < dim; i++)
            square += (double)x[k * dim + i] * (double)x[k * dim + i];
        part[k] = fmin(1, exp(slope * square - (double)dim * log(r->ratio)));
    }
    r->overlap[at] = gs_estimate_mean(part, m);
    return status;
}

/* ---- The acceptance ---- */

static bool show_progress(void *context, uint64_t done, uint64_t n) {
    const rejecting *r = context;
    double part = (r->current + (double)done / (double)n) / r->dims->count;
    return !gs_study_go_on(r->study, part, NULL);
}

static gs_status count_accepted(rejecting *r, int at, gs_error *error) {
    double dim = r->dims->values[at];
    gs_rejection_options options = {.dim = (int)dim,
                                    .ratio = r->ratio,
                                    .algorithm = "radius",
                                    .seed = gs_study_seed(r->study),
                                    .progress = show_progress,
                                    .context = r};
    r->current = at;
    r->theory[at] = pow(r->ratio, -dim);
    bool few = (double)r->n > most_proposals * r->theory[at];
    options.proposals = few ? (uint64_t)most_proposals : 0;
    gs_status status = gs_rejection(&options, few ? 0 : r->n, NULL, &r->result[at], error);
    if (!status)
        r->acceptance[at] = gs_estimate_share(r->result[at].accepted, r->result[at].proposals);
    return status;
}

/* ---- What is shown ---- */

static void draw_acceptance(rejecting *r) {
    size_t n = (size_t)r->dims->count;
    double *y = gs_study_room(r->study, 6 * n, sizeof *y);
    if (!y)
        return;
    for (size_t i = 0; i < n; i++) {
        y[i] = r->acceptance[i].value;
        y[n + i] = r->acceptance[i].low;
        y[2 * n + i] = r->acceptance[i].high;
        y[3 * n + i] = r->overlap[i].value;
        y[4 * n + i] = r->overlap[i].low;
        y[5 * n + i] = r->overlap[i].high;
    }
    const double *x = r->dims->values;
    const gs_diagram_series series[] = {
        {.name = "overlap of p and q", .stroke = GS_STROKE_DASHED, .n = n, .x = x, .y = r->overlap_theory, .colour = 1},
        {.stroke = GS_STROKE_MARKS, .n = n, .x = x, .y = y + 3 * n, .low = y + 4 * n, .high = y + 5 * n, .colour = 1},
        {.name = "acceptance, R^-D", .stroke = GS_STROKE_DASHED, .n = n, .x = x, .y = r->theory},
        {.stroke = GS_STROKE_MARKS, .n = n, .x = x, .y = y, .low = y + n, .high = y + 2 * n}};
    const gs_diagram diagram = {.title = "Proposals that are accepted",
                                .x_label = "dimensions D",
                                .y_label = "share",
                                .log_y = true,
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(
        r->study, "acceptance",
        gs_study_text(r->study,
                      "The share of accepted proposals (marks with 99.99 %% intervals) lies on the line of "
                      "theory, R^-D (dashed)%s",
                      r->ratio > 1 ? ", which falls far faster than the overlap of the two distributions." : "."),
        &diagram);
}

/* Lengths are shown from sqrt(D) on, where p's shell is for every D. */
static void draw_shells(rejecting *r) {
    static const double dims[] = {784, 10000, 65536};
    enum { DIMS = GS_COUNT(dims) };
    shells *s = gs_study_room(r->study, DIMS, sizeof *s);
    gs_diagram_series series[DIMS + 1] = {{0}};
    if (!s)
        return;
    for (int k = 0; k < DIMS; k++) {
        find_shells(&s[k], dims[k], r->ratio);
        for (int i = 0; i < SHELL_POINTS; i++)
            s[k].r[i] -= sqrt(dims[k]);
        series[k + 1] = (gs_diagram_series){.name = gs_study_text(r->study, "q, D = %.0f", dims[k]),
                                            .n = SHELL_POINTS,
                                            .x = s[k].r,
                                            .y = s[k].q,
                                            .colour = k + 1};
    }
    series[0] = (gs_diagram_series){.name = "p, D = 784", .n = SHELL_POINTS, .x = s[0].r, .y = s[0].p};
    const gs_diagram diagram = {.title = "The shells of p and q",
                                .x_label = "length of x, less sqrt(D)",
                                .y_label = "density",
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(r->study, "shells",
                     gs_study_text(r->study,
                                   "Lengths of samples. Those of p lie around sqrt(D), with a deviation of 0.7 "
                                   "whatever D; those of q lie (R - 1) sqrt(D) further out: %.2g, %.2g and %.2g for "
                                   "the three D.",
                                   (r->ratio - 1) * 28, (r->ratio - 1) * 100, (r->ratio - 1) * 256),
                     &diagram);
}

/* The dimension whose numbers the sentences tell: the largest one up to that of MNIST's images. */
static int told(const rejecting *r) {
    const double pixels = 784;
    int best = 0;
    for (int i = 0; i < r->dims->count; i++)
        if (r->dims->values[i] <= pixels &&
            (r->dims->values[i] > r->dims->values[best] || r->dims->values[best] > pixels))
            best = i;
    return best;
}

/* exp(power), by its decimal exponent where the number itself would be too large or too small. */
static const char *exp_text(rejecting *r, double power) {
    double decimal = power / log(10);
    return fabs(decimal) < 300 ? gs_study_text(r->study, "%.4g", exp(power))
                               : gs_study_text(r->study, "10^%.0f", decimal);
}

static void say_same(rejecting *r) {
    gs_study_say(r->study, "A proposal x of q = N(0, R^2 I) is kept with the probability p(x) / (M q(x)), where M = "
                           "R^D is the largest p/q. With R = 1 q is p itself, M is 1, and every proposal is kept.");
}

static void say(rejecting *r) {
    const double much = 0.5, some = 0.001;
    int at = told(r);
    double dim = r->dims->values[at], slope = (1 - 1 / (r->ratio * r->ratio)) / 2, overlap = r->overlap_theory[at];
    gs_study_say(r->study,
                 "A proposal x of q = N(0, R^2 I) is kept with the probability p(x) / (M q(x)), where M = R^D is the "
                 "largest p/q. With R = %.6g in D = %.0f dimensions M is %s: so many proposals are drawn for each "
                 "sample that is kept.",
                 r->ratio, dim, exp_text(r, dim * log(r->ratio)));
    gs_study_say(r->study,
                 "Look at the distance of the two curves. p and q overlap by %s there%s. M is what costs: p/q reaches "
                 "it at x = 0 only, where hardly any sample is once D is large, while on p's shell, |x| = sqrt(D), a "
                 "proposal is kept with the probability exp(-%.4g D) = %s.",
                 overlap < some ? "less than 0.1 %" : gs_study_text(r->study, "%.1f %%", 100 * overlap),
                 overlap > much ? ", so it is not that q misses p" : "", slope, exp_text(r, -slope * dim));
    gs_study_say(r->study, "MNIST has D = 784, photographs far more, and nobody knows a q that is as near to images as "
                           "that of R = 1.01 is to p. This is why energies are sampled by chains, which need neither M "
                           "nor Z.");
}

static void list_proposals(rejecting *r) {
    static const char *const heads[] = {"D", "M = R^D", "proposals per sample", "proposals", "accepted"};
    enum { COLUMNS = GS_COUNT(heads) };
    int rows = r->dims->count;
    const char **cell = gs_study_room(r->study, (size_t)rows * COLUMNS, sizeof *cell);
    for (int i = 0; cell && i < rows; i++) {
        double k = (double)r->result[i].accepted, n = (double)r->result[i].proposals;
        cell[i * COLUMNS] = gs_study_text(r->study, "%.0f", r->dims->values[i]);
        cell[i * COLUMNS + 1] = exp_text(r, r->dims->values[i] * log(r->ratio));
        cell[i * COLUMNS + 2] = k > 0 ? gs_study_text(r->study, "%.4g", n / k)
                                      : gs_study_text(r->study, "more than %.2g", 1 / r->acceptance[i].high);
        cell[i * COLUMNS + 3] = gs_study_text(r->study, "%.0f", n);
        cell[i * COLUMNS + 4] = gs_study_text(r->study, "%.0f", k);
    }
    if (cell)
        gs_study_table(r->study, "What a sample costs.", COLUMNS, heads, rows, cell);
}

static void list_findings(rejecting *r) {
    int at = told(r);
    gs_estimate a = r->acceptance[at];
    gs_finding cost = {.what = gs_study_text(r->study, "proposals per sample at D = %.0f", r->dims->values[at]),
                       .unit = "",
                       .is = {1 / a.value, 1 / a.high, 1 / a.low},
                       .kind = GS_EXPECT_VALUE,
                       .expected = {1 / r->theory[at]},
                       .by = "theory, M = R^D"};
    if (a.value > 0)
        gs_study_find(r->study, &cost);
    for (int i = 0; i < r->dims->count; i++)
        gs_study_find(r->study,
                      &(gs_finding){.what = gs_study_text(r->study, "acceptance at D = %.0f", r->dims->values[i]),
                                    .unit = "%",
                                    .is = r->acceptance[i],
                                    .kind = GS_EXPECT_VALUE,
                                    .expected = {r->theory[i]},
                                    .by = "theory, R^-D"});
}

/* Where hardly any sample is in the overlap, its mean has no interval to rely on. */
static void list_overlaps(rejecting *r) {
    const double least = 0.01;
    for (int i = 0; i < r->dims->count; i++) {
        gs_finding finding = {.what = gs_study_text(r->study, "overlap of p and q at D = %.0f", r->dims->values[i]),
                              .unit = "%",
                              .is = r->overlap[i],
                              .kind = GS_EXPECT_VALUE,
                              .expected = {r->overlap_theory[i]},
                              .by = "theory, integral of min(p, q)"};
        if (r->dims->values[i] <= OVERLAP_DIM_MAX && r->overlap_theory[i] >= least)
            gs_study_find(r->study, &finding);
    }
}

static gs_status run(gs_study *study, gs_error *error) {
    rejecting r = {.study = study,
                   .ratio = gs_study_number(study, GS_STUDY_RATIO),
                   .n = gs_study_whole(study, GS_STUDY_N),
                   .dims = gs_study_numbers(study, GS_STUDY_DIMS)};
    gs_status status = GS_OK;
    for (int i = 0; i < r.dims->count && !status; i++) {
        r.overlap_theory[i] = overlap_of(r.dims->values[i], r.ratio);
        status = count_accepted(&r, i, error);
        r.overlap[i] = gs_exact(NAN);
        if (!status && r.dims->values[i] <= OVERLAP_DIM_MAX)
            status = measure_overlap(&r, i, error);
    }
    if (status)
        return status;
    if (r.ratio > 1)
        say(&r);
    else
        say_same(&r);
    draw_acceptance(&r);
    draw_shells(&r);
    list_findings(&r);
    list_overlaps(&r);
    list_proposals(&r);
    return GS_OK;
}

const gs_study_row gs_study_rejection = {
    .name = "rejection",
    .item = "1.1.2",
    .title = "Rejection sampling in many dimensions",
    .about = "How many proposals of a slightly wider Gaussian are accepted as samples of a Gaussian, from 1 to 2000 "
             "dimensions",
    .takes = {{.parameter = GS_STUDY_RATIO, .value = "1.01"},
              {.parameter = GS_STUDY_DIMS, .value = "1,16,100,250,784,1000,1500,2000"},
              {.parameter = GS_STUDY_N, .value = "20000"}},
    .run = run};
