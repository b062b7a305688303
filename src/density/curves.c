/* Densities along curves of the plane, as mixtures of so many Gaussians that they cannot be told from a curve with
 * noise: neighbours are at most a deviation apart, so that the density varies along it by less than 1e-8 of itself. */
#include <math.h>

#include "base/math64.h"
#include "density/gaussians.h"

static const double pi = 3.14159265358979324;

/* An arc of a circle; a whole one has no end. */
typedef struct arc {
    double x, y, radius, from, angle; /* centre; angles */
    double weight;
} arc;

static double steps_of(const arc *a, double sd) {
    return ceil(fabs(a->angle) * a->radius / sd);
}

static bool is_whole(const arc *a) {
    return a->angle >= 2 * pi;
}

/* The Gaussians of an arc share its weight; its ends, if any, have one each. */
static int put_arc(gs_density *d, int k, const arc *a, const gs_values *sd) {
    double steps = steps_of(a, sd->at[0]);
    int count = (int)steps + !is_whole(a);
    for (int i = 0; i < count; i++, k++) {
        double angle = a->from + a->angle * i / steps;
        double point[2] = {(double)(float)(a->x + a->radius * gs_cos64(angle)),
                           (double)(float)(a->y + a->radius * gs_sin64(angle))};
        gs_mixture_set(d, k, a->weight / count, &(gs_values){.at = point, .count = 1, .width = 2}, 0, sd, 0);
    }
    return k;
}

static gs_status put_arcs(gs_density *d, const arc *arcs, int count, gs_error *error) {
    const gs_values *sd = gs_density_values(d, "sd");
    double all = 0;
    for (int i = 0; i < count; i++)
        all += steps_of(&arcs[i], sd->at[0]) + !is_whole(&arcs[i]);
    if (all > GS_COMPONENTS_MAX)
        return gs_density_fail(d, error, "%.0f Gaussians of sd %g along the curves, expected at most %d", all,
                               sd->at[0], GS_COMPONENTS_MAX);
    gs_status status = gs_mixture_create(d, (int)all, error);
    if (status)
        return status;
    for (int i = 0, k = 0; i < count; i++)
        k = put_arc(d, k, &arcs[i], sd);
    gs_mixture_finish(d);
    return GS_OK;
}

#define RECORD                                                                                          \
    .has_noise = true, .build = gs_mixture_build, .energy = gs_mixture_energy, .draw = gs_mixture_draw, \
    .defaults = "{\"sampler\": \"hmc\", \"steps\": 200}"
#define DEVIATION                                                                              \
    {                                                                                          \
        .name = "sd", .value = "0.1", .kind = GS_PARAMETER_NUMBER, .least = 1e-3, .most = 1e3, \
        .help = "standard deviation s around the curves"                                       \
    }

/* ---- Rings ---- */

enum { RINGS_MAX = 64 };

static gs_status prepare_rings(gs_density *d, gs_error *error) {
    const gs_values *radii = gs_density_values(d, "radii"), *weights = gs_density_values(d, "weights");
    arc arcs[RINGS_MAX];
    if (radii->count > RINGS_MAX)
        return gs_density_fail(d, error, "radii has %d numbers, expected at most %d", radii->count, RINGS_MAX);
    if (weights->count != 1 && weights->count != radii->count)
        return gs_density_fail(d, error, "weights has %d numbers, expected 1 or %d, as of radii", weights->count,
                               radii->count);
    for (int i = 0; i < radii->count; i++)
        arcs[i] = (arc){.radius = radii->at[i], .angle = 2 * pi, .weight = weights->at[weights->count > 1 ? i : 0]};
    return put_arcs(d, arcs, radii->count, error);
}

static const gs_density_parameter rings_parameters[] = {
    {.name = "radii",
     .value = "1,3",
     .kind = GS_PARAMETER_NUMBERS,
     .least = 1e-2,
     .most = 1e3,
     .help = "radius of each ring around 0"},
    DEVIATION,
    {.name = "weights",
     .value = "1",
     .kind = GS_PARAMETER_NUMBERS,
     .least = 1e-6,
     .most = 1e6,
     .help = "weight of each ring, of which only the ratios count, or the same for all"},
    GS_PARAMETER_LEVELS,
    GS_PARAMETER_RANGE,
    GS_PARAMETER_LOG_Z,
    {.name = NULL}};

const gs_density_row gs_density_rings = {
    {.name = "rings",
     .help = "rings around 0 in the plane",
     .formula = "mean of N(x; c, s^2 I) over points c of the rings at most s apart",
     .source = "scikit-learn's make_circles",
     .parameters = rings_parameters},
    RECORD,
    .prepare = prepare_rings};

/* ---- Moons ---- */

static gs_status prepare_moons(gs_density *d, gs_error *error) {
    const arc arcs[] = {{.radius = 1, .angle = pi, .weight = 1},
                        {.x = 1, .y = 0.5, .radius = 1, .from = pi, .angle = pi, .weight = 1}};
    return put_arcs(d, arcs, 2, error);
}

static const gs_density_parameter moons_parameters[] = {
    DEVIATION, GS_PARAMETER_LEVELS, GS_PARAMETER_RANGE, GS_PARAMETER_LOG_Z, {.name = NULL}};

const gs_density_row gs_density_moons = {
    {.name = "moons",
     .help = "two half circles in the plane, each with an end within the other",
     .formula = "mean of N(x; c, s^2 I) over points c of the half circles at most s apart",
     .source = "scikit-learn's make_moons",
     .parameters = moons_parameters},
    RECORD,
    .prepare = prepare_moons};
