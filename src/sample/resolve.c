/* A sampler's settings with defaults filled in, by the rules of settings.def, and checked. */
#include <math.h>
#include <string.h>

#include "sample/samplers.h"

/* ---- Rules ---- */

/* The settings as far as they are resolved. */
typedef struct resolution {
    const gs_model *model;
    const gs_sampler_row *row;
    gs_sample_options file;    /* the file's settings that belong to this sampler */
    gs_sample_options sampler; /* its row's defaults, as far as they suit the model */
    uint64_t read;             /* gs_settings_read */
    bool ladder;               /* the noise levels are those of the file's ladder */
    gs_sample_options *o;
} resolution;

/* The first that is not zero. */
static double either(double a, double b) {
    return a != 0 ? a : b;
}

/* The sampler's own levels give way to the trained range. */
static double sigmas(const resolution *r) {
    const gs_model_info *info = &r->model->info;
    const gs_sample_options *d = &r->sampler;
    gs_sample_options *o = r->o;
    double low = r->ladder ? info->ladder[info->ladder_length - 1] : info->sigma[0];
    double high = r->ladder ? info->ladder[0] : info->sigma[1];
    o->sigma_low = either(o->sigma_low, either(r->file.sigma_low, d->sigma_low));
    o->sigma_high = either(o->sigma_high, either(r->file.sigma_high, d->sigma_high));
    if (o->sigma_low == 0 || (d->sigma_low != 0 && o->sigma_low == d->sigma_low && o->sigma_low < low))
        o->sigma_low = low;
    if (o->sigma_high == 0 || (o->sigma_high == d->sigma_high && o->sigma_high > high))
        o->sigma_high = high;
    return o->sigma_low;
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
static double epsilon(const resolution *r, double given) {
    const gs_model_info *info = &r->model->info;
    double end = info->ladder_length ? info->ladder[info->ladder_length - 1] : info->sigma[0];
    double level = r->file.epsilon != 0 ? either(r->file.sigma_low, end) : 0.01, ratio = r->o->sigma_low / level;
    return given * (ratio * ratio) / steepness(r->o);
}

/* The default is a tenth of s^2, the step that would take a Gaussian of deviation s to its mean at once. */
static double step(const resolution *r) {
    const float *range = r->model->info.range;
    double s = r->o->sigma_low > 0 ? r->o->sigma_low : 0.1 * ((double)range[1] - (double)range[0]);
    return r->row->step(s, steepness(r->o));
}

static double guidance_sigmas(const resolution *r) {
    const gs_sample_options *file = &r->model->defaults;
    gs_sample_options *o = r->o;
    if (o->guidance_low == 0 && o->guidance_high == 0) {
        o->guidance_low = file->guidance_low;
        o->guidance_high = either(file->guidance_high, r->model->info.sigma[1]);
    }
    return o->guidance_low;
}

static double prior_scale(const resolution *r) {
    const float *range = r->model->info.range;
    double quarter = 0.25 * ((double)range[1] - (double)range[0]), sigma = r->o->sigma_low;
    return sqrt(quarter * quarter + sigma * sigma);
}

static int rung_count(const gs_sample_options *o) {
    int count;
    gs_setting_list(&gs_settings[GS_SETTING_RUNGS], o, &count);
    return count;
}

/* The file's give way to a caller who says how many replicas there are, or how hot. */
static double rungs(const resolution *r) {
    if (!r->o->replicas && r->o->hottest == 0)
        memcpy(r->o->rungs, r->file.rungs, sizeof r->o->rungs);
    return r->o->rungs[0];
}

static double replicas(const resolution *r, double v) {
    int count = rung_count(r->o);
    return count ? count : either(v, 8);
}

/* Replicas differ in noise levels, or else in temperature. */
static double hottest(const resolution *r, double v) {
    int count = rung_count(r->o);
    if (r->o->sigma_high > r->o->sigma_low)
        return either(v, 1);
    return count ? r->o->rungs[count - 1] : either(v, 10);
}

/* Half of the width of the range, as if it were [-1, 1] with variance 1. */
static double data_sd(const resolution *r) {
    const float *range = r->model->info.range;
    return 0.5 * ((double)range[1] - (double)range[0]);
}

static double churn_sigmas(const resolution *r) {
    gs_sample_options *o = r->o;
    if (o->churn_low == 0 && o->churn_high == 0) {
        o->churn_low = r->file.churn_low;
        o->churn_high = either(r->file.churn_high, GS_SCALE_MAX);
    }
    return o->churn_low;
}

#define GS_SETTING(id, key, field, kind, name, words, metavar, least, most, unit, rule, ...) \
    static double default_##id(const resolution *r, double v) {                              \
        (void)r;                                                                             \
        (void)v;                                                                             \
        return rule;                                                                         \
    }
#include "model/settings.def"

static double (*const rules[GS_SETTINGS])(const resolution *, double) = {
#define GS_SETTING(id, ...) default_##id,
#include "model/settings.def"
};

/* Rules of pairs set both themselves. */
static void resolve_setting(const resolution *r, gs_setting_id id) {
    const gs_setting *s = &gs_settings[id];
    const gs_sample_options *file = s->scope == GS_SCOPE_NETWORK ? &r->model->defaults : &r->file;
    double usual = either(gs_setting_value(s, file), gs_setting_value(s, &r->sampler));
    if (s->kind == GS_SETTING_KIND_PAIR)
        rules[id](r, usual);
    else if (gs_setting_value(s, r->o) == 0)
        gs_setting_set(s, r->o, rules[id](r, usual), 0);
}

/* ---- Checks ---- */

static gs_status check_range(const char *what, double value, double least, double most, gs_error *error) {
    if (value >= least && value <= most)
        return GS_OK;
    return gs_fail(error, GS_ERROR_ARGUMENT, "%s %.8g: expected %.8g ... %.8g", what, value, least, most);
}

/* Pairs and lists have checks of their own, and those that are yes or no are any number below or above 0. */
static gs_status check_setting(const resolution *r, gs_setting_id id, gs_error *error) {
    const gs_setting *s = &gs_settings[id];
    double value = gs_setting_value(s, r->o), most = s->most;
    bool may_be_none = s->kind == GS_SETTING_KIND_WEIGHT || s->kind == GS_SETTING_KIND_COUNT;
    bool apart = s->kind == GS_SETTING_KIND_PAIR || s->kind == GS_SETTING_KIND_LIST;
    if (apart || s->kind == GS_SETTING_KIND_YES_NO || (may_be_none && value == -1))
        return GS_OK;
    if (id == GS_SETTING_STEPS)
        most = r->row->info.steps_max;
    else if (id == GS_SETTING_BURN_IN)
        most = r->o->steps - 1;
    if (s->kind == GS_SETTING_KIND_SIGNED && !(fabs(value) >= s->least && fabs(value) <= most))
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s %.8g: expected %g ... %g or -%g ... -%g", s->words, value,
                       s->least, most, most, s->least);
    return check_range(s->words, s->kind == GS_SETTING_KIND_SIGNED ? fabs(value) : value, s->least, most, error);
}

static gs_status check_steps(const gs_sampler_row *row, const gs_sample_options *o, gs_error *error) {
    if (gs_sampler_reads(row, GS_SETTING_STEPS_PER_LEVEL) &&
        (uint64_t)o->steps * (uint64_t)o->steps_per_level > UINT32_MAX)
        return gs_fail(error, GS_ERROR_ARGUMENT, "steps %d and steps per level %d: expected a product of at most %lu",
                       o->steps, o->steps_per_level, (unsigned long)UINT32_MAX);
    double particles = gs_sampler_reads(row, GS_SETTING_PARTICLES) ? o->particles : 1;
    if (gs_sampler_reads(row, GS_SETTING_MOVES) && 2.0 * o->steps * o->moves * particles > (double)UINT32_MAX)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "steps %d, moves %d and particles %g: expected a product of at most %lu", o->steps, o->moves,
                       particles, (unsigned long)(UINT32_MAX / 2));
    if (gs_sampler_solves(row) && o->steps > 1 && o->sigma_low == o->sigma_high)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "sigmas %g and %g: the sampler %s goes down %d noise levels; expected the lower sigma below the "
                       "upper one, or 1 step",
                       o->sigma_low, o->sigma_high, row->info.name, o->steps);
    return GS_OK;
}

static gs_status check_churn(const gs_sample_options *o, gs_error *error) {
    if (!(o->churn_low >= 0 && o->churn_low <= o->churn_high))
        return gs_fail(error, GS_ERROR_ARGUMENT, "churn sigmas %g and %g: expected the lower one first", o->churn_low,
                       o->churn_high);
    return GS_OK;
}

/* They end where the other settings say that replicas do. */
static gs_status check_rung_ends(const gs_sample_options *o, gs_error *error) {
    int count = rung_count(o);
    double last = o->rungs[count - 1];
    bool spread = o->sigma_high > o->sigma_low;
    if (o->replicas != count)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "rungs: there are %d, one per replica, and %d replicas; give one of both", count, o->replicas);
    if (spread && !(fabs(last * o->sigma_low - o->sigma_high) <= 1e-6 * o->sigma_high))
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "rungs: the last is %g, expected %g, the upper sigma over the lower one; of temperatures give "
                       "the same sigma twice",
                       last, o->sigma_high / o->sigma_low);
    if (!spread && o->hottest != last)
        return gs_fail(error, GS_ERROR_ARGUMENT, "rungs: the last is %g, and hottest %g; give one of both", last,
                       o->hottest);
    return GS_OK;
}

static gs_status check_rungs(const gs_sample_options *o, gs_error *error) {
    const gs_setting *s = &gs_settings[GS_SETTING_RUNGS];
    int count = rung_count(o);
    if (!count)
        return GS_OK;
    if (count < 2)
        return gs_fail(error, GS_ERROR_ARGUMENT, "rungs: a single one; expected 2 ... %d", GS_RUNGS_MAX);
    if (o->rungs[0] != 1)
        return gs_fail(error, GS_ERROR_ARGUMENT, "rungs: the first is %g; expected 1", o->rungs[0]);
    for (int i = 1; i < count; i++)
        if (!(o->rungs[i] > o->rungs[i - 1] && o->rungs[i] <= s->most))
            return gs_fail(error, GS_ERROR_ARGUMENT,
                           "rungs: %g follows %g; expected each greater than the one before, up to %g", o->rungs[i],
                           o->rungs[i - 1], s->most);
    return check_rung_ends(o, error);
}

static gs_status check_weights(const gs_sample_options *o, gs_error *error) {
    gs_status s = check_range("weight", o->weight, -GS_WEIGHT_MAX, GS_WEIGHT_MAX, error);
    if (!s && (o->term_count < 0 || o->term_count > GS_TERMS_MAX))
        s = gs_fail(error, GS_ERROR_ARGUMENT, "%d terms: expected 0 ... %d", o->term_count, GS_TERMS_MAX);
    for (int k = 0; k < o->term_count && !s; k++)
        s = check_range("weight of a term", o->terms[k].weight, -GS_WEIGHT_MAX, GS_WEIGHT_MAX, error);
    return s;
}

static gs_status check_trained(const char *what, const gs_model_info *info, double sigma, gs_error *error) {
    return gs_sigma_is_trained(info, sigma) ? GS_OK : check_range(what, sigma, info->sigma[0], info->sigma[1], error);
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
        s = check_trained("lower sigma", info, o->sigma_low, error);
    if (!s && info->takes_sigma)
        s = check_trained("upper sigma", info, o->sigma_high, error);
    if (!s && o->sigma_low > o->sigma_high)
        s = gs_fail(error, GS_ERROR_ARGUMENT, "sigmas %g and %g: expected the lower one first", o->sigma_low,
                    o->sigma_high);
    return s;
}

gs_status gs_guidance_fail(const gs_model_info *info, const gs_sample_options *o, gs_error *error) {
    return gs_fail(error, GS_ERROR_ARGUMENT,
                   "guidance %g: the model '%s' needs a label for every image, and guidance leads away from images "
                   "without one",
                   o->guidance, info->name);
}

static gs_status check_guidance(const gs_model_info *info, const gs_sample_options *o, gs_error *error) {
    if (o->guidance > 0 && info->kind == GS_KIND_DECODER)
        return gs_fail(error, GS_ERROR_ARGUMENT, "guidance %g: the model '%s' is a decoder, expected none", o->guidance,
                       info->name);
    if (o->guidance > 0 && !info->labels)
        return gs_fail(error, GS_ERROR_ARGUMENT, "guidance %g: the model '%s' takes no labels", o->guidance,
                       info->name);
    if (o->guidance > 0 && info->needs_label)
        return gs_guidance_fail(info, o, error);
    if (!(o->guidance_low >= 0 && o->guidance_low <= o->guidance_high))
        return gs_fail(error, GS_ERROR_ARGUMENT, "guidance sigmas %g and %g: expected the lower one first",
                       o->guidance_low, o->guidance_high);
    return GS_OK;
}

static gs_status check(const resolution *r, gs_error *error) {
    const gs_model_info *info = &r->model->info;
    gs_status s = r->read >> GS_SETTING_RUNGS & 1 ? check_rungs(r->o, error) : GS_OK;
    for (gs_setting_id id = 0; id < GS_SETTINGS && !s; id++)
        if (r->read >> id & 1)
            s = check_setting(r, id, error);
    if (!s)
        s = check_steps(r->row, r->o, error);
    if (!s)
        s = check_churn(r->o, error);
    if (!s)
        s = check_sigmas(info, r->o, error);
    if (!s)
        s = check_guidance(info, r->o, error);
    return s ? s : check_weights(r->o, error);
}

/* ---- All ---- */

gs_status gs_sample_resolve(const gs_model *model, gs_sample_options *o, gs_error *error) {
    const gs_model_info *info = &model->info;
    const char *usual = model->defaults.sampler;
    if (!o->sampler)
        o->sampler = usual ? usual : gs_sampler_first(info);
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    if (!row)
        return gs_sampler_unknown(o->sampler, error);
    gs_status status = gs_sampler_check(row, info, error);
    if (status)
        return status;
    resolution r = {.model = model, .row = row, .sampler = row->defaults, .read = gs_settings_read(&row->info), .o = o};
    if (usual && !strcmp(usual, o->sampler))
        r.file = model->defaults;
    if (!info->takes_sigma)
        r.sampler.sigma_low = r.sampler.sigma_high = r.sampler.denoise = 0;
    r.ladder =
        row->spacing == GS_LEVELS_LADDER && info->ladder_length && !o->steps && o->sigma_low == 0 && o->sigma_high == 0;
    if (gs_sampler_decodes(row))
        o->steps = 1;
    o->weight = either(o->weight, 1);
    for (gs_setting_id id = 0; id < GS_SETTINGS; id++)
        if (r.read >> id & 1)
            resolve_setting(&r, id);
    return check(&r, error);
}
