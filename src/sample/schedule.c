/* Samplers by name, their settings with defaults filled in, and the noise levels they visit. */
#include "sample/sample.h"
#include "sample/schedule.h"

#include "base/math64.h"

#include <math.h>
#include <string.h>

static const gs_sampler_row rows[] = {
#define GS_SAMPLER(function, name, help, parameters, s, low, high, e, t, d, a) \
    {{name, help, parameters},                                                 \
     gs_sampler_##function,                                                    \
     {.steps = s, .sigma_low = low, .sigma_high = high, .epsilon = e, .steps_per_level = t, .denoise = d, .eta = a}},
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
    return gs_fail(error, GS_ERROR_ARGUMENT, "%s %g: expected %g ... %g", what, value, least, most);
}

static gs_status check_weights(const gs_sample_options *o, gs_error *error) {
    gs_status s = check_range("weight", o->weight, -GS_WEIGHT_MAX, GS_WEIGHT_MAX, error);
    if (!s && (o->term_count < 0 || o->term_count > GS_TERMS_MAX))
        s = gs_fail(error, GS_ERROR_ARGUMENT, "%d terms: expected 0 ... %d", o->term_count, GS_TERMS_MAX);
    for (int k = 0; k < o->term_count && !s; k++)
        s = check_range("weight of a term", o->terms[k].weight, -GS_WEIGHT_MAX, GS_WEIGHT_MAX, error);
    return s;
}

static gs_status check(const gs_model *model, const gs_sampler_row *row, const gs_sample_options *o, gs_error *error) {
    const gs_model_info *info = &model->info;
    bool annealed = row->run == gs_sampler_annealed_langevin, one_level = row->run == gs_sampler_langevin;
    gs_status s = check_range("steps", o->steps, 1, one_level ? 1e6 : 1e4, error);
    if (!s && annealed)
        s = check_range("steps per level", o->steps_per_level, 1, 1e6, error);
    if (!s && (annealed || one_level))
        s = check_range("epsilon", o->epsilon, 1e-30, 1e30, error);
    if (!s)
        s = check_range("lower sigma", o->sigma_low, info->sigma[0] * (1 - 1e-9), info->sigma[1] * (1 + 1e-9), error);
    if (!s)
        s = check_range("upper sigma", o->sigma_high, info->sigma[0] * (1 - 1e-9), info->sigma[1] * (1 + 1e-9), error);
    if (!s && o->sigma_low > o->sigma_high)
        s = gs_fail(error, GS_ERROR_ARGUMENT, "sigmas %g and %g: expected the lower one first", o->sigma_low,
                    o->sigma_high);
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

gs_status gs_sample_resolve(const gs_model *model, gs_sample_options *o, gs_error *error) {
    const gs_model_info *info = &model->info;
    if (info->kind == GS_KIND_CLASSIFIER || !info->takes_sigma)
        return gs_fail(
            error, GS_ERROR_UNSUPPORTED,
            "model '%s' is of kind %s%s: the samplers need an energy, score, noise or denoiser model that takes sigma",
            info->name, gs_kind_name(info->kind), info->takes_sigma ? "" : " without sigma");
    gs_defaults file = model->defaults;
    if (!o->sampler)
        o->sampler = file.sampler ? file.sampler : rows[0].info.name;
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    if (!row)
        return unknown_sampler(o->sampler, error);
    if (!file.sampler || strcmp(file.sampler, o->sampler))
        file = (gs_defaults){0};
    const gs_sample_options *d = &row->defaults;
    bool ladder = row->run == gs_sampler_annealed_langevin && info->ladder_length && !o->steps && o->sigma_low == 0 &&
                  o->sigma_high == 0;
    o->steps = first_int(o->steps, file.steps, d->steps);
    if (o->steps == 0)
        o->steps = info->ladder_length ? info->ladder_length : 10;
    double low = ladder ? info->ladder[info->ladder_length - 1] : info->sigma[0];
    double high = ladder ? info->ladder[0] : info->sigma[1];
    o->sigma_low = first_double(o->sigma_low, file.sigma_low, d->sigma_low);
    o->sigma_high = first_double(o->sigma_high, file.sigma_high, d->sigma_high);
    if (o->sigma_low == 0 || (d->sigma_low != 0 && o->sigma_low == d->sigma_low && o->sigma_low < low))
        o->sigma_low = low;
    if (o->sigma_high == 0 || (o->sigma_high == d->sigma_high && o->sigma_high > high))
        o->sigma_high = high;
    o->epsilon = first_double(o->epsilon, file.epsilon, d->epsilon);
    if (o->epsilon == 0) /* the pull towards D, epsilon / (2 sigma^2), is then 0.1 */
        o->epsilon = 0.2 * o->sigma_low * o->sigma_low;
    o->steps_per_level = first_int(o->steps_per_level, file.steps_per_level, d->steps_per_level);
    o->eta = first_double(o->eta, file.eta, d->eta);
    o->denoise = first_int(o->denoise, file.denoise, d->denoise);
    o->weight = first_double(o->weight, 1, 0);
    resolve_guidance(model, o);
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

double gs_schedule_sigma(const gs_model *model, const gs_sample_options *o, int i) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    if (row->run == gs_sampler_langevin)
        return o->sigma_low;
    if (row->run == gs_sampler_annealed_langevin)
        return is_ladder(&model->info, o) ? model->info.ladder[i] : geometric(o, i, o->steps);
    return karras(o, i, o->steps);
}

int gs_sample_levels(const gs_model *model, const gs_sample_options *o, double *sigmas, int room) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    if (!row || o->steps < 1)
        return 0;
    int levels = row->run == gs_sampler_langevin ? 1 : o->steps;
    for (int i = 0; i < room && i <= levels; i++)
        sigmas[i] = i == levels ? 0 : gs_schedule_sigma(model, o, i);
    return levels + 1;
}

bool gs_schedule_guides(const gs_sample_options *o, const int *labels, double sigma) {
    return labels && o->guidance > 0 && sigma > o->guidance_low && sigma <= o->guidance_high;
}

/* How often the sampler asks for D at level i. */
static uint64_t visits(const gs_sampler_row *row, const gs_sample_options *o, int i, int levels) {
    uint64_t last = i == levels - 1 && o->denoise > 0;
    if (row->run == gs_sampler_heun)
        return i ? 2 : 1;
    if (row->run == gs_sampler_langevin)
        return (uint64_t)o->steps + last;
    if (row->run == gs_sampler_annealed_langevin)
        return (uint64_t)o->steps_per_level + last;
    return 1;
}

uint64_t gs_sample_evaluations(const gs_model *model, const gs_sample_options *o) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    int levels = gs_sample_levels(model, o, NULL, 0) - 1;
    uint64_t sum = 0;
    for (int i = 0; row && i < levels; i++) {
        double sigma = gs_schedule_sigma(model, o, i);
        uint64_t networks = gs_schedule_guides(o, o->labels, sigma) ? 2 : 1;
        for (int k = 0; k < o->term_count; k++)
            networks += gs_schedule_guides(o, o->terms[k].labels, sigma) ? 2 : 1;
        sum += visits(row, o, i, levels) * networks;
    }
    return sum;
}
