/* Exact binomial intervals and scores, compared with SciPy's and mpmath's. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "gensample/gensample.h"
#include "support/about.h"

/* scipy.stats.beta 1.16: ppf((1 - confidence)/2, k, n - k + 1) and isf((1 - confidence)/2, k + 1, n - k). */
static const struct {
    uint64_t k, n;
    double confidence, low, high;
} intervals[] = {
    {0, 10, 0.99, 0, 0.411295981347525},
    {10, 10, 0.95, 0.691502892181239, 1},
    {1, 1, 0.99, 0.005, 1},
    {0, 1, 0.9, 0, 0.95},
    {3, 10, 0.95, 0.0667395111777345, 0.652452850059997},
    {1, 1000000000000, 0.99, 5.01254182354427e-15, 7.43012950025625e-12},
    {1500, 3665000, 0.99, 0.000382574606270879, 0.000437285055968492},
    {1624, 3966123, 0.99, 0.00038377406479073, 0.000436368020452743},
    {5000, 10000, 0.999, 0.483502267728043, 0.516497732271957},
    {999999, 1000000, 0.95, 0.999994428369345, 0.999999974682192},
    {41, 100, 0.5, 0.372609555376085, 0.448655363023633},
    {20000, 48860000, 0.999999, 0.000395333181162238, 0.000423665777825261},
    {1000000, 2443000000, 0.99, 0.000408279400047632, 0.000410388121029073},
    {2, 4503599627370496, 0.99, 2.29804057445751e-17, 2.05919550061565e-15},
};

/* mpmath with 60 digits: sums of binomial probabilities, then its erfinv. */
static const struct {
    uint64_t k, n;
    double p, z;
} scores[] = {
    {1500, 3665000, 0.000409301140140355, 0.00200994736095449},
    {1400, 3665000, 0.000409301140140355, -2.6097148854806},
    {1700, 3665000, 0.000409301140140355, 5.05772710366914},
    {1, 1, 0.0004, 3.54008379920615},
    {1, 10000, 0.0004, -1.59893420282882},
    {0, 10000, 0.0004, -2.3594714639734},
    {50, 100, 0.5, 0},
    {75, 100, 0.5, 5.08259436797095},
    {100, 100, 0.99, 0.903930337670933},
    {3, 100, 0.5, -10.4573969079083},
};

static void intervals_are_exact(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++) {
        about("intervals[%zu]", i);
        double low, high;
        assert_int_equal(
            gs_binomial_interval(intervals[i].k, intervals[i].n, intervals[i].confidence, &low, &high, NULL), GS_OK);
        if (!(fabs(low - intervals[i].low) <= 1e-9 * intervals[i].low) ||
            !(fabs(high - intervals[i].high) <= 1e-9 * intervals[i].high))
            fail_msg("row %zu: %.15g ... %.15g, expected %.15g ... %.15g", i, low, high, intervals[i].low,
                     intervals[i].high);
    }
}

static void scores_are_exact(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
        double z = gs_binomial_score(scores[i].k, scores[i].n, scores[i].p);
        if (!(fabs(z - scores[i].z) <= 1e-8))
            fail_msg("row %zu: z = %.15g, expected %.15g", i, z, scores[i].z);
    }
    assert_true(gs_binomial_score(5, 5, 1) == 0);
    assert_true(gs_binomial_score(4, 5, 1) < -37);
    assert_true(gs_binomial_score(0, 5, 0) == 0);
    assert_true(gs_binomial_score(1, 5, 0) > 37);
    assert_true(gs_binomial_score(1000000, 1000000, 1e-9) > 37);
}

static void nonsense_is_refused(void **state) {
    (void)state;
    double low, high;
    gs_error error;
    assert_int_equal(gs_binomial_interval(0, 0, 0.99, &low, &high, &error), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_binomial_interval(3, 2, 0.99, &low, &high, &error), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_binomial_interval(1, UINT64_MAX, 0.99, &low, &high, &error), GS_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "2^53"));
    const double bad[] = {0, 0.4, 1, 2, -1, NAN, INFINITY};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        about("bad[%zu]", i);
        assert_int_equal(gs_binomial_interval(1, 2, bad[i], &low, &high, &error), GS_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, "confidence"));
    }
    assert_true(isnan(gs_binomial_score(1, 0, 0.5)));
    assert_true(isnan(gs_binomial_score(2, 1, 0.5)));
    assert_true(isnan(gs_binomial_score(1, 2, -0.1)));
    assert_true(isnan(gs_binomial_score(1, 2, NAN)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_are_exact),
        cmocka_unit_test(scores_are_exact),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
