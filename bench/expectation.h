/* The expected quality of a network's samples: quality.json beside its weight file, which models/quality.py writes.
 *
 *     {"gensample_quality": 1, "rows": [
 *       {"model": "ncsn", "model_hash": "...", "judge_hash": "...", "sampler": "dpmpp-2m", "n": 512,
 *        "seeds": [1, ...], "frechet": [...], "agreement": [...]}]}
 *
 * The hashes of both files tie a row to a network and a judge, so that it cannot be mistaken for another's, and neither
 * file has to change when the other does. For each of 3 to 64 seeds it has the Frechet distance of n samples with the
 * network's own settings and, for networks that take labels, the agreement. */
#ifndef BENCH_EXPECTATION_H
#define BENCH_EXPECTATION_H

#include "base/base.h"

enum { BENCH_SEEDS_LEAST = 3, BENCH_SEEDS_MOST = 64 };

/* The probability that samples which are as good as those of the seeds are called too poor, or too good, because of
 * their distance; the same holds for their agreement. */
#define BENCH_QUALITY_ALARM 1e-4

typedef struct bench_expectation {
    int seeds;      /* 0 if there is no expectation */
    int agreements; /* seeds, or 0 */
    size_t n;
    double frechet[BENCH_SEEDS_MOST], agreement[BENCH_SEEDS_MOST];
} bench_expectation;

/* The key of the row that is looked for. */
typedef struct bench_expected {
    const char *model_path, *model_hash, *judge_hash, *sampler;
    size_t n;
} bench_expected;

/* Find the row; if there is none, or no file, *expectation has no seeds. Errors: GS_ERROR_FILE, which names file and
 * place; GS_ERROR_MEMORY. */
gs_status bench_expectation_find(const bench_expected *expected, bench_expectation *expectation, gs_error *error);

/* The distances between which that of another seed lies with probability 1 - BENCH_QUALITY_ALARM if their logarithms
 * are normal: exp(m -+ t s sqrt(1 + 1/k)), with mean and standard deviation of the k seeds' logarithms and Student's t
 * of k - 1 degrees of freedom. */
void bench_expected_distances(const bench_expectation *expectation, double *low, double *high);

/* Fisher's exact test: the probability that another n samples agree with their labels as rarely, or as often, if they
 * come from the same distribution as those of all seeds together; twice the smaller of both tails. */
double bench_agreement_chance(const bench_expectation *expectation, double agreement);

#endif
