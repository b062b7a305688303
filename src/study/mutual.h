/* Mutual information of two attributes from how often their values were seen together. */
#ifndef GS_STUDY_MUTUAL_H
#define GS_STUDY_MUTUAL_H

#include "study/study.h"

/* A table of counts, (rows, columns). */
typedef struct gs_contingency {
    int rows, columns;
    const uint64_t *count;
} gs_contingency;

/* The mutual information in nats, sum p_ij log(p_ij / (p_i p_j)), of the counts' own shares, which is too large by
 * (R - 1) (C - 1) / 2n on average for independent attributes (Miller 1955), with R rows and C columns that are not
 * empty. NaN for no counts. */
double gs_mutual_plain(const gs_contingency *table);
double gs_mutual_bias(const gs_contingency *table);

/* The same less its bias, but not below 0. The interval is the wider one of two: of the noncentral chi-square
 * distribution, which 2n times the plain information has for attributes that are nearly independent, of (R - 1) (C - 1)
 * degrees and with 2n times the true information as its noncentrality; and of the normal distribution, which it has for
 * others, of variance v / n, v being that of log(p_ij / (p_i p_j)). It begins at 0 where independence is possible. */
gs_estimate gs_estimate_mutual(const gs_contingency *table);

/* How large it is where nothing is common: of `trials` random orders of the second attribute, (n) values below
 * `columns`, gets the information less its bias, (trials). Errors: GS_ERROR_MEMORY. */
gs_status gs_mutual_permuted(gs_study *study, const int *first, const int *second, size_t n, int rows, int columns,
                             int trials, double *information);

#endif
