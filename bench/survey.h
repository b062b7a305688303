/* genbench quality: every sampler on every density and network that it applies to, at several numbers of network
 * evaluations, as tables in Markdown; and pictures of the same seed side by side. */
#ifndef BENCH_SURVEY_H
#define BENCH_SURVEY_H

#include "bench.h"

enum { BENCH_BUDGETS = 4, BENCH_JUDGES = 2, BENCH_SHOWN = 12, BENCH_FEW = 32, BENCH_SAMPLERS_MAX = 64 };

/* Frechet distance above which samples are no digits, so that more of them would say no more. */
#define BENCH_HOPELESS 150.0

/* What is sampled. */
typedef struct bench_target {
    char name[BENCH_NAME_ROOM];
    const gs_density *density; /* NULL: a network of images */
    const gs_model *model;     /* what samplers that go down noise levels move in */
    const gs_model *still;     /* what the others do: of a density without noise levels, else `model` */
    gs_plan *plan, *still_plan;
    gs_plan *judge[BENCH_JUDGES]; /* NULL: there is none */
    gs_model *judging[BENCH_JUDGES];
    size_t n, few, size;           /* few: samples from which n of a network are not drawn if they are hopeless */
    int *labels;                   /* (n), or NULL */
    float *exact;                  /* (n, size) exact draws of a density, or NULL */
    double mean_exact, *mean, *sd; /* mean distance of two exact draws; moments of coordinates, (size) */
} bench_target;

/* What a sampler did with a number of evaluations. */
typedef struct bench_outcome {
    double evaluations;           /* per sample that it took; NAN: no number of steps takes about so many */
    double quality[BENCH_JUDGES]; /* Frechet distance by each judge, or energy distance first: less is better; NAN where
                                     there is none */
    double mean, sd; /* of a density: the largest error of a coordinate's mean, in deviations, and of its deviation, as
                        a share of it */
} bench_outcome;

/* Open a density by its row, or a network, which stays the caller's, with its judge and, where there is one beside it,
 * the second judge. Products of networks are of `dtype`. Errors: those of the library. */
gs_status bench_target_density(bench_target *target, const char *name, size_t n, uint64_t seed, int threads,
                               gs_error *error);
gs_status bench_target_network(bench_target *target, const bench_model *model, const char *judge, size_t n,
                               uint64_t seed, int threads, gs_dtype dtype, gs_error *error);
void bench_target_close(bench_target *target);

/* Draw (n, size) samples with about `budget` evaluations each, and judge them, of a network the first `few` where their
 * Frechet distance is above BENCH_HOPELESS; outcome->evaluations is NAN if the
 * sampler does not apply, or takes more. Errors: GS_ERROR_MEMORY, GS_ERROR_INTERRUPTED. */
gs_status bench_target_sample(const bench_target *target, const gs_sampler_info *sampler, int budget, uint64_t seed,
                              float *samples, bench_outcome *outcome, gs_error *error);

#endif
