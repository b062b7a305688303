#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/base.h"
#include "base/math64.h"
#include "support/about.h"
#include "support/effort.h"
#include "base/utf8.h"

static void test_fail_fills_one_printable_line(void **state) {
    (void)state;
    gs_error error = {.status = GS_OK};
    assert_int_equal(gs_fail(&error, GS_ERROR_FORMAT, "a\nb\x1b%s", "\xc3\xa9~"), GS_ERROR_FORMAT);
    assert_int_equal(error.status, GS_ERROR_FORMAT);
    assert_string_equal(error.message, "a?b???~");
    assert_int_equal(gs_fail(NULL, GS_ERROR_FILE, "%d", 1), GS_ERROR_FILE);
}

static void test_fail_cuts_long_messages(void **state) {
    (void)state;
    char text[2 * GS_MESSAGE_MAX];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    gs_error error;
    gs_fail(&error, GS_ERROR_FILE, "%s", text);
    assert_int_equal(strlen(error.message), GS_MESSAGE_MAX - 1);
    gs_fail(&error, GS_ERROR_FILE, "%s: the reason", text);
    assert_int_equal(strlen(error.message), GS_MESSAGE_MAX - 1);
    assert_non_null(strstr(error.message, "a...a"));
    assert_string_equal(strchr(error.message, ':'), ": the reason");
}

static void test_fail_memory(void **state) {
    (void)state;
    gs_error error;
    assert_int_equal(gs_fail_memory(&error, "testing"), GS_ERROR_MEMORY);
    assert_non_null(strstr(error.message, "out of memory: testing; this process has taken "));
    assert_non_null(strstr(error.message, ": ask for less at a time"));
}

static void test_checked_sizes(void **state) {
    (void)state;
    size_t out = 7;
    assert_false(gs_mul_size(SIZE_MAX, 2, &out));
    assert_false(gs_mul_size(SIZE_MAX / 2 + 1, 2, &out));
    assert_false(gs_add_size(SIZE_MAX, 1, &out));
    assert_int_equal(out, 7);
    assert_true(gs_mul_size(0, SIZE_MAX, &out) && out == 0);
    assert_true(gs_mul_size(SIZE_MAX, 1, &out) && out == SIZE_MAX);
    assert_true(gs_mul_size(6, 7, &out) && out == 42);
    assert_true(gs_add_size(SIZE_MAX - 1, 1, &out) && out == SIZE_MAX);
}

static void test_alloc_is_aligned_zeroed_and_counted(void **state) {
    (void)state;
    size_t before = gs_allocations();
    for (size_t count = 0; count < 200; count += 13) {
        about("count %zu", count);
        unsigned char *memory = gs_alloc(count, 3);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 64, 0);
        for (size_t i = 0; i < 3 * count; i++) {
            about("count %zu, i %zu", count, i);
            assert_int_equal(memory[i], 0);
        }
        gs_free(memory);
    }
    assert_int_equal(gs_allocations() - before, 16);
    assert_null(gs_alloc(SIZE_MAX, 2));
    assert_null(gs_alloc(SIZE_MAX, 1));
    gs_free(NULL);
}

/* Blocks of 1 MiB and more begin at a boundary of 2 MiB; sizes on either side of whole pages. */
static void test_large_alloc(void **state) {
    (void)state;
    const size_t large = 1 << 20, sizes[] = {0, large - 1, large, 2 * large - 1, 2 * large, 2 * large + 1};
    size_t before = gs_allocations(), bytes = gs_allocated_bytes(), sum = 0;
    for (size_t k = 0; k < GS_COUNT(sizes); k++) {
        about("sizes[%zu]", k);
        unsigned char *memory = gs_alloc_large(sizes[k], 1);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % (sizes[k] < large ? 64 : 2 * large), 0);
        for (size_t i = 0; i < sizes[k]; i++) {
            about("sizes[%zu], i %zu", k, i);
            assert_int_equal(memory[i], 0);
        }
        memset(memory, 1, sizes[k]);
        gs_free(memory);
        sum += sizes[k];
    }
    assert_int_equal(gs_allocations() - before, GS_COUNT(sizes));
    assert_int_equal(gs_allocated_bytes() - bytes, sum);
    assert_null(gs_alloc_large(SIZE_MAX, 2));
    assert_null(gs_alloc_large(SIZE_MAX, 1));
}

static void test_copy_string(void **state) {
    (void)state;
    char *copy = gs_copy_string("text");
    assert_string_equal(copy, "text");
    gs_free(copy);
}

/* ---- Elementary functions against the C library's ---- */

/* Below the smallest normal number the error is absolute, since a relative error means nothing there. */
static void assert_close(const char *name, double x, double found, double expected) {
    if (isnan(expected) ? isnan(found) : found == expected)
        return;
    double error = fabs(found - expected) / fmax(fabs(expected), DBL_MIN);
    if (!(error <= 1e-14))
        fail_msg("%s(%.17g) = %.17g, expected %.17g, relative error %g", name, x, found, expected, error);
}

static double sigmoid(double x) {
    return x < -40 ? exp(x) : 1 / (1 + exp(-x));
}

static double softplus(double x) {
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static const struct {
    const char *name;
    double (*ours)(double), (*expected)(double);
    double low, high;
} functions[] = {
    {"exp", gs_exp64, exp, -708, 709.7},
    {"exp", gs_exp64, exp, -1, 1},
    {"expm1", gs_expm1_64, expm1, -40, 40},
    {"expm1", gs_expm1_64, expm1, -0.5, 0.5},
    {"log", gs_log64, log, 1e-12, 4},
    {"log", gs_log64, log, 0.9, 1.1},
    {"log", gs_log64, log, 1, 1e300},
    {"log1p", gs_log1p64, log1p, -0.999, 3},
    {"log1p", gs_log1p64, log1p, -1e-9, 1e-9},
    {"sin", gs_sin64, sin, -7, 7},
    {"sin", gs_sin64, sin, -1e5, 1e5},
    {"cos", gs_cos64, cos, -7, 7},
    {"cos", gs_cos64, cos, -1e5, 1e5},
    {"erf", gs_erf64, erf, -7, 7},
    {"erf", gs_erf64, erf, -1e-3, 1e-3},
    {"tanh", gs_tanh64, tanh, -25, 25},
    {"tanh", gs_tanh64, tanh, -1e-2, 1e-2},
    {"sigmoid", gs_sigmoid64, sigmoid, -700, 50},
    {"softplus", gs_softplus64, softplus, -700, 700},
    {"softplus", gs_softplus64, softplus, -3, 3},
};

static void test_functions_match_libm(void **state) {
    (void)state;
    enum { POINTS = 20011 };
    for (size_t i = 0; i < GS_COUNT(functions); i++)
        for (int k = 0; k <= POINTS; k += (int)effort_step()) {
            about("k %d", k);
            double x = functions[i].low + (functions[i].high - functions[i].low) * k / POINTS;
            assert_close(functions[i].name, x, functions[i].ours(x), functions[i].expected(x));
        }
}

/* Where a reduction or a series could go wrong: tiny and subnormal numbers, next to multiples of pi/2, the ends. */
static void test_functions_at_hard_points(void **state) {
    (void)state;
    const double half_pi = 1.57079632679489661923;
    const double points[] = {0x1p-1074,    0x1p-1030,       1e-300, 1e-20,           1e-8,    0.35,        0.3499999,
                             0.5,          0.70710678118,   1,      1.4142135623731, half_pi, 2 * half_pi, 3 * half_pi,
                             22 * half_pi, 63661 * half_pi, 1e5};
    for (size_t i = 0; i < GS_COUNT(functions); i++)
        for (size_t k = 0; k < 2 * GS_COUNT(points); k++) {
            about("points[%zu]", k);
            double x = k % 2 ? -points[k / 2] : points[k / 2];
            if (x >= functions[i].low && x <= functions[i].high)
                assert_close(functions[i].name, x, functions[i].ours(x), functions[i].expected(x));
        }
    assert_close("log", 0x1p-1074, gs_log64(0x1p-1074), log(0x1p-1074));
    assert_close("log", DBL_MAX, gs_log64(DBL_MAX), log(DBL_MAX));
    assert_true(fabs(gs_exp64(-744) - exp(-744)) <= 2 * 0x1p-1074);
}

static void test_functions_at_limits(void **state) {
    (void)state;
    static const double points[] = {INFINITY, -INFINITY, NAN, 0.0, -0.0, 1000, -1000};
    for (size_t i = 0; i < GS_COUNT(functions); i++)
        for (size_t k = 0; k < GS_COUNT(points); k++) {
            about("points[%zu]", k);
            double x = points[k], found = functions[i].ours(x), expected = functions[i].expected(x);
            if (functions[i].ours == gs_softplus64 && isinf(x))
                expected = x > 0 ? INFINITY : 0;
            assert_close(functions[i].name, x, found, expected);
            if (expected == 0 && functions[i].ours != gs_log1p64 && functions[i].ours != gs_expm1_64)
                assert_int_equal(signbit(found), signbit(expected));
        }
    assert_true(fabs(gs_sin64(1e300)) <= 1 && fabs(gs_cos64(-1e300)) <= 1);
    assert_true(isnan(gs_log64(-1)) && isnan(gs_log1p64(-2)) && isinf(gs_log1p64(-1)));
}

static void test_exponentials_of_many(void **state) {
    (void)state;
    static const double special[] = {INFINITY, -INFINITY, NAN, -0.0, 709.79, 709.8, -745.13, -745.2, 1e300};
    for (int n = 0; n <= 40; n++) {
        double x[40], y[40];
        for (int i = 0; i < n; i++)
            x[i] = y[i] = (i + n) % 4 ? 3.7 * (i - 20) : special[(size_t)(i + n) % GS_COUNT(special)];
        gs_exp64_each(y, n);
        for (int i = 0; i < n; i++) {
            about("n %d, i %d: exp(%.17g)", n, i, x[i]);
            double alone = gs_exp64(x[i]);
            assert_true(isnan(x[i]) ? isnan(y[i]) : memcmp(&y[i], &alone, sizeof alone) == 0);
        }
    }
}

/* Powers err by 1e-14 of the result and of its logarithm. */
static void test_powers(void **state) {
    (void)state;
    static const double bases[] = {0.0,    -0.0, 1,    -1,    0.5,    -0.5,      2,       -2,       3,         0.7,
                                   1.0001, -1.5, 1e-8, 1e300, 1e-300, 0x1p-1060, DBL_MAX, INFINITY, -INFINITY, NAN},
                        exponents[] = {0,  1,    -1,   2,    -2,     3,   -3,   0.5,  -0.5, 1.5,      1.0 / 3,   2.5,
                                       17, -101, 1e-3, 1000, 1001.5, 1e6, -1e6, 1e15, 1e38, INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < GS_COUNT(bases); i++)
        for (size_t k = 0; k < GS_COUNT(exponents); k++) {
            double found = gs_pow64(bases[i], exponents[k]), expected = pow(bases[i], exponents[k]);
            double error = fabs(found - expected), size = fabs(expected);
            bool same = isnan(expected) ? isnan(found) : found == expected && signbit(found) == signbit(expected);
            if (!same && !(error <= 1e-14 * size * fmax(1, fabs(log(size))) + 2 * 0x1p-1074))
                fail_msg("%g to the power %g is %.17g, expected %.17g", bases[i], exponents[k], found, expected);
        }
}

static void test_bytes_that_are_no_text(void **state) {
    (void)state;
    static const char *const texts[][2] = {{"", ""},
                                           {"plain \\ text", "plain \\ text"},
                                           {"caf\xC3\xA9", "caf\xC3\xA9"},
                                           {"caf\xE9", "caf\\xE9"},
                                           {"\xE9t\xE9.png", "\\xE9t\\xE9.png"},
                                           {"\xC3", "\\xC3"},
                                           {"\xC0\x80", "\\xC0\\x80"},
                                           {"\xED\xA0\x80", "\\xED\\xA0\\x80"},
                                           {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
                                           {"\xF5\x80\x80\x80", "\\xF5\\x80\\x80\\x80"}};
    for (size_t i = 0; i < GS_COUNT(texts); i++) {
        char *escaped = gs_utf8_escape(texts[i][0]);
        assert_string_equal(escaped, texts[i][1]);
        gs_free(escaped);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fail_fills_one_printable_line),
        cmocka_unit_test(test_fail_cuts_long_messages),
        cmocka_unit_test(test_fail_memory),
        cmocka_unit_test(test_checked_sizes),
        cmocka_unit_test(test_alloc_is_aligned_zeroed_and_counted),
        cmocka_unit_test(test_large_alloc),
        cmocka_unit_test(test_copy_string),
        cmocka_unit_test(test_bytes_that_are_no_text),
        cmocka_unit_test(test_functions_match_libm),
        cmocka_unit_test(test_functions_at_hard_points),
        cmocka_unit_test(test_functions_at_limits),
        cmocka_unit_test(test_exponentials_of_many),
        cmocka_unit_test(test_powers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
