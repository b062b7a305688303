#include "study/mutual.h"

#include <math.h>
#include <string.h>

#include "measure/statistics.h"
#include "random/random.h"

enum { SIDE_MAX = 64 };

/* Sums of a table. */
typedef struct margins {
    double n, row[SIDE_MAX], column[SIDE_MAX];
    int rows, columns; /* that are not empty */
} margins;

static margins sum_up(const gs_contingency *t) {
    margins m = {0};
    for (int i = 0; i < t->rows; i++) {
        for (int j = 0; j < t->columns; j++) {
            double count = (double)t->count[i * t->columns + j];
            m.row[i] += count;
            m.column[j] += count;
            m.n += count;
        }
        m.rows += m.row[i] > 0;
    }
    for (int j = 0; j < t->columns; j++)
        m.columns += m.column[j] > 0;
    return m;
}

/* The means of log(p_ij / (p_i p_j)) and of its square. */
static double information_of(const gs_contingency *t, const margins *m, double *square) {
    double sum = 0;
    *square = 0;
    for (int i = 0; i < t->rows; i++) {
        for (int j = 0; j < t->columns; j++) {
            double count = (double)t->count[i * t->columns + j];
            double surprise = count > 0 ? log(count * m->n / (m->row[i] * m->column[j])) : 0;
            sum += count / m->n * surprise;
            *square += count / m->n * surprise * surprise;
        }
    }
    return sum;
}

static double bias_of(const margins *m) {
    return (m->rows - 1) * (m->columns - 1) / (2 * m->n);
}

double gs_mutual_plain(const gs_contingency *table) {
    margins m = sum_up(table);
    double square;
    return m.n > 0 ? information_of(table, &m, &square) : NAN;
}

double gs_mutual_bias(const gs_contingency *table) {
    margins m = sum_up(table);
    return bias_of(&m);
}

/* The standard normal quantile at which x is in the noncentral chi-square distribution of f degrees and noncentrality
 * l, by Sankaran's third approximation (1963), which is Wilson and Hilferty's where l is 0. */
static double score_of(double x, double f, double l) {
    double h = 1 - 2.0 / 3 * (f + l) * (f + 3 * l) / ((f + 2 * l) * (f + 2 * l));
    double p = (f + 2 * l) / ((f + l) * (f + l)), m = (h - 1) * (1 - 3 * h);
    double mean = 1 + h * p * (h - 1 - 0.5 * (2 - h) * m * p);
    return (pow(x / (f + l), h) - mean) / (h * sqrt(2 * p) * (1 + 0.5 * m * p));
}

/* The noncentrality at which x has that score, which falls with it; 0 if it is lower at 0 already. */
static double noncentrality_of(double x, double f, double score) {
    enum { HALVINGS = 60 };
    double low = 0, high = 1;
    if (score_of(x, f, 0) <= score)
        return 0;
    while (score_of(x, f, high) > score)
        high *= 2;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        *(score_of(x, f, middle) > score ? &low : &high) = middle;
    }
    return low;
}

gs_estimate gs_estimate_mutual(const gs_contingency *table) {
    margins m = sum_up(table);
    double square, plain = information_of(table, &m, &square), freedom = 2 * m.n * bias_of(&m);
    double score = gs_normal_quantile(1 - (1 - GS_STUDY_CONFIDENCE) / 2), twice = 2 * m.n;
    if (!(freedom > 0))
        return gs_exact(plain);
    double value = fmax(0, plain - bias_of(&m)), reach = score * sqrt(fmax(0, square - plain * plain) / m.n);
    double low = noncentrality_of(twice * plain, freedom, score) / twice;
    double high = noncentrality_of(twice * plain, freedom, -score) / twice;
    return (gs_estimate){value, fmax(0, fmin(low, value - reach)), fmax(high, value + reach)};
}

gs_status gs_mutual_permuted(gs_study *study, const int *first, const int *second, size_t n, int rows, int columns,
                             int trials, double *information) {
    uint64_t count[SIDE_MAX * SIDE_MAX];
    int *mixed = gs_study_room(study, n, sizeof *mixed);
    const gs_contingency table = {rows, columns, count};
    if (!mixed)
        return GS_ERROR_MEMORY;
    memcpy(mixed, second, n * sizeof *mixed);
    for (int trial = 0; trial < trials; trial++) {
        const uint32_t stream[3] = {(uint32_t)trial, 1, (uint32_t)GS_STREAM_ORDER << 28};
        memset(count, 0, sizeof count);
        gs_random_shuffle(gs_study_seed(study), stream, mixed, n, sizeof *mixed);
        for (size_t k = 0; k < n; k++)
            count[first[k] * columns + mixed[k]]++;
        information[trial] = gs_mutual_plain(&table) - gs_mutual_bias(&table);
    }
    return GS_OK;
}
