/* Scores that are linear in their parameters, s(x) = sum_j t_j f_j(x), with f_j the gradients of given functions in the
 * plane: every objective of score matching is then quadratic, and its minimiser solves A t = b with
 * A = E[f f'], b = E[f s] of the score s (Hyvarinen 2005) or what stands for it. */
#ifndef GS_STUDY_LEAST_SQUARES_H
#define GS_STUDY_LEAST_SQUARES_H

#include <stdbool.h>
#include <stddef.h>

enum { GS_BUMP_COLUMNS = 7, GS_BUMP_ROWS = 5, GS_FEATURES = GS_BUMP_COLUMNS * GS_BUMP_ROWS + 3 };

/* The features at x, and their second derivatives (11, 12, 22), which are symmetric. */
typedef struct gs_features {
    double at[2][GS_FEATURES], slope[3][GS_FEATURES];
} gs_features;

void gs_features_find(const double x[2], gs_features *features);

/* The score of parameters t at x, both coordinates. */
void gs_features_score(const double t[GS_FEATURES], const double x[2], double score[2]);

/* A symmetric matrix A, of which the lower half is looked at, becomes its Cholesky factor; false unless it is positive
 * definite. */
bool gs_cholesky(double a[GS_FEATURES][GS_FEATURES]);

/* x = A^-1 x. */
void gs_cholesky_solve(const double factor[GS_FEATURES][GS_FEATURES], double x[GS_FEATURES]);

#endif
