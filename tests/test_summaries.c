/* Summaries of values, histograms, pixels of images and orders in which they are picked. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "measure/pixels.h"
#include "measure/statistics.h"
#include "support/about.h"

static void values_in_short(void **state) {
    (void)state;
    const float values[] = {5, 1, NAN, 3, 2, INFINITY, 4};
    const int labels[] = {0, 1, 1, 0, 1, 0, 2};
    gs_summary s;
    assert_int_equal(gs_summarize(values, NULL, 0, 7, &s, NULL), GS_OK);
    assert_true(s.n == 7 && s.finite == 5 && s.mean == 3 && fabs(s.sd - sqrt(2.5)) < 1e-12);
    static const double quantiles[GS_SUMMARY_QUANTILES] = {1, 1.2, 2, 3, 4, 4.8, 5};
    for (int i = 0; i < GS_SUMMARY_QUANTILES; i++) {
        about("quantile %d", i);
        assert_true(fabs(s.quantile[i] - quantiles[i]) < 1e-12);
    }
    assert_int_equal(gs_summarize(values, labels, 1, 7, &s, NULL), GS_OK);
    assert_true(s.n == 3 && s.finite == 2 && s.mean == 1.5);
    assert_int_equal(gs_summarize(values, labels, 2, 7, &s, NULL), GS_OK);
    assert_true(s.n == 1 && s.mean == 4 && isnan(s.sd) && s.quantile[0] == 4);
    assert_int_equal(gs_summarize(values, labels, 3, 7, &s, NULL), GS_OK);
    assert_true(s.n == 0 && isnan(s.mean) && isnan(s.quantile[GS_SUMMARY_MEDIAN]));
}

static void histograms_have_shares(void **state) {
    (void)state;
    const float values[] = {0, 0.1F, 0.5F, 0.99F, 1, 1.5F, -1, NAN};
    static const double expected[] = {0.25, 0, 0.125, 0.25};
    double shares[4];
    gs_histogram(values, 8, 0, 1, 4, shares);
    for (int i = 0; i < 4; i++) {
        about("bin %d", i);
        assert_true(fabs(shares[i] - expected[i]) < 1e-12);
    }
}

static void pixels_are_counted(void **state) {
    (void)state;
    const float images[] = {9, 9, -1, 1, -1, 0}, range[2] = {-1, 1};
    const size_t picked[] = {2, 1};
    gs_pixels p = gs_pixels_measure(images, 2, picked, 2, range);
    assert_true(p.mean == -0.25 && fabs(p.sd - sqrt(0.6875)) < 1e-12 && p.least == -1 && p.greatest == 1);
    assert_true(p.lowest == 0.5 && p.highest == 0.25);
}

static size_t *pick(const int *labels, const int *only, int kinds, bool random, uint64_t seed, size_t *count) {
    size_t *picked;
    assert_int_equal(gs_pixels_pick(labels, 100, only, kinds, random, seed, &picked, count, NULL), GS_OK);
    return picked;
}

static void images_are_picked(void **state) {
    (void)state;
    int labels[100], only[] = {7, 3};
    size_t counts[4], seen[100] = {0};
    for (int k = 0; k < 100; k++)
        labels[k] = k % 10;
    size_t *all = pick(NULL, NULL, 0, false, 1, &counts[0]), *few = pick(labels, only, 2, false, 1, &counts[1]);
    size_t *one = pick(NULL, NULL, 0, true, 1, &counts[2]), *other = pick(NULL, NULL, 0, true, 2, &counts[3]);
    assert_true(counts[0] == 100 && counts[1] == 20 && counts[2] == 100 && counts[3] == 100);
    for (size_t k = 0; k < 100; k++) {
        about("image %zu", k);
        assert_int_equal(all[k], k);
        seen[one[k]]++;
    }
    for (size_t k = 0; k < 100; k++) {
        about("image %zu", k);
        assert_int_equal(seen[k], 1);
    }
    for (size_t k = 0; k < 20; k++) {
        about("image %zu", k);
        assert_int_equal(few[k], 10 * (k / 2) + (k % 2 ? 7 : 3));
    }
    assert_true(memcmp(one, other, 100 * sizeof *one) != 0 && memcmp(one, all, 100 * sizeof *one) != 0);
    gs_free(all);
    gs_free(few);
    gs_free(one);
    gs_free(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_in_short), cmocka_unit_test(histograms_have_shares),
                                       cmocka_unit_test(pixels_are_counted), cmocka_unit_test(images_are_picked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
