/* Draws of chains, each chain as two halves, as the statistics of chains read them (Vehtari et al. 2021). Thread-safe.
 */
#ifndef GS_MEASURE_HALVES_H
#define GS_MEASURE_HALVES_H

#include "base/base.h"

/* A half of 2 draws has a variance. Geyer's sequence needs one pair of autocorrelations beyond the first, so a half of
 * 5 draws: with fewer its sum would be empty, and the effective sample size would be the same whatever the draws
 * are. */
enum { GS_HALVES_DRAWS_MIN = 4, GS_HALVES_ESS_MIN = 10 };

/* A draw and its place among them. */
typedef struct gs_ranked {
    double value;
    size_t place;
} gs_ranked;

/* Bytes that gs_chain_summarize takes at a time, at most, per draw: all draws sorted, room for what is made of them,
 * their halves, those ranked, and the C library's copy of these while it sorts them. */
enum { GS_SUMMARY_DRAW_BYTES = 3 * sizeof(double) + 2 * sizeof(gs_ranked) };

/* Each chain as two: its first and its last n / 2 draws. */
typedef struct gs_halves {
    size_t rows, n;   /* 2 x chains, n / 2 */
    double *draws;    /* (rows, n) */
    double *work;     /* (rows) */
    gs_ranked *order; /* (rows, n) after gs_halves_rank, by value; or NULL */
    double within;    /* W: mean of the rows' unbiased variances */
    double variance;  /* var+: W (n - 1) / n + the unbiased variance of the rows' means */
    bool spread;      /* whether all draws are finite and not all are equal */
} gs_halves;

/* Split `chains` chains of n draws, (chains, n), of which `least` are needed. To be freed, also on failure. Errors:
 * GS_ERROR_ARGUMENT, GS_ERROR_MEMORY. */
gs_status gs_halves_split(gs_halves *halves, const double *draws, size_t chains, size_t n, size_t least,
                          gs_error *error);
void gs_halves_free(gs_halves *halves);

/* Replace each draw by the normal quantile of (rank - 3/8) / (count + 1/4), equal ones by that of their mean rank
 * (Vehtari et al. 2021, equation 14); *median gets the median of what was there. Errors: GS_ERROR_MEMORY. */
gs_status gs_halves_rank(gs_halves *halves, double *median, gs_error *error);

/* After gs_halves_rank: put the distances of what was there before from the median in their places. */
void gs_halves_fold(gs_halves *halves, double median);

/* sqrt(var+ / W); NaN for draws that are all equal. */
double gs_halves_rhat(gs_halves *halves);

/* The effective sample size by Geyer's initial monotone sequence; changes the draws. Errors: GS_ERROR_MEMORY. */
gs_status gs_halves_ess(gs_halves *halves, double *ess, gs_error *error);

#endif
