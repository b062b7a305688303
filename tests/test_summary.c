/* Quantities of chains in numbers, as ArviZ computes them (golden/chains.txt, written by golden/make_chains.py). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "support/about.h"

enum { DRAWS_MAX = 400, FIGURES_MAX = 32, NAME_ROOM = 32 };

static double draws[DRAWS_MAX];

/* ---- Against ArviZ ---- */

typedef struct figure {
    char name[NAME_ROOM];
    double value;
} figure;

static gs_chain_quantile_info quantile_of(size_t chains, size_t n, double p) {
    gs_chain_quantile_info q;
    gs_error error = {0};
    assert_int_equal(gs_chain_quantile(draws, chains, n, p, &q, &error), GS_OK);
    return q;
}

/* What we compute of `draws`, by ArviZ's names. */
static int compute(size_t chains, size_t n, figure out[FIGURES_MAX]) {
    gs_chain_summary s;
    double bfmi[DRAWS_MAX];
    gs_error error = {0};
    assert_int_equal(gs_chain_summarize(draws, chains, n, &s, &error), GS_OK);
    assert_int_equal(gs_chain_bfmi(draws, chains, n, bfmi, &error), GS_OK);
    gs_chain_quantile_info low = quantile_of(chains, n, 0.1), high = quantile_of(chains, n, 0.9);
    const figure all[] = {{"mean", s.mean},
                          {"sd", s.sd},
                          {"hdi_low", s.hdi[0]},
                          {"hdi_high", s.hdi[1]},
                          {"median", s.median},
                          {"mcse_mean", s.mcse_mean},
                          {"mcse_sd", s.mcse_sd},
                          {"mcse_median", s.mcse_median},
                          {"ess_mean", s.ess_mean},
                          {"ess_sd", s.ess_sd},
                          {"ess_bulk", s.ess_bulk},
                          {"ess_tail", s.ess_tail},
                          {"rhat", s.rhat},
                          {"rhat_bulk", s.rhat_bulk},
                          {"rhat_folded", s.rhat_folded},
                          {"ess_q10", low.ess},
                          {"mcse_q10", low.mcse},
                          {"ess_q90", high.ess},
                          {"mcse_q90", high.mcse},
                          {"bfmi_first", bfmi[0]},
                          {"bfmi_last", bfmi[chains - 1]}};
    memcpy(out, all, sizeof all);
    return (int)GS_COUNT(all);
}

static void check_case(FILE *file, const char *name, size_t chains, size_t n) {
    figure found[FIGURES_MAX];
    int count = 0;
    for (size_t i = 0; i < chains * n; i++)
        assert_int_equal(fscanf(file, "%lf", &draws[i]), 1);
    assert_int_equal(fscanf(file, "%d", &count), 1);
    assert_int_equal(compute(chains, n, found), count);
    for (int i = 0; i < count; i++) {
        figure expected;
        assert_int_equal(fscanf(file, "%31s %lf", expected.name, &expected.value), 2);
        assert_string_equal(expected.name, found[i].name);
        if (!(fabs(found[i].value - expected.value) <= 1e-9 * fmax(1, fabs(expected.value))) &&
            !(isnan(found[i].value) && isnan(expected.value)))
            fail_msg("%s: %s is %.12g, ArviZ has %.12g", name, found[i].name, found[i].value, expected.value);
    }
}

static void figures_of_arviz(void **state) {
    (void)state;
    FILE *file = fopen(GS_SOURCE_DIR "/tests/golden/chains.txt", "r");
    char line[200], name[NAME_ROOM];
    size_t chains, n;
    int cases = 0;
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    for (; fscanf(file, " case %31s %zu %zu", name, &chains, &n) == 3; cases++) {
        assert_in_range(chains * n, 1, DRAWS_MAX);
        check_case(file, name, chains, n);
    }
    assert_int_equal(cases, 8);
    fclose(file);
}

/* ---- Where little can be said ---- */

static void constant_draws_have_a_mean(void **state) {
    (void)state;
    gs_chain_summary s;
    for (size_t i = 0; i < 40; i++)
        draws[i] = 0.1;
    assert_int_equal(gs_chain_summarize(draws, 4, 10, &s, NULL), GS_OK);
    assert_true(s.mean == 0.1 && s.sd == 0 && s.hdi[0] == 0.1 && s.hdi[1] == 0.1);
    assert_true(isnan(s.ess_bulk) && isnan(s.ess_tail) && isnan(s.rhat) && isnan(s.mcse_mean));
}

static void draws_that_are_not_finite_say_nothing(void **state) {
    (void)state;
    gs_chain_summary s;
    double bfmi[4];
    for (size_t i = 0; i < 40; i++)
        draws[i] = (double)(i * i % 7);
    draws[3] = INFINITY;
    assert_int_equal(gs_chain_summarize(draws, 4, 10, &s, NULL), GS_OK);
    assert_true(isnan(s.mean) && isnan(s.rhat) && isnan(quantile_of(4, 10, 0.5).ess));
    assert_int_equal(gs_chain_bfmi(draws, 4, 10, bfmi, NULL), GS_OK);
    assert_true(isnan(bfmi[0]) && bfmi[1] > 0);
}

static void what_makes_no_sense_is_refused(void **state) {
    (void)state;
    gs_error error = {0};
    gs_chain_summary s;
    gs_chain_quantile_info q;
    double bfmi[1];
    assert_int_equal(gs_chain_summarize(draws, 4, 9, &s, &error), GS_ERROR_ARGUMENT);
    assert_string_equal(error.message, "4 chains of 9 draws; at least 1 chain of 10 is needed");
    assert_true(isnan(s.mean) && isnan(s.rhat));
    assert_int_equal(gs_chain_summarize(draws, SIZE_MAX / 2, 10, &s, &error), GS_ERROR_MEMORY);
    const double bad[] = {0, 1, -1, (double)NAN};
    for (size_t i = 0; i < GS_COUNT(bad); i++) {
        about("bad[%zu]", i);
        assert_int_equal(gs_chain_quantile(draws, 4, 10, bad[i], &q, &error), GS_ERROR_ARGUMENT);
        assert_true(isnan(q.value));
    }
    assert_int_equal(gs_chain_bfmi(draws, 1, 1, bfmi, &error), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_chain_bfmi(draws, 0, 9, bfmi, &error), GS_ERROR_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_of_arviz),
        cmocka_unit_test(constant_draws_have_a_mean),
        cmocka_unit_test(draws_that_are_not_finite_say_nothing),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
