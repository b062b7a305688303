/* Mixtures of Gaussians, whose density is known at every noise level: with noise of deviation sigma, the variance v of
 * each coordinate becomes v + sigma^2. */
#include "density/gaussians.h"

#include <math.h>

#include "base/math64.h"

/* Everything beyond so many deviations from all means counts as outside of the data range. */
static const double deviations = 5;

gs_status gs_mixture_create(gs_density *d, int count, gs_error *error) {
    gs_mixture *m = &d->mixture;
    size_t components = (size_t)count, values = components * (size_t)d->dim;
    if (count > GS_COMPONENTS_MAX || values > GS_DENSITY_VALUES_MAX)
        return gs_density_fail(d, error,
                               "%d Gaussians in %d dimensions, expected at most %d, and at most %d coordinates of all "
                               "means",
                               count, d->dim, GS_COMPONENTS_MAX, GS_DENSITY_VALUES_MAX);
    m->count = count;
    m->log_weight = gs_alloc(components, sizeof *m->log_weight);
    m->cumulative = gs_alloc(components, sizeof *m->cumulative);
    m->mean = gs_alloc(values, sizeof *m->mean);
    m->variance = gs_alloc(values, sizeof *m->variance);
    return m->log_weight && m->cumulative && m->mean && m->variance ? GS_OK : gs_fail_memory(error, "a density");
}

void gs_mixture_set(gs_density *d, int k, double weight, const gs_values *mean, int item, const gs_values *sd,
                    int sd_item) {
    gs_mixture *m = &d->mixture;
    m->cumulative[k] = weight;
    for (int i = 0; i < d->dim; i++) {
        size_t at = (size_t)k * (size_t)d->dim + (size_t)i;
        double s = sd->at[sd_item * sd->width + (sd->width > 1 ? i : 0)];
        m->mean[at] = mean->at[item * mean->width + (mean->width > 1 ? i : 0)];
        m->variance[at] = s * s;
    }
}

/* Sums are in the order of the components, so that they are the same everywhere. */
static void normalise(gs_mixture *m) {
    double sum = 0, so_far = 0;
    for (int k = 0; k < m->count; k++)
        sum += m->cumulative[k];
    for (int k = 0; k < m->count; k++) {
        m->log_weight[k] = gs_log64(m->cumulative[k] / sum);
        m->cumulative[k] = so_far += m->cumulative[k] / sum;
    }
}

void gs_mixture_finish(gs_density *d) {
    gs_mixture *m = &d->mixture;
    double narrowest = INFINITY;
    normalise(m);
    d->range[0] = INFINITY;
    d->range[1] = -INFINITY;
    for (size_t i = 0; i < (size_t)m->count * (size_t)d->dim; i++) {
        double s = sqrt(m->variance[i]);
        narrowest = fmin(narrowest, s);
        d->range[0] = fmin(d->range[0], m->mean[i] - deviations * s);
        d->range[1] = fmax(d->range[1], m->mean[i] + deviations * s);
    }
    gs_density_choose_levels(d, narrowest);
}

/* ---- In double precision ---- */

/* A variance and its logarithm, as most components have the same. */
typedef struct logarithm {
    double of, is;
} logarithm;

static double log_of(logarithm *last, double v) {
    if (v != last->of)
        *last = (logarithm){v, gs_log64(v)};
    return last->is;
}

/* The logarithm of component k's part in the density. */
static double log_part(const gs_density *d, int k, const double *x, double sigma, logarithm *last) {
    const gs_mixture *m = &d->mixture;
    const double *mean = m->mean + (size_t)k * (size_t)d->dim, *variance = m->variance + (size_t)k * (size_t)d->dim;
    double sum = 0;
    for (int i = 0; i < d->dim; i++) {
        double v = variance[i] + sigma * sigma, r = x[i] - mean[i];
        sum += r * r / v + log_of(last, v) + GS_LOG_2PI;
    }
    return m->log_weight[k] - sum / 2;
}

/* sum <- factor sum + part (x - m_k) / v_k. */
static void add_part(const gs_density *d, int k, const double *x, double sigma, double factor, double part,
                     double *sum) {
    const gs_mixture *m = &d->mixture;
    for (int i = 0; i < d->dim; i++) {
        size_t at = (size_t)k * (size_t)d->dim + (size_t)i;
        sum[i] = factor * sum[i] + part * (x[i] - m->mean[at]) / (m->variance[at] + sigma * sigma);
    }
}

/* E = -log sum_k exp(l_k), dE/dx = sum_k exp(l_k + E) (x - m_k) / v_k; sums are relative to the largest exp(l_k) so
 * far.
 */
double gs_mixture_energy(const gs_density *d, const double *x, double sigma, double *gradient) {
    double most = -INFINITY, sum = 0;
    logarithm last = {1, 0};
    for (int i = 0; gradient && i < d->dim; i++)
        gradient[i] = 0;
    for (int k = 0; k < d->mixture.count; k++) {
        double l = log_part(d, k, x, sigma, &last), factor = 1;
        if (l > most) {
            factor = gs_exp64(most - l);
            most = l;
        }
        double part = gs_exp64(l - most);
        sum = factor * sum + part;
        if (gradient && (part > 0 || factor != 1))
            add_part(d, k, x, sigma, factor, part, gradient);
    }
    for (int i = 0; gradient && i < d->dim; i++)
        gradient[i] /= sum;
    return -(most + gs_log64(sum));
}

void gs_mixture_draw(const gs_density *d, gs_dice *dice, double *x) {
    const gs_mixture *m = &d->mixture;
    double u = gs_dice_unit(dice);
    int k = 0;
    while (k < m->count - 1 && u >= m->cumulative[k])
        k++;
    for (int i = 0; i < d->dim; i++) {
        size_t at = (size_t)k * (size_t)d->dim + (size_t)i;
        x[i] = m->mean[at] + sqrt(m->variance[at]) * gs_dice_normal(dice);
    }
}

/* ---- As a network ---- */

/* "part" becomes log w_k - |x - m_k|^2 / 2 v - log(2 pi v) / 2 of each component, (K), with v = v_k + sigma^2. */
static void build_parts(const gs_density *d, gs_sketch *s) {
    const gs_mixture *m = &d->mixture;
    const char *total = d->sigma[1] > 0 ? "total" : "variance";
    gs_sketch_constant(s, "mean", m->count, d->dim, m->mean);
    gs_sketch_constant(s, "variance", m->count, d->dim, m->variance);
    gs_sketch_constant(s, "weight", m->count, 0, m->log_weight);
    if (d->sigma[1] > 0) {
        gs_sketch_node(s, "noise", "square", "sigma", NULL, NULL);
        gs_sketch_node(s, total, "add", "variance", "noise", NULL);
    }
    gs_sketch_node(s, "rate", "reciprocal", total, NULL, NULL);
    gs_sketch_node(s, "log", "log", total, NULL, NULL);
    gs_sketch_node(s, "volume", "sum", "log", NULL, "{s: s}", "over", "positions");
    gs_sketch_node(s, "height", "affine", "volume", NULL, "{s: f, s: f}", "scale", -0.5, "shift",
                   d->log_z - 0.5 * d->dim * GS_LOG_2PI);
    gs_sketch_node(s, "peak", "add", "height", "weight", NULL);
    gs_sketch_node(s, "row", "reshape", "x", NULL, "{s: [i, i, i]}", "shape", 1, d->dim, 1);
    gs_sketch_node(s, "offset", "sub", "row", "mean", NULL);
    gs_sketch_node(s, "square", "square", "offset", NULL, NULL);
    gs_sketch_node(s, "scaled", "mul", "square", "rate", NULL);
    gs_sketch_node(s, "distance", "sum", "scaled", NULL, "{s: s}", "over", "positions");
    gs_sketch_node(s, "fall", "affine", "distance", NULL, "{s: f}", "scale", -0.5);
    gs_sketch_node(s, "part", "add", "fall", "peak", NULL);
}

/* -log sum_k exp(part_k), from the largest part, so that nothing overflows and rounding is relative to it. */
void gs_mixture_build(const gs_density *d, gs_sketch *s) {
    int count = d->mixture.count;
    build_parts(d, s);
    if (count == 1) {
        gs_sketch_node(s, "energy", "neg", "part", NULL, NULL);
        return;
    }
    gs_sketch_node(s, "column", "reshape", "part", NULL, "{s: [i, i, i]}", "shape", 1, count, 1);
    gs_sketch_node(s, "most", "max_pool", "column", NULL, "{s: [i, i]}", "kernel", count, 1);
    gs_sketch_node(s, "below", "sub", "column", "most", NULL);
    gs_sketch_node(s, "exp", "exp", "below", NULL, NULL);
    gs_sketch_node(s, "sum", "sum", "exp", NULL, "{s: s}", "over", "all");
    gs_sketch_node(s, "gain", "log", "sum", NULL, NULL);
    gs_sketch_reshape(s, "largest", "most", 1, 0);
    gs_sketch_node(s, "level", "add", "gain", "largest", NULL);
    gs_sketch_node(s, "energy", "neg", "level", NULL, NULL);
}

/* ---- Records ---- */

#define RECORD                                                                                          \
    .has_noise = true, .build = gs_mixture_build, .energy = gs_mixture_energy, .draw = gs_mixture_draw, \
    .defaults = "{\"sampler\": \"hmc\", \"steps\": 200}"
#define COORDINATE(text, help_) \
    { .name = "mean", .value = text, .kind = GS_PARAMETER_VECTOR, .least = -1e6, .most = 1e6, .help = help_ }
#define DEVIATION(name_, text, kind_, help_) \
    { .name = name_, .value = text, .kind = kind_, .least = 1e-4, .most = 1e6, .help = help_ }

static gs_status prepare_gaussian(gs_density *d, gs_error *error) {
    gs_status status = gs_mixture_create(d, 1, error);
    if (status)
        return status;
    gs_mixture_set(d, 0, 1, gs_density_values(d, "mean"), 0, gs_density_values(d, "sd"), 0);
    gs_mixture_finish(d);
    return GS_OK;
}

static const gs_density_parameter gaussian_parameters[] = {
    GS_PARAMETER_DIM("1", 1),
    COORDINATE("0", "mean m"),
    DEVIATION("sd", "1", GS_PARAMETER_VECTOR, "standard deviation s"),
    GS_PARAMETER_LEVELS,
    GS_PARAMETER_RANGE,
    GS_PARAMETER_LOG_Z,
    {.name = NULL}};

const gs_density_row gs_density_gaussian = {{.name = "gaussian",
                                             .help = "a normal distribution with independent coordinates",
                                             .formula = "N(x; m, diag(s^2))",
                                             .source = "Gauss 1809",
                                             .parameters = gaussian_parameters},
                                            RECORD,
                                            .prepare = prepare_gaussian};

/* One item for all of K, or K of them. */
static gs_status check_items(const gs_density *d, const char *name, int count, gs_error *error) {
    int items = gs_density_values(d, name)->count;
    return items == 1 || items == count
               ? GS_OK
               : gs_density_fail(d, error, "%s has %d numbers, expected 1 or %d, as of means", name, items, count);
}

static gs_status prepare_mixture(gs_density *d, gs_error *error) {
    const gs_values *means = gs_density_values(d, "means"), *sd = gs_density_values(d, "sd");
    const gs_values *weights = gs_density_values(d, "weights");
    gs_status status = check_items(d, "sd", means->count, error);
    if (!status)
        status = check_items(d, "weights", means->count, error);
    if (!status)
        status = gs_mixture_create(d, means->count, error);
    if (status)
        return status;
    for (int k = 0; k < means->count; k++)
        gs_mixture_set(d, k, weights->at[weights->count > 1 ? k : 0], means, k, sd, sd->count > 1 ? k : 0);
    gs_mixture_finish(d);
    return GS_OK;
}

static const gs_density_parameter mixture_parameters[] = {
    GS_PARAMETER_DIM("2", 1),
    {.name = "means",
     .value = "-2,2",
     .kind = GS_PARAMETER_VECTORS,
     .least = -1e6,
     .most = 1e6,
     .help = "a point m_k for each Gaussian"},
    DEVIATION("sd", "0.5", GS_PARAMETER_NUMBERS, "standard deviation s_k of each, or of all"),
    {.name = "weights",
     .value = "1",
     .kind = GS_PARAMETER_NUMBERS,
     .least = 1e-6,
     .most = 1e6,
     .help = "weight w_k of each, of which only the ratios count, or the same for all"},
    GS_PARAMETER_LEVELS,
    GS_PARAMETER_RANGE,
    GS_PARAMETER_LOG_Z,
    {.name = NULL}};

const gs_density_row gs_density_mixture = {{.name = "mixture",
                                            .help = "a mixture of Gaussians, each the same in all directions",
                                            .formula = "sum_k w_k N(x; m_k, s_k^2 I)",
                                            .source = "Pearson 1894",
                                            .parameters = mixture_parameters},
                                           RECORD,
                                           .prepare = prepare_mixture};
