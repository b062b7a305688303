#include "app/curve.h"

#include <math.h>

#include "measure/statistics.h"

static size_t step_of(gs_curve_rows rows, size_t row) {
    return rows.step ? rows.step[row] : row;
}

/* Allocates the steps and `arrays` arrays of points. */
static gs_status start(gs_curve *curve, gs_curve_rows rows, size_t most, size_t arrays, gs_error *error) {
    *curve = (gs_curve){.n = rows.last < most ? rows.last + 1 : most};
    curve->memory = gs_alloc(arrays, curve->n * sizeof(double));
    curve->row = gs_alloc(curve->n, sizeof *curve->row);
    if (!curve->memory || !curve->row)
        return gs_fail_memory(error, "the curves of chains");
    curve->step = curve->memory;
    double steps = (double)step_of(rows, rows.last);
    for (size_t i = 0, row = 0; i < curve->n; i++) {
        double step = floor((double)i * steps / (double)(curve->n - 1) + 0.5);
        while (row < rows.last && (double)step_of(rows, row) < step)
            row++;
        curve->row[i] = row;
        curve->step[i] = (double)step_of(rows, row);
    }
    return GS_OK;
}

gs_status gs_curve_fill(gs_curve *curve, const float *values, gs_curve_rows rows, size_t chains, size_t most,
                        gs_error *error) {
    gs_status status = start(curve, rows, most, 4 + GS_CURVE_SINGLES, error);
    double *row = !status ? gs_alloc(chains, sizeof *row) : NULL;
    if (!row)
        return !status ? gs_fail_memory(error, "the curves of chains") : status;
    size_t n = curve->n;
    curve->low = curve->memory + n;
    curve->median = curve->low + n;
    curve->high = curve->median + n;
    curve->singles = chains > GS_CURVE_SINGLES ? GS_CURVE_SINGLES : chains > 1 ? (int)chains : 0;
    for (int j = 0; j < curve->singles; j++) {
        curve->chain[j] = (size_t)j * chains / (size_t)curve->singles;
        curve->single[j] = curve->high + (size_t)(j + 1) * n;
    }
    for (size_t i = 0; i < n; i++) {
        const float *at = values + curve->row[i] * chains;
        for (size_t k = 0; k < chains; k++)
            row[k] = (double)at[k];
        for (int j = 0; j < curve->singles; j++)
            curve->single[j][i] = row[curve->chain[j]];
        size_t finite = gs_sort_finite(row, chains);
        curve->low[i] = gs_quantile(row, finite, 0.05);
        curve->median[i] = gs_quantile(row, finite, 0.5);
        curve->high[i] = gs_quantile(row, finite, 0.95);
    }
    gs_free(row);
    return GS_OK;
}

gs_status gs_curve_fill_acceptance(gs_curve *curve, const float *values, gs_curve_rows rows, size_t chains, size_t most,
                                   gs_error *error) {
    gs_status status = start(curve, rows, most, 2, error);
    if (status)
        return status;
    curve->median = curve->memory + curve->n;
    curve->median[0] = NAN;
    for (size_t i = 1; i < curve->n; i++) {
        double sum = 0, count = 0;
        for (size_t r = curve->row[i - 1]; r < curve->row[i]; r++) {
            double steps = (double)(step_of(rows, r + 1) - step_of(rows, r));
            count += steps * (double)chains;
            for (size_t k = 0; k < chains; k++)
                sum += steps * (double)values[r * chains + k];
        }
        curve->median[i] = sum / count;
    }
    return GS_OK;
}

void gs_curve_free(gs_curve *curve) {
    gs_free(curve->memory);
    gs_free(curve->row);
    *curve = (gs_curve){0};
}
