/* Neal's funnel (2003, section 8): x_1 = v is normal, and the others have the variance exp(v). Its mouth is wide and
 * its neck narrow, so that no single step size suits both. */
#include <math.h>

#include "base/math64.h"
#include "density/density.h"

static gs_status prepare(gs_density *d, gs_error *error) {
    double scale = gs_density_number(d, "scale");
    (void)error;
    d->range[0] = -4 * scale;
    d->range[1] = 4 * scale;
    d->constant = gs_log64(scale) + 0.5 * d->dim * GS_LOG_2PI;
    return GS_OK;
}

static double energy(const gs_density *d, const double *x, double sigma, double *gradient) {
    double scale = gs_density_number(d, "scale"), v = x[0], narrow = gs_exp64(-v), sum = 0;
    (void)sigma;
    for (int i = 1; i < d->dim; i++) {
        sum += x[i] * x[i];
        if (gradient)
            gradient[i] = x[i] * narrow;
    }
    if (gradient)
        gradient[0] = v / (scale * scale) + 0.5 * (d->dim - 1) - 0.5 * sum * narrow;
    return 0.5 * v * v / (scale * scale) + 0.5 * (d->dim - 1) * v + 0.5 * sum * narrow + d->constant;
}

static void draw(const gs_density *d, gs_dice *dice, double *x) {
    x[0] = gs_density_number(d, "scale") * gs_dice_normal(dice);
    for (int i = 1; i < d->dim; i++)
        x[i] = gs_exp64(x[0] / 2) * gs_dice_normal(dice);
}

static void build(const gs_density *d, gs_sketch *s) {
    double scale = gs_density_number(d, "scale");
    gs_sketch_node(s, "first", "slice", "x", NULL, "{s: i, s: i}", "begin", 0, "end", 1);
    gs_sketch_node(s, "others", "slice", "x", NULL, "{s: i, s: i}", "begin", 1, "end", d->dim);
    gs_sketch_reshape(s, "v", "first", 1, 0);
    gs_sketch_node(s, "square", "square", "others", NULL, NULL);
    gs_sketch_node(s, "radius", "sum", "square", NULL, "{s: s}", "over", "all");
    gs_sketch_node(s, "minus", "neg", "v", NULL, NULL);
    gs_sketch_node(s, "narrow", "exp", "minus", NULL, NULL);
    gs_sketch_node(s, "scaled", "mul", "radius", "narrow", NULL);
    gs_sketch_node(s, "across", "affine", "scaled", NULL, "{s: f}", "scale", 0.5);
    gs_sketch_node(s, "v2", "square", "v", NULL, NULL);
    gs_sketch_node(s, "along", "affine", "v2", NULL, "{s: f, s: f}", "scale", 0.5 / (scale * scale), "shift",
                   d->constant - d->log_z);
    gs_sketch_node(s, "width", "affine", "v", NULL, "{s: f}", "scale", 0.5 * (d->dim - 1));
    gs_sketch_node(s, "mouth", "add", "along", "width", NULL);
    gs_sketch_node(s, "energy", "add", "mouth", "across", NULL);
}

static const gs_density_parameter parameters[] = {GS_PARAMETER_DIM("2", 2),
                                                  {.name = "scale",
                                                   .value = "3",
                                                   .kind = GS_PARAMETER_NUMBER,
                                                   .least = 0.01,
                                                   .most = 10,
                                                   .help = "standard deviation s of x_1"},
                                                  GS_PARAMETER_RANGE,
                                                  GS_PARAMETER_LOG_Z,
                                                  {.name = NULL}};

const gs_density_row gs_density_funnel = {
    {.name = "funnel",
     .help = "a funnel: x_1 is normal, and the others have the variance exp(x_1)",
     .formula = "N(x_1; 0, s^2) prod_{i>1} N(x_i; 0, exp(x_1))",
     .source = "Neal 2003, section 8",
     .parameters = parameters},
    .defaults = "{\"sampler\": \"hmc\", \"steps\": 2000, \"leapfrog\": 20, \"step_size\": 0.1}",
    .prepare = prepare,
    .build = build,
    .energy = energy,
    .draw = draw};
