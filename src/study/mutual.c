#include "study/mutual.h"

#include <math.h>
#include <string.h>

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

gs_estimate gs_estimate_mutual(const gs_contingency *table) {
    margins m = sum_up(table);
    double square, plain = information_of(table, &m, &square), bias = bias_of(&m);
    return gs_estimate_error(plain - bias, sqrt(fmax(0, square - plain * plain) / m.n + bias / m.n));
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
