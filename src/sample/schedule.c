/* Samplers by name, their settings with defaults filled in, and the noise levels they visit. */
#include "sample/sample.h"
#include "sample/schedule.h"

#include "base/math64.h"

#include <math.h>
#include <string.h>

/* Limits of gs_sample_options::steps, which counts noise levels, or steps of a chain. */
enum {
    STEPS_MAX_SOLVER = 10000,
    STEPS_MAX_ANNEALED = 10000,
    STEPS_MAX_LANGEVIN = 1000000,
    STEPS_MAX_METROPOLIS = 1000000
};

static const gs_sampler_row rows[] = {
#define GS_SAMPLER(function, family, levels, name, help, parameters, ...)               \
    {{name, help, parameters, STEPS_MAX_##family, GS_LEVELS_##levels != GS_LEVELS_ONE}, \
     GS_FAMILY_##family,                                                                \
     GS_LEVELS_##levels,                                                                \
     gs_sampler_##function,                                                             \
     {__VA_ARGS__}},
#include "sample/samplers.def"
#undef GS_SAMPLER
};

const gs_sampler_info *gs_sampler_get(int i) {
    return i >= 0 && (size_t)i < GS_COUNT(rows) ? &rows[i].info : NULL;
}

const gs_sampler_row *gs_sampler_find(const char *name) {
    for (size_t i = 0; name && i < GS_COUNT(rows); i++)
        if (!strcmp(rows[i].info.name, name))
            return &rows[i];
    return NULL;
}

bool gs_sampler_stays(const gs_sampler_row *row) {
    return row->spacing == GS_LEVELS_ONE;
}

static gs_status unknown_sampler(const char *name, gs_error *error) {
    char known[200] = "";
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        if (i)
            strncat(known, ", ", sizeof known - strlen(known) - 1);
        strncat(known, rows[i].info.name, sizeof known - strlen(known) - 1);
    }
    return gs_fail(error, GS_ERROR_ARGUMENT, "sampler '%.40s' is unknown: expected one of %s", name, known);
}

/* The first that is not zero. */
static int first_int(int a, int b, int c) {
    return a ? a : b ? b : c;
}
static double first_double(double a, double b, double c) {
    return a != 0 ? a : b != 0 ? b : c;
}

static gs_status check_range(const char *what, double value, double least, double most, gs_error *error) {
    if (value >= least && value <= most)
        return GS_OK;
    return gs_fail(error, GS_ERROR_ARGUMENT, "%s %.8g: expected %.8g ... %.8g", what, value, least, most);
}

/* Solvers spend an evaluation or two on a step, annealed-langevin many on each of its levels. */
static gs_status check_steps(const gs_sampler_row *row, const gs_sample_options *o, gs_error *error) {
    bool annealed = row->family == GS_FAMILY_ANNEALED;
    gs_status s = check_range("steps", o->steps, 1, row->info.steps_max, error);
    if (!s && annealed)
        s = check_range("steps per level", o->steps_per_level, 1, 1e6, error);
    if (!s && annealed && (uint64_t)o->steps * (uint64_t)o->steps_per_level > UINT32_MAX)
        s = gs_fail(error, GS_ERROR_ARGUMENT, "steps %d and steps per level %d: expected a product of at most %lu",
                    o->steps, o->steps_per_level, (unsigned long)UINT32_MAX);
    if (!s && row->family == GS_FAMILY_SOLVER && o->steps > 1 && o->sigma_low == o->sigma_high)
        s = gs_fail(error, GS_ERROR_ARGUMENT,
                    "sigmas %g and %g: the sampler %s goes down %d noise levels; expected the lower sigma below the "
                    "upper one, or 1 step",
                    o->sigma_low, o->sigma_high, row->info.name, o->steps);
    return s;
}

static gs_status check_weights(const gs_sample_options *o, gs_error *error) {
    gs_status s = check_range("weight", o->weight, -GS_WEIGHT_MAX, GS_WEIGHT_MAX, error);
    if (!s && (o->term_count < 0 || o->term_count > GS_TERMS_MAX))
        s = gs_fail(error, GS_ERROR_ARGUMENT, "%d terms: expected 0 ... %d", o->term_count, GS_TERMS_MAX);
    for (int k = 0; k < o->term_count && !s; k++)
        s = check_range("weight of a term", o->terms[k].weight, -GS_WEIGHT_MAX, GS_WEIGHT_MAX, error);
    return s;
}

/* The other networks of a sum may take noise levels even if the first one does not. */
static gs_status check_sigmas(const gs_model_info *info, const gs_sample_options *o, gs_error *error) {
    gs_status s = GS_OK;
    if (!info->takes_sigma && !o->term_count && (o->sigma_low != 0 || o->sigma_high != 0))
        return gs_fail(error, GS_ERROR_ARGUMENT, "sigmas %g and %g: the model '%s' takes no noise level", o->sigma_low,
                       o->sigma_high, info->name);
    if (!info->takes_sigma && o->denoise > 0)
        return gs_fail(error, GS_ERROR_ARGUMENT, "denoise: the model '%s' takes no noise level", info->name);
    if (!info->takes_sigma)
        s = check_range("lower sigma", o->sigma_low, 0, GS_SCALE_MAX, error);
    else
        s = check_range("lower sigma", o->sigma_low, info->sigma[0] * (1 - 1e-9), info->sigma[1] * (1 + 1e-9), error);
    if (!s && info->takes_sigma)
        s = check_range("upper sigma", o->sigma_high, info->sigma[0] * (1 - 1e-9), info->sigma[1] * (1 + 1e-9), error);
    if (!s && o->sigma_low > o->sigma_high)
        s = gs_fail(error, GS_ERROR_ARGUMENT, "sigmas %g and %g: expected the lower one first", o->sigma_low,
                    o->sigma_high);
    return s;
}

/* The settings of chains at one noise level; -1 is "none" for those that are optional. */
static gs_status check_chain(const gs_sampler_row *row, const gs_sample_options *o, gs_error *error) {
    bool langevin = row->family == GS_FAMILY_LANGEVIN;
    gs_status s = check_range("step size", o->step_size, GS_SCALE_MIN, GS_SCALE_MAX, error);
    if (!s)
        s = check_range("every", o->every, 1, 1e6, error);
    if (!s && langevin && o->noise != -1)
        s = check_range("noise", o->noise, 0, GS_SCALE_MAX, error);
    if (!s && langevin && o->clip != -1)
        s = check_range("clip", o->clip, GS_SCALE_MIN, GS_SCALE_MAX, error);
    if (!s && !langevin)
        s = check_range("temperature", o->temperature, GS_SCALE_MIN, GS_SCALE_MAX, error);
    if (!s && !langevin)
        s = check_range("leapfrog", o->leapfrog, 1, GS_LEAPFROG_MAX, error);
    if (!s && !langevin && o->burn_in != -1)
        s = check_range("burn-in", o->burn_in, 0, o->steps - 1, error);
    if (!s && !langevin)
        s = check_range("target", o->target, GS_TARGET_MIN, GS_TARGET_MAX, error);
    return s;
}

static gs_status check(const gs_model *model, const gs_sampler_row *row, const gs_sample_options *o, gs_error *error) {
    const gs_model_info *info = &model->info;
    bool annealed = row->family == GS_FAMILY_ANNEALED;
    gs_status s = check_steps(row, o, error);
    if (!s && annealed)
        s = check_range("epsilon", o->epsilon, GS_SCALE_MIN, GS_SCALE_MAX, error);
    if (!s && gs_sampler_stays(row))
        s = check_chain(row, o, error);
    if (!s)
        s = check_sigmas(info, o, error);
    if (!s && o->guidance > 0 && !info->labels)
        s = gs_fail(error, GS_ERROR_ARGUMENT, "guidance %g: the model '%s' takes no labels", o->guidance, info->name);
    if (!s)
        s = check_weights(o, error);
    if (!s && o->eta != -1)
        s = check_range("eta", o->eta, 0, GS_ETA_MAX, error);
    if (!s && o->guidance != -1)
        s = check_range("guidance", o->guidance, 0, GS_GUIDANCE_MAX, error);
    if (!s && !(o->guidance_low >= 0 && o->guidance_low <= o->guidance_high))
        s = gs_fail(error, GS_ERROR_ARGUMENT, "guidance sigmas %g and %g: expected the lower one first",
                    o->guidance_low, o->guidance_high);
    return s;
}

/* Guidance belongs to the network, whatever the sampler. */
static void resolve_guidance(const gs_model *model, gs_sample_options *o) {
    const gs_defaults *file = &model->defaults;
    o->guidance = first_double(o->guidance, file->guidance, 0);
    if (o->guidance_low == 0 && o->guidance_high == 0) {
        o->guidance_low = file->guidance_low;
        o->guidance_high = first_double(file->guidance_high, model->info.sigma[1], 0);
    }
}

/* Whether the sampler can move chains in this model's field. */
static gs_status check_model(const gs_model_info *info, const gs_sampler_row *row, gs_error *error) {
    const char *kind = gs_kind_name(info->kind), *name = row->info.name;
    bool noised = info->kind == GS_KIND_DENOISER || info->kind == GS_KIND_NOISE;
    if (info->kind == GS_KIND_CLASSIFIER || (noised && !info->takes_sigma))
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "model '%s' is of kind %s%s: the samplers need an energy or score model, or a noise or denoiser "
                       "model that takes sigma",
                       info->name, kind, info->takes_sigma ? "" : " without sigma");
    if (row->family == GS_FAMILY_METROPOLIS && info->kind != GS_KIND_ENERGY)
        return gs_fail(
            error, GS_ERROR_UNSUPPORTED,
            "model '%s' is of kind %s: the sampler %s accepts by energies, which only models of kind energy have",
            info->name, kind, name);
    if (!gs_sampler_stays(row) && !info->takes_sigma)
        return gs_fail(
            error, GS_ERROR_UNSUPPORTED,
            "model '%s' is of kind %s without sigma: the sampler %s goes down noise levels; expected langevin%s",
            info->name, kind, name, info->kind == GS_KIND_ENERGY ? ", mala or hmc" : "");
    return GS_OK;
}

/* The sampler's own levels give way to the trained range. */
static void resolve_sigmas(const gs_model *model, const gs_defaults *file, const gs_sample_options *d, bool ladder,
                           gs_sample_options *o) {
    const gs_model_info *info = &model->info;
    double low = ladder ? info->ladder[info->ladder_length - 1] : info->sigma[0];
    double high = ladder ? info->ladder[0] : info->sigma[1];
    o->sigma_low = first_double(o->sigma_low, file->sigma_low, d->sigma_low);
    o->sigma_high = first_double(o->sigma_high, file->sigma_high, d->sigma_high);
    if (o->sigma_low == 0 || (d->sigma_low != 0 && o->sigma_low == d->sigma_low && o->sigma_low < low))
        o->sigma_low = low;
    if (o->sigma_high == 0 || (o->sigma_high == d->sigma_high && o->sigma_high > high))
        o->sigma_high = high;
}

/* A product of densities to the power of their weights is steeper in proportion to the sum of the weights. The default
 * steps below are a tenth of the largest that one density allows, so only sums above 10 need smaller steps. */
static double steepness(const gs_sample_options *o) {
    double sum = fabs(o->weight);
    for (int k = 0; k < o->term_count && k < GS_TERMS_MAX; k++)
        sum += fabs(o->terms[k].weight);
    return fmax(sum / 10, 1);
}

/* A step size belongs to a lowest noise level and is proportional to its square: Song & Ermon's 2e-5 belongs to 0.01,
 * and a file's step size to the file's own lowest level. */
static double default_epsilon(const gs_model *model, const gs_defaults *file, const gs_sample_options *d,
                              const gs_sample_options *o) {
    const gs_model_info *info = &model->info;
    double end = info->ladder_length ? info->ladder[info->ladder_length - 1] : info->sigma[0];
    double level = file->epsilon != 0 ? first_double(file->sigma_low, end, 0) : 0.01, ratio = o->sigma_low / level;
    return first_double(file->epsilon, d->epsilon, 0) * (ratio * ratio) / steepness(o);
}

/* Settings of chains at one noise level. */
static void resolve_chain(const gs_model *model, const gs_sampler_row *row, const gs_defaults *file,
                          gs_sample_options *o) {
    const gs_sample_options *d = &row->defaults;
    const float *range = model->info.range;
    /* The default is a tenth of s^2, the step that would take a Gaussian of deviation s to its mean at once. */
    double s = o->sigma_low > 0 ? o->sigma_low : 0.1 * ((double)range[1] - (double)range[0]);
    double steep = steepness(o), step = row->run == gs_sampler_hmc ? sqrt(0.2 / steep) * s : 0.1 / steep * s * s;
    o->step_size = first_double(o->step_size, file->step_size, step);
    o->noise = first_double(o->noise, file->noise, sqrt(2 * o->step_size));
    o->temperature = first_double(o->temperature, file->temperature, 1);
    o->clip = first_double(o->clip, file->clip, -1);
    o->clamp = first_int(o->clamp, file->clamp, -1);
    o->noise_first = first_int(o->noise_first, file->noise_first, -1);
    o->leapfrog = first_int(o->leapfrog, file->leapfrog, first_int(d->leapfrog, 1, 1));
    o->burn_in = first_int(o->burn_in, file->burn_in, o->steps / 2);
    o->target = first_double(o->target, file->target, d->target);
    o->every = first_int(o->every, o->steps, 1);
}

gs_status gs_sample_resolve(const gs_model *model, gs_sample_options *o, gs_error *error) {
    const gs_model_info *info = &model->info;
    gs_defaults file = model->defaults;
    if (!o->sampler)
        o->sampler = file.sampler ? file.sampler : info->takes_sigma ? rows[0].info.name : "langevin";
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    if (!row)
        return unknown_sampler(o->sampler, error);
    gs_status status = check_model(info, row, error);
    if (status)
        return status;
    if (!file.sampler || strcmp(file.sampler, o->sampler))
        file = (gs_defaults){0};
    gs_sample_options d = row->defaults;
    if (!info->takes_sigma)
        d.sigma_low = d.sigma_high = d.denoise = 0;
    bool ladder =
        row->spacing == GS_LEVELS_LADDER && info->ladder_length && !o->steps && o->sigma_low == 0 && o->sigma_high == 0;
    o->steps = first_int(o->steps, file.steps, d.steps);
    if (o->steps == 0)
        o->steps = info->ladder_length ? info->ladder_length : 10;
    resolve_sigmas(model, &file, &d, ladder, o);
    o->steps_per_level = first_int(o->steps_per_level, file.steps_per_level, d.steps_per_level);
    o->eta = first_double(o->eta, file.eta, d.eta);
    o->denoise = first_int(o->denoise, file.denoise, d.denoise);
    o->weight = first_double(o->weight, 1, 0);
    if (o->epsilon == 0 && row->family == GS_FAMILY_ANNEALED)
        o->epsilon = default_epsilon(model, &file, &d, o);
    resolve_guidance(model, o);
    if (gs_sampler_stays(row))
        resolve_chain(model, row, &file, o);
    return check(model, row, o, error);
}

/* Geometric from high to low. */
static double geometric(const gs_sample_options *o, int i, int levels) {
    if (i == 0)
        return o->sigma_high;
    if (i == levels - 1)
        return o->sigma_low;
    return o->sigma_high * gs_exp64(i / (levels - 1.0) * gs_log64(o->sigma_low / o->sigma_high));
}

/* Karras et al. 2022, equation 5, rho = 7. */
static double karras(const gs_sample_options *o, int i, int levels) {
    if (i == 0)
        return o->sigma_high;
    if (i == levels - 1)
        return o->sigma_low;
    double a = gs_exp64(gs_log64(o->sigma_high) / 7), b = gs_exp64(gs_log64(o->sigma_low) / 7);
    double t = a + i / (levels - 1.0) * (b - a), square = t * t;
    return square * square * square * t;
}

/* The file's ladder, when the settings name just its ends and length. */
static bool is_ladder(const gs_model_info *info, const gs_sample_options *o) {
    int n = info->ladder_length;
    return n && o->steps == n && o->sigma_high == info->ladder[0] && o->sigma_low == info->ladder[n - 1];
}

int gs_schedule_states(const gs_sample_options *o) {
    return gs_sampler_stays(gs_sampler_find(o->sampler)) ? (o->steps - 1) / o->every + 1 : o->steps;
}

int gs_schedule_every(const gs_sample_options *o) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    return gs_sampler_stays(row) ? o->every : row->family == GS_FAMILY_ANNEALED ? o->steps_per_level : 1;
}

double gs_schedule_left(const gs_sample_options *o) {
    bool solves = gs_sampler_find(o->sampler)->family == GS_FAMILY_SOLVER;
    return solves || o->denoise > 0 ? 0 : o->sigma_low;
}

int gs_schedule_levels(const gs_sample_options *o) {
    return gs_sampler_stays(gs_sampler_find(o->sampler)) ? 1 : o->steps;
}

double gs_schedule_sigma(const gs_model *model, const gs_sample_options *o, int i) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    if (gs_sampler_stays(row))
        return o->sigma_low;
    if (row->spacing == GS_LEVELS_LADDER)
        return is_ladder(&model->info, o) ? model->info.ladder[i] : geometric(o, i, o->steps);
    return karras(o, i, o->steps);
}

int gs_sample_levels(const gs_model *model, const gs_sample_options *o, double *sigmas, int room) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    if (!row || o->steps < 1 || (gs_sampler_stays(row) && o->every < 1))
        return 0;
    int states = gs_schedule_states(o);
    for (int i = 0; i < room && i <= states; i++)
        sigmas[i] = i == states ? 0 : gs_schedule_sigma(model, o, i);
    return states + 1;
}

int gs_sample_trace_steps(const gs_sample_options *o) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    return row && gs_sampler_stays(row) ? o->steps : 0;
}

bool gs_schedule_guides(const gs_sample_options *o, const int *labels, double sigma) {
    return labels && o->guidance > 0 && (sigma > o->guidance_low || sigma == 0) && sigma <= o->guidance_high;
}

bool gs_schedule_traces_end(const gs_sample_options *o) {
    return o->trace && (o->trace->energy || o->trace->gradient_norm);
}

/* How often the sampler evaluates the field at level i. */
static uint64_t visits(const gs_sampler_row *row, const gs_sample_options *o, int i, int levels) {
    uint64_t last = i == levels - 1 && o->denoise > 0, steps = (uint64_t)o->steps;
    switch (row->family) {
    case GS_FAMILY_ANNEALED:
        return (uint64_t)o->steps_per_level + last;
    case GS_FAMILY_LANGEVIN:
        return steps + gs_schedule_traces_end(o) + last;
    case GS_FAMILY_METROPOLIS:
        return 1 + steps * (uint64_t)(row->run == gs_sampler_hmc ? o->leapfrog : 1) + last;
    default:
        return row->run == gs_sampler_heun && i ? 2 : 1;
    }
}

uint64_t gs_sample_evaluations(const gs_model *model, const gs_sample_options *o) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    if (!row || o->steps < 1)
        return 0;
    int levels = gs_schedule_levels(o);
    uint64_t sum = 0;
    for (int i = 0; i < levels; i++) {
        double sigma = gs_schedule_sigma(model, o, i);
        uint64_t networks = gs_schedule_guides(o, o->labels, sigma) ? 2 : 1;
        for (int k = 0; k < o->term_count; k++)
            networks += gs_schedule_guides(o, o->terms[k].labels, sigma) ? 2 : 1;
        sum += visits(row, o, i, levels) * networks;
    }
    return sum;
}
