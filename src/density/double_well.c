/* Wells at +-w of every coordinate, with a barrier of height h at 0 between them: E = sum_i h (u_i^2 - 1)^2 + const
 * with u = x / w, the quartic potential of phase transitions (Landau 1937). 2^D wells of equal depth. */
#include <math.h>

#include "base/math64.h"
#include "density/density.h"

/* The |u| up to which h (u^2 - 1)^2 is below `most`. */
static double extent(double h, double most) {
    return sqrt(1 + sqrt(most / h));
}

/* log of the integral of exp(-h (u^2 - 1)^2) over u. The trapezoid rule converges faster than any power of the step for
 * smooth functions that vanish at both ends (Trefethen & Weideman 2014); 4000 steps are at most a fortieth of the
 * wells' width. */
static double log_integral(double h) {
    enum { STEPS = 4000 };
    double end = extent(h, 750), step = end / STEPS, sum = 0.5 * gs_exp64(-h);
    for (int i = 1; i <= STEPS; i++) {
        double u = i * step, e = u * u - 1;
        sum += gs_exp64(-h * e * e);
    }
    return gs_log64(2 * step * sum);
}

static gs_status prepare(gs_density *d, gs_error *error) {
    double h = gs_density_number(d, "height"), w = gs_density_number(d, "wells");
    (void)error;
    d->range[1] = w * extent(h, 20);
    d->range[0] = -d->range[1];
    d->constant = d->dim * (log_integral(h) + gs_log64(w));
    return GS_OK;
}

static double energy(const gs_density *d, const double *x, double sigma, double *gradient) {
    double h = gs_density_number(d, "height"), w = gs_density_number(d, "wells"), sum = 0;
    (void)sigma;
    for (int i = 0; i < d->dim; i++) {
        double u = x[i] / w, e = u * u - 1;
        sum += h * e * e;
        if (gradient)
            gradient[i] = 4 * h * e * u / w;
    }
    return sum + d->constant;
}

/* |u| by rejection from N(1, 1 / 2h), as (u^2 - 1)^2 is at least (u - 1)^2 where u >= 0; either sign. */
static void draw(const gs_density *d, gs_dice *dice, double *x) {
    double h = gs_density_number(d, "height"), w = gs_density_number(d, "wells");
    for (int i = 0; i < d->dim; i++) {
        double u, e, unit[2];
        do {
            u = 1 + gs_dice_normal(dice) / sqrt(2 * h);
            e = u * u - 1;
            gs_dice_units(dice, unit);
        } while (u < 0 || unit[0] > gs_exp64(h * ((u - 1) * (u - 1) - e * e)));
        x[i] = unit[1] < 0.5 ? -w * u : w * u;
    }
}

static void build(const gs_density *d, gs_sketch *s) {
    double h = gs_density_number(d, "height"), w = gs_density_number(d, "wells");
    gs_sketch_node(s, "scaled", "affine", "x", NULL, "{s: f}", "scale", 1 / w);
    gs_sketch_node(s, "square", "square", "scaled", NULL, NULL);
    gs_sketch_node(s, "beyond", "affine", "square", NULL, "{s: f}", "shift", -1.0);
    gs_sketch_node(s, "quartic", "square", "beyond", NULL, NULL);
    gs_sketch_node(s, "sum", "sum", "quartic", NULL, "{s: s}", "over", "all");
    gs_sketch_node(s, "energy", "affine", "sum", NULL, "{s: f, s: f}", "scale", h, "shift", d->constant - d->log_z);
}

static const gs_density_parameter parameters[] = {GS_PARAMETER_DIM("1", 1),
                                                  {.name = "height",
                                                   .value = "4",
                                                   .kind = GS_PARAMETER_NUMBER,
                                                   .least = 0.01,
                                                   .most = 100,
                                                   .help = "height h of the barrier"},
                                                  {.name = "wells",
                                                   .value = "1",
                                                   .kind = GS_PARAMETER_NUMBER,
                                                   .least = 1e-3,
                                                   .most = 1e3,
                                                   .help = "distance w of the wells from 0"},
                                                  GS_PARAMETER_RANGE,
                                                  GS_PARAMETER_LOG_Z,
                                                  {.name = NULL}};

const gs_density_row gs_density_double_well = {{.name = "double-well",
                                                .help = "two wells in every coordinate, which are independent",
                                                .formula = "exp(-sum_i h ((x_i / w)^2 - 1)^2) / Z",
                                                .source = "Landau 1937",
                                                .parameters = parameters},
                                               .defaults = "{\"sampler\": \"hmc\", \"steps\": 500, \"leapfrog\": 10}",
                                               .prepare = prepare,
                                               .build = build,
                                               .energy = energy,
                                               .draw = draw};
