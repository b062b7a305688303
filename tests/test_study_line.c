/* Chains on a line: one Gaussian, whose chains are known; two, by symmetry. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "study/line.h"

enum { POINTS = 1200 };

static void near(double is, double expected, double by) {
    if (!(fabs(is - expected) <= by))
        fail_msg("%.17g instead of %.17g", is, expected);
}

static gs_line create(double end) {
    gs_line line = {-end, end, POINTS, calloc(POINTS, sizeof(double)), calloc(2 * POINTS, sizeof(double))};
    assert_non_null(line.value);
    assert_non_null(line.work);
    return line;
}

static void destroy(gs_line *line) {
    free(line->value);
    free(line->work);
}

static const gs_line_mixture one = {1, {0.5}, {1}, 2}, two = {2, {-3, 3}, {0.5, 0.5}, 1};

/* Steps of x <- x + pull (m - x) / v + sqrt(noise) z leave a normal number normal. */
static void one_gaussian_stays_one(void **state) {
    (void)state;
    const double sigma = 1, pull = 0.3, noise = 0.4;
    gs_line line = create(30);
    gs_line_step step = {&one, sigma, pull, noise};
    gs_line_begin(&line, &step, -1, 1.5);
    gs_line_back(&line, &step, 19);
    double mean = 2, v = 1.5, keep = 1 - pull / (2 + sigma * sigma);
    for (int t = 0; t < 20; t++) {
        mean = 0.5 + keep * (mean - 0.5);
        v = keep * keep * v + noise;
    }
    double expected = gs_line_normal(1.5, mean, sqrt(v)) - gs_line_normal(-1, mean, sqrt(v));
    near(gs_line_from_normal(&line, 2, sqrt(1.5)), expected, 1e-6);
    destroy(&line);
}

static void scores_are_those_of_the_mixture(void **state) {
    (void)state;
    near(gs_line_score(&one, 1, 2), -0.5, 1e-14);
    near(gs_line_share(&two, 0.5, 1, 0), 0.5, 1e-14);
    double a = exp(-2.0), b = exp(-8.0); /* 1 is 2 from one mean and 4 from the other */
    near(gs_line_score(&two, 0, 1), (a * 2 + b * -4) / (a + b), 1e-13);
}

static void equal_modes_share_equally(void **state) {
    (void)state;
    gs_line line = create(30);
    gs_line_step step = {&two, 0.5, 0.05, 0.1};
    gs_line_begin(&line, &step, 0, INFINITY);
    gs_line_back(&line, &step, 100);
    near(gs_line_from_normal(&line, 0, 2), 0.5, 1e-12);
    near(gs_line_from_square(&line, 4), 0.5, 1e-9);
    near(gs_line_from_normal(&line, 1, 2) + gs_line_from_normal(&line, -1, 2), 1, 1e-9);
    destroy(&line);
}

/* Without any steps but the last, short one, the share is that of the start's triangle: 1 - (1 - 1 / sqrt(2))^2 / 2. */
static void squares_have_triangles(void **state) {
    (void)state;
    gs_line line = create(30);
    gs_line_step step = {&one, 1, 0, 1e-2};
    gs_line_begin(&line, &step, -INFINITY, 1);
    double t = 1 - 1 / sqrt(2);
    near(gs_line_from_square(&line, 1), 1 - t * t / 2, 5e-3);
    destroy(&line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_gaussian_stays_one), cmocka_unit_test(scores_are_those_of_the_mixture),
        cmocka_unit_test(equal_modes_share_equally), cmocka_unit_test(squares_have_triangles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
