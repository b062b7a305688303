/* The features of the study of score matching beside differences, and equations that are solved. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "study/least_squares.h"

enum { N = GS_FEATURES };

static void near(double is, double expected, double error) {
    if (!(fabs(is - expected) <= error * (1 + fabs(expected))))
        fail_msg("%.17g instead of %.17g", is, expected);
}

static void slopes_are_differences(void **state) {
    (void)state;
    const double x[2] = {0.7, -1.3}, step = 1e-5;
    gs_features f, beside[2][2];
    gs_features_find(x, &f);
    for (int d = 0; d < 2; d++)
        for (int k = 0; k < 2; k++) {
            double moved[2] = {x[0], x[1]};
            moved[d] += k ? step : -step;
            gs_features_find(moved, &beside[d][k]);
        }
    for (int j = 0; j < N; j++) {
        near(f.slope[0][j], (beside[0][1].at[0][j] - beside[0][0].at[0][j]) / (2 * step), 1e-8);
        near(f.slope[1][j], (beside[1][1].at[0][j] - beside[1][0].at[0][j]) / (2 * step), 1e-8);
        near(f.slope[1][j], (beside[0][1].at[1][j] - beside[0][0].at[1][j]) / (2 * step), 1e-8);
        near(f.slope[2][j], (beside[1][1].at[1][j] - beside[1][0].at[1][j]) / (2 * step), 1e-8);
    }
}

static void equations_are_solved(void **state) {
    (void)state;
    static double a[N][N], factor[N][N];
    double x[N] = {0};
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            a[i][j] = factor[i][j] = exp(-abs(i - j) / 5.0);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            x[i] += a[i][j] * (j - 10);
    assert_true(gs_cholesky(factor));
    gs_cholesky_solve(factor, x);
    for (int j = 0; j < N; j++)
        near(x[j], j - 10, 1e-11);
}

static void indefinite_matrices_are_refused(void **state) {
    (void)state;
    static double a[N][N];
    for (int i = 0; i < N; i++)
        a[i][i] = i == 20 ? -1 : 1;
    assert_false(gs_cholesky(a));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(slopes_are_differences), cmocka_unit_test(equations_are_solved),
                                       cmocka_unit_test(indefinite_matrices_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
