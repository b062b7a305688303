/* How far from the data range chains may be, and the words for those that are farther. */
#ifndef GS_BOUNDS_H
#define GS_BOUNDS_H

#include "model/model.h"

/* The notes about one chain, for gs_outcome. */
typedef struct gs_fate {
    uint64_t evaluations; /* of networks */
    double beyond; /* how far its result is beyond the data range, where that is more than is to be expected; else 0 */
    uint64_t coarse; /* steps whose error exceeds the tolerance, though no step is shorter */
    bool stuck;      /* accepted next to nothing after burn-in, or ended where it began */
    bool unopposed;  /* accepted nearly all after burn-in */
    bool apart;      /* neighbours among its replicas exchanged next to nothing */
    bool capped;     /* a larger zeta than 1 was of no use */
    bool thrown;     /* only the clamp kept its last step anywhere near the data range */
} gs_fate;

/* The first chain that left its bounds. */
typedef struct gs_divergence {
    uint64_t chain;
    const char *what;
    double beyond; /* of the data range; INFINITY: not finite */
    double reach;  /* of its noise level */
    uint64_t step;
} gs_divergence;

/* T of samplers of exp(-E / T); 1 for the others. */
double gs_bounds_temperature(const gs_sample_options *options);

/* No normal number that a chain draws is farther from 0. */
#define GS_BOUNDS_DEVIATIONS 5.77

/* Distance beyond the data range that is to be expected at noise level sigma at most: 10 (w + sigma) max(1, T), w the
 * range's width. A state there is a clean image, which lies within the range, with noise of sigma, whose numbers are at
 * most GS_BOUNDS_DEVIATIONS; good networks overshoot the range by two widths at times. Distributions exp(-E / T) widen
 * by less than T where E grows at least as fast as a straight line. */
double gs_bounds_reach(const gs_model *model, double temperature, double sigma);

/* The same for what is to be expected of a result, which is no image, however right, where T is above GS_BOUNDS_HOT; T
 * counts as that at most. */
enum { GS_BOUNDS_HOT = 10000 };
double gs_bounds_expected(const gs_model *model, double temperature, double sigma);

/* A bound that no sound run reaches, in units of the distance above: guidance of 100, the largest that is allowed,
 * moves the means of images by 100 widths at most, a tenth of this bound. */
enum { GS_BOUNDS_DIVERGED = 100 };

/* How far the farthest of `size` pixels is beyond the data range, INFINITY where one is not finite; 0 where it is not
 * above `least`. */
double gs_bounds_beyond(const gs_model *model, const float *x, size_t size, double least);

/* GS_ERROR_DIVERGED in words, with advice on what to change. */
gs_status gs_bounds_fail(const gs_sample_options *options, const gs_divergence *divergence, gs_error *error);

/* Sum up the notes about n chains; `first` is the number of the first one. */
void gs_bounds_sum(const gs_fate *fate, size_t n, uint64_t first, double reach, gs_outcome *outcome);

#endif
