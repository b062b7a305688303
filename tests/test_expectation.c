/* The quality that genbench expects of a network's samples: the file, the spread over seeds, and the probabilities of
 * false alarms.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "expectation.h"
#include "measure/statistics.h"
#include "support/effort.h"
#include "support/random.h"

static void assert_near(double found, double expected, double tolerance) {
    if (!(fabs(found - expected) <= tolerance))
        fail_msg("%.17g is not within %g of %.17g", found, tolerance, expected);
}

/* ---- Distributions ---- */

/* Fisher & Yates's table of t, to its three digits. */
static void student_is_the_table_s(void **state) {
    (void)state;
    static const struct {
        int degrees;
        double p, t;
    } rows[] = {{1, .05, 12.706}, {1, .001, 636.619}, {2, .05, 4.303},  {3, .01, 5.841},
                {4, .001, 8.610}, {5, .1, 2.015},     {7, .05, 2.365},  {7, .001, 5.408},
                {10, .02, 2.764}, {15, .001, 4.073},  {30, .05, 2.042}, {60, .001, 3.460}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        double t = gs_student_quantile(rows[i].p, rows[i].degrees);
        if (!(fabs(t - rows[i].t) <= 0.00051))
            fail_msg("t of %d degrees at %g: %.4f, in the table %.3f", rows[i].degrees, rows[i].p, t, rows[i].t);
        assert_near(gs_student(t, rows[i].degrees), rows[i].p, 1e-10);
    }
    assert_near(gs_student_quantile(1e-4, 2), 99.992, 0.001); /* sqrt(2/(p(2 - p)) - 2), in closed form */
}

/* The tea taster, Fisher 1935: 4 of 4 against 0 of 4, and 3 against 1. */
static void fisher_tastes_tea(void **state) {
    (void)state;
    assert_near(gs_fisher(4, 4, 0, 4), 2 / 70.0, 1e-12);
    assert_near(gs_fisher(3, 4, 1, 4), 2 * 17 / 70.0, 1e-12);
    assert_near(gs_fisher(2, 4, 2, 4), 1, 0);
    assert_near(gs_fisher(512, 512, 4096, 4096), 1, 0);
}

/* ---- Limits ---- */

static bench_expectation logs(const double *x, int count) {
    bench_expectation e = {.seeds = count, .n = 512};
    for (int i = 0; i < count; i++)
        e.frechet[i] = exp(x[i]);
    return e;
}

static void limits_have_two_sides(void **state) {
    (void)state;
    const double x[] = {1.9, 2.0, 2.1}; /* mean 2, standard deviation 0.1; t of 2 degrees at 1e-4 is 99.992 */
    bench_expectation e = logs(x, 3);
    double low, high;
    bench_expected_distances(&e, &low, &high);
    assert_near(log(high), 2 + 0.1 * 99.992 * sqrt(4 / 3.0), 1e-3);
    assert_near(log(low), 2 - 0.1 * 99.992 * sqrt(4 / 3.0), 1e-3);
}

/* Another seed of the same spread is outside as seldom as stated: 10 of 100,000 times. Fewer than 1 or more than 27
 * would occur once in 20,000 runs; the seed is fixed. With less effort there may be none. */
static void alarms_are_as_rare_as_said(void **state) {
    (void)state;
    uint64_t random = 11;
    int outside = 0;
    for (int trial = 0; trial < effort(100000); trial++) {
        double x[9], low, high;
        for (int i = 0; i < 9; i++) {
            double u = ((double)(random_next(&random) >> 11) + 0.5) * 0x1p-53,
                   v = (double)(random_next(&random) >> 11) * 0x1p-53;
            x[i] = 1.7 + 0.06 * sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
        }
        bench_expectation e = logs(x, 8);
        bench_expected_distances(&e, &low, &high);
        outside += exp(x[8]) < low || exp(x[8]) > high;
    }
    if ((outside < 1 && effort_percent() == 100) || outside > 27)
        fail_msg("%d of %d are outside, expected 10 of 100000", outside, effort(100000));
}

static void agreement_has_two_sides(void **state) {
    (void)state;
    bench_expectation e = {.seeds = 8, .agreements = 8, .n = 512};
    for (int i = 0; i < 8; i++)
        e.agreement[i] = 0.95;
    assert_true(bench_agreement_chance(&e, 0.95) > 0.5);
    assert_true(bench_agreement_chance(&e, 0.93) > 0.01);
    assert_true(bench_agreement_chance(&e, 0.90) < BENCH_QUALITY_ALARM);
    assert_true(bench_agreement_chance(&e, 0.99) < BENCH_QUALITY_ALARM);
    for (int i = 0; i < 8; i++)
        e.agreement[i] = 1;
    assert_true(bench_agreement_chance(&e, 1) > 0.99);
    assert_true(bench_agreement_chance(&e, 511 / 512.0) > 0.01); /* no spread at all is no reason for an alarm */
}

/* ---- The file ---- */

static char folder[] = "/tmp/expectation-XXXXXX";
static char model_path[64], file_path[64];

static int make_folder(void **state) {
    (void)state;
    if (!mkdtemp(folder))
        return 1;
    snprintf(model_path, sizeof model_path, "%s/net.bin", folder);
    snprintf(file_path, sizeof file_path, "%s/quality.json", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    unlink(file_path);
    return rmdir(folder);
}

static gs_status find(const char *text, const bench_expected *wanted, bench_expectation *e, gs_error *error) {
    FILE *f = fopen(file_path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    return bench_expectation_find(wanted, e, error);
}

#define ROW(model, judge, sampler, n, seeds, frechet, agreement)                                          \
    "{\"model\":\"net\",\"model_hash\":\"" model "\",\"judge_hash\":\"" judge "\",\"sampler\":\"" sampler \
    "\",\"n\":" n ",\"seeds\":[" seeds "],\"frechet\":[" frechet "],\"agreement\":[" agreement "]}"
#define FILE_OF(rows) "{\"gensample_quality\":1,\"rows\":[" rows "]}"

static void rows_are_found_by_hash(void **state) {
    (void)state;
    static const char text[] = FILE_OF(ROW("m", "j", "s", "512", "1,2,3", "5,6,7", "") "," ROW(
        "m", "k", "s", "512", "1,2,3", "8,8,9", "1,0.5,0") "," ROW("m", "j", "s", "64", "1,2,3", "50,60,70",
                                                                   "") "," ROW("o", "j", "s", "512", "1,2", "5,6", ""));
    static const struct {
        bench_expected wanted;
        int seeds, agreements;
        double first;
    } cases[] = {{{model_path, "m", "j", "s", 512}, 3, 0, 5},        {{model_path, "m", "k", "s", 512}, 3, 3, 8},
                 {{model_path, "m", "j", "s", 64}, 3, 0, 50},        {{model_path, "m", "l", "s", 512}, 0, 0, 0},
                 {{model_path, "n", "j", "s", 512}, 0, 0, 0},        {{model_path, "m", "j", "t", 512}, 0, 0, 0},
                 {{model_path, "m", "j", "s", 100}, 0, 0, 0},        {{model_path, "o", "j", "s", 512}, 0, 0, 0},
                 {{"/missing/net.bin", "m", "j", "s", 512}, 0, 0, 0}};
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        bench_expectation e;
        gs_error error;
        gs_status status = find(text, &cases[i].wanted, &e, &error);
        if (status || e.seeds != cases[i].seeds || e.agreements != cases[i].agreements ||
            e.frechet[0] != cases[i].first)
            fail_msg("case %zu: status %d, %d seeds, %d agreements, first %g", i, status, e.seeds, e.agreements,
                     e.frechet[0]);
    }
}

static void hostile_files(void **state) {
    (void)state;
    static const struct {
        const char *text, *place;
    } cases[] = {{"", "no JSON"},
                 {"[]", "an array, expected an object"},
                 {"{\"gensample_quality\":2,\"rows\":[]}", "gensample_quality: 2, expected 1"},
                 {"{\"gensample_quality\":1,\"rows\":{}}", "rows: an object, expected an array"},
                 {FILE_OF("1"), "rows[0]: 1, expected an object"},
                 {FILE_OF(ROW("", "j", "s", "1", "1", "1", "")), "rows[0].model_hash: "},
                 {FILE_OF(ROW("m", "j\\u001b", "s", "1", "1", "1", "")), "rows[0].judge_hash: "},
                 {FILE_OF(ROW("m", "j", "s", "0", "1", "1", "")), "rows[0].n: "},
                 {FILE_OF(ROW("m", "j", "s", "1e3", "1", "1", "")), "rows[0].n: "},
                 {FILE_OF(ROW("m", "j", "s", "1", "", "", "")), "rows[0].seeds: "},
                 {FILE_OF(ROW("m", "j", "s", "1", "1,2", "1", "")), "rows[0].frechet: "},
                 {FILE_OF(ROW("m", "j", "s", "1", "1", "0", "")), "rows[0].frechet[0]: "},
                 {FILE_OF(ROW("m", "j", "s", "1", "1", "null", "")), "rows[0].frechet[0]: "},
                 {FILE_OF(ROW("m", "j", "s", "1", "1", "1e999", "")), "no JSON"},
                 {FILE_OF(ROW("m", "j", "s", "1", "1", "1", "1.5")), "rows[0].agreement[0]: "},
                 {FILE_OF(ROW("m", "j", "s", "1", "1", "1", "1,1")), "rows[0].agreement: "},
                 {FILE_OF(ROW("m", "j", "s", "1", "1", "1", "") ",{}"), "rows[1].model: "}};
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        bench_expectation e;
        gs_error error = {0};
        const bench_expected wanted = {model_path, "m", "j", "s", 1};
        gs_status status = find(cases[i].text, &wanted, &e, &error);
        if (status != GS_ERROR_FILE || !strstr(error.message, cases[i].place) || !strstr(error.message, file_path))
            fail_msg("%s: status %d, \"%s\", expected \"%s\"", cases[i].text, status, error.message, cases[i].place);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(student_is_the_table_s),  cmocka_unit_test(fisher_tastes_tea),
        cmocka_unit_test(limits_have_two_sides),   cmocka_unit_test(alarms_are_as_rare_as_said),
        cmocka_unit_test(agreement_has_two_sides), cmocka_unit_test(rows_are_found_by_hash),
        cmocka_unit_test(hostile_files),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
