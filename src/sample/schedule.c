/* The noise levels that samplers visit, the states they leave, and the evaluations that takes. */
#include "sample/schedule.h"

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
static double karras(const gs_sample_options *o, int i, int levels) {
    if (i == 0)
        return o->sigma_high;
    if (i == levels - 1)
        return o->sigma_low;
    double a = gs_exp64(gs_log64(o->sigma_high) / o->rho), b = gs_exp64(gs_log64(o->sigma_low) / o->rho);
    return gs_exp64(o->rho * gs_log64(a + i / (levels - 1.0) * (b - a)));
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
    return gs_sampler_solves(row) ? 1 : o->steps_per_level;
}

double gs_schedule_left(const gs_sample_options *o) {
    return gs_sampler_solves(gs_sampler_find(o->sampler)) || o->denoise > 0 ? 0 : o->sigma_low;
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

/* How often the sampler evaluates the field at level i. */
static uint64_t visits(const gs_sampler_row *row, const gs_sample_options *o, int i, int levels) {
    bool last = i == levels - 1 && gs_sampler_reads(row, GS_SETTING_DENOISE) && o->denoise > 0;
    return row->evaluations(o, i) + last;
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
