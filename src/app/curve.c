#include "app/curve.h"

#include <math.h>

#include "measure/statistics.h"

/* Allocates the steps and `rows` arrays of points. */
static gs_status start(gs_curve *curve, size_t steps, size_t most, size_t rows, gs_error *error) {
    *curve = (gs_curve){.n = steps < most ? steps + 1 : most};
    curve->memory = gs_alloc(rows, curve->n * sizeof(double));
    if (!curve->memory)
        return gs_fail_memory(error, "the curves of chains");
    curve->step = curve->memory;
    for (size_t i = 0; i < curve->n; i++)
        curve->step[i] = floor((double)i * (double)steps / (double)(curve->n - 1) + 0.5);
    return GS_OK;
}

gs_status gs_curve_fill(gs_curve *curve, const float *values, size_t steps, size_t chains, size_t most,
                        gs_error *error) {
    gs_status status = start(curve, steps, most, 4 + GS_CURVE_SINGLES, error);
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
        const float *at = values + (size_t)curve->step[i] * chains;
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

gs_status gs_curve_fill_acceptance(gs_curve *curve, const float *values, size_t steps, size_t chains, size_t most,
                                   gs_error *error) {
    gs_status status = start(curve, steps, most, 2, error);
    if (status)
        return status;
    curve->median = curve->memory + curve->n;
    curve->median[0] = NAN;
    for (size_t i = 1; i < curve->n; i++) {
        size_t first = (size_t)curve->step[i - 1] * chains, end = (size_t)curve->step[i] * chains;
        double sum = 0;
        for (size_t j = first; j < end; j++)
            sum += (double)values[j];
        curve->median[i] = sum / (double)(end - first);
    }
    return GS_OK;
}

void gs_curve_free(gs_curve *curve) {
    gs_free(curve->memory);
    *curve = (gs_curve){0};
}
