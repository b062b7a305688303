/* A Gaussian whose coordinates all have the same deviation s and the same correlation r. Its covariance has the
 * eigenvalue b = s^2 (1 + (D - 1) r) along (1, ..., 1) and a = s^2 (1 - r) across, to which noise adds sigma^2. */
#include <math.h>

#include "base/math64.h"
#include "density/density.h"

typedef struct eigenvalues {
    double across, along;
} eigenvalues;

static eigenvalues eigenvalues_of(const gs_density *d, double sigma) {
    double s = gs_density_number(d, "sd"), r = gs_density_number(d, "correlation");
    return (eigenvalues){s * s * (1 - r) + sigma * sigma, s * s * (1 + (d->dim - 1) * r) + sigma * sigma};
}

static double mean_of(const gs_density *d, int i) {
    const gs_values *mean = gs_density_values(d, "mean");
    return mean->at[mean->width > 1 ? i : 0];
}

static gs_status prepare(gs_density *d, gs_error *error) {
    const double deviations = 5, least = 1e-4;
    eigenvalues own = eigenvalues_of(d, 0);
    double s = gs_density_number(d, "sd");
    if (!(own.along >= least * s * s))
        return gs_density_fail(d, error, "correlation=%g in %d dimensions: expected at least %g",
                               gs_density_number(d, "correlation"), d->dim, (least - 1) / (d->dim - 1));
    d->range[0] = INFINITY;
    d->range[1] = -INFINITY;
    for (int i = 0; i < d->dim; i++) {
        d->range[0] = fmin(d->range[0], mean_of(d, i) - deviations * s);
        d->range[1] = fmax(d->range[1], mean_of(d, i) + deviations * s);
    }
    gs_density_choose_levels(d, sqrt(fmin(own.across, own.along)));
    return GS_OK;
}

static double energy(const gs_density *d, const double *x, double sigma, double *gradient) {
    eigenvalues v = eigenvalues_of(d, sigma);
    double middle = 0, across = 0;
    for (int i = 0; i < d->dim; i++)
        middle += (x[i] - mean_of(d, i)) / d->dim;
    for (int i = 0; i < d->dim; i++) {
        double r = x[i] - mean_of(d, i) - middle;
        across += r * r;
        if (gradient)
            gradient[i] = r / v.across + middle / v.along;
    }
    return 0.5 * (across / v.across + d->dim * middle * middle / v.along + (d->dim - 1) * gs_log64(v.across) +
                  gs_log64(v.along) + d->dim * GS_LOG_2PI);
}

static void draw(const gs_density *d, gs_dice *dice, double *x) {
    eigenvalues v = eigenvalues_of(d, 0);
    double middle = 0;
    for (int i = 0; i < d->dim; i++) {
        x[i] = gs_dice_normal(dice);
        middle += x[i] / d->dim;
    }
    for (int i = 0; i < d->dim; i++)
        x[i] = mean_of(d, i) + sqrt(v.across) * (x[i] - middle) + sqrt(v.along) * middle;
}

/* An eigenvalue with noise, its reciprocal and its logarithm. */
static void build_eigenvalue(gs_sketch *s, bool noisy, const char *const names[3], double own) {
    if (noisy)
        gs_sketch_node(s, names[0], "affine", "noise", NULL, "{s: f}", "shift", own);
    else
        gs_sketch_constant(s, names[0], 1, 0, &own);
    gs_sketch_node(s, names[1], "reciprocal", names[0], NULL, NULL);
    gs_sketch_node(s, names[2], "log", names[0], NULL, NULL);
}

/* The offset across the diagonal is computed before it is squared, so that no large squares cancel. */
static void build(const gs_density *d, gs_sketch *s) {
    const char *const across[] = {"across", "across_rate", "across_log"}, *const along[] = {"along", "along_rate",
                                                                                            "along_log"};
    bool noisy = d->sigma[1] > 0;
    const gs_values *mean = gs_density_values(d, "mean");
    eigenvalues own = eigenvalues_of(d, 0);
    if (noisy)
        gs_sketch_node(s, "noise", "square", "sigma", NULL, NULL);
    build_eigenvalue(s, noisy, across, own.across);
    build_eigenvalue(s, noisy, along, own.along);
    gs_sketch_node(s, "across_volume", "affine", "across_log", NULL, "{s: f, s: f}", "scale", 0.5 * (d->dim - 1),
                   "shift", 0.5 * d->dim * GS_LOG_2PI - d->log_z);
    gs_sketch_node(s, "along_volume", "affine", "along_log", NULL, "{s: f}", "scale", 0.5);
    gs_sketch_node(s, "volume", "add", "across_volume", "along_volume", NULL);
    gs_sketch_constant(s, "mean", mean->width, 0, mean->at);
    gs_sketch_node(s, "offset", "sub", "x", "mean", NULL);
    gs_sketch_node(s, "middle", "mean", "offset", NULL, "{s: s}", "over", "all");
    gs_sketch_node(s, "rest", "sub", "offset", "middle", NULL);
    gs_sketch_node(s, "rest2", "square", "rest", NULL, NULL);
    gs_sketch_node(s, "rest_sum", "sum", "rest2", NULL, "{s: s}", "over", "all");
    gs_sketch_node(s, "middle2", "square", "middle", NULL, NULL);
    gs_sketch_node(s, "middle_sum", "affine", "middle2", NULL, "{s: f}", "scale", (double)d->dim);
    gs_sketch_node(s, "rest_part", "mul", "rest_sum", "across_rate", NULL);
    gs_sketch_node(s, "middle_part", "mul", "middle_sum", "along_rate", NULL);
    gs_sketch_node(s, "distance", "add", "rest_part", "middle_part", NULL);
    gs_sketch_node(s, "half", "affine", "distance", NULL, "{s: f}", "scale", 0.5);
    gs_sketch_node(s, "energy", "add", "half", "volume", NULL);
}

static const gs_density_parameter parameters[] = {
    GS_PARAMETER_DIM("2", 2),
    {.name = "mean", .value = "0", .kind = GS_PARAMETER_VECTOR, .least = -1e6, .most = 1e6, .help = "mean m"},
    {.name = "sd",
     .value = "1",
     .kind = GS_PARAMETER_NUMBER,
     .least = 1e-4,
     .most = 1e6,
     .help = "standard deviation s of every coordinate"},
    {.name = "correlation",
     .value = "0.9",
     .kind = GS_PARAMETER_NUMBER,
     .least = -0.9999,
     .most = 0.9999,
     .help = "correlation r of any two coordinates, above -1/(D-1)"},
    GS_PARAMETER_LEVELS,
    GS_PARAMETER_RANGE,
    GS_PARAMETER_LOG_Z,
    {.name = NULL}};

const gs_density_row gs_density_correlated = {
    {.name = "correlated",
     .help = "a normal distribution with correlated coordinates, narrow but for one direction",
     .formula = "N(x; m, s^2 ((1 - r) I + r 1 1'))",
     .source = "Votaw 1948 (compound symmetry)",
     .parameters = parameters},
    .has_noise = true,
    .defaults = "{\"sampler\": \"hmc\", \"steps\": 200, \"leapfrog\": 20}",
    .prepare = prepare,
    .build = build,
    .energy = energy,
    .draw = draw};
