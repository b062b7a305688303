/* Densities that need no file: the public functions, which are the same for all records. */
#include "density/parse.h"

#include <fenv.h>
#include <math.h>

#include "base/floats.h"
#include "random/random.h"

/* ---- Creating ---- */

/* The dimension is the widest point's unless it is given. */
static gs_status choose_dim(gs_density *d, gs_error *error) {
    int k = gs_density_find(d, "dim"), widest = 1;
    d->dim = k < 0 ? 2 : (int)d->value[k].at[0];
    for (int i = 0; d->row->info.parameters[i].name; i++)
        widest = d->value[i].width > widest ? d->value[i].width : widest;
    if (widest > 1 && k >= 0 && !(d->given >> k & 1))
        d->dim = widest;
    for (int i = 0; d->row->info.parameters[i].name; i++)
        if (d->value[i].width > 1 && d->value[i].width != d->dim)
            return gs_density_fail(d, error, "%s has %d numbers per point, expected 1 or %d, the dimensions",
                                   d->row->info.parameters[i].name, d->value[i].width, d->dim);
    return d->dim <= GS_DENSITY_DIM_MAX
               ? GS_OK
               : gs_density_fail(d, error, "%d dimensions, expected at most %d", d->dim, GS_DENSITY_DIM_MAX);
}

/* Networks compute in single precision. */
static gs_status check_own_range(const gs_density *d, gs_error *error) {
    return (float)d->range[0] < (float)d->range[1]
               ? GS_OK
               : gs_density_fail(d, error,
                                 "all samples are %.9g in single precision, expected larger deviations or means nearer "
                                 "to 0",
                                 d->range[0]);
}

static gs_status choose_range(gs_density *d, gs_error *error) {
    const gs_values *range = gs_density_values(d, "range");
    if (!range->count)
        return check_own_range(d, error);
    if (range->count != 2 || !(range->at[0] < range->at[1]))
        return gs_density_fail(d, error, "range: expected two numbers, the lower one first, as in range=-5,5");
    d->range[0] = range->at[0];
    d->range[1] = range->at[1];
    if (d->sigma[1] > 0)
        d->sigma[1] = fmax(GS_DENSITY_NOISIEST * fmax(fabs(range->at[0]), fabs(range->at[1])), 2 * d->sigma[0]);
    return GS_OK;
}

static gs_status create(gs_density *d, const char *text, gs_error *error) {
    gs_status status = gs_density_parse(d, text, error);
    if (status)
        return status;
    d->text = gs_copy_string(text);
    d->log_z = gs_density_number(d, "log-z");
    status = d->text ? choose_dim(d, error) : gs_fail_memory(error, "a density");
    if (!status)
        status = d->row->prepare(d, error);
    return status ? status : choose_range(d, error);
}

gs_status gs_density_create(const char *text, gs_density **density, gs_error *error) {
    *density = NULL;
    gs_density *d = gs_alloc(1, sizeof *d);
    if (!d)
        return gs_fail_memory(error, "a density");
    fenv_t callers = gs_floats_enter();
    gs_status status = create(d, text, error);
    gs_floats_leave(&callers);
    if (status)
        gs_density_free(d);
    else
        *density = d;
    return status;
}

void gs_density_free(gs_density *d) {
    if (!d)
        return;
    for (int i = 0; i < GS_DENSITY_PARAMETERS; i++)
        gs_free(d->value[i].at);
    gs_free(d->mixture.log_weight);
    gs_free(d->mixture.cumulative);
    gs_free(d->mixture.mean);
    gs_free(d->mixture.variance);
    gs_free(d->text);
    gs_free(d);
}

/* ---- The model ---- */

/* "default" of models/FORMAT.md. A chain that goes down noise levels begins at a distance from which the density is a
 * point. */
static json_t *defaults(const gs_density *d) {
    enum { STEPS = 50 };
    return d->sigma[1] > 0 ? json_pack("{s: s, s: i, s: [f, f]}", "sampler", "dpmpp-2m", "steps", STEPS, "sigmas",
                                       d->sigma[0], d->sigma[1])
                           : json_loads(d->row->defaults, 0, NULL);
}

static json_t *describe(const gs_density *d) {
    const gs_density_info *info = &d->row->info;
    bool levels = d->sigma[1] > 0;
    const char *form = levels ? "{s: [i, i, i], s: [f, f], s: [f, f]}" : "{s: [i, i, i], s: [f, f]}";
    json_t *data =
        json_pack(form, "shape", d->dim, 1, 1, "range", d->range[0], d->range[1], "sigma", d->sigma[0], d->sigma[1]);
    json_t *inputs = levels ? json_pack("[s, s]", "x", "sigma") : json_pack("[s]", "x");
    json_t *origin =
        json_pack("{s: s, s: s, s: s}", "density", d->text, "formula", info->formula, "source", info->source);
    return json_pack("{s: s, s: s, s: o, s: o, s: o, s: o}", "name", info->name, "kind", "energy", "data", data,
                     "inputs", inputs, "default", defaults(d), "provenance", origin);
}

gs_status gs_density_model(const gs_density *d, gs_model **model, gs_error *error) {
    gs_sketch sketch;
    *model = NULL;
    gs_sketch_begin(&sketch);
    d->row->build(d, &sketch);
    gs_status status = gs_sketch_load(&sketch, describe(d), d->text, model, error);
    gs_sketch_end(&sketch);
    return status;
}

gs_status gs_model_create_density(const char *text, gs_model **model, gs_error *error) {
    gs_density *density;
    *model = NULL;
    gs_status status = gs_density_create(text, &density, error);
    if (!status)
        status = gs_density_model(density, model, error);
    gs_density_free(density);
    return status;
}

/* ---- What is known of it ---- */

int gs_density_dimensions(const gs_density *d) {
    return d->dim;
}

double gs_density_log_z(const gs_density *d) {
    return d->log_z;
}

static gs_status check_sigma(double sigma, gs_error *error) {
    if (!(sigma >= 0 && sigma <= 1e30))
        return gs_fail(error, GS_ERROR_ARGUMENT, "sigma %g: expected 0 ... 1e+30", sigma);
    return GS_OK;
}

gs_status gs_density_energy(const gs_density *d, const double *x, double sigma, size_t n, double *energy,
                            double *gradient, gs_error *error) {
    gs_status status = check_sigma(sigma, error);
    if (!status && sigma > 0 && !d->row->has_noise)
        status =
            gs_fail(error, GS_ERROR_UNSUPPORTED, "%s: sigma %g: its density with noise has no closed form, expected 0",
                    d->row->info.name, sigma);
    if (status)
        return status;
    size_t dim = (size_t)d->dim;
    fenv_t callers = gs_floats_enter();
    for (size_t i = 0; i < n; i++) {
        double e = d->row->energy(d, x + i * dim, sigma, gradient ? gradient + i * dim : NULL) - d->log_z;
        if (energy)
            energy[i] = e;
    }
    gs_floats_leave(&callers);
    return GS_OK;
}

static void draw(const gs_density *d, double sigma, gs_dice dice, double *x, float *out) {
    d->row->draw(d, &dice, x);
    for (int i = 0; i < d->dim; i++)
        out[i] = (float)(x[i] + (sigma > 0 ? sigma * gs_dice_normal(&dice) : 0));
}

gs_status gs_density_draw(const gs_density *d, double sigma, uint64_t seed, uint64_t first, size_t n, float *out,
                          gs_error *error) {
    gs_status status = check_sigma(sigma, error);
    if (!status && (first > GS_CHAIN_MAX || n > GS_CHAIN_MAX - first + 1))
        status = gs_fail(error, GS_ERROR_ARGUMENT, "samples %llu ... and %zu more: expected numbers up to 2^60 - 1",
                         (unsigned long long)first, n);
    double *x = !status ? gs_alloc((size_t)d->dim, sizeof *x) : NULL;
    if (!x)
        return status ? status : gs_fail_memory(error, "samples of a density");
    fenv_t callers = gs_floats_enter();
    for (size_t i = 0; i < n; i++)
        draw(d, sigma, (gs_dice){.seed = seed, .chain = first + i}, x, out + i * (size_t)d->dim);
    gs_floats_leave(&callers);
    gs_free(x);
    return GS_OK;
}
