/* The noise levels that samplers visit, the states they leave, and the evaluations that takes. */
#include "sample/schedule.h"

#include <math.h>

#include "base/math64.h"
#include "sample/samplers.h"

/* Geometric from high to low. */
static double geometric(const gs_sample_options *o, int i, int levels) {
    if (i == 0)
        return o->sigma_high;
    if (i == levels - 1)
        return o->sigma_low;
    return o->sigma_high * gs_exp64(i / (levels - 1.0) * gs_log64(o->sigma_low / o->sigma_high));
}

/* Karras et al. 2022, equation 5, whose rho may be negative here. */
static double karras(const gs_sample_options *o, double part) {
    if (part == 0)
        return o->sigma_high;
    if (part == 1)
        return o->sigma_low;
    double a = gs_exp64(gs_log64(o->sigma_high) / o->rho), b = gs_exp64(gs_log64(o->sigma_low) / o->rho);
    return gs_exp64(o->rho * gs_log64(a + part * (b - a)));
}

/* The last part of the same levels, of which `strength` says how much. */
static double karras_at(const gs_sampler_row *row, const gs_sample_options *o, int i) {
    double part = o->steps > 1 ? i / (o->steps - 1.0) : 0;
    if (!gs_sampler_reads(row, GS_SETTING_STRENGTH))
        return karras(o, part);
    return karras(o, i > 0 && i == o->steps - 1 ? 1 : 1 - o->strength + o->strength * part);
}

/* Equal steps in a flow's time tau = sigma / (shift + sigma), whose ends are 0 and 1. With shift 1 images and noise are
 * mixed by tau (ancestral.c); another shift is that of Esser et al. 2024, equation 23. */
static double flow(const gs_sample_options *o, int i, int levels) {
    double first = o->shift + o->sigma_high, last = o->shift + o->sigma_low, part = i / (levels - 1.0);
    if (i == 0)
        return o->sigma_high;
    if (i == levels - 1)
        return o->sigma_low;
    double tau = (1 - part) * (o->sigma_high / first) + part * (o->sigma_low / last);
    double rest = (1 - part) * (o->shift / first) + part * (o->shift / last); /* 1 - tau, exactly where tau is near 1 */
    return o->shift * (tau / rest);
}

/* Karras et al. 2022, algorithm 2: the level to which noise raises level s: (1 + gamma) s, gamma = min(churn / levels,
 * sqrt 2 - 1) between the levels given, else s. It stays within what the network is trained for. */
static double raised(const gs_model *model, const gs_sample_options *o, double s) {
    double most = fmax(s, model->info.sigma[1]), gamma = fmin(fmax(o->churn, 0) / o->steps, 0.41421356237309505);
    return s >= o->churn_low && s <= o->churn_high ? fmin((1 + gamma) * s, most) : s;
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
    if (gs_sampler_stays(row))
        return o->every;
    return gs_sampler_solves(row) || gs_sampler_decodes(row) ? 1 : o->steps_per_level;
}

double gs_schedule_left(const gs_sample_options *o) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    return gs_sampler_solves(row) || gs_sampler_decodes(row) || o->denoise > 0 ? 0 : o->sigma_low;
}

int gs_schedule_levels(const gs_sample_options *o) {
    return gs_sampler_stays(gs_sampler_find(o->sampler)) ? 1 : o->steps;
}

static bool raises(const gs_sampler_row *row) {
    return gs_sampler_reads(row, GS_SETTING_CHURN);
}

/* Whether replicas of chains have noise levels of their own. */
static bool spreads(const gs_sample_options *o) {
    return gs_sampler_reads(gs_sampler_find(o->sampler), GS_SETTING_REPLICAS) && o->sigma_high > o->sigma_low;
}

static double replica_level(const gs_sample_options *o, int r) {
    bool given = o->rungs[0] != 0 && r < o->replicas - 1;
    return given ? o->rungs[r] * o->sigma_low : geometric(o, o->replicas - 1 - r, o->replicas);
}

int gs_schedule_visited(const gs_sample_options *o) {
    int levels = gs_schedule_levels(o);
    if (spreads(o))
        return levels + o->replicas;
    return raises(gs_sampler_find(o->sampler)) ? 2 * levels + 1 : levels;
}

double gs_schedule_sigma(const gs_model *model, const gs_sample_options *o, int i) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    if (raises(row) && i >= o->steps)
        return i == o->steps ? 0 : raised(model, o, gs_schedule_sigma(model, o, i - o->steps - 1));
    if (gs_sampler_decodes(row))
        return 0;
    if (spreads(o) && i > 0) /* replicas 1 ... replicas - 1, behind a 0 */
        return i == 1 ? 0 : replica_level(o, i - 1);
    if (gs_sampler_stays(row))
        return o->sigma_low;
    if (row->spacing == GS_LEVELS_LADDER)
        return is_ladder(&model->info, o) ? model->info.ladder[i] : geometric(o, i, o->steps);
    if (row->spacing == GS_LEVELS_GEOMETRIC)
        return geometric(o, i, o->steps);
    return row->spacing == GS_LEVELS_FLOW ? flow(o, i, o->steps) : karras_at(row, o, i);
}

int gs_sample_levels(const gs_model *model, const gs_sample_options *o, double *sigmas, int room) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    if (!row || gs_sampler_decodes(row) || o->steps < 1 || (gs_sampler_stays(row) && o->every < 1))
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

/* How often the sampler evaluates the field at level i. */
static uint64_t visits(const gs_sampler_row *row, const gs_sample_options *o, int i, int levels) {
    bool last = i == levels - 1 && gs_sampler_reads(row, GS_SETTING_DENOISE) && o->denoise > 0;
    return row->evaluations(o, i) + last;
}

uint64_t gs_sample_evaluations(const gs_model *model, const gs_sample_options *o) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    if (!row || o->steps < 1)
        return 0;
    int levels = gs_schedule_levels(o), visited = gs_schedule_visited(o);
    uint64_t sum = 0;
    for (int i = 0; i < visited; i++) {
        double sigma = gs_schedule_sigma(model, o, i);
        if (i == levels)
            continue;
        uint64_t networks = gs_schedule_guides(o, o->labels, sigma) ? 2 : 1;
        for (int k = 0; k < o->term_count; k++)
            networks += gs_schedule_guides(o, o->terms[k].labels, sigma) ? 2 : 1;
        sum += visits(row, o, i, levels) * networks;
    }
    return sum;
}
