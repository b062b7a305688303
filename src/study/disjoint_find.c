#include "study/disjoint.h"

/* Points beyond the middle, in the second mode. */
gs_estimate gs_disjoint_second(const float *x, size_t n) {
    uint64_t k = 0;
    for (size_t i = 0; i < n; i++)
        k += (double)x[2 * i] + (double)x[2 * i + 1] > 0;
    return gs_estimate_share(k, n);
}

void gs_disjoint_find(const gs_disjoint *d, const char *what, gs_estimate is, double expected, const char *by) {
    gs_study_find(d->study, &(gs_finding){what, "%", is, GS_EXPECT_VALUE, {expected}, by});
}
