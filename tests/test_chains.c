/* Effective sample size and R-hat, compared with ArviZ on fixed arrays and with theory.
 *
 * References are ArviZ 0.23.4's ess(method="mean") and rhat(method="rank") for the arrays made here; since it refuses a
 * single chain, R-hat is then computed from ArviZ's own parts. */
#include <math.h>
#include <setjmp.h>
#include <string.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "measure/statistics.h"
#include "support/about.h"
#include "support/random.h"

enum { CHAINS_MAX = 4, DRAWS_MAX = 1000 };

static double draws[CHAINS_MAX * DRAWS_MAX];

static void assert_near(double found, double expected, double tolerance) {
    if (!(fabs(found - expected) <= tolerance))
        fail_msg("%.17g is not within %g of %.17g", found, tolerance, expected);
}

static double normal(uint64_t *state) {
    return gs_normal_quantile(((double)(random_next(state) >> 11) + 0.5) * 0x1p-53);
}

/* Stationary chains x_t = rho x_(t-1) + sqrt(1 - rho^2) z_t of unit variance. */
static void fill_autoregressive(size_t chains, size_t n, double rho, uint64_t seed) {
    uint64_t state = seed;
    for (size_t k = 0; k < chains; k++) {
        double x = normal(&state);
        for (size_t i = 0; i < n; i++) {
            draws[k * n + i] = x;
            x = rho * x + sqrt(1 - rho * rho) * normal(&state);
        }
    }
}

static double ess_of(size_t chains, size_t n) {
    double ess = -1;
    gs_error error = {0};
    assert_int_equal(gs_ess(draws, chains, n, &ess, &error), GS_OK);
    return ess;
}

static double rhat_of(size_t chains, size_t n) {
    double rhat = -1;
    gs_error error = {0};
    assert_int_equal(gs_rhat(draws, chains, n, &rhat, &error), GS_OK);
    return rhat;
}

/* ---- Against ArviZ ---- */

typedef void change(double *x, size_t chain, size_t i);

static void shift_last(double *x, size_t chain, size_t i) {
    (void)i;
    *x += chain == 3;
}

static void widen_last(double *x, size_t chain, size_t i) {
    (void)i;
    *x *= chain == 3 ? 3 : 1;
}

static void round_down(double *x, size_t chain, size_t i) {
    (void)chain;
    (void)i;
    *x = floor(2 * *x);
}

static void take_sign(double *x, size_t chain, size_t i) {
    (void)chain;
    (void)i;
    *x = *x < 0 ? -1 : 1;
}

static void stretch(double *x, size_t chain, size_t i) {
    (void)chain;
    (void)i;
    *x = *x * *x * *x * 1e6;
}

static void drift(double *x, size_t chain, size_t i) {
    (void)chain;
    *x += 0.02 * (double)i;
}

static const struct reference {
    const char *name;
    size_t chains, n;
    double rho;
    change *change;
    double ess; /* NAN: of so few draws ArviZ has n log10(n), whatever they are, and we have none */
    double rhat;
} references[] = {
    {"slow", 4, 500, 0.9, NULL, 54.737850595, 1.06677524707},
    {"antithetic", 4, 500, -0.5, NULL, 5237.01997133, 1.00216744541},
    {"independent", 4, 200, 0, NULL, 810.171998871, 1.00760135026},
    {"one shifted", 4, 200, 0, shift_last, 30.4359037537, 1.0946725476},
    {"one wider", 4, 200, 0, widen_last, 614.110307023, 1.14415505276},
    {"ties", 4, 300, 0.5, round_down, 394.109209937, 1.01979577052},
    {"two values", 4, 101, 0.7, take_sign, 119.508298845, 1.00719921653},
    {"heavy tails", 4, 200, 0.3, stretch, 590.874255958, 1.00310622389},
    {"drifting", 4, 150, 0.5, drift, 11.2156672216, 1.27265483346},
    {"short and odd", 3, 7, 0.2, NULL, NAN, 1.20037476981},
    {"shortest", 2, 4, 0, NULL, NAN, 1.26158475017},
    {"single", 1, 400, 0.8, NULL, 62.9805750412, 1.00277544744},
    {"hardly moving", 2, 60, 0.9999, NULL, 2.31069307608, 2.54579471322},
};

static void references_of_arviz(void **state) {
    (void)state;
    for (size_t r = 0; r < GS_COUNT(references); r++) {
        const struct reference *c = references + r;
        fill_autoregressive(c->chains, c->n, c->rho, 100 + r);
        for (size_t i = 0; c->change && i < c->chains * c->n; i++)
            c->change(draws + i, i / c->n, i % c->n);
        bool few = isnan(c->ess);
        double ess = few ? NAN : ess_of(c->chains, c->n), rhat = rhat_of(c->chains, c->n);
        if ((!few && !(fabs(ess - c->ess) <= 1e-9 * c->ess)) || !(fabs(rhat - c->rhat) <= 1e-9 * c->rhat))
            fail_msg("%s: ESS %.12g, R-hat %.12g; ArviZ has %.12g, %.12g", c->name, ess, rhat, c->ess, c->rhat);
    }
}

/* ---- Against theory ---- */

/* Mean and standard error of `runs` values. */
typedef struct moments {
    double mean, error;
} moments;

static moments moments_of(const double *values, size_t runs) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < runs; i++) {
        sum += values[i];
        squares += values[i] * values[i];
    }
    double mean = sum / (double)runs,
           variance = (squares / (double)runs - mean * mean) * (double)runs / (double)(runs - 1);
    return (moments){mean, sqrt(variance / (double)runs)};
}

/* An autoregressive chain has autocorrelations rho^t, so that ESS is m n (1 - rho) / (1 + rho). In addition to the
 * estimate's bias at this length, 5 standard errors of 60 runs are allowed: the false-alarm rate is 6e-7 each. */
static void autoregressive_chains(void **state) {
    (void)state;
    enum { RUNS = 60 };
    static const struct { double rho, bias; } cases[] = {{-0.5, 0.1}, {0, 0.03}, {0.5, 0.03}, {0.9, 0.03}};
    for (size_t r = 0; r < GS_COUNT(cases); r++) {
        about("cases[%zu]", r);
        double rho = cases[r].rho, expected = CHAINS_MAX * DRAWS_MAX * (1 - rho) / (1 + rho), values[RUNS];
        for (size_t i = 0; i < RUNS; i++) {
            fill_autoregressive(CHAINS_MAX, DRAWS_MAX, rho, 1000 * r + i);
            values[i] = ess_of(CHAINS_MAX, DRAWS_MAX);
        }
        moments m = moments_of(values, RUNS);
        assert_true(5 * m.error < 0.15 * expected);
        assert_near(m.mean, expected, cases[r].bias * expected + 5 * m.error);
    }
}

/* For 4 x 1000 independent draws, halved, R-hat^2 - 1 is about (F - 1) / 500, where F has 7 and many degrees of
 * freedom: R-hat above 1.01 would need an F above 11, a false-alarm rate of 1e-12. A shift by half a deviation adds
 * 0.5^2 3/16 to var+. */
static void rhat_tells_agreeing_chains_from_others(void **state) {
    (void)state;
    enum { RUNS = 200 };
    for (size_t i = 0; i < RUNS; i++) {
        fill_autoregressive(CHAINS_MAX, DRAWS_MAX, 0, 5000 + i);
        double agreeing = rhat_of(CHAINS_MAX, DRAWS_MAX);
        for (size_t j = 0; j < DRAWS_MAX; j++)
            draws[j] += 0.5;
        double shifted = rhat_of(CHAINS_MAX, DRAWS_MAX);
        if (!(agreeing < 1.01) || !(shifted > 1.01))
            fail_msg("run %zu: R-hat %.4f, and %.4f when one chain is shifted", i, agreeing, shifted);
    }
}

static void quantiles_of_the_normal_distribution(void **state) {
    (void)state;
    static const double known[][2] = {{0.25, -0.67448975019608174}, /* printed by Wichura 1988 */
                                      {0.001, -3.0902323061678132},
                                      {1e-20, -9.2623400897984236}};
    for (size_t i = 0; i < GS_COUNT(known); i++) {
        about("known[%zu]", i);
        assert_near(gs_normal_quantile(known[i][0]), known[i][1], -1e-14 * known[i][1]);
    }
    for (double p = 1.0 / 1024; p < 1; p += 1.0 / 1024) {
        about("p %g", p);
        double z = gs_normal_quantile(p);
        assert_near(0.5 * erfc(-z / sqrt(2)), p, 4e-16);
        assert_near(gs_normal_quantile(1 - p), -z, 0);
    }
    assert_true(gs_normal_quantile(0) == -INFINITY && gs_normal_quantile(1) == INFINITY);
    assert_true(isnan(gs_normal_quantile(-0.1)) && isnan(gs_normal_quantile(1.1)) && isnan(gs_normal_quantile(NAN)));
}

static void quantiles_of_values(void **state) {
    (void)state;
    double values[] = {4, NAN, 1, INFINITY, 3, 2, -INFINITY};
    size_t finite = gs_sort_finite(values, GS_COUNT(values));
    assert_int_equal(finite, 4);
    assert_near(gs_quantile(values, finite, 0), 1, 0);
    assert_near(gs_quantile(values, finite, 0.5), 2.5, 0);
    assert_near(gs_quantile(values, finite, 0.9), 3.7, 1e-15);
    assert_near(gs_quantile(values, finite, 1), 4, 0);
    assert_true(isnan(gs_quantile(values, 0, 0.5)));
}

/* ---- Where nothing can be said ---- */

static void ranks_alone_matter_to_rhat(void **state) {
    (void)state;
    fill_autoregressive(4, 100, 0.5, 1);
    for (size_t i = 0; i < 100; i++)
        draws[i] += 3;
    double rhat = rhat_of(4, 100), ess = ess_of(4, 100);
    for (size_t i = 0; i < 400; i++)
        draws[i] = exp(5 * draws[i]);
    assert_true(rhat > 1.3);
    assert_near(rhat_of(4, 100), rhat, 1e-12);
    assert_true(fabs(ess_of(4, 100) - ess) > 1);
}

static void constant_chains(void **state) {
    (void)state;
    for (size_t i = 0; i < 40; i++)
        draws[i] = 0.1;
    assert_true(isnan(ess_of(4, 10)));
    assert_true(isnan(rhat_of(4, 10)));
    draws[5] = 7; /* the middle one of 11 draws is left out */
    assert_true(isnan(ess_of(1, 11)));
    assert_true(isnan(rhat_of(1, 11)));
    for (size_t i = 0; i < 40; i++)
        draws[i] = 0.1 * (double)(i / 10);
    assert_true(isinf(rhat_of(4, 10)));
    assert_near(ess_of(4, 10), 10, 1e-12); /* 40 / tau: five draws per row have only four correlations */
}

static void draws_that_are_not_finite(void **state) {
    (void)state;
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < GS_COUNT(bad); i++) {
        about("bad[%zu]", i);
        fill_autoregressive(2, 11, 0, 1);
        draws[4] = bad[i];
        assert_true(isnan(ess_of(2, 11)));
        assert_true(isnan(rhat_of(2, 11)));
    }
}

static void too_few_draws_are_refused(void **state) {
    (void)state;
    gs_error error = {0};
    double result = 1;
    assert_int_equal(gs_rhat(draws, 4, 3, &result, &error), GS_ERROR_ARGUMENT);
    assert_string_equal(error.message, "4 chains of 3 draws; at least 1 chain of 4 is needed");
    assert_true(isnan(result));
    result = 1;
    assert_int_equal(gs_rhat(draws, 0, 9, &result, &error), GS_ERROR_ARGUMENT);
    assert_string_equal(error.message, "0 chains of 9 draws; at least 1 chain of 4 is needed");
    assert_true(isnan(result));
    assert_int_equal(gs_rhat(draws, SIZE_MAX / 2, 9, &result, &error), GS_ERROR_MEMORY);
}

/* Chains that each rest in a state of their own: R-hat is infinite. They never count for more than their draws and, if
 * some of them move, hardly for more than the number of chains. Fewer than 10 draws would count for more than there
 * are. */
static void chains_at_rest_are_not_many_draws(void **state) {
    (void)state;
    enum { CHAINS = 4 };
    for (size_t n = 4; n <= 200; n++) {
        gs_error error = {0};
        double ess = 1;
        for (size_t i = 0; i < CHAINS * n; i++)
            draws[i] = (double)(i / n);
        if (!isinf(rhat_of(CHAINS, n)))
            fail_msg("%zu draws: R-hat is %g", n, rhat_of(CHAINS, n));
        gs_status status = gs_ess(draws, CHAINS, n, &ess, &error);
        bool few = n < 10,
             told = !strcmp(error.message, "") || strstr(error.message, "at least 1 chain of 10 is needed");
        if (status != (few ? GS_ERROR_ARGUMENT : GS_OK) || !told ||
            (few ? !isnan(ess) : ess > 0.5 * CHAINS * (double)n))
            fail_msg("%zu draws: status %d, effective sample size %g, '%s'", n, status, ess, error.message);
        if (n > 100 && ess > 1.2 * CHAINS)
            fail_msg("%zu draws: effective sample size %g of %d chains", n, ess, CHAINS);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_of_arviz),
        cmocka_unit_test(autoregressive_chains),
        cmocka_unit_test(rhat_tells_agreeing_chains_from_others),
        cmocka_unit_test(quantiles_of_the_normal_distribution),
        cmocka_unit_test(quantiles_of_values),
        cmocka_unit_test(ranks_alone_matter_to_rhat),
        cmocka_unit_test(constant_chains),
        cmocka_unit_test(draws_that_are_not_finite),
        cmocka_unit_test(too_few_draws_are_refused),
        cmocka_unit_test(chains_at_rest_are_not_many_draws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
