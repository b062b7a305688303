/* Estimates with intervals of GS_STUDY_CONFIDENCE. */
#include <math.h>

#include "measure/statistics.h"
#include "study/study.h"

gs_estimate gs_exact(double value) {
    return (gs_estimate){value, value, value};
}

gs_estimate gs_estimate_share(uint64_t k, uint64_t n) {
    gs_estimate e = {n ? (double)k / (double)n : NAN, 0, 1};
    if (n && gs_binomial_interval(k, n, GS_STUDY_CONFIDENCE, &e.low, &e.high, NULL))
        e.low = e.high = NAN;
    return e;
}

gs_estimate gs_estimate_mean(const double *values, size_t n) {
    double mean = 0, square = 0;
    if (n < 2)
        return (gs_estimate){n ? values[0] : NAN, -INFINITY, INFINITY};
    for (size_t i = 0; i < n; i++)
        mean += values[i];
    mean /= (double)n;
    for (size_t i = 0; i < n; i++)
        square += (values[i] - mean) * (values[i] - mean);
    enum { MANY = 10000 }; /* with so many degrees of freedom t is normal to four digits */
    double t = n > MANY ? gs_normal_quantile(1 - (1 - GS_STUDY_CONFIDENCE) / 2)
                        : gs_student_quantile(1 - GS_STUDY_CONFIDENCE, (int)n - 1);
    double reach = t * sqrt(square / (double)(n - 1) / (double)n);
    return (gs_estimate){mean, mean - reach, mean + reach};
}

gs_estimate gs_estimate_error(double value, double standard_error) {
    double reach = gs_normal_quantile(1 - (1 - GS_STUDY_CONFIDENCE) / 2) * standard_error;
    return (gs_estimate){value, value - reach, value + reach};
}
