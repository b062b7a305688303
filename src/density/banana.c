/* The banana of Haario, Saksman & Tamminen (1999, section 4): a Gaussian with deviation s in x_1, bent along a parabola
 * by a map that keeps volumes: x_2 = y_2 + b (x_1^2 - s^2). */
#include <math.h>

#include "base/math64.h"
#include "density/density.h"

static gs_status prepare(gs_density *d, gs_error *error) {
    double s = gs_density_number(d, "sd"), b = gs_density_number(d, "b");
    double far = 4 * s, tip = b * (far * far - s * s), base = -b * s * s;
    (void)error;
    d->range[0] = fmin(-far, fmin(tip, base)) - 4;
    d->range[1] = fmax(far, fmax(tip, base)) + 4;
    d->constant = gs_log64(s) + 0.5 * d->dim * GS_LOG_2PI;
    return GS_OK;
}

static double energy(const gs_density *d, const double *x, double sigma, double *gradient) {
    double s = gs_density_number(d, "sd"), b = gs_density_number(d, "b");
    double y = x[1] - b * (x[0] * x[0] - s * s), sum = x[0] * x[0] / (s * s) + y * y;
    (void)sigma;
    for (int i = 2; i < d->dim; i++) {
        sum += x[i] * x[i];
        if (gradient)
            gradient[i] = x[i];
    }
    if (gradient) {
        gradient[0] = x[0] / (s * s) - 2 * b * x[0] * y;
        gradient[1] = y;
    }
    return 0.5 * sum + d->constant;
}

static void draw(const gs_density *d, gs_dice *dice, double *x) {
    double s = gs_density_number(d, "sd"), b = gs_density_number(d, "b");
    for (int i = 0; i < d->dim; i++)
        x[i] = gs_dice_normal(dice);
    x[0] *= s;
    x[1] += b * (x[0] * x[0] - s * s);
}

static void build(const gs_density *d, gs_sketch *sketch) {
    double s = gs_density_number(d, "sd"), b = gs_density_number(d, "b");
    gs_sketch_node(sketch, "first", "slice", "x", NULL, "{s: i, s: i}", "begin", 0, "end", 1);
    gs_sketch_node(sketch, "second", "slice", "x", NULL, "{s: i, s: i}", "begin", 1, "end", 2);
    gs_sketch_node(sketch, "first2", "square", "first", NULL, NULL);
    gs_sketch_node(sketch, "bend", "affine", "first2", NULL, "{s: f, s: f}", "scale", -b, "shift", b * s * s);
    gs_sketch_node(sketch, "straight", "add", "second", "bend", NULL);
    gs_sketch_node(sketch, "scaled", "affine", "first", NULL, "{s: f}", "scale", 1 / s);
    if (d->dim > 2) {
        gs_sketch_node(sketch, "others", "slice", "x", NULL, "{s: i, s: i}", "begin", 2, "end", d->dim);
        gs_sketch_node(sketch, "rest", "concat", "straight", "others", NULL);
    }
    gs_sketch_node(sketch, "normal", "concat", "scaled", d->dim > 2 ? "rest" : "straight", NULL);
    gs_sketch_node(sketch, "square", "square", "normal", NULL, NULL);
    gs_sketch_node(sketch, "sum", "sum", "square", NULL, "{s: s}", "over", "all");
    gs_sketch_node(sketch, "energy", "affine", "sum", NULL, "{s: f, s: f}", "scale", 0.5, "shift",
                   d->constant - d->log_z);
}

static const gs_density_parameter parameters[] = {
    GS_PARAMETER_DIM("2", 2),
    {.name = "b", .value = "0.03", .kind = GS_PARAMETER_NUMBER, .least = -10, .most = 10, .help = "how far it is bent"},
    {.name = "sd",
     .value = "10",
     .kind = GS_PARAMETER_NUMBER,
     .least = 0.01,
     .most = 100,
     .help = "standard deviation s of x_1"},
    GS_PARAMETER_RANGE,
    GS_PARAMETER_LOG_Z,
    {.name = NULL}};

const gs_density_row gs_density_banana = {
    {.name = "banana",
     .help = "a long Gaussian, bent along a parabola",
     .formula = "N(x_1; 0, s^2) N(x_2 - b (x_1^2 - s^2); 0, 1) prod_{i>2} N(x_i; 0, 1)",
     .source = "Haario, Saksman & Tamminen 1999, section 4",
     .parameters = parameters},
    .defaults = "{\"sampler\": \"hmc\", \"steps\": 1000, \"leapfrog\": 20, \"step_size\": 0.5}",
    .prepare = prepare,
    .build = build,
    .energy = energy,
    .draw = draw};
