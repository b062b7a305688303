/* Chains on a line, exactly: what is expected of a chain's last state, as a function of where it is some steps earlier.
 * One step of Langevin dynamics, x <- x + pull s(x) + sqrt(noise) z, makes of the function q(x) the function E q of the
 * next state (Kolmogorov's backward equation in discrete time); from the last step back to the first, that gives what
 * is expected of every start at once, step sizes and unfinished mixing included. In more dimensions it holds of a
 * coordinate along which the score depends on that coordinate alone, as it does for a mixture of equal Gaussians whose
 * means lie on a line, or on a grid whose weights are products. */
#ifndef GS_STUDY_LINE_H
#define GS_STUDY_LINE_H

#include "study/study.h"

enum { GS_LINE_MEANS = 8 };

/* sum_k weight_k N(mean_k, variance). */
typedef struct gs_line_mixture {
    int count;
    double mean[GS_LINE_MEANS], weight[GS_LINE_MEANS], variance;
} gs_line_mixture;

/* Weight of the k-th Gaussian at x, given noise of deviation sigma, and the score there. */
double gs_line_share(const gs_line_mixture *mixture, double sigma, int k, double x);
double gs_line_score(const gs_line_mixture *mixture, double sigma, double x);

/* Phi((x - mean) / sd). */
double gs_line_normal(double x, double mean, double sd);

/* A function on a line, by its values at `n` points from `low` to `high`, beyond which it is constant. */
typedef struct gs_line {
    double low, high;
    int n;
    double *value; /* (n) */
    double *work;  /* (2, n) */
} gs_line;

/* A line in a study's memory; false: there is none. */
bool gs_line_create(gs_study *study, double low, double high, int n, gs_line *line);
double gs_line_point(const gs_line *line, int i);

/* What the chain is in before `steps` steps at noise level sigma, after which the function is as it was. The first
 * call of a line is for the last steps, and begins with the function that is 1 in low ... high and 0 elsewhere. */
typedef struct gs_line_step {
    const gs_line_mixture *mixture;
    double sigma, pull, noise;
} gs_line_step;
void gs_line_begin(gs_line *line, const gs_line_step *step, double low, double high);
void gs_line_back(gs_line *line, const gs_line_step *step, int steps);

/* Its mean for a chain that begins at N(mean, sd^2), or uniformly on the part of the line below `half` in the sum of
 * two coordinates, each uniform in -half ... half, over sqrt(2). */
double gs_line_from_normal(const gs_line *line, double mean, double sd);
double gs_line_from_square(const gs_line *line, double half);

#endif
