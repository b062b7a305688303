#include "changes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/statistics.h"
#include "random/random.h"

enum { SIDE_LEAST = 3, SHUFFLES = 1999, AS_LARGE_MOST = 1 };
static const uint64_t SEED = 0x9E3779B97F4A7C15u;

typedef struct search {
    const double *values;
    double *scores, *scratch; /* (n) each */
    bench_change *change;
    size_t changes;
} search;

static double median_of(double *x, size_t n) {
    gs_sort(x, n);
    return gs_median(x, n);
}

/* Logarithms minus their mean, after those far from their median were moved closer to it. */
static void standardise(search *s, size_t from, size_t n) {
    static const double far = 5 * 1.4826; /* median deviations: five standard ones of normal noise */
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        s->scratch[i] = s->scores[i] = log(s->values[from + i]);
    double middle = median_of(s->scratch, n);
    for (size_t i = 0; i < n; i++)
        s->scratch[i] = fabs(s->scores[i] - middle);
    double most = far * median_of(s->scratch, n);
    for (size_t i = 0; i < n; i++) {
        s->scores[i] -= middle;
        if (most > 0)
            s->scores[i] = fmax(-most, fmin(most, s->scores[i]));
        mean += s->scores[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++)
        s->scores[i] -= mean;
}

/* The largest standardised sum, and the number of values before the split. */
static double find_split(const double *scores, size_t n, size_t *split) {
    double sum = 0, most = -1;
    for (size_t t = 1; t + SIDE_LEAST <= n; t++) {
        sum += scores[t - 1];
        double size = fabs(sum) / sqrt((double)t * (double)(n - t));
        if (t >= SIDE_LEAST && size > most) {
            most = size;
            *split = t;
        }
    }
    return most;
}

static bool is_rare(search *s, size_t n, double observed) {
    size_t split, as_large = 0;
    memcpy(s->scratch, s->scores, n * sizeof *s->scratch);
    for (uint32_t i = 0; i < SHUFFLES && as_large <= AS_LARGE_MOST; i++) {
        gs_random_shuffle(SEED, (const uint32_t[]){i, 0, 0}, s->scratch, n, sizeof *s->scratch);
        as_large += find_split(s->scratch, n, &split) >= observed * (1 - 1e-12);
    }
    return as_large <= AS_LARGE_MOST;
}

/* The logarithm of the median. */
static double level_of(search *s, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        s->scratch[i - from] = log(s->values[i]);
    return median_of(s->scratch, to - from);
}

/* Depth-first from the left, so that changes come in order. */
static void search_in(search *s, size_t from, size_t to) {
    size_t n = to - from, split = 0;
    if (n < 2 * SIDE_LEAST || s->changes == BENCH_CHANGES_MAX)
        return;
    standardise(s, from, n);
    double observed = find_split(s->scores, n, &split);
    if (!is_rare(s, n, observed))
        return;
    size_t at = from + split;
    if (fabs(level_of(s, at, to) - level_of(s, from, at)) < log(BENCH_CHANGE_LEAST))
        return;
    search_in(s, from, at);
    if (s->changes < BENCH_CHANGES_MAX)
        s->change[s->changes++].at = at;
    search_in(s, at, to);
}

gs_status bench_changes_find(const double *values, size_t n, bench_change changes[BENCH_CHANGES_MAX], size_t *count,
                             gs_error *error) {
    search s = {.values = values,
                .scores = gs_alloc(n, sizeof *s.scores),
                .scratch = gs_alloc(n, sizeof *s.scratch),
                .change = changes};
    bool memory = s.scores && s.scratch;
    if (memory)
        search_in(&s, 0, n);
    for (size_t i = 0; i < s.changes; i++) {
        size_t before = i ? changes[i - 1].at : 0, after = i + 1 < s.changes ? changes[i + 1].at : n;
        changes[i].ratio = exp(level_of(&s, changes[i].at, after) - level_of(&s, before, changes[i].at));
    }
    gs_free(s.scores);
    gs_free(s.scratch);
    *count = s.changes;
    return memory ? GS_OK : gs_fail_memory(error, "looking for changes");
}
