#include "measure/stepping.h"

#include <math.h>

/* The steps that count, and their element `at` of chain k. */
typedef struct span {
    const gs_record *record;
    size_t first, end;
} span;

static size_t at(const span *s, size_t t, size_t k) {
    return t * s->record->chains + k;
}

static void count_divergences(const span *s, gs_diagnosis *d) {
    const uint8_t *divergent = s->record->stats->divergent;
    for (size_t k = 0; divergent && k < s->record->chains; k++) {
        size_t count = 0;
        for (size_t t = s->first; t < s->end; t++)
            count += divergent[at(s, t, k)] != 0;
        d->divergences += count;
        d->divergent_chains += count > 0;
    }
}

/* Trees have depths; samplers without trees have zeros. */
static void measure_depth(const span *s, gs_diagnosis *d) {
    const uint8_t *depth = s->record->stats->depth;
    double sum = 0, deepest = 0, steps = (double)((s->end - s->first) * s->record->chains);
    for (size_t i = at(s, s->first, 0); depth && i < at(s, s->end, 0); i++) {
        sum += depth[i];
        deepest += s->record->max_depth > 0 && depth[i] >= s->record->max_depth;
    }
    d->depth = sum > 0 ? sum / steps : NAN;
    d->deepest = sum > 0 ? deepest / steps : 0;
}

static void measure_cost(const span *s, gs_diagnosis *d) {
    const gs_sample_stats *stats = s->record->stats;
    double sum = 0, steps = (double)((s->end - s->first) * s->record->chains);
    for (size_t i = at(s, s->first, 0); stats->leapfrog && i < at(s, s->end, 0); i++)
        sum += stats->leapfrog[i];
    d->gradients = stats->leapfrog ? sum / steps : NAN;
    for (size_t k = 0; stats->step_size && k < s->record->chains; k++) {
        double size = stats->step_size[at(s, s->end - 1, k)];
        d->step_range[0] = k ? fmin(d->step_range[0], size) : size;
        d->step_range[1] = k ? fmax(d->step_range[1], size) : size;
    }
}

static gs_status measure_bfmi(const span *s, gs_diagnosis *d, gs_error *error) {
    const double *energy = s->record->stats->energy;
    size_t n = s->end - s->first;
    if (!energy || n < 2)
        return GS_OK;
    double *row = gs_alloc(n, sizeof *row);
    if (!row)
        return gs_fail_memory(error, "the energies of chains");
    for (size_t k = 0; k < s->record->chains; k++) {
        double bfmi = NAN;
        for (size_t i = 0; i < n; i++)
            row[i] = energy[at(s, s->first + i, k)];
        gs_chain_bfmi(row, 1, n, &bfmi, NULL);
        d->bfmi = fmin(d->bfmi, bfmi); /* which ignores NaN */
        d->bfmi_chains += bfmi < GS_BFMI_LOW;
    }
    gs_free(row);
    return GS_OK;
}

gs_status gs_stepping_measure(const gs_record *record, size_t first, gs_diagnosis *diagnosis, gs_error *error) {
    gs_diagnosis *d = diagnosis;
    d->bfmi = d->depth = d->gradients = d->step_range[0] = d->step_range[1] = NAN;
    if (!record->stats)
        return GS_OK;
    span s = {.record = record, .first = first, .end = record->steps};
    count_divergences(&s, d);
    measure_depth(&s, d);
    measure_cost(&s, d);
    return measure_bfmi(&s, d, error);
}
