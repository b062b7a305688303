/* Order statistics of genbench, and when it considers a figure valid. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "runner.h"
#include "network.h"
#include "measure/statistics.h"
#include "support/about.h"

static void assert_near(double found, double expected, double tolerance) {
    if (!(fabs(found - expected) <= tolerance))
        fail_msg("%.17g is not within %g of %.17g", found, tolerance, expected);
}

/* ---- Order statistics ---- */

enum { MOST = 2000 };

/* 1, 2, ..., n */
static const double *ranks(size_t n) {
    static double x[MOST];
    for (size_t i = 0; i < n; i++)
        x[i] = (double)(i + 1);
    return x;
}

static void medians_and_quantiles(void **state) {
    (void)state;
    assert_near(gs_median(ranks(1), 1), 1, 0);
    assert_near(gs_median(ranks(4), 4), 2.5, 0);
    assert_near(gs_median(ranks(5), 5), 3, 0);
    assert_near(gs_rank_quantile(ranks(100), 100, 0.9), 90, 0);
    assert_near(gs_rank_quantile(ranks(662), 662, 0.99), 656, 0); /* ceil(655.38) */
    assert_near(gs_rank_quantile(ranks(3), 3, 1), 3, 0);
    double x[] = {3, -1, 2, 2};
    gs_sort(x, 4);
    assert_near(x[0], -1, 0);
    assert_near(x[1], 2, 0);
    assert_near(x[3], 3, 0);
}

/* The largest of n values bounds the q-quantile with probability 1 - q^n, a closed form. */
static void bounds_begin_where_they_can(void **state) {
    (void)state;
    assert_true(isnan(gs_rank_quantile_bound(ranks(458), 458, 0.99, 0.99)));
    assert_near(gs_rank_quantile_bound(ranks(459), 459, 0.99, 0.99), 459, 0);
    assert_true(isnan(gs_rank_quantile_bound(ranks(43), 43, 0.9, 0.99)));
    assert_near(gs_rank_quantile_bound(ranks(44), 44, 0.9, 0.99), 44, 0);
}

/* P(Binomial(n, q) < k) by its recurrence, which differs from the code's way. */
static double binomial_below(size_t n, double q, size_t k) {
    double term = pow(1 - q, (double)n), sum = 0;
    for (size_t j = 0; j < k; j++) {
        sum += term;
        term *= (double)(n - j) / (double)(j + 1) * q / (1 - q);
    }
    return sum;
}

static void bounds_hold_with_their_confidence(void **state) {
    (void)state;
    static const struct {
        size_t n;
        double q;
    } cases[] = {{64, 0.9}, {100, 0.5}, {140, 0.9}, {100, 0.95}};
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        about("cases[%zu]", i);
        size_t k = (size_t)gs_rank_quantile_bound(ranks(cases[i].n), cases[i].n, cases[i].q, 0.99);
        assert_true(binomial_below(cases[i].n, cases[i].q, k) >= 0.99);
        assert_true(binomial_below(cases[i].n, cases[i].q, k - 1) < 0.99);
    }
}

/* ---- Validity ---- */

enum { REPETITIONS = 3, CALLS = 300 };

typedef struct fixture {
    bench_settings settings;
    bench_row row[2];
    bench_repetition repetition[2][REPETITIONS];
    double samples[CALLS];
    bench_rows rows;
    bench_result result;
} fixture;

/* Two rows, of one thread and of two, whose measurements are perfect: 100 and 180 items per second. */
static fixture *perfect(void) {
    static fixture f;
    memset(&f, 0, sizeof f);
    for (int i = 0; i < CALLS; i++)
        f.samples[i] = 1e-3 * (i + 1);
    for (int r = 0; r < 2; r++) {
        for (int k = 0; k < REPETITIONS; k++)
            f.repetition[r][k] =
                (bench_repetition){.iterations = 10,
                                   .real_s = r ? 10 / 180.0 : 0.1,
                                   .wall_s = 0.1,
                                   .conditions = {.peak = {1e9 * (r + 1), 1e9 * (r + 1)}, .process_s = 0.1},
                                   .samples = CALLS,
                                   .sample = f.samples};
        f.row[r] = (bench_row){.suite = "test",
                               .isa = "scalar",
                               .dtype = "f32",
                               .ran = "scalar",
                               .threads = r + 1,
                               .calls = 1,
                               .unit = "things/s",
                               .items = 1,
                               .operations = 4e6,
                               .repetitions = REPETITIONS,
                               .repetition = f.repetition[r],
                               .check = BENCH_CHECK_PASSED};
    }
    f.rows = (bench_rows){.row = f.row, .count = 2, .settings = &f.settings};
    f.result = (bench_result){.rows = &f.rows, .settings = &f.settings};
    return &f;
}

/* Checks that the row's only reason has the text; builds without optimisation or with sanitizers are not judged
 * here. */
static void assert_doubt(const fixture *f, const char *expected) {
    const bench_row *row = &f->row[0];
    const char *found = NULL;
    for (int i = 0; i < row->reasons; i++)
        if (!strstr(row->reason[i], "the build"))
            found = found ? "more than one" : row->reason[i];
    if (!expected != !found || (expected && !strstr(found, expected)))
        fail_msg("reason '%s', expected '%s'", found ? found : "none", expected ? expected : "none");
}

static void figures_follow(void **state) {
    (void)state;
    fixture *f = perfect();
    f->repetition[0][0].real_s = 0.2;
    f->repetition[0][2].real_s = 0.05;
    bench_judge(&f->result);
    assert_doubt(f, NULL);
    assert_near(f->row[0].value, 100, 1e-9);
    assert_near(f->row[0].low, 50, 1e-9);
    assert_near(f->row[0].high, 200, 1e-9);
    assert_near(bench_figure_get(&f->row[0], "GFLOP/s"), 0.4, 1e-9);
    assert_near(bench_figure_get(&f->row[0], "of peak"), 40, 1e-9);
    assert_near(bench_figure_get(&f->row[1], "scaling"), 90, 1e-9);
    assert_near(bench_figure_get(&f->row[1], "of peaks' scaling"), 90, 1e-9);
    assert_true(isnan(bench_figure_get(&f->row[0], "scaling")));
}

static void percentiles_follow(void **state) {
    (void)state;
    fixture *f = perfect();
    f->row[0].unit = "ms";
    f->row[0].single = true;
    bench_judge(&f->result);
    assert_doubt(f, NULL); /* 900 calls */
    assert_near(f->row[0].value, 150, 1e-9);
    assert_near(bench_figure_get(&f->row[0], "p90"), 270, 1e-9);
    assert_near(bench_figure_get(&f->row[0], "p99"), 297, 1e-9);
    assert_true(bench_figure_get(&f->row[0], "p99 below") > 297);
}

static void doubt_too_few_calls(void **state) {
    (void)state;
    fixture *f = perfect();
    f->row[0].unit = "ms";
    f->row[0].single = true;
    f->repetition[0][0].samples = BENCH_CALLS_P99 - 2 * CALLS - 1;
    bench_judge(&f->result);
    assert_doubt(f, "661 calls, expected 662");
}

static void doubt_a_peak_that_moves(void **state) {
    (void)state;
    fixture *f = perfect();
    f->repetition[0][1].conditions.peak[1] = 0.96e9;
    bench_judge(&f->result);
    assert_doubt(f, NULL);
    f = perfect();
    f->repetition[0][1].conditions.peak[1] = 0.94e9;
    bench_judge(&f->result);
    assert_doubt(f, "peak moved 6 %");
    f = perfect();
    f->repetition[0][1].conditions.peak[0] = 0.94e9;
    bench_judge(&f->result);
    assert_doubt(f, "peak moved 6 %");
    f = perfect();
    f->repetition[0][1].conditions.peak[0] = 0;
    bench_judge(&f->result);
    assert_doubt(f, "no multiply-add peak");
}

static void doubt_processors_that_are_taken(void **state) {
    (void)state;
    fixture *f = perfect();
    f->repetition[0][1].conditions.stolen = 0.005; /* 0.3 s used */
    f->repetition[0][2].conditions.waited = 0.005;
    bench_judge(&f->result);
    assert_doubt(f, NULL);
    f = perfect();
    f->repetition[0][1].conditions.stolen = 0.01;
    bench_judge(&f->result);
    assert_doubt(f, "hypervisor took 3 %");
    f = perfect();
    f->repetition[0][1].conditions.waited = 0.1;
    bench_judge(&f->result);
    assert_doubt(f, "other programs took 25 %");
}

static void doubt_what_did_not_run(void **state) {
    (void)state;
    fixture *f = perfect();
    f->row[0].ran = "avx2";
    bench_judge(&f->result);
    assert_doubt(f, "avx2 ran");
    f = perfect();
    f->row[0].check = BENCH_CHECK_OPEN;
    bench_judge(&f->result);
    assert_doubt(f, "output not checked");
    f = perfect();
    f->row[0].repetitions = 2;
    bench_judge(&f->result);
    assert_doubt(f, "2 repetitions");
    f = perfect();
    f->row[0].repetitions = 0;
    f->result.interrupted = true;
    bench_judge(&f->result);
    assert_doubt(f, "interrupted");
}

static void doubt_results_that_differ(void **state) {
    (void)state;
    const float expected[] = {1, -4, 2}, near[] = {1, -4, 2.00002f}, far[] = {1, -4, 2.0001f}, none[] = {1, NAN, 2};
    fixture *f = perfect();
    bench_compare(&f->row[0], "it", expected, expected, 3);
    assert_doubt(f, NULL);
    bench_compare(&f->row[0], "it", near, expected, 3);
    assert_doubt(f, "wrong: it is off by");
    f = perfect();
    f->row[0].backend = "onednn"; /* within 1e-5 of the largest */
    bench_compare(&f->row[0], "it", near, expected, 3);
    assert_doubt(f, NULL);
    bench_compare(&f->row[0], "it", far, expected, 3);
    assert_doubt(f, "wrong: it is off by");
    f = perfect();
    f->row[0].backend = "onednn";
    bench_compare(&f->row[0], "it", none, expected, 3);
    assert_doubt(f, "wrong: it is not finite");
}

/* A row is checked and right, wrong, or not checked, which is not valid either; what is wrong stays so. */
static void checks_have_three_ends(void **state) {
    (void)state;
    fixture *f = perfect();
    bench_unchecked(&f->row[0], "there is no %s", "second opinion");
    bench_judge(&f->result);
    assert_doubt(f, "not checked: there is no second opinion");
    assert_int_equal(f->row[0].check, BENCH_CHECK_IMPOSSIBLE);
    assert_int_equal(f->result.invalid, 1 + (f->row[1].reasons > 0));
    f = perfect();
    bench_wrong(&f->row[0], "it is %d", 2);
    assert_doubt(f, "wrong: it is 2");
    bench_unchecked(&f->row[0], "there is nothing else");
    assert_int_equal(f->row[0].check, BENCH_CHECK_FAILED);
}

static bench_row *add(bench_rows *rows, const char *suite, int batch, const char *backend) {
    const bench_variant variant = {.threads = 1, .batch = batch, .isa = "scalar", .backend = backend, .dtype = "f32"};
    return bench_row_add(rows, suite, NULL, "what", &variant, NULL);
}

/* Settings that would be ignored are refused. */
static void options_are_obeyed(void **state) {
    (void)state;
    static const struct {
        const char *suite, *backend;
        int batch;
        const char *refused;
    } cases[] = {{NULL, NULL, 64, NULL},
                 {"many", NULL, 64, NULL},
                 {"one", NULL, 64, "--batch: suite one takes none, its rows have 1"},
                 {NULL, NULL, 65, "--batch: 65: no row has it"},
                 {"none", NULL, 0, NULL},
                 {"none", "native", 0, NULL},
                 {"none", "onednn", 0, "--backend: onednn: no row has it"},
                 {"many", "onednn", 0, "--backend: suite many takes none, its rows have native"}};
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        bench_settings s = {.isa = {1, {"scalar"}}, .threads = {1, {1}}};
        bench_rows rows = {.settings = &s};
        gs_error error = {0};
        if (cases[i].suite)
            s.suite = (gs_texts){1, {cases[i].suite}};
        if (cases[i].batch)
            s.batch = (gs_counts){1, {cases[i].batch}};
        if (cases[i].backend)
            s.backend = (gs_texts){1, {cases[i].backend}};
        bool all = !cases[i].suite, ok = true;
        if (all || !strcmp(cases[i].suite, "many"))
            ok = ok && add(&rows, "many", 64, "native");
        if (all || !strcmp(cases[i].suite, "one"))
            ok = ok && add(&rows, "one", 1, "native");
        if (all || !strcmp(cases[i].suite, "none"))
            ok = ok && add(&rows, "none", 0, NULL);
        assert_true(ok);
        gs_status status = bench_rows_obey(&rows, &error);
        if ((status == GS_ERROR_ARGUMENT) != (cases[i].refused != NULL) ||
            (cases[i].refused && strncmp(error.message, cases[i].refused, strlen(cases[i].refused))))
            fail_msg("case %zu: status %d, \"%s\", expected \"%s\"", i, status, error.message,
                     cases[i].refused ? cases[i].refused : "");
        bench_rows_free(&rows);
    }
}

static void figures_are_finite(void **state) {
    (void)state;
    fixture *f = perfect();
    bench_figure_add(&f->row[0], "one", "", (double)NAN);
    bench_figure_add(&f->row[0], "two", "", (double)INFINITY);
    assert_int_equal(f->row[0].figures, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(medians_and_quantiles),
        cmocka_unit_test(bounds_begin_where_they_can),
        cmocka_unit_test(bounds_hold_with_their_confidence),
        cmocka_unit_test(figures_follow),
        cmocka_unit_test(percentiles_follow),
        cmocka_unit_test(doubt_too_few_calls),
        cmocka_unit_test(doubt_a_peak_that_moves),
        cmocka_unit_test(doubt_processors_that_are_taken),
        cmocka_unit_test(doubt_what_did_not_run),
        cmocka_unit_test(doubt_results_that_differ),
        cmocka_unit_test(checks_have_three_ends),
        cmocka_unit_test(options_are_obeyed),
        cmocka_unit_test(figures_are_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
