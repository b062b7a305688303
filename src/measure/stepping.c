#include "measure/stepping.h"

#include <math.h>

/* ---- Rows of a record ---- */

size_t gs_record_step(const gs_record *record, size_t row) {
    return record->step ? record->step[row] : row;
}

size_t gs_record_taken(const gs_record *record) {
    return gs_record_step(record, record->steps);
}

size_t gs_record_left_out(const gs_record *record) {
    size_t left = record->burn_in ? record->burn_in : gs_record_taken(record) / 2, rows = 0;
    while (rows < record->steps && gs_record_step(record, rows + 1) <= left)
        rows++;
    return rows;
}

/* ---- Sums ---- */

void gs_step_sums_add(gs_step_sums *sums, const gs_step_stats *stats, int max_depth) {
    gs_step_sums *s = sums;
    double change = stats->energy - s->last, off = stats->energy - s->mean;
    s->changes += s->steps ? change * change : 0;
    s->last = stats->energy;
    s->steps++;
    s->mean += off / (double)s->steps;
    s->squares += off * (stats->energy - s->mean);
    s->divergent += stats->divergent;
    s->deepest += max_depth > 0 && stats->depth >= max_depth;
    s->acceptance += stats->acceptance;
    s->depth += stats->depth;
    s->leapfrog += stats->leapfrog;
    s->step_size = stats->step_size;
}

/* Element `at` of what was recorded. */
static gs_step_stats recorded(const gs_record *record, size_t at) {
    static const gs_sample_stats none = {0};
    const gs_sample_stats *s = record->stats ? record->stats : &none;
    return (gs_step_stats){.divergent = s->divergent && s->divergent[at],
                           .depth = s->depth ? s->depth[at] : 0,
                           .leapfrog = s->leapfrog ? s->leapfrog[at] : 0,
                           .energy = s->energy ? s->energy[at] : (double)NAN,
                           .step_size = s->step_size ? s->step_size[at] : (double)NAN,
                           .acceptance = record->acceptance ? (double)record->acceptance[at] : (double)NAN};
}

gs_step_sums gs_record_sums(const gs_record *record, size_t k) {
    if (record->sums)
        return record->sums[k];
    gs_step_sums sums = {0};
    for (size_t t = gs_record_left_out(record); t < record->steps; t++) {
        const gs_step_stats stats = recorded(record, t * record->chains + k);
        gs_step_sums_add(&sums, &stats, record->max_depth);
    }
    if (!record->stats || !record->stats->leapfrog)
        sums.leapfrog = (double)NAN;
    return sums;
}

double gs_step_sums_bfmi(const gs_step_sums *sums) {
    bool known = sums->steps > 1 && sums->squares > 0 && isfinite(sums->changes);
    return known ? sums->changes / sums->squares : (double)NAN;
}

/* ---- The diagnosis ---- */

/* Trees have depths; samplers without trees have zeros. */
void gs_stepping_measure(const gs_record *record, gs_diagnosis *diagnosis) {
    gs_diagnosis *d = diagnosis;
    double depth = 0, deepest = 0, gradients = 0, steps = 0;
    d->bfmi = d->depth = d->gradients = d->step_range[0] = d->step_range[1] = NAN;
    if (!record->stats && !record->sums)
        return;
    for (size_t k = 0; k < record->chains; k++) {
        const gs_step_sums s = gs_record_sums(record, k);
        double bfmi = gs_step_sums_bfmi(&s);
        steps += (double)s.steps;
        depth += s.depth;
        deepest += (double)s.deepest;
        gradients += s.leapfrog;
        d->divergences += s.divergent;
        d->divergent_chains += s.divergent > 0;
        d->bfmi = fmin(d->bfmi, bfmi); /* which ignores NaN */
        d->bfmi_chains += bfmi < GS_BFMI_LOW;
        d->step_range[0] = fmin(d->step_range[0], s.step_size);
        d->step_range[1] = fmax(d->step_range[1], s.step_size);
    }
    d->depth = depth > 0 ? depth / steps : NAN;
    d->deepest = depth > 0 ? deepest / steps : 0;
    d->gradients = gradients / steps;
}
