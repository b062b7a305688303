#include "study/line.h"

#include <math.h>

#include "base/math64.h"

/* Normal numbers are summed up at points ZS_PER_ONE per unit up to +-Z_MOST: the error of that sum, beyond what
 * interpolation leaves, is below exp(-2 pi^2 ZS_PER_ONE^2) for the smooth part of q (Poisson's formula). */
enum { ZS_PER_ONE = 3, Z_MOST = 6, ZS = 2 * ZS_PER_ONE * Z_MOST + 1, PARTS = 4000 };
static const double pi = 3.14159265358979324;

double gs_line_normal(double x, double mean, double sd) {
    return 0.5 * (1 + gs_erf64((x - mean) / (sd * sqrt(2))));
}

double gs_line_share(const gs_line_mixture *m, double sigma, int k, double x) {
    double v = m->variance + sigma * sigma, sum = 0, a = x - m->mean[k];
    for (int i = 0; i < m->count; i++) {
        double b = x - m->mean[i];
        sum += m->weight[i] / m->weight[k] * gs_exp64((a * a - b * b) / (2 * v));
    }
    return 1 / sum;
}

double gs_line_score(const gs_line_mixture *m, double sigma, double x) {
    double sum = 0;
    for (int k = 0; k < m->count; k++)
        sum += gs_line_share(m, sigma, k, x) * (m->mean[k] - x);
    return sum / (m->variance + sigma * sigma);
}

bool gs_line_create(gs_study *study, double low, double high, int n, gs_line *line) {
    *line = (gs_line){low, high, n, gs_study_room(study, (size_t)n, sizeof(double)),
                      gs_study_room(study, 2 * (size_t)n, sizeof(double))};
    return line->value && line->work;
}

double gs_line_point(const gs_line *line, int i) {
    return line->low + i * (line->high - line->low) / (line->n - 1);
}

static double at(const gs_line *line, int i) {
    return line->value[i < 0 ? 0 : i >= line->n ? line->n - 1 : i];
}

/* By the cubic through the four points around x (Lagrange). A straight line between two would, step after step, make
 * chains spread more than they do. */
static double value(const gs_line *line, double x) {
    double t = (x - line->low) * (line->n - 1) / (line->high - line->low);
    if (!(t > 0))
        return line->value[0];
    if (t >= line->n - 1)
        return line->value[line->n - 1];
    int i = (int)t;
    double f = t - i, a = at(line, i - 1), b = at(line, i), c = at(line, i + 1), d = at(line, i + 2);
    return -f * (f - 1) * (f - 2) / 6 * a + (f + 1) * (f - 1) * (f - 2) / 2 * b - (f + 1) * f * (f - 2) / 2 * c +
           (f + 1) * f * (f - 1) / 6 * d;
}

static double pulled(const gs_line_step *step, double x) {
    return x + step->pull * gs_line_score(step->mixture, step->sigma, x);
}

void gs_line_begin(gs_line *line, const gs_line_step *step, double low, double high) {
    double sd = sqrt(step->noise);
    for (int i = 0; i < line->n; i++) {
        double mean = pulled(step, gs_line_point(line, i));
        line->value[i] = gs_line_normal(high, mean, sd) - gs_line_normal(low, mean, sd);
    }
}

static double weighted_sum(const gs_line *line, double mean, double sd, const double weight[ZS]) {
    double sum = 0;
    for (int j = 0; j < ZS; j++)
        sum += weight[j] * value(line, mean + sd * ((double)j / ZS_PER_ONE - Z_MOST));
    return sum;
}

static void normal_weights(double weight[ZS]) {
    double sum = 0;
    for (int j = 0; j < ZS; j++) {
        double z = (double)j / ZS_PER_ONE - Z_MOST;
        sum += weight[j] = gs_exp64(-z * z / 2);
    }
    for (int j = 0; j < ZS; j++)
        weight[j] /= sum;
}

void gs_line_back(gs_line *line, const gs_line_step *step, int steps) {
    double weight[ZS], sd = sqrt(step->noise);
    normal_weights(weight);
    for (int i = 0; i < line->n; i++)
        line->work[i] = pulled(step, gs_line_point(line, i));
    for (int t = 0; t < steps; t++) {
        double *next = line->work + line->n;
        for (int i = 0; i < line->n; i++)
            next[i] = weighted_sum(line, line->work[i], sd, weight);
        for (int i = 0; i < line->n; i++)
            line->value[i] = next[i];
    }
}

/* The mean of the line's function under a density, by PARTS equal parts between two points. */
static double mean_over(const gs_line *line, double low, double high, double (*density)(double x, const double *of),
                        const double *of) {
    double sum = 0, width = (high - low) / PARTS;
    for (int i = 0; i < PARTS; i++) {
        double x = low + (i + 0.5) * width;
        sum += value(line, x) * density(x, of) * width;
    }
    return sum;
}

static double normal(double x, const double *mean_sd) {
    double z = (x - mean_sd[0]) / mean_sd[1];
    return gs_exp64(-z * z / 2) / (mean_sd[1] * sqrt(2 * pi));
}

/* The sum of two uniform numbers, over sqrt(2), that is at most `most`: a triangle. */
static double triangle(double x, const double *most) {
    return (1 - fabs(x) / *most) / *most;
}

double gs_line_from_normal(const gs_line *line, double mean, double sd) {
    return mean_over(line, mean - 2 * Z_MOST * sd, mean + 2 * Z_MOST * sd, normal, (const double[]){mean, sd});
}

double gs_line_from_square(const gs_line *line, double half) {
    double most = half * sqrt(2);
    return mean_over(line, -most, most, triangle, &most);
}
