/* log Z by the weights of independent chains. */
#include <math.h>

#include "base/base.h"
#include "base/floats.h"
#include "base/math64.h"

/* With weights over their largest, so that none overflows; those of log weight -INFINITY are 0. */
static void estimate(const double *log_weight, size_t n, double top, gs_partition *p) {
    double sum = 0, squares = 0, spread = 0;
    for (size_t k = 0; k < n; k++) {
        double w = gs_exp64(log_weight[k] - top);
        sum += w;
        squares += w * w;
    }
    double mean = sum / (double)n;
    for (size_t k = 0; k < n; k++) {
        double off = gs_exp64(log_weight[k] - top) / mean - 1;
        spread += off * off;
    }
    p->log_z = top + gs_log64(mean);
    p->effective = sum * sum / squares;
    p->error = n > 1 ? sqrt(spread / ((double)n - 1) / (double)n) : NAN;
}

static gs_status find(const double *log_weight, size_t n, gs_partition *p, gs_error *error) {
    double top = -INFINITY;
    *p = (gs_partition){.chains = n};
    if (!n)
        return gs_fail(error, GS_ERROR_ARGUMENT, "log Z of no chains: expected one weight at least");
    for (size_t k = 0; k < n; k++) {
        if (isnan(log_weight[k]) || log_weight[k] == (double)INFINITY)
            return gs_fail(error, GS_ERROR_ARGUMENT, "log weight %zu is %g: expected a number, or -inf", k,
                           log_weight[k]);
        top = fmax(top, log_weight[k]);
    }
    if (top == -INFINITY)
        return gs_fail(
            error, GS_ERROR_ARGUMENT,
            "all %zu weights are 0: no chain came where the energy is finite; choose another prior scale, or "
            "more steps",
            n);
    estimate(log_weight, n, top, p);
    return GS_OK;
}

gs_status gs_partition_estimate(const double *log_weight, size_t n, gs_partition *partition, gs_error *error) {
    fenv_t callers = gs_floats_enter();
    gs_status status = find(log_weight, n, partition, error);
    gs_floats_leave(&callers);
    return status;
}
