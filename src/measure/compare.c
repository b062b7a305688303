/* Compares the distributions of samples and of real images: every figure, the same figure of real images, and its
 * standard error. */
#include <math.h>
#include <string.h>

#include "base/floats.h"
#include "measure/frechet.h"
#include "measure/judge.h"
#include "measure/neighbours.h"
#include "random/random.h"

enum { RESAMPLES_FROM = 16 }; /* samples from which halves say something */

/* Some rows of a feature set in memory of their own. */
typedef struct feature_rows {
    float *at; /* (n, d) */
    size_t n;
} feature_rows;

/* The state of one comparison. */
typedef struct comparing {
    gs_judge judge;
    int only; /* the one label of the samples, or -1 */
    int threads;
    feature_rows samples, reference, real;
    uint64_t *members; /* (the larger of samples and real images) halves that each is in; bit 0: all */
    double *moments;   /* the reference's mean and covariance, its root, the samples', and room to work */
    gs_neighbourhood hood;
} comparing;

/* ---- What is compared ---- */

static gs_status allocate_rows(feature_rows *rows, size_t n, size_t d, gs_error *error) {
    size_t all;
    rows->at = gs_mul_size(n, d, &all) ? gs_alloc(all, sizeof(float)) : NULL;
    return rows->at ? GS_OK : gs_fail_memory(error, "the features to compare");
}

static void append(feature_rows *rows, const gs_feature_set *set, size_t i, size_t d) {
    memcpy(rows->at + rows->n * d, set->features + i * d, d * sizeof(float));
    rows->n++;
}

/* The reference images that samples are compared with: all, or those of their one label. */
static gs_status choose_reference(comparing *c, gs_error *error) {
    const gs_feature_set *set = &c->judge.reference;
    gs_status status = allocate_rows(&c->reference, set->n, c->judge.d, error);
    for (size_t i = 0; !status && i < set->n; i++)
        if (c->only < 0 || (set->labels && (int)set->labels[i] == c->only))
            append(&c->reference, set, i, c->judge.d);
    return status;
}

/* Whether each of the samples has a label that the judge knows. */
static bool all_labelled(const gs_judge *judge, const int *labels, size_t n) {
    if (!labels)
        return false;
    for (size_t k = 0; k < n; k++)
        if (labels[k] < 0 || labels[k] >= judge->classes)
            return false;
    return true;
}

/* As many real images as there are samples, if that many exist: images of the same labels if these are known, else the
 * first ones. */
static gs_status choose_real(comparing *c, const int *labels, gs_error *error) {
    const gs_feature_set *set = &c->judge.real;
    size_t n = c->samples.n, next[GS_JUDGE_CLASSES_MAX] = {0};
    gs_status status = allocate_rows(&c->real, n < set->n ? n : set->n, c->judge.d, error);
    bool by_label = set->labels && all_labelled(&c->judge, labels, n);
    if (c->only >= 0 && !by_label)
        return status; /* images of all labels are no match for one */
    for (size_t k = 0; !status && k < n && c->real.n < set->n; k++) {
        size_t *at = &next[by_label ? labels[k] : 0];
        while (by_label && *at < set->n && (int)set->labels[*at] != labels[k])
            ++*at;
        if (*at < set->n)
            append(&c->real, set, (*at)++, c->judge.d);
    }
    return status;
}

static gs_status choose_members(comparing *c, uint64_t seed, gs_error *error) {
    size_t n = c->samples.n > c->real.n ? c->samples.n : c->real.n;
    c->members = gs_alloc(n, sizeof *c->members);
    for (size_t k = 0; c->members && k < n; k++) {
        uint32_t counter[4], words[4];
        gs_random_counter(GS_STREAM_RESAMPLE, k, 0, 0, counter);
        gs_random_words(seed, counter, words);
        c->members[k] = (uint64_t)words[0] << 32 | words[1] | 1;
    }
    return c->members ? GS_OK : gs_fail_memory(error, "the halves of the samples");
}

static gs_status prepare(comparing *c, const float *images, const int *labels, size_t n, uint64_t seed,
                         gs_error *error) {
    c->samples.n = n;
    c->only = gs_judge_only_label(&c->judge, labels, n);
    gs_status status = allocate_rows(&c->samples, n, c->judge.d, error);
    if (!status)
        status = gs_judge_evaluate(c->judge.plan, images, n, NULL, c->samples.at, error);
    if (!status)
        status = choose_reference(c, error);
    if (!status)
        status = choose_real(c, labels, error);
    return status ? status : choose_members(c, seed, error);
}

/* ---- Figures ---- */

/* The deviation of the halves' figures; NaN if one of them is unknown. */
static double deviation(const double *of_half, int halves) {
    double mean = 0, sum = 0;
    for (int i = 0; i < halves; i++)
        mean += of_half[i] / halves;
    for (int i = 0; i < halves; i++)
        sum += (of_half[i] - mean) * (of_half[i] - mean);
    return halves > 1 ? sqrt(sum / (halves - 1)) : NAN;
}

static double frechet_of(const comparing *c, const feature_rows *rows, int subset, const double *root) {
    size_t d = c->judge.d;
    double *mean = c->moments, *covariance = mean + d, *own = c->moments + d * (d + 1),
           *work = own + d * (d + 1) + d * d;
    size_t count = gs_subset_moments(rows->at, c->members, subset, rows->n, d, own, own + d, work);
    return count < 2 ? NAN : gs_frechet_to(mean, covariance, root, own, own + d, d, work);
}

/* The Frechet distances of samples, halves of them and real images to the reference; label: see gs_judge_moments. */
static gs_status measure_frechet(comparing *c, int *label, int halves, gs_measured *figure, gs_error *error) {
    size_t d = c->judge.d, room;
    double of_half[GS_SUBSETS];
    if (!gs_mul_size(d, 5 * d + 3, &room) || !(c->moments = gs_alloc(room, sizeof(double))))
        return gs_fail_memory(error, "the Frechet distance");
    *label = c->only;
    gs_judge_moments(&c->judge, label, c->moments);
    double *root = c->moments + 2 * d * (d + 1), *work = root + d * d;
    if (!gs_covariance_root(c->moments + d, d, root, work))
        return GS_OK;
    figure->value = frechet_of(c, &c->samples, 0, root);
    for (int i = 0; i < halves; i++)
        of_half[i] = frechet_of(c, &c->samples, i + 1, root);
    figure->error = deviation(of_half, halves);
    figure->real = frechet_of(c, &c->real, 0, root);
    return GS_OK;
}

static double value_of(const gs_neighbour_figures *figures, size_t offset) {
    return *(const double *)((const char *)figures + offset);
}

/* The source and the destination of each figure. */
static const struct {
    size_t from, to;
} neighbour_figures[] = {
    {offsetof(gs_neighbour_figures, kernel), offsetof(gs_comparison, kernel)},
    {offsetof(gs_neighbour_figures, precision), offsetof(gs_comparison, precision)},
    {offsetof(gs_neighbour_figures, recall), offsetof(gs_comparison, recall)},
    {offsetof(gs_neighbour_figures, density), offsetof(gs_comparison, density)},
    {offsetof(gs_neighbour_figures, coverage), offsetof(gs_comparison, coverage)},
};

static gs_measured *figure_of(gs_comparison *comparison, size_t i) {
    return (gs_measured *)((char *)comparison + neighbour_figures[i].to);
}

/* The figures that come from distances between pairs. */
static gs_status measure_neighbours(comparing *c, int halves, gs_comparison *comparison, gs_error *error) {
    gs_neighbour_figures of[GS_SUBSETS], of_real;
    size_t n = comparison->compared, real = c->real.n < n ? c->real.n : n;
    gs_status status =
        gs_neighbourhood_create(c->reference.at, c->reference.n, c->judge.d, c->threads, &c->hood, error);
    if (!status)
        status = gs_neighbourhood_measure(&c->hood, c->samples.at, c->members, n, halves + 1, of, error);
    if (!status && real > 0)
        status = gs_neighbourhood_measure(&c->hood, c->real.at, c->members, real, 1, &of_real, error);
    for (size_t i = 0; !status && i < GS_COUNT(neighbour_figures); i++) {
        gs_measured *figure = figure_of(comparison, i);
        double of_half[GS_SUBSETS];
        for (int h = 0; h < halves; h++)
            of_half[h] = value_of(&of[h + 1], neighbour_figures[i].from);
        figure->value = value_of(&of[0], neighbour_figures[i].from);
        figure->error = deviation(of_half, halves);
        figure->real = real > 0 ? value_of(&of_real, neighbour_figures[i].from) : NAN;
    }
    return status;
}

static void release(comparing *c) {
    gs_free(c->samples.at);
    gs_free(c->reference.at);
    gs_free(c->real.at);
    gs_free(c->members);
    gs_free(c->moments);
    gs_neighbourhood_free(&c->hood);
}

static gs_status compare(gs_plan *plan, const float *images, const int *labels, size_t n, uint64_t seed,
                         gs_comparison *comparison, gs_error *error) {
    *comparison = (gs_comparison){.n = n, .label = -1, .frechet = {NAN, NAN, NAN}};
    for (size_t i = 0; i < GS_COUNT(neighbour_figures); i++)
        *figure_of(comparison, i) = comparison->frechet;
    if (n < 1)
        return gs_fail(error, GS_ERROR_ARGUMENT, "the quality of no images");
    comparing c = {.threads = gs_plan_get_info(plan).threads};
    gs_status status = gs_judge_find(plan, &c.judge, error);
    if (!status)
        status = prepare(&c, images, labels, n, seed, error);
    int halves = n < RESAMPLES_FROM ? 0 : GS_SUBSETS - 1;
    if (!status)
        status = measure_frechet(&c, &comparison->label, halves, &comparison->frechet, error);
    comparison->resamples = halves;
    comparison->real = c.real.n;
    comparison->reference = c.reference.n < GS_NEIGHBOURHOOD_MIN ? 0 : c.reference.n;
    comparison->compared = n < comparison->reference ? n : comparison->reference;
    if (!status && comparison->compared)
        status = measure_neighbours(&c, halves, comparison, error);
    release(&c);
    return status;
}

gs_status gs_quality_compare(gs_plan *plan, const float *images, const int *labels, size_t n, uint64_t seed,
                             gs_comparison *comparison, gs_error *error) {
    fenv_t callers = gs_floats_enter();
    gs_status status = compare(plan, images, labels, n, seed, comparison, error);
    gs_floats_leave(&callers);
    return status;
}
