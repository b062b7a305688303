/* Change points of a row's history: noise has them at the stated rate, a step is found where it is. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "changes.h"
#include "support/effort.h"
#include "support/random.h"

enum { MOST = 200, SERIES = 2000 };

static size_t find(const double *x, size_t n, bench_change changes[BENCH_CHANGES_MAX]) {
    size_t count;
    gs_error error;
    if (bench_changes_find(x, n, changes, &count, &error))
        fail_msg("%s", error.message);
    return count;
}

/* Around 100, with a standard deviation of `noise` of that. */
static void fill(double *x, size_t n, double noise, uint64_t *state) {
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (int k = 0; k < 12; k++) /* a variance of 1/3 each */
            sum += (double)random_float(state);
        x[i] = 100 * exp(noise * sum / 2);
    }
}

static void multiply(double *x, size_t from, size_t to, double by) {
    for (size_t i = from; i < to; i++)
        x[i] *= by;
}

/* The rate is at most 0.001: at just that rate, more than 8 of 2,000 series have a change once in 4,000 seeds. The
 * noise is 20 %, so that medians hardly ever differ by less than a reported change. */
static void noise_has_changes_at_the_stated_rate(void **unused) {
    (void)unused;
    uint64_t state = 1;
    for (size_t n = 15; n <= 60; n += 15) {
        double x[MOST];
        bench_change changes[BENCH_CHANGES_MAX];
        int alarms = 0;
        for (int i = 0; i < effort(SERIES); i++) {
            fill(x, n, 0.2, &state);
            alarms += find(x, n, changes) > 0;
        }
        if (alarms > 8)
            fail_msg("%d of %d series of %zu values of noise have a change", alarms, effort(SERIES), n);
    }
}

/* Steps of 10 % in a noise of 2 %: at least 95 of 100 are one change, at the very value. */
static void a_step_is_found_where_it_is(void **unused) {
    (void)unused;
    static const double steps[] = {1.1, 1 / 1.1};
    uint64_t state = 2;
    for (size_t at = 4; at <= 26; at += 2 * effort_step())
        for (size_t s = 0; s < GS_COUNT(steps); s++) {
            int found = 0;
            for (int i = 0; i < 100; i++) {
                double x[30];
                bench_change changes[BENCH_CHANGES_MAX];
                fill(x, 30, 0.02, &state);
                multiply(x, at, 30, steps[s]);
                found +=
                    find(x, 30, changes) == 1 && changes[0].at == at && fabs(log(changes[0].ratio / steps[s])) < 0.06;
            }
            if (found < 95)
                fail_msg("%d of 100 steps of %.2f before value %zu of 30 were found there", found, steps[s], at);
        }
}

static void several_are_told_in_order(void **unused) {
    (void)unused;
    double x[MOST];
    bench_change changes[BENCH_CHANGES_MAX];
    uint64_t state = 3;
    fill(x, MOST, 0.01, &state);
    multiply(x, 60, MOST, 1.1);
    multiply(x, 90, MOST, 0.8);
    multiply(x, 150, MOST, 1.3);
    assert_int_equal(find(x, MOST, changes), 3);
    assert_int_equal(changes[0].at, 60);
    assert_int_equal(changes[1].at, 90);
    assert_int_equal(changes[2].at, 150);
    assert_true(fabs(changes[1].ratio - 0.8) < 0.02);
}

/* Lone values, however far off, equal values, and steps below 2 % are no changes. */
static void what_is_no_change(void **unused) {
    (void)unused;
    double x[MOST];
    bench_change changes[BENCH_CHANGES_MAX];
    uint64_t state = 4;
    fill(x, 40, 0.01, &state);
    x[20] = 1e308;
    x[31] = 1e-300;
    assert_int_equal(find(x, 40, changes), 0);
    fill(x, 40, 0, &state);
    assert_int_equal(find(x, 40, changes), 0);
    multiply(x, 20, 40, 1.015);
    assert_int_equal(find(x, 40, changes), 0);
    multiply(x, 20, 40, 1.015);
    assert_int_equal(find(x, 40, changes), 1);
    for (size_t n = 0; n < 10; n++) {
        multiply(x, n / 2, n, 2);
        assert_int_equal(find(x, n, changes), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_has_changes_at_the_stated_rate),
        cmocka_unit_test(a_step_is_found_where_it_is),
        cmocka_unit_test(several_are_told_in_order),
        cmocka_unit_test(what_is_no_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
